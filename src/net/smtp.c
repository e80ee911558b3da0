#include "net/smtp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "net/session_private.h"

struct smtp {
	session *session;
	gboolean worked; /* this login has been taken */
	int fd;
	off_t at, size;
	int read_error;
};

static size_t
give(char *buf, size_t size, size_t count, void *data)
{
	smtp *s = data;
	gsize most = (gsize)MIN((off_t)(size * count), s->size - s->at);
	gssize n;

	do
		n = most == 0 ? 0 : pread(s->fd, buf, most, s->at);
	while (n < 0 && errno == EINTR);
	/* What has become shorter must not end as a whole mail. */
	if (n < 0 || (n == 0 && most > 0)) {
		s->read_error = n < 0 ? errno : EIO;
		return CURL_READFUNC_ABORT;
	}
	s->at += n;
	return (size_t)n;
}

smtp *
smtp_new(const net_account *account, GError **error)
{
	g_autoptr(smtp) s = g_new0(smtp, 1);

	s->session = session_new(account, error);
	if (s->session == NULL)
		return NULL;
	curl_easy_setopt(s->session->curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(s->session->curl, CURLOPT_READDATA, s);
	return g_steal_pointer(&s);
}

void
smtp_free(smtp *s)
{
	if (s == NULL)
		return;
	session_free(s->session);
	g_free(s);
}

/*
 * A server may end a connection that lies idle, or has brought many mails: what it did not answer
 * at all, or with its goodbye, is asked once more on a new one.  And a token that was good once may
 * have run out.
 */
static gboolean
deserves_another(const smtp *s, const GError *why)
{
	const reply *r = s->session->reply;
	gboolean over = reply_count(r) == 0 || reply_code(r) == 421;
	long connects = 1;

	if (!s->worked || s->read_error != 0)
		return FALSE;
	curl_easy_getinfo(s->session->curl, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0 ? over : fail_is(why, REASON_MAIL_LOGIN);
}

static gboolean
perform(smtp *s, GError **error)
{
	g_autoptr(GError) why = NULL;
	gboolean ok = session_perform(s->session, &why);

	if (!ok && deserves_another(s, why)) {
		s->at = 0;
		s->worked = FALSE;
		if (!session_login(s->session, error))
			return FALSE;
		g_clear_error(&why);
		ok = session_perform(s->session, &why);
	}
	if (ok)
		s->worked = TRUE;
	else
		g_propagate_error(error, g_steal_pointer(&why));
	return ok;
}

gboolean
smtp_hello(smtp *s, guint64 *ret_size, GError **error)
{
	CURL *curl = s->session->curl;

	s->read_error = 0;
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 0L);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
	curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "NOOP") != CURLE_OK) {
		session_fail(s->session, CURLE_OUT_OF_MEMORY, error);
		return FALSE;
	}
	if (!perform(s, error))
		return FALSE;
	*ret_size = reply_size(s->session->reply);
	return TRUE;
}

static CURLcode
prepare(smtp *s, const char *from, struct curl_slist *to)
{
	CURL *curl = s->session->curl;
	CURLcode code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);

	curl_easy_setopt(curl, CURLOPT_NOBODY, 0L);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->size);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
	if (code == CURLE_OK)
		code = curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	return code;
}

static gboolean
open_mail(smtp *s, int fd, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		fail_errno(error, errno, "a mail can't be read");
		return FALSE;
	}
	s->fd = fd;
	s->at = 0;
	s->size = st.st_size;
	s->read_error = 0;
	return TRUE;
}

/* What has been made stands in *LIST in any case. */
static gboolean
list_all(const char *const *words, struct curl_slist **list)
{
	for (gsize i = 0; words[i] != NULL; i++) {
		struct curl_slist *longer = curl_slist_append(*list, words[i]);

		if (longer == NULL)
			return FALSE;
		*list = longer;
	}
	return TRUE;
}

gboolean
smtp_send(smtp *s, const char *from, const char *const *to, int fd, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct curl_slist *list = NULL;

	if (!open_mail(s, fd, error))
		return FALSE;
	gboolean all = list_all(to, &list);
	CURLcode code = all ? prepare(s, from, list) : CURLE_OUT_OF_MEMORY;
	gboolean ok = code == CURLE_OK && perform(s, &why);
	curl_easy_setopt(s->session->curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(list);
	if (ok)
		return TRUE;
	if (s->read_error != 0)
		fail_errno(error, s->read_error, "a mail can't be read");
	else if (code != CURLE_OK)
		session_fail(s->session, code, error);
	else
		g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}
