#include "adapter/desk_private.h"

#include "base/fail.h"

#include <string.h>

/* How an item is compared with FIELD=VALUE; the numbers stand in the SQL below. */
enum { MATCH_ALL, MATCH_TEXT, MATCH_MEMBERS, MATCH_PARENT };

typedef struct {
	gint64 mode;
	char *path; /* of the value in doc */
	char *text; /* NULL: nothing */
} filter;

static void
filter_clear(filter *f)
{
	g_free(f->path);
	g_free(f->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(filter, filter_clear)

#define MATCHES                                                                                    \
	" CASE ?1 WHEN 0 THEN 1"                                                                   \
	" WHEN 1 THEN CAST(doc ->> ?2 AS TEXT) IS ?3"                                              \
	" WHEN 2 THEN NOT EXISTS (SELECT 1 FROM json_each(?3) w WHERE w.value NOT IN"              \
	"  (SELECT h.value FROM json_each(doc, ?2) h))"                                            \
	" WHEN 3 THEN parent IS ?3 END"

static gboolean
parent_filter(desk *d, const char *id, filter *f, GError **error)
{
	f->mode = MATCH_PARENT;
	if (*id == '\0')
		return TRUE;
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);
	if (r != NULL)
		f->text = g_steal_pointer(&r->uid);
	return r != NULL;
}

/* F is all zero before. */
static gboolean
make_filter(desk *d, const char *field, const char *value, filter *f, GError **error)
{
	if (field == NULL)
		return TRUE;
	if (strcmp(field, ITEM_PARENT) == 0)
		return parent_filter(d, value, f, error);

	const desk_field *df = desk_field_find(d, field, error);
	if (df == NULL)
		return FALSE;
	g_autoptr(json_ref) v = type_parse(df->type, field, value, DESK_VALUE_MAX, error);
	if (v == NULL)
		return FALSE;
	f->mode = json_is_array(v) ? MATCH_MEMBERS : MATCH_TEXT;
	f->path = g_strdup_printf("$.%s.v", field);
	if (json_is_array(v))
		f->text = json_text(v);
	else if (json_is_boolean(v))
		f->text = g_strdup(json_is_true(v) ? "1" : "0");
	else
		f->text = g_strdup(json_string_value(v));
	return TRUE;
}

gboolean
desk_count(desk *d, const char *field, const char *value, guint64 *ret, GError **error)
{
	g_auto(filter) f = {0};
	gint64 n = 0;

	if (!make_filter(d, field, value, &f, error))
		return FALSE;
	gboolean ok =
		f.mode == MATCH_ALL
			? db_get_i64(d->db, &n, error, "SELECT count(*) FROM item", "")
			: db_get_i64(d->db, &n, error, "SELECT count(*) FROM item WHERE" MATCHES,
				     "iss", f.mode, f.path, f.text);
	if (ok)
		*ret = (guint64)n;
	return ok;
}

static json_t *
id_or_null(db_stmt *s, int column)
{
	const char *id = db_text(s, column);

	return id != NULL ? json_string(id) : json_null();
}

/* {"id","uid","kind","parent",…fields} of the row that S stands on. */
static json_t *
list_row(db_stmt *s, GError **error)
{
	const char *text = db_text(s, 4);
	g_autoptr(json_ref) doc = json_read(text, strlen(text), error);

	if (doc == NULL)
		return NULL;
	json_t *row = doc_values(doc);
	json_put(row, "id", db_text(s, 0));
	json_put(row, "uid", db_text(s, 1));
	json_put(row, "kind", db_text(s, 2));
	json_object_set_new(row, "parent", id_or_null(s, 3));
	return row;
}

/* The items that match, DESK_PAGE at most, with ids above *LAST, which goes on. */
static GPtrArray *
list_page(desk *d, const filter *f, gint64 *last, GError **error)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	db_stmt *s = db_query(d->db, error,
			      "SELECT lid, uid, kind, "
			      "(SELECT p.lid FROM item p WHERE p.uid = item.parent), doc "
			      "FROM item WHERE lid > ?4 AND" MATCHES " ORDER BY lid LIMIT ?5",
			      "issii", f->mode, f->path, f->text, *last, (gint64)DESK_PAGE);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		json_t *row = list_row(s, error);
		if (row == NULL) {
			desk_done(s);
			return NULL;
		}
		g_ptr_array_add(rows, row);
		*last = db_i64(s, 0);
	}
	return step == 0 ? g_steal_pointer(&rows) : NULL;
}

gboolean
desk_list(desk *d, const char *field, const char *value, desk_each *each, gpointer data,
	  GError **error)
{
	g_auto(filter) f = {0};
	gint64 last = 0;

	if (!make_filter(d, field, value, &f, error))
		return FALSE;
	/* Page by page, so that EACH may use the desk, and a slow reader pins no old state. */
	for (;;) {
		g_autoptr(GPtrArray) rows = list_page(d, &f, &last, error);
		if (rows == NULL)
			return FALSE;
		for (guint i = 0; i < rows->len; i++)
			if (!each(rows->pdata[i], data))
				return TRUE;
		if (rows->len < DESK_PAGE)
			return TRUE;
	}
}

char *
desk_find_key(desk *d, const char *key, GError **error)
{
	gint64 lid = 0;

	if (!db_get_i64(d->db, &lid, error,
			"SELECT lid FROM item WHERE ikey = ? ORDER BY lid LIMIT 1", "s", key) ||
	    lid == 0)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT, lid);
}
