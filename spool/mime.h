/*
 * mime - a mail around an envelope, and envelopes and reports of failure in mails
 *
 * Mails are files: what is written has lines that end with CR LF; what is read may come from any
 * mailer: folded anew, encoded anew, with footers, nested in forwards, hostile.  Nothing read is
 * believed: a part is an envelope when its bytes fit the name, which the caller finds out.  RFC
 * 5322, 2045 to 2047, 2231; bounces: RFC 3464; automatic answers: RFC 3834.
 */
#pragma once
#include <glib.h>

typedef struct {
	const char *from, *to;  /* addresses */
	const char *sender;     /* who it is for people, UTF-8; may be NULL */
	const char *id;         /* Message-ID without its brackets */
	const char *subject;    /* UTF-8 */
	const char *text;       /* for people, UTF-8, lines end with LF */
	gint64 date;            /* seconds since 1970 */
	const char *references; /* Message-ID without its brackets; may be NULL */
} mime_letter;

/*
 * Appends to OUT a mail of the text, and file FD (from its start; -1: none) called NAME behind it
 * as application/octet-stream in base64.  It says that a machine wrote it (Auto-Submitted).
 */
gboolean mime_write(int out, const mime_letter *, int fd, const char *name, GError **error);
/* The largest file that fits a mail of LIMIT bytes with 4 KiB of headers and text; 0: none. */
guint64 mime_room(guint64 limit);

typedef struct mime mime;

/* Reads the mail in FD, which must stay open and as it is; its bytes are mapped, not held.  Class
 * REJECT when it is no mail at all; depth, parts and headers are bounded, and what is beyond them
 * is not seen. */
mime *mime_open(int fd, GError **error);
void mime_free(mime *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mime, mime_free)

/* The parts that hold bytes (no multipart), of nested mails too, in order. */
guint mime_parts(const mime *);
/* What part I is called, decoded, UTF-8 without control characters; NULL: it has no name; borrowed.
 */
const char *mime_part_name(const mime *, guint i);
/* "application/octet-stream", in lower case; borrowed. */
const char *mime_part_type(const mime *, guint i);
/* Appends the bytes of part I to OUT, LIMIT at most, else REASON_TOO_LARGE.  What is wrong in its
 * encoding is passed over, as mailers do.  Memory: one buffer. */
gboolean mime_part_save(const mime *, guint i, int out, guint64 limit, GError **error);

/* Decoded, "" if it has none; borrowed. */
const char *mime_subject(const mime *);
/* Did a machine write it in answer (Auto-Submitted other than "no", Precedence, an empty
 * Return-Path)? */
gboolean mime_is_automatic(const mime *);

/* A mail that says that another one did not arrive. */
typedef struct {
	char *id;           /* Message-ID of that mail, without brackets; NULL: it does not say */
	char *status;       /* "5.1.1"; never NULL, may be "" */
	char *text;         /* why, for people, one line, UTF-8; never NULL */
	gboolean permanent; /* failed; else only delayed */
} mime_bounce;
/* NULL: it is none.  Borrowed. */
const mime_bounce *mime_get_bounce(const mime *);
