/* The questions of link join. */
#include "base/fail.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/link_answers.h"
#include "cli/link_mail.h"
#include "cli/show_offer.h"
#include "gateway/make.h"

/* Takes the offer in file PATH, unless it can't be joined anyway. */
static gboolean
load_offer(link_answers *a, const char *path, GError **error)
{
	g_autoptr(offer) o = link_inspect(path, error);
	g_autofree char *earlier = NULL;

	if (o == NULL ||
	    !link_may_join(a->site, path, o, call_has(a->call, "same-site"), &earlier, error))
		return FALSE;
	contract *c = contract_from_json(o->contract, error);
	if (c == NULL) {
		g_prefix_error(error, "%s: ", path);
		return FALSE;
	}
	offer_free(a->offer);
	contract_free(a->contract);
	g_free(a->path);
	g_free(a->earlier);
	a->offer = g_steal_pointer(&o);
	a->contract = c;
	a->path = g_strdup(path);
	a->earlier = g_steal_pointer(&earlier);
	return TRUE;
}

static gboolean
file_is_right(wizard *w, const char *path, GError **error)
{
	link_answers *a = wizard_data(w);

	return (a->offer != NULL && g_str_equal(a->path, path)) || load_offer(a, path, error);
}

static void
show_partner(wizard *w)
{
	const link_answers *a = wizard_data(w);

	show_offer(a->offer, WORDS_READ);
}

static gboolean
passphrase_missing(const wizard *w)
{
	const link_answers *a = wizard_data(w);

	return a->offer != NULL && a->offer->salt != NULL && a->passphrase == NULL;
}

static void
say_joining(wizard *w)
{
	const link_answers *a = wizard_data(w);
	g_autofree char *scope = link_answers_scope_text(a);

	wizard_say(w, "", "%s", "");
	wizard_say(w, "  link           ", "%s: slave of site %s, by %s, %s",
		   wizard_answer(w, "name"), a->offer->site, a->offer->channel,
		   g_str_equal(a->offer->protect, "encrypt") ? "encrypted" : "signed only");
	link_mail_say(w);
	wizard_say(w, "  may leave      ", "%s", scope);
	wizard_say(w, "  written as     ", "%s", wizard_answer(w, "user"));
	if (a->earlier != NULL)
		wizard_say(w, "  replaces       ", "link %s, which they have not accepted",
			   a->earlier);
	wizard_say(w, "", "Nothing has been made yet.");
}

static const wizard_question questions[] = {
	{.key = "file",
	 .flag = "FILE, behind link join",
	 .kind = WIZARD_TEXT,
	 .prompt = "Which handshake file?",
	 .explain = "The file that your partner made by handsel link new and gave to you.",
	 .check = file_is_right},
	{.key = "same words",
	 .flag = "--yes",
	 .kind = WIZARD_YES,
	 .prompt = "Did your partner read you the same words?",
	 .explain = "Call your partner, by a number that does not come with the file, and let "
		    "them read out the words of their key. If they are those above, nobody has "
		    "changed the file on its way.",
	 .fallback = "no",
	 .choices = link_yes_no,
	 .before = show_partner,
	 .stop = "no",
	 .advice = "Then do not join yet: call {partner} and compare. If they read other words, "
		   "the file is not theirs: let them make a fresh one (handsel link invite) and "
		   "bring it by another way."},
	{.key = "name",
	 .flag = "--as NAME",
	 .kind = WIZARD_TEXT,
	 .prompt = "What do you call the partner?",
	 .explain = "The name of the link on this side, for all further commands: letters a-z, "
		    "digits and . _ -",
	 .fallback = "{free name}",
	 .check = link_name_is_free},
	QUESTIONS_SIDE,
	QUESTIONS_MAIL,
	{.key = "secret",
	 .flag = "--passphrase-file FILE",
	 .kind = WIZARD_SECRET,
	 .prompt = "Passphrase of the handshake file (not shown)",
	 .explain = "Your partner has set it and tells it to you. Whether it is right turns out "
		    "when they get your answer.",
	 .applies = passphrase_missing},
	{.key = "join",
	 .flag = "--yes",
	 .kind = WIZARD_YES,
	 .prompt = "Join?",
	 .explain = "Yes makes the link and its keys, and the answer to the partner. No leaves "
		    "everything as it is. < goes back to the questions.",
	 .fallback = "yes",
	 .choices = link_yes_no,
	 .before = say_joining,
	 .stop = "no"},
	{0},
};

/* Without a person to ask: the file, and a yes for everything. */
static gboolean
need_all(const call *c, GError **error)
{
	if (call_arg(c, 0) == NULL)
		fail_set(error, FAIL_USAGE, "link join: FILE is missing");
	else if (!call_has(c, "yes"))
		fail_set(error, FAIL_USAGE,
			 "link join: there is no terminal to ask; --yes joins without asking");
	else
		return TRUE;
	return FALSE;
}

gboolean
link_answers_join(link_answers *a, call *c, GError **error)
{
	const char *path = call_arg(c, 0);
	gboolean ask = link_answers_wanted(c);

	if ((!ask && !need_all(c, error)) || (a->site = call_site(c, error)) == NULL)
		return FALSE;
	link_answers_start(a, c, questions);
	if (path != NULL && !load_offer(a, path, error))
		return FALSE;
	wizard_give(a->wizard, "file", path);
	wizard_give(a->wizard, "name", call_value(c, "as"));
	if (!ask && !c->json && !c->quiet)
		show_offer(a->offer, WORDS_READ);
	if (!link_answers_finish(a, ask, FALSE, error))
		return FALSE;
	/* Where nobody is asked for anything else, this is still typed rather than written. */
	if (!ask && passphrase_missing(a->wizard))
		a->passphrase = ask_secret("Passphrase of the handshake file: ", FALSE, error);
	return ask || !passphrase_missing(a->wizard);
}
