#include <string.h>

#include "spool/name.h"

#define LINK  "01j9x4ab"
#define WHOLE "01j9x4ab-m00000017-0a1b2c3d.zip.gpg"
#define PART  "01j9x4ab-s00000042-0a1b2c3d.p0001of0205-deadbeef.zip.gpg"

static void
a_whole_is_read_and_written_alike(void)
{
	envelope_name name;

	g_assert_true(name_find(WHOLE, LINK, 'm', &name));
	g_assert_cmpuint(name.number, ==, 17);
	g_assert_cmpstr(name.hash, ==, "0a1b2c3d");
	g_assert_cmpstr(name_own_hash(&name), ==, "0a1b2c3d");
	g_assert_cmpuint(name.parts, ==, 0);
	g_autofree char *text = name_format(&name);
	g_assert_cmpstr(text, ==, WHOLE);
	g_autofree char *id = name_id(&name);
	g_assert_cmpstr(id, ==, "m17");
}

static void
a_part_is_read_and_written_alike(void)
{
	envelope_name name;

	g_assert_true(name_find(PART, LINK, 's', &name));
	g_assert_cmpuint(name.part, ==, 1);
	g_assert_cmpuint(name.parts, ==, 205);
	g_assert_cmpstr(name_own_hash(&name), ==, "deadbeef");
	g_autofree char *text = name_format(&name);
	g_assert_cmpstr(text, ==, PART);
}

static void
an_unnumbered_name_has_a_series(void)
{
	static const char *const names[] = {LINK "-ma412-0a1b2c3d.zip.gpg",
					    LINK "-mr3-0a1b2c3d.zip.gpg",
					    LINK "-mx1-0a1b2c3d.zip.gpg"};
	static const char *const ids[] = {"ma412", "mr3", "mx1"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		envelope_name name;

		g_assert_true(name_find(names[i], LINK, 'm', &name));
		g_autofree char *text = name_format(&name);
		g_assert_cmpstr(text, ==, names[i]);
		g_autofree char *id = name_id(&name);
		g_assert_cmpstr(id, ==, ids[i]);
	}
}

static void
numbers_over_eight_digits_fit(void)
{
	envelope_name name = {.link = LINK, .role = 'm', .number = G_MAXINT64, .hash = "0a1b2c3d"};
	envelope_name found;

	g_autofree char *text = name_format(&name);
	g_assert_true(name_find(text, LINK, 'm', &found));
	g_assert_cmpuint(found.number, ==, G_MAXINT64);
}

static void
what_carriers_do_to_names_is_seen_through(void)
{
	static const char *const names[] = {
		"01J9X4AB-M00000017-0A1B2C3D.ZIP.GPG",
		"01j9x4ab-m00000017-0a1b2c3d.zip (1).gpg",
		"01j9x4ab-m00000017-0a1b2c3d (1).zip.gpg",
		"Copy of 01j9x4ab-m00000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.zip.sync-conflict-20261122-195250-ABCDEFG.gpg",
		"01j9x4ab-01j9x4ab-m00000017-0a1b2c3d",
		"\xff\xfe 01j9x4ab-m00000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.png.zip.gpg",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		envelope_name name;

		g_assert_true(name_find(names[i], LINK, 'm', &name));
		g_autofree char *text = name_format(&name);
		g_assert_cmpstr(text, ==, WHOLE);
	}
}

static void
what_is_not_ours_is_not_found(void)
{
	static const char *const names[] = {
		"",
		"report.pdf",
		"01j9x4ac-m00000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-s00000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-m0000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-m00000000-0a1b2c3d.zip.gpg",
		"01j9x4ab-m000000017-0a1b2c3d.zip.gpg",
		"01j9x4ab-m99999999999999999999-0a1b2c3d.zip.gpg",
		"01j9x4ab-m9999999999999999999999999-0a1b2c3d.zip.gpg",
		"01j9x4ab-ma0-0a1b2c3d.zip.gpg",
		"01j9x4ab-ma01-0a1b2c3d.zip.gpg",
		"01j9x4ab-mb1-0a1b2c3d.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3",
		"01j9x4ab-m00000017-0a1b2c3g.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.p0000of0205-deadbeef.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.p0206of0205-deadbeef.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.p1of2-deadbeef.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.p00001of00002-deadbeef.zip.gpg",
		"01j9x4ab-m00000017-0a1b2c3d.p0001of0205-deadbee",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		envelope_name name = {.number = 4711};

		g_assert_false(name_find(names[i], LINK, 'm', &name));
		g_assert_cmpuint(name.number, ==, 4711);
	}
}

static void
every_cut_of_a_name_is_harmless(void)
{
	for (gsize len = 0; len < strlen(PART); len++) {
		envelope_name name;
		g_autofree char *cut = g_strndup(PART, len);
		gboolean found = name_find(cut, LINK, 's', &name);

		/* The whole's name ends before ".p0"; the part's with its hash. */
		g_assert_cmpint(found, ==, (len >= 27 && len < 30) || len >= 48);
	}
}

static void
ids_are_read_strictly(void)
{
	char role = 0;
	guint64 number = 0;

	g_assert_true(name_parse_id("m17", &role, &number));
	g_assert_cmpint(role, ==, 'm');
	g_assert_cmpuint(number, ==, 17);
	g_assert_true(name_parse_id("S42", &role, &number));
	g_assert_cmpint(role, ==, 's');
	g_assert_false(name_parse_id("", &role, &number));
	g_assert_false(name_parse_id("m", &role, &number));
	g_assert_false(name_parse_id("m0", &role, &number));
	g_assert_false(name_parse_id("m017", &role, &number));
	g_assert_false(name_parse_id("x17", &role, &number));
	g_assert_false(name_parse_id("ma412", &role, &number));
	g_assert_cmpuint(number, ==, 42);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/name/a_whole_is_read_and_written_alike",
			a_whole_is_read_and_written_alike);
	g_test_add_func("/name/a_part_is_read_and_written_alike", a_part_is_read_and_written_alike);
	g_test_add_func("/name/an_unnumbered_name_has_a_series", an_unnumbered_name_has_a_series);
	g_test_add_func("/name/numbers_over_eight_digits_fit", numbers_over_eight_digits_fit);
	g_test_add_func("/name/what_carriers_do_to_names_is_seen_through",
			what_carriers_do_to_names_is_seen_through);
	g_test_add_func("/name/what_is_not_ours_is_not_found", what_is_not_ours_is_not_found);
	g_test_add_func("/name/every_cut_of_a_name_is_harmless", every_cut_of_a_name_is_harmless);
	g_test_add_func("/name/ids_are_read_strictly", ids_are_read_strictly);
	return g_test_run();
}
