#include "item/plan.h"

#include "base/fail.h"

/* Does J equal what TEXT says?  Takes over J. */
static void
assert_json(json_t *j, const char *text)
{
	json_t *want = json_loads(text, JSON_DECODE_ANY, NULL);

	g_assert_nonnull(want);
	g_assert_true(json_equal(j, want));
	json_decref(want);
	json_decref(j);
}

static void
test_ops(void)
{
	json_t *plan = plan_new("u", "issue");
	g_autoptr(json_ref) at = json_string("2026-11-22T19:52:50Z");
	g_autoptr(json_ref) ats = json_pack("{s:s}", "text", "2026-11-22T19:52:50Z");
	g_autoptr(json_ref) title = json_string("t");
	g_autoptr(json_ref) set = json_pack("{s:{s:s,s:O}}", "title", "v", "t", "at", at);

	g_assert_true(plan_empty(plan));
	plan_add(plan, "create", NULL, set, NULL);
	plan_add(plan, "set", "title", title, at);
	plan_add(plan, "parent", "parent", NULL, at);
	plan_add(plan, "thing", "@x", NULL, ats);
	plan_add(plan, "delete", NULL, NULL, NULL);
	g_assert_false(plan_empty(plan));
	g_assert_cmpuint(json_array_size(plan_ops(plan)), ==, 5);
	assert_json(
		plan,
		"{\"uid\":\"u\",\"kind\":\"issue\",\"ops\":["
		"{\"op\":\"create\",\"set\":{\"title\":{\"v\":\"t\","
		"\"at\":\"2026-11-22T19:52:50Z\"}}},"
		"{\"op\":\"set\",\"reg\":\"title\",\"v\":\"t\",\"at\":\"2026-11-22T19:52:50Z\"},"
		"{\"op\":\"parent\",\"reg\":\"parent\",\"v\":null,\"at\":\"2026-11-22T19:52:50Z\"},"
		"{\"op\":\"thing\",\"reg\":\"@x\",\"v\":null,"
		"\"at\":{\"text\":\"2026-11-22T19:52:50Z\"}},"
		"{\"op\":\"delete\"}]}");
}

static void
test_op_reg(void)
{
	g_autoptr(json_ref) plan = plan_new("u", "issue");

	plan_add(plan, "create", NULL, NULL, NULL);
	plan_add(plan, "set", "title", NULL, NULL);
	plan_add(plan, "delete", NULL, NULL, NULL);
	g_assert_cmpstr(plan_op_reg(json_array_get(plan_ops(plan), 0)), ==, "life");
	g_assert_cmpstr(plan_op_reg(json_array_get(plan_ops(plan), 1)), ==, "title");
	g_assert_cmpstr(plan_op_reg(json_array_get(plan_ops(plan), 2)), ==, "life");
}

static void
test_results(void)
{
	g_autoptr(json_ref) plan = plan_new("u", "issue");

	plan_add(plan, "set", "title", NULL, NULL);
	const json_t *op = json_array_get(plan_ops(plan), 0);
	assert_json(result_ok(op, json_string("t")),
		    "{\"reg\":\"title\",\"code\":\"ok\",\"back\":\"t\"}");
	assert_json(result_ok(op, NULL), "{\"reg\":\"title\",\"code\":\"ok\"}");
	g_autofree char *want = g_strdup_printf("{\"reg\":\"title\",\"code\":\"refused\","
						"\"reason\":%d,\"text\":\"closed\"}",
						REASON_READ_ONLY);
	assert_json(result_refused(op, REASON_READ_ONLY, "closed", NULL), want);
	assert_json(result_skip(op), "{\"reg\":\"title\",\"code\":\"skip\"}");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/each_op_has_its_own_form", test_ops);
	g_test_add_func("/plan/create_and_delete_write_life", test_op_reg);
	g_test_add_func("/plan/a_result_names_its_register_and_code", test_results);
	return g_test_run();
}
