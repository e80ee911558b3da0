/*
 * The bytes of a part.  The mail is mapped, so that decoders look ahead as they like; what they
 * make goes through one buffer.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mime_private.h"

#define BUFFER (64 * 1024)
#define CHUNK  (32 * 1024) /* of base64 that is decoded at once */
#define FORGET (4 * 1024 * 1024)

typedef struct {
	int out;          /* -1: the buffer is all that is wanted */
	guint64 left;     /* bytes that may still come */
	gboolean limited; /* more would have come */
	gsize len, room;
	char *buf;
	GError **error;
} sink;

void
mime_forget(const char *from, const char *to)
{
	gsize page = (gsize)sysconf(_SC_PAGESIZE);
	gsize start = (gsize)from / page * page, end = (gsize)to / page * page;

	/* Advice; nothing depends on it. */
	if (end > start)
		madvise((void *)start, end - start, MADV_DONTNEED);
}

static gboolean
flush(sink *s)
{
	gsize len = s->len;

	if (s->out < 0)
		return FALSE;
	s->len = 0;
	return fsio_write_all(s->out, s->buf, len, s->error);
}

static gboolean
put(sink *s, const char *bytes, gsize len)
{
	if (len > s->left) {
		s->limited = TRUE;
		len = (gsize)s->left;
	}
	s->left -= len;
	while (len > 0) {
		if (s->len == s->room && !flush(s))
			return FALSE;
		gsize some = MIN(len, s->room - s->len);
		memcpy(s->buf + s->len, bytes, some);
		s->len += some;
		bytes += some;
		len -= some;
	}
	return !s->limited;
}

/* ---- encodings ---- */

static gboolean
put_as_it_is(sink *s, mime_span body)
{
	for (gsize at = 0; at < body.len; at += FORGET) {
		gsize len = MIN(body.len - at, FORGET);

		if (!put(s, body.at + at, len))
			return FALSE;
		mime_forget(body.at + at, body.at + at + len);
	}
	return TRUE;
}

/*
 * Up to the padding: what is behind it, carriers have added.  Where padding is missing, the end
 * stands for it; where there is none to be, it makes nothing.
 */
static gboolean
put_base64(sink *s, mime_span body)
{
	g_autofree guchar *raw = g_malloc(CHUNK);
	const char *at = body.at, *end = body.at + body.len, *kept = at;
	gint state = 0;
	guint save = 0;

	while (at < end) {
		gsize len = MIN((gsize)(end - at), CHUNK);
		const char *padding = memchr(at, '=', len);

		if (padding != NULL) {
			len = (gsize)(padding - at);
			end = padding;
		}
		gsize made = g_base64_decode_step(at, len, raw, &state, &save);
		if (!put(s, (const char *)raw, made))
			return FALSE;
		at += len;
		if (at - kept >= FORGET) {
			mime_forget(kept, at);
			kept = at;
		}
	}
	gsize made = g_base64_decode_step("==", 2, raw, &state, &save);
	return put(s, (const char *)raw, made);
}

/* Behind the blanks at C, if the line ends there: they don't count.  Else C. */
static const char *
skip_blanks_at_end(const char *c, const char *end)
{
	const char *at = c;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || *at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n'))
		return at;
	return c;
}

/* What a "=" at C stands for: a byte, a line break that is none, or itself. */
static const char *
put_escape(sink *s, const char *c, const char *end, gboolean *ret_ok)
{
	if (end - c > 2 && g_ascii_isxdigit(c[1]) && g_ascii_isxdigit(c[2])) {
		char byte = (char)(g_ascii_xdigit_value(c[1]) * 16 + g_ascii_xdigit_value(c[2]));

		*ret_ok = put(s, &byte, 1);
		return c + 3;
	}
	const char *at = c + 1;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && *at == '\r')
		at++;
	if (at == end || *at == '\n')
		return at == end ? at : at + 1;
	*ret_ok = put(s, c, 1);
	return c + 1;
}

static gboolean
put_quoted(sink *s, mime_span body)
{
	const char *c = body.at, *end = body.at + body.len, *kept = c;
	gboolean ok = TRUE;

	while (ok && c < end) {
		if (*c == '=') {
			c = put_escape(s, c, end, &ok);
		} else if (*c == ' ' || *c == '\t') {
			const char *behind = skip_blanks_at_end(c, end);

			if (behind == c)
				while (ok && c < end && (*c == ' ' || *c == '\t'))
					ok = put(s, c++, 1);
			else
				c = behind;
		} else
			ok = put(s, c++, 1);
		if (c - kept >= FORGET) {
			mime_forget(kept, c);
			kept = c;
		}
	}
	return ok;
}

static gboolean
decode(sink *s, const mime_part *p)
{
	return p->encoding == MIME_BASE64   ? put_base64(s, p->body)
	       : p->encoding == MIME_QUOTED ? put_quoted(s, p->body)
					    : put_as_it_is(s, p->body);
}

/* ---- to a file, or to look at ---- */

gboolean
mime_part_save(const mime *m, guint i, int out, guint64 limit, GError **error)
{
	g_autofree char *buf = g_malloc(BUFFER);
	sink s = {.out = out, .left = limit, .room = BUFFER, .buf = buf, .error = error};
	gboolean ok = decode(&s, m->parts->pdata[i]);

	if (s.limited)
		fail_set(error, REASON_TOO_LARGE,
			 "a part of the mail has more than %" G_GUINT64_FORMAT " bytes", limit);
	return ok && (s.len == 0 || flush(&s));
}

char *
mime_part_text(const mime_part *p, gsize limit)
{
	char *text = g_malloc(limit + 1);
	sink s = {.out = -1, .left = limit, .room = limit, .buf = text};

	decode(&s, p);
	text[s.len] = '\0';
	for (gsize i = 0; i < s.len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return text;
}
