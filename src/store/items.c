#include "store/store_private.h"

#define COLUMNS                                                                                    \
	"uid, id, title, partner_id, gen, own, seen, k, live, here, joined, held, "                \
	"listed, why"

static store_item *
read_item(db_stmt *q, gboolean doc, GError **error)
{
	store_item *i = g_new0(store_item, 1);

	i->uid = g_strdup(db_text(q, 0));
	i->id = g_strdup(db_text(q, 1));
	i->title = g_strdup(db_text(q, 2));
	i->partner_id = g_strdup(db_text(q, 3));
	i->gen = (guint64)db_i64(q, 4);
	i->own = (guint64)db_i64(q, 5);
	i->seen = (guint64)db_i64(q, 6);
	i->k = (guint64)db_i64(q, 7);
	i->live = db_i64(q, 8) != 0;
	i->here = db_i64(q, 9) != 0;
	i->joined = db_i64(q, 10) != 0;
	i->held = (guint)db_i64(q, 11);
	i->listed = (guint)db_i64(q, 12);
	i->why = (int)db_i64(q, 13);
	if (!doc)
		return i;
	const char *text = db_text(q, 14);
	i->doc = json_read(text, strlen(text), error);
	if (i->doc == NULL)
		g_clear_pointer(&i, store_item_free);
	return i;
}

store_item *
store_load_item(store *s, const char *uid, GError **error)
{
	db_stmt *q =
		db_query(s->db, error, "SELECT " COLUMNS ", doc FROM item WHERE uid = ?", "s", uid);

	return q != NULL && db_next(s->db, q, error) == 1 ? read_item(q, TRUE, error) : NULL;
}

gboolean
store_save_item(store *s, const store_item *i, GError **error)
{
	g_autofree char *doc = json_text_unsorted(i->doc);

	return db_run(
		s->db, error,
		"INSERT INTO item(" COLUMNS
		", doc) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(uid) DO UPDATE SET "
		"id = excluded.id, title = excluded.title, partner_id = excluded.partner_id, "
		"gen = excluded.gen, own = excluded.own, seen = excluded.seen, k = excluded.k, "
		"live = excluded.live, here = excluded.here, joined = excluded.joined, "
		"held = excluded.held, listed = excluded.listed, why = excluded.why, "
		"doc = excluded.doc",
		"ssssuuuuiiiuuis", i->uid, i->id, i->title, i->partner_id, i->gen, i->own, i->seen,
		i->k, (gint64)i->live, (gint64)i->here, (gint64)i->joined, (guint64)i->held,
		(guint64)i->listed, (gint64)i->why, doc);
}

void
store_item_free(store_item *i)
{
	if (i == NULL)
		return;
	g_free(i->uid);
	g_free(i->id);
	g_free(i->title);
	g_free(i->partner_id);
	json_decref(i->doc);
	g_free(i);
}

char *
store_find_uid(store *s, const char *id, GError **error)
{
	db_stmt *q = db_query(s->db, error,
			      "SELECT uid FROM item WHERE id = ? ORDER BY live DESC, uid LIMIT 1",
			      "s", id);

	return q != NULL && db_next(s->db, q, error) == 1 ? g_strdup(db_text(q, 0)) : NULL;
}

gboolean
store_item_shared(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT live AND here FROM item WHERE uid = ?", "s",
			  uid) &&
	       n != 0;
}

gboolean
store_item_known(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM item WHERE uid = ? AND gen > 0", "s",
			  uid) &&
	       n == 1;
}

static GPtrArray *
items_of(store *s, db_stmt *q, gboolean docs, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)store_item_free);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		store_item *i = read_item(q, docs, error);

		if (i == NULL)
			return NULL;
		g_ptr_array_add(all, i);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

GPtrArray *
store_waiting_items(store *s, gboolean docs, GError **error)
{
	return items_of(s,
			db_query(s->db, error,
				 "SELECT " COLUMNS
				 ", doc FROM item WHERE held > 0 OR listed > 0 ORDER BY uid",
				 ""),
			docs, error);
}

