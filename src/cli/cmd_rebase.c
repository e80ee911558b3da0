#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/rebase.h"

#define TITLE_WIDTH 40
#define SHOWN       40 /* items; the others are counted */

static const char *
how_text(const char *how)
{
	if (g_str_equal(how, "differs"))
		return "differs";
	return g_str_equal(how, "here") ? "here only" : "there only";
}

static void
print_items(const json_t *items)
{
	static const print_column columns[] = {{"ITEM", FALSE, 0},
					       {"THERE", FALSE, 0},
					       {"TITLE", FALSE, TITLE_WIDTH},
					       {"", FALSE, 0},
					       {0}};
	gsize count = json_array_size(items);
	g_autoptr(print_table) t = print_table_new(columns);

	for (gsize i = 0; i < MIN(count, SHOWN); i++) {
		const json_t *one = json_array_get(items, i);
		const char *id = json_str(one, "id");

		print_table_row(t, id != NULL ? id : "-", json_str(one, "partner_id"),
				json_str(one, "title"), how_text(json_str(one, "how")));
	}
}

static void
print_difference(const call *c, const json_t *report)
{
	gsize count = json_array_size(json_object_get(report, "items"));

	call_say(c,
		 "The partner has begun anew: %" G_GINT64_FORMAT
		 " items are the same, %" G_GINT64_FORMAT " differ, %" G_GINT64_FORMAT
		 " are here only, %" G_GINT64_FORMAT " there only.",
		 json_num(report, "same", 0), json_num(report, "differing", 0),
		 json_num(report, "here", 0), json_num(report, "there", 0));
	if (count > 0)
		print_items(json_object_get(report, "items"));
	if (count > SHOWN)
		call_say(c, "and %" G_GSIZE_FORMAT " more (--json tells all)", count - SHOWN);
}

static void
print_report(const call *c, const json_t *report)
{
	const json_t *lost = json_object_get(report, "dropped"), *one;
	const char *state = json_str(report, "state");
	gsize i;

	if (g_str_equal(state, "open"))
		call_say(c, "Begun anew on %s; it is the partner's turn.",
			 json_str(report, "since"));
	else if (g_str_equal(state, "asked"))
		print_difference(c, report);
	else
		call_say(c, "What differs is known when the partner has begun anew, too.");
	json_array_foreach (lost, i, one)
		call_say(c, "Dropped, as both sides tell all they have: %s.",
			 json_string_value(one));
}

static gboolean
show_report(call *c, gateway *g, GError **error)
{
	g_autoptr(json_ref) report = rebase_report(g, error);

	if (report == NULL)
		return FALSE;
	if (c->json)
		print_json(report);
	else
		print_report(c, report);
	return TRUE;
}

static gboolean
run_rebase(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);

	if (g == NULL || (!call_has(c, "dry-run") && !rebase_may(g, error)) ||
	    !show_report(c, g, error))
		return FALSE;
	if (call_has(c, "dry-run"))
		return TRUE;
	if (!call_sure(c, "Begin anew from what both sides have?  Nothing is deleted.", error) ||
	    !rebase_open(g, error))
		return FALSE;
	call_say(c,
		 "%s: begun anew; it goes on when the partner has, too (they run: handsel rebase)",
		 gateway_name(g));
	return TRUE;
}

static const command_option options[] = {
	{"dry-run", NULL, "only shows what differs and what would be dropped", FALSE},
	OPTION_YES("without asking on a terminal"),
	{0},
};

const command commands_rebase[] = {
	{"rebase", "NAME [--dry-run] [--yes]", "begin a link anew from what both sides have",
	 "For a link that has stopped because one side is an old copy: a restored backup, of the "
	 "state\n"
	 "or of the tracker. What waits in the spool is dropped, and the partner is told what each "
	 "item\n"
	 "is here; their handsel shows them the difference, and goes on when they say yes by the "
	 "same\n"
	 "command. Where nothing differs it says yes by itself. Items that are the same are agreed "
	 "on,\n"
	 "others are sent whole and merged as the contract says; nothing is deleted on either "
	 "side, "
	 "and\n"
	 "what loses is in the conflict log. What was deleted on one side only comes back.",
	 1, 1, options, run_rebase},
	{0},
};
