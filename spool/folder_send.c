#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "spool/folder_private.h"

#define TMP_AGE 3600 /* seconds until a temporary of ours is a crash's leftover */

/* Is FILE a name as we write it, letter by letter?  What a carrier renamed is not ours to touch. */
static gboolean
is_own(const channel *c, const char *file, envelope_name *ret)
{
	if (!name_find(file, c->link, c->own, ret))
		return FALSE;
	g_autofree char *exact = name_format(ret);
	return g_str_equal(exact, file);
}

/* Not a name of an envelope to anybody, and told from temporaries of others. */
static char *
tmp_prefix(const channel *c)
{
	return g_strdup_printf(".handsel-%s-%c-", c->link, c->own);
}

/* Removes what a crash of ours left in SEND; seldom, since it has to list. */
static gboolean
sweep(channel *c, int dir, GError **error)
{
	if (c->swept != 0 && clock_mono_us() - c->swept < (gint64)TMP_AGE * G_USEC_PER_SEC)
		return TRUE;
	g_autofree char *prefix = tmp_prefix(c);
	g_autoptr(GPtrArray) names = fsio_list(dir, FOLDER_NAMES_MAX, error);
	if (names == NULL)
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		struct stat st;

		if (!g_str_has_prefix(names->pdata[i], prefix) ||
		    fstatat(dir, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || clock_now() - st.st_ctim.tv_sec < TMP_AGE)
			continue;
		if (!fsio_remove(dir, names->pdata[i], error))
			return FALSE;
	}
	c->swept = clock_mono_us();
	return TRUE;
}

/* Does NAME lie in DIR already, with the bytes that it promises? */
static gboolean
is_there(const channel *c, int dir, const char *name, int fd)
{
	struct stat there, ours;
	envelope_name n;

	if (!is_own(c, name, &n) || fstat(fd, &ours) != 0)
		return FALSE;
	int old = fsio_open_foreign(dir, name, &there, NULL);
	if (old < 0)
		return FALSE;
	g_autofree char *sha = there.st_size == ours.st_size ? fsio_sha(old, NULL, NULL) : NULL;
	close(old);
	return sha != NULL && strncmp(sha, name_own_hash(&n), NAME_HASH_LEN) == 0;
}

/* Readable as the umask says: the carrier and the partner may be other users, and what is in it
 * is protected by itself. */
static int
make_tmp(const channel *c, int dir, char **ret_name, GError **error)
{
	g_autofree char *prefix = tmp_prefix(c);
	g_autofree char *random = rand_hex(8);
	g_autofree char *name = g_strconcat(prefix, random, NULL);

	if (!fault_pass("open", error))
		return -1;
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		fail_errno(error, errno, "cannot make a file in %s", c->send);
	else
		*ret_name = g_steal_pointer(&name);
	return fd;
}

/* Copies FD from its start into file TO of DIR, durably. */
static gboolean
fill(const channel *c, int fd, int to, GError **error)
{
	if (lseek(fd, 0, SEEK_SET) < 0) {
		fail_errno(error, errno, "cannot read what is to be sent");
		close(to);
		return FALSE;
	}
	/* The bytes must be there before the name that promises them. */
	gboolean ok = fsio_copy(fd, to, G_MAXUINT64, NULL, NULL, error) && fsio_sync(to, error);
	/* Network file systems may find out only now that they are full. */
	if (close(to) != 0 && ok) {
		fail_errno(error, errno, "cannot write into %s", c->send);
		return FALSE;
	}
	return ok;
}

static gboolean
put(const channel *c, int dir, const char *name, int fd, GError **error)
{
	g_autofree char *tmp = NULL;
	int to = make_tmp(c, dir, &tmp, error);

	if (to < 0)
		return FALSE;
	/* What has the name already was found to be no good; and some file systems can rename
	 * only with replacing. */
	gboolean ok = fill(c, fd, to, error) &&
		      (fsio_rename(dir, tmp, dir, name, FSIO_SYNC, NULL) ||
		       fsio_rename(dir, tmp, dir, name, FSIO_REPLACE | FSIO_SYNC, error));
	if (!ok)
		fsio_remove(dir, tmp, NULL);
	return ok;
}

gboolean
folder_send(channel *c, const char *name, int fd, GError **error)
{
	int dir = folder_open_dir(c, c->send, error);

	if (dir < 0)
		return FALSE;
	/* The name of one that is there may not be durable yet: the crash came before the sync. */
	gboolean ok =
		sweep(c, dir, error) &&
		(is_there(c, dir, name, fd) ? fsio_sync(dir, error) : put(c, dir, name, fd, error));
	close(dir);
	return ok;
}

/* Removes the parts of WHOLE that lie in DIR. */
static gboolean
retract_parts(const channel *c, int dir, const envelope_name *whole, GError **error)
{
	g_autoptr(GPtrArray) names = fsio_list(dir, FOLDER_NAMES_MAX, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		envelope_name n;

		if (is_own(c, names->pdata[i], &n) && n.parts > 0 && n.number == whole->number &&
		    n.series == whole->series && g_str_equal(n.hash, whole->hash) &&
		    !fsio_remove(dir, names->pdata[i], error))
			return FALSE;
	}
	return names != NULL;
}

gboolean
folder_retract(channel *c, const char *name, GError **error)
{
	envelope_name n;

	if (!is_own(c, name, &n)) {
		fail_set(error, FAIL_BUG, "%s is not ours to take back", name);
		return FALSE;
	}
	int dir = folder_open_dir(c, c->send, error);
	if (dir < 0)
		return FALSE;
	gboolean ok =
		fsio_remove(dir, name, error) && (n.parts > 0 || retract_parts(c, dir, &n, error));
	close(dir);
	return ok;
}

GPtrArray *
folder_sent(channel *c, GError **error)
{
	int dir = folder_open_dir(c, c->send, error);

	if (dir < 0)
		return NULL;
	g_autoptr(GPtrArray) names = fsio_list(dir, FOLDER_NAMES_MAX, error);
	close(dir);
	if (names == NULL)
		return NULL;
	GPtrArray *ret = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < names->len; i++) {
		envelope_name n;

		if (is_own(c, names->pdata[i], &n))
			g_ptr_array_add(ret, g_strdup(names->pdata[i]));
	}
	return ret;
}

guint64
folder_space(channel *c)
{
	int dir = folder_open_dir(c, c->send, NULL);

	if (dir < 0)
		return G_MAXUINT64;
	guint64 bytes = fsio_free_space(dir);
	close(dir);
	return bytes;
}
