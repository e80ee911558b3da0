#include "store/store.h"

#include "store/schema.h"
#include "store/store_private.h"

static store *
wrap(db *handle)
{
	if (handle == NULL)
		return NULL;
	store *s = g_new0(store, 1);
	s->db = handle;
	return s;
}

store *
store_open(const char *link_dir, gboolean make, GError **error)
{
	g_autofree char *path = g_build_filename(link_dir, "state.db", NULL);

	if (!make && !g_file_test(path, G_FILE_TEST_EXISTS)) {
		fail_set(error, FAIL_CONFIG, "%s: the link's state is missing; restore a backup",
			 path);
		return NULL;
	}
	return wrap(db_open(path, store_schema, error));
}

store *
store_open_readonly(const char *link_dir, GError **error)
{
	g_autofree char *path = g_build_filename(link_dir, "state.db", NULL);

	return wrap(db_open_readonly(path, store_schema, error));
}

gboolean
store_copy(const char *from, const char *to, GError **error)
{
	return db_copy(from, to, error);
}

gboolean
store_check(store *s, char **ret_trouble, GError **error)
{
	db_stmt *q = db_query(s->db, error, "PRAGMA quick_check(1)", "");

	if (q == NULL || db_next(s->db, q, error) != 1)
		return FALSE;
	*ret_trouble = g_strcmp0(db_text(q, 0), "ok") == 0 ? NULL : g_strdup(db_text(q, 0));
	return db_next(s->db, q, error) >= 0;
}

void
store_close(store *s)
{
	if (s == NULL)
		return;
	db_close(s->db);
	g_free(s);
}

gboolean
store_begin(store *s, GError **error)
{
	return db_begin(s->db, error);
}

void
store_doubt(store *s, GError *why)
{
	db_doubt(s->db, why);
}

gboolean
store_heard(store *s, GError **error)
{
	return db_heard(s->db, error);
}

gboolean
store_commit(store *s, GError **error)
{
	return db_commit(s->db, error);
}

void
store_rollback(store *s)
{
	db_rollback(s->db);
}

char *
store_get(store *s, const char *key)
{
	db_stmt *q = db_query(s->db, NULL, "SELECT value FROM meta WHERE key = ?", "s", key);

	if (q == NULL || db_next(s->db, q, NULL) != 1)
		return NULL;
	return g_strdup(db_text(q, 0));
}

gboolean
store_put(store *s, const char *key, const char *value, GError **error)
{
	if (value == NULL)
		return db_run(s->db, error, "DELETE FROM meta WHERE key = ?", "s", key);
	return db_run(s->db, error, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "ss", key, value);
}

guint64
store_get_u64(store *s, const char *key)
{
	gint64 n = 0;

	if (!db_get_i64(s->db, &n, NULL, "SELECT value FROM meta WHERE key = ?", "s", key) || n < 0)
		return 0;
	return (guint64)n;
}

gboolean
store_put_u64(store *s, const char *key, guint64 value, GError **error)
{
	return db_run(s->db, error, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "su", key, value);
}

gboolean
store_expire(store *s, const char *prefix, gint64 before, GError **error)
{
	g_autofree char *end = g_strconcat(prefix, "\x7f", NULL);

	return db_run(s->db, error,
		      "DELETE FROM meta WHERE key >= ? AND key < ? AND CAST(value AS INTEGER) < ?",
		      "ssi", prefix, end, before);
}
