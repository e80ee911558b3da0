#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "net/session_private.h"

/* ---- secrets ---- */

static gboolean
is_base64(char c)
{
	return g_ascii_isalnum(c) || c == '+' || c == '/';
}

/* The LEN base64 characters at TEXT, whose padding may be missing: does SECRET stand in them? */
static gboolean
hides(const char *text, gsize len, const char *secret)
{
	g_autoptr(GString) word = g_string_new_len(text, (gssize)len);
	gsize size;

	while (word->len % 4 != 0)
		g_string_append_c(word, 'A');
	g_autofree guchar *plain = g_base64_decode(word->str, &size);
	gboolean ret = memmem(plain, size, secret, strlen(secret)) != NULL;
	explicit_bzero(plain, size);
	return ret;
}

/* A server may repeat the command that it did not like. */
gboolean
session_may_show(const session *s, const char *text)
{
	if (s->secret == NULL)
		return TRUE;
	if (strstr(text, s->secret) != NULL)
		return FALSE;
	for (const char *p = text; *p != '\0';) {
		gsize len = 0;

		while (is_base64(p[len]))
			len++;
		if (len > 0 && hides(p, len, s->secret))
			return FALSE;
		p += MAX(len, 1);
	}
	return TRUE;
}

/* ---- certificates ---- */

/* KEY, in small letters or not, of certificate NUMBER of the server's chain, 0 its own; NULL: not
 * known; borrowed. */
static const char *
certificate_line(const session *s, int number, const char *key)
{
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(s->curl, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
	    number >= info->num_of_certs)
		return NULL;
	for (struct curl_slist *l = info->certinfo[number]; l != NULL; l = l->next)
		if (g_ascii_strncasecmp(l->data, key, strlen(key)) == 0 &&
		    l->data[strlen(key)] == ':')
			return l->data + strlen(key) + 1;
	return NULL;
}

/* What stands in a certificate may be anything. */
static char *
printable(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(strlen(text), 100));
	GString *ret = g_string_new(NULL);

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		g_string_append_unichar(ret, g_unichar_isprint(c) ? c : '?');
	}
	return g_string_free(ret, FALSE);
}

/* "2026-11-22 06:07:22 GMT" as GnuTLS has it, "Nov 22 06:07:22 2026 GMT" as OpenSSL; -1: neither.
 */
static gint64
read_date(const char *text)
{
	gint64 ret;

	if (strlen(text) < 19 || text[10] != ' ')
		return curl_getdate(text, NULL);
	g_autofree char *stamp = g_strdup_printf("%.10sT%.8sZ", text, text + 11);
	return clock_parse(stamp, &ret) ? ret : -1;
}

/* Does the date of certificate NUMBER lie before (SIGN -1) or behind (1) today? */
static const char *
date_that_fails(const session *s, int number, const char *key, int sign)
{
	const char *text = certificate_line(s, number, key);
	gint64 when = text == NULL ? -1 : read_date(text);
	/* The system's clock, as TLS does. */
	gint64 now = g_get_real_time() / G_USEC_PER_SEC;

	return when != -1 && (sign < 0 ? when < now : when > now) ? text : NULL;
}

static gboolean
fail_date(const session *s, GError **error)
{
	for (int i = 0; certificate_line(s, i, "expire date") != NULL; i++) {
		const char *expired = date_that_fails(s, i, "expire date", -1);
		const char *early = date_that_fails(s, i, "start date", 1);

		if (expired == NULL && early == NULL)
			continue;
		g_autofree char *date = printable(expired != NULL ? expired : early);
		const char *which = i == 0 ? "its certificate" : "the certificate of its authority";
		if (expired != NULL)
			fail_set(error, REASON_MAIL_CERTIFICATE,
				 "%s: %s expired on %s; whoever runs the server has to renew it",
				 s->place, which, date);
		else
			fail_set(error, REASON_MAIL_CERTIFICATE,
				 "%s: %s is not valid before %s; see the clock of this machine",
				 s->place, which, date);
		return TRUE;
	}
	return FALSE;
}

static void
fail_certificate(const session *s, GError **error)
{
	const char *subject = certificate_line(s, 0, "subject");
	const char *issuer = certificate_line(s, 0, "issuer");
	g_autofree char *whose = printable(subject != NULL ? subject : "unknown");
	g_autofree char *whence = printable(issuer != NULL ? issuer : "unknown");

	/* Both flavours of libcurl end with the host, and see to it last. */
	if (strstr(s->curl_error, "match") != NULL && strstr(s->curl_error, "host name") != NULL)
		fail_set(error, REASON_MAIL_CERTIFICATE,
			 "%s: its certificate is for another host (%s; expected %s); write the "
			 "server's name as its certificate has it",
			 s->place, whose, s->account.url->host);
	else if (!fail_date(s, error))
		fail_set(error, REASON_MAIL_CERTIFICATE,
			 "%s: its certificate is of an authority that is not known here (%s); "
			 "name the authority's certificate in mail.ca_file",
			 s->place, whence);
}

/* ---- connections ---- */

static void
fail_connect(const session *s, GError **error)
{
	long errnum = 0;

	curl_easy_getinfo(s->curl, CURLINFO_OS_ERRNO, &errnum);
	if (errnum == ECONNREFUSED)
		fail_set(error, REASON_MAIL_AWAY,
			 "%s: connection refused; see whether the server runs, and its port",
			 s->place);
	else
		fail_set(error, REASON_MAIL_AWAY, "%s: no connection%s%s", s->place,
			 errnum != 0 ? ": " : "", errnum != 0 ? g_strerror((int)errnum) : "");
}

