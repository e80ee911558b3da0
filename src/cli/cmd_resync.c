#include "base/clock.h"
#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/when.h"
#include "gateway/operate.h"

static gboolean
resync_items(call *c, gateway *g, GError **error)
{
	const char *const *ids = call_values(c, "item");

	for (guint i = 0; ids[i] != NULL; i++) {
		if (!resync_item(g, ids[i], error))
			return FALSE;
		call_say(c, "%s: item %s is sent anew with the next handsel sync", gateway_name(g),
			 ids[i]);
	}
	return TRUE;
}

static gboolean
send_field(call *c, gateway *g, GError **error)
{
	const char *field = call_value(c, "field");
	guint count;

	if (!resync_field(g, field, &count, error))
		return FALSE;
	g_autofree char *items = print_count(count, "item");
	call_say(c, "%s: %s with %s will be sent anew with the next handsel sync", gateway_name(g),
		 items, field);
	return TRUE;
}

static gboolean
run_resync(call *c, GError **error)
{
	const char *text = call_value(c, "since");
	gint64 since = 0;
	guint count;

	if (call_has(c, "since") + call_has(c, "item") + call_has(c, "field") > 1) {
		fail_set(error, FAIL_USAGE,
			 "resync: --item, --field and --since exclude each other; give one of "
			 "them");
		return FALSE;
	}
	if (text != NULL && !when_parse("since", text, clock_now(), &since, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	if (g == NULL)
		return FALSE;
	if (call_has(c, "item"))
		return resync_items(c, g, error);
	if (call_has(c, "field"))
		return send_field(c, g, error);
	if (!resync_link(g, since, &count, error))
		return FALSE;
	g_autofree char *items = print_count(count, "item");
	call_say(c, "%s: the next handsel sync looks at %s again", gateway_name(g),
		 since > 0 ? items : "all items");
	return TRUE;
}

static const command_option options[] = {
	{"since", "T", "only items to which something happened on the link since T, as for log",
	 FALSE},
	{"item", "ID", "sends the whole content of this item again", TRUE},
	{"field", "F", "the same with all items in which F is set or differs", FALSE},
	{0},
};

const command commands_resync[] = {
	{"resync", "NAME [--since T] [--item ID]... [--field F]", "look at items again",
	 "Looks at all items of the tracker again with the next handsel sync, as if nothing was "
	 "known of\n"
	 "when they changed; only what differs from what both sides agreed on is sent. With --item "
	 "the\n"
	 "whole content of an item is sent and merged again, whatever was agreed on: it mends an "
	 "item that\n"
	 "the partner lost or spoilt. With --field it is every item in which that field is set, "
	 "for "
	 "a field\n"
	 "that the partner's tracker has learnt to take.",
	 1, 1, options, run_resync},
	{0},
};
