#include "base/db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

#define BUSY_MS 5000

struct db {
	sqlite3 *handle;
	char *path;
	GHashTable *cache; /* address of the SQL -> db_stmt */
	GHashTable *live;  /* set of db_stmt: queried and not yet at their end */
};

static fail
class_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_NOMEM:
	case SQLITE_INTERRUPT:
	case SQLITE_PROTOCOL:
		return FAIL_RETRY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return FAIL_CONFIG;
	default:
		return FAIL_BUG;
	}
}

static const char *
hint_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return "; free some space on its disk";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "; restore it from a backup";
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return "; see who owns it and its directory";
	default:
		return "";
	}
}

/* SQL is quoted only where the fault is in our program; it holds no values. */
static void
set_error(db *d, int rc, const char *sql, GError **error)
{
	fail class = class_of(rc);
	const char *why =
		sqlite3_errcode(d->handle) == rc ? sqlite3_errmsg(d->handle) : sqlite3_errstr(rc);

	if (class == FAIL_BUG && sql != NULL)
		fail_set(error, FAIL_BUG, "database %s: %s (in: %s)", d->path, why, sql);
	else
		fail_set(error, (int)class, "database %s: %s%s", d->path, why, hint_of(rc));
}

gboolean
db_exec(db *d, const char *sql, GError **error)
{
	int rc = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return TRUE;
	set_error(d, rc, sql, error);
	return FALSE;
}

/*
 * A statement left before its end keeps its snapshot, and a transaction that begins on
 * an old snapshot can never write.
 */
static void
reset_all(db *d)
{
	GHashTableIter i;
	gpointer stmt;

	g_hash_table_iter_init(&i, d->live);
	while (g_hash_table_iter_next(&i, &stmt, NULL))
		sqlite3_reset(stmt);
	g_hash_table_remove_all(d->live);
}

static void
reset(db *d, db_stmt *stmt)
{
	sqlite3_reset(stmt);
	g_hash_table_remove(d->live, stmt);
}

gboolean
db_in_transaction(const db *d)
{
	return !sqlite3_get_autocommit(d->handle);
}

gboolean
db_begin(db *d, GError **error)
{
	if (db_in_transaction(d)) {
		fail_set(error, FAIL_BUG, "database %s: a transaction inside another", d->path);
		return FALSE;
	}
	if (!fault_pass("db-begin", error))
		return FALSE;
	reset_all(d);
	return db_exec(d, "BEGIN IMMEDIATE", error);
}

