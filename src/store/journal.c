#include "base/clock.h"
#include "store/store_private.h"

gboolean
store_note(store *s, const char *what, const char *uid, const char *envelope, const char *text,
	   GError **error)
{
	return db_run(s->db, error,
		      "INSERT INTO note(at, what, uid, envelope, text) VALUES(?,?,?,?,?)", "issss",
		      clock_now(), what, uid, envelope, text);
}

gboolean
store_trim_notes(store *s, guint64 keep, GError **error)
{
	return db_run(s->db, error,
		      "DELETE FROM note WHERE id <= (SELECT coalesce(max(id), 0) FROM note) - ?",
		      "u", keep);
}

gboolean
store_notes(store *s, const char *uid, gint64 since, store_each_note *each, gpointer data,
	    GError **error)
{
	db_stmt *q = uid == NULL ? db_query(s->db, error,
					    "SELECT at, what, uid, envelope, text FROM note WHERE "
					    "at >= ? ORDER BY id",
					    "i", since)
				 : db_query(s->db, error,
					    "SELECT at, what, uid, envelope, text FROM note WHERE "
					    "uid = ? AND at >= ?"
					    " ORDER BY id",
					    "si", uid, since);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		if (!each(db_i64(q, 0), db_text(q, 1), db_text(q, 2), db_text(q, 3), db_text(q, 4),
			  data))
			return TRUE;
	return more == 0;
}

gboolean
store_envelope_notes(store *s, const char *envelope, store_each_note *each, gpointer data,
		     GError **error)
{
	db_stmt *q =
		db_query(s->db, error,
			 "SELECT at, what, uid, envelope, text FROM note WHERE uid IS NULL AND "
			 "envelope = ? ORDER BY id",
			 "s", envelope);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		if (!each(db_i64(q, 0), db_text(q, 1), db_text(q, 2), db_text(q, 3), db_text(q, 4),
			  data))
			return TRUE;
	return more == 0;
}

gboolean
store_add_conflict(store *s, const char *uid, const char *reg, gboolean open, const json_t *doc,
		   GError **error)
{
	g_autofree char *text = json_text(doc);

	return db_run(s->db, error,
		      "INSERT INTO conflict(uid, reg, at, open, doc) VALUES(?,?,?,?,?)", "ssiis",
		      uid, reg, clock_now(), (gint64)open, text);
}

gboolean
store_has_open_conflict(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM conflict WHERE uid = ? AND open LIMIT 1",
			  "s", uid) &&
	       n == 1;
}

gboolean
store_close_conflicts(store *s, const char *uid, const char *reg, GError **error)
{
	return db_run(s->db, error,
		      "UPDATE conflict SET open = 0 WHERE uid = ? AND reg = ? AND open", "ss", uid,
		      reg);
}

static store_conflict *
read_conflict(db_stmt *q, GError **error)
{
	store_conflict *c = g_new0(store_conflict, 1);
	const char *text = db_text(q, 5);

	c->id = (guint64)db_i64(q, 0);
	c->uid = g_strdup(db_text(q, 1));
	c->reg = g_strdup(db_text(q, 2));
	c->at = db_i64(q, 3);
	c->open = db_i64(q, 4) != 0;
	c->doc = json_read(text, strlen(text), error);
	if (c->doc == NULL)
		g_clear_pointer(&c, store_conflict_free);
	return c;
}

void
store_conflict_free(store_conflict *c)
{
	if (c == NULL)
		return;
	g_free(c->uid);
	g_free(c->reg);
	json_decref(c->doc);
	g_free(c);
}

GPtrArray *
store_conflicts(store *s, const char *uid, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_conflict_free);
	db_stmt *q = uid == NULL
			     ? db_query(s->db, error, "SELECT * FROM conflict ORDER BY id DESC", "")
			     : db_query(s->db, error,
					"SELECT * FROM conflict WHERE uid = ? ORDER BY id DESC",
					"s", uid);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		store_conflict *c = read_conflict(q, error);

		if (c == NULL)
			return NULL;
		g_ptr_array_add(all, c);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

store_conflict *
store_find_conflict(store *s, guint64 id, GError **error)
{
	db_stmt *q = db_query(s->db, error, "SELECT * FROM conflict WHERE id = ?", "u", id);

	return q != NULL && db_next(s->db, q, error) == 1 ? read_conflict(q, error) : NULL;
}

gboolean
store_count_conflicts(store *s, guint64 *ret_all, guint64 *ret_open, GError **error)
{
	gint64 all = 0, open = 0;

	if (!db_get_i64(s->db, &all, error, "SELECT count(*) FROM conflict", "") ||
	    !db_get_i64(s->db, &open, error, "SELECT count(*) FROM conflict WHERE open", ""))
		return FALSE;
	*ret_all = (guint64)all;
	*ret_open = (guint64)open;
	return TRUE;
}
