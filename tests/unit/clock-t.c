#include "base/clock.h"

#include <string.h>

static void
a_stamp_is_read_back_as_it_was_written(void)
{
	static const gint64 times[] = {0, -1, 1795377170, 951782400, 253402300799, -62135596800};

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autofree char *stamp = clock_stamp(times[i]);
		gint64 back;

		g_assert_cmpuint(strlen(stamp), ==, CLOCK_STAMP_LEN);
		g_assert_true(clock_parse(stamp, &back));
		g_assert_cmpint(back, ==, times[i]);
	}
}

static void
stamps_have_one_form(void)
{
	g_autofree char *epoch = clock_stamp(0);
	g_autofree char *later = clock_stamp(1795377170);

	g_assert_cmpstr(epoch, ==, "1970-01-01T00:00:00Z");
	g_assert_cmpstr(later, ==, "2026-11-22T19:52:50Z");
}

static void
other_forms_are_refused(void)
{
	static const char *const bad[] = {
		"",
		"2026-11-22",
		"2026-11-22 19:52:50Z",
		"2026-11-22T19:52:50z",
		"2026-11-22T19:52:50",
		"2026-11-22T19:52:5Z0",
		"2026-11-22T19:52:50+0",
		"2026-11-22T19:52:50.1Z",
		"2026-13-22T19:52:50Z",
		"2026-02-30T19:52:50Z",
		"2026-11-22T24:52:50Z",
		"2026-11-22T19:60:50Z",
		"-026-11-22T19:52:50Z",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		gint64 got = 7;

		g_test_message("%s", bad[i]);
		g_assert_false(clock_parse(bad[i], &got));
		g_assert_cmpint(got, ==, 7);
	}
	g_assert_false(clock_parse(NULL, NULL));
}

static void
stamps_compare_as_strings(void)
{
	g_autofree char *first = clock_stamp(999999999);
	g_autofree char *second = clock_stamp(1000000000);

	g_assert_cmpstr(first, <, second);
}

static void
a_shift_moves_the_clock_and_nothing_else(void)
{
	gint64 before = clock_now(), mono = clock_mono_us();

	clock_shift(86400);
	gint64 shifted = clock_now();
	g_autofree char *stamp = clock_stamp_now();
	gint64 read;
	g_assert_true(clock_parse(stamp, &read));
	clock_shift(0);
	g_assert_cmpint(shifted - before, >=, 86400);
	g_assert_cmpint(shifted - before, <, 86400 + 60);
	g_assert_cmpint(read - shifted, >=, 0);
	g_assert_cmpint(read - shifted, <, 60);
	g_assert_cmpint(clock_mono_us() - mono, >=, 0);
	g_assert_cmpint(clock_mono_us() - mono, <, 60 * G_USEC_PER_SEC);
	g_assert_cmpint(clock_now() - before, <, 60);
}

static void
a_stopped_clock_stands_where_it_is_put(void)
{
	gint64 real = clock_now();

	clock_stop(1420070400);
	g_autofree char *stamp = clock_stamp_now();
	gint64 now = clock_now(), mono = clock_mono_us();
	clock_stop(1420070407);
	gint64 later = clock_now() - now, mono_later = clock_mono_us() - mono;
	clock_stop(0);
	g_assert_cmpstr(stamp, ==, "2015-01-01T00:00:00Z");
	g_assert_cmpint(later, ==, 7);
	g_assert_cmpint(mono_later, ==, 7 * G_USEC_PER_SEC);
	g_assert_cmpint(clock_now(), >=, real);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/a_stamp_is_read_back_as_it_was_written",
			a_stamp_is_read_back_as_it_was_written);
	g_test_add_func("/clock/stamps_have_one_form", stamps_have_one_form);
	g_test_add_func("/clock/other_forms_are_refused", other_forms_are_refused);
	g_test_add_func("/clock/stamps_compare_as_strings", stamps_compare_as_strings);
	g_test_add_func("/clock/a_shift_moves_the_clock_and_nothing_else",
			a_shift_moves_the_clock_and_nothing_else);
	g_test_add_func("/clock/a_stopped_clock_stands_where_it_is_put",
			a_stopped_clock_stands_where_it_is_put);
	return g_test_run();
}
