#include "base/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio_private.h"
#include "base/mutant.h"

#define TREE_DEPTH   100  /* directories inside each other that are gone through */
#define TREE_BATCH   1000 /* names held in memory at a time */
#define LOCK_STEP_MS 20

int
fsio_open_dir(const char *path, GError **error)
{
	return fsio_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, error);
}

/* The directory that NAME in DIR lies in, as a descriptor of its own; *RET_BASE is a part of
 * NAME. */
static int
open_parent(int dir, const char *name, const char **ret_base, GError **error)
{
	if (!fsio_check_name(dir, name, error))
		return -1;
	g_autofree char *parent = g_path_get_dirname(name);
	int fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fsio_fail(error, errno, "cannot open", dir, parent);
		return -1;
	}
	const char *slash = strrchr(name, '/');
	*ret_base = slash == NULL ? name : slash + 1;
	return fd;
}

static gboolean
sync_parent(int dir, const char *name, GError **error)
{
	const char *base;
	int fd = open_parent(dir, name, &base, error);

	if (fd < 0)
		return FALSE;
	gboolean ok = fsio_sync(fd, error);
	close(fd);
	return ok;
}

static gboolean
make_dir(const char *path, mode_t mode, GError **error)
{
	struct stat st;

	/* Looked at first: an existing one may answer EROFS or EACCES just as well as EEXIST. */
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return TRUE;
	if (!fault_pass("mkdir", error))
		return FALSE;
	if (mkdir(path, mode) == 0)
		return sync_parent(AT_FDCWD, path, error);
	int errnum = errno;
	/* Somebody else was faster, or it is something else. */
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return TRUE;
		errnum = ENOTDIR;
	}
	fsio_fail(error, errnum, "cannot make directory", AT_FDCWD, path);
	return FALSE;
}

gboolean
fsio_mkdirs(const char *path, mode_t mode, GError **error)
{
	struct stat st;

	/* Mostly it is there already. */
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return TRUE;
	g_autofree char *part = g_strdup(path);
	gsize len = strlen(part);

	while (len > 1 && part[len - 1] == '/')
		part[--len] = '\0';
	for (char *p = part; *p != '\0'; p++) {
		if (*p != '/' || p == part || p[-1] == '/')
			continue;
		*p = '\0';
		gboolean ok = make_dir(part, mode, error);
		*p = '/';
		if (!ok)
			return FALSE;
	}
	return make_dir(part, mode, error);
}

static GQuark exists_quark(void);
G_DEFINE_QUARK(handsel - exists, exists)

gboolean
fsio_exists_error(const GError *error)
{
	return g_error_matches(error, exists_quark(), EEXIST);
}

/* For file systems without RENAME_NOREPLACE.  A crash in between leaves both names. */
static int
rename_by_link(int from_dir, const char *from, int to_dir, const char *to)
{
	if (linkat(from_dir, from, to_dir, to, 0) != 0)
		return -1;
	return unlinkat(from_dir, from, 0);
}

/* 0, or -1 and errno. */
static int
rename_once(int from_dir, const char *from, int to_dir, const char *to, gboolean replace)
{
	if (replace)
		return renameat(from_dir, from, to_dir, to);
	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return rename_by_link(from_dir, from, to_dir, to);
}

/* The target first: losing the old name is harmless, losing the new one is not. */
static gboolean
sync_both(int from_dir, const char *from, int to_dir, const char *to, GError **error)
{
	if (!sync_parent(to_dir, to, error))
		return FALSE;
	if (from_dir == to_dir && from_dir != AT_FDCWD)
		return TRUE;
	return sync_parent(from_dir, from, error);
}

