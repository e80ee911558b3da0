#include <string.h>

#include "pgp/pgp.h"

#define FPR "E58294F2E9A227486E8B061B31CC528FD7FA3F19"

static void
a_known_fingerprint_has_its_known_words(void)
{
	g_autofree char *all = pgp_fpr_words(FPR, 20);
	g_autofree char *six = pgp_fpr_words(FPR, 6);
	g_autofree char *more = pgp_fpr_words(FPR, 99);

	g_assert_cmpstr(all, ==,
			"topmost istanbul pluto vagabond treadmill pacific brackish dictator "
			"goldfish medusa afflict bravado chatter revolver dupont midsummer "
			"stopwatch whimsical cowbell bottomless");
	g_assert_cmpstr(six, ==, "topmost istanbul pluto vagabond treadmill pacific");
	g_assert_cmpstr(more, ==, all);
}

/* Each word for the byte at an even (PLACE 0) or odd (PLACE 1) place of a digest. */
static void
check_unique(guint place)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint byte = 0; byte < 256; byte++) {
		const guint8 digest[] = {(guint8)byte, (guint8)byte};
		g_autofree char *words = pgp_words(digest, 2);
		g_auto(GStrv) pair = g_strsplit(words, " ", 0);

		g_assert_cmpuint(g_strv_length(pair), ==, 2);
		for (const char *p = pair[place]; *p != '\0'; p++)
			g_assert_true(g_ascii_islower(*p));
		g_assert_true(g_hash_table_add(seen, g_strdup(pair[place])));
	}
	g_assert_cmpuint(g_hash_table_size(seen), ==, 256);
}

static void
every_byte_has_its_own_word_at_either_place(void)
{
	check_unique(0);
	check_unique(1);
}

static void
no_bytes_make_no_words(void)
{
	g_autofree char *none = pgp_words((const guint8 *)"", 0);
	g_autofree char *of_nothing = pgp_fpr_words("", 6);
	g_autofree char *of_a_half = pgp_fpr_words("E58", 6);

	g_assert_cmpstr(none, ==, "");
	g_assert_cmpstr(of_nothing, ==, "");
	g_assert_cmpstr(of_a_half, ==, "topmost");
}

static void
a_fingerprint_is_shown_in_groups_of_four(void)
{
	g_autofree char *text = pgp_fpr_text(FPR);

	g_assert_cmpstr(text, ==, "E582 94F2 E9A2 2748 6E8B 061B 31CC 528F D7FA 3F19");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/words/a_known_fingerprint_has_its_known_words",
			a_known_fingerprint_has_its_known_words);
	g_test_add_func("/words/every_byte_has_its_own_word_at_either_place",
			every_byte_has_its_own_word_at_either_place);
	g_test_add_func("/words/no_bytes_make_no_words", no_bytes_make_no_words);
	g_test_add_func("/words/a_fingerprint_is_shown_in_groups_of_four",
			a_fingerprint_is_shown_in_groups_of_four);
	return g_test_run();
}