static void
fail_timeout(const session *s, GError **error)
{
	double connected = 0;

	curl_easy_getinfo(s->curl, CURLINFO_CONNECT_TIME, &connected);
	fail_set(error, REASON_MAIL_AWAY, "%s: no %s within %u s", s->place,
		 connected > 0 ? "answer" : "connection", s->account.timeout);
}

static void
fail_tls(const session *s, GError **error)
{
	const char *failed = strstr(s->curl_error, "failed: ");
	g_autofree char *why =
		printable(failed != NULL ? failed + strlen("failed: ") : s->curl_error);

	if (strstr(why, "unexpected TLS packet") != NULL || strstr(why, "wrong version") != NULL)
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: it does not begin with TLS; see the port, or write +starttls",
			 s->place);
	else if (strstr(why, "non-properly") != NULL || strstr(why, "pull function") != NULL)
		fail_set(error, REASON_MAIL_AWAY, "%s: the connection broke in the TLS handshake",
			 s->place);
	else
		fail_set(error, REASON_MAIL_ANSWER, "%s: no TLS connection: %s", s->place, why);
}

/* ---- refusals ---- */

static const char *
refusal_text(int reason)
{
	switch (reason) {
	case REASON_MAIL_LOGIN:
		return "the login was refused";
	case REASON_MAIL_LATER:
		return "the server asks to try later";
	case REASON_MAIL_FULL:
		return "a mailbox is full";
	case REASON_MAIL_TOO_LARGE:
		return "the mail is too large";
	default:
		return "refused";
	}
}

static const char *
refusal_hint(const session *s, int reason)
{
	if (reason != REASON_MAIL_LOGIN)
		return "";
	if (s->login == NULL)
		return "; no login is set";
	return g_strcmp0(s->account.auth, "xoauth2") == 0 ? "; see login and token"
							  : "; see login and password";
}

static void
fail_refused(const session *s, gboolean login, GError **error)
{
	const char *text = reply_refusal(s->reply);
	gboolean recipient = g_str_has_prefix(s->curl_error, "RCPT");
	int reason = reply_reason(text, login, recipient);
	gboolean shown = session_may_show(s, text);

	fail_set(error, reason, "%s: %s%s%s%s", s->place, refusal_text(reason), shown ? ": " : "",
		 shown ? text : "", refusal_hint(s, reason));
}

/* Did the server refuse what was asked last?  It may have refused something before that could be
 * done another way. */
static gboolean
was_refused(const session *s)
{
	long code = 0;

	if (reply_refusal(s->reply) == NULL)
		return FALSE;
	if (s->account.url->protocol != MAIL_SMTP)
		return TRUE;
	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &code);
	return code == reply_code(s->reply);
}

static void
fail_login(const session *s, GError **error)
{
	if (was_refused(s))
		fail_refused(s, TRUE, error);
	else if (reply_challenged(s->reply))
		/* A token is refused by one more question. */
		fail_set(error, REASON_MAIL_LOGIN, "%s: %s%s", s->place,
			 refusal_text(REASON_MAIL_LOGIN), refusal_hint(s, REASON_MAIL_LOGIN));
	else
		fail_set(error, REASON_MAIL_LOGIN,
			 "%s: the server offers no way to log in that fits; see mail.auth",
			 s->place);
}

static void
fail_other(const session *s, CURLcode code, GError **error)
{
	gboolean broke = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
			 code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;

	if (broke)
		fail_set(error, REASON_MAIL_AWAY, "%s: the connection broke", s->place);
	else if (code == CURLE_WEIRD_SERVER_REPLY)
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: an answer that makes no sense; see the port", s->place);
	else
		fail_set(error, REASON_MAIL_AWAY, "%s: %s", s->place, curl_easy_strerror(code));
}

void
session_fail(const session *s, CURLcode code, GError **error)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		fail_set(error, REASON_MAIL_AWAY, "%s: the name %s can't be resolved", s->place,
			 s->account.url->host);
		return;
	case CURLE_COULDNT_CONNECT:
		fail_connect(s, error);
		return;
	case CURLE_OPERATION_TIMEDOUT:
		fail_timeout(s, error);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		fail_certificate(s, error);
		return;
	case CURLE_SSL_CACERT_BADFILE:
		fail_set(error, FAIL_CONFIG,
			 "mail.ca_file %s can't be read, or holds no certificate",
			 s->account.ca_file != NULL ? s->account.ca_file : "(the system's)");
		return;
	case CURLE_SSL_CONNECT_ERROR:
		fail_tls(s, error);
		return;
	case CURLE_USE_SSL_FAILED:
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: the server offers no STARTTLS, and nothing is said without TLS",
			 s->place);
		return;
	case CURLE_LOGIN_DENIED:
	case CURLE_AUTH_ERROR:
		fail_login(s, error);
		return;
	case CURLE_FAILED_INIT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_UNKNOWN_OPTION:
	case CURLE_NOT_BUILT_IN:
	case CURLE_URL_MALFORMAT:
		fail_set(error, FAIL_CONFIG, "%s: libcurl can't be used for this: %s", s->place,
			 curl_easy_strerror(code));
		return;
	default:
		if (was_refused(s))
			fail_refused(s, FALSE, error);
		else
			fail_other(s, code, error);
	}
}
