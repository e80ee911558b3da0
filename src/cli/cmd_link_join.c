#include "base/fail.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/link_answers.h"
#include "cli/link_mail.h"
#include "cli/places.h"
#include "cli/print.h"
#include "cli/show.h"
#include "cli/show_offer.h"
#include "gateway/make.h"

static gboolean
run_inspect(call *c, GError **error)
{
	g_autoptr(offer) o = link_inspect(call_arg(c, 0), error);

	if (o == NULL)
		return FALSE;
	if (!c->json) {
		show_offer(o, WORDS_ALL);
		return TRUE;
	}
	g_autoptr(json_ref) one = show_offer_json(o);
	print_json(one);
	return TRUE;
}

/* Has the first envelope left this machine, or is it where a carrier finds it? */
static gboolean
s1_is_sent(gateway *g)
{
	g_autoptr(store_outgoing) s1 = store_find_outgoing(gateway_store(g), 1, NULL);

	return s1 != NULL && s1->carried != 0;
}

static void
say_s1(const call *c, const json_t *joined, gboolean by_mail)
{
	if (!by_mail)
		call_say(c, "Joined. s1 (handshake), for your partner, lies in");
	else if (json_flag(joined, "sent"))
		call_say(c, "Joined. s1 (handshake) has been mailed to your partner.");
	else
		call_say(c, "Joined. s1 (handshake) could not be mailed yet; it is tried again.");
}

static void
say_next(const call *c, const json_t *joined)
{
	const char *name = json_str(joined, "link");
	gboolean by_mail = json_str(joined, "address") != NULL;
	g_autofree char *handsel = site_handsel(c->site);

	say_s1(c, joined, by_mail);
	places_say(c, joined, 8, 8);
	call_say(c, "Next 1. Read out the words of your key:");
	call_say(c, "          %s", json_str(joined, "words"));
	call_say(c, "          (all 20 words: %s link show %s)", handsel, name);
	call_say_carriers(c, 2, name, by_mail);
	call_say(c, "     3. %s sync %s", handsel, name);
	call_say(c, "          (takes in what they answer; handsel run does that by itself)");
	call_say(c, "     4. %s status %s", handsel, name);
	call_say(c, "          (now: handshake, waiting for their ping)");
}

static gboolean
tell_joined(call *c, const char *name, GError **error)
{
	g_autoptr(gateway) g = gateway_open(c->site, name, GATE_LOOK, NULL, error);
	g_autoptr(json_ref) one = json_object();

	if (g == NULL)
		return FALSE;
	g_autofree char *words = pgp_fpr_words(gateway_me(g), WORDS_READ);
	show_put(one, "link", name);
	show_put(one, "fingerprint", gateway_me(g));
	show_put(one, "words", words);
	places_put(one, g);
	json_object_set_new(one, "sent", json_boolean(s1_is_sent(g)));
	if (c->json)
		print_json(one);
	say_next(c, one);
	return TRUE;
}

/* The passphrase that the offer wants, if any; NULL with no error: none is needed. */
static gboolean
passphrase_for(const call *c, const offer *o, char **ret, GError **error)
{
	if (!call_passphrase(c, FALSE, ret, error))
		return FALSE;
	if (o->salt != NULL && *ret == NULL)
		*ret = ask_secret("Passphrase of the handshake file: ", FALSE, error);
	return o->salt == NULL || *ret != NULL;
}

/* Link NAME is here, and gets a new key and a new pair; its settings stay. */
static gboolean
rejoin(call *c, const char *name, const offer *o, GError **error)
{
	const char *given = call_value(c, "as");
	char *passphrase = NULL;

	if (given != NULL && !g_str_equal(given, name)) {
		fail_set(error, FAIL_USAGE, "%s: it is for link %s; leave out --as", call_arg(c, 0),
			 name);
		return FALSE;
	}
	if (!c->json && !c->quiet)
		show_offer(o, WORDS_READ);
	g_autofree char *question = g_strdup_printf(
		"Did your partner read you the same words, and shall link %s get a new key?", name);
	gboolean ok = call_sure(c, question, error) && passphrase_for(c, o, &passphrase, error) &&
		      link_rejoin(c->site, name, call_arg(c, 0), passphrase, error) &&
		      tell_joined(c, name, error);
	ask_forget(passphrase);
	return ok;
}

static gboolean
run_join(call *c, GError **error)
{
	g_auto(link_answers) a = {0};
	site *s = call_arg(c, 0) == NULL ? NULL : call_site(c, error);
	g_autoptr(offer) o = s == NULL ? NULL : link_inspect(call_arg(c, 0), NULL);
	g_autofree char *here = NULL;

	if ((call_arg(c, 0) != NULL && s == NULL) ||
	    (o != NULL && !link_rejoins(s, o, &here, error)))
		return FALSE;
	if (here != NULL)
		return rejoin(c, here, o, error);
	if (!link_answers_join(&a, c, error))
		return FALSE;
	const char *name = wizard_answer(a.wizard, "name");
	link_request request = {
		.name = name != NULL ? name : a.offer->site,
		.adapter = call_value(c, "adapter"),
		.scope = link_answers_scope(&a),
		.user = wizard_answer(a.wizard, "user"),
		.passphrase = a.passphrase,
		.settings = (const char *const *)a.settings->pdata,
		.same_site = call_has(c, "same-site"),
	};
	link_mail_passwords(&a, &request);
	return link_join(a.site, a.path, &request, error) && tell_joined(c, request.name, error);
}

static const command_option join_options[] = {
	{"as", "NAME", "what the link is called here; the partner's site if not given", FALSE},
	OPTIONS_SIDE,
	OPTIONS_PASSPHRASE,
	{"same-site", NULL, "pairs this site with itself", FALSE},
	OPTION_SET("a setting of the new link"),
	OPTION_YES("joins without asking; needed where there is no terminal"),
	{0},
};

const command commands_link_join[] = {
	{"link join",
	 "[FILE] [--as NAME] [--adapter A] [--scope S] [--user LOGIN] [--passphrase | "
	 "--passphrase-file FILE] [--same-site] [--set KEY=VALUE]... [--yes]",
	 "make a link from a partner's handshake file",
	 "Shows what the handshake file says, asks on a terminal for what is not given, and makes\n"
	 "this site the slave of the link: Enter keeps [the default], ? explains, < goes back, "
	 "and\n"
	 "nothing is made before the last yes. Where there is no terminal, and with --json, FILE "
	 "and\n"
	 "--yes are needed. Let the partner read you the words of their key before: a file that "
	 "came\n"
	 "by an unsafe way may be another one. A file that was not accepted yet may be joined "
	 "again.\n"
	 "A new file for a link that is paired here gives it a new key and pairs it anew: items "
	 "and\n"
	 "settings stay, and both sides go on from what they have.",
	 0, 1, join_options, run_join},
	{"link inspect", "FILE", "show what a handshake file says",
	 "Shows and verifies a handshake file without joining: who made it, what they propose, "
	 "and\n"
	 "all words of their key.",
	 1, 1, NULL, run_inspect},
	{0},
};
