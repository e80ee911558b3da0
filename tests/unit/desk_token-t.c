#include "tests/unit/desk_apply_kit.h"

#define SET_B "[{'op':'set','reg':'title','v':'b','at':'" LATE "'}]"
#define SET_C "[{'op':'set','reg':'title','v':'c','at':'" LATE "'}]"

static void
token_once(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(json_ref) none = NULL, kept = NULL, old = NULL;

	create(f);
	g_assert_true(adapter_desk.applied(f->a, "acme", "x", &none, NULL));
	g_assert_null(none);
	g_autoptr(json_ref) first = apply_token(f, "x", f->uid, SET_B, NULL);
	g_autoptr(json_ref) second = apply_token(f, "x", f->uid, SET_C, NULL);
	g_assert_true(json_equal(first, second));
	expect_reg(f, "title", "{'at':'" LATE "','v':'b'}");
	g_assert_true(adapter_desk.applied(f->a, "acme", "x", &kept, NULL));
	g_assert_true(json_equal(first, kept));
	g_assert_true(adapter_desk.applied(f->a, "nord", "x", &none, NULL));
	g_assert_null(none);
	g_autoptr(json_ref) third = apply_token(f, "y", f->uid, SET_C, NULL);
	expect_reg(f, "title", "{'at':'" LATE "','v':'c'}");
	g_assert_true(adapter_desk.applied(f->a, "acme", "x", &old, NULL));
	g_assert_null(old);
}

static void
token_of_a_transaction(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(json_ref) none = NULL, kept = NULL;

	create(f);
	g_assert_true(adapter_desk.begin(f->a, NULL));
	g_autoptr(json_ref) first = apply_token(f, "x", f->uid, SET_B, NULL);
	g_assert_nonnull(first);
	adapter_desk.rollback(f->a);
	expect_reg(f, "title", "{'at':'" EARLY "','v':'a'}");
	g_assert_true(adapter_desk.applied(f->a, "acme", "x", &none, NULL));
	g_assert_null(none);

	g_assert_true(adapter_desk.begin(f->a, NULL));
	g_autoptr(json_ref) second = apply_token(f, "x", f->uid, SET_B, NULL);
	g_assert_true(adapter_desk.commit(f->a, NULL));
	expect_reg(f, "title", "{'at':'" LATE "','v':'b'}");
	g_assert_true(adapter_desk.applied(f->a, "acme", "x", &kept, NULL));
	g_assert_true(json_equal(kept, second));
}

/* Does the item of F show REG? */
static gboolean
shows(fixture *f, const char *reg)
{
	item *raw = NULL;

	g_assert_true(adapter_desk.get(f->a, f->uid, &raw, NULL));
	g_autoptr(item) it = raw;
	return item_value(it, reg) != NULL;
}

/* Each step fails once: what was applied and the token that says so stay together. */
static void
failing_steps(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	guint passes = G_MAXUINT, failed = 0;

	create(f);
	f->bytes = "hello";
	for (guint nth = 1; passes >= nth; nth++) {
		g_autofree char *thing = rand_id(), *op = file_op(thing, "a", HELLO, "5");
		g_autofree char *reg = item_thing_reg(thing);
		g_autofree char *remove =
			g_strdup_printf("[{'op':'thing','reg':'%s','v':null}]", reg);
		g_autofree char *token = g_strdup_printf("x%u", nth);
		g_autoptr(json_ref) kept = NULL;

		fault_arm(NULL, nth, FAULT_FAIL);
		g_autoptr(json_ref) results = apply_token(f, token, f->uid, op, NULL);
		passes = fault_passes();
		fault_disarm();
		g_assert_true(adapter_desk.applied(f->a, "acme", token, &kept, NULL));
		g_assert_true((kept != NULL) == (results != NULL));
		g_assert_true(shows(f, reg) == (results != NULL));
		failed += results == NULL;
		/* So that the next round needs the bytes again. */
		if (results != NULL)
			expect(f, remove, "ok");
	}
	g_assert_cmpuint(failed, >=, 2);
}

static void
bad_plan(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) plan = json_object();

	g_assert_null(adapter_desk.apply(f->a, "acme", "x", plan, content, f, &e));
	g_assert_error(e, FAIL, FAIL_BUG);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/desk_token/" name, fixture, NULL, set_up, func, tear_down)
	TEST("a_token_is_applied_once", token_once);
	TEST("a_token_shares_the_fate_of_its_transaction", token_of_a_transaction);
	TEST("a_plan_that_fails_at_any_step_leaves_nothing", failing_steps);
	TEST("a_plan_without_an_item_is_a_bug", bad_plan);
	return g_test_run();
}
