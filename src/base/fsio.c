#include "base/fsio.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio_private.h"
#include "base/grow.h"
#include "base/mutant.h"
#include "base/rand.h"

#define BUFFER_SIZE  (64 * 1024)
#define READ_SIZE    (16 * 1024)
#define TMP_RANDOM   12 /* bytes in the name of a temporary */
#define NAME_MAX_LEN 255

char *
fsio_where(int dir, const char *name)
{
	char path[4096];

	if (dir == AT_FDCWD)
		return g_strdup(name == NULL ? "." : name);
	g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", dir);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n < 0)
		return g_strdup(name == NULL ? "an open file" : name);
	path[n] = '\0';
	return name == NULL ? g_strdup(path) : g_build_filename(path, name, NULL);
}

void
fsio_fail(GError **error, int errnum, const char *what, int dir, const char *name)
{
	g_autofree char *where = fsio_where(dir, name);

	fail_errno(error, errnum, "%s %s", what, where);
}

gboolean
fsio_check_name(int dir, const char *name, GError **error)
{
	if (dir == AT_FDCWD ||
	    (strchr(name, '/') == NULL && !g_str_equal(name, "..") && *name != '\0'))
		return TRUE;
	fail_set(error, FAIL_BUG, "\"%s\" is no name in a directory", name);
	return FALSE;
}

int
fsio_open_at(int dir, const char *name, int flags, GError **error)
{
	if (!fsio_check_name(dir, name, error) || !fault_pass("open", error))
		return -1;
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		fsio_fail(error, errno, "cannot open", dir, name);
	return fd;
}

static int
not_regular(int dir, const char *name, GError **error)
{
	g_autofree char *where = fsio_where(dir, name);

	fail_set(error, REASON_NOT_REGULAR, "%s is not a regular file with one name", where);
	return -1;
}

static gboolean
is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1;
}

int
fsio_open_foreign(int dir, const char *name, struct stat *st, GError **error)
{
	struct stat seen;

	if (!fsio_check_name(dir, name, error))
		return -1;
	/* Looked at before, because opening some devices does something; and after, because it
	 * may have been swapped in between. */
	if (fstatat(dir, name, &seen, AT_SYMLINK_NOFOLLOW) == 0 && !is_plain(&seen))
		return not_regular(dir, name, error);
	int follow = mutant("no-follow") ? 0 : O_NOFOLLOW;
	int fd = fsio_open_at(dir, name, O_RDONLY | follow | O_NONBLOCK, error);
	if (fd < 0)
		return -1;
	int errnum = fstat(fd, &seen) != 0 ? errno : 0;
	/* Removed in between, which is nobody's fault. */
	if (errnum == 0 && seen.st_nlink == 0)
		errnum = ENOENT;
	if (errnum != 0 || !is_plain(&seen)) {
		close(fd);
		if (errnum == 0)
			return not_regular(dir, name, error);
		fsio_fail(error, errnum, "cannot open", dir, name);
		return -1;
	}
	if (st != NULL)
		*st = seen;
	return fd;
}

int
fsio_open_own(int dir, const char *name, GError **error)
{
	return fsio_open_at(dir, name, O_RDONLY, error);
}

int
fsio_tmp(int dir, char **ret_name, GError **error)
{
	g_autofree char *hex = rand_hex(TMP_RANDOM);
	g_autofree char *name = g_strconcat(".tmp-", hex, NULL);
	int fd = fsio_open_at(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, error);

	if (fd >= 0)
		*ret_name = g_steal_pointer(&name);
	return fd;
}

gboolean
fsio_write_all(int fd, const void *buf, gsize len, GError **error)
{
	const char *p = buf;

	if (!fault_pass("write", error))
		return FALSE;
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fsio_fail(error, errno, "cannot write", fd, NULL);
			return FALSE;
		}
		p += n;
		len -= (gsize)n;
	}
	return TRUE;
}

