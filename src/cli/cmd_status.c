#include "cli/cmd_status.h"

#include "base/clock.h"
#include "cli/cmd_link.h"
#include "cli/monitor.h"
#include "cli/print.h"
#include "cli/show.h"
#include "daemon/runlock.h"
#include "gateway/report.h"

#define DAY (24 * 60 * 60)

static json_t *
damaged(const site *s, const char *name, const GError *why)
{
	static const char *const unknown[] = {
		"role",           "channel",  "protect",     "partner_site",   "last_in",
		"last_in_id",     "last_out", "last_out_id", "queued",         "unacked",
		"held",           "braked",   "listed",      "quarantine",     "conflicts",
		"open_conflicts", "verified", "items",       "oldest_unacked", "free",
		"send_free"};
	json_t *ret = json_object(), *problems = json_array(), *one = json_object();
	g_autofree char *handsel = site_handsel(s);
	g_autofree char *command = g_strdup_printf("%s check %s", handsel, name);

	json_put(one, "text", why->message);
	json_put(one, "command", command);
	json_array_append_new(problems, one);
	for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++)
		show_put(ret, unknown[i], NULL);
	json_put(ret, "link", name);
	json_put(ret, "state", "damaged");
	json_object_set_new(ret, "problems", problems);
	json_object_set_new(ret, "hints", json_array());
	return ret;
}

json_t *
status_of(site *s, const char *name)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(gateway) g = gateway_open(s, name, GATE_LOOK, NULL, &why);
	json_t *ret = g != NULL ? report_status(g, &why) : NULL;

	return ret != NULL ? ret : damaged(s, name, why);
}

/* "9 min (s418)"; caller frees. */
static char *
last_text(const json_t *link, const char *when, const char *which)
{
	g_autofree char *since = show_since(link, when);
	const char *id = json_str(link, which);

	return id != NULL ? g_strdup_printf("%s (%s)", since, id) : g_steal_pointer(&since);
}

static void
status_row(print_table *t, const json_t *link)
{
	g_autofree char *in = last_text(link, "last_in", "last_in_id");
	g_autofree char *out = last_text(link, "last_out", "last_out_id");
	g_autofree char *queued = show_any(link, "queued", 0);
	g_autofree char *unacked = show_any(link, "unacked", 0);
	g_autofree char *held = show_any(link, "held", 0);
	g_autofree char *quarantine = show_any(link, "quarantine", 0);
	g_autofree char *conflicts = show_any(link, "open_conflicts", 0);
	gboolean bad = json_array_size(json_object_get(link, "problems")) > 0;

	print_table_row(t, json_str(link, "link"), json_str(link, "state"), in, out, queued,
			unacked, held, quarantine, conflicts, bad ? "!" : "");
}

static void
advice_rows(print_table *t, const json_t *link, const char *list, const char *mark)
{
	const json_t *all = json_object_get(link, list), *one;
	g_autofree char *name = g_strconcat(mark, " ", json_str(link, "link"), NULL);
	gsize i;

	json_array_foreach (all, i, one) {
		const char *command = json_str(one, "command");

		print_table_row(t, name, json_str(one, "text"), command != NULL ? command : "");
	}
}

static void
print_advice(const GPtrArray *links)
{
	static const print_column columns[] = {{"", FALSE, 0}, {"", FALSE, 0}, {"", FALSE, 0}, {0}};
	g_autoptr(print_table) t = print_table_new(columns);

	for (guint i = 0; i < links->len; i++)
		advice_rows(t, links->pdata[i], "problems", "!");
	for (guint i = 0; i < links->len; i++)
		advice_rows(t, links->pdata[i], "hints", " ");
}

/* Does `handsel run`?  "running since 06:00 (pid 812)", with the day if that was not today. */
static char *
running_text(const site *s)
{
	gint64 pid, since;

	if (!runlock_look(s, &pid, &since))
		return g_strdup("not running");
	if (pid == 0)
		return g_strdup("running");
	g_autoptr(GDateTime) then = g_date_time_new_from_unix_utc(since);
	gboolean today = since / DAY == clock_now() / DAY;
	g_autofree char *when = then == NULL
					? g_strdup("?")
					: g_date_time_format(then, today ? "%H:%M" : "%e %b %H:%M");
	return g_strdup_printf("running since %s (pid %" G_GINT64_FORMAT ")", g_strstrip(when),
			       pid);
}

