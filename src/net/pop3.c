#include "net/pop3.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/u64.h"
#include "net/reply.h"
#include "net/session_private.h"
#include "net/stream.h"

#define MAILS_MAX  200000
#define ANSWER_MAX 1000 /* of an answer; RFC 1939 has 512 */
#define UID_MAX    70   /* RFC 1939 7 */
#define CHUNK      ((gsize)64 * 1024)

/* libcurl connects and logs in.  It does not speak POP3 beyond that: it would make a new connection
 * where one has ended, and what was marked in one session by numbers would be other mails. */
struct pop3 {
	net_stream *stream;
	char *place;
	reply *reply;
	gboolean over; /* lines no longer match what was asked */
	gsize at, len;
	char buf[CHUNK]; /* its first byte stays free, see unstuff() */
};

static void
hang_up(pop3 *p)
{
	net_stream_close(p->stream);
	reply_free(p->reply);
	g_free(p->place);
	g_free(p);
}

pop3 *
pop3_open(const net_account *account, GError **error)
{
	g_autofree char *place = session_place(account->url);

	if (account->login == NULL && account->url->login == NULL) {
		fail_set(error, FAIL_CONFIG, "%s: a mailbox needs a login", place);
		return NULL;
	}
	net_stream *stream = net_stream_open(account, error);
	if (stream == NULL)
		return NULL;
	pop3 *p = g_new0(pop3, 1);
	p->stream = stream;
	p->place = g_steal_pointer(&place);
	p->reply = reply_new(MAIL_POP3);
	return p;
}

void
pop3_abandon(pop3 *p)
{
	if (p == NULL)
		return;
	/* Without QUIT nothing is removed, so none may leave any more, whoever would send it. */
	shutdown(net_stream_fd(p->stream), SHUT_RDWR);
	hang_up(p);
}

/* ---- lines ---- */

static gboolean
fail_broken(pop3 *p, GError **error)
{
	p->over = TRUE;
	if (errno == ETIMEDOUT)
		fail_set(error, REASON_MAIL_AWAY, "%s: no answer in time", p->place);
	else
		fail_set(error, REASON_MAIL_AWAY, "%s: the connection broke", p->place);
	return FALSE;
}

static gboolean
fail_answer(pop3 *p, const char *what, GError **error)
{
	p->over = TRUE;
	fail_set(error, REASON_MAIL_ANSWER, "%s: %s", p->place, what);
	return FALSE;
}

static gboolean
fill(pop3 *p, GError **error)
{
	if (p->at < p->len)
		return TRUE;
	errno = 0;
	gssize n = net_stream_read(p->stream, p->buf + 1, sizeof p->buf - 1);
	if (n <= 0)
		return fail_broken(p, error);
	p->at = 1;
	p->len = (gsize)n + 1;
	return TRUE;
}

/* LINE: ANSWER_MAX + 1 bytes; without its end. */
static gboolean
read_line(pop3 *p, char *line, GError **error)
{
	gsize len = 0;

	for (;;) {
		if (!fill(p, error))
			return FALSE;
		char c = p->buf[p->at++];
		if (c == '\n')
			break;
		if (len == ANSWER_MAX || c == '\0')
			return fail_answer(p, "an answer that makes no sense", error);
		line[len++] = c;
	}
	len -= len > 0 && line[len - 1] == '\r';
	line[len] = '\0';
	return TRUE;
}

/* ---- commands ---- */

/* Sends TEXT and reads the first line of the answer.  *RET_REFUSED: it was "-ERR". */
static gboolean
ask(pop3 *p, const char *text, gboolean *ret_refused, GError **error)
{
	char line[ANSWER_MAX + 1];
	g_autofree char *whole = g_strconcat(text, "\r\n", NULL);

	*ret_refused = FALSE;
	if (p->over) {
		fail_set(error, REASON_MAIL_AWAY, "%s: the session has ended", p->place);
		return FALSE;
	}
	if (net_stream_write(p->stream, whole, strlen(whole)) < 0)
		return fail_broken(p, error);
	if (!read_line(p, line, error))
		return FALSE;
	if (g_str_has_prefix(line, "+OK"))
		return TRUE;
	if (!g_str_has_prefix(line, "-ERR"))
		return fail_answer(p, "an answer that makes no sense", error);
	reply_reset(p->reply);
	reply_line(p->reply, line, strlen(line));
	const char *said = reply_refusal(p->reply);
	gboolean later = reply_reason(said, FALSE, FALSE) == REASON_MAIL_LATER;
	fail_set(error, later ? REASON_MAIL_LATER : REASON_MAIL_ANSWER, "%s: %.4s refused: %s",
		 p->place, text, said);
	*ret_refused = TRUE;
	return FALSE;
}

static gboolean
ask_number(pop3 *p, const char *verb, guint number, GError **error)
{
	g_autofree char *text = g_strdup_printf("%s %u", verb, number);
	gboolean refused;

	return ask(p, text, &refused, error);
}

/* ---- the list ---- */

static void
mail_free(gpointer data)
{
	pop3_mail *m = data;

	g_free(m->uid);
	g_free(m);
}

/* "NUMBER REST", where LIST and UIDL may put more behind. */
static gboolean
split(char *line, guint *ret_number, const char **ret_rest)
{
	char *space = strchr(line, ' ');
	guint64 number;

	if (space == NULL)
		return FALSE;
	*space = '\0';
	if (!u64_parse(line, G_MAXUINT, &number) || number == 0)
		return FALSE;
	char *rest = space + 1;
	rest[strcspn(rest, " ")] = '\0';
	*ret_number = (guint)number;
	*ret_rest = rest;
	return TRUE;
}

