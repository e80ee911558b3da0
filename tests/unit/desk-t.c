#include "tests/unit/desk_kit.h"

static void
missing_desk(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *elsewhere = g_build_filename(f->home, "elsewhere", NULL);

	g_assert_null(desk_open(elsewhere, "erika", FALSE, &e));
	g_assert_error(e, FAIL, FAIL_CONFIG);
	g_assert_false(fsio_exists(AT_FDCWD, elsewhere));
}

static void
default_fields(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(json_ref) fields = NULL;
	g_autoptr(contract) c = contract_default();
	g_autoptr(GPtrArray) want = contract_fields(c, "issue");

	g_assert_true(desk_fields(f->d, &fields, NULL));
	g_assert_cmpuint(json_object_size(fields), ==, want->len);
	for (guint i = 0; i < want->len; i++) {
		const contract_field *cf = want->pdata[i];
		const json_t *one = json_object_get(fields, cf->name);
		g_assert_cmpstr(json_str(one, "type"), ==, type_name(cf->type));
		g_assert_true(json_is_null(json_object_get(one, "values")));
	}
}

static void
typed_values(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) fields =
		texts("title", "Pump leaks", "description", "a\r\nb", "state", "open", "labels",
		      "b, a; b", "due", "2026-11-22", "priority", "", NULL);
	g_autofree char *id = desk_new(f->d, "issue", fields, &e);

	g_assert_no_error(e);
	g_assert_cmpstr(id, ==, "1");
	expect_field(f, id, "title", "\"Pump leaks\"");
	expect_field(f, id, "description", "\"a\\nb\"");
	expect_field(f, id, "labels", "[\"a\",\"b\"]");
	expect_field(f, id, "due", "\"2026-11-22\"");
	expect_field(f, id, "priority", NULL);
	g_autoptr(json_ref) all = show(f, id);
	g_assert_cmpstr(json_str(all, "kind"), ==, "issue");
	g_assert_cmpstr(json_str(all, "by"), ==, "erika");
	g_assert_true(
		clock_parse(json_str(json_object_get(all, "fields"), "created"), &(gint64){0}));
}

static void
refused_values(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a"), *cursor = NULL;
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) fields = texts("title", "b", "due", "tomorrow", NULL);

	expect_changes(f, &cursor, "1");
	g_assert_false(desk_set(f->d, id, fields, &e));
	g_assert_error(e, FAIL, REASON_BAD_VALUE);
	g_clear_error(&e);
	g_assert_false(set(f, id, "colour", "red", &e));
	g_assert_error(e, FAIL, REASON_NO_FIELD);
	g_clear_error(&e);
	g_assert_false(set(f, "7", "title", "b", &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_clear_error(&e);
	g_assert_null(desk_new(f->d, "No Kind", fields, &e));
	g_assert_nonnull(e);
	expect_field(f, id, "title", "\"a\"");
	expect_changes(f, &cursor, "");
}

static void
same_value(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a"), *cursor = NULL;

	expect_changes(f, &cursor, "1");
	gsize before = history_size(f, id);
	g_assert_true(set(f, id, "title", "a", NULL));
	g_assert_true(set(f, id, "due", "", NULL));
	g_assert_cmpuint(history_size(f, id), ==, before);
	expect_changes(f, &cursor, "");
	g_assert_true(set(f, id, "title", "b", NULL));
	g_assert_cmpuint(history_size(f, id), ==, before + 1);
	expect_changes(f, &cursor, "1");
}

static void
history_of_edits(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a");

	g_assert_true(set(f, id, "title", "b", NULL));
	g_assert_true(set(f, id, "title", "", NULL));
	g_autoptr(json_ref) all = show(f, id);
	const json_t *history = json_object_get(all, "history");
	g_assert_cmpuint(json_array_size(history), ==, 3);
	g_assert_cmpstr(json_str(json_array_get(history, 0), "what"), ==, "created");
	const json_t *last = json_array_get(history, 2);
	g_assert_cmpstr(json_str(last, "what"), ==, "title");
	g_assert_cmpstr(json_str(last, "by"), ==, "erika");
	g_assert_cmpstr(json_str(last, "old"), ==, "b");
	g_assert_true(json_is_null(json_object_get(last, "new")));
}

static const char *
stamp_of(const item *it, const char *reg)
{
	return json_str(json_object_get(it->regs, reg), "at");
}

static void
stamps_go_on(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a");
	g_autoptr(item) before = get(f, id);

	clock_shift(-86400);
	g_assert_true(set(f, id, "title", "b", NULL));
	g_autoptr(item) back = get(f, id);
	g_assert_cmpstr(stamp_of(back, "title"), ==, stamp_of(before, "title"));
	clock_shift(86400);
	g_assert_true(set(f, id, "title", "", NULL));
	g_autoptr(item) empty = get(f, id);
	g_assert_true(json_is_null(item_value(empty, "title")));
	g_assert_cmpstr(stamp_of(empty, "title"), >, stamp_of(before, "title"));
	clock_shift(0);
	g_assert_true(set(f, id, "title", "c", NULL));
	g_autoptr(item) again = get(f, id);
	g_assert_cmpstr(stamp_of(again, "title"), >, stamp_of(before, "title"));
}

static void
closed_list(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const states[] = {"open", "done", NULL};
	static const char *const more[] = {"late", NULL};
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) fields = NULL;
	g_autofree char *id = make(f, "a");

	g_assert_true(set(f, id, "state", "anything", NULL));
	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	g_assert_false(set(f, id, "state", "late", &e));
	g_assert_error(e, FAIL, REASON_NO_VALUE);
	g_clear_error(&e);
	/* What was there before the list was closed may stay. */
	g_assert_true(set(f, id, "state", "anything", NULL));
	expect_field(f, id, "state", "\"anything\"");
	g_assert_true(desk_value_add(f->d, "state", more, NULL));
	g_assert_true(set(f, id, "state", "late", NULL));
	g_assert_true(desk_fields(f->d, &fields, NULL));
	g_autofree char *values =
		json_text(json_object_get(json_object_get(fields, "state"), "values"));
	g_assert_cmpstr(values, ==, "[\"done\",\"late\",\"open\"]");
	g_assert_false(desk_value_add(f->d, "title", states, &e));
	g_assert_error(e, FAIL, FAIL_USAGE);
	g_clear_error(&e);
	g_assert_false(desk_value_add(f->d, "colour", states, &e));
	g_assert_error(e, FAIL, REASON_NO_FIELD);
}

