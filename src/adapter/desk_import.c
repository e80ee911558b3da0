#include "adapter/desk_import.h"

#include "adapter/csv.h"
#include "adapter/desk_private.h"
#include "base/fail.h"

#include <string.h>

#define KEY_FIELD "key"
#define KIND      "issue"
#define NO_COLUMN G_MAXUINT

/* A column that goes to a field. */
typedef struct {
	char *column;
	char *field;
	gboolean one_line; /* its line breaks become blanks */
	guint index;       /* in a record; NO_COLUMN: not found yet */
} mapping;

typedef struct {
	desk *d;
	const char *path;
	csv *csv;
	GPtrArray *maps; /* of mapping; the first is the key's */
	guint columns;
	GHashTable *lines; /* key -> line it was on */
	guint64 made, changed, same;
} import;

static void
mapping_free(gpointer p)
{
	mapping *m = p;

	g_free(m->column);
	g_free(m->field);
	g_free(m);
}

static void
import_clear(import *i)
{
	csv_close(i->csv);
	g_ptr_array_unref(i->maps);
	g_hash_table_unref(i->lines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(import, import_clear)

static gboolean
check_twice(const import *i, const char *column, const char *field, GError **error)
{
	for (guint k = 0; k < i->maps->len; k++) {
		const mapping *m = i->maps->pdata[k];
		if (strcmp(m->column, column) == 0) {
			fail_set(error, FAIL_USAGE, "column \"%s\" is mapped twice, to %s and %s",
				 column, m->field, field);
			return FALSE;
		}
		if (strcmp(m->field, field) == 0) {
			fail_set(error, FAIL_USAGE, "field %s gets two columns, \"%s\" and \"%s\"",
				 field, m->column, column);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
add_mapping(import *i, const char *column, const char *field, GError **error)
{
	const desk_field *f = desk_field_find(i->d, field, error);

	if (f == NULL) {
		g_prefix_error(error, "--map %s=%s: ", column, field);
		return FALSE;
	}
	if (!check_twice(i, column, field, error))
		return FALSE;
	mapping *m = g_new0(mapping, 1);
	m->column = g_strdup(column);
	m->field = g_strdup(field);
	m->one_line = f->type == TYPE_TEXT;
	m->index = NO_COLUMN;
	g_ptr_array_add(i->maps, m);
	return TRUE;
}

static gboolean
add_map(import *i, const char *map, GError **error)
{
	/* The last one, as field names have none. */
	const char *sign = strrchr(map, '=');

	if (sign == NULL || sign == map || sign[1] == '\0') {
		fail_set(error, FAIL_USAGE, "--map \"%s\" is not of the form COLUMN=FIELD", map);
		return FALSE;
	}
	g_autofree char *column = g_strndup(map, (gsize)(sign - map));
	return add_mapping(i, column, sign + 1, error);
}

static gboolean
unknown_column(const import *i, const char *column, GPtrArray *header, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint k = 0; k < header->len; k++)
		g_string_append_printf(names, "%s%s", k > 0 ? ", " : "",
				       (const char *)header->pdata[k]);
	g_autofree char *valid = g_utf8_make_valid(names->str, -1);
	fail_set(error, FAIL_USAGE, "%s has no column \"%s\"; its columns are: %s", i->path, column,
		 valid);
	return FALSE;
}

static gboolean
find_column(const import *i, mapping *m, GPtrArray *header, GError **error)
{
	for (guint k = 0; k < header->len; k++) {
		if (strcmp(header->pdata[k], m->column) != 0)
			continue;
		if (m->index != NO_COLUMN) {
			fail_set(error, FAIL_USAGE, "%s has two columns \"%s\"; rename one",
				 i->path, m->column);
			return FALSE;
		}
		m->index = k;
	}
	return m->index != NO_COLUMN || unknown_column(i, m->column, header, error);
}

static gboolean
read_header(import *i, GError **error)
{
	GPtrArray *header;

	if (!csv_next(i->csv, &header, error))
		return FALSE;
	if (header == NULL) {
		fail_set(error, FAIL_REJECT, "%s is empty; its first line must name the columns",
			 i->path);
		return FALSE;
	}
	i->columns = header->len;
	for (guint k = 0; k < i->maps->len; k++)
		if (!find_column(i, i->maps->pdata[k], header, error))
			return FALSE;
	return TRUE;
}

/* Each run of line breaks becomes one blank, in place. */
static void
join_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		gboolean eol = *from == '\n' || *from == '\r';
		if (eol && to > text && to[-1] == ' ')
			continue;
		*to++ = eol ? ' ' : *from;
	}
	*to = '\0';
	g_strstrip(text);
}

static json_t *
read_cell(import *i, const mapping *m, const char *cell, GError **error)
{
	g_autofree char *text = g_strdup(cell);

	if (m->one_line)
		join_lines(text);
	json_t *v = desk_field_parse(i->d, m->field, text, error);
	if (v == NULL)
		g_prefix_error(error, "%s line %u, column \"%s\": ", i->path, csv_line(i->csv),
			       m->column);
	return v;
}

static json_t *
read_values(import *i, GPtrArray *cells, GError **error)
{
	g_autoptr(json_ref) values = json_object();

	for (guint k = 0; k < i->maps->len; k++) {
		const mapping *m = i->maps->pdata[k];
		json_t *v = read_cell(i, m, cells->pdata[m->index], error);
		if (v == NULL)
			return NULL;
		json_object_set_new(values, m->field, v);
	}
	return g_steal_pointer(&values);
}

/* Every row has a key of its own. */
static gboolean
check_key(import *i, const char *key, GError **error)
{
	const mapping *m = i->maps->pdata[0];
	guint line = csv_line(i->csv);

	if (key == NULL) {
		fail_set(error, FAIL_REJECT, "%s line %u, column \"%s\": the key is empty", i->path,
			 line, m->column);
		return FALSE;
	}
	guint before = GPOINTER_TO_UINT(g_hash_table_lookup(i->lines, key));
	if (before > 0) {
		fail_set(error, FAIL_REJECT, "%s lines %u and %u have the same \"%s\": %s", i->path,
			 before, line, m->column, key);
		return FALSE;
	}
	g_hash_table_insert(i->lines, g_strdup(key), GUINT_TO_POINTER(line));
	return TRUE;
}

static gboolean
store(import *i, const char *key, const json_t *values, GError **error)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *id = desk_find_key(i->d, key, &e);
	gboolean changed = FALSE;

	if (e != NULL) {
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	g_autoptr(desk_rec) r = id == NULL ? desk_make(i->d, KIND, NULL, values, LEARN_YES, error)
					   : desk_rec_by_id(i->d, id, error);
	if (r == NULL || (id != NULL && !desk_change(i->d, r, values, LEARN_YES, &changed, error)))
		return FALSE;
	i->made += id == NULL;
	i->changed += changed;
	i->same += id != NULL && !changed;
	return TRUE;
}

static gboolean
import_record(import *i, GPtrArray *cells, GError **error)
{
	/* An empty line, as editors leave them at the end. */
	if (cells->len == 1 && i->columns > 1 && *(const char *)cells->pdata[0] == '\0')
		return TRUE;
	if (cells->len != i->columns) {
		fail_set(error, FAIL_REJECT, "%s line %u has %u cells, but the first line %u",
			 i->path, csv_line(i->csv), cells->len, i->columns);
		return FALSE;
	}
	g_autoptr(json_ref) values = read_values(i, cells, error);
	if (values == NULL)
		return FALSE;
	const char *key = json_str(values, KEY_FIELD);
	return check_key(i, key, error) && store(i, key, values, error);
}

static gboolean
import_all(import *i, const char *key_column, const char *const *maps, GError **error)
{
	if (!add_mapping(i, key_column, KEY_FIELD, error))
		return FALSE;
	for (guint k = 0; maps[k] != NULL; k++)
		if (!add_map(i, maps[k], error))
			return FALSE;
	if (!read_header(i, error))
		return FALSE;
	for (;;) {
		GPtrArray *cells;
		if (!csv_next(i->csv, &cells, error))
			return FALSE;
		if (cells == NULL)
			return TRUE;
		if (!import_record(i, cells, error))
			return FALSE;
	}
}

gboolean
desk_import_csv(desk *d, const char *path, const char *key_column, const char *const *maps,
		guint64 *ret_new, guint64 *ret_changed, guint64 *ret_same, GError **error)
{
	g_auto(import) i = {.d = d,
			    .path = path,
			    .maps = g_ptr_array_new_with_free_func(mapping_free),
			    .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};

	i.csv = csv_open(path, error);
	if (i.csv == NULL || !desk_enter(d, error) ||
	    !desk_leave(d, import_all(&i, key_column, maps, error), error))
		return FALSE;
	*ret_new = i.made;
	*ret_changed = i.changed;
	*ret_same = i.same;
	return TRUE;
}
