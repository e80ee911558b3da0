#include "tests/power/platter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY_MAX        64
#define LINE_MAX_BYTES (KEY_MAX + NAME_MAX + 4)

/* What is read of a directory in the tree, or written in its list: "f KEY NAME", "d …", "l …". */
typedef struct {
	char type;
	char key[KEY_MAX];
	char name[NAME_MAX + 1];
} entry;

/* The key and kind of NAME in DIR ("": DIR itself). */
static int
look(int dir, const char *name, char *ret_key, mode_t *ret_mode)
{
	struct statx st;

	if (statx(dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		  STATX_INO | STATX_TYPE | STATX_MODE | STATX_BTIME, &st) != 0)
		return -1;
	snprintf(ret_key, KEY_MAX, "%llu-%lld.%u", (unsigned long long)st.stx_ino,
		 (long long)st.stx_btime.tv_sec, st.stx_btime.tv_nsec);
	*ret_mode = st.stx_mode;
	return 0;
}

static int
open_platter(const char *platter)
{
	return open(platter, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
copy_bytes(int from, int to)
{
	char buf[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, buf, sizeof buf, at)) > 0) {
		if (write_all(to, buf, (size_t)n) != 0)
			return -1;
		at += n;
	}
	return n < 0 ? -1 : 0;
}

/* Bytes, mode and time, as a program finds them again. */
static int
copy_file(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) != 0 || copy_bytes(from, to) != 0 ||
	    fchmod(to, st.st_mode & 07777) != 0)
		return -1;
	struct timespec times[] = {st.st_atim, st.st_mtim};
	return futimens(to, times);
}

/* One that was opened to write only is no database, so that it may be opened anew. */
static int
keep_file(int fd, int to)
{
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
		return copy_file(fd, to);
	char self[64];
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	int from = open(self, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -1;
	int rc = copy_file(from, to);
	close(from);
	return rc;
}

static char
type_of(mode_t mode)
{
	if (S_ISREG(mode))
		return 'f';
	if (S_ISDIR(mode))
		return 'd';
	return S_ISLNK(mode) ? 'l' : '\0';
}

/* A link never changes, so that it is kept with the first list in which it stands. */
static int
keep_link(int platter, int dir, const entry *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, e->name, target, sizeof target - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, platter, e->key) == 0 || errno == EEXIST ? 0 : -1;
}

static int
keep_entry(int platter, int dir, const char *name, int to)
{
	entry e;
	mode_t mode;
	char line[LINE_MAX_BYTES];

	snprintf(e.name, sizeof e.name, "%s", name);
	/* Gone in between: then it is not on the list. */
	if (look(dir, name, e.key, &mode) != 0)
		return errno == ENOENT ? 0 : -1;
	e.type = type_of(mode);
	if (e.type == '\0')
		return 0;
	if (e.type == 'l' && keep_link(platter, dir, &e) != 0)
		return -1;
	int len = snprintf(line, sizeof line, "%c %s %s", e.type, e.key, e.name);
	return write_all(to, line, (size_t)len + 1);
}

static DIR *
open_list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

static int
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int
keep_names(int platter, int dir, int to)
{
	struct stat st;
	struct dirent *d;
	DIR *list = open_list(dir);
	int rc = list == NULL ? -1 : 0;

	while (rc == 0 && (d = readdir(list)) != NULL)
		if (!is_dots(d->d_name))
			rc = keep_entry(platter, dir, d->d_name, to);
	if (list != NULL)
		closedir(list);
	return rc != 0 || fstat(dir, &st) != 0 ? -1 : fchmod(to, st.st_mode & 07777);
}

static int
keep_in(int platter, int fd)
{
	char key[KEY_MAX], tmp[2 * KEY_MAX];
	mode_t mode;

	if (look(fd, "", key, &mode) != 0)
		return -1;
	snprintf(tmp, sizeof tmp, "%s.%ld", key, syscall(SYS_gettid));
	int to = openat(platter, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0)
		return -1;
	int rc = S_ISDIR(mode) ? keep_names(platter, fd, to) : keep_file(fd, to);
	close(to);
	return rc == 0 ? renameat(platter, tmp, platter, key) : -1;
}

