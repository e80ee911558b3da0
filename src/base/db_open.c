#include "base/db_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/guard.h"

#define BUSY_MS 5000

static void
finalize(gpointer stmt)
{
	sqlite3_finalize(stmt);
}

/* SQLite refuses a symbolic link anywhere in the path; only the file itself matters here. */
static char *
real_path(const char *path, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);
	char *real = realpath(dir, NULL);

	if (real == NULL) {
		fail_errno(error, errno, "cannot open database %s", path);
		return NULL;
	}
	char *whole = g_build_filename(real, name, NULL);
	free(real);
	return whole;
}

static db *
open_handle(const char *path, int flags, GError **error)
{
	g_autofree char *real = fault_pass("db-open", error) ? real_path(path, error) : NULL;

	if (real == NULL)
		return NULL;
	g_autoptr(db) d = g_new0(db, 1);
	d->path = g_strdup(path);
	d->cache = g_hash_table_new_full(NULL, NULL, NULL, finalize);
	d->live = g_hash_table_new(NULL, NULL);
	int rc = sqlite3_open_v2(real, &d->handle,
				 flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK) {
		db_fail(d, rc, NULL, error);
		return NULL;
	}
	sqlite3_busy_timeout(d->handle, BUSY_MS);
	sqlite3_db_config(d->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return g_steal_pointer(&d);
}

/*
 * SQLite would make the file by the umask; the -wal and -shm files take after it.  O_EXCL,
 * because closing a descriptor of a file that is a database already would drop the locks of
 * every connection of this process to it.
 */
static gboolean
make_private(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		int dir = fsio_open_dir(parent, error);
		gboolean ok = dir >= 0 && fsio_sync(dir, error);
		if (dir >= 0)
			close(dir);
		return ok;
	}
	if (errno != EEXIST) {
		fail_errno(error, errno, "cannot make database %s", path);
		return FALSE;
	}
	return TRUE;
}

/*
 * Are the database at PATH and what SQLite keeps beside it this user's alone?  They are not closed
 * here: somebody may have read them, and the operator shall know.  Files that were made by SQLite
 * are as private as the database; others have been copied there.
 */
