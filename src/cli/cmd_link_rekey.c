#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "gateway/rekey.h"
#include "pgp/pgp.h"

static gboolean
run_rekey(call *c, GError **error)
{
	g_autofree char *fpr = NULL;
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);

	if (g == NULL || !link_may_rekey(g, error))
		return FALSE;
	g_autofree char *question =
		g_strdup_printf("Give link %s a new key and tell the partner?", gateway_name(g));
	if (!call_has(c, "yes") && ask_possible() && !ask_yes(question, FALSE)) {
		c->status = STATUS_FAILED;
		return TRUE;
	}
	if (!link_rekey(g, &fpr, error))
		return FALSE;
	g_autofree char *text = pgp_fpr_text(fpr), *words = pgp_fpr_words(fpr, WORDS_ALL);
	call_say(c, "%s: the next handsel sync announces a new key", gateway_name(g));
	call_say(c, "key    %s", text);
	call_say(c, "words  %s", words);
	return TRUE;
}

static const command_option rekey_options[] = {
	{"yes", NULL, "without asking on a terminal", FALSE},
	{0},
};

const command commands_link_rekey[] = {
	{"link rekey", "NAME [--yes]", "give a link a new key",
	 "Makes a new key for this side of the link and announces it to the partner. Once they "
	 "have\n"
	 "taken it over, what is sent is signed with it; the old key then opens old envelopes and "
	 "no\n"
	 "more. Compare the words of handsel link show afterwards.",
	 1, 1, rekey_options, run_rekey},
	{0},
};