static void
new_field(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = make(f, "a");
	static const char *const bad[] = {"title", "Colour", "id", "parent", "life", ""};

	g_assert_true(desk_field_add(f->d, "colour", TYPE_MULTI, NULL));
	g_assert_true(set(f, id, "colour", "red, blue", NULL));
	expect_field(f, id, "colour", "[\"blue\",\"red\"]");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(desk_field_add(f->d, bad[i], TYPE_TEXT, &e));
		g_assert_error(e, FAIL, FAIL_USAGE);
		g_clear_error(&e);
	}
}

static gboolean
collect(const json_t *row, gpointer data)
{
	GString *ids = data;

	g_string_append_printf(ids, "%s%s", ids->len > 0 ? " " : "", json_str(row, "id"));
	return ids->len < 20;
}

static void
expect_list(fixture *f, const char *field, const char *value, const char *want)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(GString) ids = g_string_new(NULL);
	guint64 n = 99;

	desk_list(f->d, field, value, collect, ids, &e);
	g_assert_no_error(e);
	g_assert_cmpstr(ids->str, ==, want);
	adapter_desk.count(f->a, field, value, &n, &e);
	g_assert_no_error(e);
	g_assert_cmpuint(n, ==, (strlen(want) + 1) / 2);
}

static void
listing(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *a = make(f, "one"), *b = make(f, "t\"wo\\ ü/"), *c = make(f, "three");

	g_assert_true(desk_field_add(f->d, "public", TYPE_YESNO, NULL));
	g_assert_true(set(f, a, "labels", "x, y", NULL) && set(f, b, "labels", "y", NULL));
	g_assert_true(set(f, a, "public", "yes", NULL) && set(f, b, "public", "no", NULL));
	g_assert_true(set(f, c, "parent", a, NULL));
	expect_list(f, NULL, NULL, "1 2 3");
	expect_list(f, "title", "one", "1");
	expect_list(f, "title", "t\"wo\\ ü/", "2");
	expect_list(f, "title", "none", "");
	expect_list(f, "labels", "y", "1 2");
	expect_list(f, "labels", "y, x", "1");
	expect_list(f, "labels", "", "3");
	expect_list(f, "public", "true", "1");
	expect_list(f, "public", "no", "2");
	expect_list(f, "public", "", "3");
	expect_list(f, "parent", a, "3");
	expect_list(f, "parent", "", "1 2");
	g_assert_false(desk_list(f->d, "colour", "red", collect, NULL, &e));
	g_assert_error(e, FAIL, REASON_NO_FIELD);
	g_clear_error(&e);
	g_assert_false(desk_list(f->d, "due", "soon", collect, NULL, &e));
	g_assert_error(e, FAIL, REASON_BAD_VALUE);
}

