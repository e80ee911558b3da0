#include "cli/link_mail.h"

#include <string.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/mail_url.h"
#include "cli/ask.h"
#include "cli/cmd_link.h"
#include "cli/mail_guess.h"
#include "cli/print.h"

const wizard_choice link_mail_password_choices[] = {
	{"typed", "I type it now, it is kept with the link"},
	{"file", "a file of mine"},
	{"command", "a command that prints it"},
	{0},
};
const wizard_choice link_mail_taken_choices[] = {
	{"delete", "deleted"},
	{"move", "moved to the folder handsel"},
	{"flag", "flagged $handsel, and read"},
	{0},
};

/* Settings that are the answers of questions called like them. */
static const char *const plain[] = {"mail.address", "mail.receive", "mail.send",
				    "mail.ca_file", "mail.taken",   NULL};

/* ---- what the command line says ---- */

/* The value that --set gives KEY, of several the last; NULL: none; borrowed. */
static const char *
given(const call *c, const char *key)
{
	const char *const *set = call_values(c, "set");
	gsize len = strlen(key);
	const char *value = NULL;

	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		if (strncmp(set[i], key, len) == 0 && set[i][len] == '=')
			value = set[i] + len + 1;
	return value != NULL && *value != '\0' ? value : NULL;
}

/* Does --set tell a password for mail.PREFIXpassword_...? */
static gboolean
password_given(const call *c, const char *prefix)
{
	static const char *const kinds[] = {"file", "credential", "command"};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *key = g_strdup_printf("mail.%spassword_%s", prefix, kinds[i]);
		if (given(c, key) != NULL)
			return TRUE;
	}
	return FALSE;
}

gboolean
link_mail_open(const call *c)
{
	return given(c, "mail.address") == NULL || given(c, "mail.receive") == NULL ||
	       given(c, "mail.send") == NULL || !password_given(c, "");
}

void
link_mail_start(link_answers *a)
{
	for (guint i = 0; plain[i] != NULL; i++)
		wizard_give(a->wizard, plain[i], given(a->call, plain[i]));
}

/* ---- which questions there are ---- */

static const call *
call_of(const wizard *w)
{
	return ((const link_answers *)wizard_data(w))->call;
}

gboolean
link_by_mail(const wizard *w)
{
	const link_answers *a = wizard_data(w);
	const char *channel = a->offer != NULL ? a->offer->channel : wizard_answer(w, "channel");

	return g_strcmp0(channel, "mail") == 0;
}

static gboolean
answered(const wizard *w, const char *key, const char *answer)
{
	return g_strcmp0(wizard_answer(w, key), answer) == 0;
}

gboolean
link_mail_login_wanted(const wizard *w)
{
	return link_by_mail(w) && given(call_of(w), "mail.receive") == NULL;
}

gboolean
link_mail_password_wanted(const wizard *w)
{
	return link_by_mail(w) && !password_given(call_of(w), "");
}

gboolean
link_mail_typed(const wizard *w)
{
	return answered(w, "password from", "typed");
}

gboolean
link_mail_by_file(const wizard *w)
{
	return answered(w, "password from", "file");
}

gboolean
link_mail_by_command(const wizard *w)
{
	return answered(w, "password from", "command");
}

gboolean
link_mail_copy_wanted(const wizard *w)
{
	return link_by_mail(w) && given(call_of(w), "mail.send") == NULL &&
	       !password_given(call_of(w), "send_");
}

/* Is the login of sending another one? */
gboolean
link_mail_apart(const wizard *w)
{
	return answered(w, "copy", "no");
}

gboolean
link_mail_send_password_wanted(const wizard *w)
{
	return link_mail_apart(w) && !answered(w, "send login", MAIL_NOBODY);
}

gboolean
link_mail_send_typed(const wizard *w)
{
	return answered(w, "send password from", "typed");
}

gboolean
link_mail_send_by_file(const wizard *w)
{
	return answered(w, "send password from", "file");
}

gboolean
link_mail_send_by_command(const wizard *w)
{
	return answered(w, "send password from", "command");
}

