#include "adapter/desk.h"

#include "adapter/desk_private.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "conf/conf.h"

#include <unistd.h>

static gboolean
open_files(desk *d, const char *home, GError **error)
{
	g_autofree char *files = g_build_filename(home, "desk-files", NULL);
	g_autofree char *tmp = g_build_filename(files, "tmp", NULL);

	if (!fsio_mkdirs(tmp, 0700, error))
		return FALSE;
	d->files = fsio_open_dir(files, error);
	if (d->files < 0)
		return FALSE;
	d->tmp = fsio_open_dir(tmp, error);
	if (d->tmp < 0)
		return FALSE;
	desk_file_tidy(d);
	return TRUE;
}

/* What people may type and attach stands in the site's settings; a desk without a site has the
 * defaults. */
static gboolean
read_limits(desk *d, const char *home, GError **error)
{
	g_autofree char *path = g_build_filename(home, "handsel.conf", NULL);
	g_autoptr(conf) c = fsio_exists(AT_FDCWD, path) ? conf_load(path, SET_SITE, error)
							: conf_new(path, SET_SITE);

	if (c == NULL)
		return FALSE;
	d->field_max = (gsize)conf_int(c, "limit.field");
	d->file_max = (guint64)conf_int(c, "limit.file");
	return TRUE;
}

desk *
desk_open(const char *home, const char *user, gboolean make, GError **error)
{
	g_autofree char *path = g_build_filename(home, "desk.db", NULL);

	if (!make && !fsio_exists(AT_FDCWD, path)) {
		fail_set(error, FAIL_CONFIG, "no desk at %s; handsel init makes one", path);
		return NULL;
	}

	g_autoptr(desk) d = g_new0(desk, 1);
	d->files = d->tmp = -1;
	d->user = g_strdup(user);
	d->staged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	d->db = db_open(path, desk_schema, error);
	if (d->db == NULL || !read_limits(d, home, error) || !open_files(d, home, error) ||
	    !desk_seed(d, error))
		return NULL;
	return g_steal_pointer(&d);
}

void
desk_close(desk *d)
{
	if (d == NULL)
		return;
	if (d->tmp >= 0)
		desk_file_unstage(d);
	desk_field_forget(d);
	db_close(d->db);
	if (d->files >= 0)
		close(d->files);
	if (d->tmp >= 0)
		close(d->tmp);
	g_clear_pointer(&d->staged, g_hash_table_unref);
	g_free(d->user);
	g_free(d);
}

static gboolean
end_transaction(desk *d, gboolean ok, GError **error)
{
	gboolean doomed = d->doomed;

	d->doomed = FALSE;
	d->depth = 0;
	desk_field_forget(d);
	ok = ok && db_commit(d->db, error);
	if (!ok && db_in_transaction(d->db))
		db_rollback(d->db);
	if (ok && doomed)
		desk_file_sweep(d);
	return ok;
}

gboolean
desk_enter(desk *d, GError **error)
{
	/* SQLite itself rolls back when the disk is full; what follows must not stand alone. */
	if (d->depth > 0 && !db_in_transaction(d->db)) {
		fail_set(error, FAIL_RETRY, "the desk's transaction was rolled back");
		return FALSE;
	}
	gboolean ok =
		d->depth == 0 ? db_begin(d->db, error) : db_run(d->db, error, "SAVEPOINT edit", "");
	if (ok)
		d->depth++;
	return ok;
}

gboolean
desk_leave(desk *d, gboolean ok, GError **error)
{
	if (d->depth <= 1)
		return end_transaction(d, ok, error);
	d->depth--;
	if (!ok) {
		/* An error here means that the whole transaction is gone, as the commit will tell.
		 */
		db_run(d->db, NULL, "ROLLBACK TO edit", "");
		desk_field_forget(d);
		error = NULL;
	}
	return db_run(d->db, error, "RELEASE edit", "") && ok;
}

gboolean
desk_begin(desk *d, GError **error)
{
	if (d->depth > 0) {
		fail_set(error, FAIL_BUG, "the desk has a transaction open already");
		return FALSE;
	}
	return desk_enter(d, error);
}

gboolean
desk_commit(desk *d, GError **error)
{
	if (d->depth != 1) {
		fail_set(error, FAIL_BUG, "the desk has no transaction to commit");
		return FALSE;
	}
	return end_transaction(d, TRUE, error);
}

void
desk_rollback(desk *d)
{
	if (d->depth > 0)
		end_transaction(d, FALSE, NULL);
}

gboolean
desk_look(desk *d, GError **error)
{
	/* Outside a transaction a savepoint is a deferred one: a snapshot for reading. */
	return d->depth > 0 || db_run(d->db, error, "SAVEPOINT look", "");
}

void
desk_looked(desk *d)
{
	g_autoptr(GError) ignored = NULL;

	if (d->depth > 0)
		return;
	/* A snapshot that stays open would keep the desk from writing. */
	if (!db_run(d->db, &ignored, "RELEASE look", ""))
		db_rollback(d->db);
	desk_field_forget(d);
}

void
desk_done(db_stmt *s)
{
	sqlite3_reset(s);
}

gboolean
desk_history(desk *d, gint64 lid, const char *what, const json_t *old_value,
	     const json_t *new_value, GError **error)
{
	g_autofree char *at = clock_stamp_now();
	g_autofree char *was = json_is_null(old_value) ? NULL : json_text(old_value);
	g_autofree char *now = json_is_null(new_value) ? NULL : json_text(new_value);

	return db_run(d->db, error,
		      "INSERT INTO history(item, at, who, what, old, new) VALUES(?,?,?,?,?,?)",
		      "isssss", lid, at, d->user, what, was, now);
}
