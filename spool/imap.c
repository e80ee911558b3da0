/*
 * libetpan speaks IMAP over a connection that libcurl has verified and logged in: it is made to
 * believe that the server greeted it as one who is known already (PREAUTH).
 */
#include "spool/imap.h"

#include <string.h>

#include "base/fail.h"
#include "spool/imap_private.h"

#define BUFFER     8192
#define ANSWER_MAX 300 /* bytes of what the server says in a message */

/* ---- the connection, as libetpan wants it ---- */

static ssize_t
low_read(mailstream_low *low, void *buf, size_t len)
{
	imap *m = low->data;
	gsize left = strlen(m->greeting);

	if (left > 0) {
		len = MIN(len, left);
		memcpy(buf, m->greeting, len);
		m->greeting += len;
		return (ssize_t)len;
	}
	/* A server must not fill our memory by a single answer. */
	if (m->budget <= 0) {
		m->over = TRUE;
		return -1;
	}
	ssize_t got = net_stream_read(m->stream, buf, len);
	m->budget -= MAX(got, 0);
	return got;
}

static ssize_t
low_write(mailstream_low *low, const void *buf, size_t len)
{
	imap *m = low->data;

	return net_stream_write(m->stream, buf, len);
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int
low_fd(mailstream_low *low)
{
	imap *m = low->data;

	return net_stream_fd(m->stream);
}

static void
low_free(mailstream_low *low)
{
	free(low);
}

static void
low_cancel(mailstream_low *low)
{
	(void)low;
}

static struct mailstream_cancel *
low_get_cancel(mailstream_low *low)
{
	(void)low;
	return NULL;
}

/* Not written by libetpan, though it takes no const one. */
static mailstream_low_driver driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
	.mailstream_cancel = low_cancel,
	.mailstream_get_cancel = low_get_cancel,
};

/* ---- errors ---- */

void
imap_begin(imap *m)
{
	m->budget = IMAP_ANSWER_MAX;
	m->over = FALSE;
}

/* What the server said last, as part of a line; caller frees. */
static char *
said(const imap *m)
{
	const char *text = m->session->imap_response;
	g_autofree char *valid =
		text == NULL ? g_strdup("")
			     : g_utf8_make_valid(text, (gssize)strnlen(text, ANSWER_MAX));

	for (char *p = valid; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return g_strdup(g_strstrip(valid));
}

static gboolean
is_refusal(int code)
{
	switch (code) {
	case MAILIMAP_ERROR_BAD_STATE:
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_CONNECTION_REFUSED:
	case MAILIMAP_ERROR_MEMORY:
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_PROTOCOL:
		return FALSE;
	default:
		return TRUE;
	}
}

gboolean
imap_check(imap *m, int code, int no, const char *what, GError **error)
{
	if (code == MAILIMAP_NO_ERROR && !m->over)
		return TRUE;
	if (m->over) {
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the answer is larger than %d MiB",
			 m->place, what, IMAP_ANSWER_MAX / (1024 * 1024));
	} else if (code == MAILIMAP_ERROR_STREAM) {
		fail_set(error, REASON_MAIL_AWAY, "%s: %s: the connection broke", m->place, what);
	} else if (is_refusal(code)) {
		g_autofree char *text = said(m);
		gboolean full = strstr(text, "OVERQUOTA") != NULL;

		fail_set(error, full ? REASON_MAIL_FULL : no, "%s: %s: %s", m->place, what,
			 *text != '\0' ? text : "refused");
	} else {
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the answer can't be understood",
			 m->place, what);
	}
	return FALSE;
}

/* ---- the session ---- */

static gboolean
greet(imap *m, GError **error)
{
	struct mailimap_capability_data *capabilities = NULL;
	mailstream_low *low = mailstream_low_new(m, &driver);
	mailstream *stream = low == NULL ? NULL : mailstream_new(low, BUFFER);

	m->session = mailimap_new(0, NULL);
	if (stream == NULL || m->session == NULL) {
		fail_set(error, FAIL_RETRY, "%s: out of memory", m->place);
		return FALSE;
	}
	int code = mailimap_connect(m->session, stream);
	if (code != MAILIMAP_NO_ERROR_AUTHENTICATED)
		return imap_check(m, code == MAILIMAP_NO_ERROR ? MAILIMAP_ERROR_PROTOCOL : code,
				  REASON_MAIL_ANSWER, "greeting", error);
	imap_begin(m);
	code = mailimap_capability(m->session, &capabilities);
	if (capabilities != NULL)
		mailimap_capability_data_free(capabilities);
	return imap_check(m, code, REASON_MAIL_ANSWER, "CAPABILITY", error);
}

imap *
imap_open(const net_account *account, GError **error)
{
	net_stream *stream = net_stream_open(account, error);

	if (stream == NULL)
		return NULL;
	g_autoptr(imap) m = g_new0(imap, 1);
	m->stream = stream;
	m->place = g_strdup_printf("%s:%u", account->url->host, account->url->port);
	m->greeting = "* PREAUTH ready\r\n";
	imap_begin(m);
	return greet(m, error) ? g_steal_pointer(&m) : NULL;
}

void
imap_close(imap *m)
{
	if (m == NULL)
		return;
	if (m->session != NULL) {
		imap_begin(m);
		/* Never CLOSE, which would expunge what others have marked. */
		if (m->session->imap_stream != NULL)
			mailimap_logout(m->session);
		mailimap_free(m->session);
	}
	net_stream_close(m->stream);
	g_free(m->place);
	g_free(m);
}

/* FOLDER as IMAP writes it (RFC 3501 5.1.3); caller frees. */
static char *
folder_name(const imap *m, const char *folder, GError **error)
{
	g_autofree char *name = g_convert(folder, -1, "UTF-7-IMAP", "UTF-8", NULL, NULL, NULL);

	if (name != NULL)
		return g_steal_pointer(&name);
	fail_set(error, REASON_MAIL_FOLDER, "%s: \"%s\" can't be the name of a folder", m->place,
		 folder);
	return NULL;
}

gboolean
imap_select(imap *m, const char *folder, gboolean write, imap_folder *ret, GError **error)
{
	g_autofree char *name = folder_name(m, folder, error);
	g_autofree char *what = g_strdup_printf("folder %s", folder);

	if (name == NULL)
		return FALSE;
	imap_begin(m);
	int code = write ? mailimap_select(m->session, name) : mailimap_examine(m->session, name);
	if (!imap_check(m, code, REASON_MAIL_FOLDER, what, error))
		return FALSE;
	const struct mailimap_selection_info *info = m->session->imap_selection_info;
	if (info == NULL || info->sel_uidvalidity == 0) {
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: %s: it has no lasting numbers (UIDVALIDITY)", m->place, what);
		return FALSE;
	}
	*ret = (imap_folder){info->sel_uidvalidity, info->sel_uidnext, info->sel_exists};
	return TRUE;
}

gboolean
imap_make(imap *m, const char *folder, GError **error)
{
	g_autofree char *name = folder_name(m, folder, error);
	g_autofree char *what = g_strdup_printf("folder %s", folder);

	if (name == NULL)
		return FALSE;
	imap_begin(m);
	int code = mailimap_create(m->session, name);
	if (code == MAILIMAP_NO_ERROR || !is_refusal(code))
		return imap_check(m, code, REASON_MAIL_FOLDER, what, error);
	/* Refused: it may be there already.  What is wrong with it will be told by who uses it. */
	return TRUE;
}
