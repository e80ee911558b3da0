#include "base/clock.h"
#include "base/fail.h"
#include "base/u64.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/make.h"

#define HARMLESS_SKEW 120 /* seconds two clocks may differ without a word */

/* " (12 min ahead of this clock: harmless)" or nothing; caller frees. */
static char *
skew_text(gint64 made)
{
	gint64 ahead = made - clock_now();

	if (ahead < HARMLESS_SKEW)
		return g_strdup("");
	g_autofree char *age = u64_age_text(ahead);
	return g_strdup_printf(" (%s ahead of this clock: harmless)", age);
}

/* "title description ..., comments, files" of the offered contract; caller frees. */
static char *
fields_text(const offer *o)
{
	g_autoptr(contract) contract = contract_from_json(o->contract, NULL);

	return contract != NULL ? contract_summary(contract) : g_strdup("a contract unknown here");
}

static gboolean
field_policy(const contract *c, const char *kind, policy p, GString *out)
{
	g_autoptr(GPtrArray) fields = contract_fields(c, kind);
	gboolean any = FALSE;

	for (guint i = 0; i < fields->len; i++) {
		const contract_field *f = fields->pdata[i];

		if (f->policy != p)
			continue;
		g_string_append_printf(out, "%s%s", any ? " " : "", f->name);
		any = TRUE;
	}
	return any;
}

/* One line a policy: what it decides, and the fields it is for. */
static void
print_policies(const offer *o)
{
	static const char *const meaning[POLICY_COUNT] = {
		[POLICY_LATEST] = "the latest edit wins",  [POLICY_FIRST] = "the first edit wins",
		[POLICY_MASTER] = "the master wins",       [POLICY_SLAVE] = "the slave wins",
		[POLICY_OWNER] = "the field's owner wins", [POLICY_MERGE] = "both edits are merged",
		[POLICY_HOLD] = "a person decides",
	};
	g_autoptr(contract) c = contract_from_json(o->contract, NULL);
	const char *kind, *title = "Conflicts";
	json_t *unused;

	if (c == NULL)
		return;
	json_object_foreach (json_object_get(o->contract, "kinds"), kind, unused)
		for (int p = 0; p < POLICY_COUNT; p++) {
			g_autoptr(GString) fields = g_string_new(NULL);

			if (!field_policy(c, kind, (policy)p, fields))
				continue;
			print_line("  %-13s  %s: %s", title, meaning[p], fields->str);
			title = "";
		}
	print_line("                 what loses is kept in the conflict list");
}

static void
print_offer(const offer *o, guint words)
{
	g_autofree char *made = clock_stamp(o->made);
	g_autofree char *skew = skew_text(o->made);
	g_autofree char *until = show_date(o->expires);
	g_autofree char *fields = fields_text(o);
	g_autofree char *key = show_key(o->master, words);

	print_line("Handshake file from site %s, made %s%s, %s %s", o->site, made, skew,
		   clock_now() > o->expires ? "EXPIRED" : "valid until", until);
	print_line("  %s  (%s, %s%s)", *o->description != '\0' ? o->description : "no description",
		   o->channel,
		   g_str_equal(o->protect, "encrypt") ? "encrypted"
						      : "signed only: anyone can read it",
		   o->salt != NULL ? ", needs a passphrase" : "");
	print_line("  They propose   %s", fields);
	print_policies(o);
	print_line("  Their key      %s", key);
}

static void
print_offer_json(const offer *o)
{
	g_autoptr(json_ref) one = json_object();
	g_autofree char *made = clock_stamp(o->made), *expires = clock_stamp(o->expires);
	g_autofree char *fields = fields_text(o);
	g_autofree char *words = pgp_fpr_words(o->master, WORDS_ALL);

	show_put(one, "site", o->site);
	show_put(one, "description", o->description);
	show_put(one, "channel", o->channel);
	show_put(one, "protect", o->protect);
	show_put(one, "made", made);
	show_put(one, "expires", expires);
	json_object_set_new(one, "expired", json_boolean(clock_now() > o->expires));
	json_object_set_new(one, "passphrase", json_boolean(o->salt != NULL));
	show_put(one, "fingerprint", o->master);
	show_put(one, "words", words);
	show_put(one, "fields", fields);
	json_object_set(one, "contract", o->contract);
	print_json(one);
}

static gboolean
run_inspect(call *c, GError **error)
{
	g_autoptr(offer) o = link_inspect(call_arg(c, 0), error);

	if (o == NULL)
		return FALSE;
	if (c->json)
		print_offer_json(o);
	else
		print_offer(o, WORDS_ALL);
	return TRUE;
}

