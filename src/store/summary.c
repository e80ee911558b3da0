#include "store/store_private.h"

void
store_summary_free(store_summary *s)
{
	if (s == NULL)
		return;
	g_free(s->uid);
	g_free(s->sum);
	g_free(s->id);
	g_free(s);
}

static store_summary *
read_summary(db_stmt *q)
{
	store_summary *s = g_new(store_summary, 1);

	*s = (store_summary){.uid = g_strdup(db_text(q, 0)),
			     .gen = (guint64)db_i64(q, 1),
			     .sum = g_strdup(db_text(q, 2)),
			     .id = g_strdup(db_text(q, 3))};
	return s;
}

gboolean
store_add_summary(store *s, gboolean mine, const store_summary *one, GError **error)
{
	return db_run(s->db, error,
		      "INSERT OR REPLACE INTO summary(mine, uid, gen, sum, id) VALUES(?,?,?,?,?)",
		      "isuss", (gint64)(mine != FALSE), one->uid, one->gen, one->sum, one->id);
}

store_summary *
store_find_summary(store *s, gboolean mine, const char *uid, GError **error)
{
	db_stmt *q = db_query(s->db, error,
			      "SELECT uid, gen, sum, id FROM summary WHERE mine = ? AND uid = ?",
			      "is", (gint64)(mine != FALSE), uid);

	return q != NULL && db_next(s->db, q, error) == 1 ? read_summary(q) : NULL;
}

GPtrArray *
store_summaries(store *s, gboolean mine, const char *from, guint limit, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_summary_free);
	db_stmt *q =
		db_query(s->db, error,
			 "SELECT uid, gen, sum, id FROM summary WHERE mine = ? AND uid > ? "
			 "ORDER BY uid LIMIT ?",
			 "isu", (gint64)(mine != FALSE), from != NULL ? from : "", (guint64)limit);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, read_summary(q));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_clear_summary(store *s, gboolean mine, GError **error)
{
	return db_run(s->db, error, "DELETE FROM summary WHERE mine = ?", "i",
		      (gint64)(mine != FALSE));
}

gboolean
store_forget_pair(store *s, GError **error)
{
	return db_run(s->db, error, "DELETE FROM outgoing", "") &&
	       db_run(s->db, error, "DELETE FROM sent", "") &&
	       db_run(s->db, error, "DELETE FROM incoming", "") &&
	       db_run(s->db, error, "DELETE FROM ack", "") &&
	       db_run(s->db, error, "DELETE FROM line", "") &&
	       db_run(s->db, error, "DELETE FROM big", "") &&
	       db_run(s->db, error, "DELETE FROM brake", "") &&
	       db_run(s->db, error,
		      "DELETE FROM meta WHERE key IN ('heard_ack', 'heard_at', 'heard_file', "
		      "'dup_next', 'voided', 'lacking') OR key GLOB 'unwanted.*' OR key GLOB "
		      "'want.*' OR "
		      "key GLOB 'missing.*'",
		      "");
}
