/*
 * libetpan speaks IMAP over a connection that libcurl has verified and logged in: it is made to
 * believe that the server greeted it as one who is known already (PREAUTH).
 */
#include "spool/imap.h"

#include <string.h>

#include "base/fail.h"
#include "spool/imap_private.h"

#define BUFFER 8192

/* ---- the connection, as libetpan wants it ---- */

static ssize_t
low_read(mailstream_low *low, void *buf, size_t len)
{
	return imap_wire_read(low->data, buf, len);
}

static ssize_t
low_write(mailstream_low *low, const void *buf, size_t len)
{
	return imap_wire_write(low->data, buf, len) ? (ssize_t)len : -1;
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
	const wire *w = low->data;

	return net_stream_fd(w->stream);
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

/* What NO means, by its code (RFC 5530, RFC 9208). */
static int
refusal(const char *said, int no)
{
	static const struct {
		const char *code;
		int reason;
	} codes[] = {
		{"[OVERQUOTA", REASON_MAIL_FULL},  {"[UNAVAILABLE", REASON_MAIL_LATER},
		{"[INUSE", REASON_MAIL_LATER},     {"[LIMIT", REASON_MAIL_LATER},
		{"[SERVERBUG", REASON_MAIL_LATER},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if (g_ascii_strncasecmp(said, codes[i].code, strlen(codes[i].code)) == 0)
			return codes[i].reason;
	return no;
}

static void
fail_answer(const imap *m, int no, const char *what, GError **error)
{
	const char *said = m->wire.said != NULL ? m->wire.said : "";

	if (m->wire.verdict == WIRE_NO)
		fail_set(error, refusal(said, no), "%s: %s: %s", m->place, what,
			 *said != '\0' ? said : "refused");
	else if (m->wire.verdict == WIRE_BAD)
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the server does not understand it: %s",
			 m->place, what, said);
	else
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the answer can't be understood",
			 m->place, what);
}

gboolean
imap_check(imap *m, int code, int no, const char *what, GError **error)
{
	switch (m->wire.state) {
	case WIRE_FINE:
		/* libetpan takes a part of an answer, and NO behind it, for success. */
		if (code == MAILIMAP_NO_ERROR && m->wire.verdict == WIRE_OK)
			return TRUE;
		fail_answer(m, no, what, error);
		break;
	case WIRE_BROKE:
		fail_set(error, REASON_MAIL_AWAY, "%s: %s: the connection broke", m->place, what);
		break;
	case WIRE_SILENT:
		fail_set(error, REASON_MAIL_AWAY, "%s: %s: no answer for %u seconds", m->place,
			 what, m->timeout);
		break;
	case WIRE_BYE:
		fail_set(error, REASON_MAIL_AWAY, "%s: %s: the server ended the session%s%s",
			 m->place, what, *m->wire.said != '\0' ? ": " : "", m->wire.said);
		break;
	case WIRE_LARGE:
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the answer is too large", m->place,
			 what);
		break;
	case WIRE_STRANGE:
		fail_set(error, REASON_MAIL_ANSWER, "%s: %s: the answer can't be understood",
			 m->place, what);
		break;
	}
	return FALSE;
}

/* ---- the session ---- */

gboolean
imap_skip(imap *m)
{
	if (!imap_wire_skip(&m->wire))
		return FALSE;
	m->session->imap_stream->read_buffer_len = 0;
	return TRUE;
}

gboolean
imap_say(imap *m, const char *command)
{
	imap_wire_begin(&m->wire);
	g_snprintf(m->wire.expected, sizeof m->wire.expected, "h%u", ++m->tag);
	g_autofree char *line = g_strdup_printf("%s %s\r\n", m->wire.expected, command);
	return imap_wire_write(&m->wire, line, strlen(line));
}

/* Asked for here, as libetpan dereferences NULL when the answer is missing. */
static gboolean
ask_capabilities(imap *m, GError **error)
{
	const char *line = NULL;

	if (imap_say(m, "CAPABILITY"))
		while (m->wire.verdict == WIRE_NONE && (line = imap_wire_line(&m->wire)) != NULL) {
			g_auto(GStrv) words = g_strsplit(line, " ", -1);

			if (g_strv_length(words) < 2 ||
			    g_ascii_strcasecmp(words[1], "CAPABILITY") != 0)
				continue;
			for (guint i = 2; words[i] != NULL; i++) {
				m->idle |= g_ascii_strcasecmp(words[i], "IDLE") == 0;
				m->move |= g_ascii_strcasecmp(words[i], "MOVE") == 0;
				m->uidplus |= g_ascii_strcasecmp(words[i], "UIDPLUS") == 0;
			}
		}
	return imap_check(m, MAILIMAP_NO_ERROR, REASON_MAIL_ANSWER, "CAPABILITY", error);
}

