/*
 * What of an IMAP server's bytes libetpan gets to see: never more, deeper or longer than it may.
 * The first byte says how they are read.
 */
#include "fake_stream.h"
#include "spool/imap_private.h"

/* As libetpan sees it: lines with parentheses, quoted strings and literals. */
typedef struct {
	GString *line; /* without literals */
	gsize since;   /* where it goes on behind the last literal */
	guint depth;
	gboolean quoted, escaped;
	guint64 literal, total;
} reader;

static gboolean
is_text(const reader *r)
{
	const char *p = r->line->str;

	for (p += *p == '*'; *p == ' '; p++)
		;
	return g_ascii_strncasecmp(p, "PREAUTH", 7) == 0;
}

/* "{123}" at the end of the line; 0: there is none. */
static guint64
literal_of(const reader *r)
{
	const char *text = r->line->str + r->since, *brace = strrchr(text, '{');
	char *end;

	if (brace == NULL || !g_ascii_isdigit(brace[1]) || is_text(r) || r->quoted)
		return 0;
	guint64 number = g_ascii_strtoull(brace + 1, &end, 10);
	return strcmp(end, "}\r\n") == 0 || strcmp(end, "}\n") == 0 ? number : 0;
}

static void
end_line(reader *r)
{
	r->literal = literal_of(r);
	g_assert_cmpuint(r->literal, <=, WIRE_LITERAL_MAX);
	r->since = r->line->len;
	if (r->literal > 0)
		return;
	g_string_truncate(r->line, 0);
	r->since = r->depth = 0;
	r->quoted = r->escaped = FALSE;
}

static void
see_byte(reader *r, char c)
{
	if (r->literal > 0) {
		r->literal--;
		return;
	}
	g_string_append_c(r->line, c);
	if (c == '\n')
		end_line(r);
	else if (r->escaped)
		r->escaped = FALSE;
	else if (r->quoted && c == '\\')
		r->escaped = TRUE;
	else if (c == '"')
		r->quoted = !r->quoted;
	else if (!r->quoted && c == '(' && !is_text(r))
		g_assert_cmpuint(++r->depth, <=, WIRE_DEPTH_MAX);
	else if (!r->quoted && c == ')' && r->depth > 0)
		r->depth--;
}

static void
read_all(wire *w, gsize len)
{
	g_autoptr(GString) line = g_string_new(NULL);
	reader r = {.line = line};
	char buf[256];
	gssize n;

	while ((n = imap_wire_read(w, buf, MIN(len, sizeof buf))) > 0) {
		g_assert_cmpint(n, <=, (gssize)MIN(len, sizeof buf));
		r.total += (guint64)n;
		g_assert_cmpuint(r.total, <=, WIRE_ANSWER_MAX + sizeof w->held);
		for (gssize i = 0; i < n; i++)
			see_byte(&r, buf[i]);
	}
	g_assert_cmpint(w->state, !=, WIRE_FINE);
	if (w->state == WIRE_BYE)
		g_assert_nonnull(w->said);
	if (w->said != NULL)
		g_assert_true(g_utf8_validate(w->said, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const gsize lengths[] = {1, 5, 64, 256};
	wire w;

	if (size == 0)
		return 0;
	fake_stream_say(data + 1, size - 1);
	imap_wire_init(&w, net_stream_open(NULL, NULL), "* PREAUTH ready\r\n");
	read_all(&w, lengths[data[0] % 4]);
	imap_wire_clear(&w);
	fake_stream_say(data + 1, size - 1);
	imap_wire_init(&w, net_stream_open(NULL, NULL), "");
	while (imap_wire_line(&w) != NULL)
		;
	imap_wire_skip(&w);
	imap_wire_clear(&w);
	return 0;
}
