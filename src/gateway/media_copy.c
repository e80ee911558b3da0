#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "gateway/media_private.h"

#define SLACK         (64 * 1024) /* bytes that stay free: directories grow, too */
#define DELIVERED     "delivered"
#define DELIVERED_MAX (16 * 1024 * 1024)

static gboolean
has_hash(const media_entry *e, const char *sha)
{
	return sha != NULL && strncmp(sha, name_own_hash(&e->name), NAME_HASH_LEN) == 0;
}

/* Does TO have it, with the bytes that its name promises? */
static gboolean
is_there(const media_lane *l, const media_entry *e)
{
	int fd = fsio_open_foreign(l->to, e->file, NULL, NULL);

	if (fd < 0)
		return FALSE;
	g_autofree char *sha = fsio_sha(fd, NULL, NULL);
	close(fd);
	return has_hash(e, sha);
}

static gboolean
has_room(const media_lane *l, const media_entry *e)
{
	guint64 bytes = fsio_free_space(l->to);

	return bytes == G_MAXUINT64 || (bytes > SLACK && bytes - SLACK >= e->size);
}

/* Makes the bytes of FD durable, reads them from the medium itself, and compares. */
static gboolean
check_written(const media_entry *e, int fd, const char *sha, GError **error)
{
	if (!fsio_sync(fd, error))
		return FALSE;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	g_autofree char *back = fsio_sha(fd, NULL, error);
	if (back == NULL)
		return FALSE;
	if (g_str_equal(back, sha))
		return TRUE;
	fail_set(error, FAIL_RETRY,
		 "%s: what was written reads back differently; use another medium", e->file);
	return FALSE;
}

/* Some file systems of sticks can rename only with replacing; what has the name was no good. */
static gboolean
put_name(const media_lane *l, const char *tmp, const media_entry *e, GError **error)
{
	return fsio_rename(l->to, tmp, l->to, e->file, FSIO_SYNC, NULL) ||
	       fsio_rename(l->to, tmp, l->to, e->file, FSIO_REPLACE | FSIO_SYNC, error);
}

/* Copies FD into the new file TO, named TMP. */
static gboolean
fill(const media_lane *l, const media_entry *e, int fd, int to, const char *tmp, media_outcome *ret,
     GError **error)
{
	g_autofree char *sha = NULL;

	/* Readable by whoever carries it and takes it in; FAT knows no modes. */
	(void)!fchmod(to, 0644);
	if (!fsio_copy(fd, to, G_MAXUINT64, NULL, &sha, error))
		return FALSE;
	if (!has_hash(e, sha)) {
		*ret = MEDIA_DAMAGED;
		return fsio_remove(l->to, tmp, error);
	}
	if (!check_written(e, to, sha, error) || !put_name(l, tmp, e, error))
		return FALSE;
	*ret = MEDIA_CARRIED;
	return TRUE;
}

static gboolean
copy(const media_lane *l, const media_entry *e, int fd, media_outcome *ret, GError **error)
{
	g_autofree char *tmp = NULL;
	g_autoptr(GError) why = NULL;
	int to = fsio_tmp(l->to, &tmp, &why);
	gboolean ok = to >= 0 && fill(l, e, fd, to, tmp, ret, &why);

	if (to >= 0)
		close(to);
	if (ok)
		return TRUE;
	gboolean full = !has_room(l, e);
	if (tmp != NULL)
		fsio_remove(l->to, tmp, NULL);
	/* It filled up under us: as good as no room from the start. */
	if (full) {
		*ret = MEDIA_LEFT;
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

gboolean
media_copy(const media_lane *l, const media_entry *e, media_outcome *ret, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (is_there(l, e)) {
		*ret = MEDIA_THERE;
		/* A crash may have come before its name was durable. */
		return fsio_sync(l->to, error);
	}
	if (!has_room(l, e)) {
		*ret = MEDIA_LEFT;
		return TRUE;
	}
	int fd = fsio_open_foreign(l->from, e->file, NULL, &why);
	if (fd < 0 && fail_is(why, REASON_NOT_REGULAR)) {
		*ret = MEDIA_DAMAGED;
		return TRUE;
	}
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	gboolean ok = copy(l, e, fd, ret, error);
	close(fd);
	return ok;
}

/* ---- what was delivered ---- */

GHashTable *
media_read_delivered(const media_lane *l)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	/* A list that can't be read lets files be carried once more. */
	g_autofree char *text = fsio_read(l->stick, DELIVERED, DELIVERED_MAX, NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		envelope_name name;

		if (name_find(lines[i], l->link8, l->role, &name))
			g_hash_table_add(names, g_strdup(lines[i]));
	}
	return names;
}

gboolean
media_write_delivered(const media_lane *l, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *tmp = NULL;
	GHashTableIter i;
	gpointer name;

	g_hash_table_iter_init(&i, l->delivered);
	while (g_hash_table_iter_next(&i, &name, NULL))
		g_string_append_printf(text, "%s\n", (const char *)name);
	int fd = fsio_tmp(l->stick, &tmp, error);
	if (fd < 0)
		return FALSE;
	(void)!fchmod(fd, 0644);
	gboolean ok = fsio_write_all(fd, text->str, text->len, error) && fsio_sync(fd, error);
	close(fd);
	ok = ok && fsio_rename(l->stick, tmp, l->stick, DELIVERED, FSIO_REPLACE | FSIO_SYNC, error);
	if (!ok)
		fsio_remove(l->stick, tmp, NULL);
	return ok;
}
