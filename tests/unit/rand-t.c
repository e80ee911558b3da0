#include "base/rand.h"

#include <string.h>

static void
ids_are_valid_and_differ(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int i = 0; i < 1000; i++) {
		char *id = rand_id();

		g_assert_true(rand_id_valid(id));
		g_assert_true(g_hash_table_add(seen, id));
	}
}

static void
an_id_of_a_digest_is_always_the_same(void)
{
	guint8 zeros[16] = {0}, ones[16], low[16] = {0};

	memset(ones, 0xff, sizeof ones);
	low[15] = 1;
	g_autofree char *a = rand_id_from(zeros);
	g_autofree char *b = rand_id_from(ones);
	g_autofree char *c = rand_id_from(low);
	g_assert_cmpstr(a, ==, "00000000000000000000000000");
	g_assert_cmpstr(b, ==, "zzzzzzzzzzzzzzzzzzzzzzzzzw");
	g_assert_cmpstr(c, ==, "00000000000000000000000004");
}

static void
what_is_no_id_is_refused(void)
{
	g_assert_true(rand_id_valid("0123456789abcdefghjkmnpqrs"));
	g_assert_false(rand_id_valid(NULL));
	g_assert_false(rand_id_valid(""));
	g_assert_false(rand_id_valid("0123456789abcdefghjkmnpqr"));
	g_assert_false(rand_id_valid("0123456789abcdefghjkmnpqrst"));
	g_assert_false(rand_id_valid("0123456789ABCDEFGHJKMNPQRS"));
	g_assert_false(rand_id_valid("0123456789abcdefghijkmnpqr"));
	g_assert_false(rand_id_valid("../../../../../../../../.."));
}

static void
hex_has_two_digits_a_byte(void)
{
	g_autofree char *hex = rand_hex(16);

	g_assert_cmpuint(strlen(hex), ==, 32);
	g_assert_cmpuint(strspn(hex, "0123456789abcdef"), ==, 32);
	g_autofree char *none = rand_hex(0);
	g_assert_cmpstr(none, ==, "");
}

static void
a_seed_replays_the_same_bytes(void)
{
	rand_seed(42);
	g_autofree char *first = rand_id();
	g_autofree char *second = rand_id();
	rand_seed(42);
	g_autofree char *again = rand_id();
	rand_seed(43);
	g_autofree char *other = rand_id();
	rand_seed(0);
	g_autofree char *real = rand_id();
	rand_seed(42);
	rand_seed(0);
	g_autofree char *real_again = rand_id();
	g_assert_cmpstr(first, ==, again);
	g_assert_cmpstr(first, !=, second);
	g_assert_cmpstr(first, !=, other);
	g_assert_cmpstr(real, !=, real_again);
}

static void
long_buffers_are_filled_to_the_end(void)
{
	guint8 buf[1000] = {0};

	rand_bytes(buf, sizeof buf);
	for (gsize i = 0; i + 20 <= sizeof buf; i += 20) {
		guint any = 0;

		for (gsize j = i; j < i + 20; j++)
			any |= buf[j];
		g_assert_cmpuint(any, !=, 0);
	}
}

static void
numbers_stay_below_their_bound(void)
{
	gboolean seen[5] = {FALSE};

	rand_seed(1);
	for (int i = 0; i < 200; i++) {
		guint32 n = rand_below(5);

		g_assert_cmpuint(n, <, 5);
		seen[n] = TRUE;
	}
	rand_seed(0);
	for (int i = 0; i < 5; i++)
		g_assert_true(seen[i]);
	g_assert_cmpuint(rand_below(1), ==, 0);
	g_assert_cmpuint(rand_below(0), ==, 0);
}

static void
an_id_gives_its_bytes_back(void)
{
	for (int i = 0; i < 100; i++) {
		guint8 raw[16], back[16];

		rand_bytes(raw, sizeof raw);
		g_autofree char *id = rand_id_from(raw);
		g_assert_true(rand_id_bytes(id, back));
		g_assert_cmpmem(raw, sizeof raw, back, sizeof back);
	}
	g_assert_false(rand_id_bytes("no id", (guint8[16]){0}));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rand/ids_are_valid_and_differ", ids_are_valid_and_differ);
	g_test_add_func("/rand/an_id_of_a_digest_is_always_the_same",
			an_id_of_a_digest_is_always_the_same);
	g_test_add_func("/rand/what_is_no_id_is_refused", what_is_no_id_is_refused);
	g_test_add_func("/rand/hex_has_two_digits_a_byte", hex_has_two_digits_a_byte);
	g_test_add_func("/rand/a_seed_replays_the_same_bytes", a_seed_replays_the_same_bytes);
	g_test_add_func("/rand/long_buffers_are_filled_to_the_end",
			long_buffers_are_filled_to_the_end);
	g_test_add_func("/rand/numbers_stay_below_their_bound", numbers_stay_below_their_bound);
	g_test_add_func("/rand/an_id_gives_its_bytes_back", an_id_gives_its_bytes_back);
	return g_test_run();
}
