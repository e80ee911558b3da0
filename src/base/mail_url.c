#include "base/mail_url.h"

#include <string.h>

#include "base/fail.h"
#include "base/u64.h"

#define URL_MAX     1000
#define ADDRESS_MAX 254 /* RFC 5321 4.5.3.1.3: a path of 256 with its brackets */
#define LOCAL_MAX   64  /* RFC 5321 4.5.3.1.1 */

static const struct {
	const char *scheme;
	mail_protocol protocol;
	mail_tls tls;
	guint port;
} schemes[] = {
	{"imaps", MAIL_IMAP, MAIL_TLS, 993},  {"imap+starttls", MAIL_IMAP, MAIL_STARTTLS, 143},
	{"imap", MAIL_IMAP, MAIL_PLAIN, 143}, {"pop3s", MAIL_POP3, MAIL_TLS, 995},
	{"pop3", MAIL_POP3, MAIL_PLAIN, 110}, {"pop3+starttls", MAIL_POP3, MAIL_STARTTLS, 110},
	{"smtps", MAIL_SMTP, MAIL_TLS, 465},  {"smtp+starttls", MAIL_SMTP, MAIL_STARTTLS, 587},
	{"smtp", MAIL_SMTP, MAIL_PLAIN, 25},
};

void
mail_url_free(mail_url *u)
{
	if (u == NULL)
		return;
	g_free(u->login);
	g_free(u->host);
	g_free(u->folder);
	g_free(u);
}

static gboolean
is_plain(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p) || *p == ' ')
			return FALSE;
	return g_utf8_validate(text, -1, NULL);
}

/* TEXT without %XX; NULL if it is no text then; caller frees. */
static char *
unescape(const char *text, gssize len)
{
	g_autofree char *part = g_strndup(text, len < 0 ? strlen(text) : (gsize)len);
	g_autofree char *plain = g_uri_unescape_string(part, NULL);

	if (plain == NULL || !g_utf8_validate(plain, -1, NULL))
		return NULL;
	for (const char *p = plain; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			return NULL;
	return g_steal_pointer(&plain);
}

static gboolean
is_host(const char *host)
{
	const char *letters = strchr(host, ':') != NULL ? "0123456789abcdef:."
							: "abcdefghijklmnopqrstuvwxyz0123456789.-";

	return *host != '\0' && strlen(host) <= 253 && strspn(host, letters) == strlen(host) &&
	       *host != '-';
}

static gboolean
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
	       strcmp(host, "::1") == 0;
}

/* HOST[:PORT], where HOST may be [IPV6]. */
static gboolean
read_place(mail_url *u, const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : strchrnul(text, ':');
	const char *from = *text == '[' ? text + 1 : text;
	guint64 port;

	if (end == NULL)
		return FALSE;
	g_autofree char *host = g_strndup(from, (gsize)(end - from));
	u->host = g_ascii_strdown(host, -1);
	end += *end == ']';
	if (*end == ':') {
		if (!u64_parse(end + 1, 65535, &port) || port == 0)
			return FALSE;
		u->port = (guint)port;
	} else if (*end != '\0') {
		return FALSE;
	}
	return is_host(u->host);
}

/* [LOGIN@]PLACE[/FOLDER] */
static const char *
read_rest(mail_url *u, const char *rest)
{
	const char *slash = strchrnul(rest, '/');
	g_autofree char *place = g_strndup(rest, (gsize)(slash - rest));
	char *at = strrchr(place, '@');
	const char *folder = *slash == '/' ? slash + 1 : slash;

	if (at != NULL) {
		if (memchr(place, ':', (gsize)(at - place)) != NULL)
			return "a password does not belong there";
		u->login = unescape(place, at - place);
		if (u->login == NULL || *u->login == '\0')
			return "its login is not usable";
	}
	if (!read_place(u, at != NULL ? at + 1 : place))
		return "its host or port is not usable";
	if (u->protocol != MAIL_IMAP)
		return *folder == '\0' ? NULL : "only imap has folders";
	u->folder = *folder == '\0' ? g_strdup("INBOX") : unescape(folder, -1);
	return u->folder == NULL ? "its folder is not usable" : NULL;
}

static const char *
read_url(mail_url *u, const char *text)
{
	const char *colon = strstr(text, "://");

	if (strlen(text) > URL_MAX || !is_plain(text) || colon == NULL)
		return "write it as imaps://login@host, smtp+starttls://login@host:port";
	g_autofree char *scheme = g_ascii_strdown(text, colon - text);
	gsize i = 0;
	while (i < G_N_ELEMENTS(schemes) && strcmp(schemes[i].scheme, scheme) != 0)
		i++;
	if (i == G_N_ELEMENTS(schemes))
		return "it begins with imap, pop3 or smtp, and s or +starttls behind";
	u->protocol = schemes[i].protocol;
	u->tls = schemes[i].tls;
	u->port = schemes[i].port;
	const char *wrong = read_rest(u, colon + 3);
	if (wrong == NULL && u->tls == MAIL_PLAIN && !is_loopback(u->host))
		return "without TLS only this machine itself is spoken to; add s or +starttls";
	return wrong;
}

/* Of what is written wrong nobody knows where the password ends: a slash in it looks like a folder,
 * and the scheme may be missing. */
char *
mail_url_shown(const char *text)
{
	const char *colon = strchr(text, ':'), *at = strrchr(text, '@');

	if (at == NULL || colon == NULL || at < colon)
		return g_strdup(text);
	int scheme = g_str_has_prefix(colon, "://") ? (int)(colon + 3 - text) : 0;
	return g_strdup_printf("%.*s...%s", scheme, text, at);
}

mail_url *
mail_url_parse(const char *text, GError **error)
{
	g_autoptr(mail_url) u = g_new0(mail_url, 1);
	const char *wrong = read_url(u, text);

	if (wrong == NULL)
		return g_steal_pointer(&u);
	g_autofree char *part = mail_url_shown(text);
	g_autofree char *valid = g_utf8_make_valid(part, MIN((gssize)strlen(part), 100));
	fail_set(error, FAIL_USAGE, "\"%s\" is no mail server: %s", valid, wrong);
	return NULL;
}

gboolean
mail_url_receives(const char *text)
{
	g_autoptr(mail_url) u = mail_url_parse(text, NULL);

	return u != NULL && u->protocol != MAIL_SMTP;
}

gboolean
mail_url_sends(const char *text)
{
	g_autoptr(mail_url) u = mail_url_parse(text, NULL);

	return u != NULL && u->protocol == MAIL_SMTP;
}

gboolean
mail_address_valid(const char *text)
{
	static const char extra[] = "!#$%&'*+-/=?^_`{|}~.";
	const char *at = strrchr(text, '@');

	if (at == NULL || at == text || at - text > LOCAL_MAX || strlen(text) > ADDRESS_MAX ||
	    *text == '.' || at[-1] == '.' || strstr(text, "..") != NULL)
		return FALSE;
	for (const char *p = text; p < at; p++)
		if (!g_ascii_isalnum(*p) && strchr(extra, *p) == NULL)
			return FALSE;
	g_autofree char *domain = g_ascii_strdown(at + 1, -1);
	return strchr(domain, ':') == NULL && is_host(domain);
}

gboolean
mail_addresses_valid(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 0);
	guint count = 0;

	for (guint i = 0; words[i] != NULL; i++) {
		if (*words[i] == '\0')
			continue;
		if (!mail_address_valid(words[i]))
			return FALSE;
		count++;
	}
	return count > 0;
}
