/*
 * db_private - what the files of db share
 *
 * Included by db*.c only.
 */
#pragma once
#include "base/db.h"

struct db {
	sqlite3 *handle;
	char *path;
	GHashTable *cache; /* address of the SQL -> db_stmt */
	GHashTable *live;  /* set of db_stmt: queried and not yet at their end */
	GError *unheard;   /* of a read that had no error to tell; NULL: none */
};

/* Sets *ERROR for SQLite's RC.  SQL (NULL: unknown) is quoted only where the fault is in our
 * program; it holds no values. */
void db_fail(db *, int rc, const char *sql, GError **error);
/* Ends STMT before its last row. */
void db_reset(db *, db_stmt *);