static gboolean
greet(imap *m, GError **error)
{
	mailstream_low *low = mailstream_low_new(&m->wire, &driver);
	mailstream *stream = low == NULL ? NULL : mailstream_new(low, BUFFER);

	m->session = mailimap_new(0, NULL);
	if (stream == NULL || m->session == NULL ||
	    mailimap_connect(m->session, stream) != MAILIMAP_NO_ERROR_AUTHENTICATED) {
		fail_set(error, FAIL_RETRY, "%s: out of memory", m->place);
		return FALSE;
	}
	return ask_capabilities(m, error);
}

imap *
imap_open(const net_account *account, GError **error)
{
	const mail_url *u = account->url;
	net_stream *stream = imap_load(error) ? net_stream_open(account, error) : NULL;

	if (stream == NULL)
		return NULL;
	g_autoptr(imap) m = g_new0(imap, 1);
	m->stream = stream;
	m->timeout = account->timeout;
	m->place = g_strdup_printf(strchr(u->host, ':') != NULL ? "[%s]:%u" : "%s:%u", u->host,
				   u->port);
	imap_wire_init(&m->wire, stream, "* PREAUTH ready\r\n");
	return greet(m, error) ? g_steal_pointer(&m) : NULL;
}

void
imap_close(imap *m)
{
	if (m == NULL)
		return;
	if (m->session != NULL) {
		/* The stream says goodbye.  Never CLOSE, which would expunge what others have
		 * marked. */
		if (m->session->imap_stream != NULL)
			mailstream_close(m->session->imap_stream);
		m->session->imap_stream = NULL;
		mailimap_free(m->session);
	}
	imap_wire_clear(&m->wire);
	net_stream_close(m->stream);
	g_clear_pointer(&m->uids, g_array_unref);
	g_free(m->keywords);
	g_free(m->place);
	g_free(m);
}

/* ---- folders ---- */

