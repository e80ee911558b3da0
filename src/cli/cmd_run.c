#include <string.h>

#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "conf/setting.h"
#include "daemon/daemon.h"
#include "daemon/worker.h"

/* "key=value" for each part of EVENT that is not at the head of the line; caller frees. */
static char *
event_text(const json_t *event)
{
	GString *line = g_string_new(NULL);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)event, key, value) {
		if (g_str_equal(key, "at") || g_str_equal(key, "event") || g_str_equal(key, "link"))
			continue;
		if (json_is_integer(value))
			g_string_append_printf(line, "  %s=%" JSON_INTEGER_FORMAT, key,
					       json_integer_value(value));
		else
			g_string_append_printf(line, "  %s", json_string_value(value));
	}
	return g_string_free(line, FALSE);
}

/* One line an event, at once: who follows the output shall not wait for a full buffer. */
static void
say(daemon_level level, const json_t *event, gpointer data)
{
	const call *c = data;
	const char *link = json_str(event, "link");

	if ((level == SAY_DETAIL && !c->verbose) || (level == SAY_EVENT && c->quiet))
		return;
	if (c->json) {
		print_json(event);
	} else {
		g_autofree char *text = event_text(event);

		print_line("%s  %s%s%s%s", json_str(event, "at"), link != NULL ? link : "",
			   link != NULL ? "  " : "", json_str(event, "event"), text);
	}
	print_flush(NULL);
}

/* Is PAIR a setting of the site rather than of a link? */
static gboolean
is_of_site(const char *pair)
{
	g_autofree char *key = g_strndup(pair, strcspn(pair, "="));

	return setting_find(key, SET_LINK) == NULL && setting_find(key, SET_SITE) != NULL;
}

/* Wrong pairs shall end the command, not each of its links. */
static gboolean
check_pairs(GPtrArray *pairs, setting_where where, GError **error)
{
	g_autoptr(conf) c = conf_new("--set", where);

	for (guint i = 0; i + 1 < pairs->len; i++)
		if (!conf_set_pair(c, pairs->pdata[i], error))
			return FALSE;
	return TRUE;
}

static gboolean
run_run(call *c, GError **error)
{
	g_autoptr(GPtrArray) names = call_links(c, error);
	g_autoptr(GPtrArray) of_site = g_ptr_array_new(), of_links = g_ptr_array_new();
	const char *const *set = call_values(c, "set");

	if (names == NULL)
		return FALSE;
	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		g_ptr_array_add(is_of_site(set[i]) ? of_site : of_links, (gpointer)set[i]);
	g_ptr_array_add(of_site, NULL);
	g_ptr_array_add(of_links, NULL);
	if (!check_pairs(of_site, SET_SITE, error) || !check_pairs(of_links, SET_LINK, error))
		return FALSE;
	const daemon_options options = {
		.links = call_len(c) > 0 ? call_args(c, 0) : NULL,
		.overrides = (const char *const *)of_links->pdata,
		.site_overrides = (const char *const *)of_site->pdata,
		.say = say,
		.data = c,
	};
	return daemon_run(c->site, &options, error);
}

static gboolean
run_worker(call *c, GError **error)
{
	site *s = call_site(c, error);

	return s != NULL && worker_run(s, call_arg(c, 0), call_values(c, "set"), error);
}

static const command_option options[] = {
	OPTION_SET("a setting of link.conf or handsel.conf, for this run only"),
	{0},
};

const command commands_run[] = {
	{"run", "[NAME...] [--set KEY=VALUE]...", "keep the links going until stopped",
	 "Stays, and does by itself what handsel sync does: as soon as something arrives, changes\n"
	 "at the desk, or is due, for the links named or for all, new ones too. All other "
	 "commands\n"
	 "can be used meanwhile. Touch links/NAME/wake to have a link looked after at once.\n"
	 "SIGTERM ends it, SIGHUP reads the settings again. Prints a line for each thing done;\n"
	 "with -q only troubles, with -v every pass.",
	 0, ANY_NUMBER, options, run_run},
	{0},
};

const command command_worker = {
	"worker",
	"NAME [--set KEY=VALUE]...",
	"work on a link for handsel run",
	"Is started by handsel run, for each link that has something to do.",
	1,
	1,
	options,
	run_worker};
