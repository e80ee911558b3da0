#include "spool/watch_private.h"

#include <inotifytools/inotify.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/rand.h"

#define MEASURE_MAX 10000 /* files whose sizes are compared */

watch_job *
watch_job_new(guint64 id, const char *path)
{
	watch_job *j = g_new0(watch_job, 1);

	j->id = id;
	j->path = g_strdup(path);
	j->wd = -1;
	return j;
}

void
watch_job_free(watch_job *j)
{
	if (j == NULL)
		return;
	g_free(j->path);
	g_free(j->marks);
	g_free(j);
}

static gint64
nanoseconds(const struct timespec *t)
{
	return (gint64)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* FNV-1a over the bytes of P. */
static guint64
mix(guint64 hash, const void *p, gsize len)
{
	const guint8 *bytes = p;

	for (gsize i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * G_GUINT64_CONSTANT(1099511628211);
	return hash;
}

/* Never 0, which is what a file that is not there has. */
static guint64
mark_of(int dir, const char *name, gboolean full)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || (full && st.st_size == 0))
		return 0;
	gint64 parts[4] = {nanoseconds(&st.st_mtim), nanoseconds(&st.st_ctim), (gint64)st.st_size,
			   (gint64)st.st_ino};
	return mix(G_GUINT64_CONSTANT(14695981039346656037), parts, sizeof parts) | 1;
}

static guint64
fingerprint_of(int dir)
{
	g_autoptr(GPtrArray) names = fsio_list(dir, MEASURE_MAX, NULL);
	guint64 hash = G_GUINT64_CONSTANT(14695981039346656037);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *name = names->pdata[i];
		guint64 mark = mark_of(dir, name, FALSE);

		hash = mix(mix(hash, name, strlen(name) + 1), &mark, sizeof mark);
	}
	return hash;
}

/* A file comes, gets another name and goes: does the system tell?  Where we may not write, nobody
 * asks. */
static gboolean
probe(int dir)
{
	g_autofree char *tmp = NULL;
	g_autofree char *random = rand_hex(8);
	g_autofree char *name = g_strconcat(WATCH_PROBE, random, NULL);
	int fd = fsio_tmp(dir, &tmp, NULL);

	if (fd < 0)
		return FALSE;
	close(fd);
	gboolean ok = fsio_rename(dir, tmp, dir, name, 0, NULL);
	fsio_remove(dir, ok ? name : tmp, NULL);
	return ok;
}

/* The directory that DIR is has to be the one that is watched. */
static void
hear(watch_job *j, int dir)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", dir);

	if (j->mask == 0 || (j->dev == j->now_dev && j->ino == j->now_ino))
		return;
	j->added = TRUE;
	j->wd = inotify_add_watch(j->inotify, path, j->mask);
	j->probed = j->wd >= 0 && j->probe && probe(dir);
}

void
watch_job_run(watch_job *j)
{
	struct stat st;
	int dir = fsio_open_dir(j->path, NULL);
	guint count = j->files != NULL ? g_strv_length((char **)(gpointer)j->files) : 0;

	if (dir < 0)
		return;
	j->there = fstat(dir, &st) == 0;
	j->now_dev = st.st_dev;
	j->now_ino = st.st_ino;
	if (j->there)
		hear(j, dir);
	/* Once more, for the probe has changed it. */
	j->there = j->there && fstat(dir, &st) == 0;
	j->mtime = nanoseconds(&st.st_mtim);
	j->marks = g_new0(guint64, count + 1);
	for (guint i = 0; i < count; i++)
		j->marks[i] = mark_of(dir, j->files[i], j->writes);
	if (j->measure)
		j->fingerprint = fingerprint_of(dir);
	close(dir);
}
