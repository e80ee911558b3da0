#include "adapter/csv.h"
#include "base/fail.h"
#include "base/fsio.h"

#include <string.h>

typedef struct {
	char *dir;
	char *path;
} fixture;

static void
set_up(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	f->dir = g_dir_make_tmp("csv-XXXXXX", NULL);
	g_assert_nonnull(f->dir);
	f->path = g_build_filename(f->dir, "a.csv", NULL);
}

static void
tear_down(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_assert_true(fsio_remove_tree(f->dir, NULL));
	g_free(f->dir);
	g_free(f->path);
}

/* All records of TEXT as "cell|cell/cell|cell", or the error's message. */
static char *
parse_bytes(fixture *f, const char *text, gsize len)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(GString) out = g_string_new(NULL);

	g_assert_true(g_file_set_contents(f->path, text, (gssize)len, NULL));
	g_autoptr(csv) c = csv_open(f->path, &e);
	g_assert_no_error(e);
	for (;;) {
		GPtrArray *cells = NULL;
		if (!csv_next(c, &cells, &e)) {
			g_assert_error(e, FAIL, FAIL_REJECT);
			g_assert_true(g_str_has_prefix(e->message, f->path));
			return g_strdup(e->message + strlen(f->path));
		}
		if (cells == NULL)
			return g_strdup(out->str);
		for (guint i = 0; i < cells->len; i++)
			g_string_append_printf(out, "%s%s", i > 0 ? "|" : "",
					       (const char *)cells->pdata[i]);
		g_string_append_c(out, '/');
	}
}

static void
expect(fixture *f, const char *text, const char *want)
{
	g_autofree char *got = parse_bytes(f, text, strlen(text));

	g_assert_cmpstr(got, ==, want);
}

static void
plain_cells(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, "", "");
	expect(f, "a,b\nc,d\n", "a|b/c|d/");
	expect(f, "a,b\r\nc,d", "a|b/c|d/");
	expect(f, "a,,\n,\n", "a||/|/");
	expect(f, "a,", "a|/");
	expect(f, "a\n\nb\n", "a//b/");
	expect(f, "a\rb,c\r", "a\rb|c/");
}

static void
quoted_cells(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, "\"a,b\",\"c\"\"d\"\n", "a,b|c\"d/");
	expect(f, "\"a\nb\r\nc\",d\n", "a\nb\r\nc|d/");
	expect(f, "\"\",\"\"\n", "|/");
	expect(f, "5\" disk,x\n", "5\" disk|x/");
	expect(f, "\"a\"", "a/");
}

static void
byte_order_mark(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f,
	       "\xef\xbb\xbf"
	       "a,b\n",
	       "a|b/");
	expect(f, "\xef\xbb\xbf\"a\",b\n", "a|b/");
}

static void
broken_files(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	expect(f, "a\nb,\"c\nd\n", " line 2: a quoted cell never ends");
	expect(f, "a\n\"b\"c\n", " line 2: text behind the closing quote of a cell");
	g_autofree char *got = parse_bytes(f, "a\n\0b", 4);
	g_assert_cmpstr(got, ==, " line 2: a NUL byte; is this a text file in UTF-8?");

	g_autofree char *commas = g_strnfill(CSV_COLUMNS_MAX, ',');
	expect(f, commas, " line 1: too many columns");
}

static void
line_numbers(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	GPtrArray *cells;

	g_assert_true(g_file_set_contents(f->path, "a\n\"b\nc\"\nd", -1, NULL));
	g_autoptr(csv) c = csv_open(f->path, NULL);
	static const guint lines[] = {1, 2, 4};
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_assert_true(csv_next(c, &cells, NULL));
		g_assert_nonnull(cells);
		g_assert_cmpuint(csv_line(c), ==, lines[i]);
	}
	g_assert_true(csv_next(c, &cells, NULL));
	g_assert_null(cells);
}

/* Cells and line ends that lie on the border of two reads. */
static void
long_file(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GString) text = g_string_new(NULL);
	GPtrArray *cells;

	for (guint i = 0; i < 40000; i++)
		g_string_append_printf(text, "%u,\"a \"\"%u\"\"\r\nb\"\r\n", i, i);
	g_assert_true(g_file_set_contents(f->path, text->str, (gssize)text->len, NULL));
	g_autoptr(csv) c = csv_open(f->path, NULL);
	for (guint i = 0; i < 40000; i++) {
		g_autofree char *first = g_strdup_printf("%u", i);
		g_autofree char *second = g_strdup_printf("a \"%u\"\r\nb", i);
		g_assert_true(csv_next(c, &cells, NULL));
		g_assert_cmpuint(cells->len, ==, 2);
		g_assert_cmpstr(cells->pdata[0], ==, first);
		g_assert_cmpstr(cells->pdata[1], ==, second);
	}
	g_assert_true(csv_next(c, &cells, NULL));
	g_assert_null(cells);
}

static void
missing_file(fixture *f, gconstpointer data G_GNUC_UNUSED)
{
	g_autoptr(GError) e = NULL;

	g_assert_null(csv_open(f->path, &e));
	g_assert_nonnull(e);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define TEST(name, func) g_test_add("/csv/" name, fixture, NULL, set_up, func, tear_down)
	TEST("cells_are_split_at_commas_and_line_ends", plain_cells);
	TEST("quoted_cells_hold_commas_quotes_and_line_breaks", quoted_cells);
	TEST("a_byte_order_mark_is_skipped", byte_order_mark);
	TEST("a_broken_file_is_refused_with_its_line", broken_files);
	TEST("records_know_the_line_they_began_on", line_numbers);
	TEST("a_long_file_is_read_across_buffers", long_file);
	TEST("a_missing_file_is_an_error", missing_file);
	return g_test_run();
}
