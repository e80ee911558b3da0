/*
 * fail - what went wrong and what happens next
 *
 * One GError domain.  The code is either one of the bare classes below or a
 * reason number; a reason belongs to exactly one class, stands in one table
 * and keeps its number for ever, because the partner is told the number.
 */
#pragma once
#include <glib.h>

#define FAIL fail_quark()
GQuark fail_quark(void);

typedef enum {
	FAIL_RETRY = 1, /* transient: keep it, back off */
	FAIL_REJECT,    /* this envelope or change can never pass: quarantine or hold it */
	FAIL_TRUST,     /* signature, key, replay: quarantine and alert */
	FAIL_CONFIG,    /* the operator must act: stop this link */
	FAIL_BUG,       /* our fault: stop this worker */
	FAIL_USAGE      /* the command line is wrong: nothing was done */
} fail;

enum {
	/* envelopes: shape */
	REASON_INCOMPLETE = 101, /* cut short, or still growing when patience ended */
	REASON_BROKEN,           /* bytes differ from the hash in the name */
	REASON_NOT_REGULAR,      /* link, FIFO, device, directory */
	REASON_TOO_LARGE,
	REASON_ZIP,      /* not a readable zip, or one that breaks a limit */
	REASON_MANIFEST, /* manifest missing or malformed */
	REASON_FORMAT,   /* a newer major version */
	REASON_LINES,    /* changes.jsonl malformed */
	REASON_CONTENT,  /* a file in the envelope differs from its hash */
	REASON_PARTS,    /* parts that do not make the whole */
	/* envelopes: place */
	REASON_OTHER_LINK = 201, /* not of this link */
	REASON_OTHER_PAIR,       /* epochs of another pairing */
	REASON_ADDRESSEE,        /* from or to another key than pinned */
	REASON_FORK,             /* this number was another envelope before */
	REASON_PREV,             /* does not follow its neighbour */
	REASON_NOT_PAIRED,       /* came before pairing is done */
	REASON_KIND,             /* unknown kind of envelope */
	/* envelopes: trust */
	REASON_UNKNOWN_SIGNER = 301,
	REASON_BAD_SIGNATURE,
	REASON_UNSIGNED,
	REASON_PROTECTION, /* not protected as pinned: signed only, symmetric ... */
	REASON_CANNOT_DECRYPT,
	REASON_BOMB, /* unpacks to more than it may */
	/* pairing */
	REASON_OFFER_UNKNOWN = 401,
	REASON_OFFER_EXPIRED,
	REASON_OFFER_USED,
	REASON_OFFER_CLOSED,
	REASON_PROOF, /* wrong proof: other file or wrong passphrase */
	REASON_HANDSHAKE_FILE,
	REASON_PASSPHRASE,
	REASON_SAME_SITE,
	/* changes */
	REASON_NO_FIELD = 501, /* no such field here */
	REASON_NO_VALUE,       /* a list does not know the value */
	REASON_BAD_VALUE,      /* not of the field's type */
	REASON_VALUE_TOO_LARGE,
	REASON_READ_ONLY,
	REASON_NO_PARENT, /* the parent is not here yet */
	REASON_PARENT_CYCLE,
	REASON_NO_CONTENT, /* the file's bytes are not here yet */
	REASON_FILE_NAME,  /* a file name that leaves its directory */
	REASON_BASES_DIFFER,
	REASON_HOLE,             /* a record before this one is missing */
	REASON_WAITS_BEHIND,     /* an earlier record of the item is held */
	REASON_ALREADY_HERE,     /* the item came through another link */
	REASON_UNKNOWN_RECORD,   /* a newer partner's record type */
	REASON_TRACKER,          /* the tracker refused and gave no better reason */
	REASON_ENVELOPE_REFUSED, /* the envelope around it was refused */
	REASON_NO_ITEM,
	REASON_OPERATOR, /* somebody dropped it by hand */
	REASON_BRAKED,   /* many deletions wait for a yes, this item's among them */
	/* mail servers */
	REASON_MAIL_AWAY = 601,  /* no connection, or it broke */
	REASON_MAIL_CERTIFICATE, /* not the server it should be */
	REASON_MAIL_LOGIN,       /* login refused */
	REASON_MAIL_LATER,       /* the server asks to try later */
	REASON_MAIL_FULL,        /* a mailbox is full */
	REASON_MAIL_REFUSED,     /* the server will never take it */
	REASON_MAIL_TOO_LARGE,   /* larger than the server takes */
	REASON_MAIL_FOLDER,      /* no such folder */
	REASON_MAIL_ANSWER /* an answer that makes no sense, or a server that lacks something */
};

typedef struct {
	int number;
	fail class;
	gboolean retry;     /* can a later try help? */
	const char *text;   /* a few words for tables */
	const char *advice; /* what an operator does next; may be NULL */
} reason;

/* The row of REASON, never NULL: an unknown number (a newer partner's) gets a generic row. */
const reason *reason_of(int number);
/* Every row, ended by number 0: the man page is made from it. */
const reason *reason_all(void);

/* "retry", "reject", "trust", "config", "bug" or "usage". */
const char *fail_name(fail);

/* Sets *ERROR; CODE is a fail or a REASON_ number. */
void fail_set(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same with strerror(ERRNUM) behind the text; class RETRY (CONFIG for EACCES, EROFS, ENOTDIR,
 * ELOOP). */
void fail_errno(GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The class of ERROR; errors of other domains are FAIL_RETRY. */
fail fail_class(const GError *);
/* Is ERROR of this REASON_ number, or of this class (which its reasons belong to)? */
gboolean fail_is(const GError *, int code);
/* 2 for FAIL_USAGE, else 1. */
int fail_exit(const GError *);
