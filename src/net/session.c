#include <string.h>
#include <sys/socket.h>

#include "base/fail.h"
#include "net/session_private.h"

/* Those that send the password or a proof of it, and need nothing else. */
#define PASSWORD_MECHANISMS "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5;AUTH=DIGEST-MD5"
#define IDLE_SECONDS        3600

static const struct {
	const char *tls, *plain, *both;
} schemes[] = {
	[MAIL_IMAP] = {"imaps", "imap", "imap,imaps"},
	[MAIL_POP3] = {"pop3s", "pop3", "pop3,pop3s"},
	[MAIL_SMTP] = {"smtps", "smtp", "smtp,smtps"},
};

/* A goodbye is said, but nobody waits for the answer to it. */
static void
hang_up(CURL *curl)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
	    fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RD);
	curl_easy_cleanup(curl);
}

void
session_free(session *s)
{
	if (s == NULL)
		return;
	if (s->curl != NULL)
		hang_up(s->curl);
	account_secret_free(s->secret);
	reply_free(s->reply);
	g_free(s->place);
	g_free(s);
}

static size_t
take_line(char *line, size_t size, size_t count, void *data)
{
	reply_line(((session *)data)->reply, line, size * count);
	return size * count;
}

/* Nothing that is not asked for goes to our standard output. */
static size_t
swallow(char *bytes, size_t size, size_t count, void *unused)
{
	(void)bytes;
	(void)unused;
	return size * count;
}

static CURLcode
set_place(session *s)
{
	const mail_url *u = s->account.url;
	g_autofree char *url = g_strdup_printf("%s://%s/",
					       u->tls == MAIL_TLS ? schemes[u->protocol].tls
								  : schemes[u->protocol].plain,
					       s->place);
	CURLcode code = curl_easy_setopt(s->curl, CURLOPT_PROTOCOLS_STR, schemes[u->protocol].both);

	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_URL, url);
	/* A proxy for browsers, which the environment may name, knows nothing of mail. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_PROXY, "");
	return code;
}

static CURLcode
set_tls(session *s)
{
	gboolean plain = s->account.url->tls == MAIL_PLAIN;
	long how = plain ? CURLUSESSL_NONE : CURLUSESSL_ALL;
	CURLcode code = curl_easy_setopt(s->curl, CURLOPT_USE_SSL, how);

	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* To tell why a certificate does not pass. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_CERTINFO, 1L);
	if (code != CURLE_OK || s->account.ca_file == NULL)
		return code;
	code = curl_easy_setopt(s->curl, CURLOPT_CAINFO, s->account.ca_file);
	/* The file counts instead of the system's certificates, not beside them. */
	return code == CURLE_OK ? curl_easy_setopt(s->curl, CURLOPT_CAPATH, NULL) : code;
}

static CURLcode
set_rest(session *s)
{
	long seconds = (long)s->account.timeout;
	const struct {
		CURLoption option;
		long value;
	} rows[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_CONNECTTIMEOUT, seconds},
		{CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds},
		{CURLOPT_LOW_SPEED_LIMIT, 1},
		{CURLOPT_LOW_SPEED_TIME, seconds},
		{CURLOPT_NETRC, CURL_NETRC_IGNORED},
		{CURLOPT_TCP_KEEPALIVE, 1},
		{CURLOPT_MAXAGE_CONN, IDLE_SECONDS},
	};
	CURLcode code = CURLE_OK;

	for (gsize i = 0; code == CURLE_OK && i < G_N_ELEMENTS(rows); i++)
		code = curl_easy_setopt(s->curl, rows[i].option, rows[i].value);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, s->curl_error);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_HEADERFUNCTION, take_line);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_HEADERDATA, s);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_WRITEFUNCTION, swallow);
	return code;
}

char *
session_place(const mail_url *u)
{
	gboolean v6 = strchr(u->host, ':') != NULL;

	return g_strdup_printf(v6 ? "[%s]:%u" : "%s:%u", u->host, u->port);
}

session *
session_new(const net_account *account, GError **error)
{
	const mail_url *u = account->url;

	if (!session_load(error))
		return NULL;
	g_autoptr(session) s = g_new0(session, 1);
	s->account = *account;
	s->login = account->login != NULL ? account->login : u->login;
	s->place = session_place(u);
	s->reply = reply_new(u->protocol);
	s->curl = curl_easy_init();
	CURLcode code = s->curl == NULL ? CURLE_FAILED_INIT : set_place(s);
	if (code == CURLE_OK)
		code = set_tls(s);
	if (code == CURLE_OK)
		code = set_rest(s);
	if (code == CURLE_OK)
		return session_login(s, error) ? g_steal_pointer(&s) : NULL;
	session_fail(s, code, error);
	return NULL;
}

static CURLcode
set_login(session *s)
{
	const char *auth = s->account.auth != NULL ? s->account.auth : "auto";
	gboolean token = strcmp(auth, "xoauth2") == 0;
	const char *mechanism = token                        ? "AUTH=XOAUTH2"
				: strcmp(auth, "plain") == 0 ? "AUTH=PLAIN"
				: strcmp(auth, "login") == 0 ? "AUTH=LOGIN"
							     : NULL;
	CURLcode code = curl_easy_setopt(s->curl, CURLOPT_USERNAME, s->login);

	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_LOGIN_OPTIONS, mechanism);
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_PASSWORD, token ? NULL : s->secret);
	/* Without a token libcurl never chooses XOAUTH2. */
	if (code == CURLE_OK)
		code = curl_easy_setopt(s->curl, CURLOPT_XOAUTH2_BEARER, token ? s->secret : NULL);
	return code;
}

gboolean
session_login(session *s, GError **error)
{
	if (s->login == NULL)
		return TRUE;
	char *secret = account_secret(&s->account.secret, error);
	if (secret == NULL)
		return FALSE;
	account_secret_free(s->secret);
	s->secret = secret;
	CURLcode code = set_login(s);
	if (code == CURLE_OK)
		return TRUE;
	session_fail(s, code, error);
	return FALSE;
}

static gboolean
chooses_itself(const session *s)
{
	return s->login != NULL &&
	       (s->account.auth == NULL || strcmp(s->account.auth, "auto") == 0);
}

gboolean
session_perform(session *s, GError **error)
{
	reply_reset(s->reply);
	*s->curl_error = '\0';
	CURLcode code = curl_easy_perform(s->curl);
	/* A login with an @ makes libcurl choose Kerberos where the server knows it, ticket or not.
	 */
	if (code == CURLE_AUTH_ERROR && chooses_itself(s)) {
		reply_reset(s->reply);
		*s->curl_error = '\0';
		curl_easy_setopt(s->curl, CURLOPT_LOGIN_OPTIONS, PASSWORD_MECHANISMS);
		code = curl_easy_perform(s->curl);
	}
	if (code == CURLE_OK)
		return TRUE;
	session_fail(s, code, error);
	return FALSE;
}
