/*
 * mime_private - what the files that read mails share
 *
 * Included by mime*.c, and by imap*.c for what stands in headers.  Spans point into the mapped
 * mail; they may hold any byte.
 */
#pragma once
#include "spool/mime.h"

#define MIME_HEAD_MAX  (256 * 1024) /* bytes of a header that are looked at */
#define MIME_FIELD_MAX (16 * 1024)  /* bytes of a field */
#define MIME_DEPTH_MAX 32           /* of multiparts, and of mails in mails */
#define MIME_PARTS_MAX 1000

typedef struct {
	const char *at;
	gsize len;
} mime_span;

typedef enum { MIME_AS_IT_IS, MIME_BASE64, MIME_QUOTED } mime_encoding;

typedef struct {
	char *name, *type;
	mime_span body;
	mime_encoding encoding;
	guint mails; /* how many mails it is nested in */
} mime_part;

struct mime {
	char *map;
	gsize size;
	GPtrArray *parts; /* mime_part */
	mime_span head;   /* of the mail itself */
	mime_span
		original; /* the head of the first mail in it; its AT is NULL where there is none */
	char *subject;
	mime_bounce *bounce;
};

/* ---- mime_field.c ---- */
/* The line at *AT, which moves behind it, without its LF or CR LF; FALSE at END. */
gboolean mime_line(const char **at, const char *end, mime_span *ret);
/* What stands behind the name of the first such field, unfolded and stripped, in its own bytes but
 * control characters; NULL: there is none.  Caller frees. */
char *mime_field(mime_span head, const char *name);
/* Does it have any field? */
gboolean mime_has_fields(mime_span head);
/* "text/plain" and so on from a Content-Type, FALLBACK if that is NULL; caller frees. */
char *mime_media(const char *field, const char *fallback);
/* Parameter NAME of FIELD (may be NULL) in its own bytes; NULL: there is none.  Caller frees. */
char *mime_param_raw(const char *field, const char *name);
/* The same by RFC 2231, 2047 or raw, as UTF-8 without control characters. */
char *mime_param(const char *field, const char *name);

/* ---- mime_words.c ---- */
/* LEN bytes in CHARSET (may be NULL, unknown, a lie) as UTF-8 without control characters; caller
 * frees. */
char *mime_utf8(const char *bytes, gsize len, const char *charset);
/* Text of a header: encoded words (RFC 2047), and what else is there. */
char *mime_words(const char *raw);

/* ---- mime_save.c ---- */
/* The first LIMIT bytes of a part, with a NUL behind and none within; caller frees. */
char *mime_part_text(const mime_part *, gsize limit);
/* Gives back the memory of what was read between FROM and TO: it is still in the file. */
void mime_forget(const char *from, const char *to);

/* ---- mime_bounce.c ---- */
/* What the mail says of another one; NULL: nothing. */
mime_bounce *mime_find_bounce(const mime *);
void mime_bounce_free(mime_bounce *);
