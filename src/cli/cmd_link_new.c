#include "base/clock.h"
#include "base/fail.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/make.h"

/* What was made, for programs. */
static json_t *
made_to_json(gateway *g, const char *out, gint64 expires)
{
	g_autofree char *send = link_send_dir(g), *receive = link_receive_dir(g);
	g_autofree char *stamp = clock_stamp(expires);
	g_autofree char *words = pgp_fpr_words(gateway_me(g), WORDS_READ);
	json_t *ret = json_object();

	show_put(ret, "link", gateway_name(g));
	show_put(ret, "file", out);
	show_put(ret, "expires", stamp);
	show_put(ret, "fingerprint", gateway_me(g));
	show_put(ret, "words", words);
	show_put(ret, "send", send);
	show_put(ret, "receive", receive);
	return ret;
}

static void
say_next(const call *c, const json_t *made, gboolean locked)
{
	const char *name = json_str(made, "link"), *file = json_str(made, "file");

	if (locked)
		call_say(c, "Next 1. Give %s to your partner, and the passphrase another way.",
			 file);
	else
		call_say(c,
			 "Next 1. Give %s to your partner by a safe way. By mail? Protect it:  "
			 "handsel link invite %s --passphrase --out FILE",
			 file, name);
	call_say(c,
		 "     2. By phone, both read out:  %s     (your key; all 20 words: handsel link "
		 "show %s)",
		 json_str(made, "words"), name);
	call_say(c,
		 "     3. Let your SEND arrive in their RECEIVE and theirs in yours:  handsel link "
		 "connect %s --help",
		 name);
	call_say(c, "     4. handsel status %s", name);
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
	call_say(c, "Made    %s    readable by you only; one use; valid until %s", out, until);
	call_say(c, "        SEND     %s", json_str(made, "send"));
	call_say(c, "        RECEIVE  %s", json_str(made, "receive"));
	say_next(c, made, locked);
	return TRUE;
}

static gboolean
run_new(call *c, GError **error)
{
	const char *name = call_arg(c, 0), *scope = call_value(c, "scope");
	const char *channel = call_need(c, "channel", error);
	site *s = channel != NULL ? call_site(c, error) : NULL;
	char *passphrase = NULL;

	if (s == NULL || !call_passphrase(c, TRUE, &passphrase, error))
		return FALSE;
	g_autofree char *out = call_out(c, name);
	g_autofree char *contract =
		call_has(c, "contract") ? call_path(call_value(c, "contract")) : NULL;
	const link_request request = {
		.name = name,
		.channel = channel,
		.adapter = call_value(c, "adapter"),
		.scope = scope,
		.user = call_value(c, "user"),
		.description = call_value(c, "description"),
		.protect = call_value(c, "protect"),
		.contract = contract,
		.passphrase = passphrase,
		.settings = call_values(c, "set"),
		.out = out,
	};
	gboolean ok = link_make(s, &request, error);
	gboolean locked = passphrase != NULL;
	ask_forget(passphrase);
	return ok && tell_made(c, name, out, locked, error);
}

static gboolean
run_invite(call *c, GError **error)
{
	const char *name = call_arg(c, 0);
	site *s = call_site(c, error);
	char *passphrase = NULL;

	if (s == NULL || !call_passphrase(c, TRUE, &passphrase, error))
		return FALSE;
	g_autofree char *out = call_out(c, name);
	gboolean ok = link_invite(s, name, passphrase, out, error);
	gboolean locked = passphrase != NULL;
	ask_forget(passphrase);
	if (ok)
		call_say(c, "Earlier handshake files of this link are void.");
	return ok && tell_made(c, name, out, locked, error);
}

static const command_option new_options[] = {
	{"channel", "folder", "how envelopes travel", FALSE},
	OPTIONS_SIDE,
	{"description", "TEXT", "what the link is for; the partner sees it", FALSE},
	{"protect", "P",
	 "how envelopes are protected: encrypt (and sign) or sign; encrypt if not given", FALSE},
	{"contract", "FILE", "what is exchanged, as JSON; a usual issue if not given", FALSE},
	{"out", "FILE", "the handshake file to write; NAME.handshake if not given", FALSE},
	OPTIONS_PASSPHRASE,
	OPTION_SET("a setting of the new link"),
	{0},
};

static const command_option invite_options[] = {
	{"out", "FILE", "the handshake file to write; NAME.handshake if not given", FALSE},
	OPTIONS_PASSPHRASE,
	{0},
};

const command commands_link_new[] = {
	{"link new",
	 "NAME --channel folder [--adapter A] [--scope S] [--user LOGIN] [--description TEXT] "
	 "[--protect P] [--contract FILE] [--passphrase | --passphrase-file FILE] "
	 "[--set KEY=VALUE]... [--out FILE]",
	 "make a link and its handshake file",
	 "Makes this site the master of a new link and writes the handshake file for the partner,\n"
	 "who takes it in by handsel link join. Whoever holds the file (and the passphrase, if "
	 "you\n"
	 "set one) can join once: hand it over by a safe way. Encryption is recommended. Nothing\n"
	 "travels before both sides are paired, and then only what the scope lets out.",
	 1, 1, new_options, run_new},
	{"link invite", "NAME [--passphrase | --passphrase-file FILE] [--out FILE]",
	 "make a fresh handshake file for a link",
	 "Makes a fresh handshake file when the old one is lost or has expired; the old one is "
	 "void\n"
	 "from then on.",
	 1, 1, invite_options, run_invite},
	{0},
};