static void
print_status(const call *c, const GPtrArray *links)
{
	static const print_column columns[] = {{"LINK", FALSE, 0},
					       {"STATE", FALSE, 0},
					       {"LAST IN", FALSE, 0},
					       {"LAST OUT", FALSE, 0},
					       {"QUEUED", TRUE, 0},
					       {"UNACKED", TRUE, 0},
					       {"HELD", TRUE, 0},
					       {"QUARANTINE", TRUE, 0},
					       {"CONFLICTS", TRUE, 0},
					       {"", FALSE, 0},
					       {0}};
	g_autofree char *now = clock_stamp_now(), *runs = running_text(c->site);
	g_autofree char *handsel = site_handsel(c->site);

	print_line("site %s  %s  %s  %s", site_name(c->site), site_dir(c->site), runs, now);
	if (links->len == 0)
		print_line("no links yet: %s link new NAME --channel folder|mail, or %s link join "
			   "FILE",
			   handsel, handsel);
	print_table *t = print_table_new(columns);
	for (guint i = 0; i < links->len; i++)
		status_row(t, links->pdata[i]);
	print_table_end(t);
	print_advice(links);
}

static gboolean
waits(const json_t *link)
{
	return json_array_size(json_object_get(link, "problems")) > 0 ||
	       json_num(link, "held", 0) > 0 || json_num(link, "quarantine", 0) > 0;
}

static GPtrArray *
look_at_links(call *c, GError **error)
{
	g_autoptr(GPtrArray) names = call_links(c, error);
	g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	gint64 runs, since;

	if (names == NULL)
		return NULL;
	if (!runlock_look(c->site, &runs, &since))
		runs = 0;
	for (guint i = 0; i < names->len; i++) {
		json_t *one = status_of(c->site, names->pdata[i]);

		json_put(one, "site", site_name(c->site));
		json_put(one, "home", site_dir(c->site));
		json_object_set_new(one, "gateway", runs > 0 ? json_integer(runs) : json_null());
		g_ptr_array_add(links, one);
	}
	return g_steal_pointer(&links);
}

static void
tell_people(call *c, const GPtrArray *links)
{
	for (guint i = 0; i < links->len; i++) {
		if (waits(links->pdata[i]))
			call_worsen(c, STATUS_WAITS);
		if (c->json)
			print_json(links->pdata[i]);
	}
	if (!c->json && !c->quiet)
		print_status(c, links);
}

/* A plugin says what it can't find out, too, and has an exit status of its own for it. */
static gboolean
run_check(call *c)
{
	const char *file = call_value(c, "openmetrics");
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) links = look_at_links(c, &why);

	if (links == NULL ||
	    (file != NULL && !monitor_store(file, site_name(c->site), links, &why)))
		c->status = monitor_unknown(why, c->json);
	else
		c->status = monitor_check(links, c->json);
	return TRUE;
}

static gboolean
run_status(call *c, GError **error)
{
	const char *file = call_value(c, "openmetrics");

	if (call_has(c, "check"))
		return run_check(c);
	g_autoptr(GPtrArray) links = look_at_links(c, error);
	if (links == NULL)
		return FALSE;
	if (file != NULL)
		return monitor_store(file, site_name(c->site), links, error);
	tell_people(c, links);
	return TRUE;
}

static const command_option options[] = {
	{"check", NULL,
	 "one line for Nagios, and its exit status: 0 OK, 1 WARNING: something waits for you, "
	 "2 CRITICAL: a link does not work, 3 UNKNOWN",
	 FALSE},
	{"openmetrics", "FILE",
	 "replaces FILE, at once, by metrics for node_exporter's text-file collector or others "
	 "that read OpenMetrics; nothing is printed",
	 FALSE},
	{0},
};

const command commands_status[] = {
	{"status", "[NAME] [--check] [--openmetrics FILE]", "how the links are",
	 "Shows for each link when envelopes last came and left, what waits, and behind ! what "
	 "needs\n"
	 "you, with the command that helps. Ends with 3 if anything does.",
	 0, 1, options, run_status},
	{0},
};
