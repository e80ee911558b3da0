#include "item/item.h"

#define A "0000000000000000000000000a"
#define B "0000000000000000000000000b"

static void
test_put_and_value(void)
{
	g_autoptr(item) it = item_new(A, "17", "issue");

	g_assert_cmpstr(it->uid, ==, A);
	g_assert_cmpstr(it->id, ==, "17");
	g_assert_cmpstr(it->kind, ==, "issue");
	g_assert_null(item_value(it, "title"));
	item_put(it, "title", json_string("Pump leaks"), "2026-11-22T19:52:50Z");
	g_assert_cmpstr(json_string_value(item_value(it, "title")), ==, "Pump leaks");
	const json_t *entry = json_object_get(it->regs, "title");
	g_assert_cmpstr(json_string_value(json_object_get(entry, "at")), ==,
			"2026-11-22T19:52:50Z");
	item_put(it, "title", json_null(), NULL);
	g_assert_true(json_is_null(item_value(it, "title")));
	g_assert_null(json_object_get(json_object_get(it->regs, "title"), "at"));
}

static void
test_field_names(void)
{
	static const char *const good[] = {"a", "title", "a_1", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {
		"",     "1a",     "_a",     "Title",
		"a-b",  "a b",    "ä",      "abcdefghijklmnopqrstuvwxyz0123456",
		"life", "parent", "@title",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(item_field_name_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(item_field_name_valid(bad[i]));
	g_assert_false(item_field_name_valid(NULL));
}

static void
test_reg_types(void)
{
	static const struct {
		const char *reg;
		reg_type type;
	} rows[] = {
		{"title", REG_FIELD},
		{"life", REG_LIFE},
		{"parent", REG_PARENT},
		{"@" A, REG_THING},
		{"blocks:" B ":" A, REG_RELATION},
		{"relates:" A ":" B, REG_RELATION},
		{"relates:" B ":" A, REG_INVALID},
		{"blocks:" A ":" A, REG_INVALID},
		{"blocks:" A, REG_INVALID},
		{"blocks:" A ":" B ":" A, REG_INVALID},
		{"Blocks:" A ":" B, REG_INVALID},
		{":" A ":" B, REG_INVALID},
		{"blocks:x:y", REG_INVALID},
		{"@", REG_INVALID},
		{"@../../etc", REG_INVALID},
		{"", REG_INVALID},
		{NULL, REG_INVALID},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(item_reg_type(rows[i].reg), ==, rows[i].type);
}

static void
test_symmetric(void)
{
	g_autofree char *one = item_relation_reg("relates", B, A);
	g_autofree char *two = item_relation_reg("relates", A, B);
	g_autofree char *directed = item_relation_reg("blocks", B, A);

	g_assert_cmpstr(one, ==, "relates:" A ":" B);
	g_assert_cmpstr(one, ==, two);
	g_assert_cmpstr(directed, ==, "blocks:" B ":" A);
}

static void
test_parts(void)
{
	g_autofree char *type = NULL, *first = NULL, *second = NULL;

	g_assert_true(item_relation_parts("duplicates:" B ":" A, &type, &first, &second));
	g_assert_cmpstr(type, ==, "duplicates");
	g_assert_cmpstr(first, ==, B);
	g_assert_cmpstr(second, ==, A);

	g_autofree char *huge = g_strnfill(1000000, ':');
	char *untouched = NULL;
	g_assert_false(item_relation_parts(huge, &untouched, NULL, NULL));
	g_assert_null(untouched);
}

static void
test_thing(void)
{
	g_autofree char *reg = item_thing_reg(A);

	g_assert_cmpstr(reg, ==, "@" A);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/item/what_was_put_is_its_value", test_put_and_value);
	g_test_add_func("/item/a_field_name_is_a_short_lower_case_word", test_field_names);
	g_test_add_func("/item/each_register_tells_its_type_by_its_name", test_reg_types);
	g_test_add_func("/item/a_symmetric_relation_has_one_name", test_symmetric);
	g_test_add_func("/item/a_relation_is_split_into_its_parts", test_parts);
	g_test_add_func("/item/a_thing_is_named_by_its_uid", test_thing);
	return g_test_run();
}
