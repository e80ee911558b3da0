#include "conf/site.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/guard.h"
#include "base/name.h"
#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_NAME    "handsel.conf"
#define DEFAULT_HOME "/var/lib/handsel"
#define LINKS_MAX    10000          /* links of a site that are listed */
#define NEW_PREFIX   ".new-"        /* a link that is being made */
#define NEW_MAX_AGE  (24 * 60 * 60) /* seconds after which making it has died */

struct site {
	char *dir;
	conf *conf;
};

static gboolean
is_site(const char *home)
{
	g_autofree char *path = g_build_filename(home, CONF_NAME, NULL);

	return fsio_exists(AT_FDCWD, path);
}

char *
site_home(const char *given)
{
	const char *env = g_getenv("HANDSEL_HOME");

	if (given != NULL)
		return g_canonicalize_filename(given, NULL);
	if (env != NULL && *env != '\0')
		return g_canonicalize_filename(env, NULL);
	g_autofree char *own =
		g_build_filename(g_get_home_dir(), ".local", "share", "handsel", NULL);
	return is_site(own) ? g_steal_pointer(&own) : g_strdup(DEFAULT_HOME);
}

/* TEXT as a shell takes it for one word; caller frees. */
static char *
one_word(const char *text)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/._-+:@%,=";

	return text[strspn(text, plain)] == '\0' ? g_strdup(text) : g_shell_quote(text);
}

char *
site_handsel(const site *s)
{
	g_autofree char *without = site_home(NULL);
	g_autofree char *home = one_word(s->dir);

	if (g_str_equal(without, s->dir))
		return g_strdup("handsel");
	return g_strconcat("handsel --home ", home, NULL);
}

gboolean
site_name_valid(const char *name)
{
	return name_site_valid(name);
}

void
site_close(site *s)
{
	if (s == NULL)
		return;
	g_free(s->dir);
	conf_free(s->conf);
	g_free(s);
}

const char *
site_dir(const site *s)
{
	return s->dir;
}

const char *
site_name(const site *s)
{
	return conf_text(s->conf, "name");
}

const char *
site_id(const site *s)
{
	return conf_text(s->conf, "id");
}

conf *
site_conf(site *s)
{
	return s->conf;
}

/*
 * Is DIR, open as FD, free for a new site?  What an earlier attempt left behind, temporary
 * files of ours, does not count.
 */
static gboolean
check_empty(int fd, const char *dir, GError **error)
{
	if (fsio_exists(fd, CONF_NAME)) {
		fail_set(error, FAIL_USAGE, "%s: is a site already; choose another --home", dir);
		return FALSE;
	}
	g_autoptr(GPtrArray) names = fsio_list(fd, LINKS_MAX, error);
	if (names == NULL)
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		if (!g_str_has_prefix(names->pdata[i], ".tmp-")) {
			fail_set(error, FAIL_USAGE,
				 "%s: is not empty; choose a new or empty directory by --home",
				 dir);
			return FALSE;
		}
	return TRUE;
}

/* Makes DIR, 0700, for a new site.  Nothing is changed where there is something else. */
static gboolean
make_home(const char *dir, GError **error)
{
	if (!fsio_mkdirs(dir, 0700, error)) {
		g_prefix_error(error, "%s: ", dir);
		return FALSE;
	}
	int fd = fsio_open_dir(dir, error);
	if (fd < 0)
		return FALSE;
	gboolean ok = check_empty(fd, dir, error);
	if (ok && fchmod(fd, 0700) != 0) {
		fail_errno(error, errno, "%s: cannot be closed to others; take it over by chown",
			   dir);
		ok = FALSE;
	}
	close(fd);
	return ok;
}

site *
site_init(const char *home, const char *name, GError **error)
{
	if (!site_name_valid(name)) {
		fail_set(error, FAIL_USAGE,
			 "%s: cannot be the name of a site; use up to %d of a-z, 0-9, ., _ and -",
			 name == NULL || *name == '\0' ? "nothing" : name, SITE_NAME_MAX);
		return NULL;
	}
	g_autofree char *dir = g_canonicalize_filename(home, NULL);
	if (!make_home(dir, error))
		return NULL;

	g_autoptr(site) s = g_new0(site, 1);
	g_autofree char *path = g_build_filename(dir, CONF_NAME, NULL);
	g_autofree char *id = rand_id();
	s->conf = conf_new(path, SET_SITE);
	s->dir = g_steal_pointer(&dir);
	/* The file comes last and at once: a site is there whole or not at all. */
	if (!conf_set(s->conf, "name", name, error) || !conf_set(s->conf, "id", id, error) ||
	    !conf_save(s->conf, error))
		return NULL;
	return g_steal_pointer(&s);
}

/* Is DIR nobody else's?  Who can write there puts a handsel.conf of his own in place, and with it
 * the commands that are run. */
static gboolean
check_home(const char *dir, GError **error)
{
	struct stat st;

	if (stat(dir, &st) == 0)
		return guard_home(&st, dir, geteuid(), error);
	fail_errno(error, errno, "cannot examine %s", dir);
	return FALSE;
}

