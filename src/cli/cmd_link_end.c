#include "base/fail.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "gateway/make.h"

static gboolean
run_assign(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	guint new;

	if (g == NULL || !link_assign(g, call_args(c, 1), &new, error))
		return FALSE;
	g_autofree char *items = print_count(new, "item");
	call_say(c, "%s: %s newly assigned; the next handsel sync sends", gateway_name(g), items);
	return TRUE;
}

static gboolean
run_close(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);

	if (g == NULL || !link_close(g, error))
		return FALSE;
	if (link_closed(g))
		call_say(c, "%s: closed", gateway_name(g));
	else
		call_say(c, "%s: closes once the partner has acknowledged; handsel status %s tells",
			 gateway_name(g), gateway_name(g));
	return TRUE;
}

/* What removing the link would lose.  A link that cannot be opened may be removed by force only. */
static gboolean
find_losses(call *c, GPtrArray **ret, GError **error)
{
	g_autoptr(GError) damaged = NULL;
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, &damaged);

	if (g != NULL)
		return (*ret = link_losses(g, error)) != NULL;
	const site *s = c->site;
	if (!call_has(c, "force") || fail_is(damaged, FAIL_RETRY) || s == NULL ||
	    !site_has_link(s, call_arg(c, 0))) {
		g_propagate_error(error, g_steal_pointer(&damaged));
		return FALSE;
	}
	*ret = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(*ret, g_strdup_printf("it can't be told what: %s", damaged->message));
	return TRUE;
}

static gboolean
may_remove(call *c, const GPtrArray *losses, GError **error)
{
	const char *name = call_arg(c, 0);

	if (losses->len == 0)
		return TRUE;
	print_note("removing link %s would lose", name);
	for (guint i = 0; i < losses->len; i++)
		print_note("  %s", (const char *)losses->pdata[i]);
	if (call_has(c, "force"))
		return TRUE;
	fail_set(error, FAIL_CONFIG,
		 "link %s is not removed; handsel link close %s first, or add --force", name, name);
	return FALSE;
}

static gboolean
run_remove(call *c, GError **error)
{
	const char *name = call_arg(c, 0);
	g_autofree char *question =
		g_strdup_printf("Remove link %s with its keys, state and queues?", name);
	g_autoptr(GPtrArray) losses = NULL;

	if (!find_losses(c, &losses, error) || !may_remove(c, losses, error))
		return FALSE;
	if (!call_has(c, "yes") && ask_possible() && !ask_yes(question, FALSE)) {
		c->status = STATUS_FAILED;
		return TRUE;
	}
	if (!link_remove(c->site, name, error))
		return FALSE;
	call_say(c, "%s: removed; the items stay in the tracker", name);
	return TRUE;
}

static const command_option remove_options[] = {
	{"force", NULL, "even if something would be lost", FALSE},
	{"yes", NULL, "without asking on a terminal", FALSE},
	{0},
};

const command commands_link_end[] = {
	{"link assign", "NAME ITEM...", "let items travel on a link",
	 "Marks items as travelling on the link, whatever its scope says: all of them or none.", 2,
	 ANY_NUMBER, NULL, run_assign},
	{"link close", "NAME", "end a link in peace",
	 "Seals what waits and says goodbye to the partner; no change travels afterwards. Let "
	 "handsel\n"
	 "sync run until the partner has acknowledged, then remove the link.",
	 1, 1, NULL, run_close},
	{"link remove", "NAME [--force] [--yes]", "remove a link with all its files",
	 "Removes the link with its keys, state and queues. Refuses if something would be lost, "
	 "and\n"
	 "says what, unless --force is given. Items stay in the tracker.",
	 1, 1, remove_options, run_remove},
	{0},
};
