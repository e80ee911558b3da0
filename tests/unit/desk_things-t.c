#include "tests/unit/desk_kit.h"

static void
comments(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = make(f, "a"), *cursor = NULL;

	expect_changes(f, &cursor, "1");
	g_autofree char *c = desk_comment(f->d, id, "seen again", &e);
	g_assert_no_error(e);
	g_assert_cmpstr(c, ==, "c1");
	expect_changes(f, &cursor, "1");
	g_assert_true(desk_comment_set(f->d, c, "seen once", NULL));
	expect_changes(f, &cursor, "1");
	g_assert_true(desk_comment_set(f->d, c, "seen once", NULL));
	expect_changes(f, &cursor, "");

	g_autoptr(json_ref) all = show(f, id);
	const json_t *one = json_array_get(json_object_get(all, "comments"), 0);
	g_assert_cmpstr(json_str(one, "id"), ==, "c1");
	g_assert_cmpstr(json_str(one, "text"), ==, "seen once");
	g_assert_cmpstr(json_str(one, "by"), ==, "erika");
	g_assert_null(desk_comment(f->d, id, "", &e));
	g_assert_error(e, FAIL, FAIL_USAGE);
	g_clear_error(&e);

	g_assert_true(desk_thing_remove(f->d, c, NULL));
	expect_changes(f, &cursor, "1");
	g_assert_false(desk_thing_remove(f->d, c, &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_autoptr(item) it = get(f, id);
	g_assert_cmpuint(json_object_size(it->regs), ==, 2);
}

static void
rows(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = make(f, "a"), *other = make(f, "b");
	g_autoptr(json_ref) first = texts("hours", "3", "who", "erika", NULL);
	g_autoptr(json_ref) then = texts("hours", "4", "who", "", NULL);
	g_autoptr(json_ref) bad = texts("Hours", "4", NULL);

	g_autofree char *r = desk_row(f->d, id, NULL, "work", first, &e);
	g_assert_no_error(e);
	g_assert_cmpstr(r, ==, "r1");
	g_autofree char *same = desk_row(f->d, id, r, NULL, then, &e);
	g_assert_no_error(e);
	g_assert_cmpstr(same, ==, r);
	g_autoptr(json_ref) all = show(f, id);
	const json_t *one = json_array_get(json_object_get(all, "rows"), 0);
	g_assert_cmpstr(json_str(one, "type"), ==, "work");
	g_autofree char *fields = json_text(json_object_get(one, "fields"));
	g_assert_cmpstr(fields, ==, "{\"hours\":\"4\"}");
	g_assert_null(desk_row(f->d, id, NULL, "work", bad, &e));
	g_assert_error(e, FAIL, FAIL_USAGE);
	g_clear_error(&e);
	g_assert_null(desk_row(f->d, other, r, NULL, then, &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_clear_error(&e);
	g_assert_false(desk_comment_set(f->d, r, "x", &e));
	g_assert_error(e, FAIL, FAIL_USAGE);
}

static void
files(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = make(f, "a"), *other = make(f, "b");
	g_autofree char *path = write_file(f, "x", "hello");

	g_autofree char *one = desk_attach(f->d, id, path, "a.txt", &e);
	g_assert_no_error(e);
	g_assert_cmpstr(one, ==, "f1");
	g_autofree char *two = desk_attach(f->d, other, path, "b.txt", &e);
	g_assert_no_error(e);
	g_assert_cmpuint(files_on_disk(f), ==, 1);
	g_assert_cmpuint(tmp_files(f), ==, 0);

	g_autoptr(json_ref) all = show(f, id);
	const json_t *file = json_array_get(json_object_get(all, "files"), 0);
	g_assert_cmpstr(json_str(file, "name"), ==, "a.txt");
	g_assert_cmpint(json_num(file, "size", -1), ==, 5);
	g_autofree char *sha = g_strdup(json_str(file, "sha256"));
	guint64 size = 0;
	char buf[6] = "";
	int fd = adapter_desk.open_file(f->a, sha, &size, &e);
	g_assert_no_error(e);
	g_assert_cmpuint(size, ==, 5);
	g_assert_cmpint(read(fd, buf, sizeof buf), ==, 5);
	g_assert_cmpstr(buf, ==, "hello");
	close(fd);
	fd = adapter_desk.open_file(f->a, sha, NULL, &e);
	g_assert_no_error(e);
	close(fd);

	g_assert_true(desk_thing_remove(f->d, one, NULL));
	g_assert_cmpuint(files_on_disk(f), ==, 1);
	g_assert_true(desk_delete(f->d, other, NULL));
	g_assert_cmpuint(files_on_disk(f), ==, 0);
	g_assert_cmpint(adapter_desk.open_file(f->a, sha, &size, &e), ==, -1);
	g_assert_error(e, FAIL, REASON_NO_CONTENT);
}

static void
unsafe_names(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const names[] = {"", "..", "a/b", "/etc/passwd", "a\nb"};
	g_autofree char *id = make(f, "a"), *path = write_file(f, "x", "hello");
	g_autoptr(GError) e = NULL;
	guint64 size = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_null(desk_attach(f->d, id, path, names[i], &e));
		g_assert_error(e, FAIL, REASON_FILE_NAME);
		g_clear_error(&e);
	}
	g_assert_cmpint(adapter_desk.open_file(f->a, "../desk.db", &size, &e), ==, -1);
	g_assert_error(e, FAIL, REASON_NO_CONTENT);
	g_clear_error(&e);
	g_assert_null(desk_attach(f->d, "9", path, "a", &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_clear_error(&e);
	g_assert_null(desk_attach(f->d, id, f->home, "a", &e));
	g_assert_nonnull(e);
	g_assert_cmpuint(files_on_disk(f) + tmp_files(f), ==, 0);
}

static void
relations(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *a = make(f, "a"), *b = make(f, "b"), *cursor = NULL;

	expect_changes(f, &cursor, "1 2");
	g_assert_true(desk_relate(f->d, b, "blocks", a, FALSE, NULL));
	expect_changes(f, &cursor, "2");
	g_assert_true(desk_relate(f->d, b, "blocks", a, FALSE, NULL));
	expect_changes(f, &cursor, "");
	g_autoptr(item) ia = get(f, a), ib = get(f, b);
	g_autofree char *reg = item_relation_reg("blocks", ib->uid, ia->uid);
	g_assert_true(json_is_true(item_value(ib, reg)));
	g_assert_null(item_value(ia, reg));

	g_autoptr(json_ref) all = show(f, a);
	const json_t *one = json_array_get(json_object_get(all, "relations"), 0);
	g_assert_cmpstr(json_str(one, "type"), ==, "blocks");
	g_assert_cmpstr(json_str(one, "from"), ==, b);
	g_assert_cmpstr(json_str(one, "to"), ==, a);

	g_assert_false(desk_relate(f->d, a, "blocks", b, TRUE, &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_clear_error(&e);
	g_assert_false(desk_relate(f->d, a, "blocks", a, FALSE, &e));
	g_assert_error(e, FAIL, FAIL_USAGE);
	g_assert_true(desk_relate(f->d, b, "blocks", a, TRUE, NULL));
	expect_changes(f, &cursor, "2");
}

static void
symmetric_relation(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *a = make(f, "a"), *b = make(f, "b");

	g_assert_true(desk_relate(f->d, a, "relates", b, FALSE, NULL));
	g_assert_true(desk_relate(f->d, b, "relates", a, FALSE, NULL));
	g_autoptr(json_ref) all = show(f, a);
	g_assert_cmpuint(json_array_size(json_object_get(all, "relations")), ==, 1);
	g_assert_true(desk_relate(f->d, b, "relates", a, TRUE, NULL));
	g_autoptr(json_ref) none = show(f, a);
	g_assert_cmpuint(json_array_size(json_object_get(none, "relations")), ==, 0);
}

static void
parents(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *a = make(f, "a"), *b = make(f, "b"), *c = make(f, "c");

	g_assert_true(set(f, b, "parent", a, NULL));
	g_assert_true(set(f, c, "parent", b, NULL));
	g_assert_false(set(f, a, "parent", c, &e));
	g_assert_error(e, FAIL, REASON_PARENT_CYCLE);
	g_clear_error(&e);
	g_assert_false(set(f, a, "parent", a, &e));
	g_assert_error(e, FAIL, REASON_PARENT_CYCLE);
	g_clear_error(&e);
	g_assert_false(set(f, a, "parent", "9", &e));
	g_assert_error(e, FAIL, REASON_NO_ITEM);
	g_autofree char *uid = uid_of(f, b);
	g_autoptr(item) it = get(f, c);
	g_assert_cmpstr(json_string_value(item_value(it, ITEM_PARENT)), ==, uid);
	g_assert_true(set(f, c, "parent", "", NULL));
	g_autoptr(item) free_item = get(f, c);
	g_assert_true(json_is_null(item_value(free_item, ITEM_PARENT)));
}

static void
deletion(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autofree char *a = make(f, "a"), *b = make(f, "b"), *c = make(f, "c"), *cursor = NULL;
	g_autofree char *uid = uid_of(f, a);

	g_assert_true(set(f, b, "parent", a, NULL));
	g_assert_true(desk_relate(f->d, c, "blocks", a, FALSE, NULL));
	g_assert_true(desk_relate(f->d, a, "blocks", b, FALSE, NULL));
	expect_changes(f, &cursor, "2 3 1");
	g_assert_true(desk_delete(f->d, a, NULL));
	expect_changes(f, &cursor, "2 3 -");
	g_assert_false(is_there(f, uid));
	item *gone = NULL;
	g_assert_true(adapter_desk.get(f->a, uid, &gone, NULL));
	g_assert_null(gone);
	g_autoptr(json_ref) child = show(f, b), related = show(f, c);
	g_assert_true(json_is_null(json_object_get(child, "parent")));
	g_assert_cmpuint(json_array_size(json_object_get(child, "relations")), ==, 0);
	g_assert_cmpuint(json_array_size(json_object_get(related, "relations")), ==, 0);

	g_assert_true(desk_delete(f->d, c, NULL));
	g_autofree char *next = make(f, "d");
	g_assert_cmpstr(next, ==, "4");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/desk_things/" name, fixture, NULL, set_up, func, tear_down)
	TEST("comments_are_made_changed_and_removed", comments);
	TEST("rows_are_made_and_changed", rows);
	TEST("a_file_stays_until_its_last_item_lets_go", files);
	TEST("an_unsafe_file_name_is_refused", unsafe_names);
	TEST("a_relation_belongs_to_the_item_named_first", relations);
	TEST("a_symmetric_relation_is_one", symmetric_relation);
	TEST("an_item_cannot_lie_below_itself", parents);
	TEST("a_removed_item_takes_its_relations_and_frees_its_children", deletion);
	return g_test_run();
}
