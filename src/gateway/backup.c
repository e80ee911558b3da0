#include "gateway/backup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "gateway/backup_private.h"
#include "gateway/gateway.h"
#include "store/store.h"

#define NAMES_MAX 10000000

typedef struct {
	const char *home, *to; /* TO: BACKUP_SITE of the new backup */
	json_t *files, *dirs, *symlinks;
	guint64 bytes;
} copier;

void
backup_report_clear(backup_report *r)
{
	g_clear_pointer(&r->links, g_ptr_array_unref);
	g_free(r->site);
	g_free(r->made);
	*r = (backup_report){0};
}

char *
backup_tmp(const char *dir)
{
	g_autofree char *hex = rand_hex(6);

	return g_strdup_printf("%s.tmp-%s", dir, hex);
}

gboolean
backup_copy(const char *from, const char *to, guint64 *ret_size, char **ret_sha, GError **error)
{
	int in = fsio_open_own(AT_FDCWD, from, error);

	if (in < 0)
		return FALSE;
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	gboolean ok = out >= 0;
	if (!ok)
		fail_errno(error, errno, "cannot make %s", to);
	ok = ok && fsio_copy(in, out, G_MAXUINT64, ret_size, ret_sha, error) &&
	     fsio_sync(out, error);
	close(in);
	if (out >= 0)
		close(out);
	return ok;
}

static gboolean
sync_below(const char *path, GError **error)
{
	int fd = fsio_open_dir(path, error);
	g_autoptr(GPtrArray) names = fd < 0 ? NULL : fsio_list(fd, NAMES_MAX, error);
	gboolean ok = names != NULL;

	for (guint i = 0; ok && i < names->len; i++) {
		g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
		struct stat st;

		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			ok = sync_below(below, error);
	}
	ok = ok && fsio_sync(fd, error);
	if (fd >= 0)
		close(fd);
	return ok;
}

gboolean
backup_finish(const char *from, const char *to, GError **error)
{
	/* The rename makes it whole, so all names below must be durable before. */
	return sync_below(from, error) &&
	       fsio_rename(AT_FDCWD, from, AT_FDCWD, to, FSIO_REPLACE | FSIO_SYNC, error);
}

/* ---- what is copied ---- */

/* What a start makes anew, or what is on its way. */
static gboolean
is_left_out(const char *name)
{
	static const char *const names[] = {"lock", "wake", "tmp", ".lock", NULL};
	static const char *const ends[] = {"-wal", "-shm", "-journal", ".lock"};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(name, ends[i]))
			return TRUE;
	return g_strv_contains(names, name) || name[0] == '.';
}

static gboolean
is_database(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	return g_str_equal(name, "desk.db") || g_str_equal(name, "state.db");
}

static gboolean
measure(const char *path, guint64 *ret_size, char **ret_sha, GError **error)
{
	int fd = fsio_open_own(AT_FDCWD, path, error);

	if (fd < 0)
		return FALSE;
	*ret_sha = fsio_sha(fd, ret_size, error);
	close(fd);
	return *ret_sha != NULL;
}

static gboolean
copy_file(copier *c, const char *path, GError **error)
{
	g_autofree char *from = g_build_filename(c->home, path, NULL);
	g_autofree char *to = g_build_filename(c->to, path, NULL);
	g_autofree char *sha = NULL;
	guint64 size = 0;
	gboolean ok = is_database(path)
			      ? store_copy(from, to, error) && measure(to, &size, &sha, error)
			      : backup_copy(from, to, &size, &sha, error);

	if (!ok)
		return FALSE;
	json_t *one = json_object();
	json_put(one, "path", path);
	json_object_set_new(one, "size", json_integer((json_int_t)size));
	json_put(one, "sha256", sha);
	json_array_append_new(c->files, one);
	c->bytes += size;
	return TRUE;
}

static gboolean
copy_symlink(copier *c, const char *path, const char *from, GError **error)
{
	char target[4096];
	ssize_t n = readlink(from, target, sizeof target - 1);

	if (n < 0) {
		fail_errno(error, errno, "%s", from);
		return FALSE;
	}
	target[n] = '\0';
	json_t *one = json_object();
	json_put(one, "path", path);
	json_put(one, "target", target);
	json_array_append_new(c->symlinks, one);
	return TRUE;
}

static gboolean copy_below(copier *c, const char *path, const char *except, GError **error);

static gboolean
copy_any(copier *c, const char *path, GError **error)
{
	g_autofree char *from = g_build_filename(c->home, path, NULL);
	struct stat st;

	/* Gone since it was listed. */
	if (lstat(from, &st) != 0)
		return TRUE;
	if (S_ISDIR(st.st_mode))
		return copy_below(c, path, NULL, error);
	if (S_ISLNK(st.st_mode))
		return copy_symlink(c, path, from, error);
	return !S_ISREG(st.st_mode) || copy_file(c, path, error);
}

