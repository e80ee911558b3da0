/*
 * Messages between the client and handsel-pgp: what is received is sent and received again as the
 * same.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "pgp/wire.h"

static void
send_again(const int ends[2], const wire_message *m)
{
	g_autoptr(GError) why = NULL;
	g_auto(wire_message) same = WIRE_MESSAGE_INIT;

	g_assert_true(wire_send(ends[0], m->code, (const char *const *)m->fields, m->fds, &why));
	g_assert_no_error(why);
	g_assert_cmpint(wire_receive(ends[1], &same, &why), ==, WIRE_RECEIVED);
	g_assert_cmpint(same.code, ==, m->code);
	g_assert_true(
		g_strv_equal((const char *const *)m->fields, (const char *const *)same.fields));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	int ends[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), ==, 0);
	g_assert_cmpint(send(ends[0], data, MIN(size, WIRE_MESSAGE_MAX + 1), 0), >=, 0);
	wire_result got = wire_receive(ends[1], &m, &why);
	if (got == WIRE_RECEIVED) {
		g_assert_cmpuint(g_strv_length(m.fields), <=, WIRE_FIELDS_MAX);
		send_again(ends, &m);
	} else if (got == WIRE_FAILED) {
		g_assert_nonnull(why);
	}
	close(ends[0]);
	close(ends[1]);
	return 0;
}