gboolean
fsio_rename(int from_dir, const char *from, int to_dir, const char *to, fsio_flags flags,
	    GError **error)
{
	if (!fsio_check_name(from_dir, from, error) || !fsio_check_name(to_dir, to, error) ||
	    !fault_pass("rename", error))
		return FALSE;
	if (rename_once(from_dir, from, to_dir, to, (flags & FSIO_REPLACE) != 0) == 0)
		return !(flags & FSIO_SYNC) || sync_both(from_dir, from, to_dir, to, error);
	int errnum = errno;
	if (errnum == EEXIST) {
		g_autofree char *where = fsio_where(to_dir, to);

		/* A domain of its own: callers have to tell it from every other failure. */
		g_set_error(error, exists_quark(), EEXIST, "%s exists already", where);
		return FALSE;
	}
	g_autofree char *what = g_strdup_printf("cannot rename %s to", from);
	fsio_fail(error, errnum, what, to_dir, to);
	return FALSE;
}

static gboolean
fill(int fd, const void *buf, gsize len, mode_t mode, GError **error)
{
	if (fchmod(fd, mode) != 0) {
		fsio_fail(error, errno, "cannot set the mode of", fd, NULL);
		return FALSE;
	}
	/* The bytes must be on the disk before the name points at them. */
	return fsio_write_all(fd, buf, len, error) &&
	       (mutant("fsync-store") || fsio_sync(fd, error));
}

gboolean
fsio_store(int dir, const char *name, const void *buf, gsize len, mode_t mode, GError **error)
{
	g_autofree char *tmp = NULL;
	const char *base;
	int parent = open_parent(dir, name, &base, error);

	if (parent < 0)
		return FALSE;
	int fd = fsio_tmp(parent, &tmp, error);
	gboolean ok = fd >= 0 && fill(fd, buf, len, mode, error);
	if (fd >= 0)
		close(fd);
	ok = ok && fsio_rename(parent, tmp, parent, base, FSIO_REPLACE | FSIO_SYNC, error);
	if (!ok && tmp != NULL)
		unlinkat(parent, tmp, 0);
	close(parent);
	return ok;
}

static gboolean
remove_at(int dir, const char *name, int flags, GError **error)
{
	if (!fsio_check_name(dir, name, error) || !fault_pass("unlink", error))
		return FALSE;
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return TRUE;
	fsio_fail(error, errno, "cannot remove", dir, name);
	return FALSE;
}

gboolean
fsio_remove(int dir, const char *name, GError **error)
{
	return remove_at(dir, name, 0, error);
}

gboolean
fsio_exists(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
fsio_list(int dir, guint limit, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (!fault_look("list", error))
		return NULL;
	/* Opened anew: a copy of the descriptor would share the reading position. */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream == NULL) {
		fsio_fail(error, errno, "cannot list", dir, NULL);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct dirent *entry = NULL;
	errno = 0;
	while (names->len < limit && (entry = readdir(stream)) != NULL) {
		if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
			g_ptr_array_add(names, g_strdup(entry->d_name));
		errno = 0;
	}
	int errnum = entry == NULL ? errno : 0;
	closedir(stream);
	if (errnum != 0) {
		fsio_fail(error, errnum, "cannot list", dir, NULL);
		return NULL;
	}
	g_ptr_array_sort(names, compare_names);
	return g_steal_pointer(&names);
}

static gboolean remove_any(int dir, const char *name, guint depth, GError **error);

/* In batches, because somebody may have put a million files there. */
static gboolean
remove_content(int dir, guint depth, GError **error)
{
	for (;;) {
		g_autoptr(GPtrArray) names = fsio_list(dir, TREE_BATCH, error);

		if (names == NULL)
			return FALSE;
		if (names->len == 0)
			return TRUE;
		for (guint i = 0; i < names->len; i++)
			if (!remove_any(dir, names->pdata[i], depth, error))
				return FALSE;
	}
}

static gboolean
remove_any(int dir, const char *name, guint depth, GError **error)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* Not a directory, a link, gone: all that unlink itself knows best. */
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP || errno == ENOENT))
		return remove_at(dir, name, 0, error);
	if (fd < 0) {
		fsio_fail(error, errno, "cannot open", dir, name);
		return FALSE;
	}
	gboolean ok = depth > 0;
	if (ok)
		ok = remove_content(fd, depth - 1, error);
	else
		fsio_fail(error, ENAMETOOLONG, "cannot go deeper to remove", dir, name);
	close(fd);
	return ok && remove_at(dir, name, AT_REMOVEDIR, error);
}

