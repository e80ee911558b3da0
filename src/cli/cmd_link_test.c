#include "cli/cmd_link.h"
#include "cli/print.h"
#include "gateway/report.h"

static gboolean
run_test(call *c, GError **error)
{
	static const print_column columns[] = {{"", FALSE, 0},
					       {"STEP", FALSE, 0},
					       {"FOUND", FALSE, 0},
					       {"WHAT HELPS", FALSE, 0},
					       {0}};
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	g_autoptr(json_ref) all = g != NULL ? report_test(g) : NULL;
	json_t *one;
	gsize i;

	if (all == NULL)
		return FALSE;
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);
	json_array_foreach (all, i, one) {
		gboolean ok = json_flag(one, "ok");
		const char *command = json_str(one, "command");

		if (!ok)
			call_worsen(c, STATUS_WAITS);
		json_put(one, "link", gateway_name(g));
		if (t == NULL)
			print_json(one);
		else if (!ok || !c->quiet)
			print_table_row(t, ok ? "ok" : "!", json_str(one, "what"),
					json_str(one, "text"), command != NULL ? command : "");
	}
	return TRUE;
}

const command commands_link_test[] = {
	{"link test", "NAME", "try what a link needs, step by step",
	 "Does what the link will have to do, and tells how each step went: lists SEND and "
	 "RECEIVE, "
	 "makes,\n"
	 "writes, renames, reads and removes a hidden file there, looks at space and clocks; by "
	 "mail,\n"
	 "finds both servers, connects, checks their certificates, logs in, mails to itself, sees "
	 "that\n"
	 "arrive and removes it; signs, encrypts and opens a message with the link's keys; asks "
	 "the\n"
	 "tracker. Ends with 3 if a step fails.",
	 1, 1, NULL, run_test},
	{0},
};
