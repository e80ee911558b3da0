#include "base/clock.h"
#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/link_answers.h"
#include "cli/link_mail.h"
#include "cli/places.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/make.h"

/* What was made, for programs. */
static json_t *
made_to_json(gateway *g, const char *out, gint64 expires)
{
	g_autofree char *stamp = clock_stamp(expires);
	g_autofree char *words = pgp_fpr_words(gateway_me(g), WORDS_READ);
	json_t *ret = json_object();

	show_put(ret, "link", gateway_name(g));
	show_put(ret, "file", out);
	show_put(ret, "expires", stamp);
	show_put(ret, "fingerprint", gateway_me(g));
	show_put(ret, "words", words);
	places_put(ret, g);
	return ret;
}

static void
say_next(const call *c, const json_t *made, gboolean locked)
{
	const char *name = json_str(made, "link"), *file = json_str(made, "file");
	g_autofree char *base = g_path_get_basename(file);
	g_autofree char *handsel = site_handsel(c->site);

	if (locked) {
		call_tell(c, "Next 1. ", "Give %s to your partner, and the passphrase another way.",
			  base);
	} else {
		call_tell(c, "Next 1. ",
			  "Give %s to your partner by a safe way. By mail? Let it need a "
			  "passphrase:",
			  base);
		call_say(c, "          %s link invite %s --passphrase", handsel, name);
	}
	call_say(c, "     2. By phone, both read out the words of their key. Yours:");
	call_say(c, "          %s", json_str(made, "words"));
	call_say(c, "          (all 20 words: %s link show %s)", handsel, name);
	call_say_carriers(c, 3, name, json_str(made, "address") != NULL);
	call_say(c, "     4. %s status %s", handsel, name);
	call_say(c, "          (now: handshake, waiting for the partner to join)");
}

/* Tells what became of the handshake file OUT of link NAME. */
static gboolean
tell_made(call *c, const char *name, const char *out, gboolean locked, GError **error)
{
	g_autoptr(gateway) g = gateway_open(c->site, name, GATE_LOOK, NULL, error);

	if (g == NULL)
		return FALSE;
	gint64 expires = clock_now() + conf_int(gateway_conf(g), "pairing.expires");
	g_autoptr(json_ref) made = made_to_json(g, out, expires);
	g_autofree char *until = show_date(expires);
	if (c->json)
		print_json(made);
	call_say(c, "Made    %s", out);
	call_say(c, "        readable by you only; one use; valid until %s", until);
	places_say(c, made, 8, 8);
	say_next(c, made, locked);
	return TRUE;
}

static gboolean
run_new(call *c, GError **error)
{
	g_auto(link_answers) a = {0};

	if (!link_answers_new(&a, c, error))
		return FALSE;
	const char *name = wizard_answer(a.wizard, "name");
	g_autofree char *out = link_answers_out(&a);
	g_autofree char *contract =
		call_has(c, "contract") ? call_path(call_value(c, "contract")) : NULL;
	link_request request = {
		.name = name,
		.channel = wizard_answer(a.wizard, "channel"),
		.adapter = call_value(c, "adapter"),
		.scope = link_answers_scope(&a),
		.user = wizard_answer(a.wizard, "user"),
		.description = wizard_answer(a.wizard, "description"),
		.protect = wizard_answer(a.wizard, "protect"),
		.contract = contract,
		.passphrase = a.passphrase,
		.settings = (const char *const *)a.settings->pdata,
		.out = out,
	};
	link_mail_passwords(&a, &request);
	return link_make(a.site, &request, error) &&
	       tell_made(c, name, out, a.passphrase != NULL, error);
}

/* How long this file and later ones of link NAME are valid, if SETTINGS say so. */
static gboolean
keep_expiry(site *s, const char *name, const GPtrArray *settings, GError **error)
{
	if (settings->len < 2)
		return TRUE;
	g_autoptr(gateway) g = gateway_open(s, name, GATE_TRACKER, NULL, error);
	return g != NULL && link_may_invite(g, error) &&
	       conf_set_pair(gateway_conf(g), settings->pdata[0], error) &&
	       conf_save(gateway_conf(g), error);
}