static gboolean
is_uid(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!g_ascii_isgraph(*p))
			return FALSE;
	return *text != '\0' && strlen(text) <= UID_MAX;
}

typedef gboolean listed(GPtrArray *mails, GHashTable *by_number, guint number, const char *rest);

static gboolean
take_uid(GPtrArray *mails, GHashTable *by_number, guint number, const char *uid)
{
	if (!is_uid(uid) || g_hash_table_contains(by_number, GUINT_TO_POINTER(number)))
		return FALSE;
	pop3_mail *m = g_new0(pop3_mail, 1);
	m->number = number;
	m->uid = g_strdup(uid);
	g_ptr_array_add(mails, m);
	g_hash_table_insert(by_number, GUINT_TO_POINTER(number), m);
	return TRUE;
}

static gboolean
take_size(GPtrArray *mails, GHashTable *by_number, guint number, const char *size)
{
	pop3_mail *m = g_hash_table_lookup(by_number, GUINT_TO_POINTER(number));

	(void)mails;
	return m != NULL && u64_parse(size, G_MAXINT64, &m->size);
}

static gboolean
read_lines(pop3 *p, listed *take, GPtrArray *mails, GHashTable *by_number, GError **error)
{
	char line[ANSWER_MAX + 1];

	for (guint i = 0; i <= MAILS_MAX; i++) {
		const char *rest;
		guint number;

		if (!read_line(p, line, error))
			return FALSE;
		if (strcmp(line, ".") == 0)
			return TRUE;
		if (!split(line, &number, &rest) || !take(mails, by_number, number, rest))
			return fail_answer(p, "a list of mails that makes no sense", error);
	}
	return fail_answer(p, "too many mails in the mailbox; 200,000 are read", error);
}

GPtrArray *
pop3_list(pop3 *p, GError **error)
{
	g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func(mail_free);
	g_autoptr(GHashTable) by_number = g_hash_table_new(NULL, NULL);
	g_autoptr(GError) why = NULL;
	gboolean refused;

	if (!ask(p, "UIDL", &refused, &why)) {
		if (refused && !fail_is(why, REASON_MAIL_LATER))
			fail_set(error, FAIL_CONFIG,
				 "%s: the server has no UIDL, without which mails can't be told "
				 "apart; receive by imaps",
				 p->place);
		else
			g_propagate_error(error, g_steal_pointer(&why));
		return NULL;
	}
	if (!read_lines(p, take_uid, mails, by_number, error) || !ask(p, "LIST", &refused, error) ||
	    !read_lines(p, take_size, mails, by_number, error))
		return NULL;
	return g_steal_pointer(&mails);
}

/* ---- mails ---- */

typedef enum { AT_START, AT_DOT, AT_DOT_CR, AT_TEXT, AT_CR, AT_END } place_in_line;

/* RFC 1939 3: a line of one dot ends the mail; of another dot at a line's start one is taken away.
 * What C makes of the mail, two bytes at most, goes behind the *COUNT in BYTES. */
static place_in_line
take_byte(place_in_line at, char c, char *bytes, gsize *count)
{
	if (at == AT_START && c == '.')
		return AT_DOT;
	if (at == AT_DOT && c == '\r')
		return AT_DOT_CR;
	if (at == AT_DOT_CR && c == '\n')
		return AT_END;
	if (at == AT_DOT_CR)
		bytes[(*count)++] = '\r';
	bytes[(*count)++] = c;
	if (c == '\r')
		return AT_CR;
	return at == AT_CR && c == '\n' ? AT_START : AT_TEXT;
}

/* Puts the bytes of the mail that BUF holds to OUT, which lies one byte before them: one may become
 * two where another was swallowed before, which may have been in the buffer before. */
static gsize
unstuff(pop3 *p, place_in_line *at, char *out)
{
	gsize made = 0;

	for (; p->at < p->len && *at != AT_END; p->at++) {
		char c = p->buf[p->at];

		*at = take_byte(*at, c, out, &made);
	}
	return made;
}

static gboolean
write_mail(pop3 *p, int fd, guint64 limit, GError **error)
{
	place_in_line at = AT_START;
	guint64 size = 0;

	while (at != AT_END) {
		if (!fill(p, error))
			return FALSE;
		char *out = p->buf + p->at - 1;
		gsize made = unstuff(p, &at, out);
		size += made;
		if (size > limit) {
			fail_set(error, REASON_TOO_LARGE,
				 "%s: a mail has more than %" G_GUINT64_FORMAT " bytes", p->place,
				 limit);
			return FALSE;
		}
		if (!fsio_write_all(fd, out, made, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
pop3_fetch(pop3 *p, guint number, int fd, guint64 limit, GError **error)
{
	if (!ask_number(p, "RETR", number, error))
		return FALSE;
	if (write_mail(p, fd, limit, error))
		return TRUE;
	/* The rest of the mail is still on its way. */
	p->over = TRUE;
	return FALSE;
}

gboolean
pop3_mark(pop3 *p, guint number, GError **error)
{
	return ask_number(p, "DELE", number, error);
}

gboolean
pop3_quit(pop3 *p, GError **error)
{
	gboolean refused;
	gboolean ok = ask(p, "QUIT", &refused, error);

	pop3_abandon(p);
	return ok;
}
