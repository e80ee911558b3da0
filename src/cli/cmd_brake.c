#include "base/fail.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/brake.h"

#define TITLE_WIDTH 40
#define TEXT_WIDTH  60

static void
print_waits(const json_t *report)
{
	static const print_column columns[] = {{"ITEM", FALSE, 0}, {"TITLE", FALSE, TITLE_WIDTH},
					       {"AGE", TRUE, 0},   {"HERE", FALSE, TEXT_WIDTH},
					       {"", FALSE, 0},     {0}};
	g_autoptr(print_table) t = print_table_new(columns);
	const json_t *one;
	gsize i;

	json_array_foreach (json_object_get(report, "waits"), i, one) {
		g_autofree char *age = show_since(one, "at");
		const char *id = json_str(one, "id");

		print_table_row(t, id != NULL ? id : json_str(one, "uid"), json_str(one, "title"),
				age, json_str(one, "text"),
				json_flag(one, "released") ? "leaves with the next pass" : "");
	}
}

static void
print_report(const call *c, const json_t *report)
{
	g_autofree char *text = brake_text(report);
	g_autofree char *handsel = site_handsel(c->site);

	if (json_array_size(json_object_get(report, "waits")) == 0) {
		call_say(c, "nothing waits for a yes");
		return;
	}
	if (text != NULL)
		print_line("%s", text);
	print_waits(report);
	if (text == NULL)
		return;
	print_line("then   restore the tracker, and nothing is sent");
	print_line("       %s brake release %s %s      sends them, if they are meant", handsel,
		   call_arg(c, 0), json_str(report, "code"));
}

static gboolean
run_show(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) report = g != NULL ? brake_report(g, error) : NULL;

	if (report == NULL)
		return FALSE;
	if (c->json)
		print_json(report);
	else
		print_report(c, report);
	return TRUE;
}

/* What the person at the terminal says yes to, or NULL with *ERROR; caller frees. */
static char *
asked_code(const call *c, gateway *g, GError **error)
{
	g_autoptr(json_ref) report = brake_report(g, error);
	const char *code = json_str(report, "code");

	if (report == NULL)
		return NULL;
	/* There is nothing to ask: let the refusal say so. */
	if (code == NULL)
		return g_strdup("-");
	if (ask_possible()) {
		print_report(c, report);
		if (ask_yes("Delete or empty them at the partner's, too?", FALSE))
			return g_strdup(code);
	}
	fail_set(error, FAIL_USAGE,
		 "brake release: nothing was done; name the code that handsel brake show %s tells",
		 call_arg(c, 0));
	return NULL;
}

static gboolean
run_release(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	guint count;

	if (g == NULL)
		return FALSE;
	g_autofree char *code =
		call_len(c) > 1 ? g_strdup(call_arg(c, 1)) : asked_code(c, g, error);
	if (code == NULL || !brake_release(g, code, &count, error))
		return FALSE;
	if (c->json) {
		g_autoptr(json_ref) one = json_object();
		json_object_set_new(one, "released", json_integer(count));
		print_json(one);
	}
	g_autofree char *items = print_count(count, "item");
	g_autofree char *handsel = site_handsel(c->site);
	call_say(c, "%s leave with the next pass: %s sync %s", items, handsel, call_arg(c, 0));
	return TRUE;
}

const command commands_brake[] = {
	{"brake show", "NAME", "deletions that wait for your yes",
	 "Shows the items that were deleted or emptied here, so many at once that they wait: a "
	 "tracker\n"
	 "that was lost, or put back as it was long ago, must not empty the partner's. Others flow "
	 "on.\n"
	 "If the tracker is restored, nothing was sent. sync.brake says how many are too many.",
	 1, 1, NULL, run_show},
	{"brake release", "NAME [CODE]", "say yes to them",
	 "Lets what waits leave with the next pass. CODE, which brake show tells, stands for "
	 "exactly that:\n"
	 "what was added since waits for a yes of its own. Without CODE, asks on a terminal.",
	 1, 2, NULL, run_release},
	{0},
};
