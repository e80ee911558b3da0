#include "daemon/cage.h"

#include "base/confine.h"

static conf *
load(const site *s, const char *name, const char *const *overrides)
{
	g_autofree char *dir = site_link_dir(s, name);
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

void
cage_enter(site *s, const char *const *names, const char *const *overrides)
{
	gboolean commands = starts_commands(site_conf(s));

	for (guint i = 0; names[i] != NULL; i++) {
		g_autoptr(conf) c = load(s, names[i], overrides);

		if (c == NULL)
			continue;
		if (!conf_bool(conf_given(c, "run.confine") ? c : site_conf(s), "run.confine"))
			return;
		commands = commands || starts_commands(c);
	}
	confine_memory();
	if (!commands)
		(void)confine_calls();
}
