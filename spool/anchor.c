#include "spool/anchor.h"

#include <inotifytools/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
	char *path;
	guint64 dev, ino;
	gboolean known; /* there is one, and it has not gone since */
	int wd;         /* or -1 */
} place;

struct anchor {
	int inotify; /* -1: numbers alone have to tell */
	GPtrArray *places;
};

static void
place_free(gpointer data)
{
	place *p = data;

	g_free(p->path);
	g_free(p);
}

anchor *
anchor_new(void)
{
	anchor *a = g_new(anchor, 1);

	*a = (anchor){-1, g_ptr_array_new_with_free_func(place_free)};
	return a;
}

void
anchor_free(anchor *a)
{
	if (a == NULL)
		return;
	if (a->inotify >= 0)
		close(a->inotify);
	g_ptr_array_unref(a->places);
	g_free(a);
}

/* Watched before it is looked at: what comes between is told. */
void
anchor_add(anchor *a, const char *path)
{
	place *p = g_new0(place, 1);
	struct stat st;

	/* A user may have a hundred or so; who has no directories needs none. */
	if (a->inotify < 0)
		a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	p->path = g_strdup(path);
	p->wd = a->inotify < 0 ? -1 : inotify_add_watch(a->inotify, path, IN_DELETE_SELF);
	p->known = stat(path, &st) == 0;
	if (p->known) {
		p->dev = st.st_dev;
		p->ino = st.st_ino;
	}
	g_ptr_array_add(a->places, p);
}

/* All that the system tells of a directory is that it has gone, or its file system. */
static void
hear(anchor *a)
{
	union {
		struct inotify_event first;
		char bytes[4096];
	} buf;
	ssize_t got;

	while (a->inotify >= 0 && (got = read(a->inotify, buf.bytes, sizeof buf.bytes)) > 0)
		for (const char *at = buf.bytes; at < buf.bytes + got;) {
			const struct inotify_event *e = (const void *)at;

			for (guint i = 0; i < a->places->len; i++) {
				place *p = a->places->pdata[i];

				p->known = p->known && p->wd != e->wd;
			}
			at += sizeof *e + e->len;
		}
}

static gboolean
holds(const place *p)
{
	struct stat st;

	return stat(p->path, &st) != 0 || (p->known && p->dev == st.st_dev && p->ino == st.st_ino);
}

gboolean
anchor_holds(anchor *a)
{
	hear(a);
	for (guint i = 0; i < a->places->len; i++)
		if (!holds(a->places->pdata[i]))
			return FALSE;
	return TRUE;
}
