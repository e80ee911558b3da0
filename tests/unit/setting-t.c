#include "conf/setting.h"

#include "base/fail.h"

#include <string.h>

#define ID "0123456789abcdefghjkmnpqr0"

static void
assert_checks(const char *key, setting_where where, const char *value, gboolean good)
{
	const setting *s = setting_find(key, where);
	g_autoptr(GError) error = NULL;

	g_assert_nonnull(s);
	g_assert_cmpint(setting_check(s, value, &error), ==, good);
	if (good) {
		g_assert_no_error(error);
		return;
	}
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_assert_true(g_str_has_prefix(error->message, key));
}

static void
test_rows(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (const setting *s = setting_all(); s->key != NULL; s++) {
		g_assert_true(g_hash_table_add(seen, (gpointer)s->key));
		g_assert_true(s->where & (SET_SITE | SET_LINK));
		g_assert_nonnull(s->help);
		g_assert_true(g_str_has_suffix(s->help, "."));
		g_assert_cmpint(s->min, <=, s->max);
		g_assert_true(s->type != SET_ENUM || s->choices != NULL);
		if (s->fallback != NULL)
			assert_checks(s->key, s->where, s->fallback, TRUE);
		g_autofree char *range = setting_range(s);
		g_assert_cmpstr(range, !=, "");
	}
}

static void
test_find(void)
{
	g_assert_nonnull(setting_find("name", SET_SITE));
	g_assert_null(setting_find("name", SET_LINK));
	g_assert_nonnull(setting_find("sync.batch", SET_LINK));
	g_assert_null(setting_find("sync.batch", SET_SITE));
	g_assert_null(setting_find("sync.batch", SET_FIXED));
	g_assert_null(setting_find("sync", SET_LINK));
	g_assert_null(setting_find("", SET_LINK));
}

static void
test_check(void)
{
	static const struct {
		const char *key, *value;
		gboolean good;
	} rows[] = {
		{"link.role", "master", TRUE},
		{"link.role", "Master", FALSE},
		{"link.role", "master|slave", FALSE},
		{"link.role", "", FALSE},
		{"link.id", ID, TRUE},
		{"link.id", "ID", FALSE},
		{"link.id", "0123456789abcdefghjkmnpqrI", FALSE},
		{"link.partner", "acme", TRUE},
		{"link.partner", "NAME", FALSE},
		{"link.partner", "../acme", FALSE},
		{"link.description", "", TRUE},
		{"link.description", "Widget project, bugs", TRUE},
		{"link.description", "two\nlines", FALSE},
		{"link.description", "\xff", FALSE},
		{"scope", "assigned", TRUE},
		{"scope", "all", TRUE},
		{"scope", "project=WIDGET one", TRUE},
		{"scope", "project=", FALSE},
		{"scope", "=WIDGET", FALSE},
		{"scope", "some", FALSE},
		{"scope", "FIELD=VALUE", FALSE},
		{"paused", "yes", TRUE},
		{"paused", "true", FALSE},
		{"channel", "folder", TRUE},
		{"channel", "pigeon", FALSE},
		{"sync.batch", "1", TRUE},
		{"sync.batch", "0", FALSE},
		{"sync.batch", "100001", FALSE},
		{"sync.batch", "-1", FALSE},
		{"sync.batch", "1 KiB", FALSE},
		{"sync.ack_delay", "1 h", TRUE},
		{"sync.ack_delay", "2 h", FALSE},
		{"sync.ack_delay", "5 min", TRUE},
		{"sync.resend", "0 s", FALSE},
		{"archive.keep", "0", TRUE},
		{"limit.envelope", "3 GiB", TRUE},
		{"limit.envelope", "99999999999999999999", FALSE},
		{"folder.part", "0", TRUE},
		{"folder.part", "64 KiB", TRUE},
		{"folder.part", "1 KiB", FALSE},
		{"folder.send", "/mnt/acme/SEND", TRUE},
		{"folder.send", "SEND", FALSE},
		{"folder.send", "", FALSE},
		{"user", "acme-sync", TRUE},
		{"user", "", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_checks(rows[i].key, SET_LINK, rows[i].value, rows[i].good);
}

static void
test_message(void)
{
	g_autoptr(GError) error = NULL;
	const setting *s = setting_find("folder.part", SET_LINK);

	g_assert_false(setting_check(s, "tiny\x1b[1m", &error));
	g_assert_cmpstr(error->message, ==,
			"folder.part: cannot be \"tiny?[1m\"; it is 0, or 64 KiB to 1024 TiB");
	g_clear_error(&error);
	g_assert_false(setting_check(setting_find("scope", SET_LINK), "x", &error));
	g_assert_cmpstr(error->message, ==,
			"scope: cannot be \"x\"; it is assigned or all or FIELD=VALUE");
}

static void
test_number(void)
{
	gint64 n = -1;

	g_assert_true(
		setting_number(setting_find("sync.max_unacked_bytes", SET_LINK), "1 GiB", &n));
	g_assert_cmpint(n, ==, 1 << 30);
	g_assert_true(setting_number(setting_find("sync.resend_max", SET_LINK), "1 d", &n));
	g_assert_cmpint(n, ==, 86400);
	g_assert_false(setting_number(setting_find("scope", SET_LINK), "1", &n));
	g_assert_cmpint(n, ==, 86400);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setting/every_row_is_whole_and_its_default_is_right", test_rows);
	g_test_add_func("/setting/a_row_is_found_in_its_own_file_only", test_find);
	g_test_add_func("/setting/values_are_checked_by_type_and_bounds", test_check);
	g_test_add_func("/setting/an_error_says_what_would_be_right", test_message);
	g_test_add_func("/setting/sizes_and_times_are_numbers", test_number);
	return g_test_run();
}
