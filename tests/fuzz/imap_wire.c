/*
 * What of an IMAP server's bytes libetpan gets to see: never more, deeper or longer than it may.
 * The first byte says how they are read.
 */
#include "fake_stream.h"
#include "spool/imap_private.h"

/* As libetpan would see it. */
typedef struct {
	GString *line;
	guint64 total;
} reader;

static void
check_line(reader *r)
{
	guint depth = 0;
	gboolean quoted = FALSE;

	for (gsize i = 0; i < r->line->len; i++) {
		char c = r->line->str[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '(')
			g_assert_cmpuint(++depth, <=, WIRE_DEPTH_MAX);
		else if (!quoted && c == ')' && depth > 0)
			depth--;
	}
	g_string_truncate(r->line, 0);
}

static void
read_all(wire *w, gsize len)
{
	g_autoptr(GString) line = g_string_new(NULL);
	reader r = {line, 0};
	char buf[256];
	gssize n;

	while ((n = imap_wire_read(w, buf, MIN(len, sizeof buf))) > 0) {
		g_assert_cmpint(n, <=, (gssize)MIN(len, sizeof buf));
		r.total += (guint64)n;
		g_assert_cmpuint(r.total, <=, WIRE_ANSWER_MAX + sizeof w->held);
		/* Of a literal any byte may come. */
		if (w->literal == 0)
			g_string_append_len(line, buf, n);
		if (line->len > 0 && line->str[line->len - 1] == '\n')
			check_line(&r);
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
