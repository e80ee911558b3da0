#include "base/clock.h"
#include "store/store_private.h"

void
store_braked_free(store_braked *b)
{
	if (b == NULL)
		return;
	g_free(b->uid);
	g_free(b->what);
	g_free(b->id);
	g_free(b->title);
	g_free(b);
}

gboolean
store_brake(store *s, const char *uid, const char *what, GError **error)
{
	return db_run(s->db, error,
		      "INSERT INTO brake VALUES(?,?,?,0) ON CONFLICT(uid) DO UPDATE SET "
		      "what = excluded.what, at = excluded.at, released = 0 "
		      "WHERE what <> excluded.what",
		      "ssi", uid, what, clock_now());
}

gboolean
store_unbrake(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "DELETE FROM brake WHERE uid = ?", "s", uid);
}

gboolean
store_release_braked(store *s, GError **error)
{
	return db_run(s->db, error, "UPDATE brake SET released = 1", "");
}

GPtrArray *
store_braked_items(store *s, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_braked_free);
	db_stmt *q = db_query(s->db, error,
			      "SELECT b.uid, b.what, b.at, b.released, i.id, i.title FROM brake b "
			      "LEFT JOIN item i ON i.uid = b.uid ORDER BY i.rowid, b.uid",
			      "");
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		store_braked *b = g_new0(store_braked, 1);

		b->uid = g_strdup(db_text(q, 0));
		b->what = g_strdup(db_text(q, 1));
		b->at = db_i64(q, 2);
		b->released = db_i64(q, 3) != 0;
		b->id = g_strdup(db_text(q, 4));
		b->title = g_strdup(db_text(q, 5));
		g_ptr_array_add(all, b);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_any_braked(store *s)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM brake LIMIT 1", "") && n == 1;
}

gboolean
store_count_braked(store *s, guint64 *ret, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(s->db, &n, error, "SELECT count(*) FROM brake WHERE NOT released", ""))
		return FALSE;
	*ret = (guint64)n;
	return TRUE;
}

gboolean
store_is_braked(store *s, const char *uid)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM brake WHERE uid = ? AND NOT released",
			  "s", uid) &&
	       n == 1;
}

gboolean
store_is_released(store *s, const char *uid, const char *what)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL,
			  "SELECT 1 FROM brake WHERE uid = ? AND what = ? AND released", "ss", uid,
			  what) &&
	       n == 1;
}

gboolean
store_count_shared(store *s, guint64 most, guint64 *ret, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(s->db, &n, error,
			"SELECT count(*) FROM (SELECT 1 FROM item WHERE live AND here AND gen > 0 "
			"LIMIT ?)",
			"u", most))
		return FALSE;
	*ret = (guint64)n;
	return TRUE;
}