int
platter_keep(const char *platter, int fd)
{
	int dir = open_platter(platter);

	if (dir < 0)
		return -1;
	int rc = keep_in(dir, fd);
	close(dir);
	return rc;
}

static int keep_below(int platter, int dir, int what);

static int
keep_one(int platter, int dir, const char *name, int what)
{
	char key[KEY_MAX];
	mode_t mode;

	/* A program that is about to end may still remove something. */
	if (look(dir, name, key, &mode) != 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(mode) && !(S_ISREG(mode) && (what & PLATTER_BYTES)))
		return 0;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int rc = S_ISDIR(mode) ? keep_below(platter, fd, what) : keep_in(platter, fd);
	close(fd);
	return rc;
}

static int
keep_below(int platter, int dir, int what)
{
	struct dirent *d;
	DIR *list = open_list(dir);
	int rc = list == NULL ? -1 : 0;

	while (rc == 0 && (d = readdir(list)) != NULL)
		if (!is_dots(d->d_name))
			rc = keep_one(platter, dir, d->d_name, what);
	if (list != NULL)
		closedir(list);
	return rc == 0 && (what & PLATTER_NAMES) ? keep_in(platter, dir) : rc;
}

int
platter_keep_all(const char *platter, const char *tree, int what)
{
	int to = open_platter(platter);
	int rc = to < 0 ? -1 : keep_one(to, AT_FDCWD, tree, what);

	if (to >= 0)
		close(to);
	return rc;
}

/* 1, 0 at the end of the list. */
static int
next_entry(FILE *list, entry *ret)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0;
	int c;

	while ((c = getc(list)) != EOF && c != '\0' && len < sizeof line - 1)
		line[len++] = (char)c;
	line[len] = '\0';
	return c != EOF && sscanf(line, "%c %63s %255[^\n]", &ret->type, ret->key, ret->name) == 3;
}

/* A file that was never synced has its name, and no byte. */
static int
restore_file(int platter, const entry *e, int dir)
{
	int from = openat(platter, e->key, O_RDONLY | O_CLOEXEC);

	if (from < 0 && errno != ENOENT)
		return -1;
	int to = openat(dir, e->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = to < 0 ? -1 : from < 0 ? 0 : copy_file(from, to);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

static int
restore_link(int platter, const entry *e, int dir)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(platter, e->key, target, sizeof target - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, dir, e->name);
}

static int restore_dir(int platter, const char *key, int dir);

static int
restore_entry(int platter, const entry *e, int dir)
{
	if (e->type == 'f')
		return restore_file(platter, e, dir);
	if (e->type == 'l')
		return restore_link(platter, e, dir);
	if (mkdirat(dir, e->name, 0700) != 0)
		return -1;
	int fd = openat(dir, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -1 : restore_dir(platter, e->key, fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A directory that was never synced is there, and empty. */
static int
restore_dir(int platter, const char *key, int dir)
{
	struct stat st;
	entry e;
	int rc = 0;
	int fd = openat(platter, key, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	FILE *list = fdopen(fd, "r");
	if (list == NULL || fstat(fd, &st) != 0)
		return -1;
	while (rc == 0 && next_entry(list, &e))
		rc = restore_entry(platter, &e, dir);
	fclose(list);
	return rc == 0 ? fchmod(dir, st.st_mode & 07777) : -1;
}

int
platter_restore(const char *platter, const char *tree, const char *to)
{
	char key[KEY_MAX];
	mode_t mode;

	if (look(AT_FDCWD, tree, key, &mode) != 0 || mkdir(to, 0700) != 0)
		return -1;
	int from = open_platter(platter);
	int dir = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = from < 0 || dir < 0 ? -1 : restore_dir(from, key, dir);
	if (from >= 0)
		close(from);
	if (dir >= 0)
		close(dir);
	return rc;
}
