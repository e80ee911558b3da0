/*
 * Tables: what is read is written with quotes and read again as the same.
 */
#include "adapter/csv.h"

#include "base/fsio.h"
#include "fuzz.h"

static void
append_quoted(GString *to, const char *cell)
{
	g_string_append_c(to, '"');
	for (; *cell != '\0'; cell++) {
		if (*cell == '"')
			g_string_append_c(to, '"');
		g_string_append_c(to, *cell);
	}
	g_string_append_c(to, '"');
}

static void
append_record(GString *to, const GPtrArray *cells)
{
	for (guint i = 0; i < cells->len; i++) {
		if (i > 0)
			g_string_append_c(to, ',');
		append_quoted(to, cells->pdata[i]);
	}
	g_string_append(to, "\r\n");
}

/* All records of the file, quoted; *RET_WHOLE: none was refused. */
static GString *
read_all(const void *data, gsize size, gboolean *ret_whole)
{
	g_autoptr(GError) why = NULL;
	const char *path = fuzz_path(data, size);
	g_autoptr(csv) c = csv_open(path, &why);
	GString *all = g_string_new(NULL);
	GPtrArray *cells = NULL;
	gboolean ok;
	guint line = 0;

	g_assert_no_error(why);
	while ((ok = csv_next(c, &cells, &why)) && cells != NULL) {
		g_assert_cmpuint(cells->len, >=, 1);
		g_assert_cmpuint(cells->len, <=, CSV_COLUMNS_MAX);
		g_assert_cmpuint(csv_line(c), >, line);
		line = csv_line(c);
		append_record(all, cells);
	}
	fuzz_outcome(ok, &why);
	*ret_whole = ok;
	return all;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gboolean whole, again;
	g_autoptr(GString) quoted = read_all(data, size, &whole);
	g_autoptr(GString) same = read_all(quoted->str, quoted->len, &again);

	g_assert_true(again);
	g_assert_cmpstr(quoted->str, ==, same->str);
	return 0;
}