site *
site_open(const char *home, GError **error)
{
	g_autofree char *dir = g_canonicalize_filename(home, NULL);
	g_autofree char *path = g_build_filename(dir, CONF_NAME, NULL);

	if (!is_site(dir)) {
		fail_set(error, FAIL_CONFIG,
			 "%s: is no site; make one with handsel init, or name another by --home",
			 dir);
		return NULL;
	}
	if (!check_home(dir, error))
		return NULL;
	g_autoptr(site) s = g_new0(site, 1);
	s->dir = g_steal_pointer(&dir);
	s->conf = conf_load(path, SET_SITE, error);
	if (s->conf == NULL)
		return NULL;
	if (!conf_given(s->conf, "name") || !conf_given(s->conf, "id")) {
		fail_set(error, FAIL_CONFIG,
			 "%s: name or id is missing in [site]; restore it from a backup", path);
		return NULL;
	}
	return g_steal_pointer(&s);
}

static char *
links_dir(const site *s)
{
	return g_build_filename(s->dir, "links", NULL);
}

char *
site_link_dir(const site *s, const char *name)
{
	return g_build_filename(s->dir, "links", name, NULL);
}

/*
 * Any directory with the name of a link is one: they are put in place whole, so one that lacks
 * its link.conf is a damaged link and must not vanish from the list.
 */
gboolean
site_has_link(const site *s, const char *name)
{
	if (!site_name_valid(name))
		return FALSE;
	g_autofree char *dir = site_link_dir(s, name);
	return g_file_test(dir, G_FILE_TEST_IS_DIR);
}

GPtrArray *
site_links(const site *s, GError **error)
{
	g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *dir = links_dir(s);

	if (!fsio_exists(AT_FDCWD, dir))
		return g_steal_pointer(&links);
	int fd = fsio_open_dir(dir, error);
	if (fd < 0)
		return NULL;
	g_autoptr(GPtrArray) names = fsio_list(fd, LINKS_MAX, error);
	close(fd);
	if (names == NULL)
		return NULL;
	for (guint i = 0; i < names->len; i++)
		if (site_has_link(s, names->pdata[i]))
			g_ptr_array_add(links, g_strdup(names->pdata[i]));
	return g_steal_pointer(&links);
}

/* Removes what died while a link was made: it holds keys that nobody will use. */
static void
sweep_unfinished(int links, const char *dir)
{
	g_autoptr(GPtrArray) names = fsio_list(links, LINKS_MAX, NULL);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct stat st;

		if (!g_str_has_prefix(name, NEW_PREFIX) ||
		    fstatat(links, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    (gint64)st.st_mtime > clock_now() - NEW_MAX_AGE)
			continue;
		g_autofree char *path = g_build_filename(dir, name, NULL);
		fsio_remove_tree(path, NULL);
	}
}

static gboolean
make_parts(const char *dir, GError **error)
{
	static const char *const parts[] = {
		"keys",  "exchange/SEND", "exchange/RECEIVE", "outbox",
		"inbox", "quarantine",    "archive",          "tmp",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *part = g_build_filename(dir, parts[i], NULL);

		if (!fsio_mkdirs(part, 0700, error))
			return FALSE;
	}
	return TRUE;
}

char *
site_link_prepare(const site *s, GError **error)
{
	g_autofree char *links = links_dir(s);

	if (!fsio_mkdirs(links, 0700, error))
		return NULL;
	int fd = fsio_open_dir(links, error);
	if (fd < 0)
		return NULL;
	sweep_unfinished(fd, links);
	close(fd);

	g_autofree char *hex = rand_hex(8);
	g_autofree char *dir = g_strdup_printf("%s/" NEW_PREFIX "%s", links, hex);
	if (!make_parts(dir, error)) {
		site_link_abandon(dir);
		return NULL;
	}
	return g_steal_pointer(&dir);
}

static gboolean
sync_dir(const char *dir, const char *part, GError **error)
{
	g_autofree char *path = g_build_filename(dir, part, NULL);
	int fd = fsio_open_dir(path, error);

	if (fd < 0)
		return FALSE;
	gboolean ok = fsio_sync(fd, error);
	close(fd);
	return ok;
}

gboolean
site_link_ready(const site *s, const char *prepared, const char *name, GError **error)
{
	g_autofree char *links = links_dir(s);
	g_autofree char *base = g_path_get_basename(prepared);
	g_autoptr(GError) why = NULL;

	if (!site_name_valid(name)) {
		fail_set(error, FAIL_USAGE,
			 "%s: cannot be the name of a link; use up to %d of a-z, 0-9, ., _ and -",
			 name, SITE_NAME_MAX);
		return FALSE;
	}
	/* The rename makes the link, so the names of all that it needs must be durable before it:
	 * those in the link, in exchange, and of links itself. */
	if (!sync_dir(prepared, ".", error) || !sync_dir(prepared, "exchange", error) ||
	    !sync_dir(s->dir, ".", error))
		return FALSE;
	int fd = fsio_open_dir(links, error);
	if (fd < 0)
		return FALSE;
	gboolean ok = fsio_rename(fd, base, fd, name, FSIO_SYNC, &why);
	/* Renamed, but not durably: the caller is told that there is no link. */
	if (!ok && !fsio_exists(fd, base))
		fsio_rename(fd, name, fd, base, 0, NULL);
	close(fd);
	if (!ok && fsio_exists_error(why))
		fail_set(error, FAIL_USAGE,
			 "%s: is a link of this site already; choose another name", name);
	else if (!ok)
		g_propagate_error(error, g_steal_pointer(&why));
	return ok;
}

void
site_link_abandon(const char *prepared)
{
	fsio_remove_tree(prepared, NULL);
}
