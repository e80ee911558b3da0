#include "cli/mail_guess.h"

#include <string.h>

#include "base/fail.h"
#include "base/mail_url.h"

/* Where it is not imap.DOMAIN and smtp.DOMAIN. */
static const struct {
	const char *domain, *receive, *send;
} known[] = {
	{"fastmail.com", "imap.fastmail.com", "smtps://smtp.fastmail.com:465"},
	{"gmx.de", "imap.gmx.net", "mail.gmx.net"},
	{"gmx.net", "imap.gmx.net", "mail.gmx.net"},
	{"googlemail.com", "imap.gmail.com", "smtp.gmail.com"},
	{"hotmail.com", "outlook.office365.com", "smtp-mail.outlook.com"},
	{"icloud.com", "imap.mail.me.com", "smtp.mail.me.com"},
	{"me.com", "imap.mail.me.com", "smtp.mail.me.com"},
	{"outlook.com", "outlook.office365.com", "smtp-mail.outlook.com"},
	{"posteo.de", "posteo.de", "posteo.de"},
	{"t-online.de", "secureimap.t-online.de", "smtps://securesmtp.t-online.de:465"},
	{"yahoo.com", "imap.mail.yahoo.com", "smtps://smtp.mail.yahoo.com:465"},
};

/* What speaks on the usual ports; the first of a direction on any other. */
static const struct {
	gboolean sending;
	const char *scheme, *port;
} usual[] = {
	{FALSE, "imaps", "993"},         {FALSE, "imap+starttls", "143"}, {FALSE, "pop3s", "995"},
	{FALSE, "pop3+starttls", "110"}, {TRUE, "smtp+starttls", "587"},  {TRUE, "smtps", "465"},
};

/* The URL of HOST[:PORT][/FOLDER]. */
static char *
complete(const char *text, gboolean sending)
{
	const char *folder = strchrnul(text, '/');
	g_autofree char *place = g_strndup(text, (gsize)(folder - text));
	const char *behind = strrchr(place, ']');
	const char *colon = strrchr(behind != NULL ? behind : place, ':');
	const char *scheme = NULL, *port = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
		if (usual[i].sending != sending)
			continue;
		if (scheme == NULL || (colon != NULL && strcmp(usual[i].port, colon + 1) == 0))
			scheme = usual[i].scheme;
		if (port == NULL)
			port = usual[i].port;
	}
	return g_strconcat(scheme, "://", place, colon != NULL ? "" : ":",
			   colon != NULL ? "" : port, folder, NULL);
}

char *
mail_guess_server(const char *address, gboolean sending)
{
	if (address == NULL || !mail_address_valid(address))
		return NULL;
	g_autofree char *domain = g_ascii_strdown(strrchr(address, '@') + 1, -1);
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		const char *server = sending ? known[i].send : known[i].receive;

		if (strcmp(known[i].domain, domain) == 0)
			return strstr(server, "://") != NULL ? g_strdup(server)
							     : complete(server, sending);
	}
	g_autofree char *host = g_strconcat(sending ? "smtp." : "imap.", domain, NULL);
	return complete(host, sending);
}

char *
mail_guess_url(const char *text, gboolean sending, GError **error)
{
	g_autofree char *url =
		strstr(text, "://") != NULL ? g_strdup(text) : complete(text, sending);
	g_autoptr(mail_url) parsed = mail_url_parse(url, error);

	if (parsed == NULL)
		return NULL;
	if ((parsed->protocol == MAIL_SMTP) == sending)
		return g_steal_pointer(&url);
	fail_set(error, FAIL_USAGE,
		 sending ? "mails are sent by smtp, as in smtp+starttls://smtp.example.com:587"
			 : "mails are received by imap or pop3, as in imaps://imap.example.com");
	return NULL;
}

char *
mail_guess_login(const char *url)
{
	g_autoptr(mail_url) parsed = mail_url_parse(url, NULL);

	return parsed != NULL ? g_steal_pointer(&parsed->login) : NULL;
}

char *
mail_guess_with_login(const char *url, const char *login)
{
	const char *from = strstr(url, "://");

	if (from == NULL)
		return g_strdup(url);
	from += strlen("://");
	const char *at = g_strrstr_len(from, strchrnul(from, '/') - from, "@");
	g_autofree char *escaped = login != NULL ? g_uri_escape_string(login, "@", FALSE) : NULL;
	return g_strdup_printf("%.*s%s%s%s", (int)(from - url), url, escaped != NULL ? escaped : "",
			       escaped != NULL ? "@" : "", at != NULL ? at + 1 : from);
}
