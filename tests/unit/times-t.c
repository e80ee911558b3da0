#include "conf/times.h"

static void
test_valid(void)
{
	static const char *const good[] = {"00:00", "06:00 18:30", "23:59 00:01 12:00"};
	static const char *const bad[] = {"",      " ",      "6:00",   "24:00", "12:60",
					  "12.30", "12:00,", "12:00 ", "noon",  "12:00  13:00"};
	g_autoptr(GString) many = g_string_new("00:00");

	for (guint i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(times_valid(good[i]));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(times_valid(bad[i]));
	for (guint i = 1; i < 48; i++)
		g_string_append(many, " 00:00");
	g_assert_true(times_valid(many->str));
	g_string_append(many, " 00:00");
	g_assert_false(times_valid(many->str));
}

static void
test_next(void)
{
	const gint64 midnight = G_GINT64_CONSTANT(1763856000); /* 2025-11-23 */
	const gint64 hour = 60 * 60;

	g_assert_cmpint(times_next("06:00 18:30", midnight), ==, midnight + 6 * hour);
	g_assert_cmpint(times_next("06:00 18:30", midnight + 6 * hour), ==,
			midnight + 18 * hour + 1800);
	g_assert_cmpint(times_next("18:30 06:00", midnight + 6 * hour - 1), ==,
			midnight + 6 * hour);
	g_assert_cmpint(times_next("06:00", midnight + 23 * hour), ==, midnight + 30 * hour);
	g_assert_cmpint(times_next("00:00", midnight), ==, midnight + 24 * hour);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/times/a_list_has_times_of_day_and_blanks", test_valid);
	g_test_add_func("/times/the_next_one_is_today_or_tomorrow", test_next);
	return g_test_run();
}
