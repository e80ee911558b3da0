/*
 * The channel "folder": a directory SEND that somebody carries to the partner's RECEIVE.
 *
 * Either may be a mount that comes and goes, and is written by sync tools and strangers.  So
 * they are opened for each call, and only files whose names are ours are ever opened or removed.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "spool/folder_private.h"

#define HELD_MAX 256 /* descriptors held open until the files are removed */

/* What a file was when it was taken: another one under its name is not it.  While FD holds it
 * open, no new file can get its inode number. */
typedef struct {
	char *file;
	struct stat st;
	int fd; /* or -1 */
	take_verdict verdict;
} taken_file;

static void
taken_file_free(gpointer data)
{
	taken_file *t = data;

	if (t->fd >= 0)
		close(t->fd);
	g_free(t->file);
	g_free(t);
}

static char *
place_of(const char *link_dir, const conf *conf, const char *key, const char *fallback)
{
	const char *given = conf_text(conf, key);

	return given == NULL ? g_build_filename(link_dir, "exchange", fallback, NULL)
			     : g_canonicalize_filename(given, link_dir);
}

static void
folder_places(const char *link_dir, const conf *conf, char **ret_send, char **ret_receive)
{
	*ret_send = place_of(link_dir, conf, "folder.send", "SEND");
	*ret_receive = place_of(link_dir, conf, "folder.receive", "RECEIVE");
}

static channel *
folder_open(const char *link_dir, const conf *conf, const char *link, char partner, GError **error)
{
	if (!channel_link_valid(link, partner, error))
		return NULL;
	channel *c = g_new0(channel, 1);
	folder_places(link_dir, conf, &c->send, &c->receive);
	c->link_name = g_path_get_basename(link_dir);
	g_strlcpy(c->link, link, sizeof c->link);
	c->partner = partner;
	c->own = partner == 'm' ? 's' : 'm';
	c->settle = conf_int(conf, "folder.settle");
	c->taken = g_ptr_array_new_with_free_func(taken_file_free);
	c->strays = g_ptr_array_new_with_free_func(g_free);
	return c;
}

static void
folder_close(channel *c)
{
	if (c == NULL)
		return;
	g_free(c->send);
	g_free(c->receive);
	g_free(c->link_name);
	g_free(c->last);
	g_ptr_array_unref(c->taken);
	g_ptr_array_unref(c->strays);
	g_free(c);
}

int
folder_open_dir(const channel *c, const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	int dir = fsio_open_dir(path, &why);

	if (dir >= 0)
		return dir;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		fail_set(error, FAIL_RETRY,
			 "directory %s is gone; mount it or `handsel link connect %s --send DIR "
			 "--receive DIR`",
			 path, c->link_name);
	else
		g_propagate_error(error, g_steal_pointer(&why));
	return -1;
}

