#include "daemon/cage.h"

#include <sys/stat.h>

#include "base/confine.h"
#include "base/fence.h"
#include "base/fsio.h"
#include "pgp/pgp.h"
#include "spool/channel.h"

#define ENTRIES_MAX 1000 /* of the home, or of a link's directory, that are looked at */

typedef struct {
	site *site;
	char *dir;  /* the link's */
	conf *conf; /* its settings; NULL: they can't be read */
	gboolean spared, commands;
} cell;

static void
cell_clear(cell *c)
{
	g_free(c->dir);
	conf_free(c->conf);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(cell, cell_clear)

static conf *
load(const char *dir, const char *const *overrides)
{
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) c = conf_load(path, SET_LINK, NULL);

	for (guint i = 0; c != NULL && overrides != NULL && overrides[i] != NULL; i++)
		if (!conf_set_pair(c, overrides[i], NULL))
			return NULL;
	return g_steal_pointer(&c);
}

/* Alerts and passwords: /bin/sh runs them, with whatever rights the programs in them have. */
static gboolean
starts_commands(const conf *c)
{
	g_autoptr(GPtrArray) pairs = conf_pairs(c, FALSE);

	for (guint i = 0; i + 1 < pairs->len; i += 2)
		if (g_str_has_suffix(pairs->pdata[i], "command"))
			return TRUE;
	return FALSE;
}

static void
cell_init(cell *ret, site *s, const char *name, const char *const *overrides)
{
	*ret = (cell){.site = s,
		      .dir = site_link_dir(s, name),
		      .commands = starts_commands(site_conf(s))};
	ret->conf = load(ret->dir, overrides);
	if (ret->conf == NULL)
		return;
	ret->spared = !conf_bool(conf_given(ret->conf, "run.confine") ? ret->conf : site_conf(s),
				 "run.confine");
	ret->commands = ret->commands || starts_commands(ret->conf);
}

/* ---- the fence ---- */

/* The directory PATH, and what an operator has moved elsewhere and put a symbolic link for. */
static void
allow_tree(fence *f, const char *path)
{
	int dir = fsio_open_dir(path, NULL);
	g_autoptr(GPtrArray) names = dir < 0 ? NULL : fsio_list(dir, ENTRIES_MAX, NULL);

	fence_allow(f, path, FENCE_ALL);
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autofree char *entry = g_build_filename(path, names->pdata[i], NULL);

		if (g_file_test(entry, G_FILE_TEST_IS_SYMLINK))
			fence_allow(f, entry, FENCE_ALL);
	}
	if (dir >= 0)
		close(dir);
}

/* Remembered before the gap is made: should it be replaced between the two, that shows. */
static void
allow_place(fence *f, const char *path, anchor *reach)
{
	if (reach != NULL)
		anchor_add(reach, path);
	fence_allow(f, path, FENCE_ALL);
}

static void
allow_link(fence *f, const char *dir, const conf *c, anchor *reach)
{
	const channel_ops *ops = channel_find(conf_text(c, "channel"));
	g_autofree char *send = NULL, *receive = NULL;

	allow_tree(f, dir);
	if (ops == NULL || ops->places == NULL)
		return;
	ops->places(dir, c, &send, &receive);
	allow_place(f, send, reach);
	allow_place(f, receive, reach);
}

/*
 * SQLite puts what does not fit into its cache where TMPDIR says, or below /var: there it could be
 * made no more.  A directory of its own, which is emptied at the next start, is more private, too.
 */
static void
keep_spills(const cell *c)
{
	g_autofree char *tmp = g_build_filename(c->dir, "tmp", NULL);

	g_setenv("SQLITE_TMPDIR", tmp, TRUE);
}

/* Programs open /dev/null to write, and the helper makes a short name of its key ring. */
static void
fence_off(const cell *c, anchor *reach)
{
	g_autoptr(fence) f = fence_new();

	if (f == NULL)
		return;
	allow_tree(f, site_dir(c->site));
	fence_allow(f, "/dev/null", FENCE_ALL);
	fence_allow(f, PGP_SHORT_ROOT, FENCE_NAMES);
	if (c->conf != NULL) {
		allow_link(f, c->dir, c->conf, reach);
		keep_spills(c);
	}
	(void)fence_enter(f);
}

void
cage_enter(site *s, const char *name, const char *const *overrides, anchor *reach)
{
	g_auto(cell) c = {0};

	cell_init(&c, s, name, overrides);
	if (c.spared)
		return;
	confine_memory();
	if (c.commands)
		return;
	fence_off(&c, reach);
	(void)confine_calls();
}

/* ---- for people ---- */

char *
cage_lacks(void)
{
	gboolean calls = confine_known(), files = fence_known();

	if (calls && files)
		return NULL;
	return g_strdup_printf("the kernel does not offer %s%s%s", calls ? "" : "filters of calls",
			       calls || files ? "" : ", and ",
			       files ? "" : "Landlock, which fences off files");
}

char *
cage_text(site *s, const char *name, const char *const *overrides)
{
	g_auto(cell) c = {0};
	g_autofree char *lacks = cage_lacks();

	cell_init(&c, s, name, overrides);
	if (c.spared)
		return g_strdup("none: run.confine is no");
	if (c.commands)
		return g_strdup("memory only: there is a command to start, which may need more");
	return lacks == NULL ? g_strdup("memory, rights, calls, and files that can be changed")
			     : g_strdup_printf("as far as it goes: %s", lacks);
}