/* With POP3 mails can only be deleted. */
gboolean
link_mail_keeps(const wizard *w)
{
	const char *server = wizard_answer(w, "mail.receive");
	g_autofree char *url = server != NULL ? mail_guess_url(server, FALSE, NULL) : NULL;

	return link_by_mail(w) && url != NULL && !g_str_has_prefix(url, "pop3");
}

gboolean
link_mail_failed(const wizard *w)
{
	const link_answers *a = wizard_data(w);

	return link_by_mail(w) && answered(w, "try", "yes") && a->mail_fails;
}

/* ---- defaults ---- */

/* The whole URL of the server in answer KEY, or NULL; caller frees. */
static char *
url_of(const wizard *w, const char *key)
{
	const char *server = wizard_answer(w, key);

	return server != NULL ? mail_guess_url(server, strcmp(key, "mail.send") == 0, NULL) : NULL;
}

/* The login in the URL of answer KEY, or the usual one. */
static char *
login_in(const wizard *w, const char *key, const char *usual)
{
	g_autofree char *url = url_of(w, key);
	char *login = url != NULL ? mail_guess_login(url) : NULL;

	return login != NULL ? login : g_strdup(usual);
}

char *
link_mail_word(const wizard *w, const char *name)
{
	const char *address = wizard_answer(w, "mail.address");

	if (strcmp(name, "receiving server") == 0)
		return mail_guess_server(address, FALSE);
	if (strcmp(name, "sending server") == 0)
		return mail_guess_server(address, TRUE);
	if (strcmp(name, "receiving login") == 0)
		return login_in(w, "mail.receive", address);
	if (strcmp(name, "sending login") != 0)
		return NULL;
	const char *login = wizard_answer(w, "login");
	return login_in(w, "mail.send", login != NULL ? login : address);
}

/* ---- answers that are right ---- */

static gboolean
server_is_right(wizard *w, const char *server, gboolean sending, GError **error)
{
	g_autofree char *url = mail_guess_url(server, sending, error);

	if (url != NULL && strcmp(url, server) != 0)
		wizard_say(w, "  ", "that is %s", url);
	return url != NULL;
}

gboolean
link_mail_receives(wizard *w, const char *server, GError **error)
{
	return server_is_right(w, server, FALSE, error);
}

gboolean
link_mail_sends(wizard *w, const char *server, GError **error)
{
	return server_is_right(w, server, TRUE, error);
}

