#include "spool/spool.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/mutant.h"

#define NAMES_MAX 1000000

struct spool {
	int fd[SPOOL_DIRS];
	gboolean dirty[SPOOL_DIRS];
};

static const char *const names[SPOOL_DIRS] = {
	[SPOOL_OUTBOX] = "outbox",   [SPOOL_INBOX] = "inbox",     [SPOOL_QUARANTINE] = "quarantine",
	[SPOOL_ARCHIVE] = "archive", [SPOOL_CONTENT] = "content", [SPOOL_PARTS] = "parts",
	[SPOOL_TMP] = "tmp",
};

const char *
spool_dir_name(spool_dir dir)
{
	return names[dir];
}

/* A directory stays, but for what is in it: who may make files there (base/fence.h) knows it by
 * more than its name. */
static gboolean
empty(const char *path, GError **error)
{
	if (!g_file_test(path, G_FILE_TEST_IS_DIR) || g_file_test(path, G_FILE_TEST_IS_SYMLINK))
		return fsio_remove_tree(path, error);
	int dir = fsio_open_dir(path, error);
	g_autoptr(GPtrArray) names = dir < 0 ? NULL : fsio_list(dir, G_MAXUINT, error);
	gboolean ok = names != NULL;
	for (guint i = 0; ok && i < names->len; i++) {
		g_autofree char *entry = g_build_filename(path, names->pdata[i], NULL);

		ok = fsio_remove_tree(entry, error);
	}
	if (dir >= 0)
		close(dir);
	return ok;
}

static int
open_dir(const char *link_dir, spool_dir dir, gboolean sweep, GError **error)
{
	g_autofree char *path = g_build_filename(link_dir, names[dir], NULL);

	if (dir == SPOOL_TMP && sweep && !empty(path, error))
		return -1;
	return fsio_mkdirs(path, 0700, error) ? fsio_open_dir(path, error) : -1;
}

spool *
spool_open(const char *link_dir, gboolean sweep, GError **error)
{
	g_autoptr(spool) s = g_new0(spool, 1);

	for (guint i = 0; i < SPOOL_DIRS; i++)
		s->fd[i] = -1;
	for (guint i = 0; i < SPOOL_DIRS; i++) {
		s->fd[i] = open_dir(link_dir, (spool_dir)i, sweep, error);
		if (s->fd[i] < 0)
			return NULL;
	}
	return g_steal_pointer(&s);
}

void
spool_close(spool *s)
{
	if (s == NULL)
		return;
	for (guint i = 0; i < SPOOL_DIRS; i++)
		if (s->fd[i] >= 0)
			close(s->fd[i]);
	g_free(s);
}

int
spool_fd(const spool *s, spool_dir dir)
{
	return s->fd[dir];
}

gboolean
spool_place(spool *s, const char *tmp, spool_dir dir, const char *name, GError **error)
{
	int fd = fsio_open_own(s->fd[SPOOL_TMP], tmp, error);

	if (fd < 0)
		return FALSE;
	/* The bytes before the name: a name in a state's directory says that they are there. */
	gboolean ok = mutant("fsync-place") || fsio_sync(fd, error);
	close(fd);
	if (!ok || !fsio_rename(s->fd[SPOOL_TMP], tmp, s->fd[dir], name, FSIO_REPLACE, error))
		return FALSE;
	s->dirty[dir] = TRUE;
	return TRUE;
}

gboolean
spool_flush(spool *s, GError **error)
{
	for (guint i = 0; i < SPOOL_DIRS; i++) {
		if (!s->dirty[i])
			continue;
		if (!mutant("fsync-flush") && !fsio_sync(s->fd[i], error))
			return FALSE;
		s->dirty[i] = FALSE;
	}
	return TRUE;
}

gboolean
spool_move(spool *s, spool_dir from, const char *name, spool_dir to, const char *to_name,
	   GError **error)
{
	if (!fsio_rename(s->fd[from], name, s->fd[to], to_name, FSIO_REPLACE, error))
		return FALSE;
	s->dirty[from] = s->dirty[to] = TRUE;
	return TRUE;
}

gboolean
spool_drop(spool *s, spool_dir dir, const char *name, GError **error)
{
	return fsio_remove(s->fd[dir], name, error);
}

int
spool_read(const spool *s, spool_dir dir, const char *name, guint64 *ret_size, GError **error)
{
	struct stat st;
	int fd = fsio_open_own(s->fd[dir], name, error);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fail_set(error, REASON_NOT_REGULAR, "%s/%s is not a regular file", names[dir],
			 name);
		close(fd);
		return -1;
	}
	if (ret_size != NULL)
		*ret_size = (guint64)st.st_size;
	return fd;
}

/* Those that begin with a dot are temporaries of files being made. */
GPtrArray *
spool_names(const spool *s, spool_dir dir, GError **error)
{
	g_autoptr(GPtrArray) all = fsio_list(s->fd[dir], NAMES_MAX, error);

	if (all == NULL)
		return NULL;
	GPtrArray *ret = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < all->len; i++) {
		char **name = (char **)&all->pdata[i];

		if (**name != '.')
			g_ptr_array_add(ret, g_steal_pointer(name));
	}
	return ret;
}

/* A file's ctime is when it came to lie here: it survives neither a rename nor a copy. */
gboolean
spool_expire(spool *s, spool_dir dir, gint64 seconds, GError **error)
{
	g_autoptr(GPtrArray) all = fsio_list(s->fd[dir], NAMES_MAX, error);
	gint64 before = clock_now() - seconds;

	if (all == NULL)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		struct stat st;

		if (fstatat(s->fd[dir], all->pdata[i], &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    S_ISDIR(st.st_mode) || st.st_ctim.tv_sec >= before)
			continue;
		if (!fsio_remove(s->fd[dir], all->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}