static gboolean
count_row(const json_t *row, gpointer data)
{
	guint *n = data;
	g_autofree char *want = g_strdup_printf("%u", ++*n);

	g_assert_cmpstr(json_str(row, "id"), ==, want);
	return *n < 450;
}

static void
long_lists(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	guint n = 0, exported = 0;

	g_assert_true(desk_begin(f->d, NULL));
	for (guint i = 0; i < 500; i++)
		g_free(make(f, "x"));
	g_assert_true(desk_commit(f->d, NULL));
	g_assert_true(desk_list(f->d, "title", "x", count_row, &n, NULL));
	g_assert_cmpuint(n, ==, 450);
	g_assert_true(desk_export(f->d, count_row, &exported, NULL));
	g_assert_cmpuint(exported, ==, 450);
}

static void
export_all(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GString) ids = g_string_new(NULL);
	g_autofree char *a = make(f, "a"), *b = make(f, "b");

	g_assert_true(desk_delete(f->d, a, NULL));
	g_autofree char *c = make(f, "c");
	g_assert_true(desk_export(f->d, collect, ids, NULL));
	g_assert_cmpstr(ids->str, ==, "2 3");
}

static void
rolled_back(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = make(f, "a");

	g_assert_true(desk_begin(f->d, NULL));
	g_assert_false(desk_begin(f->d, &e));
	g_assert_error(e, FAIL, FAIL_BUG);
	g_assert_true(set(f, id, "title", "b", NULL));
	g_free(make(f, "c"));
	desk_rollback(f->d);
	expect_field(f, id, "title", "\"a\"");
	expect_list(f, NULL, NULL, "1");
}

static void
failed_edit(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a");
	g_autoptr(json_ref) fields = texts("due", "2026-01-01", "parent", id, NULL);

	g_assert_true(desk_begin(f->d, NULL));
	g_assert_true(set(f, id, "title", "b", NULL));
	g_assert_false(desk_set(f->d, id, fields, NULL));
	g_assert_true(desk_commit(f->d, NULL));
	expect_field(f, id, "title", "\"b\"");
	expect_field(f, id, "due", NULL);
	g_assert_cmpuint(history_size(f, id), ==, 2);
}

/* Each step of an edit fails once: either all of it is there, or nothing. */
static void
failing_steps(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a"), *path = write_file(f, "x", "hello");

	for (guint nth = 1;; nth++) {
		g_autoptr(GError) e = NULL;
		fault_arm(NULL, nth, FAULT_FAIL);
		g_autofree char *file = desk_attach(f->d, id, path, "a.txt", &e);
		fault_disarm();
		g_autoptr(json_ref) all = show(f, id);
		gsize n = json_array_size(json_object_get(all, "files"));
		g_assert_cmpuint(n, ==, file != NULL);
		g_assert_cmpuint(files_on_disk(f), >=, n);
		if (file != NULL) {
			g_assert_cmpuint(nth, >, 3);
			return;
		}
		g_assert_error(e, FAIL, FAIL_RETRY);
	}
}

/* The last step of a look lets its snapshot go: were it kept, nothing could be written any more. */
static void
failing_looks(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *id = make(f, "a");
	g_autoptr(json_ref) whole = NULL;

	fault_arm("db-query", G_MAXUINT, FAULT_FAIL);
	g_assert_true(desk_show(f->d, id, TRUE, &whole, NULL));
	guint steps = fault_passes();
	g_assert_cmpuint(steps, >, 3);
	for (guint nth = 1; nth <= steps; nth++) {
		g_autoptr(GError) e = NULL;
		g_autoptr(json_ref) all = NULL;
		g_autofree char *title = g_strdup_printf("%u", nth);
		g_autofree char *expected = g_strdup_printf("\"%u\"", nth);

		fault_arm("db-query", nth, FAULT_FAIL);
		/* When the last step fails, all has been read. */
		g_assert_true(desk_show(f->d, id, TRUE, &all, &e) == (nth == steps));
		fault_disarm();
		g_assert_true(set(f, id, "title", title, NULL));
		expect_field(f, id, "title", expected);
	}
}

