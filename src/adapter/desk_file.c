#include "adapter/desk_private.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"

#include <string.h>
#include <unistd.h>

#define TIDY_MAX 10000 /* names looked at in one go */

gboolean
desk_sha_valid(const char *sha256)
{
	return sha256 != NULL && strlen(sha256) == FSIO_SHA_LEN &&
	       strspn(sha256, "0123456789abcdef") == FSIO_SHA_LEN;
}

int
desk_file_open(desk *d, const char *sha256, guint64 *ret_size, GError **error)
{
	struct stat st;

	if (!desk_sha_valid(sha256) || !fsio_exists(d->files, sha256)) {
		fail_set(error, REASON_NO_CONTENT, "the desk has no file %s", sha256);
		return -1;
	}
	int fd = fsio_open_own(d->files, sha256, error);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0) {
		fail_set(error, FAIL_RETRY, "file %s cannot be looked at", sha256);
		close(fd);
		return -1;
	}
	if (ret_size != NULL)
		*ret_size = (guint64)st.st_size;
	return fd;
}

/* Copies FROM to a durable file in tmp. */
static gboolean
copy_to_tmp(desk *d, int from, guint64 limit, char **ret_name, char **ret_sha, guint64 *ret_size,
	    GError **error)
{
	g_autofree char *name = NULL;
	int to = fsio_tmp(d->tmp, &name, error);

	if (to < 0)
		return FALSE;
	/* Synced here, so that a name in desk-files never stands for bytes that may be lost. */
	gboolean ok = fsio_copy(from, to, limit, ret_size, ret_sha, error) && fsio_sync(to, error);
	close(to);
	if (ok)
		*ret_name = g_steal_pointer(&name);
	else
		fsio_remove(d->tmp, name, NULL);
	return ok;
}

gboolean
desk_file_stage_fd(desk *d, int fd, char **ret_sha, guint64 *ret_size, GError **error)
{
	g_autofree char *name = NULL, *sha = NULL;

	if (!copy_to_tmp(d, fd, d->file_max, &name, &sha, ret_size, error))
		return FALSE;
	*ret_sha = g_strdup(sha);
	g_hash_table_insert(d->staged, g_steal_pointer(&sha), g_steal_pointer(&name));
	return TRUE;
}

static gboolean
content_differs(const char *sha256, GError **error)
{
	fail_set(error, REASON_CONTENT, "the content of file %s is not what its size and hash say",
		 sha256);
	return FALSE;
}

/* Copies the content FD of SHA256 in and checks it. */
static gboolean
stage_checked(desk *d, int fd, const char *sha256, guint64 size, GError **error)
{
	g_autofree char *name = NULL, *sha = NULL;
	g_autoptr(GError) e = NULL;
	guint64 n = 0;

	if (!copy_to_tmp(d, fd, size, &name, &sha, &n, &e)) {
		if (fail_is(e, REASON_TOO_LARGE))
			return content_differs(sha256, error);
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	if (n != size || strcmp(sha, sha256) != 0) {
		fsio_remove(d->tmp, name, NULL);
		return content_differs(sha256, error);
	}
	g_hash_table_insert(d->staged, g_steal_pointer(&sha), g_steal_pointer(&name));
	return TRUE;
}

gboolean
desk_file_stage(desk *d, const char *sha256, guint64 size, adapter_content *content, gpointer data,
		GError **error)
{
	g_autoptr(GError) e = NULL;

	if (g_hash_table_contains(d->staged, sha256))
		return TRUE;

	int fd = content != NULL ? content(sha256, data, &e) : -1;
	/* Trouble of the moment is no reason to go without the file. */
	if (fd < 0 && fail_is(e, FAIL_RETRY)) {
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	if (fd < 0) {
		fail_set(error, REASON_NO_CONTENT, "the content of file %s is not here%s%s", sha256,
			 e != NULL ? ": " : "", e != NULL ? e->message : "");
		return FALSE;
	}
	gboolean ok = fsio_exists(d->files, sha256) || stage_checked(d, fd, sha256, size, error);
	close(fd);
	return ok;
}

static gboolean
check_size(desk *d, const char *sha256, guint64 size, GError **error)
{
	guint64 has = 0;
	int fd = desk_file_open(d, sha256, &has, error);

	if (fd < 0)
		return FALSE;
	close(fd);
	return has == size || content_differs(sha256, error);
}

gboolean
desk_file_place(desk *d, const char *sha256, guint64 size, GError **error)
{
	const char *name = g_hash_table_lookup(d->staged, sha256);

	if (fsio_exists(d->files, sha256) || name == NULL)
		return check_size(d, sha256, size, error);

	/*
	 * The name is durable before the row that needs it is committed.  Should that never
	 * happen, a file is left that nothing refers to: it costs space and harms nothing.
	 */
	if (!fsio_rename(d->tmp, name, d->files, sha256, FSIO_REPLACE | FSIO_SYNC, error))
		return FALSE;
	g_hash_table_remove(d->staged, sha256);
	return check_size(d, sha256, size, error);
}

void
desk_file_unstage(desk *d)
{
	GHashTableIter i;
	gpointer name;

	g_hash_table_iter_init(&i, d->staged);
	while (g_hash_table_iter_next(&i, NULL, &name))
		fsio_remove(d->tmp, name, NULL);
	g_hash_table_remove_all(d->staged);
}

gboolean
desk_file_doom(desk *d, const char *sha256, GError **error)
{
	d->doomed = TRUE;
	return db_run(d->db, error, "INSERT OR IGNORE INTO doomed(sha256) VALUES(?)", "s", sha256);
}

static GPtrArray *
doomed_files(desk *d, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	db_stmt *s = db_query(d->db, error,
			      "SELECT sha256 FROM doomed o WHERE NOT EXISTS "
			      "(SELECT 1 FROM thing t WHERE t.sha256 = o.sha256)",
			      "");
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1)
		g_ptr_array_add(all, g_strdup(db_text(s, 0)));
	return step == 0 ? g_steal_pointer(&all) : NULL;
}

/* Under the write lock: nobody can begin to need a file while it is being removed. */
static gboolean
sweep_locked(desk *d, GError **error)
{
	g_autoptr(GPtrArray) all = doomed_files(d, error);

	if (all == NULL)
		return FALSE;
	for (guint i = 0; i < all->len; i++)
		if (!fsio_remove(d->files, all->pdata[i], error))
			return FALSE;
	return db_run(d->db, error, "DELETE FROM doomed", "");
}

/* Whatever fails: they are doomed still, for the next time. */
void
desk_file_sweep(desk *d)
{
	g_autoptr(GError) ignored = NULL;

	if (!db_begin(d->db, &ignored))
		return;
	if (!sweep_locked(d, &ignored) || !db_commit(d->db, NULL))
		db_rollback(d->db);
}

void
desk_file_tidy(desk *d)
{
	g_autoptr(GPtrArray) names = fsio_list(d->tmp, TIDY_MAX, NULL);
	struct stat st;

	for (guint i = 0; names != NULL && i < names->len; i++)
		if (fstatat(d->tmp, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    clock_now() - st.st_mtime > DESK_TMP_AGE)
			fsio_remove(d->tmp, names->pdata[i], NULL);
}
