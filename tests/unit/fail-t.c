#include "base/fail.h"

#include <errno.h>

static void
every_reason_has_a_row_of_its_own(void)
{
	static const struct {
		int first, last;
	} ranges[] = {
		{REASON_INCOMPLETE, REASON_PARTS},    {REASON_OTHER_LINK, REASON_KIND},
		{REASON_UNKNOWN_SIGNER, REASON_BOMB}, {REASON_OFFER_UNKNOWN, REASON_SAME_SITE},
		{REASON_NO_FIELD, REASON_BRAKED},     {REASON_MAIL_AWAY, REASON_MAIL_ANSWER},
	};
	guint count = 0, rows = 0;

	for (guint i = 0; i < G_N_ELEMENTS(ranges); i++)
		for (int n = ranges[i].first; n <= ranges[i].last; n++, count++)
			g_assert_cmpint(reason_of(n)->number, ==, n);
	for (const reason *r = reason_all(); r->number != 0; r++, rows++) {
		g_assert_true(reason_of(r->number) == r);
		g_assert_nonnull(r->text);
		g_assert_nonnull(r->advice);
		g_assert_true(r->class >= FAIL_RETRY && r->class <= FAIL_USAGE);
	}
	g_assert_cmpuint(rows, ==, count);
}

static void
an_unknown_number_gets_a_generic_row(void)
{
	const reason *r = reason_of(9999);

	g_assert_nonnull(r);
	g_assert_nonnull(r->text);
	g_assert_cmpint(r->class, ==, FAIL_REJECT);
	g_assert_true(reason_of(-1) == r);
	g_assert_true(reason_of(0) == r);
}

static void
numbers_stay_for_ever(void)
{
	g_assert_cmpint(REASON_PARTS, ==, 110);
	g_assert_cmpint(REASON_KIND, ==, 207);
	g_assert_cmpint(REASON_BOMB, ==, 306);
	g_assert_cmpint(REASON_SAME_SITE, ==, 408);
	g_assert_cmpint(REASON_OPERATOR, ==, 518);
	g_assert_cmpint(REASON_MAIL_ANSWER, ==, 609);
}

static int
class_of(int code)
{
	g_autoptr(GError) e = NULL;

	fail_set(&e, code, "%s %d", "text", code);
	return (int)fail_class(e);
}

static void
the_class_follows_from_the_code(void)
{
	g_assert_cmpint(class_of(FAIL_RETRY), ==, FAIL_RETRY);
	g_assert_cmpint(class_of(FAIL_USAGE), ==, FAIL_USAGE);
	g_assert_cmpint(class_of(REASON_ZIP), ==, FAIL_REJECT);
	g_assert_cmpint(class_of(REASON_ADDRESSEE), ==, FAIL_TRUST);
	g_assert_cmpint(class_of(REASON_FORK), ==, FAIL_TRUST);
	g_assert_cmpint(class_of(REASON_UNKNOWN_SIGNER), ==, FAIL_TRUST);
	g_assert_cmpint(class_of(REASON_PROOF), ==, FAIL_TRUST);
	g_assert_cmpint(class_of(REASON_NO_FIELD), ==, FAIL_REJECT);
}

static void
errors_of_others_are_retried_and_missing_ones_are_bugs(void)
{
	g_autoptr(GError) e = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "x");

	g_assert_cmpint(fail_class(e), ==, FAIL_RETRY);
	g_assert_cmpint(fail_class(NULL), ==, FAIL_BUG);
}

static void
a_code_matches_itself_and_its_class(void)
{
	g_autoptr(GError) e = NULL;

	fail_set(&e, REASON_ZIP, "bad zip");
	g_assert_true(fail_is(e, REASON_ZIP));
	g_assert_true(fail_is(e, FAIL_REJECT));
	g_assert_false(fail_is(e, REASON_MANIFEST));
	g_assert_false(fail_is(e, FAIL_TRUST));
	g_assert_false(fail_is(NULL, FAIL_BUG));
}

