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
	w->ended = TRUE;
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
	w->expected[0] = '\0';
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
		g_strlcpy(w->tag, w->head, MIN(sizeof w->tag, (gsize)(blank - w->head) + 1));
		keep_said(w, text);
		if (w->expected[0] != '\0' && strcmp(w->tag, w->expected) != 0)
			complain(w, WIRE_STRANGE);
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
		w->number = w->brace == BRACE_OPEN ? 0 : w->number * 10;
		w->number = MIN(w->number + (guint64)(c - '0'), G_MAXUINT32);
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
scan_byte(wire *w, char c)
{
	if (w->ended)
		begin_line(w);
	if (c == '\n') {
		end_line(w);
		return;
	}
	/* RFC 3501, 9: nowhere but in literals.  For libetpan it would be the end of the line. */
	if (c == '\0')
		complain(w, WIRE_STRANGE);
	else if (w->head_len < sizeof w->head - 1) {
		w->head[w->head_len++] = c;
		w->head[w->head_len] = '\0';
	}
	if (w->brace != BRACE_NONE)
		scan_brace(w, c);
	else if (w->quoted)
		scan_quoted(w, c);
	else if (c == '{')
		w->brace = is_text(w) ? BRACE_NONE : BRACE_OPEN;
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

/* Bytes as they come, at most to the end of a line. */
static gssize
take(wire *w, void *buf, gsize len)
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

const char *
imap_wire_line(wire *w)
{
	char bytes[1024];

	do
		if (take(w, bytes, sizeof bytes) < 0)
			return NULL;
	while (!w->ended);
	return g_strchomp(w->head);
}

/* ---- what libetpan reads ---- */

static gboolean
is_wanted(const wire *w)
{
	const char *p = w->head;

	if (*p != '*')
		return FALSE;
	if (after_word(p + 1, "SEARCH") != NULL || after_word(p + 1, "PREAUTH") != NULL)
		return TRUE;
	for (p++; *p == ' ' || g_ascii_isdigit(*p);)
		p++;
	return after_word(p, "FETCH") != NULL;
}

/* Instead of what the server says, words that libetpan knows. */
static void
hold_verdict(wire *w)
{
	static const char *const words[] = {[WIRE_OK] = "OK", [WIRE_NO] = "NO", [WIRE_BAD] = "BAD"};

	if (w->verdict == WIRE_NONE)
		complain(w, WIRE_STRANGE);
	else
		w->held_len = (gsize)g_snprintf(w->held, sizeof w->held, "%s %s said\r\n", w->tag,
						words[w->verdict]);
}

/* Holds what libetpan reads next: the beginning of a line that it needs, or the verdict.  The rest
 * is none of its business, and some of it makes it crash. */
static gboolean
hold_line(wire *w)
{
	w->held_from = w->held_len = 0;
	do {
		gssize n = take(w, w->held + w->held_len, sizeof w->held - w->held_len);

		if (n < 0)
			return FALSE;
		w->held_len += (gsize)n;
	} while (!w->ended && w->held_len < sizeof w->held);
	if (is_wanted(w))
		return TRUE;
	w->held_len = 0;
	if (!w->ended && imap_wire_line(w) == NULL)
		return FALSE;
	if (w->head[0] != '*' && w->head[0] != '+')
		hold_verdict(w);
	return w->state == WIRE_FINE;
}

gssize
imap_wire_read(wire *w, void *buf, gsize len)
{
	while (w->held_from == w->held_len) {
		if (!w->ended)
			return take(w, buf, len);
		if (!hold_line(w))
			return -1;
	}
	gsize n = MIN(len, w->held_len - w->held_from);
	memcpy(buf, w->held + w->held_from, n);
	w->held_from += n;
	return (gssize)n;
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

gboolean
imap_wire_skip(wire *w)
{
	if (w->state == WIRE_STRANGE || w->state == WIRE_LARGE)
		w->state = WIRE_FINE;
	w->skipping = TRUE;
	w->left = WIRE_SKIP_MAX;
	w->held_from = w->held_len = 0;
	while (w->state == WIRE_FINE && w->verdict == WIRE_NONE)
		imap_wire_line(w);
	w->skipping = FALSE;
	return w->state == WIRE_FINE;
}
