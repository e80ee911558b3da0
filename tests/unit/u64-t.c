#include "base/u64.h"

static void
check(gboolean (*parse)(const char *, guint64, guint64 *), const char *text, guint64 want)
{
	guint64 got = want + 1;

	g_test_message("%s", text);
	g_assert_true(parse(text, G_MAXUINT64, &got));
	g_assert_cmpuint(got, ==, want);
}

static void
refuse(gboolean (*parse)(const char *, guint64, guint64 *), const char *text, guint64 max)
{
	guint64 got = 7;

	g_test_message("%s", text == NULL ? "NULL" : text);
	g_assert_false(parse(text, max, &got));
	g_assert_cmpuint(got, ==, 7);
}

static void
digits_alone_are_a_number(void)
{
	check(u64_parse, "0", 0);
	check(u64_parse, "42", 42);
	check(u64_parse, "18446744073709551615", G_MAXUINT64);
}

static void
anything_but_digits_is_no_number(void)
{
	static const char *const bad[] = {"",   " 1", "1 ",  "+1",  "-1",
					  "01", "00", "0x1", "1e3", "1.0"};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		refuse(u64_parse, bad[i], G_MAXUINT64);
	refuse(u64_parse, NULL, G_MAXUINT64);
	refuse(u64_parse, "18446744073709551616", G_MAXUINT64);
	refuse(u64_parse, "99999999999999999999999", G_MAXUINT64);
}

static void
what_is_above_the_maximum_is_refused(void)
{
	guint64 got;

	refuse(u64_parse, "11", 10);
	g_assert_true(u64_parse("10", 10, &got));
	refuse(u64_parse_size, "1 KiB", 1023);
	refuse(u64_parse_time, "1 min", 59);
}

static void
sizes_have_binary_units(void)
{
	check(u64_parse_size, "20", 20);
	check(u64_parse_size, "812 B", 812);
	check(u64_parse_size, "512 KiB", 512 * 1024);
	check(u64_parse_size, "1 MiB", 1048576);
	check(u64_parse_size, "1MiB", 1048576);
	check(u64_parse_size, "3 GiB", G_GUINT64_CONSTANT(3221225472));
	check(u64_parse_size, "2 TiB", G_GUINT64_CONSTANT(2199023255552));
}

static void
other_units_are_refused(void)
{
	static const char *const bad[] = {"1 MB",    "1 mib", "1  KiB", "KiB",    "1 ",
					  "1.5 GiB", "-1 B",  "1 min",  "1 KiBx", "20000000 TiB"};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		refuse(u64_parse_size, bad[i], G_MAXUINT64);
	refuse(u64_parse_time, "1 KiB", G_MAXUINT64);
	refuse(u64_parse_time, "1 m", G_MAXUINT64);
}

static void
times_come_out_in_seconds(void)
{
	check(u64_parse_time, "90", 90);
	check(u64_parse_time, "30 s", 30);
	check(u64_parse_time, "5 min", 300);
	check(u64_parse_time, "1 h", 3600);
	check(u64_parse_time, "30 d", 2592000);
}

static void
show_size(guint64 bytes, const char *want)
{
	g_autofree char *got = u64_size_text(bytes);

	g_assert_cmpstr(got, ==, want);
}

static void
sizes_are_shown_short(void)
{
	show_size(0, "0 B");
	show_size(G_MAXUINT64 / 10 + 1, "1677722 TiB");
	show_size(812, "812 B");
	show_size(1023, "1023 B");
	show_size(1024, "1 KiB");
	show_size(1536, "1.5 KiB");
	show_size(12 * 1024 + 100, "12 KiB");
	show_size(200 << 20, "200 MiB");
	show_size(G_GUINT64_CONSTANT(1610612736), "1.5 GiB");
	show_size(10 * 1024 - 1, "10 KiB");
	show_size((1 << 20) - 1, "1 MiB");
	show_size(G_MAXUINT64, "16777216 TiB");
}

static void
show_age(gint64 seconds, const char *want)
{
	g_autofree char *got = u64_age_text(seconds);

	g_assert_cmpstr(got, ==, want);
}

static void
ages_are_shown_in_their_largest_unit(void)
{
	show_age(-5, "now");
	show_age(0, "now");
	show_age(1, "1 s");
	show_age(59, "59 s");
	show_age(60, "1 min");
	show_age(599, "9 min");
	show_age(7200, "2 h");
	show_age(86399, "23 h");
	show_age(3 * 86400, "3 d");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/u64/digits_alone_are_a_number", digits_alone_are_a_number);
	g_test_add_func("/u64/anything_but_digits_is_no_number", anything_but_digits_is_no_number);
	g_test_add_func("/u64/what_is_above_the_maximum_is_refused",
			what_is_above_the_maximum_is_refused);
	g_test_add_func("/u64/sizes_have_binary_units", sizes_have_binary_units);
	g_test_add_func("/u64/other_units_are_refused", other_units_are_refused);
	g_test_add_func("/u64/times_come_out_in_seconds", times_come_out_in_seconds);
	g_test_add_func("/u64/sizes_are_shown_short", sizes_are_shown_short);
	g_test_add_func("/u64/ages_are_shown_in_their_largest_unit",
			ages_are_shown_in_their_largest_unit);
	return g_test_run();
}
