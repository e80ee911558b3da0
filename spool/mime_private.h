/*
 * mime_private - what the files of mime share
 *
 * Included by mime*.c only.
 */
#pragma once
#include "spool/mime.h"

#define MIME_HEADER_MAX (256 * 1024) /* bytes of the headers of one mail or part */
#define MIME_VALUE_MAX  (16 * 1024)  /* bytes of one of them, unfolded */

/* A piece of the mail, not ended by a NUL. */
typedef struct {
	const char *at;
	gsize len;
} mime_bytes;

/* ---- mime_text.c ---- */
/* The value of header NAME in HEAD, unfolded and trimmed, without NULs; NULL: there is none; caller
 * frees. */
char *mime_header(mime_bytes head, const char *name);
/* Text that may be RFC 2047 encoded, as UTF-8 without control characters; caller frees. */
char *mime_decode(const char *text);
/* The part of header VALUE in front of its parameters, in lower case; caller frees. */
char *mime_value(const char *value);
/* Parameter NAME of VALUE, put together and decoded (RFC 2231, RFC 2047); NULL: there is none;
 * caller frees. */
char *mime_parameter(const char *value, const char *name);
/* The end of the headers of BYTES: the blank line belongs to HEAD. */
void mime_split(mime_bytes bytes, mime_bytes *ret_head, mime_bytes *ret_body);
/* Takes the next line, with its end, off BYTES; FALSE: there is none. */
gboolean mime_line(mime_bytes *bytes, mime_bytes *ret_line);

/* ---- mime_bounce.c ---- */
/* What delivery status STATUS says, of the mail whose Message-ID is ID (may be NULL); caller frees.
 */
mime_bounce *mime_read_status(mime_bytes status, const char *id);
void mime_bounce_free(mime_bounce *);
/* "a.b@c" out of "<a.b@c>"; NULL if it is none; caller frees. */
char *mime_bare_id(const char *value);
