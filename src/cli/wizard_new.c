/* The questions of link new and link invite. */
#include "base/fail.h"
#include "base/fsio.h"
#include "cli/cmd_link.h"
#include "cli/link_answers.h"
#include "cli/link_mail.h"
#include "gateway/make.h"

static void
say_file(wizard *w)
{
	const link_answers *a = wizard_data(w);
	g_autofree char *out = link_answers_out(a), *until = link_answers_until(a);

	wizard_say(w, "  handshake file ", "%s", out);
	wizard_say(w, "                 ", "valid until %s%s", until,
		   link_secret_wanted(w) ? ", needs the passphrase" : "");
}

/* ---- link new ---- */

static const wizard_choice channels[] = {
	{"folder", "folder or stick"},
	{"mail", "mailboxes (quicker to set up, needs no shared disk)"},
	{0},
};
static const wizard_choice protections[] = {{"encrypt", NULL}, {"sign", NULL}, {0}};

static void
say_intro(wizard *w)
{
	g_autofree char *site = g_strdup(site_name(((link_answers *)wizard_data(w))->site));

	wizard_say(w, "", "A link joins this site (%s) with one partner.", site);
	wizard_say(w, "", "Enter keeps [the default]; ? explains; < goes back.");
	wizard_say(w, "", "%s", "");
}

static gboolean
out_is_taken(const wizard *w)
{
	g_autofree char *file = g_strconcat(wizard_answer(w, "name"), ".handshake", NULL);

	return file != NULL && fsio_exists(AT_FDCWD, file);
}

static void
say_link(wizard *w)
{
	const link_answers *a = wizard_data(w);
	const char *description = wizard_answer(w, "description");
	g_autofree char *scope = link_answers_scope_text(a);
	g_autofree char *fields = contract_summary(a->contract);

	wizard_say(w, "", "%s", "");
	wizard_say(w, "  link           ", "%s: master, by %s, %s", wizard_answer(w, "name"),
		   wizard_answer(w, "channel"),
		   g_strcmp0(wizard_answer(w, "protect"), "encrypt") == 0 ? "encrypted"
									  : "signed only");
	link_mail_say(w);
	wizard_say(w, "  for            ", "%s",
		   description != NULL && *description != '\0' ? description : "no description");
	wizard_say(w, "  may leave      ", "%s", scope);
	wizard_say(w, "  written as     ", "%s", wizard_answer(w, "user"));
	wizard_say(w, "  fields         ", "%s", fields);
	say_file(w);
	wizard_say(w, "", "Nothing has been made yet.");
}

static const wizard_question questions_new[] = {
	{.key = "name",
	 .flag = "NAME, behind link new",
	 .kind = WIZARD_TEXT,
	 .prompt = "What do you call the partner?",
	 .explain = "The name of the link on this side, for all further commands: letters a-z, "
		    "digits and . _ -, as in acme. The partner chooses a name of their own.",
	 .check = link_name_is_free},
	{.key = "channel",
	 .flag = "--channel folder|mail",
	 .kind = WIZARD_CHOICE,
	 .prompt = "How will envelopes travel?",
	 .explain = "Changes travel as files. A folder is whatever brings files from one site to "
		    "the other: a network share, a synchronising tool, a stick. By mail, each side "
		    "needs no more than an address with a mailbox, which may be one in use. It "
		    "can be changed later: {handsel} link set {name} channel=...",
	 .fallback = "folder",
	 .choices = channels,
	 .setting = "channel"},
	QUESTIONS_MAIL,
	{.key = "description",
	 .flag = "--description TEXT",
	 .kind = WIZARD_TEXT,
	 .prompt = "Describe it for your partner (may be empty)",
	 .explain = "A few words that the partner sees before joining: what the link is for, as "
		    "in: Widget project, bugs",
	 .fallback = "",
	 .setting = "link.description"},
	QUESTIONS_SIDE,
	{.key = "protect",
	 .flag = "--protect encrypt|sign",
	 .kind = WIZARD_YES,
	 .prompt = "Encrypt envelopes (recommended)?",
	 .explain = "Envelopes are always signed, so that nobody can forge them. Encrypted, only "
		    "the two sites can read them; else everybody can through whose hands they go. "
		    "It stays for the life of the link.",
	 .fallback = "encrypt",
	 .choices = protections,
	 .setting = "protect"},
	{.key = "expires",
	 .flag = "--expires DAYS",
	 .kind = WIZARD_TEXT,
	 .prompt = "Days until the handshake file expires",
	 .explain = "The partner has to join in this time. A file that is lost or expired is "
		    "replaced by: {handsel} link invite {name}",
	 .fallback = "{days}",
	 .check = link_expiry_is_right},
	{.key = "passphrase"},
	{.key = "secret",
	 .flag = "--passphrase-file FILE",
	 .kind = WIZARD_TWICE,
	 .prompt = "Passphrase for the handshake file (not shown)",
	 .explain = "Who joins must know it, too: tell it by another way than that of the file.",
	 .applies = link_secret_wanted},
	{.key = "out",
	 .flag = "--out FILE",
	 .kind = WIZARD_TEXT,
	 .prompt = "{name}.handshake exists already; write the new one to",
	 .explain = "The handshake file is what you hand to the partner. A file that is there "
		    "may be on its way to somebody and is not replaced.",
	 .fallback = "{free file}",
	 .applies = out_is_taken,
	 .check = link_out_is_free},
	{.key = "make",
	 .flag = "--yes",
	 .kind = WIZARD_YES,
	 .prompt = "Make it?",
	 .explain = "Yes makes the link, its keys and the handshake file. No leaves everything "
		    "as it is. < goes back to the questions.",
	 .fallback = "yes",
	 .choices = link_yes_no,
	 .before = say_link,
	 .stop = "no"},
	{0},
};

