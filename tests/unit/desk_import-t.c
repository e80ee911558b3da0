#include "adapter/desk_import.h"
#include "base/fail.h"
#include "base/fsio.h"

#include <string.h>

typedef struct {
	char *home;
	char *path;
	desk *d;
} fixture;

static void
set_up(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;

	f->home = g_dir_make_tmp("desk-import-XXXXXX", NULL);
	f->path = g_build_filename(f->home, "bugs.csv", NULL);
	f->d = desk_open(f->home, "erika", TRUE, &e);
	g_assert_no_error(e);
}

static void
tear_down(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	desk_close(f->d);
	g_assert_true(fsio_remove_tree(f->home, NULL));
	g_free(f->home);
	g_free(f->path);
}

static const char *const maps[] = {"Summary=title", "Status=state", "Due=due", NULL};

/* "new changed same", or the message without the path. */
static char *
import(fixture *f, const char *key, const char *const *columns, const char *text)
{
	g_autoptr(GError) e = NULL;
	guint64 made = 0, changed = 0, same = 0;

	g_assert_true(g_file_set_contents(f->path, text, -1, NULL));
	if (!desk_import_csv(f->d, f->path, key, columns, &made, &changed, &same, &e)) {
		g_assert_nonnull(e);
		g_autoptr(GString) message = g_string_new(e->message);
		g_string_replace(message, f->path, "FILE", 0);
		return g_strdup(message->str);
	}
	return g_strdup_printf("%d %d %d", (int)made, (int)changed, (int)same);
}

static void
expect(fixture *f, const char *text, const char *want)
{
	g_autofree char *got = import(f, "Id", maps, text);

	g_assert_cmpstr(got, ==, want);
}

static void
expect_field(fixture *f, const char *key, const char *field, const char *want)
{
	g_autoptr(json_ref) all = NULL;
	g_autofree char *id = desk_find_key(f->d, key, NULL);

	g_assert_true(desk_show(f->d, id, FALSE, &all, NULL));
	g_assert_cmpstr(json_str(json_object_get(all, "fields"), field), ==, want);
}

#define HEAD "Summary,Id,Status,Due,Other\n"

static void
again(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, HEAD "a,7,open,2026-01-02,x\nb,8,,,\n\n", "2 0 0");
	expect(f, HEAD "a,7,open,2026-01-02,y\nb,8,,,\nc,9,,,\n", "1 0 2");
	expect(f, HEAD "a2,7,,2026-01-02,y\nb,8,,,\n", "0 1 1");
	expect_field(f, "7", "title", "a2");
	expect_field(f, "7", "state", NULL);
	expect_field(f, "7", "due", "2026-01-02");
}

static void
texts(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, HEAD "\" two\r\nlines \", 7 ,--,,\n", "1 0 0");
	expect_field(f, "7", "title", "two lines");
	expect_field(f, "7", "state", "--");
}

static void
learns(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const states[] = {"open", NULL};
	g_autoptr(json_ref) fields = NULL;

	g_assert_true(desk_value_add(f->d, "state", states, NULL));
	expect(f, HEAD "a,7,late,,\n", "1 0 0");
	g_assert_true(desk_fields(f->d, &fields, NULL));
	const json_t *values = json_object_get(json_object_get(fields, "state"), "values");
	g_assert_cmpuint(json_array_size(values), ==, 2);
}

static void
wrong_rows(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	guint64 n = 99;

	g_autofree char *soon = import(f, "Id", maps, HEAD "a,7,,,\nb,8,,soon,\n");
	g_assert_true(g_str_has_prefix(soon, "FILE line 3, column \"Due\": due: "));
	expect(f, HEAD "a,7,,,\nb,8,,,\nc,7,,,\n", "FILE lines 2 and 4 have the same \"Id\": 7");
	expect(f, HEAD "a,,,,\n", "FILE line 2, column \"Id\": the key is empty");
	expect(f, HEAD "a,7\n", "FILE line 2 has 2 cells, but the first line 5");
	expect(f, HEAD "a,7,,,\n\"b,8,,,\n", "FILE line 3: a quoted cell never ends");
	expect(f, "", "FILE is empty; its first line must name the columns");
	adapter *a = adapter_desk.open(f->home, "x", NULL);
	g_assert_true(adapter_desk.count(a, NULL, NULL, &n, NULL));
	g_assert_cmpuint(n, ==, 0);
	adapter_desk.close(a);
}

static void
wrong_columns(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const struct {
		const char *key;
		const char *maps[3];
		const char *want;
	} cases[] = {
		{"Nr", {NULL}, "FILE has no column \"Nr\"; its columns are: Summary, Id, Id2"},
		{"Id",
		 {"Text=title"},
		 "FILE has no column \"Text\"; its columns are: Summary, Id, Id2"},
		{"Id", {"Summary=colour"}, "--map Summary=colour: no field \"colour\" here"},
		{"Id", {"Summary"}, "--map \"Summary\" is not of the form COLUMN=FIELD"},
		{"Id",
		 {"Summary=title", "Summary=description"},
		 "column \"Summary\" is mapped twice, to title and description"},
		{"Id",
		 {"Summary=title", "Id2=title"},
		 "field title gets two columns, \"Summary\" and \"Id2\""},
		{"Id", {"Id=title"}, "column \"Id\" is mapped twice, to key and title"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got =
			import(f, cases[i].key, cases[i].maps, "Summary,Id,Id2\na,7,8\n");
		g_assert_cmpstr(got, ==, cases[i].want);
	}
	g_autofree char *twice = import(f, "Id", maps, "Summary,Id,Status,Due,Due\na,7,,,\n");
	g_assert_cmpstr(twice, ==, "FILE has two columns \"Due\"; rename one");
}

/* A real export of about a thousand bugs, for whoever has one. */
static void
real_file(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	static const char *const columns[] = {"Summary=title",           "Status=state",
					      "Priority=priority",       "Resolution=resolution",
					      "Created=created",         "Resolved=resolved",
					      "Description=description", NULL};
	const char *path = g_getenv("HANDSEL_BUGS_CSV");
	g_autoptr(GError) e = NULL;
	guint64 made = 0, changed = 0, same = 0, first;

	if (path == NULL) {
		g_test_skip("HANDSEL_BUGS_CSV names no file");
		return;
	}
	desk_import_csv(f->d, path, "Issue id", columns, &made, &changed, &same, &e);
	g_assert_no_error(e);
	g_assert_cmpuint(made, >, 0);
	g_assert_cmpuint(changed + same, ==, 0);
	first = made;
	desk_import_csv(f->d, path, "Issue id", columns, &made, &changed, &same, &e);
	g_assert_no_error(e);
	g_assert_cmpuint(made + changed, ==, 0);
	g_assert_cmpuint(same, ==, first);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/desk_import/" name, fixture, NULL, set_up, func, tear_down)
	TEST("a_second_import_writes_only_what_changed", again);
	TEST("a_text_loses_its_line_breaks_and_two_dashes_are_text", texts);
	TEST("a_closed_list_learns_what_is_imported", learns);
	TEST("a_wrong_row_is_named_and_nothing_is_imported", wrong_rows);
	TEST("columns_and_fields_must_fit", wrong_columns);
	TEST("a_real_export_is_imported_twice_without_a_change", real_file);
	return g_test_run();
}
