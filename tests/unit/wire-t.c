#include "pgp/wire.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"

static void
make_pair(int *pair)
{
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), ==, 0);
}

static void
close_pair(const int *pair)
{
	close(pair[0]);
	close(pair[1]);
}

static void
strings_and_descriptors_arrive(void)
{
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	g_autoptr(GError) error = NULL;
	const char *fields[] = {"one", "", "three", NULL};
	int pair[2], tube[2];
	char c;

	make_pair(pair);
	g_assert_cmpint(pipe(tube), ==, 0);
	int fds[WIRE_FDS] = {tube[1], -1};
	g_assert_true(wire_send(pair[0], 7, fields, fds, &error));
	g_assert_cmpint(wire_receive(pair[1], &m, &error), ==, WIRE_RECEIVED);
	g_assert_no_error(error);
	g_assert_cmpint(m.code, ==, 7);
	g_assert_cmpuint(g_strv_length(m.fields), ==, 3);
	g_assert_true(g_strv_equal((const char *const *)m.fields, fields));
	g_assert_cmpint(m.fds[1], ==, -1);
	g_assert_cmpint(write(m.fds[0], "x", 1), ==, 1);
	g_assert_cmpint(read(tube[0], &c, 1), ==, 1);
	close_pair(tube);
	close_pair(pair);
}

static void
a_message_without_anything_arrives(void)
{
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	int pair[2];

	make_pair(pair);
	g_assert_true(wire_send(pair[0], 0, NULL, NULL, NULL));
	g_assert_cmpint(wire_receive(pair[1], &m, NULL), ==, WIRE_RECEIVED);
	g_assert_cmpuint(g_strv_length(m.fields), ==, 0);
	close_pair(pair);
}

static void
too_much_is_not_sent(void)
{
	g_autofree char *large = g_strnfill(WIRE_MESSAGE_MAX, 'x');
	const char *one[] = {large, NULL};
	const char *many[WIRE_FIELDS_MAX + 2] = {NULL};
	g_autoptr(GError) error = NULL;
	char c;
	int pair[2];

	make_pair(pair);
	for (int i = 0; i <= WIRE_FIELDS_MAX; i++)
		many[i] = "x";
	g_assert_false(wire_send(pair[0], 1, one, NULL, &error));
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_clear_error(&error);
	g_assert_false(wire_send(pair[0], 1, many, NULL, &error));
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_assert_cmpint(recv(pair[1], &c, 1, MSG_DONTWAIT), ==, -1);
	close_pair(pair);
}

static void
a_malformed_message_is_refused(void)
{
	static const char no_end[] = {1, 0, 0, 0, 'x'};
	g_autofree char *many = g_malloc0(sizeof(int) + WIRE_FIELDS_MAX + 1);
	g_autofree char *large = g_malloc0(WIRE_MESSAGE_MAX + 1);
	const struct {
		const char *data;
		gsize len;
	} rows[] = {{"x", 1},
		    {no_end, sizeof no_end},
		    {many, sizeof(int) + WIRE_FIELDS_MAX + 1},
		    {large, WIRE_MESSAGE_MAX + 1}};
	int pair[2];

	make_pair(pair);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(wire_message) m = WIRE_MESSAGE_INIT;
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(send(pair[0], rows[i].data, rows[i].len, 0), ==, rows[i].len);
		g_assert_cmpint(wire_receive(pair[1], &m, &error), ==, WIRE_FAILED);
		g_assert_error(error, FAIL, FAIL_BUG);
		g_assert_null(m.fields);
	}
	close_pair(pair);
}

static void
the_end_of_the_other_side_is_noticed(void)
{
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	g_autoptr(GError) error = NULL;
	int pair[2];

	make_pair(pair);
	close(pair[0]);
	g_assert_cmpint(wire_receive(pair[1], &m, &error), ==, WIRE_ENDED);
	g_assert_no_error(error);
	g_assert_false(wire_send(pair[1], 1, NULL, NULL, &error));
	g_assert_true(fail_is(error, FAIL_RETRY));
	close(pair[1]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/strings_and_descriptors_arrive", strings_and_descriptors_arrive);
	g_test_add_func("/wire/a_message_without_anything_arrives",
			a_message_without_anything_arrives);
	g_test_add_func("/wire/too_much_is_not_sent", too_much_is_not_sent);
	g_test_add_func("/wire/a_malformed_message_is_refused", a_malformed_message_is_refused);
	g_test_add_func("/wire/the_end_of_the_other_side_is_noticed",
			the_end_of_the_other_side_is_noticed);
	return g_test_run();
}