static gboolean
check_private(const char *path, GError **error)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);
		struct stat st;

		if (lstat(file, &st) == 0 && !guard_mode(&st, file, GUARD_OWN, error)) {
			g_prefix_error(error, "database ");
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
pragmas(db *d, GError **error)
{
	db_stmt *stmt = db_query(d, error, "PRAGMA journal_mode = WAL", "");

	if (stmt == NULL || db_next(d, stmt, error) < 0)
		return FALSE;
	gboolean wal = g_strcmp0(db_text(stmt, 0), "wal") == 0;
	db_reset(d, stmt);
	if (!wal) {
		fail_set(error, FAIL_CONFIG,
			 "database %s: its file system cannot share memory; put it on a local disk",
			 d->path);
		return FALSE;
	}
	/* A group of some thousand rows shall not spill out of the cache before it is committed. */
	return db_exec(d,
		       "PRAGMA synchronous = FULL; PRAGMA cache_size = -12288;"
		       "PRAGMA wal_autocheckpoint = 4000",
		       error);
}

/* FALSE if the database is of a version this program does not know. */
static gboolean
version_of(db *d, const char *const *versions, gint64 *ret_have, gint64 *ret_want, GError **error)
{
	gint64 have = 0, want = (gint64)g_strv_length((char **)versions);

	if (!db_get_i64(d, &have, error, "PRAGMA user_version", ""))
		return FALSE;
	if (have > want || have < 0) {
		fail_set(error, FAIL_CONFIG,
			 "database %s is of version %" G_GINT64_FORMAT
			 ", this program knows %" G_GINT64_FORMAT
			 "; install the newer program, or go back to the copy made before the "
			 "update",
			 d->path, have, want);
		return FALSE;
	}
	*ret_have = have;
	*ret_want = want;
	return TRUE;
}

/*
 * The same pages in the file PATH.  Read by a connection of its own, because the pages of one that
 * writes cannot be copied; what it reads is as of one moment, whoever writes meanwhile.
 */
static gboolean
copy_pages(const char *source, const char *path, GError **error)
{
	g_autoptr(db) from = open_handle(source, SQLITE_OPEN_READONLY, error);
	g_autoptr(db) to = from == NULL ? NULL : open_handle(path, SQLITE_OPEN_READWRITE, error);

	if (to == NULL)
		return FALSE;
	sqlite3_backup *b = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	if (b != NULL) {
		sqlite3_backup_step(b, -1);
		sqlite3_backup_finish(b);
	}
	int rc = sqlite3_errcode(to->handle);
	if (rc == SQLITE_OK)
		return TRUE;
	db_fail(to, rc, NULL, error);
	return FALSE;
}

static gboolean
copy_into(const char *source, int dir, const char *parent, const char *name, GError **error)
{
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(dir, &tmp, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	g_autofree char *path = g_build_filename(parent, tmp, NULL);
	gboolean ok = copy_pages(source, path, error);
	fd = ok ? fsio_open_own(dir, tmp, error) : -1;
	/* The copy must be whole on the disk before it bears its name, and before the update. */
	ok = fd >= 0 && fsio_sync(fd, error) &&
	     fsio_rename(dir, tmp, dir, name, FSIO_REPLACE | FSIO_SYNC, error);
	if (fd >= 0)
		close(fd);
	if (!ok)
		fsio_remove(dir, tmp, NULL);
	return ok;
}

gboolean
db_copy(const char *from, const char *to, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(to);
	g_autofree char *name = g_path_get_basename(to);
	int dir = fsio_open_dir(parent, error);

	if (dir < 0)
		return FALSE;
	gboolean ok = copy_into(from, dir, parent, name, error);
	close(dir);
	return ok;
}

/* Copies the database beside itself. */
static gboolean
keep_copy(db *d, gint64 version, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s.before-v%" G_GINT64_FORMAT, d->path, version);

	return db_copy(d->path, path, error);
}

static gboolean
run_versions(db *d, const char *const *versions, gint64 have, gint64 want, GError **error)
{
	gint64 orphans = 0;
	g_autofree char *stamp = g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT, want);

	for (gint64 v = have; v < want; v++)
		if (!db_exec(d, versions[v], error))
			return FALSE;
	/* Foreign keys are off while tables are rebuilt, so they are checked once, here. */
	if (!db_get_i64(d, &orphans, error, "SELECT count(*) FROM pragma_foreign_key_check", ""))
		return FALSE;
	if (orphans > 0) {
		fail_set(error, FAIL_BUG,
			 "database %s: the update breaks %" G_GINT64_FORMAT " references", d->path,
			 orphans);
		return FALSE;
	}
	return db_exec(d, stamp, error);
}

/* What is still to be done, in the transaction that keeps every other process from doing it. */
static gboolean
migrate_locked(db *d, const char *const *versions, GError **error)
{
	gint64 have, want;

	if (!version_of(d, versions, &have, &want, error))
		return FALSE;
	if (have == want)
		return TRUE;
	if (have > 0 && !keep_copy(d, want, error))
		return FALSE;
	return run_versions(d, versions, have, want, error);
}

static gboolean
migrate(db *d, const char *const *versions, GError **error)
{
	gint64 have, want;

	if (!version_of(d, versions, &have, &want, error))
		return FALSE;
	if (have == want)
		return TRUE;
	if (!db_begin(d, error))
		return FALSE;
	if (migrate_locked(d, versions, error))
		return db_commit(d, error);
	db_rollback(d);
	return FALSE;
}

db *
db_open(const char *path, const char *const *versions, GError **error)
{
	if (!make_private(path, error) || !check_private(path, error))
		return NULL;
	g_autoptr(db) d = open_handle(path, SQLITE_OPEN_READWRITE, error);
	if (d == NULL || !pragmas(d, error) || !migrate(d, versions, error) ||
	    !db_exec(d, "PRAGMA foreign_keys = ON", error))
		return NULL;
	return g_steal_pointer(&d);
}

db *
db_open_readonly(const char *path, const char *const *versions, GError **error)
{
	gint64 have, want;

	if (!fsio_exists(AT_FDCWD, path)) {
		fail_set(error, FAIL_CONFIG, "database %s is not there", path);
		return NULL;
	}
	g_autoptr(db) d =
		check_private(path, error) ? open_handle(path, SQLITE_OPEN_READONLY, error) : NULL;
	if (d == NULL || !version_of(d, versions, &have, &want, error))
		return NULL;
	if (have == want)
		return g_steal_pointer(&d);
	fail_set(error, FAIL_CONFIG,
		 "database %s is of version %" G_GINT64_FORMAT
		 " and not yet brought up to %" G_GINT64_FORMAT
		 "; any command that writes does that",
		 path, have, want);
	return NULL;
}