/* read(2), or pread(2) where OFFSET is not -1; negative on error. */
static ssize_t
read_some(int fd, void *buf, gsize len, goffset offset, GError **error)
{
	ssize_t n;

	if (!fault_look("read", error))
		return -1;
	do {
		n = offset < 0 ? read(fd, buf, len) : pread(fd, buf, len, offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		fsio_fail(error, errno, "cannot read", fd, NULL);
	return n;
}

static void
too_large(GError **error, int fd, guint64 limit)
{
	g_autofree char *where = fsio_where(fd, NULL);

	fail_set(error, REASON_TOO_LARGE, "%s is larger than %" G_GUINT64_FORMAT " bytes", where,
		 limit);
}

gboolean
fsio_copy(int from, int to, guint64 limit, guint64 *ret_size, char **ret_sha, GError **error)
{
	g_autoptr(GChecksum) sha = ret_sha == NULL ? NULL : g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *buf = g_malloc(BUFFER_SIZE);
	guint64 size = 0;
	ssize_t n;

	while ((n = read_some(from, buf, BUFFER_SIZE, -1, error)) > 0) {
		if ((guint64)n > limit - size) {
			too_large(error, from, limit);
			return FALSE;
		}
		size += (guint64)n;
		if (!fsio_write_all(to, buf, (gsize)n, error))
			return FALSE;
		if (sha != NULL)
			g_checksum_update(sha, buf, n);
	}
	if (n < 0)
		return FALSE;
	if (ret_size != NULL)
		*ret_size = size;
	if (ret_sha != NULL)
		*ret_sha = g_strdup(g_checksum_get_string(sha));
	return TRUE;
}

char *
fsio_sha(int fd, guint64 *ret_size, GError **error)
{
	g_autoptr(GChecksum) sha = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guint8 *buf = g_malloc(BUFFER_SIZE);
	goffset at = 0;
	ssize_t n;

	while ((n = read_some(fd, buf, BUFFER_SIZE, at, error)) > 0) {
		g_checksum_update(sha, buf, n);
		at += n;
	}
	if (n < 0)
		return NULL;
	if (ret_size != NULL)
		*ret_size = (guint64)at;
	return g_strdup(g_checksum_get_string(sha));
}

static gboolean
read_fd(int fd, gsize limit, grow *text, GError **error)
{
	for (;;) {
		if (!grow_room(text, READ_SIZE, error))
			return FALSE;
		ssize_t n = read_some(fd, text->str + text->len, READ_SIZE, -1, error);
		if (n <= 0)
			return n == 0;
		if ((gsize)n > limit - text->len) {
			too_large(error, fd, limit);
			return FALSE;
		}
		grow_add(text, (gsize)n);
	}
}

char *
fsio_read_open(int fd, gsize limit, gsize *ret_len, GError **error)
{
	g_auto(grow) text = {0};

	if (!read_fd(fd, limit, &text, error))
		return NULL;
	if (ret_len != NULL)
		*ret_len = text.len;
	return g_steal_pointer(&text.str);
}

char *
fsio_read(int dir, const char *name, gsize limit, gsize *ret_len, GError **error)
{
	int fd = fsio_open_own(dir, name, error);

	if (fd < 0)
		return NULL;
	char *text = fsio_read_open(fd, limit, ret_len, error);
	close(fd);
	return text;
}

gboolean
fsio_sync(int fd, GError **error)
{
	struct stat st;

	if (!fault_pass("fsync", error))
		return FALSE;
	if (fsync(fd) == 0)
		return TRUE;
	int errnum = errno;
	/* Some network and FUSE file systems know no fsync of a directory. */
	if (errnum == EINVAL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return TRUE;
	fsio_fail(error, errnum, "cannot make durable", fd, NULL);
	return FALSE;
}

gboolean
fsio_name_safe(const char *path)
{
	if (path == NULL || *path == '\0' || strlen(path) > NAME_MAX_LEN ||
	    !g_utf8_validate(path, -1, NULL) || g_str_equal(path, ".") || g_str_equal(path, ".."))
		return FALSE;
	for (const char *p = path; *p != '\0'; p = g_utf8_next_char(p))
		if (*p == '/' || g_unichar_iscntrl(g_utf8_get_char(p)))
			return FALSE;
	return TRUE;
}