char *
imap_folder_words(const char *folder)
{
	g_autofree char *valid = g_utf8_make_valid(folder, -1);

	for (char *p = valid; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = '?';
	return g_strconcat("folder ", valid, NULL);
}

static gboolean
is_plain(gunichar c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* The LEN bytes at TEXT, none of them plain, in modified base64. */
static void
append_base64(GString *out, const char *text, glong len)
{
	glong units = 0;
	g_autofree gunichar2 *utf16 = g_utf8_to_utf16(text, len, NULL, &units, NULL);

	for (glong i = 0; i < units; i++)
		utf16[i] = GUINT16_TO_BE(utf16[i]);
	g_autofree char *base64 = g_base64_encode((const guchar *)utf16, (gsize)units * 2);
	for (char *p = base64; *p != '\0' && *p != '='; p++)
		g_string_append_c(out, *p == '/' ? ',' : *p);
}

/* RFC 3501, 5.1.3. */
char *
imap_folder_name(const imap *m, const char *folder, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (*folder == '\0' || !g_utf8_validate(folder, -1, NULL)) {
		g_autofree char *words = imap_folder_words(folder);

		fail_set(error, REASON_MAIL_FOLDER, "%s: %s: no folder has such a name", m->place,
			 words);
		return NULL;
	}
	if (g_ascii_strcasecmp(folder, "INBOX") == 0)
		return g_strdup("INBOX");
	for (const char *p = folder; *p != '\0';) {
		const char *end = p;

		while (*end != '\0' && !is_plain(g_utf8_get_char(end)))
			end = g_utf8_next_char(end);
		if (end == p) {
			g_string_append_c(out, *p);
			if (*p++ == '&')
				g_string_append_c(out, '-');
			continue;
		}
		g_string_append_c(out, '&');
		append_base64(out, p, end - p);
		g_string_append_c(out, '-');
		p = end;
	}
	return g_strdup(out->str);
}

/* Sends COMMAND, folder NAME quoted, and the REST of the line. */
static gboolean
say_folder(imap *m, const char *command, const char *name, const char *rest)
{
	g_autoptr(GString) line = g_string_new(command);

	g_string_append(line, " \"");
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(line, '\\');
		g_string_append_c(line, *p);
	}
	g_string_append_c(line, '"');
	g_string_append(line, rest);
	return imap_say(m, line->str);
}

/* 0: it is none. */
static guint32
to_number(const char *text, char **ret_end)
{
	guint64 number = g_ascii_strtoull(text, ret_end, 10);

	return number > G_MAXUINT32 ? 0 : (guint32)number;
}

/* What a line of the answer to SELECT tells. */
static void
read_state(imap *m, const char *line, imap_folder *f)
{
	const char *code = g_ascii_strncasecmp(line, "* OK [", 6) == 0 ? line + 6 : "";
	char *end;

	if (g_ascii_strncasecmp(code, "UIDVALIDITY ", 12) == 0) {
		f->validity = to_number(code + 12, &end);
	} else if (g_ascii_strncasecmp(code, "UIDNEXT ", 8) == 0) {
		f->next = to_number(code + 8, &end);
	} else if (g_ascii_strncasecmp(code, "PERMANENTFLAGS (", 16) == 0) {
		g_free(m->keywords);
		m->keywords = g_strndup(code + 16, strcspn(code + 16, ")"));
	} else if (g_str_has_prefix(line, "* ")) {
		guint32 number = to_number(line + 2, &end);

		if (g_ascii_strcasecmp(end, " EXISTS") == 0)
			f->exists = number;
	}
}

static gboolean
select_folder(imap *m, const char *name, gboolean write, imap_folder *f)
{
	const char *line = NULL;

	g_clear_pointer(&m->uids, g_array_unref);
	g_clear_pointer(&m->keywords, g_free);
	if (!say_folder(m, write ? "SELECT" : "EXAMINE", name, ""))
		return FALSE;
	while (m->wire.verdict == WIRE_NONE && (line = imap_wire_line(&m->wire)) != NULL)
		read_state(m, line, f);
	return m->wire.verdict == WIRE_OK;
}

gboolean
imap_select(imap *m, const char *folder, gboolean write, imap_folder *ret, GError **error)
{
	g_autofree char *name = imap_folder_name(m, folder, error);
	g_autofree char *what = imap_folder_words(folder);
	imap_folder f = {0};

	if (name == NULL)
		return FALSE;
	gboolean ok = select_folder(m, name, write, &f);
	m->session->imap_state = ok ? MAILIMAP_STATE_SELECTED : MAILIMAP_STATE_AUTHENTICATED;
	if (!imap_check(m, MAILIMAP_NO_ERROR, REASON_MAIL_FOLDER, what, error))
		return FALSE;
	if (f.validity == 0) {
		fail_set(error, REASON_MAIL_ANSWER,
			 "%s: %s: it has no lasting numbers (UIDVALIDITY)", m->place, what);
		return FALSE;
	}
	if (write && g_ascii_strncasecmp(m->wire.said, "[READ-ONLY]", 11) == 0) {
		fail_set(error, REASON_MAIL_FOLDER, "%s: %s: it may only be read", m->place, what);
		return FALSE;
	}
	*ret = f;
	return TRUE;
}

static gboolean
ask_folder(imap *m, const char *command, const char *name, const char *rest)
{
	gboolean ok = say_folder(m, command, name, rest);

	while (ok && m->wire.verdict == WIRE_NONE)
		ok = imap_wire_line(&m->wire) != NULL;
	return m->wire.verdict == WIRE_OK;
}

gboolean
imap_make(imap *m, const char *folder, GError **error)
{
	g_autofree char *name = imap_folder_name(m, folder, error);
	g_autofree char *what = imap_folder_words(folder);

	if (name == NULL)
		return FALSE;
	/* It is nearly always there, and not every server says so when it shall be made. */
	if (ask_folder(m, "STATUS", name, " (UIDVALIDITY)"))
		return TRUE;
	if (m->wire.state == WIRE_FINE)
		ask_folder(m, "CREATE", name, "");
	return imap_check(m, MAILIMAP_NO_ERROR, REASON_MAIL_FOLDER, what, error);
}
