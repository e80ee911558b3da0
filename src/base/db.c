#include "base/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/db_private.h"
#include "base/fail.h"
#include "base/fault.h"

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

/* A full disk may break any file beside the database first, which SQLite tells as other trouble. */
static int
cause_of(db *d, int rc)
{
	int errnum = sqlite3_system_errno(d->handle);

	if ((rc & 0xff) != SQLITE_IOERR && (rc & 0xff) != SQLITE_CANTOPEN)
		return rc;
	return errnum == ENOSPC || errnum == EDQUOT ? SQLITE_FULL : rc;
}

void
db_fail(db *d, int rc, const char *sql, GError **error)
{
	rc = cause_of(d, rc);
	fail class = class_of(rc);
	const char *why =
		sqlite3_errcode(d->handle) == rc ? sqlite3_errmsg(d->handle) : sqlite3_errstr(rc);

	if (class == FAIL_BUG && sql != NULL)
		fail_set(error, FAIL_BUG, "database %s: %s (in: %s)", d->path, why, sql);
	else
		fail_set(error, (int)class, "database %s: %s%s", d->path, why, hint_of(rc));
}

/*
 * Some reads have no error to tell and take a failure for "there is none".  What is then done by it
 * must not become durable: the next call that can tell an error tells that one.
 */
static void
keep_unheard(db *d, GError *e, GError **error)
{
	if (error != NULL)
		g_propagate_error(error, e);
	else if (d->unheard == NULL)
		d->unheard = e;
	else
		g_error_free(e);
}

void
db_doubt(db *d, GError *why)
{
	keep_unheard(d, why, NULL);
}

gboolean
db_heard(db *d, GError **error)
{
	if (error == NULL || d->unheard == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&d->unheard));
	return FALSE;
}

/* Without a fault point: where a failure is to come in is the caller's. */
static gboolean
exec(db *d, const char *sql, GError **error)
{
	int rc = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return TRUE;
	db_fail(d, rc, sql, error);
	return FALSE;
}

gboolean
db_exec(db *d, const char *sql, GError **error)
{
	return db_heard(d, error) && fault_pass("db-exec", error) && exec(d, sql, error);
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

void
db_reset(db *d, db_stmt *stmt)
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
	if (!db_heard(d, error) || !fault_pass("db-begin", error))
		return FALSE;
	reset_all(d);
	return exec(d, "BEGIN IMMEDIATE", error);
}

void
db_rollback(db *d)
{
	reset_all(d);
	if (!db_in_transaction(d))
		return;
	sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
	/* Gone with what was done by it. */
	g_clear_error(&d->unheard);
}

gboolean
db_commit(db *d, GError **error)
{
	reset_all(d);
	if (db_heard(d, error) && fault_pass("db-commit", error) && exec(d, "COMMIT", error))
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
		db_reset(d, stmt);
		sqlite3_clear_bindings(stmt);
		return stmt;
	}
	int rc = sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
	if (rc != SQLITE_OK) {
		db_fail(d, rc, sql, error);
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

/* Only what is written outside a transaction may be there after a death. */
static gboolean
pass(const db *d, db_stmt *stmt, GError **error)
{
	return sqlite3_stmt_readonly(stmt) || db_in_transaction(d) ? fault_look("db-query", error)
								   : fault_pass("db-write", error);
}

static db_stmt *
prepare_bound(db *d, GError **error, const char *sql, const char *format, va_list args)
{
	db_stmt *stmt = prepare(d, sql, error);

	if (stmt == NULL || !pass(d, stmt, error))
		return NULL;
	int rc = bind_all(stmt, format, args);
	if (rc == SQLITE_RANGE || rc == SQLITE_MISUSE) {
		fail_set(error, FAIL_BUG, "database %s: arguments that do not fit (in: %s)",
			 d->path, sql);
		return NULL;
	}
	if (rc != SQLITE_OK) {
		db_fail(d, rc, sql, error);
		return NULL;
	}
	g_hash_table_add(d->live, stmt);
	return stmt;
}

static db_stmt *
query(db *d, GError **error, const char *sql, const char *format, va_list args)
{
	GError *e = NULL;

	if (!db_heard(d, error))
		return NULL;
	db_stmt *stmt = prepare_bound(d, &e, sql, format, args);
	if (stmt == NULL)
		keep_unheard(d, e, error);
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
	if (rc != SQLITE_DONE) {
		GError *e = NULL;

		db_fail(d, rc, sqlite3_sql(stmt), &e);
		keep_unheard(d, e, error);
	}
	db_reset(d, stmt);
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
		db_reset(d, stmt);
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
		db_reset(d, stmt);
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
	g_clear_error(&d->unheard);
	g_free(d->path);
	g_free(d);
}
