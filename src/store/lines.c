#include "store/store_private.h"

gboolean
store_add_line(store *s, line_type type, const char *uid, guint64 gen, guint64 own,
	       const char *text, const char *note, GPtrArray *files, GError **error)
{
	if (!db_run(s->db, error,
		    "INSERT INTO line(type, uid, gen, own, size, text, note) VALUES(?,?,?,?,?,?,?)",
		    "isuuuss", (gint64)type, uid, gen, own, (guint64)strlen(text), text, note))
		return FALSE;
	guint64 seq = (guint64)db_last_id(s->db);
	for (guint i = 0; files != NULL && i < files->len; i++)
		if (!db_run(s->db, error, "INSERT OR IGNORE INTO line_file VALUES(?,?)", "us", seq,
			    files->pdata[i]))
			return FALSE;
	return TRUE;
}

gboolean
store_drop_lines(store *s, const char *uid, GError **error)
{
	return db_run(s->db, error, "DELETE FROM line WHERE uid = ? AND type = 0", "s", uid);
}

static void
line_free(gpointer p)
{
	store_line *l = p;

	g_free(l->uid);
	g_free(l->text);
	g_free(l->note);
	g_free(l);
}

GPtrArray *
store_lines(store *s, guint count, guint64 bytes, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(line_free);
	db_stmt *q = db_query(
		s->db, error,
		"SELECT seq, type, uid, gen, own, size, text, note FROM line ORDER BY seq LIMIT ?",
		"u", (guint64)count);
	guint64 sum = 0;
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		guint64 size = (guint64)db_i64(q, 5);

		if (all->len > 0 && sum + size > bytes)
			break;
		sum += size;
		store_line *l = g_new0(store_line, 1);
		l->seq = (guint64)db_i64(q, 0);
		l->type = (line_type)db_i64(q, 1);
		l->uid = g_strdup(db_text(q, 2));
		l->gen = (guint64)db_i64(q, 3);
		l->own = (guint64)db_i64(q, 4);
		l->size = size;
		l->text = g_strdup(db_text(q, 6));
		l->note = g_strdup(db_text(q, 7));
		g_ptr_array_add(all, l);
	}
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_drop_lines_upto(store *s, guint64 seq, GError **error)
{
	return db_run(s->db, error, "DELETE FROM line WHERE seq <= ?", "u", seq);
}

gboolean
store_count_lines(store *s, guint64 *ret, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(s->db, &n, error, "SELECT count(*) FROM line", ""))
		return FALSE;
	*ret = (guint64)n;
	return TRUE;
}

gboolean
store_count_records(store *s, const char *uid, guint64 *ret, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(s->db, &n, error, "SELECT count(*) FROM line WHERE uid = ? AND type = 0",
			"s", uid))
		return FALSE;
	*ret = (guint64)n;
	return TRUE;
}

GPtrArray *
store_line_files(store *s, guint64 seq, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	db_stmt *q = db_query(s->db, error, "SELECT DISTINCT sha256 FROM line_file WHERE seq <= ?",
			      "u", seq);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, g_strdup(db_text(q, 0)));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_add_big(store *s, const char *sha256, GError **error)
{
	return db_run(s->db, error, "INSERT OR IGNORE INTO big(sha256) VALUES(?)", "s", sha256);
}

char *
store_next_big(store *s)
{
	db_stmt *q = db_query(s->db, NULL, "SELECT sha256 FROM big ORDER BY seq LIMIT 1", "");

	return q != NULL && db_next(s->db, q, NULL) == 1 ? g_strdup(db_text(q, 0)) : NULL;
}

gboolean
store_drop_big(store *s, const char *sha256, GError **error)
{
	return db_run(s->db, error, "DELETE FROM big WHERE sha256 = ?", "s", sha256);
}
