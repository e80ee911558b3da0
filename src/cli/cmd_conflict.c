#include <string.h>

#include "base/fail.h"
#include "base/u64.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/operate.h"
#include "gateway/report.h"

#define VALUE_WIDTH 30

static const char *
name_of(const json_t *conflict)
{
	return json_str(conflict, "id") != NULL ? json_str(conflict, "id")
						: json_str(conflict, "uid");
}

/* "open", or who won and by what rule; caller frees. */
static char *
outcome(const json_t *conflict)
{
	const char *policy = json_str(conflict, "policy"), *winner = json_str(conflict, "winner");
	const char *why = json_str(conflict, "why");

	if (json_flag(conflict, "open"))
		return g_strdup("open");
	if (winner != NULL)
		return g_strdup_printf("%s -> %s", policy != NULL ? policy : "chosen", winner);
	return g_strdup(policy != NULL ? policy : why != NULL ? why : "closed");
}

static void
conflict_row(print_table *t, const json_t *conflict)
{
	g_autofree char *number = show_any(conflict, "number", 0);
	g_autofree char *at = show_time(conflict, "at");
	g_autofree char *mine = show_any(conflict, "mine", VALUE_WIDTH);
	g_autofree char *theirs = show_any(conflict, "theirs", VALUE_WIDTH);
	g_autofree char *result = outcome(conflict);

	print_table_row(t, number, at, name_of(conflict), json_str(conflict, "reg"), mine, theirs,
			result);
}

static gboolean
run_list(call *c, GError **error)
{
	static const print_column columns[] = {
		{"NUMBER", TRUE, 0},          {"AT", FALSE, 0},
		{"ITEM", FALSE, 0},           {"WHAT", FALSE, 0},
		{"MINE", FALSE, VALUE_WIDTH}, {"THEIRS", FALSE, VALUE_WIDTH},
		{"OUTCOME", FALSE, 0},        {0}};
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) all = g != NULL ? report_conflicts(g, error) : NULL;
	const json_t *one;
	gsize i;

	if (all == NULL)
		return FALSE;
	if (json_array_size(all) == 0)
		call_say(c, "no conflicts");
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);
	json_array_foreach (all, i, one) {
		if (t == NULL)
			print_json(one);
		else
			conflict_row(t, one);
	}
	return TRUE;
}

static gboolean
conflict_number(const call *c, guint64 *ret, GError **error)
{
	if (u64_parse(call_arg(c, 1), G_MAXINT64, ret))
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "%s: \"%s\" is no number of a conflict; handsel conflict list %s shows them",
		 c->command->name, call_arg(c, 1), call_arg(c, 0));
	return FALSE;
}

static void
print_value(const json_t *conflict, const char *key)
{
	const char *text = json_str(conflict, key);
	g_autofree char *value = show_any(conflict, key, 0);

	if (json_is_null(json_object_get(conflict, key)) && !json_flag(conflict, "open"))
		return;
	if (text != NULL && strchr(text, '\n') != NULL) {
		print_line("%s", key);
		print_block(2, text);
	} else {
		print_line("%-8s %s", key, value);
	}
}

static void
print_conflict(const call *c, const json_t *conflict)
{
	g_autofree char *number = show_any(conflict, "number", 0);
	g_autofree char *at = show_time(conflict, "at");
	g_autofree char *result = outcome(conflict);
	const char *title = json_str(conflict, "title");

	print_line("%s   %s \"%s\"   %s   %s", number, name_of(conflict),
		   title != NULL ? title : "", json_str(conflict, "reg"), at);
	print_value(conflict, "mine");
	print_value(conflict, "theirs");
	print_value(conflict, "value");
	print_line("%-8s %s", "outcome", result);
	g_autofree char *handsel = site_handsel(c->site);
	if (json_flag(conflict, "open"))
		print_line("then     %s conflict resolve %s %s mine|theirs|VALUE", handsel,
			   call_arg(c, 0), number);
}

static gboolean
run_show(call *c, GError **error)
{
	guint64 number;

	if (!conflict_number(c, &number, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) one = g != NULL ? report_conflict(g, number, error) : NULL;
	if (one == NULL)
		return FALSE;
	if (c->json)
		print_json(one);
	else
		print_conflict(c, one);
	return TRUE;
}

static gboolean
run_resolve(call *c, GError **error)
{
	const char *typed = call_arg(c, 2);
	gboolean whose = strcmp(typed, "mine") == 0 || strcmp(typed, "theirs") == 0;
	g_autofree char *choice = g_strconcat(
		whose || g_str_has_prefix(typed, "VALUE=") ? "" : "VALUE=", typed, NULL);
	guint64 number;

	if (!conflict_number(c, &number, error))
		return FALSE;
	if (!g_utf8_validate(typed, -1, NULL)) {
		fail_set(error, FAIL_USAGE, "the value: is not valid UTF-8; write it in UTF-8");
		return FALSE;
	}
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	if (g == NULL || !conflict_resolve(g, number, choice, error))
		return FALSE;
	call_say(c, "conflict %s: resolved; the next handsel sync tells the partner",
		 call_arg(c, 1));
	return TRUE;
}

const command commands_conflict[] = {
	{"conflict list", "NAME", "list values that lost, and choices to make",
	 "Lists the conflicts of the link, newest first: both sides changed the same thing. What "
	 "a\n"
	 "policy decided keeps the losing value here; an open one waits for somebody to choose.\n"
	 "What the partner overwrote and never saw, because it does not fit the contract or is of\n"
	 "another link, is kept here as well.",
	 1, 1, NULL, run_list},
	{"conflict show", "NAME NUMBER", "show a conflict",
	 "Shows both values in full, and what became of them.", 2, 2, NULL, run_show},
	{"conflict resolve", "NAME NUMBER mine|theirs|VALUE", "choose the value that counts",
	 "Ends an open conflict: this side's value, the partner's, or another one. VALUE=mine is "
	 "the\n"
	 "value mine.",
	 3, 3, NULL, run_resolve},
	{0},
};
