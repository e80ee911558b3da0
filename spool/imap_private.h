/*
 * imap_private - what the files of imap share: a session of libetpan over a stream of ours
 *
 * Included by imap*.c only.
 */
#pragma once
#include <libetpan/libetpan.h>

#include "net/stream.h"
#include "spool/imap.h"

struct imap {
	char *place; /* "host:port", for messages */
	net_stream *stream;
	mailimap *session;
	const char *greeting; /* what is still to be read of it */
	gint64 budget;        /* bytes that the answer to this command may still have */
	gboolean over;        /* the budget was not kept */
};

#define IMAP_ANSWER_MAX (64 * 1024 * 1024) /* bytes of the answer to one command */

/* Every command begins by this. */
void imap_begin(imap *);
/* Did it go well?  If not: CODE (of libetpan) becomes an error; NO is what a refusal means. */
gboolean imap_check(imap *, int code, int no, const char *what, GError **error);
/* A set of UIDS (guint32); freed by mailimap_set_free(). */
struct mailimap_set *imap_set(const GArray *uids);
