#include "base/late.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"

static late_library maths = {"libm.so.6", "a sum"};
static late_library none = {"libhandsel-none.so.7", "a test"};

LATE_FUNCTION(maths, double, hypot, (double x, double y), (x, y))
LATE_FUNCTION(none, double, cosh, (double x), (x))
LATE_FUNCTION(maths, long, lround, (double x), (x))

static void
a_function_is_the_librarys(void)
{
	/* As a compiler may know the result of a constant. */
	volatile double x = 3;

	g_assert_null(maths.handle);
	g_assert_cmpfloat(hypot(x, 4), ==, 5);
	g_assert_nonnull(maths.handle);
	g_assert_cmpint(lround(x), ==, 3);
}

static void
a_library_is_loaded_once(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(late_load(&maths, &error));
	g_assert_no_error(error);
	void *first = maths.handle;
	g_assert_true(late_load(&maths, NULL));
	g_assert_true(maths.handle == first);
}

static void
one_that_is_missing_is_named_with_what_needs_it(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(late_load(&none, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, "that a test needs: libhandsel-none.so.7: "));
	g_assert_nonnull(strstr(error->message, "install it"));
	g_assert_null(none.handle);
}

static void
call_it(void)
{
	volatile double x = 1;

	g_print("%f\n", cosh(x));
}

static void
ask_for_it(void)
{
	late_function(&maths, "handsel_none");
}

static void
what_is_called_all_the_same_ends_the_program(void)
{
	if (g_test_subprocess())
		call_it();
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*libhandsel-none.so.7*");
}

static void
a_function_that_is_missing_ends_the_program(void)
{
	if (g_test_subprocess())
		ask_for_it();
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*libm.so.6 has no handsel_none*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/late/function", a_function_is_the_librarys);
	g_test_add_func("/late/once", a_library_is_loaded_once);
	g_test_add_func("/late/missing-library", one_that_is_missing_is_named_with_what_needs_it);
	g_test_add_func("/late/missing-library-called",
			what_is_called_all_the_same_ends_the_program);
	g_test_add_func("/late/missing-function", a_function_that_is_missing_ends_the_program);
	return g_test_run();
}