gboolean
fsio_remove_tree(const char *path, GError **error)
{
	g_autofree char *plain = g_strdup(path);

	/* With a slash behind, a symbolic link would be followed. */
	for (gsize len = strlen(plain); len > 1 && plain[len - 1] == '/';)
		plain[--len] = '\0';
	return remove_any(AT_FDCWD, plain, TREE_DEPTH, error);
}

static gboolean sync_content(int dir, guint depth, GError **error);

static gboolean
sync_any(int dir, const char *name, guint depth, GError **error)
{
	struct stat st;

	int rc = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
	/* Only these two have anything to sync, and opening others may do something. */
	if (rc == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return TRUE;
	int fd = rc != 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return TRUE;
	if (fd < 0) {
		fsio_fail(error, errno, "cannot open", dir, name);
		return FALSE;
	}
	gboolean ok = !S_ISDIR(st.st_mode) || sync_content(fd, depth, error);
	ok = ok && fsio_sync(fd, error);
	close(fd);
	return ok;
}

static gboolean
sync_content(int dir, guint depth, GError **error)
{
	g_autoptr(GPtrArray) names = fsio_list(dir, G_MAXUINT, error);

	if (names == NULL)
		return FALSE;
	if (depth == 0) {
		fsio_fail(error, ENAMETOOLONG, "cannot go deeper to sync", dir, NULL);
		return FALSE;
	}
	for (guint i = 0; i < names->len; i++)
		if (!sync_any(dir, names->pdata[i], depth - 1, error))
			return FALSE;
	return TRUE;
}

gboolean
fsio_sync_tree(const char *path, GError **error)
{
	return sync_any(AT_FDCWD, path, TREE_DEPTH, error);
}

guint64
fsio_free_space(int dir)
{
	struct statvfs st;
	guint64 bytes;
	int rc = dir == AT_FDCWD ? statvfs(".", &st) : fstatvfs(dir, &st);

	/* Some FUSE and network file systems answer with zeros. */
	if (rc != 0 || st.f_blocks == 0)
		return G_MAXUINT64;
	return g_uint64_checked_mul(&bytes, st.f_bavail, st.f_frsize) ? bytes : G_MAXUINT64;
}

/* TRUE when locked; else errno says why. */
static gboolean
lock_within(int fd, guint wait_ms)
{
	gint64 end = g_get_monotonic_time() + (gint64)wait_ms * 1000;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK || g_get_monotonic_time() >= end)
			return FALSE;
		g_usleep(LOCK_STEP_MS * 1000);
	}
	return TRUE;
}

int
fsio_lock(int dir, const char *name, guint wait_ms, GError **error)
{
	int fd = fsio_open_at(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW, error);

	if (fd < 0 || lock_within(fd, wait_ms))
		return fd;
	int errnum = errno;
	g_autofree char *where = fsio_where(dir, name);
	if (errnum == EWOULDBLOCK)
		fail_set(error, FAIL_RETRY, "%s is held by another process", where);
	else
		fail_errno(error, errnum, "cannot lock %s", where);
	close(fd);
	return -1;
}

int
fsio_lock_shared(int dir, const char *name, GError **error)
{
	int fd = fsio_open_at(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW, error);
	int rc;

	if (fd < 0)
		return fd;
	/* Whoever holds it alone only looks, and is done at once. */
	while ((rc = flock(fd, LOCK_SH)) != 0 && errno == EINTR)
		;
	/* Touched last: who is told of it finds it locked. */
	if (rc == 0 && futimens(fd, NULL) == 0)
		return fd;
	fsio_fail(error, errno, "cannot lock", dir, name);
	close(fd);
	return -1;
}

gboolean
fsio_locked(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	gboolean ret = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return ret;
}
