#include "cli/command.h"

#include <string.h>

/* In the order of the help. */
static const command *const tables[] = {
	commands_init,       commands_link_new,  commands_link_join,  commands_link_list,
	commands_link_set,   commands_link_test, commands_link_end,   commands_link_rekey,
	commands_sync,       commands_run,       commands_status,     commands_log,
	commands_trace,      commands_check,     commands_spool,      commands_spool_do,
	commands_media,      commands_backup,    commands_hold,       commands_brake,
	commands_conflict,   commands_resync,    commands_rebase,     commands_desk_edit,
	commands_desk_thing, commands_desk_list, commands_desk_field, commands_help,
	commands_completion,
};

const command_option command_common[] = {
	{"home", "DIR", "the site; else $HANDSEL_HOME, else the usual places", FALSE},
	{"json", NULL, "JSON, one line a thing, instead of tables", FALSE},
	{"quiet", NULL, "-q: errors only", FALSE},
	{"verbose", NULL, "-v: more than usual", FALSE},
	{"help", NULL, "-h: how the command is used", FALSE},
	{"version", NULL, "the version of this program", FALSE},
	{0},
};

const command *
command_at(guint i)
{
	for (gsize t = 0; t < G_N_ELEMENTS(tables); t++)
		for (const command *c = tables[t]; c->name != NULL; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

const command *
command_find(const char *first, const char *second)
{
	g_autofree char *name = g_strjoin(" ", first, second, NULL);

	for (guint i = 0; command_at(i) != NULL; i++)
		if (strcmp(command_at(i)->name, name) == 0)
			return command_at(i);
	return strcmp(name, command_worker.name) == 0 ? &command_worker : NULL;
}

gboolean
command_is_group(const char *word)
{
	g_autofree char *prefix = g_strconcat(word, " ", NULL);

	for (guint i = 0; command_at(i) != NULL; i++)
		if (g_str_has_prefix(command_at(i)->name, prefix))
			return TRUE;
	return FALSE;
}

static const command_option *
find_option(const command_option *options, const char *name)
{
	for (const command_option *o = options; o != NULL && o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

const command_option *
command_option_find(const command *c, const char *name)
{
	const command_option *o = c != NULL ? find_option(c->options, name) : NULL;

	return o != NULL ? o : find_option(command_common, name);
}

#define WORD_MAX 40 /* bytes of a name that are compared */

/* How many letters have to be changed, added, left out or swapped to make B of A. */
static guint
distance(const char *a, const char *b)
{
	guint d[WORD_MAX + 1][WORD_MAX + 1];
	gsize m = strlen(a), n = strlen(b);

	if (m > WORD_MAX || n > WORD_MAX)
		return G_MAXUINT;
	for (gsize i = 0; i <= m; i++)
		for (gsize j = 0; j <= n; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (guint)(i + j);
				continue;
			}
			d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1,
				      d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[m][n];
}

/* Keeps NAME in *RET if it is nearer to WORDS than *BEST. */
static void
consider(const char *name, const char *words, guint *best, const char **ret)
{
	guint d = distance(words, name);

	if (d < *best) {
		*best = d;
		*ret = name;
	}
}

/* The distance from which on nothing is suggested: a third of what was typed. */
static guint
too_far(const char *words)
{
	return (guint)MAX(strlen(words) / 3, 1) + 1;
}

const char *
command_guess(const char *words)
{
	const char *ret = NULL;
	guint best = too_far(words);

	for (guint i = 0; command_at(i) != NULL; i++)
		consider(command_at(i)->name, words, &best, &ret);
	return ret;
}

const char *
command_guess_option(const command *c, const char *name)
{
	const char *ret = NULL;
	guint best = too_far(name);

	for (const command_option *o = c != NULL ? c->options : NULL; o != NULL && o->name != NULL;
	     o++)
		consider(o->name, name, &best, &ret);
	for (const command_option *o = command_common; o->name != NULL; o++)
		consider(o->name, name, &best, &ret);
	return ret;
}
