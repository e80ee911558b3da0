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

/* The item's mark in its plan; NULL: none. */
static json_t *
apply_marked(fixture *f, const char *token, const char *mark, const char *ops)
{
	g_autoptr(json_ref) plan = plan_of(f->uid, ops);

	json_put(plan, "mark", mark);
	return adapter_desk.apply(f->a, "acme", token, plan, content, f, NULL);
}

static char *
mark_of(fixture *f)
{
	item *raw = NULL;

	g_assert_true(adapter_desk.get(f->a, f->uid, &raw, NULL));
	g_autoptr(item) it = raw;
	return it == NULL ? g_strdup("") : g_strdup(it->mark);
}

static void
changed_meanwhile(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(json_ref) none = NULL;

	create(f);
	g_autofree char *read = mark_of(f);
	g_autoptr(json_ref) other = apply_marked(f, "other", NULL, SET_B);
	g_autoptr(json_ref) late = apply_marked(f, "late", read, SET_C);
	g_assert_true(json_is_null(late));
	expect_reg(f, "title", "{'at':'" LATE "','v':'b'}");
	g_assert_true(adapter_desk.applied(f->a, "acme", "late", &none, NULL));
	g_assert_null(none);

	g_autofree char *again = mark_of(f);
	g_assert_cmpstr(again, !=, read);
	g_autoptr(json_ref) done = apply_marked(f, "late", again, SET_C);
	g_assert_true(json_is_array(done));
	expect_reg(f, "title", "{'at':'" LATE "','v':'c'}");
	/* What was applied is applied, whatever came since. */
	g_autoptr(json_ref) twice = apply_marked(f, "late", again, SET_C);
	g_assert_true(json_equal(done, twice));
}

static void
made_or_gone_meanwhile(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	create(f);
	g_autoptr(json_ref) made = apply_marked(f, "a", "", SET_B);
	g_assert_true(json_is_null(made));
	g_autofree char *read = mark_of(f);
	g_autoptr(json_ref) deleted = apply_marked(f, "b", read, "[{'op':'delete'}]");
	g_assert_true(json_is_array(deleted));
	g_autoptr(json_ref) gone = apply_marked(f, "c", read, SET_B);
	g_assert_true(json_is_null(gone));
	g_autoptr(json_ref) still = apply_marked(f, "d", "", "[{'op':'create','set':{}}]");
	g_assert_true(json_is_array(still));
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
	TEST("a_plan_for_what_has_changed_since_is_not_carried_out", changed_meanwhile);
	TEST("nor_one_for_what_came_or_went_since", made_or_gone_meanwhile);
	TEST("a_plan_that_fails_at_any_step_leaves_nothing", failing_steps);
	TEST("a_plan_without_an_item_is_a_bug", bad_plan);
	return g_test_run();
}
