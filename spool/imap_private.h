/*
 * imap_private - what the files of imap share: a session of libetpan over a stream of ours
 *
 * Included by imap*.c only.
 */
#pragma once
#include <libetpan/libetpan.h>

#include "net/stream.h"
#include "spool/imap.h"

/* ---- imap_wire.c: the bytes, as the server sends them ---- */

#define WIRE_BUFFER      (16 * 1024)
#define WIRE_HEAD        8192              /* bytes of a line that are kept */
#define WIRE_ANSWER_MAX  (8 * 1024 * 1024) /* bytes of the answer to one command */
#define WIRE_LITERAL_MAX (256 * 1024)      /* bytes of one literal of it */
#define WIRE_DEPTH_MAX   100               /* parentheses within each other */
#define WIRE_TAG_MAX     20
#define WIRE_SKIP_MAX    (256 * 1024 * 1024) /* bytes of an answer that is passed over */

typedef enum {
	WIRE_FINE,
	WIRE_BROKE,   /* the connection ended */
	WIRE_SILENT,  /* nothing came for the account's timeout */
	WIRE_BYE,     /* the server ended the session */
	WIRE_STRANGE, /* nested too deep, or not as IMAP is */
	WIRE_LARGE    /* an answer or literal beyond its maximum */
} wire_state;

typedef enum { WIRE_NONE, WIRE_OK, WIRE_NO, WIRE_BAD } wire_verdict;

/*
 * libetpan trusts its server: it allocates what a literal announces, recurses as deep as what it
 * reads, waits for ever at an end within a literal, and takes part of an answer for all of it.  So
 * each byte is looked at here first, and handed on at most to the end of its line: what is over a
 * maximum, can't be right, or is nothing that libetpan is needed for, it never sees.
 */
typedef struct {
	net_stream *stream;
	char buf[WIRE_BUFFER];
	gsize from, len; /* what of BUF is not yet handed on */
	wire_state state;
	gint64 left; /* bytes that the answer may still have */
	gboolean skipping;
	/* the line at hand */
	gboolean ended;
	char head[WIRE_HEAD]; /* its beginning, without literals, ended by NUL */
	gsize head_len;
	guint depth;
	gboolean quoted, escaped;
	int brace; /* how much of "{", number, "}", CR has been read */
	guint64 number, literal;
	/* what libetpan reads next: of the line at hand, or instead of it */
	char held[64];
	gsize held_from, held_len;
	/* what the server says of the command */
	wire_verdict verdict;
	char tag[WIRE_TAG_MAX + 1], expected[WIRE_TAG_MAX + 1]; /* "": any */
	char *said; /* the text of the line that gave STATE or VERDICT; NULL: none */
} wire;

/* GREETING is read first, as if the server had said it. */
void imap_wire_init(wire *, net_stream *, const char *greeting);
void imap_wire_clear(wire *);
/* Every command begins by this. */
void imap_wire_begin(wire *);
/* Bytes for libetpan, 1 at least; -1: see STATE. */
gssize imap_wire_read(wire *, void *buf, gsize len);
gboolean imap_wire_write(wire *, const void *buf, gsize len);
/* The next line without its end, literals left out, cut to what is kept; NULL: see STATE; borrowed
 * until the next call. */
const char *imap_wire_line(wire *);
/* Passes over what is left of the answer, whatever it is; FALSE: see STATE. */
gboolean imap_wire_skip(wire *);

/* ---- imap.c ---- */

struct imap {
	char *place;   /* "host:port", for messages */
	guint timeout; /* seconds */
	net_stream *stream;
	mailimap *session;
	wire wire;
	guint tag;                    /* of the last command that is not libetpan's */
	gboolean idle, move, uidplus; /* what the server can */
	char *keywords;               /* the flags that the folder takes; NULL: not said */
	/* The mails from UIDS_FROM on, as they were known at a time (guint32, ascending), or NULL
	 */
	GArray *uids;
	guint32 uids_from;
};

/* Did it go well?  CODE is libetpan's; NO is what a refusal means. */
gboolean imap_check(imap *, int code, int no, const char *what, GError **error);
/* Passes over the rest of an answer that libetpan gave up; FALSE: it does not come. */
gboolean imap_skip(imap *);
/* Sends COMMAND; what comes is to be read. */
gboolean imap_say(imap *, const char *command);
/* FOLDER as IMAP writes it, not yet quoted; caller frees. */
char *imap_folder_name(const imap *, const char *folder, GError **error);
/* For messages: "folder NAME"; caller frees. */
char *imap_folder_words(const char *folder);

/* ---- imap_etpan.c ---- */

/* libetpan itself, which is loaded when it is needed; FALSE: it is not installed (class CONFIG). */
gboolean imap_load(GError **error);

/* ---- imap_parts.c ---- */

/* Names, and whether it is a report. */
void imap_read_structure(imap_mail *, const struct mailimap_body *);

/* ---- imap_list.c ---- */

/* Which of UIDS (guint32, ascending) there are; caller frees. */
GArray *imap_those_left(imap *, const GArray *uids, GError **error);

/* ---- imap_change.c ---- */

#define IMAP_RANGES_MAX 300 /* of a set: no server takes lines of any length */

/* Of guint32, for sorting. */
gint imap_by_number(gconstpointer, gconstpointer);
/* The next part of UIDS (guint32, ascending), from *AT on, which moves; freed by
 * mailimap_set_free(). */
struct mailimap_set *imap_set(const GArray *uids, guint *at);
