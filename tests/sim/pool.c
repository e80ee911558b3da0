/*
 * Databases that stay open: opening one, reading its schema and preparing its statements costs much
 * more than what a pass then does with it.
 *
 * As in machine.c, functions of the library take the place of SQLite's: what is closed goes on as
 * an idle connection, which whoever opens the same file next gets, its statements prepared.
 */
#include "tests/sim/sim.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define TAIL_BLANKS " \t\n;" /* what may follow a statement */

typedef struct {
	sqlite3 *handle;
	char *path;
	int flags;
	dev_t dev;
	ino_t ino;
	gboolean idle;
	GHashTable *used;  /* statements */
	GHashTable *spare; /* their text -> statement */
	GHashTable *set;   /* pragmas that have been executed */
} connection;

static GPtrArray *kept;
static gboolean closing; /* what is closed is closed */

int sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs);
int sqlite3_close(sqlite3 *handle);
int sqlite3_prepare_v3(sqlite3 *handle, const char *sql, int len, unsigned flags,
		       sqlite3_stmt **ret, const char **ret_tail);
int sqlite3_finalize(sqlite3_stmt *stmt);
int sqlite3_exec(sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
		 void *data, char **ret_error);

/* SQLite's own function of this NAME, once looked up. */
#define REAL(function)                                                                             \
	__extension__({                                                                            \
		static __typeof__(&(function)) real;                                               \
		if (real == NULL)                                                                  \
			*(void **)&real = dlsym(RTLD_NEXT, #function);                             \
		real;                                                                              \
	})

static connection *
find(const sqlite3 *handle)
{
	for (guint i = 0; kept != NULL && i < kept->len; i++) {
		connection *c = kept->pdata[i];

		if (c->handle == handle)
			return c;
	}
	return NULL;
}

static void
connection_free(gpointer data)
{
	connection *c = data;
	GHashTableIter i;
	gpointer stmt;

	g_hash_table_iter_init(&i, c->spare);
	while (g_hash_table_iter_next(&i, NULL, &stmt))
		REAL(sqlite3_finalize)(stmt);
	g_hash_table_unref(c->spare);
	g_hash_table_unref(c->used);
	g_hash_table_unref(c->set);
	REAL(sqlite3_close)(c->handle);
	g_free(c->path);
	g_free(c);
}

/* Another file may have come to bear the name. */
static gboolean
is_still(const connection *c)
{
	struct stat st;

	return fstatat(AT_FDCWD, c->path, &st, 0) == 0 && st.st_dev == c->dev &&
	       st.st_ino == c->ino;
}

static connection *
take_idle(const char *path, int flags)
{
	for (guint i = 0; i < kept->len; i++) {
		connection *c = kept->pdata[i];

		if (!c->idle || c->flags != flags || strcmp(c->path, path) != 0)
			continue;
		if (is_still(c))
			return c;
		g_ptr_array_remove_index_fast(kept, i--);
	}
	return NULL;
}

static void
keep(sqlite3 *handle, const char *path, int flags)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, 0) != 0)
		return;
	connection *c = g_new0(connection, 1);
	c->handle = handle;
	c->path = g_strdup(path);
	c->flags = flags;
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	c->used = g_hash_table_new(NULL, NULL);
	c->spare = g_hash_table_new(g_str_hash, g_str_equal);
	c->set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_ptr_array_add(kept, c);
}

int
sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	if (closing)
		return REAL(sqlite3_open_v2)(path, ret, flags, vfs);
	if (kept == NULL)
		kept = g_ptr_array_new_with_free_func(connection_free);
	connection *c = take_idle(path, flags);
	if (c != NULL) {
		c->idle = FALSE;
		*ret = c->handle;
		return SQLITE_OK;
	}
	int rc = REAL(sqlite3_open_v2)(path, ret, flags, vfs);
	if (rc == SQLITE_OK)
		keep(*ret, path, flags);
	return rc;
}

int
sqlite3_close(sqlite3 *handle)
{
	connection *c = find(handle);

	if (c == NULL)
		return REAL(sqlite3_close)(handle);
	if (closing || !g_str_has_suffix(c->path, ".db")) {
		g_ptr_array_remove_fast(kept, c);
		return SQLITE_OK;
	}
	if (!sqlite3_get_autocommit(handle))
		sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
	c->idle = TRUE;
	return SQLITE_OK;
}

int
sqlite3_prepare_v3(sqlite3 *handle, const char *sql, int len, unsigned flags, sqlite3_stmt **ret,
		   const char **ret_tail)
{
	connection *c = flags & SQLITE_PREPARE_PERSISTENT ? find(handle) : NULL;
	sqlite3_stmt *spare = c == NULL ? NULL : g_hash_table_lookup(c->spare, sql);

	if (spare != NULL) {
		g_hash_table_remove(c->spare, sql);
		g_hash_table_add(c->used, spare);
		*ret = spare;
		*ret_tail = sql + strlen(sql);
		return SQLITE_OK;
	}
	int rc = REAL(sqlite3_prepare_v3)(handle, sql, len, flags, ret, ret_tail);
	if (rc == SQLITE_OK && c != NULL && *ret != NULL &&
	    (*ret_tail)[strspn(*ret_tail, TAIL_BLANKS)] == '\0')
		g_hash_table_add(c->used, *ret);
	return rc;
}

int
sqlite3_finalize(sqlite3_stmt *stmt)
{
	connection *c = stmt == NULL ? NULL : find(sqlite3_db_handle(stmt));

	if (c == NULL || !g_hash_table_remove(c->used, stmt) || closing ||
	    g_hash_table_contains(c->spare, sqlite3_sql(stmt)))
		return REAL(sqlite3_finalize)(stmt);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	g_hash_table_insert(c->spare, (gpointer)sqlite3_sql(stmt), stmt);
	return SQLITE_OK;
}

/* A pragma is set already; to set it again would make SQLite prepare all statements anew. */
int
sqlite3_exec(sqlite3 *handle, const char *sql, int (*row)(void *, int, char **, char **),
	     void *data, char **ret_error)
{
	connection *c = g_str_has_prefix(sql, "PRAGMA ") ? find(handle) : NULL;

	if (c != NULL && g_hash_table_contains(c->set, sql))
		return SQLITE_OK;
	int rc = REAL(sqlite3_exec)(handle, sql, row, data, ret_error);
	if (rc == SQLITE_OK && c != NULL)
		g_hash_table_add(c->set, g_strdup(sql));
	return rc;
}

void
pool_keep(gboolean on)
{
	closing = !on;
}

void
pool_close(const char *below)
{
	for (guint i = 0; kept != NULL && i < kept->len; i++) {
		const connection *c = kept->pdata[i];

		if (c->idle && g_str_has_prefix(c->path, below))
			g_ptr_array_remove_index_fast(kept, i--);
	}
}

/* Nothing more is written: what was not committed is gone, and the log is left to the next. */
static void
leave(connection *c)
{
	GHashTableIter i;
	gpointer stmt;

	sqlite3_db_config(c->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	g_hash_table_iter_init(&i, c->used);
	while (g_hash_table_iter_next(&i, &stmt, NULL))
		REAL(sqlite3_finalize)(stmt);
}

void
pool_die(const char *below)
{
	for (guint i = 0; kept != NULL && i < kept->len; i++) {
		connection *c = kept->pdata[i];

		if (g_str_has_prefix(c->path, below))
			leave(c);
	}
	if (kept != NULL)
		g_ptr_array_set_size(kept, 0);
}
