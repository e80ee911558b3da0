/*
 * What the server sends, looked at byte for byte before libetpan parses it (RFC 3501, 9).
 */
#include <errno.h>
#include <string.h>

#include "spool/imap_private.h"

#define SAID_MAX 300 /* bytes of what a server says in a message */

enum { BRACE_NONE, BRACE_OPEN, BRACE_NUMBER, BRACE_CLOSED, BRACE_CR };

void
imap_wire_init(wire *w, net_stream *stream, const char *greeting)
{
	memset(w, 0, sizeof *w);
	w->stream = stream;
	w->len = MIN(strlen(greeting), sizeof w->buf);
	memcpy(w->buf, greeting, w->len);
	imap_wire_begin(w);
}

void
imap_wire_clear(wire *w)
{
	g_clear_pointer(&w->said, g_free);
}

void
imap_wire_begin(wire *w)
{
	w->left = WIRE_ANSWER_MAX;
	w->verdict = WIRE_NONE;
	if (w->state == WIRE_FINE)
		g_clear_pointer(&w->said, g_free);
}

static void
complain(wire *w, wire_state state)
{
	if (!w->skipping && w->state == WIRE_FINE)
		w->state = state;
}

/* ---- lines ---- */

static void
begin_line(wire *w)
{
	w->ended = w->quoted = w->escaped = FALSE;
	w->head_len = 0;
	w->head[0] = '\0';
	w->depth = 0;
	w->brace = BRACE_NONE;
}

/* Behind WORD and the blanks around it, or NULL. */
static const char *
after_word(const char *p, const char *word)
{
	gsize len = strlen(word);

	while (*p == ' ')
		p++;
	if (g_ascii_strncasecmp(p, word, len) != 0 || g_ascii_isalnum(p[len]))
		return NULL;
	for (p += len; *p == ' '; p++)
		;
	return p;
}

/* Is the line one for people, behind a code in brackets perhaps? */
static gboolean
is_text(const wire *w)
{
	static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};

	if (w->head[0] != '*')
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (after_word(w->head + 1, words[i]) != NULL)
			return TRUE;
	return FALSE;
}

