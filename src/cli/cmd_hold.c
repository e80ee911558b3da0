#include <string.h>

#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/operate.h"
#include "gateway/report.h"

#define TITLE_WIDTH 40
#define TEXT_WIDTH  60

static const char *
name_of(const json_t *hold)
{
	return json_str(hold, "id") != NULL ? json_str(hold, "id") : json_str(hold, "uid");
}

/* Is HOLD the item that argument 1 names, if it names one? */
static gboolean
is_wanted(const call *c, const json_t *hold)
{
	const char *item = call_arg(c, 1);

	return item == NULL || g_strcmp0(json_str(hold, "id"), item) == 0 ||
	       g_strcmp0(json_str(hold, "uid"), item) == 0;
}

static gboolean
each_hold(call *c, void (*print)(const json_t *, gpointer), gpointer data, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) all = g != NULL ? report_holds(g, error) : NULL;
	const json_t *one;
	guint found = 0;
	gsize i;

	if (all == NULL)
		return FALSE;
	json_array_foreach (all, i, one) {
		if (!is_wanted(c, one))
			continue;
		found++;
		if (c->json)
			print_json(one);
		else
			print(one, data);
	}
	if (found == 0 && call_arg(c, 1) == NULL)
		call_say(c, "nothing waits");
	if (found > 0 || call_arg(c, 1) == NULL)
		return TRUE;
	fail_set(error, REASON_NO_ITEM,
		 "nothing of item %s waits on link %s; handsel trace %s %s tells its story",
		 call_arg(c, 1), call_arg(c, 0), call_arg(c, 0), call_arg(c, 1));
	return FALSE;
}

static void
hold_row(const json_t *hold, gpointer table)
{
	g_autofree char *held = show_any(hold, "held", 0);
	g_autofree char *reason = show_any(hold, "reason", 0);
	g_autofree char *since = show_since(hold, "since");

	print_table_row(table, name_of(hold), json_str(hold, "title"), held, since, reason,
			json_str(hold, "text"), json_flag(hold, "retry") ? "yes" : "no");
}

static gboolean
run_list(call *c, GError **error)
{
	static const print_column columns[] = {{"ITEM", FALSE, 0},   {"TITLE", FALSE, TITLE_WIDTH},
					       {"CHANGES", TRUE, 0}, {"AGE", TRUE, 0},
					       {"REASON", TRUE, 0},  {"TEXT", FALSE, TEXT_WIDTH},
					       {"RETRY", FALSE, 0},  {0}};
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);

	return each_hold(c, hold_row, t, error);
}

static void
print_listed(const json_t *one)
{
	g_autofree char *value = show_any(one, "value", TEXT_WIDTH);
	g_autofree char *reason = show_any(one, "reason", 0);
	const char *text = json_str(one, "text");

	print_line("  %s  %s  agreed: %s  reason %s %s", json_str(one, "reg"), json_str(one, "how"),
		   value, reason, text != NULL ? text : "");
}

static void
print_hold(const json_t *hold, gpointer data)
{
	const call *c = data;
	const json_t *listed = json_object_get(hold, "listed"), *one;
	g_autofree char *since = show_time(hold, "since");
	g_autofree char *reason = show_any(hold, "reason", 0);
	const char *advice = json_str(hold, "advice");
	gsize i;

	print_line("%s \"%s\"   waits since %s, tried again %" G_GINT64_FORMAT " times",
		   name_of(hold), json_str(hold, "title") != NULL ? json_str(hold, "title") : "",
		   since, json_num(hold, "tries", 0));
	print_line("reason %s  %s", reason,
		   json_str(hold, "text") != NULL ? json_str(hold, "text") : "");
	if (json_num(hold, "held", 0) > 0)
		print_line("  %" G_GINT64_FORMAT " of the partner's changes are held, in order:",
			   json_num(hold, "held", 0));
	json_array_foreach (json_object_get(hold, "records"), i, one) {
		print_line("    %s", json_string_value(one));
	}
	json_array_foreach (listed, i, one) {
		print_listed(one);
	}
	if (advice != NULL)
		print_line("then   %s", advice);
	g_autofree char *handsel = site_handsel(c->site);
	print_line("       %s hold retry %s %s      once that is done", handsel, call_arg(c, 0),
		   name_of(hold));
	print_line("       %s hold drop %s %s       the partner gets back what is shown here",
		   handsel, call_arg(c, 0), name_of(hold));
}

static gboolean
run_show(call *c, GError **error)
{
	return each_hold(c, print_hold, c, error);
}

static gboolean
run_retry(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	guint left;

	if (g == NULL || !hold_retry(g, call_arg(c, 1), &left, error))
		return FALSE;
	g_autofree char *items = print_count(left, "item");
	if (c->json) {
		g_autoptr(json_ref) one = json_object();
		json_object_set_new(one, "left", json_integer(left));
		print_json(one);
	}
	if (left > 0) {
		call_worsen(c, STATUS_WAITS);
		call_say(c, "%s still waits: handsel hold list %s", items, call_arg(c, 0));
	} else {
		call_say(c, "nothing waits any more");
	}
	return TRUE;
}

static gboolean
run_drop(call *c, GError **error)
{
	g_autofree char *question =
		g_strdup_printf("Give up what waits of item %s on link %s, and tell the partner?",
				call_arg(c, 1), call_arg(c, 0));

	if (!call_sure(c, question, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	if (g == NULL || !hold_drop(g, call_arg(c, 1), call_value(c, "note"), error))
		return FALSE;
	call_say(c, "%s: dropped; the partner gets back what is shown here", call_arg(c, 1));
	return TRUE;
}

static const command_option drop_options[] = {
	{"note", "TEXT", "why; it stands in the log", FALSE},
	OPTION_YES("does not ask"),
	{0},
};

const command commands_hold[] = {
	{"hold list", "NAME", "list items that wait",
	 "Lists the items of which the partner's changes could not be applied here, or only in "
	 "part.\n"
	 "Other items flow on.",
	 1, 1, NULL, run_list},
	{"hold show", "NAME [ITEM]", "why items wait, and what helps",
	 "Shows why one item waits, or all that do, with what would help.", 1, 2, NULL, run_show},
	{"hold retry", "NAME [ITEM]", "try to apply what waits again",
	 "Tries again to apply what waits of one item, or of all. Ends with 3 if something still\n"
	 "waits.",
	 1, 2, NULL, run_retry},
	{"hold drop", "NAME ITEM [--note TEXT] [--yes]", "give up what waits of an item",
	 "Gives up the partner's changes that wait: the partner gets back what is shown here. Of a "
	 "change\n"
	 "that was held as a whole the item is compared afresh; where both sides differ, the "
	 "policy "
	 "of\n"
	 "the field decides.",
	 2, 2, drop_options, run_drop},
	{0},
};