gboolean
link_mail_file_is_there(wizard *w G_GNUC_UNUSED, const char *path, GError **error)
{
	g_autofree char *whole = call_path(path);

	if (g_file_test(whole, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	fail_set(error, FAIL_CONFIG, "there is no file %s", whole);
	return FALSE;
}

gboolean
link_mail_certificates_are_there(wizard *w, const char *path, GError **error)
{
	return strcmp(path, MAIL_SYSTEM) == 0 || link_mail_file_is_there(w, path, error);
}

void
link_mail_begin(wizard *w)
{
	const link_answers *a = wizard_data(w);

	wizard_say(w, "", "%s", "");
	if (a->offer != NULL && a->offer->address != NULL)
		wizard_say(w, "", "Site %s gets its mails at %s. Now for this side.",
			   a->offer->site, a->offer->address);
	wizard_say(w, "", "Receiving:");
}

void
link_mail_begin_sending(wizard *w)
{
	wizard_say(w, "", "Sending, best from the same address:");
}

/* ---- what comes of them ---- */

static void
add(GPtrArray *settings, const char *key, const char *value)
{
	if (value != NULL)
		g_ptr_array_add(settings, g_strconcat(key, "=", value, NULL));
}

static void
add_path(GPtrArray *settings, const char *key, const char *path)
{
	g_autofree char *whole = path != NULL ? call_path(path) : NULL;

	add(settings, key, whole);
}

static void
add_server(const link_answers *a, GPtrArray *settings, const char *key, const char *login)
{
	g_autofree char *url = url_of(a->wizard, key);
	g_autofree char *whole = url != NULL ? mail_guess_with_login(url, login) : NULL;

	if (given(a->call, key) == NULL)
		add(settings, key, whole);
}

static void
add_servers(const link_answers *a, GPtrArray *settings)
{
	const char *login = wizard_answer(a->wizard, "login");
	const char *other = wizard_answer(a->wizard, "send login");
	g_autofree char *receives = url_of(a->wizard, "mail.receive");
	/* Where the command line gives the mailbox, its login is in there. */
	g_autofree char *known = receives != NULL ? mail_guess_login(receives) : NULL;

	if (login == NULL)
		login = known != NULL ? known : wizard_answer(a->wizard, "mail.address");
	add_server(a, settings, "mail.receive", login);
	if (!link_mail_apart(a->wizard))
		other = login;
	add_server(a, settings, "mail.send", g_strcmp0(other, MAIL_NOBODY) == 0 ? NULL : other);
}

void
link_mail_settings(const link_answers *a, GPtrArray *settings)
{
	const wizard *w = a->wizard;
	const char *ca = wizard_answer(w, "mail.ca_file"), *taken = wizard_answer(w, "mail.taken");

	if (!link_by_mail(w))
		return;
	if (given(a->call, "mail.address") == NULL)
		add(settings, "mail.address", wizard_answer(w, "mail.address"));
	add_servers(a, settings);
	add_path(settings, "mail.password_file", wizard_answer(w, "password file"));
	add(settings, "mail.password_command", wizard_answer(w, "password command"));
	add_path(settings, "mail.send_password_file", wizard_answer(w, "send password file"));
	add(settings, "mail.send_password_command", wizard_answer(w, "send password command"));
	/* What is the default anyway needs no line in the file. */
	if (g_strcmp0(ca, MAIL_SYSTEM) != 0)
		add_path(settings, "mail.ca_file", ca);
	if (g_strcmp0(taken, "delete") != 0 && given(a->call, "mail.taken") == NULL)
		add(settings, "mail.taken", taken);
}

void
link_mail_passwords(const link_answers *a, link_request *req)
{
	req->password = wizard_answer(a->wizard, "password");
	req->send_password = wizard_answer(a->wizard, "send password");
}

void
link_mail_say(wizard *w)
{
	const link_answers *a = wizard_data(w);
	g_autoptr(GPtrArray) settings = g_ptr_array_new_with_free_func(g_free);
	const char *const *set = call_values(a->call, "set");

	if (!link_by_mail(w))
		return;
	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		g_ptr_array_add(settings, g_strdup(set[i]));
	link_mail_settings(a, settings);
	for (guint i = 0; i < settings->len; i++) {
		const char *line = settings->pdata[i];

		if (g_str_has_prefix(line, "mail.address="))
			wizard_say(w, "  address        ", "%s", strchr(line, '=') + 1);
		else if (g_str_has_prefix(line, "mail.receive="))
			wizard_say(w, "  receives by    ", "%s", strchr(line, '=') + 1);
		else if (g_str_has_prefix(line, "mail.send="))
			wizard_say(w, "  sends by       ", "%s", strchr(line, '=') + 1);
	}
}

/* ---- the test ---- */

static void
tell_step(const char *step, gboolean ok, const char *text, gpointer data)
{
	link_answers *a = data;
	g_autofree char *safe = print_safe(text);

	wizard_say(a->wizard, ok ? "  ok  " : "  !   ", "%s: %s", step, safe);
	if (!ok)
		a->mail_fails = TRUE;
}

gboolean
link_mail_try(wizard *w, const char *answer, GError **error)
{
	link_answers *a = wizard_data(w);
	const char *const *set = call_values(a->call, "set");
	g_autoptr(GPtrArray) settings = g_ptr_array_new_with_free_func(g_free);
	const char *name = wizard_answer(w, "name");
	link_request req = {.name = name != NULL ? name : "it"};

	a->mail_fails = FALSE;
	if (strcmp(answer, "yes") != 0)
		return TRUE;
	for (guint i = 0; set != NULL && set[i] != NULL; i++)
		g_ptr_array_add(settings, g_strdup(set[i]));
	link_mail_settings(a, settings);
	g_ptr_array_add(settings, NULL);
	req.settings = (const char *const *)settings->pdata;
	link_mail_passwords(a, &req);
	wizard_say(w, "  ", "This may take a minute.");
	return link_try(a->site, &req, "mail", tell_step, a, error);
}
