#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "gateway/backup_private.h"
#include "store/store.h"

typedef struct {
	const char *from, *to; /* BACKUP_SITE, and the new home */
	guint64 bytes;
} copier;

static gboolean
damaged(const char *dir, GError **error)
{
	fail_set(error, FAIL_CONFIG, "%s/" BACKUP_INDEX " is damaged; use another backup", dir);
	return FALSE;
}

/* Paths come from a file that somebody may have edited: none may lead out of the home. */
static gboolean
is_safe(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path != NULL ? path : "", "/", -1);

	for (guint i = 0; parts[i] != NULL; i++)
		if (!fsio_name_safe(parts[i]))
			return FALSE;
	return parts[0] != NULL;
}

static json_t *
read_index(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, BACKUP_INDEX, NULL);
	gsize len = 0;

	if (!fsio_exists(AT_FDCWD, path)) {
		fail_set(error, FAIL_CONFIG, "%s is no backup: it has no " BACKUP_INDEX, dir);
		return NULL;
	}
	g_autofree char *text = fsio_read(AT_FDCWD, path, BACKUP_INDEX_MAX, &len, error);
	g_autoptr(json_ref) index = text == NULL ? NULL : json_read(text, len, NULL);
	if (text == NULL)
		return NULL;
	gint64 format = json_num(index, "format", 0);
	if (format > BACKUP_FORMAT) {
		fail_set(error, FAIL_CONFIG,
			 "%s was made by a newer handsel; install that to restore it", dir);
		return NULL;
	}
	if (format < 1 || json_str(index, "site") == NULL || json_str(index, "made") == NULL) {
		damaged(dir, error);
		return NULL;
	}
	return g_steal_pointer(&index);
}

/* ---- copying ---- */

static gboolean
make_dirs(const copier *c, const json_t *dirs, const char *dir, GError **error)
{
	const json_t *one;
	gsize i;

	json_array_foreach (dirs, i, one) {
		const char *path = json_string_value(one);

		if (!is_safe(path))
			return damaged(dir, error);
		g_autofree char *to = g_build_filename(c->to, path, NULL);
		if (!fsio_mkdirs(to, 0700, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
copy_file(copier *c, const json_t *one, const char *dir, GError **error)
{
	const char *path = json_str(one, "path"), *sha = json_str(one, "sha256");
	g_autofree char *found = NULL;
	guint64 size = 0;

	if (!is_safe(path) || sha == NULL)
		return damaged(dir, error);
	g_autofree char *from = g_build_filename(c->from, path, NULL);
	g_autofree char *to = g_build_filename(c->to, path, NULL);
	if (!backup_copy(from, to, &size, &found, error))
		return FALSE;
	c->bytes += size;
	if (g_str_equal(found, sha))
		return TRUE;
	fail_set(error, FAIL_CONFIG, "%s is damaged: it is not what was saved; use another backup",
		 from);
	return FALSE;
}

static gboolean
make_symlink(const copier *c, const json_t *one, const char *dir, GError **error)
{
	const char *path = json_str(one, "path"), *target = json_str(one, "target");

	if (!is_safe(path) || target == NULL)
		return damaged(dir, error);
	g_autofree char *to = g_build_filename(c->to, path, NULL);
	if (symlink(target, to) == 0)
		return TRUE;
	fail_errno(error, errno, "cannot make %s", to);
	return FALSE;
}

static gboolean
copy_all(copier *c, const json_t *index, const char *dir, GError **error)
{
	const json_t *files = json_object_get(index, "files"), *one;
	const json_t *symlinks = json_object_get(index, "symlinks");
	gsize i;

	if (!fsio_mkdirs(c->to, 0700, error) ||
	    !make_dirs(c, json_object_get(index, "dirs"), dir, error))
		return FALSE;
	json_array_foreach (files, i, one)
		if (!copy_file(c, one, dir, error))
			return FALSE;
	/* Last, so that nothing is written through them. */
	json_array_foreach (symlinks, i, one)
		if (!make_symlink(c, one, dir, error))
			return FALSE;
	return TRUE;
}

/* ---- links ---- */

/*
 * An old state would use numbers again that the partner knows.  The next acknowledgement that
 * contradicts it stops the link anyway; until the operator knows better it does not even begin.
 */
static gboolean
stop(const char *link_dir, const char *made, GError **error)
{
	g_autoptr(store) s = store_open(link_dir, FALSE, error);
	g_autofree char *why =
		g_strdup_printf("restored from the backup of %s, and the partner may know more "
				"than that; if nothing travelled since, let it resume",
				made);

	if (s == NULL)
		return FALSE;
	g_autofree char *stopped = store_get(s, "stopped");
	return store_note(s, "restored", NULL, NULL, made, error) &&
	       (stopped != NULL || store_put(s, "stopped", why, error));
}

static gboolean
stop_links(const char *home, const json_t *index, backup_report *r, GError **error)
{
	const json_t *links = json_object_get(index, "links"), *one;
	gsize i;

	json_array_foreach (links, i, one) {
		const char *name = json_string_value(one);

		if (name == NULL || !site_name_valid(name))
			continue;
		g_autofree char *dir = g_build_filename(home, "links", name, NULL);
		g_autofree char *tmp = g_build_filename(dir, "tmp", NULL);
		if (!stop(dir, r->made, error) || !fsio_mkdirs(tmp, 0700, error))
			return FALSE;
		g_ptr_array_add(r->links, g_strdup(name));
	}
	return TRUE;
}

/* ---- the whole ---- */

static gboolean
is_free(const char *home, GError **error)
{
	struct stat st;

	if (lstat(home, &st) != 0 && errno == ENOENT)
		return TRUE;
	int dir = fsio_open_dir(home, error);
	g_autoptr(GPtrArray) names = dir < 0 ? NULL : fsio_list(dir, 1, error);
	if (dir >= 0)
		close(dir);
	if (names == NULL)
		return FALSE;
	if (names->len == 0)
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "%s is not empty; a backup is restored into a new or empty home: --home DIR",
		 home);
	return FALSE;
}

gboolean
backup_restore(const char *dir, const char *home, backup_report *ret, GError **error)
{
	g_autoptr(json_ref) index = NULL;
	g_autofree char *from = g_build_filename(dir, BACKUP_SITE, NULL);
	g_autofree char *tmp = backup_tmp(home);
	copier c = {from, tmp, 0};

	if (!is_free(home, error) || (index = read_index(dir, error)) == NULL)
		return FALSE;
	g_auto(backup_report) r = {
		.files = json_array_size(json_object_get(index, "files")),
		.links = g_ptr_array_new_with_free_func(g_free),
		.site = g_strdup(json_str(index, "site")),
		.made = g_strdup(json_str(index, "made")),
	};
	if (!copy_all(&c, index, dir, error) || !stop_links(tmp, index, &r, error) ||
	    !backup_finish(tmp, home, error)) {
		fsio_remove_tree(tmp, NULL);
		return FALSE;
	}
	r.bytes = c.bytes;
	*ret = r;
	r = (backup_report){0};
	return TRUE;
}
