#include "adapter/desk_private.h"

#include "base/fail.h"

#include <string.h>

/* The latest stamp in DOC, or NULL. */
static const char *
latest(const json_t *doc)
{
	const char *ret = NULL, *field;
	json_t *entry;

	json_object_foreach ((json_t *)doc, field, entry) {
		const char *at = json_str(entry, "at");
		if (at != NULL && (ret == NULL || strcmp(at, ret) > 0))
			ret = at;
	}
	return ret;
}

/* {"id","uid","at", …fields}; of a row the fields lie in "fields", as they may have any name. */
static json_t *
show_thing(const desk_thing *t)
{
	gboolean row = strcmp(t->kind, "row") == 0;
	g_autofree char *id = desk_thing_id(t);
	json_t *values = doc_values(t->doc);
	json_t *one = row ? json_object() : values;

	json_object_del(values, "kind");
	if (row) {
		json_object_set(one, "type", json_object_get(values, "type"));
		json_object_del(values, "type");
		json_object_set_new(one, "fields", values);
	}
	json_put(one, "id", id);
	json_put(one, "uid", t->uid);
	json_put(one, "at", latest(t->doc));
	return one;
}

static gboolean
show_things(desk *d, const desk_rec *r, json_t *out, GError **error)
{
	g_autoptr(GPtrArray) all = desk_things_of(d, r->lid, error);

	if (all == NULL)
		return FALSE;
	json_object_set_new(out, "comments", json_array());
	json_object_set_new(out, "files", json_array());
	json_object_set_new(out, "rows", json_array());
	for (guint i = 0; i < all->len; i++) {
		const desk_thing *t = all->pdata[i];
		g_autofree char *list = g_strconcat(t->kind, "s", NULL);
		json_array_append_new(json_object_get(out, list), show_thing(t));
	}
	return TRUE;
}

static gboolean
show_relations(desk *d, const desk_rec *r, json_t *out, GError **error)
{
	g_autoptr(json_ref) all = json_array();
	db_stmt *s =
		db_query(d->db, error,
			 "SELECT r.type, i.lid, j.lid, CASE r.a WHEN ?1 THEN r.b ELSE r.a END "
			 "FROM relation r JOIN item i ON i.uid = r.a JOIN item j ON j.uid = r.b "
			 "WHERE r.a = ?1 OR r.b = ?1 ORDER BY 1, 2, 3",
			 "s", r->uid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		json_t *one = json_object();
		json_put(one, "type", db_text(s, 0));
		json_put(one, "from", db_text(s, 1));
		json_put(one, "to", db_text(s, 2));
		json_put(one, "uid", db_text(s, 3));
		json_array_append_new(all, one);
	}
	if (step < 0)
		return FALSE;
	json_object_set_new(out, "relations", g_steal_pointer(&all));
	return TRUE;
}

/* Puts the JSON in column COLUMN into member NAME, null for NULL. */
static gboolean
put_json(json_t *out, const char *name, db_stmt *s, int column, GError **error)
{
	const char *text = db_text(s, column);
	json_t *v = text != NULL ? json_read(text, strlen(text), error) : json_null();

	if (v == NULL)
		return FALSE;
	json_object_set_new(out, name, v);
	return TRUE;
}

static gboolean
show_history(desk *d, const desk_rec *r, json_t *out, GError **error)
{
	g_autoptr(json_ref) all = json_array();
	db_stmt *s =
		db_query(d->db, error,
			 "SELECT at, who, what, old, new FROM history WHERE item = ? ORDER BY id",
			 "i", r->lid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		json_t *one = json_object();
		json_array_append_new(all, one);
		json_put(one, "at", db_text(s, 0));
		json_put(one, "by", db_text(s, 1));
		json_put(one, "what", db_text(s, 2));
		if (!put_json(one, "old", s, 3, error) || !put_json(one, "new", s, 4, error)) {
			desk_done(s);
			return FALSE;
		}
	}
	if (step < 0)
		return FALSE;
	json_object_set_new(out, "history", g_steal_pointer(&all));
	return TRUE;
}

static gboolean
show_parent(desk *d, const desk_rec *r, json_t *out, GError **error)
{
	gint64 lid = r->parent != NULL ? desk_lid(d, r->parent, error) : 0;

	if (lid < 0)
		return FALSE;
	json_object_set_new(out, ITEM_PARENT,
			    lid > 0 ? json_sprintf("%" G_GINT64_FORMAT, lid) : json_null());
	return TRUE;
}

static json_t *
show_item(desk *d, const char *id, gboolean history, GError **error)
{
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);

	if (r == NULL)
		return NULL;
	g_autoptr(json_ref) out = json_object();
	g_autofree char *own = desk_rec_id(r);
	json_put(out, "id", own);
	json_put(out, "uid", r->uid);
	json_put(out, "kind", r->kind);
	json_put(out, "by", r->by);
	json_object_set_new(out, "fields", doc_values(r->doc));
	if (!show_parent(d, r, out, error) || !show_things(d, r, out, error) ||
	    !show_relations(d, r, out, error))
		return NULL;
	if (history && !show_history(d, r, out, error))
		return NULL;
	return g_steal_pointer(&out);
}

gboolean
desk_show(desk *d, const char *id, gboolean history, json_t **ret, GError **error)
{
	if (!desk_look(d, error))
		return FALSE;
	json_t *out = show_item(d, id, history, error);
	desk_looked(d);
	if (out != NULL)
		*ret = out;
	return out != NULL;
}

/* The ids above LAST, DESK_PAGE at most. */
static GArray *
next_ids(desk *d, gint64 last, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	db_stmt *s =
		db_query(d->db, error, "SELECT lid FROM item WHERE lid > ? ORDER BY lid LIMIT ?",
			 "ii", last, (gint64)DESK_PAGE);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		gint64 lid = db_i64(s, 0);
		g_array_append_val(ids, lid);
	}
	return step == 0 ? g_steal_pointer(&ids) : NULL;
}

/* 1 to go on, 0 to end, -1 on error; an item that went away meanwhile is left out. */
static int
export_one(desk *d, gint64 lid, desk_each *each, gpointer data, GError **error)
{
	g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, lid);
	g_autoptr(GError) e = NULL;
	g_autoptr(json_ref) one = NULL;

	if (desk_show(d, id, FALSE, &one, &e))
		return each(one, data) ? 1 : 0;
	if (fail_is(e, REASON_NO_ITEM))
		return 1;
	g_propagate_error(error, g_steal_pointer(&e));
	return -1;
}

gboolean
desk_export(desk *d, desk_each *each, gpointer data, GError **error)
{
	for (gint64 last = 0;;) {
		g_autoptr(GArray) ids = next_ids(d, last, error);
		if (ids == NULL)
			return FALSE;
		for (guint i = 0; i < ids->len; i++) {
			last = g_array_index(ids, gint64, i);
			int go_on = export_one(d, last, each, data, error);
			if (go_on <= 0)
				return go_on == 0;
		}
		if (ids->len < DESK_PAGE)
			return TRUE;
	}
}