/* A file name for people: UTF-8 without control characters. */
static char *
printable(const char *file)
{
	char *text = g_utf8_make_valid(file, -1);

	for (char *p = text; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = '?';
	return text;
}

/*
 * Has the file rested long enough to be judged?  Copying sets the ctime and often not the mtime,
 * and an mtime may lie in the future.  A hidden file is a sync tool's unfinished one for as long
 * as it exists.
 */
static gboolean
is_settled(const channel *c, const char *file, const struct stat *st)
{
	gint64 now = clock_now();
	gint64 since = MAX(st->st_ctim.tv_sec, MIN(st->st_mtim.tv_sec, now));

	return *file != '.' && now - since >= c->settle;
}

/* Owns FD and FILE. */
static taken_file *
taken_file_new(char *file, const struct stat *st, int fd)
{
	taken_file *t = g_new(taken_file, 1);

	*t = (taken_file){file, *st, fd, TAKE_LEAVE};
	return t;
}

/* Owns T. */
static void
remember(channel *c, taken_file *t)
{
	if (c->taken->len >= HELD_MAX) {
		close(t->fd);
		t->fd = -1;
	}
	g_ptr_array_add(c->taken, t);
}

typedef struct {
	channel *c;
	int dir;
	guint max, seen;
	channel_take *take;
	gpointer data;
} round;

/* Offers FILE if it is the partner's.  What can't be opened safely is only reported by
 * folder_foreign(). */
static gboolean
offer(round *r, const char *file, GError **error)
{
	envelope_name name;
	struct stat st;

	if (!name_find(file, r->c->link, r->c->partner, &name))
		return TRUE;
	int fd = fsio_open_foreign(r->dir, file, &st, NULL);
	if (fd < 0)
		return TRUE;
	r->seen++;
	g_free(r->c->last);
	r->c->last = g_strdup(file);
	g_autofree char *text = printable(file);
	taken_file *t = taken_file_new(g_strdup(file), &st, fd);
	gboolean ok =
		r->take(text, &name, fd, is_settled(r->c, file, &st), &t->verdict, r->data, error);
	if (ok && t->verdict != TAKE_LEAVE)
		remember(r->c, t);
	else
		taken_file_free(t);
	return ok;
}

/* The first of NAMES behind the one that was looked at last: files that have to stay must not
 * keep the others out for ever. */
static guint
first_of(const channel *c, GPtrArray *names)
{
	guint i = 0;

	while (c->last != NULL && i < names->len && strcmp(names->pdata[i], c->last) <= 0)
		i++;
	return i;
}

static gboolean
folder_receive(channel *c, guint max, channel_take *take, gpointer data, guint *ret_seen,
	       GError **error)
{
	round r = {c, folder_open_dir(c, c->receive, error), max, 0, take, data};

	/* What the last round took and its caller never confirmed is not known to be durable. */
	g_ptr_array_set_size(c->taken, 0);
	if (r.dir < 0)
		return FALSE;
	g_autoptr(GPtrArray) names = fsio_list(r.dir, FOLDER_NAMES_MAX, error);
	gboolean ok = names != NULL;
	guint first = ok ? first_of(c, names) : 0;
	for (guint i = 0; ok && i < names->len && r.seen < max; i++)
		ok = offer(&r, names->pdata[(first + i) % names->len], error);
	close(r.dir);
	if (ok)
		*ret_seen = r.seen;
	else
		g_ptr_array_set_size(c->taken, 0);
	return ok;
}

static gboolean
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_nlink == b->st_nlink && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* One that was swapped, touched or removed since is offered again instead. */
static gboolean
remove_taken(int dir, const taken_file *t, GError **error)
{
	struct stat now;

	if (t->verdict != TAKE_DONE || fstatat(dir, t->file, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !is_same(&now, &t->st))
		return TRUE;
	return fsio_remove(dir, t->file, error);
}

static gboolean
folder_taken(channel *c, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (c->taken->len == 0)
		return TRUE;
	int dir = folder_open_dir(c, c->receive, error);
	if (dir < 0)
		return FALSE;
	for (guint i = 0; i < c->taken->len; i++)
		remove_taken(dir, c->taken->pdata[i], why == NULL ? &why : NULL);
	close(dir);
	/* One that could not be removed is a duplicate next time. */
	g_ptr_array_set_size(c->taken, 0);
	if (why == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

static gboolean
same_directory(const channel *c)
{
	struct stat send, receive;

	return stat(c->send, &send) == 0 && stat(c->receive, &receive) == 0 &&
	       send.st_dev == receive.st_dev && send.st_ino == receive.st_ino;
}

/* Why FILE is not taken; NULL: it is, or is nobody's business.  Caller frees. */
static char *
why_not(const channel *c, int dir, const char *file, gboolean shared)
{
	g_autoptr(GError) why = NULL;
	envelope_name name;

	if (!name_find(file, c->link, c->partner, &name)) {
		if (*file == '.')
			return NULL;
		if (!name_find(file, c->link, c->own, &name))
			return g_strdup("not an envelope of this link");
		return shared ? NULL : g_strdup("sent by this side; are SEND and RECEIVE swapped?");
	}
	int fd = fsio_open_foreign(dir, file, NULL, &why);
	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	return fail_is(why, REASON_NOT_REGULAR) ? g_strdup(reason_of(REASON_NOT_REGULAR)->text)
						: printable(why->message);
}

static GPtrArray *
folder_foreign(channel *c, GError **error)
{
	int dir = folder_open_dir(c, c->receive, error);

	if (dir < 0)
		return NULL;
	g_autoptr(GPtrArray) names = fsio_list(dir, FOLDER_NAMES_MAX, error);
	gboolean shared = same_directory(c);
	g_ptr_array_set_size(c->strays, 0);
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autofree char *why = why_not(c, dir, names->pdata[i], shared);
		g_autofree char *text = printable(names->pdata[i]);

		if (why != NULL)
			g_ptr_array_add(c->strays, g_strdup_printf("%s\t%s", text, why));
	}
	close(dir);
	return names == NULL ? NULL : c->strays;
}

const channel_ops channel_folder = {
	.name = "folder",
	.open = folder_open,
	.close = folder_close,
	.places = folder_places,
	.send = folder_send,
	.retract = folder_retract,
	.sent = folder_sent,
	.receive = folder_receive,
	.taken = folder_taken,
	.foreign = folder_foreign,
	.space = folder_space,
};
