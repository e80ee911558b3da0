#include "handshake/keys.h"

static void
one_key_is_good_for_all(void)
{
	g_autoptr(keys) all = keys_new("A");

	g_assert_true(keys_good(all, "A", 1, 0, 1));
	g_assert_true(keys_good(all, "A", 0, 4000, 1));
	g_assert_false(keys_good(all, "B", 1, 0, 1));
	g_assert_null(keys_pending(all));
}

static void
a_pending_key_is_good_behind_its_announcement_only(void)
{
	g_autoptr(keys) all = keys_new("A");

	g_assert_true(keys_announce(all, "B", 5, 100));
	g_assert_false(keys_announce(all, "C", 6, 100));
	g_assert_true(keys_good(all, "A", 6, 0, 1));
	g_assert_false(keys_good(all, "B", 5, 0, 5));
	g_assert_false(keys_good(all, "B", 7, 0, 8));
	g_assert_true(keys_good(all, "B", 9, 0, 8));
	g_assert_true(keys_good(all, "B", 0, 7, 8));
	g_assert_false(keys_good(all, "B", 0, 6, 8));
	g_assert_cmpstr(keys_current(all)->fpr, ==, "A");
	g_assert_false(keys_begin(all, 5));
}

static void
an_old_key_ends_where_the_next_begins(void)
{
	g_autoptr(keys) all = keys_new("A");

	g_assert_true(keys_announce(all, "B", 5, 100) && keys_begin(all, 8));
	g_assert_true(keys_good(all, "A", 7, 0, 1));
	g_assert_false(keys_good(all, "A", 8, 0, 1));
	g_assert_true(keys_good(all, "A", 0, 7, 1));
	g_assert_false(keys_good(all, "A", 0, 8, 1));
	g_assert_false(keys_good(all, "B", 7, 0, 7));
	g_assert_true(keys_good(all, "B", 8, 0, 8));
	g_assert_cmpstr(keys_of(all, 7)->fpr, ==, "A");
	g_assert_cmpstr(keys_of(all, 8)->fpr, ==, "B");
	g_assert_cmpstr(keys_current(all)->fpr, ==, "B");
	g_assert_false(keys_announce(all, "A", 9, 100));
}

static void
keys_are_written_and_read(void)
{
	g_autoptr(keys) all = keys_new("A");

	g_assert_true(keys_announce(all, "B", 5, 100) && keys_begin(all, 8) &&
		      keys_announce(all, "C", 9, 200));
	g_autoptr(json_ref) doc = keys_to_json(all);
	g_autoptr(keys) again = keys_from_json(doc);
	g_autoptr(json_ref) same = again == NULL ? NULL : keys_to_json(again);
	g_assert_true(json_equal(doc, same));
	json_array_clear(doc);
	g_assert_null(keys_from_json(doc));
}

/* ---- a side that goes over to new keys, seen through a carrier that loses, doubles, reorders ----
 */

typedef struct {
	guint64 number, at, from; /* NUMBER 0: an ack alone */
	const char *fpr;
	guint announces; /* index of a key; 0: none */
} letter;

/* What is signed by a pending key is the first of it. */
static void
receive(keys *partner, const letter *l)
{
	const link_key *next = keys_pending(partner);

	g_assert_true(keys_good(partner, l->fpr, l->number, l->at, l->from));
	if (next != NULL && g_str_equal(next->fpr, l->fpr))
		g_assert_true(keys_begin(partner, l->from));
}

static void
genuine(guint32 seed)
{
	static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G", "H"};
	g_autoptr(GRand) r = g_rand_new_with_seed(seed);
	g_autoptr(keys) owner = keys_new(names[0]), partner = keys_new(names[0]);
	g_autoptr(GArray) sent = g_array_new(FALSE, FALSE, sizeof(letter));
	gboolean here[400] = {FALSE};
	guint64 last = 0, done = 0;

	for (guint t = 0; t < 3000 && last < 390; t++) {
		guint used = keys_count(owner);
		const link_key *next = keys_pending(owner);
		gboolean announces = next == NULL && used < 8 && g_rand_int_range(r, 0, 20) == 0;

		if (next != NULL && done >= next->announced)
			g_assert_true(keys_begin(owner, last + 1));
		gboolean alone = !announces && g_rand_boolean(r);
		if (!alone)
			last++;
		letter l = {alone ? 0 : last, last, keys_current(owner)->from,
			    keys_current(owner)->fpr, announces ? used : 0};
		if (announces)
			g_assert_true(keys_announce(owner, names[used], last, 0));
		g_array_append_val(sent, l);
		/* Whatever was ever sent may come now, again, or never. */
		for (guint i = 0; i < 3; i++) {
			l = g_array_index(sent, letter,
					  (guint)g_rand_int_range(r, (gint)MAX(sent->len, 12) - 12,
								  (gint)sent->len));
			if (l.number != 0 && (l.number <= done || here[l.number]))
				continue;
			if (l.number == 0 && l.at + 12 < done)
				continue;
			receive(partner, &l);
			/* With an old key nothing is made that counts behind it. */
			g_assert_false(keys_count(partner) > 1 && keys_pending(partner) == NULL &&
				       keys_good(partner, names[keys_count(partner) - 2],
						 keys_current(partner)->from, 0, 1));
			here[l.number] = l.number != 0;
		}
		/* The missing is sent again before anything is taken over behind it. */
		while (g_rand_boolean(r) && done < last) {
			for (guint i = 0; i < sent->len; i++) {
				l = g_array_index(sent, letter, i);
				if (l.number == done + 1)
					break;
			}
			receive(partner, &l);
			if (l.announces != 0)
				g_assert_true(
					keys_announce(partner, names[l.announces], l.number, 0));
			done++;
		}
	}
	g_assert_cmpuint(keys_count(partner), >, 1);
}

static void
what_is_genuine_is_always_good(void)
{
	for (guint32 seed = 1; seed <= 100; seed++)
		genuine(seed);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keys/one_key_is_good_for_all", one_key_is_good_for_all);
	g_test_add_func("/keys/a_pending_key_is_good_behind_its_announcement_only",
			a_pending_key_is_good_behind_its_announcement_only);
	g_test_add_func("/keys/an_old_key_ends_where_the_next_begins",
			an_old_key_ends_where_the_next_begins);
	g_test_add_func("/keys/keys_are_written_and_read", keys_are_written_and_read);
	g_test_add_func("/keys/what_is_genuine_is_always_good", what_is_genuine_is_always_good);
	return g_test_run();
}