/* Is it a directory of which only the existence matters? */
static gboolean
is_exchange(const char *path)
{
	return g_str_has_suffix(path, "/exchange/SEND") ||
	       g_str_has_suffix(path, "/exchange/RECEIVE");
}

/* Copies directory PATH of the home ("": the home), without EXCEPT in it. */
static gboolean
copy_below(copier *c, const char *path, const char *except, GError **error)
{
	g_autofree char *from = g_build_filename(c->home, path, NULL);
	g_autofree char *to = g_build_filename(c->to, path, NULL);

	if (!fsio_mkdirs(to, 0700, error))
		return FALSE;
	if (*path != '\0')
		json_array_append_new(c->dirs, json_string(path));
	if (is_exchange(path))
		return TRUE;
	int dir = fsio_open_dir(from, error);
	g_autoptr(GPtrArray) names = dir < 0 ? NULL : fsio_list(dir, NAMES_MAX, error);
	if (dir >= 0)
		close(dir);
	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *below =
			*path == '\0' ? g_strdup(name) : g_build_filename(path, name, NULL);

		if (!is_left_out(name) && g_strcmp0(name, except) != 0 &&
		    !copy_any(c, below, error))
			return FALSE;
	}
	return names != NULL;
}

static gboolean
copy_link(copier *c, const site *site, const char *name, GError **error)
{
	g_autofree char *dir = site_link_dir(site, name);
	g_autofree char *path = g_build_filename("links", name, NULL);
	int lock = gateway_lock(dir, name, error);

	if (lock < 0)
		return FALSE;
	gboolean ok = copy_below(c, path, NULL, error);
	close(lock);
	return ok;
}

/* ---- the whole ---- */

static gboolean
write_index(const copier *c, const site *site, const char *dir, const backup_report *r,
	    GError **error)
{
	g_autofree char *path = g_build_filename(dir, BACKUP_INDEX, NULL);
	g_autoptr(json_ref) index = json_object();
	json_t *links = json_array();

	for (guint i = 0; i < r->links->len; i++)
		json_array_append_new(links, json_string(r->links->pdata[i]));
	json_object_set_new(index, "format", json_integer(BACKUP_FORMAT));
	json_put(index, "version", HANDSEL_VERSION);
	json_put(index, "site", site_name(site));
	json_put(index, "id", site_id(site));
	json_put(index, "made", r->made);
	json_object_set_new(index, "links", links);
	json_object_set(index, "dirs", c->dirs);
	json_object_set(index, "files", c->files);
	json_object_set(index, "symlinks", c->symlinks);
	g_autofree char *text = json_text(index);
	return fsio_store(AT_FDCWD, path, text, strlen(text), 0600, error);
}

static gboolean
copy_site(const site *site, const char *tmp, backup_report *r, GError **error)
{
	g_autofree char *to = g_build_filename(tmp, BACKUP_SITE, NULL);
	g_autoptr(json_ref) files = json_array(), dirs = json_array(), symlinks = json_array();
	copier c = {site_dir(site), to, files, dirs, symlinks, 0};

	if (mkdir(tmp, 0700) != 0) {
		fail_errno(error, errno, "cannot make %s", tmp);
		return FALSE;
	}
	if (!fsio_mkdirs(to, 0700, error))
		return FALSE;
	for (guint i = 0; i < r->links->len; i++)
		if (!copy_link(&c, site, r->links->pdata[i], error))
			return FALSE;
	if (!copy_below(&c, "", "links", error) || !write_index(&c, site, tmp, r, error))
		return FALSE;
	r->files = json_array_size(files);
	r->bytes = c.bytes;
	return TRUE;
}

gboolean
backup_make(const site *site, const char *dir, backup_report *ret, GError **error)
{
	g_auto(backup_report) r = {.made = clock_stamp_now(), .site = g_strdup(site_name(site))};
	g_autofree char *tmp = backup_tmp(dir);
	g_autofree char *inside = g_strconcat(site_dir(site), "/", NULL);

	if (fsio_exists(AT_FDCWD, dir)) {
		fail_set(error, FAIL_USAGE, "%s exists already; choose a new name", dir);
		return FALSE;
	}
	if (g_str_has_prefix(dir, inside)) {
		fail_set(error, FAIL_USAGE, "%s is in the site itself; choose another place", dir);
		return FALSE;
	}
	if ((r.links = site_links(site, error)) == NULL)
		return FALSE;
	if (!copy_site(site, tmp, &r, error) || !backup_finish(tmp, dir, error)) {
		fsio_remove_tree(tmp, NULL);
		return FALSE;
	}
	*ret = r;
	r = (backup_report){0};
	return TRUE;
}