void
db_rollback(db *d)
{
	reset_all(d);
	if (db_in_transaction(d))
		sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

gboolean
db_commit(db *d, GError **error)
{
	reset_all(d);
	if (fault_pass("db-commit", error) && db_exec(d, "COMMIT", error))
		return TRUE;
	db_rollback(d);
	return FALSE;
}

/* From the cache or new; NULL on error. */
static db_stmt *
prepare(db *d, const char *sql, GError **error)
{
	db_stmt *stmt = g_hash_table_lookup(d->cache, sql);
	const char *tail;

	if (stmt != NULL) {
		/* Text that moves would silently get another's statement. */
		g_assert(g_str_equal(sqlite3_sql(stmt), sql));
		reset(d, stmt);
		sqlite3_clear_bindings(stmt);
		return stmt;
	}
	int rc = sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
	if (rc != SQLITE_OK) {
		set_error(d, rc, sql, error);
		return NULL;
	}
	if (stmt == NULL || tail[strspn(tail, " \t\n;")] != '\0') {
		sqlite3_finalize(stmt);
		fail_set(error, FAIL_BUG, "database %s: not exactly one statement (in: %s)",
			 d->path, sql);
		return NULL;
	}
	g_hash_table_insert(d->cache, (gpointer)sql, stmt);
	return stmt;
}

static int
bind_bytes(db_stmt *stmt, int at, GBytes *bytes)
{
	gsize len;

	if (bytes == NULL)
		return sqlite3_bind_null(stmt, at);
	gconstpointer data = g_bytes_get_data(bytes, &len);
	/* An empty blob has no address, and no address would bind NULL. */
	return sqlite3_bind_blob64(stmt, at, len == 0 ? "" : data, len, SQLITE_TRANSIENT);
}

static int
bind_all(db_stmt *stmt, const char *format, va_list args)
{
	int rc = SQLITE_OK, at = 1;

	for (const char *f = format; *f != '\0' && rc == SQLITE_OK; f++, at++) {
		switch (*f) {
		case 's':
			rc = sqlite3_bind_text(stmt, at, va_arg(args, const char *), -1,
					       SQLITE_TRANSIENT);
			break;
		case 'i':
			rc = sqlite3_bind_int64(stmt, at, va_arg(args, gint64));
			break;
		case 'u': {
			guint64 u = va_arg(args, guint64);

			rc = u > G_MAXINT64 ? SQLITE_RANGE
					    : sqlite3_bind_int64(stmt, at, (gint64)u);
			break;
		}
		case 'b':
			rc = bind_bytes(stmt, at, va_arg(args, GBytes *));
			break;
		case 'n':
			rc = sqlite3_bind_null(stmt, at);
			break;
		default:
			rc = SQLITE_MISUSE;
		}
	}
	/* A parameter nobody binds is NULL, which is never meant. */
	if (rc == SQLITE_OK && at - 1 != sqlite3_bind_parameter_count(stmt))
		rc = SQLITE_RANGE;
	return rc;
}

static db_stmt *
query(db *d, GError **error, const char *sql, const char *format, va_list args)
{
	db_stmt *stmt = prepare(d, sql, error);

	if (stmt == NULL)
		return NULL;
	int rc = bind_all(stmt, format, args);
	if (rc != SQLITE_OK) {
		set_error(d, rc, sql, error);
		return NULL;
	}
	g_hash_table_add(d->live, stmt);
	return stmt;
}

db_stmt *
db_query(db *d, GError **error, const char *sql, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	db_stmt *stmt = query(d, error, sql, format, args);
	va_end(args);
	return stmt;
}

int
db_next(db *d, db_stmt *stmt, GError **error)
{
	/* A step would start it again from its first row. */
	if (!g_hash_table_contains(d->live, stmt)) {
		fail_set(error, FAIL_BUG, "database %s: a step behind the end (in: %s)", d->path,
			 sqlite3_sql(stmt));
		return -1;
	}
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		set_error(d, rc, sqlite3_sql(stmt), error);
	reset(d, stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

gboolean
db_run(db *d, GError **error, const char *sql, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	db_stmt *stmt = query(d, error, sql, format, args);
	va_end(args);
	if (stmt == NULL)
		return FALSE;
	int rc = db_next(d, stmt, error);
	if (rc == 1) {
		reset(d, stmt);
		fail_set(error, FAIL_BUG, "database %s: rows nobody takes (in: %s)", d->path, sql);
	}
	return rc == 0;
}

gboolean
db_get_i64(db *d, gint64 *ret, GError **error, const char *sql, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	db_stmt *stmt = query(d, error, sql, format, args);
	va_end(args);
	if (stmt == NULL)
		return FALSE;
	int rc = db_next(d, stmt, error);
	if (rc == 1) {
		*ret = sqlite3_column_int64(stmt, 0);
		reset(d, stmt);
	}
	return rc >= 0;
}

const char *
db_text(db_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

gint64
db_i64(db_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt, column);
}

gint64
db_last_id(const db *d)
{
	return sqlite3_last_insert_rowid(d->handle);
}

gint64
db_changes(const db *d)
{
	return sqlite3_changes64(d->handle);
}

void
db_close(db *d)
{
	if (d == NULL)
		return;
	g_hash_table_unref(d->live);
	g_hash_table_unref(d->cache);
	sqlite3_close(d->handle);
	g_free(d->path);
	g_free(d);
}

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
		fail_set(error, errno == ENOENT ? (int)FAIL_CONFIG : (int)FAIL_RETRY,
			 "cannot open database %s: %s", path, g_strerror(errno));
		return NULL;
	}
	char *whole = g_build_filename(real, name, NULL);
	free(real);
	return whole;
}

static db *
open_handle(const char *path, int flags, GError **error)
{
	g_autofree char *real = real_path(path, error);

	if (real == NULL)
		return NULL;
	g_autoptr(db) d = g_new0(db, 1);
	d->path = g_strdup(path);
	d->cache = g_hash_table_new_full(NULL, NULL, NULL, finalize);
	d->live = g_hash_table_new(NULL, NULL);
	int rc = sqlite3_open_v2(real, &d->handle,
				 flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc != SQLITE_OK) {
		set_error(d, rc, NULL, error);
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
	struct stat st;
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
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		chmod(path, 0600);
	return TRUE;
}

static gboolean
pragmas(db *d, GError **error)
{
	db_stmt *stmt = db_query(d, error, "PRAGMA journal_mode = WAL", "");

	if (stmt == NULL || db_next(d, stmt, error) < 0)
		return FALSE;
	gboolean wal = g_strcmp0(db_text(stmt, 0), "wal") == 0;
	reset(d, stmt);
	if (!wal) {
		fail_set(error, FAIL_CONFIG,
			 "database %s: its file system cannot share memory; put it on a local disk",
			 d->path);
		return FALSE;
	}
	return db_exec(d, "PRAGMA synchronous = FULL", error);
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

/* The same pages in the file PATH. */
static gboolean
copy_pages(db *d, const char *path, GError **error)
{
	g_autoptr(db) copy = open_handle(path, SQLITE_OPEN_READWRITE, error);

	if (copy == NULL)
		return FALSE;
	sqlite3_backup *b = sqlite3_backup_init(copy->handle, "main", d->handle, "main");
	if (b != NULL) {
		sqlite3_backup_step(b, -1);
		sqlite3_backup_finish(b);
	}
	int rc = sqlite3_errcode(copy->handle);
	if (rc == SQLITE_OK)
		return TRUE;
	set_error(copy, rc, NULL, error);
	return FALSE;
}

static gboolean
copy_into(db *d, int dir, const char *parent, const char *name, GError **error)
{
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(dir, &tmp, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	g_autofree char *path = g_build_filename(parent, tmp, NULL);
	gboolean ok = copy_pages(d, path, error);
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

/* Copies the database beside itself. */
static gboolean
keep_copy(db *d, gint64 version, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(d->path);
	g_autofree char *base = g_path_get_basename(d->path);
	g_autofree char *name = g_strdup_printf("%s.before-v%" G_GINT64_FORMAT, base, version);
	int dir = fsio_open_dir(parent, error);

	if (dir < 0)
		return FALSE;
	gboolean ok = copy_into(d, dir, parent, name, error);
	close(dir);
	return ok;
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

static gboolean
migrate(db *d, const char *const *versions, GError **error)
{
	gint64 have, want;

	if (!version_of(d, versions, &have, &want, error))
		return FALSE;
	if (have == want)
		return TRUE;
	if (have > 0 && !keep_copy(d, want, error))
		return FALSE;
	if (!db_begin(d, error))
		return FALSE;
	/* Another process may have done it while this one waited for its turn. */
	if (version_of(d, versions, &have, &want, error) &&
	    (have == want || run_versions(d, versions, have, want, error)))
		return db_commit(d, error);
	db_rollback(d);
	return FALSE;
}

db *
db_open(const char *path, const char *const *versions, GError **error)
{
	if (!make_private(path, error))
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
	g_autoptr(db) d = open_handle(path, SQLITE_OPEN_READONLY, error);

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
