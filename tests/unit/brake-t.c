#include "sync_kit.h"

static void
show(kit *k, const char *reg, const char *value)
{
	kit_show(k, MASTER, reg, value, KIT_T1);
}

/* The item has title, state and due. */
static void
fill(kit *k)
{
	kit_share(k);
	show(k, "state", "\"open\"");
	show(k, "due", "\"2026-05-01\"");
	kit_pass(k, MASTER);
}

static void
assert_loss(const kit *k, const char *expected)
{
	g_autofree char *loss = sync_loss(k->it[MASTER], k->shows[MASTER]);

	g_assert_cmpstr(loss, ==, expected);
}

static void
test_nothing(kit *k)
{
	assert_loss(k, NULL);
	fill(k);
	assert_loss(k, NULL);
}

static void
test_deleted(kit *k)
{
	fill(k);
	kit_delete(k, MASTER);
	assert_loss(k, SYNC_DELETED);
	kit_capture(k, MASTER);
	assert_loss(k, NULL);
}

static void
test_one_field(kit *k)
{
	kit_share(k);
	show(k, "title", NULL);
	assert_loss(k, NULL);
}

static void
test_few_fields(kit *k)
{
	fill(k);
	show(k, "due", NULL);
	assert_loss(k, NULL);
}

static void
test_most_fields(kit *k)
{
	fill(k);
	show(k, "due", NULL);
	show(k, "state", NULL);
	assert_loss(k, "emptied: due, state");
	kit_capture(k, MASTER);
	assert_loss(k, NULL);
}

static void
test_empty_string(kit *k)
{
	fill(k);
	show(k, "state", "\"\"");
	show(k, "due", "null");
	assert_loss(k, "emptied: due, state");
}

static void
test_changed(kit *k)
{
	fill(k);
	show(k, "title", "\"other\"");
	show(k, "state", "\"done\"");
	show(k, "due", "\"2026-06-01\"");
	assert_loss(k, NULL);
}

static void
test_things(kit *k)
{
	fill(k);
	show(k, KIT_THING, "{\"kind\":\"comment\",\"text\":\"one\"}");
	show(k, "@0000000000000000000000000v", "{\"kind\":\"comment\",\"text\":\"two\"}");
	kit_pass(k, MASTER);
	show(k, KIT_THING, NULL);
	assert_loss(k, NULL);
	show(k, "@0000000000000000000000000v", NULL);
	assert_loss(k, "emptied: 2 of 2 comments, files and rows");
}

static void
test_small_limit(void)
{
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 0), ==, 5);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 2), ==, 5);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 100), ==, 5);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 119), ==, 5);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 120), ==, 6);
}

static void
test_large_limit(void)
{
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 399), ==, 19);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 400), ==, 20);
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 1000000), ==, 20);
}

static void
test_set_limit(void)
{
	g_assert_cmpuint(sync_brake_limit(0, 100), ==, 0);
	g_assert_cmpuint(sync_brake_limit(50, 100), ==, 50);
	g_assert_cmpuint(sync_brake_limit(50, 1000000), ==, 50);
}

static void
test_all(void)
{
	g_assert_cmpuint(sync_brake_limit(SYNC_BRAKE_AUTO, 3), ==, 2);
	g_assert_cmpuint(sync_brake_limit(1000, 40), ==, 39);
	g_assert_cmpuint(sync_brake_limit(1000, 2), ==, 1000);
}

typedef void test_fn(kit *);

static void
run(gconstpointer data)
{
	kit k = {0};

	kit_init(&k);
	(*(test_fn *const *)data)(&k);
	kit_clear(&k);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		test_fn *test;
	} tests[] = {
		{"/brake/an_item_that_shows_what_it_showed_loses_nothing", test_nothing},
		{"/brake/a_deletion_is_a_loss_until_it_is_captured", test_deleted},
		{"/brake/a_single_field_emptied_is_an_edit", test_one_field},
		{"/brake/a_third_of_the_fields_emptied_is_an_edit", test_few_fields},
		{"/brake/half_of_the_fields_emptied_is_a_loss", test_most_fields},
		{"/brake/empty_is_empty_in_whatever_form", test_empty_string},
		{"/brake/changed_fields_are_edits", test_changed},
		{"/brake/most_comments_removed_are_a_loss", test_things},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_data_func(tests[i].name, &tests[i].test, run);
	g_test_add_func("/brake/a_small_link_lets_five_go", test_small_limit);
	g_test_add_func("/brake/a_large_link_lets_twenty_go", test_large_limit);
	g_test_add_func("/brake/a_number_that_is_set_counts", test_set_limit);
	g_test_add_func("/brake/all_of_three_or_more_never_go", test_all);
	return g_test_run();
}