/* One line of valid UTF-8. */
static void
keep_said(wire *w, const char *text)
{
	g_free(w->said);
	w->said = g_utf8_make_valid(text, (gssize)strnlen(text, SAID_MAX));
	for (char *p = w->said; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	g_strstrip(w->said);
}

static void
judge_line(wire *w)
{
	static const struct {
		const char *word;
		wire_verdict verdict;
	} words[] = {{"OK", WIRE_OK}, {"NO", WIRE_NO}, {"BAD", WIRE_BAD}};
	const char *text = w->head[0] == '*' ? after_word(w->head + 1, "BYE") : NULL;

	if (text != NULL) {
		w->state = WIRE_BYE;
		keep_said(w, text);
	}
	if (w->head[0] == '*' || w->head[0] == '+')
		return;
	const char *blank = strchr(w->head, ' ');
	for (gsize i = 0; blank != NULL && i < G_N_ELEMENTS(words); i++) {
		text = after_word(blank, words[i].word);
		if (text == NULL)
			continue;
		w->verdict = words[i].verdict;
		keep_said(w, text);
		return;
	}
}

static void
end_line(wire *w)
{
	if (w->brace == BRACE_CLOSED || w->brace == BRACE_CR) {
		w->literal = w->number;
		w->brace = BRACE_NONE;
		if (w->literal > WIRE_LITERAL_MAX)
			complain(w, WIRE_LARGE);
		return;
	}
	/* libetpan would go on in the next line. */
	if (w->quoted || w->brace != BRACE_NONE)
		complain(w, WIRE_STRANGE);
	w->ended = TRUE;
	judge_line(w);
}

/* ---- bytes ---- */

/* Within "{123}" CR LF, which nothing may be in between. */
static void
scan_brace(wire *w, char c)
{
	if ((w->brace == BRACE_OPEN || w->brace == BRACE_NUMBER) && g_ascii_isdigit(c)) {
		w->number = MIN(w->number * 10 + (guint64)(c - '0'), G_MAXUINT32);
		w->brace = BRACE_NUMBER;
	} else if (w->brace == BRACE_NUMBER && c == '}') {
		w->brace = BRACE_CLOSED;
	} else if (w->brace == BRACE_CLOSED && c == '\r') {
		w->brace = BRACE_CR;
	} else {
		w->brace = BRACE_NONE;
		complain(w, WIRE_STRANGE);
	}
}

static void
scan_quoted(wire *w, char c)
{
	gboolean escaped = w->escaped && (c == '"' || c == '\\');

	w->escaped = !escaped && c == '\\';
	w->quoted = escaped || c != '"';
}

static void
open_brace(wire *w)
{
	/* A code may hold anything, but never needs a literal. */
	if (is_text(w)) {
		if (strchr(w->head, '[') != NULL && strchr(w->head, ']') == NULL)
			complain(w, WIRE_STRANGE);
		return;
	}
	w->brace = BRACE_OPEN;
	w->number = 0;
}

static void
scan_byte(wire *w, char c)
{
	if (w->ended)
		begin_line(w);
	if (c == '\n') {
		end_line(w);
		return;
	}
	if (w->head_len < sizeof w->head - 1 && c != '\0') {
		w->head[w->head_len++] = c;
		w->head[w->head_len] = '\0';
	}
	if (w->brace != BRACE_NONE)
		scan_brace(w, c);
	else if (w->quoted)
		scan_quoted(w, c);
	else if (c == '{')
		open_brace(w);
	else if (c == '"')
		w->quoted = !is_text(w);
	else if (c == '(' && !is_text(w) && ++w->depth > WIRE_DEPTH_MAX)
		complain(w, WIRE_STRANGE);
	else if (c == ')' && w->depth > 0)
		w->depth--;
}

static gboolean
fill(wire *w)
{
	if (w->len > 0)
		return TRUE;
	gssize n = net_stream_read(w->stream, w->buf, sizeof w->buf);
	w->from = 0;
	w->len = (gsize)MAX(n, 0);
	if (n <= 0)
		w->state = n < 0 && errno == ETIMEDOUT ? WIRE_SILENT : WIRE_BROKE;
	return n > 0;
}

/* How many of LEN bytes are handed on now: to the end of a line, or of a literal. */
static gsize
scan(wire *w, gsize len)
{
	gsize n = 0;

	if (w->literal > 0) {
		n = MIN(len, w->literal);
		w->literal -= n;
		return n;
	}
	while (n < len && w->state == WIRE_FINE) {
		char c = w->buf[w->from + n++];

		scan_byte(w, c);
		if (c == '\n')
			break;
	}
	return n;
}

gssize
imap_wire_read(wire *w, void *buf, gsize len)
{
	if (w->state != WIRE_FINE || !fill(w))
		return -1;
	gsize n = scan(w, MIN(len, w->len));
	memcpy(buf, w->buf + w->from, n);
	w->from += n;
	w->len -= n;
	w->left -= (gint64)n;
	if (w->left < 0 && w->state == WIRE_FINE)
		w->state = WIRE_LARGE;
	return w->state == WIRE_FINE ? (gssize)n : -1;
}

gboolean
imap_wire_write(wire *w, const void *buf, gsize len)
{
	if (w->state != WIRE_FINE)
		return FALSE;
	if (net_stream_write(w->stream, buf, len) >= 0)
		return TRUE;
	w->state = errno == ETIMEDOUT ? WIRE_SILENT : WIRE_BROKE;
	return FALSE;
}

const char *
imap_wire_line(wire *w)
{
	char bytes[1024];

	do
		if (imap_wire_read(w, bytes, sizeof bytes) < 0)
			return NULL;
	while (!w->ended || w->literal > 0);
	return g_strchomp(w->head);
}

gboolean
imap_wire_skip(wire *w)
{
	if (w->state == WIRE_STRANGE || w->state == WIRE_LARGE)
		w->state = WIRE_FINE;
	w->skipping = TRUE;
	w->left = WIRE_SKIP_MAX;
	while (w->state == WIRE_FINE && w->verdict == WIRE_NONE)
		imap_wire_line(w);
	w->skipping = FALSE;
	return w->state == WIRE_FINE;
}