/* The contract that is proposed; NULL with an error if the file of the call is none. */
static contract *
read_contract(const call *c, GError **error)
{
	const char *path = call_value(c, "contract");
	gsize len;

	if (path == NULL)
		return contract_default();
	g_autofree char *text = fsio_read(AT_FDCWD, path, CONTRACT_MAX, &len, error);
	contract *ret = text != NULL ? contract_read(text, len, error) : NULL;
	if (ret == NULL)
		g_prefix_error(error, "%s: ", path);
	return ret;
}

static gboolean
need_name(const call *c, GError **error)
{
	if (call_arg(c, 0) != NULL)
		return TRUE;
	fail_set(error, FAIL_USAGE, "%s: NAME is missing", c->command->name);
	return FALSE;
}

gboolean
link_answers_new(link_answers *a, call *c, GError **error)
{
	gboolean mail = g_strcmp0(call_value(c, "channel"), "mail") == 0;
	gboolean open =
		call_arg(c, 0) == NULL || !call_has(c, "channel") || (mail && link_mail_open(c));
	gboolean ask = open && link_answers_wanted(c);

	if (!ask && (!need_name(c, error) || call_need(c, "channel", error) == NULL))
		return FALSE;
	if ((a->site = call_site(c, error)) == NULL ||
	    (ask && (a->contract = read_contract(c, error)) == NULL))
		return FALSE;
	link_answers_start(a, c, questions_new);
	wizard_give(a->wizard, "name", call_arg(c, 0));
	if (!call_has(c, "passphrase"))
		wizard_give(a->wizard, "passphrase", "no");
	if (ask)
		say_intro(a->wizard);
	return link_answers_finish(a, ask, TRUE, error);
}

/* ---- link invite ---- */

static gboolean
may_invite(wizard *w, const char *name, GError **error)
{
	link_answers *a = wizard_data(w);

	if (!call_check_link(a->site, name, error))
		return FALSE;
	g_autoptr(gateway) g = gateway_open(a->site, name, GATE_LOOK, NULL, error);
	if (g == NULL || !link_may_invite(g, error))
		return FALSE;
	g_free(a->days);
	a->days = link_days_text(conf_int(gateway_conf(g), "pairing.expires"));
	return TRUE;
}

static void
say_invitation(wizard *w)
{
	wizard_say(w, "", "%s", "");
	wizard_say(w, "  link           ", "%s", wizard_answer(w, "name"));
	say_file(w);
	wizard_say(w, "", "Earlier handshake files of this link are void once this one is made.");
}

static const wizard_question questions_invite[] = {
	{.key = "name",
	 .flag = "NAME, behind link invite",
	 .kind = WIZARD_TEXT,
	 .prompt = "Which link?",
	 .explain = "The link that the partner is to join; handsel link list shows them.",
	 .check = may_invite},
	{.key = "passphrase",
	 .flag = "--passphrase",
	 .kind = WIZARD_YES,
	 .prompt = "Protect the handshake file by a passphrase?",
	 .explain = "Whoever has the file can join as your partner. If it goes by mail or another "
		    "way that others can read, let it need a passphrase, and tell that by "
		    "telephone.",
	 .fallback = "no",
	 .choices = link_yes_no},
	{.key = "secret",
	 .flag = "--passphrase-file FILE",
	 .kind = WIZARD_TWICE,
	 .prompt = "Passphrase (not shown)",
	 .explain = "Who joins must know it, too: tell it by another way than that of the file.",
	 .applies = link_secret_wanted},
	{.key = "expires",
	 .flag = "--expires DAYS",
	 .kind = WIZARD_TEXT,
	 .prompt = "Days until the handshake file expires",
	 .explain = "The partner has to join in this time.",
	 .fallback = "{days}",
	 .check = link_expiry_is_right},
	{.key = "out",
	 .flag = "--out FILE",
	 .kind = WIZARD_TEXT,
	 .prompt = "Write the handshake file to",
	 .explain = "The file that you hand to the partner. One that is there is not replaced.",
	 .fallback = "{free file}",
	 .check = link_out_is_free},
	{.key = "make",
	 .flag = "--yes",
	 .kind = WIZARD_YES,
	 .prompt = "Make it?",
	 .explain = "Yes makes the file, and voids those made before. No leaves everything as it "
		    "is. < goes back to the questions.",
	 .fallback = "yes",
	 .choices = link_yes_no,
	 .before = say_invitation,
	 .stop = "no"},
	{0},
};

gboolean
link_answers_invite(link_answers *a, call *c, GError **error)
{
	gboolean open = call_arg(c, 0) == NULL || !call_has(c, "out");
	gboolean ask = open && link_answers_wanted(c);

	if ((!ask && !need_name(c, error)) || (a->site = call_site(c, error)) == NULL)
		return FALSE;
	link_answers_start(a, c, questions_invite);
	wizard_give(a->wizard, "name", call_arg(c, 0));
	return link_answers_finish(a, ask, TRUE, error);
}
