#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "gateway/envelopes.h"

/* For people, what became of an envelope; in the order of what has to be looked at. */
static const struct {
	const char *outcome, *text;
	gboolean waits;
} outcomes[] = {
	{"taken", "taken in", FALSE},
	{"copy", "was here already", FALSE},
	{"quarantined", "refused again", TRUE},
	{"left", "left where it is", TRUE},
	{"dropped", "dropped", FALSE},
	{"refused", "will be refused when it is its turn", FALSE},
	{"voided", "goes without its changes", FALSE},
	{"offered", "offered again", FALSE},
	{"stored", "the partner has it and has not worked it off", FALSE},
};

static void
tell(call *c, print_table *t, const json_t *one)
{
	const char *id = json_str(one, "id"), *text = json_str(one, "text");

	for (gsize i = 0; i < G_N_ELEMENTS(outcomes); i++) {
		if (g_strcmp0(outcomes[i].outcome, json_str(one, "outcome")) != 0)
			continue;
		if (outcomes[i].waits)
			call_worsen(c, STATUS_WAITS);
		if (t != NULL)
			print_table_row(t, id != NULL ? id : json_str(one, "file"),
					outcomes[i].text, text != NULL ? text : "");
	}
}

/* Takes ALL over; NULL: an error has been set. */
static gboolean
tell_all(call *c, json_t *all)
{
	static const print_column columns[] = {
		{"ID", FALSE, 0}, {"BECAME", FALSE, 0}, {"WHY", FALSE, 0}, {0}};
	g_autoptr(print_table) t = c->json || c->quiet ? NULL : print_table_new(columns);
	g_autoptr(json_ref) outcome = all;
	const json_t *one;
	gsize i;

	json_array_foreach (all, i, one) {
		tell(c, t, one);
		if (c->json)
			print_json(one);
	}
	if (all != NULL && json_array_size(all) == 0)
		call_say(c, "there is none");
	return all != NULL;
}

static gboolean
run_retry(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);

	return g != NULL && tell_all(c, envelopes_retry(g, call_args(c, 1), error));
}

static gboolean
run_take(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	g_autoptr(json_ref) all = json_array();

	for (guint i = 1; g != NULL && i < call_len(c); i++) {
		g_autoptr(json_ref) some = envelopes_take(g, call_arg(c, i), error);

		if (some == NULL)
			return FALSE;
		json_array_extend(all, some);
	}
	return g != NULL && tell_all(c, json_incref(all));
}

static gboolean
run_resend(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);

	return g != NULL && tell_all(c, envelopes_resend(g, call_args(c, 1), error));
}

/* Are the ids those of envelopes of this side?  All or none have to be. */
static gboolean
are_own(call *c, gboolean *ret, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	guint own = 0;

	for (guint i = 1; g != NULL && i < call_len(c); i++) {
		g_auto(GStrv) ends = g_strsplit(call_arg(c, i), "-", 2);
		guint64 number;
		char role;

		if (ends[0] != NULL && name_parse_id(ends[0], &role, &number) &&
		    role == (gateway_is_master(g) ? 'm' : 's'))
			own++;
	}
	if (g == NULL)
		return FALSE;
	*ret = own > 0;
	if (own == 0 || own == call_len(c) - 1)
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "drop envelopes of this side and what is in quarantine one after the other");
	return FALSE;
}

static gboolean
drop_own(call *c, const char *ids, GError **error)
{
	g_autofree char *question =
		g_strdup_printf("Send %s of link %s without its changes, and the items in it anew?",
				ids, call_arg(c, 0));

	if (!call_sure(c, question, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	return g != NULL &&
	       tell_all(c, envelopes_void(g, call_args(c, 1), call_value(c, "note"), error));
}

static gboolean
run_drop(call *c, GError **error)
{
	g_autofree char *ids = g_strjoinv(", ", (char **)call_args(c, 1));
	g_autofree char *question = g_strdup_printf(
		"Remove %s from quarantine of link %s for good?", ids, call_arg(c, 0));
	gboolean own;

	if (!are_own(c, &own, error))
		return FALSE;
	if (own)
		return drop_own(c, ids, error);
	if (!call_sure(c, question, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	return g != NULL &&
	       tell_all(c, envelopes_drop(g, call_args(c, 1), call_value(c, "note"), error));
}

static gboolean
run_refuse(call *c, GError **error)
{
	g_autofree char *ids = g_strjoinv(", ", (char **)call_args(c, 1));
	g_autofree char *question = g_strdup_printf(
		"Refuse the changes of %s on link %s, and tell the partner?", ids, call_arg(c, 0));

	if (!call_sure(c, question, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	return g != NULL &&
	       tell_all(c, envelopes_refuse(g, call_args(c, 1), call_value(c, "note"), error));
}

static const command_option sure_options[] = {
	{"note", "TEXT", "why; it stands in the log, and the partner is told what is refused",
	 FALSE},
	{"yes", NULL, "does not ask", FALSE},
	{0},
};

static const command_option drop_options[] = {
	{"note", "TEXT", "why; it stands in the log", FALSE},
	{"yes", NULL, "does not ask", FALSE},
	{0},
};

const command commands_spool_do[] = {
	{"spool retry", "NAME ID...", "judge again what is in quarantine",
	 "Judges envelopes in quarantine again, with today's settings and keys: ids, file names, "
	 "or ALL.\n"
	 "Those that pass are taken in. Ends with 3 if one does not.",
	 2, ANY_NUMBER, NULL, run_retry},
	{"spool refuse", "NAME ID... [--note TEXT] [--yes]", "refuse an envelope that waits",
	 "Refuses envelopes that were taken in and are not worked off yet, because one before "
	 "them is\n"
	 "missing: their changes will not be made, the partner is told and sends the items in them "
	 "anew,\n"
	 "as they are then. What is in quarantine can be dropped only: nobody has proven to have "
	 "sent it.",
	 2, ANY_NUMBER, sure_options, run_refuse},
	{"spool drop", "NAME ID... [--note TEXT] [--yes]",
	 "remove what is in quarantine, or shall not be sent",
	 "Removes envelopes from quarantine for good: ids, file names, or ALL. If the partner sent "
	 "one,\n"
	 "it will offer it again, as it was never acknowledged.\n"
	 "Of envelopes of this side (m17, or m17-m20 where this side is the master) the changes "
	 "and "
	 "files\n"
	 "are taken out, unless the partner is known to have them; number and answers stay. The "
	 "items in\n"
	 "them are sent anew, as they are by then: what must not leave at all has to be taken back "
	 "in\n"
	 "the tracker first. Whichever of the two reaches the partner first counts.",
	 2, ANY_NUMBER, drop_options, run_drop},
	{"spool resend", "NAME ID...", "offer envelopes again",
	 "Offers envelopes that the partner has not acknowledged again at once, the very same "
	 "bytes: ids,\n"
	 "ranges like m17-m20, or ALL. Use it when files were lost on their way.",
	 2, ANY_NUMBER, NULL, run_resend},
	{"spool take", "NAME FILE...", "take an envelope from anywhere",
	 "Takes in a copy of a file as if it lay in RECEIVE, with all checks; the file stays where "
	 "it is.\n"
	 "Ends with 3 if it is not taken.",
	 2, ANY_NUMBER, NULL, run_take},
	{0},
};