/* Shows the offer and asks, so that nothing is joined unseen. */
static gboolean
confirm(const call *c, const offer *o)
{
	gboolean yes = call_has(c, "yes");

	if (!yes || (!c->json && !c->quiet))
		print_offer(o, WORDS_READ);
	return yes || (ask_yes("Did your partner read you the same words?", FALSE) &&
		       ask_yes("Join?", TRUE));
}

/* A passphrase that the file wants and nobody gave is asked for. */
static gboolean
get_passphrase(const call *c, const offer *o, char **ret, GError **error)
{
	if (!call_passphrase(c, FALSE, ret, error))
		return FALSE;
	if (*ret != NULL || o->salt == NULL)
		return TRUE;
	*ret = ask_secret("Passphrase of the handshake file: ", FALSE, error);
	return *ret != NULL;
}

static gboolean
tell_joined(call *c, const char *name, GError **error)
{
	g_autoptr(gateway) g = gateway_open(c->site, name, GATE_LOOK, NULL, error);

	if (g == NULL)
		return FALSE;
	g_autofree char *send = link_send_dir(g), *receive = link_receive_dir(g);
	g_autofree char *words = pgp_fpr_words(gateway_me(g), WORDS_READ);
	if (c->json) {
		g_autoptr(json_ref) one = json_object();
		show_put(one, "link", name);
		show_put(one, "fingerprint", gateway_me(g));
		show_put(one, "words", words);
		show_put(one, "send", send);
		show_put(one, "receive", receive);
		print_json(one);
	}
	call_say(c, "Joined. s1 (handshake) is for  %s", send);
	call_say(c, "        RECEIVE is             %s", receive);
	call_say(c,
		 "Next 1. Let your SEND arrive in their RECEIVE and theirs in yours:  handsel link "
		 "connect %s --help",
		 name);
	call_say(c, "     2. Read out your words:  %s", words);
	call_say(c, "     3. handsel sync %s, then handsel status %s", name, name);
	return TRUE;
}

static gboolean
join(call *c, const offer *o, GError **error)
{
	const char *name = call_has(c, "as") ? call_value(c, "as") : o->site;
	char *passphrase = NULL;

	if (!get_passphrase(c, o, &passphrase, error))
		return FALSE;
	const link_request request = {
		.name = name,
		.adapter = call_value(c, "adapter"),
		.scope = call_value(c, "scope"),
		.user = call_value(c, "user"),
		.passphrase = passphrase,
		.settings = call_values(c, "set"),
		.same_site = call_has(c, "same-site"),
	};
	gboolean ok = link_join(c->site, call_arg(c, 0), &request, error);
	ask_forget(passphrase);
	return ok && tell_joined(c, name, error);
}

static gboolean
run_join(call *c, GError **error)
{
	if (!call_has(c, "yes") && !ask_possible()) {
		fail_set(error, FAIL_USAGE,
			 "link join: there is no terminal to ask; "
			 "--yes joins without asking");
		return FALSE;
	}
	site *s = call_site(c, error);
	g_autoptr(offer) o = s != NULL ? link_inspect(call_arg(c, 0), error) : NULL;
	if (o == NULL)
		return FALSE;
	if (confirm(c, o))
		return join(c, o, error);
	call_say(c, "Not joined; nothing was changed.");
	c->status = STATUS_FAILED;
	return TRUE;
}

static const command_option join_options[] = {
	{"as", "NAME", "what the link is called here; the partner's site if not given", FALSE},
	OPTIONS_SIDE,
	OPTIONS_PASSPHRASE,
	{"same-site", NULL, "pairs this site with itself", FALSE},
	OPTION_SET("a setting of the new link"),
	{"yes", NULL, "joins without asking; needed where there is no terminal", FALSE},
	{0},
};

const command commands_link_join[] = {
	{"link join",
	 "FILE [--as NAME] [--adapter A] [--scope S] [--user LOGIN] [--passphrase | "
	 "--passphrase-file FILE] [--same-site] [--set KEY=VALUE]... [--yes]",
	 "make a link from a partner's handshake file",
	 "Shows what the handshake file says, asks, and makes this site the slave of the link. "
	 "Let\n"
	 "the partner read you the words of their key before: a file that came by an unsafe way "
	 "may\n"
	 "be another one. A file that was not accepted yet may be joined again.",
	 1, 1, join_options, run_join},
	{"link inspect", "FILE", "show what a handshake file says",
	 "Shows and verifies a handshake file without joining: who made it, what they propose, "
	 "and\n"
	 "all words of their key.",
	 1, 1, NULL, run_inspect},
	{0},
};