GPtrArray *
store_items(store *s, const char *from, guint limit, GError **error)
{
	return items_of(s,
			db_query(s->db, error,
				 "SELECT " COLUMNS
				 ", doc FROM item WHERE uid > ? ORDER BY uid LIMIT ?",
				 "su", from == NULL ? "" : from, (guint64)limit),
			FALSE, error);
}

gboolean
store_count_items(store *s, guint64 *ret_live, guint64 *ret_held, guint64 *ret_listed,
		  GError **error)
{
	gint64 live = 0, held = 0, listed = 0;

	if (!db_get_i64(s->db, &live, error, "SELECT count(*) FROM item WHERE live AND gen > 0",
			"") ||
	    !db_get_i64(s->db, &held, error,
			"SELECT count(*) FROM item WHERE (held > 0 OR listed > 0) AND held > 0",
			"") ||
	    !db_get_i64(s->db, &listed, error,
			"SELECT count(*) FROM item WHERE (held > 0 OR listed > 0) AND listed > 0",
			""))
		return FALSE;
	*ret_live = (guint64)live;
	*ret_held = (guint64)held;
	*ret_listed = (guint64)listed;
	return TRUE;
}

/* ---- what is to be captured ---- */

gboolean
store_add_dirty(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "INSERT OR IGNORE INTO dirty(uid) VALUES(?)", "s", uid);
}

gboolean
store_drop_dirty(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "DELETE FROM dirty WHERE uid = ?", "s", uid);
}

static GPtrArray *
uids_of(store *s, db_stmt *q, int *ret_more, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, g_strdup(db_text(q, 0)));
	*ret_more = more;
	return all;
}

GPtrArray *
store_dirty(store *s, guint64 seq, guint limit, guint64 *ret_seq, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	db_stmt *q = db_query(s->db, error,
			      "SELECT uid, seq FROM dirty WHERE seq > ? ORDER BY seq LIMIT ?", "uu",
			      seq, (guint64)limit);
	int more = -1;

	*ret_seq = seq;
	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		g_ptr_array_add(all, g_strdup(db_text(q, 0)));
		*ret_seq = (guint64)db_i64(q, 1);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_assign(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "INSERT OR IGNORE INTO assigned VALUES(?)", "s", uid);
}

gboolean
store_assigned(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM assigned WHERE uid = ?", "s", uid) &&
	       n == 1;
}

gboolean
store_add_dangling(store *s, const char *uid, GPtrArray *targets, GError **error)
{
	for (guint i = 0; targets != NULL && i < targets->len; i++)
		if (!db_run(s->db, error, "INSERT OR IGNORE INTO dangling VALUES(?,?)", "ss", uid,
			    targets->pdata[i]))
			return FALSE;
	return TRUE;
}

gboolean
store_set_dangling(store *s, const char *uid, GPtrArray *targets, GError **error)
{
	return db_run(s->db, error, "DELETE FROM dangling WHERE uid = ?", "s", uid) &&
	       store_add_dangling(s, uid, targets, error);
}

GPtrArray *
store_dangling_due(store *s, GError **error)
{
	int more;
	g_autoptr(GPtrArray) all = uids_of(s,
					   db_query(s->db, error,
						    "SELECT DISTINCT d.uid FROM dangling d CROSS "
						    "JOIN item i ON i.uid = d.target"
						    " WHERE i.live AND i.here",
						    ""),
					   &more, error);

	return more < 0 ? NULL : g_steal_pointer(&all);
}

/* ---- intents ---- */

gboolean
store_add_intent(store *s, const char *uid, const char *token, const json_t *doc, GError **error)
{
	g_autofree char *text = json_text_unsorted(doc);

	return db_run(s->db, error, "INSERT INTO intent VALUES(?,?,?)", "sss", uid, token, text);
}

gboolean
store_drop_intent(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "DELETE FROM intent WHERE uid = ?", "s", uid);
}

GPtrArray *
store_intents(store *s, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	db_stmt *q = db_query(s->db, error, "SELECT doc FROM intent ORDER BY uid", "");
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		const char *text = db_text(q, 0);
		json_t *doc = json_read(text, strlen(text), error);

		if (doc == NULL)
			return NULL;
		g_ptr_array_add(all, doc);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_has_intent(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM intent WHERE uid = ?", "s", uid) &&
	       n == 1;
}
