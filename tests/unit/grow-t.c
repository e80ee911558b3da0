#include "base/grow.h"

#include <string.h>

#include "base/fail.h"
#include "base/fault.h"

static void
add(grow *g, const char *text)
{
	g_autoptr(GError) e = NULL;

	g_assert_true(grow_room(g, strlen(text), &e));
	g_assert_no_error(e);
	memcpy(g->str + g->len, text, strlen(text));
	grow_add(g, strlen(text));
}

static void
what_comes_is_there_until_it_is_dropped(void)
{
	g_auto(grow) g = {0};

	grow_drop(&g, 0);
	add(&g, "one ");
	add(&g, "two");
	g_assert_cmpstr(g.str, ==, "one two");
	grow_drop(&g, 4);
	g_assert_cmpstr(g.str, ==, "two");
	g_assert_cmpuint(g.len, ==, 3);
	grow_drop(&g, 3);
	g_assert_cmpstr(g.str, ==, "");
	grow_clear(&g);
	g_assert_null(g.str);
}

static void
no_memory_is_an_error_that_changes_nothing(void)
{
	g_auto(grow) g = {0};
	g_autoptr(GError) e = NULL, huge = NULL, none = NULL;

	add(&g, "kept");
	fault_arm("alloc", 1, FAULT_FAIL);
	g_assert_false(grow_room(&g, 100000, &e));
	fault_disarm();
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_cmpstr(g.str, ==, "kept");
	g_assert_false(grow_room(&g, G_MAXSSIZE - 10, &huge));
	g_assert_true(fail_is(huge, FAIL_RETRY));
	g_assert_cmpstr(g.str, ==, "kept");
	g_assert_null(grow_try(G_MAXSSIZE, &none));
	g_assert_true(fail_is(none, FAIL_RETRY));
}

static void
much_moves_seldom(void)
{
	g_auto(grow) g = {0};

	fault_disarm();
	for (guint i = 0; i < 10000; i++)
		add(&g, "0123456789");
	g_assert_cmpuint(g.len, ==, 100000);
	g_assert_cmpuint(fault_passes(), <, 30);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/grow/what_comes_is_there_until_it_is_dropped",
			what_comes_is_there_until_it_is_dropped);
	g_test_add_func("/grow/no_memory_is_an_error_that_changes_nothing",
			no_memory_is_an_error_that_changes_nothing);
	g_test_add_func("/grow/much_moves_seldom", much_moves_seldom);
	return g_test_run();
}
