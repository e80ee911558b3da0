#include "sync/sync_private.h"

#include <string.h>

static json_t *
parse(const char *text)
{
	json_t *j = json_read(text, strlen(text), NULL);

	g_assert_nonnull(j);
	return j;
}

static void
test_forms(void)
{
	static const struct {
		const char *text;
		value_form form;
	} rows[] = {
		{"null", VALUE_ABSENT},
		{"{\"v\":null}", VALUE_PLAIN},
		{"{\"v\":\"a\",\"at\":\"x\"}", VALUE_PLAIN},
		{"{\"c\":[{\"v\":1},{\"v\":2}]}", VALUE_CONFLICT},
		{"{\"u\":true}", VALUE_UNSHARED},
	};

	g_assert_cmpint(value_form_of(NULL), ==, VALUE_ABSENT);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(json_ref) j = parse(rows[i].text);
		g_assert_cmpint(value_form_of(j), ==, rows[i].form);
	}
}

/* Values of one line are equal, those of different lines are not; times do not count. */
static void
test_equality(void)
{
	static const char *const classes[][2] = {
		{"null", "null"},
		{"{\"v\":null}", "{\"v\":null,\"at\":\"1\"}"},
		{"{\"v\":\"a\",\"at\":\"1\"}", "{\"v\":\"a\",\"at\":\"2\"}"},
		{"{\"v\":{\"a\":1,\"b\":2}}", "{\"v\":{\"b\":2,\"a\":1},\"at\":{\"a\":\"1\"}}"},
		{"{\"c\":[{\"v\":1},{\"v\":2}]}", "{\"c\":[{\"v\":1,\"at\":\"1\"},{\"v\":2}]}"},
		{"{\"c\":[{\"v\":2},{\"v\":1}]}", "{\"c\":[{\"v\":2},{\"v\":1,\"at\":\"9\"}]}"},
		{"{\"u\":true}", "{\"u\":true}"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(classes); j++) {
			g_autoptr(json_ref) a = parse(classes[i][0]);
			g_autoptr(json_ref) b = parse(classes[j][1]);
			g_autofree char *ha = value_hash(a), *hb = value_hash(b);
			g_assert_cmpint(value_eq(a, b), ==, i == j);
			g_assert_cmpint(strcmp(ha, hb) == 0, ==, i == j);
		}
}

static void
test_hash(void)
{
	g_autoptr(json_ref) title = parse("{\"v\":\"Pump leaks\",\"at\":\"1\"}");
	g_autofree char *hash = value_hash(title);
	g_autofree char *sha =
		g_compute_checksum_for_string(G_CHECKSUM_SHA256, "\"Pump leaks\"", -1);
	g_autofree char *none = value_hash(NULL);

	sha[JSON_HASH_LEN] = '\0';
	g_assert_cmpstr(hash, ==, sha);
	g_assert_cmpstr(none, ==, "");
}

static void
test_candidates(void)
{
	g_autoptr(json_ref) c = parse("{\"c\":[{\"v\":\"m\"},{\"v\":\"s\"}]}");
	g_autoptr(json_ref) plain = parse("{\"v\":\"p\"}");

	g_assert_cmpstr(json_string_value(value_of(value_cand(c, TRUE))), ==, "m");
	g_assert_cmpstr(json_string_value(value_of(value_cand(c, FALSE))), ==, "s");
	g_assert_true(value_cand(plain, FALSE) == plain);
}

static void
test_life(void)
{
	static const char *const good[] = {"gone", "unshared", "live#0,1", "live#12,345"};
	static const char *const bad[] = {"",        "live",      "live#",     "live#1",
					  "live#1,", "live#,1",   "live#-1,0", "live#1,2 ",
					  "Gone",    "live#1,2,3"};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(life_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(life_valid(bad[i]));
	g_assert_false(life_valid(NULL));
}

static void
test_times_of_things(void)
{
	json_t *map = parse("{\"text\":\"a\",\"by\":\"b\"}");
	json_t *same = parse("{\"text\":\"1\",\"by\":\"1\"}");
	g_autoptr(json_ref) one = thing_value(json_incref(map), same);
	g_assert_cmpstr(json_str(one, "at"), ==, "1");
	g_assert_cmpstr(thing_at(one, "by"), ==, "1");
	g_autoptr(json_ref) two = thing_value(map, parse("{\"text\":\"1\",\"by\":\"2\"}"));
	g_assert_cmpstr(thing_at(two, "text"), ==, "1");
	g_assert_cmpstr(thing_at(two, "by"), ==, "2");
	g_assert_null(thing_at(two, "kind"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sync_value/a_row_value_has_one_of_four_forms", test_forms);
	g_test_add_func("/sync_value/equality_and_hash_agree_and_ignore_times", test_equality);
	g_test_add_func("/sync_value/the_hash_is_of_the_canonical_value", test_hash);
	g_test_add_func("/sync_value/a_conflict_has_a_candidate_for_each_role", test_candidates);
	g_test_add_func("/sync_value/life_has_three_shapes", test_life);
	g_test_add_func("/sync_value/a_thing_has_one_time_or_one_a_field", test_times_of_things);
	return g_test_run();
}