static void
two_writers(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(desk) other = desk_open(f->home, "otto", FALSE, NULL);
	static const char *const states[] = {"open", NULL};
	g_autoptr(GError) e = NULL;
	g_autofree char *a = make(f, "a");
	g_autoptr(json_ref) fields = texts("title", "b", NULL);
	g_autoptr(json_ref) state = texts("state", "late", NULL);

	g_assert_true(desk_set(other, a, fields, NULL));
	expect_field(f, a, "title", "\"b\"");
	g_assert_true(set(f, a, "state", "late", NULL));
	g_assert_true(desk_value_add(f->d, "priority", states, NULL));
	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	g_autoptr(json_ref) early = texts("state", "early", NULL);
	g_assert_true(desk_set(other, a, state, NULL));
	g_assert_false(desk_set(other, a, early, &e));
	g_assert_error(e, FAIL, REASON_NO_VALUE);
}

static void
keys(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *a = make(f, "a"), *b = make(f, "b");

	g_assert_true(set(f, b, "key", "WID-2", NULL));
	g_autofree char *found = desk_find_key(f->d, "WID-2", &e);
	g_assert_no_error(e);
	g_assert_cmpstr(found, ==, b);
	g_assert_true(set(f, b, "key", "WID-3", NULL));
	g_assert_null(desk_find_key(f->d, "WID-2", &e));
	g_assert_no_error(e);
}

static void
cursors(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(GPtrArray) uids = NULL, more = NULL;
	g_autofree char *cursor = NULL, *next = NULL;
	g_autofree char *a = make(f, "a"), *b = make(f, "b"), *c = make(f, "c");

	g_assert_true(adapter_desk.changes(f->a, "acme", NULL, 2, &uids, &cursor, NULL));
	g_assert_cmpuint(uids->len, ==, 2);
	g_assert_true(set(f, a, "title", "x", NULL));
	g_assert_true(adapter_desk.changes(f->a, "acme", cursor, 10, &more, &next, NULL));
	g_assert_cmpuint(more->len, ==, 2);
	g_autofree char *uid = uid_of(f, c), *again = uid_of(f, a);
	g_assert_cmpstr(more->pdata[0], ==, uid);
	g_assert_cmpstr(more->pdata[1], ==, again);
	expect_changes(f, &next, "");
	g_autoptr(GPtrArray) none = NULL;
	g_autofree char *end = NULL;
	g_assert_false(adapter_desk.changes(f->a, "acme", "1000", 10, &none, &end, &e));
	g_assert_error(e, FAIL, FAIL_CONFIG);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/desk/" name, fixture, NULL, set_up, func, tear_down)
	TEST("a_desk_that_is_not_there_is_not_made_by_accident", missing_desk);
	TEST("a_new_desk_has_the_fields_of_the_default_contract", default_fields);
	TEST("an_item_shows_what_was_typed_in_canonical_form", typed_values);
	TEST("a_refused_value_changes_nothing", refused_values);
	TEST("setting_the_same_value_changes_nothing", same_value);
	TEST("every_edit_leaves_history", history_of_edits);
	TEST("a_stamp_never_goes_back", stamps_go_on);
	TEST("a_closed_list_refuses_unknown_values", closed_list);
	TEST("a_field_can_be_added_unless_its_name_is_taken", new_field);
	TEST("items_are_listed_and_counted_by_a_value", listing);
	TEST("long_lists_come_in_pages_until_the_caller_ends_them", long_lists);
	TEST("an_export_has_every_item", export_all);
	TEST("a_rolled_back_transaction_leaves_nothing", rolled_back);
	TEST("a_failed_edit_leaves_the_rest_of_its_transaction", failed_edit);
	TEST("an_edit_that_fails_at_any_step_leaves_nothing", failing_steps);
	TEST("a_look_that_fails_at_any_step_keeps_nobody_from_writing", failing_looks);
	TEST("two_processes_see_each_other_s_fields_and_values", two_writers);
	TEST("an_item_is_found_by_its_key", keys);
	TEST("changes_come_once_in_order_and_know_a_restored_desk", cursors);
	return g_test_run();
}
