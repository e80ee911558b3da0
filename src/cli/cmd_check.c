#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "daemon/cage.h"
#include "gateway/report.h"

/* A link that can't be opened: that is what would fail. */
static json_t *
cannot_open(const GError *why)
{
	json_t *all = json_array(), *one = json_object();

	json_put(one, "what", "link");
	json_object_set_new(one, "ok", json_false());
	json_put(one, "text", why->message);
	show_put(one, "command", NULL);
	json_array_append_new(all, one);
	return all;
}

/* A kernel that offers less is no fault of the site. */
static json_t *
confinement(call *c, const char *name)
{
	g_autofree char *text = cage_text(c->site, name, call_values(c, "set"));
	json_t *one = json_object();

	json_put(one, "what", "confinement");
	json_object_set_new(one, "ok", json_true());
	json_put(one, "text", text);
	show_put(one, "command", NULL);
	return one;
}

static json_t *
check_link(call *c, const char *name)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(gateway) g = gateway_open(c->site, name, GATE_WORK, call_values(c, "set"), &why);
	json_t *all = g != NULL ? report_check(g, &why) : NULL;

	if (all == NULL)
		return cannot_open(why);
	json_array_append_new(all, confinement(c, name));
	return all;
}

static void
print_check(const call *c, const char *name, json_t *one, print_table *t)
{
	gboolean ok = json_flag(one, "ok");

	if (c->json) {
		json_put(one, "link", name);
		print_json(one);
	} else if (t != NULL && (!ok || !c->quiet)) {
		print_table_row(t, name, ok ? "ok" : "!", json_str(one, "what"),
				json_str(one, "text"),
				json_str(one, "command") != NULL ? json_str(one, "command") : "");
	}
}

static gboolean
run_check(call *c, GError **error)
{
	static const print_column columns[] = {{"LINK", FALSE, 0},       {"", FALSE, 0},
					       {"WHAT", FALSE, 0},       {"FOUND", FALSE, 0},
					       {"WHAT HELPS", FALSE, 0}, {0}};
	g_autoptr(GPtrArray) names = call_links(c, error);

	if (names == NULL)
		return FALSE;
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(json_ref) all = check_link(c, names->pdata[i]);
		json_t *one;
		gsize n;

		json_array_foreach (all, n, one) {
			if (!json_flag(one, "ok"))
				call_worsen(c, STATUS_WAITS);
			print_check(c, names->pdata[i], one, t);
		}
	}
	return TRUE;
}

static const command_option options[] = {
	OPTION_SET("a setting of link.conf, for this run only"),
	{0},
};

const command commands_check[] = {
	{"check", "[NAME] [--set KEY=VALUE]...", "find what would fail later",
	 "Tries settings, keys, directories and tracker of a link, or of all: everything that "
	 "would\n"
	 "fail later. Ends with 3 if something is wrong.",
	 0, 1, options, run_check},
	{0},
};