/* That a partner is to be replaced, though he may be the same. */
static gboolean
tell_partner(call *c, const char *name, GError **error)
{
	g_autoptr(gateway) g = gateway_open(c->site, name, GATE_LOOK, NULL, error);

	if (g == NULL)
		return FALSE;
	if (gateway_partner(g) != NULL)
		call_tell(
			c, "", "%s",
			"The link goes on as it is until somebody joins by this file: they are the "
			"partner from then on.");
	return TRUE;
}

static gboolean
run_invite(call *c, GError **error)
{
	g_auto(link_answers) a = {0};

	if (!link_answers_invite(&a, c, error))
		return FALSE;
	const char *name = wizard_answer(a.wizard, "name");
	g_autofree char *out = link_answers_out(&a);
	if (!keep_expiry(a.site, name, a.settings, error) ||
	    !link_invite(a.site, name, a.passphrase, out, error))
		return FALSE;
	call_say(c, "Earlier handshake files of this link are void.");
	if (!tell_partner(c, name, error))
		return FALSE;
	return tell_made(c, name, out, a.passphrase != NULL, error);
}

static const command_option new_options[] = {
	{"channel", "folder|mail", "how envelopes travel; mail needs settings mail.*", FALSE},
	OPTIONS_SIDE,
	{"description", "TEXT", "what the link is for; the partner sees it", FALSE},
	{"protect", "P",
	 "how envelopes are protected: encrypt (and sign) or sign; encrypt if not given", FALSE},
	{"contract", "FILE", "what is exchanged, as JSON; a usual issue if not given", FALSE},
	{"expires", "DAYS", "how long the handshake file is valid: days, or 12 h; 30 if not given",
	 FALSE},
	{"out", "FILE", "the handshake file to write; NAME.handshake if not given", FALSE},
	OPTIONS_PASSPHRASE,
	OPTION_SET("a setting of the new link"),
	OPTION_YES("makes it without asking anything"),
	{0},
};

static const command_option invite_options[] = {
	{"expires", "DAYS",
	 "how long it and later ones are valid: days, or 12 h; as before if not given", FALSE},
	{"out", "FILE", "the handshake file to write; NAME.handshake if not given", FALSE},
	OPTIONS_PASSPHRASE,
	OPTION_YES("makes it without asking anything"),
	{0},
};

const command commands_link_new[] = {
	{"link new",
	 "[NAME] [--channel folder|mail] [--adapter A] [--scope S] [--user LOGIN] [--description "
	 "TEXT] "
	 "[--protect P] [--contract FILE] [--passphrase | --passphrase-file FILE] "
	 "[--expires DAYS] [--set KEY=VALUE]... [--out FILE] [--yes]",
	 "make a link and its handshake file",
	 "Makes this site the master of a new link and writes the handshake file for the partner,\n"
	 "who takes it in by handsel link join. Whoever holds the file (and the passphrase, if "
	 "you\n"
	 "set one) can join once: hand it over by a safe way. Encryption is recommended. Nothing\n"
	 "travels before both sides are paired, and then only what the scope lets out.\n"
	 "By mail this side needs an address with a mailbox: --set mail.address=..., mail.receive, "
	 "mail.send\n"
	 "and mail.password_file (handsel help settings).\n"
	 "Without NAME, --channel or a setting that is needed it asks on a terminal, for these and "
	 "for what else is not "
	 "given:\n"
	 "Enter keeps [the default], ? explains, < goes back, and nothing is made before the last\n"
	 "yes. Where there is no terminal, and with --yes or --json, both are needed.",
	 0, 1, new_options, run_new},
	{"link invite",
	 "[NAME] [--passphrase | --passphrase-file FILE] [--expires DAYS] [--out FILE] [--yes]",
	 "make a fresh handshake file for a link",
	 "Makes a fresh handshake file when the old one is lost or has expired, or when a side "
	 "has\n"
	 "lost its key or its site; an earlier file is void from then on. A link that has a "
	 "partner\n"
	 "goes on until somebody joins by the file: whoever does is the partner from then on, by "
	 "new\n"
	 "keys on both sides. The items stay, and both sides go on from what they have. Without "
	 "NAME or --out it asks on a terminal, as handsel link new does.",
	 0, 1, invite_options, run_invite},
	{0},
};
