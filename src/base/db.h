/*
 * db - opening SQLite databases the way every module needs them
 *
 * WAL, synchronous FULL, foreign keys, no trusted schema, busy timeout 5 s.  A
 * database carries its schema version in user_version; opening it brings an
 * older one up to date after copying it beside itself (NAME.before-vN), and
 * refuses a newer one, and one that others may read or change.
 */
#pragma once
#include <glib.h>
#include <sqlite3.h>

typedef struct db db;
/* A prepared statement, owned by its db and reset at the next db_stmt() for the same text. */
typedef sqlite3_stmt db_stmt;

/* VERSIONS[i] is the SQL that leads from version i to i + 1; ended by NULL. */
db *db_open(const char *path, const char *const *versions, GError **error);
/* To look only: no migration, nothing is made.  A missing file is an error of class CONFIG. */
db *db_open_readonly(const char *path, const char *const *versions, GError **error);
void db_close(db *); /* NULL is a no-op; an open transaction is rolled back */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db, db_close)

/* Makes the file TO (0600, replaced) a durable copy of the database FROM as it is at one moment,
 * though others write to it meanwhile. */
gboolean db_copy(const char *from, const char *to, GError **error);

gboolean db_exec(db *, const char *sql, GError **error);
/* FALSE and its error, if a read failed whose caller did not take it (see db_query): to be asked
 * before something is done by reads that no rollback undoes. */
gboolean db_heard(db *, GError **error);
/* What goes into this database is by a read elsewhere that failed with WHY (takes it), as if the
 * read had been one of its own. */
void db_doubt(db *, GError *why);
/*
 * IMMEDIATE, so that a writer never fails half way.  They do not nest.  Begin, commit and rollback
 * end every statement that is still open, as an old snapshot would keep us from writing: its
 * columns are gone and its next db_next() is an error.
 */
gboolean db_begin(db *, GError **error);
/* Passes the fault point "db-commit".  Success means it survives power loss.  Failure rolls back.
 */
gboolean db_commit(db *, GError **error);
void db_rollback(db *);
gboolean db_in_transaction(const db *);

/*
 * Prepares SQL (a string literal: the cache goes by its address) or takes it from
 * the cache, and binds ARGS by FORMAT: one letter each, s text, i gint64, u guint64
 * (at most 2^63-1), b GBytes, n NULL without an argument.  A NULL string binds NULL.  NULL on
 * error.  A failure that the caller does not take (ERROR is NULL) is told by the next call that
 * can, so that nothing is committed that was done by a failed read.
 */
db_stmt *db_query(db *, GError **error, const char *sql, const char *format, ...);
/* Steps: 1 a row, 0 the end, -1 an error.  Behind the end there is no further step. */
int db_next(db *, db_stmt *, GError **error);
/* A statement that returns no row. */
gboolean db_run(db *, GError **error, const char *sql, const char *format, ...);
/* First column of the first row as a number; *RET untouched and TRUE if there is no row. */
gboolean db_get_i64(db *, gint64 *ret, GError **error, const char *sql, const char *format, ...);

const char *db_text(db_stmt *, int column); /* NULL for NULL; valid until the next step */
gint64 db_i64(db_stmt *, int column);
gint64 db_last_id(const db *);
gint64 db_changes(const db *);