static void
a_number_of_another_domain_is_no_reason(void)
{
	g_autoptr(GError) e = g_error_new_literal(G_FILE_ERROR, REASON_ZIP, "x");

	g_assert_false(fail_is(e, REASON_ZIP));
}

static void
a_system_error_says_what_and_why(void)
{
	g_autoptr(GError) e = NULL;

	fail_errno(&e, ENOENT, "cannot open %s", "/x/y");
	g_assert_true(g_str_has_prefix(e->message, "cannot open /x/y: "));
	g_assert_true(g_str_has_suffix(e->message, g_strerror(ENOENT)));
	g_assert_true(fail_is(e, FAIL_RETRY));
}

static void
a_full_disk_is_called_that(void)
{
	g_autoptr(GError) e = NULL;

	fail_errno(&e, ENOSPC, "cannot write %s", "/x/y");
	g_assert_cmpstr(e->message, ==,
			"cannot write /x/y: the disk is full; free some space there");
	g_assert_true(fail_is(e, FAIL_RETRY));
}

static void
what_permissions_forbid_is_the_operators(void)
{
	static const int errnums[] = {EACCES, EROFS, ENOTDIR, ELOOP};

	for (guint i = 0; i < G_N_ELEMENTS(errnums); i++) {
		g_autoptr(GError) e = NULL;

		fail_errno(&e, errnums[i], "cannot open it");
		g_assert_true(fail_is(e, FAIL_CONFIG));
	}
}

static void
an_error_nobody_wants_is_dropped(void)
{
	g_autoptr(GError) e = NULL;

	fail_set(NULL, FAIL_BUG, "x");
	fail_errno(NULL, EIO, "x");
	fail_set(&e, FAIL_BUG, "100%% of %s", "it");
	g_assert_cmpstr(e->message, ==, "100% of it");
}

static void
wrong_usage_exits_with_two(void)
{
	g_autoptr(GError) usage = g_error_new_literal(FAIL, FAIL_USAGE, "x");
	g_autoptr(GError) bug = g_error_new_literal(FAIL, FAIL_BUG, "x");
	g_autoptr(GError) zip = g_error_new_literal(FAIL, REASON_ZIP, "x");

	g_assert_cmpint(fail_exit(usage), ==, 2);
	g_assert_cmpint(fail_exit(bug), ==, 1);
	g_assert_cmpint(fail_exit(zip), ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fail/every_reason_has_a_row_of_its_own",
			every_reason_has_a_row_of_its_own);
	g_test_add_func("/fail/an_unknown_number_gets_a_generic_row",
			an_unknown_number_gets_a_generic_row);
	g_test_add_func("/fail/numbers_stay_for_ever", numbers_stay_for_ever);
	g_test_add_func("/fail/the_class_follows_from_the_code", the_class_follows_from_the_code);
	g_test_add_func("/fail/errors_of_others_are_retried_and_missing_ones_are_bugs",
			errors_of_others_are_retried_and_missing_ones_are_bugs);
	g_test_add_func("/fail/a_code_matches_itself_and_its_class",
			a_code_matches_itself_and_its_class);
	g_test_add_func("/fail/a_number_of_another_domain_is_no_reason",
			a_number_of_another_domain_is_no_reason);
	g_test_add_func("/fail/a_system_error_says_what_and_why", a_system_error_says_what_and_why);
	g_test_add_func("/fail/a_full_disk_is_called_that", a_full_disk_is_called_that);
	g_test_add_func("/fail/what_permissions_forbid_is_the_operators",
			what_permissions_forbid_is_the_operators);
	g_test_add_func("/fail/an_error_nobody_wants_is_dropped", an_error_nobody_wants_is_dropped);
	g_test_add_func("/fail/wrong_usage_exits_with_two", wrong_usage_exits_with_two);
	return g_test_run();
}
