#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/report.h"

#define TEXT_WIDTH 60

static const char * or (const char *text, const char *fallback)
{
	return text != NULL ? text : fallback;
}

static void
print_listed(const json_t *trace)
{
	const json_t *all = json_object_get(trace, "listed"), *one;
	gsize i;

	json_array_foreach (all, i, one) {
		g_autofree char *reason = show_any(one, "reason", 0);

		print_line("  %s %s: %s %s", json_str(one, "reg"), json_str(one, "how"), reason,
			   or (json_str(one, "text"), ""));
	}
}

static void
print_head(const json_t *trace)
{
	const char *id = or (json_str(trace, "id"), json_str(trace, "uid"));

	print_line("%s \"%s\"   here %s   there %s   %s, %s", id, or (json_str(trace, "title"), ""),
		   or (json_str(trace, "id"), "-"), or (json_str(trace, "partner_id"), "-"),
		   json_str(trace, "state"),
		   json_flag(trace, "agreed") ? "both sides agree" : "the sides do not agree yet");
	if (json_num(trace, "held", 0) > 0)
		print_line("  %" G_GINT64_FORMAT " of their changes wait here: handsel hold list",
			   json_num(trace, "held", 0));
	if (json_num(trace, "unsealed", 0) > 0)
		print_line("  %" G_GINT64_FORMAT " changes made here are not sealed yet",
			   json_num(trace, "unsealed", 0));
	print_listed(trace);
}

static void
event_row(print_table *t, const json_t *event)
{
	g_autofree char *at = show_time(event, "at");
	g_autofree char *carried = show_time(event, "carried");
	g_autofree char *stored = show_time(event, "stored");
	g_autofree char *done = show_time(event, "done");

	print_table_row(t, at, json_str(event, "what"), json_str(event, "text"),
			json_str(event, "envelope"), carried, stored, done);
}

static void
print_trace(const json_t *trace)
{
	static const print_column columns[] = {{"AT", FALSE, 0},
					       {"WHAT", FALSE, 0},
					       {"TEXT", FALSE, TEXT_WIDTH},
					       {"ENVELOPE", FALSE, 0},
					       {"CARRIED", FALSE, 0},
					       {"STORED", FALSE, 0},
					       {"DONE", FALSE, 0},
					       {0}};
	const json_t *events = json_object_get(trace, "events"), *one;
	g_autoptr(print_table) t = NULL;
	gsize i;

	print_head(trace);
	t = print_table_new(columns);
	json_array_foreach (events, i, one) {
		event_row(t, one);
	}
}

static gboolean
run_trace(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) trace = g != NULL ? report_trace(g, call_arg(c, 1), error) : NULL;

	if (trace == NULL)
		return FALSE;
	if (c->json)
		print_json(trace);
	else
		print_trace(trace);
	return TRUE;
}

const command commands_trace[] = {
	{"trace", "NAME ITEM", "where every change of an item is",
	 "Shows what happened to one item on the link, oldest first: made here or come in, in "
	 "which\n"
	 "envelope, and when that was carried, stored and taken over by the partner.",
	 2, 2, NULL, run_trace},
	{0},
};
