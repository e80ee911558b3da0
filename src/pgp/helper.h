/*
 * helper - what the files of handsel-pgp share
 *
 * The only code that includes GPGME, and the only that runs gpg.  One process per key ring; it
 * serves one request after the other, so nothing here is locked.
 */
#pragma once
#include <glib.h>
#include <gpgme.h>

#include "pgp/wire.h"

/* helper_home.c: the key ring's directory, its short name and its agent */

typedef struct helper_home helper_home;
/* Makes PATH fit for gpg and claims it; nothing is started. */
helper_home *helper_home_open(const char *path, GError **error);
/*
 * Gives it a short name and starts its agent, unless that has been done.  Old short names whose
 * helper is dead are swept.
 */
gboolean helper_home_wake(helper_home *, GError **error);
/* Ends the agent, waits for it and removes the short name; NULL is a no-op. */
void helper_home_close(helper_home *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(helper_home, helper_home_close)
/* The short name, fit for gpg's --homedir; NULL before it is awake. */
const char *helper_home_name(const helper_home *);
/* The directory itself. */
int helper_home_dir(const helper_home *);

/* helper_hold.c: the keeper of one agent */

#define HELPER_SHORT_LINK "h" /* in a short directory: leads to the key ring */
/*
 * Starts "gpg-agent --daemon -- handsel-pgp hold DIR" for the ring behind the short
 * directory DIR.  Returns the keeper's process; *RET_LIFE is a descriptor: when it is closed, by
 * whatever death of ours, the keeper ends the agent, removes DIR, and ends.  -1 on error.
 */
pid_t helper_hold_start(const char *dir, int *ret_life, GError **error);
/* What the keeper does: standard input is the other end of that descriptor. */
int helper_hold(const char *dir);

/* See helper_ahead.c. */
typedef struct {
	char **args; /* of the last seal */
	guint row;   /* how many had just these */
	pid_t pid;   /* 0: none waits */
	int in, out, status;
} helper_ahead;

/* The state of a running helper. */
typedef struct {
	helper_home *home;
	char *gpg;         /* the program; NULL: nothing has been asked yet */
	gpgme_ctx_t gpgme; /* this and KEYS are NULL before helper_gpgme_open() */
	GHashTable *keys;  /* fingerprint of a key or subkey to gpgme_key_t */
	helper_ahead ahead;
	gboolean unsound; /* gpgme met what is no part of one message; whoever asks clears it first
			   */
} helper;

/* Answers one request.  *RET_TEXT (may stay NULL) is the answer's only field; on failure it names
 * the signer. */
typedef gboolean helper_op(helper *, const wire_message *, char **ret_text, GError **error);

/* helper_gpgme.c: for all that is not done for each envelope */

/* Makes the context and the cache of keys, unless that has been done: it starts gpg once. */
gboolean helper_gpgme_open(helper *, GError **error);
/* Also of a helper that never opened it. */
void helper_gpgme_close(helper *);

/* helper_keys.c */
helper_op helper_make_key, helper_export, helper_import, helper_forget;
/* Is TEXT one in full, upper case?  gpg takes parts of names, too; only that is exact. */
gboolean helper_is_fingerprint(const char *text);
typedef struct _gpgme_key helper_key_ref;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(helper_key_ref, gpgme_key_unref)
/* The key whose own or whose subkey's full fingerprint is FPR, or NULL (class CONFIG); the cache
 * owns it. */
gpgme_key_t helper_key(helper *, const char *fpr, GError **error);

/* helper_sign.c: detached signatures */
helper_op helper_sign, helper_verify;

/* helper_seal.c, helper_unseal.c, helper_many.c: envelopes */
helper_op helper_seal, helper_unseal, helper_decrypt, helper_unseal_many;

/* helper_data.c: files as gpg sees them */

typedef struct gpgme_data helper_data;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(helper_data, gpgme_data_release)

/* Where gpg's output goes; counts it, so that a bomb is cut off. */
typedef struct {
	int fd;
	guint64 left; /* bytes it may still take */
	gboolean over;
	int errnum; /* of the write that failed */
} helper_sink;

/* Writes all of BUF, or notes why not. */
gboolean helper_sink_write(helper_sink *, const void *buf, gsize len);
/* FALSE: SINK could not take all; "WHAT: reason", REASON_BOMB or class RETRY. */
gboolean helper_sink_fine(const helper_sink *, const char *what, GError **error);
/* FD from its offset; NULL on error. */
gpgme_data_t helper_source(int fd, GError **error);
/* Writes to SINK, which must outlive it; NULL on error. */
gpgme_data_t helper_sink_data(helper_sink *sink, GError **error);
/*
 * Says why a gpg operation failed with E: what SINK (may be NULL) met comes first.
 * "WHAT: reason", CODE unless it was the system, which is class RETRY.
 */
void helper_failed(GError **error, gpgme_error_t e, const helper_sink *sink, int code,
		   const char *what);

/* helper_gpg.c: gpg without GPGME */

typedef struct {
	const char *const *args; /* NULL-ended; the key ring and how to answer are given anyway */
	int in;                  /* its standard input, from its offset; -1: nothing */
	helper_sink *sink;       /* gets its standard output; NULL: nobody */
	const char *what;        /* "cannot ...", if SINK can't take it */
	int dir;                 /* where it runs; -1: wherever we are */
	guint64 file_max;        /* bytes of a file that it writes itself */
} helper_run;

/* What gpg said of it, for helper_status.h. */
typedef struct {
	char *text;
	gsize len;
	gboolean clean; /* it ended without an error */
} helper_said;

/*
 * Runs gpg and waits for its end; it dies with us, whatever way we die.  FALSE: it could not be
 * run (CONFIG), something in the system failed (RETRY), or SINK takes no more.
 */
gboolean helper_gpg(helper *, const helper_run *, helper_said *ret, GError **error);
/* The same in steps.  Starts it, its output going to OUT (-1: nobody; SINK is not heeded), what it
 * says to the file *RET_STATUS, to be closed; -1 on error. */
pid_t helper_gpg_start(helper *, const helper_run *, int out, int *ret_status, GError **error);
/* Waits for its end: its exit status, -1 if a signal ended it. */
int helper_gpg_wait(pid_t);
/* Reads what it said; RET->clean must say how it ended. */
gboolean helper_said_read(int status, helper_said *ret, GError **error);
void helper_said_clear(helper_said *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(helper_said, helper_said_clear)

/*
 * helper_ahead.c: a gpg that is started before it is needed
 *
 * More than half of a seal is gpg's start.  While many are asked for in a row, the next gpg starts
 * while the client does its own work.
 */

/* After a seal by the words ARGS; takes them over. */
void helper_ahead_note(helper *, char **args);
/* After an answer: starts the next one, if it will probably be of use. */
void helper_ahead_start(helper *);
/*
 * What gpg makes of the rest of file IN by the words ARGS; NULL if none waits for just that, or it
 * failed: then the usual way tells.  IN's offset stays.
 */
GByteArray *helper_ahead_seal(helper *, const char *const *args, int in, gboolean encrypt);
/* Ends the one that waits; the row is broken. */
void helper_ahead_end(helper *);

/* helper_packet.c: what a message claims to be, before gpg sees it */

typedef enum {
	SHAPE_OTHER,      /* not binary OpenPGP, or nothing we take */
	SHAPE_ENCRYPTED,  /* to public keys and nothing else, with integrity protection */
	SHAPE_PASSPHRASE, /* a passphrase opens it, perhaps beside keys */
	SHAPE_COMPRESSED, /* whatever is in it; gpg does not look at what follows */
	SHAPE_SIGNED,     /* begins with a signature */
	SHAPE_PLAIN       /* literal data */
} helper_shape;
/* Looks at the first packets behind FD's offset, which stays.  FALSE: FD can't be read. */
gboolean helper_shape_of(int fd, helper_shape *ret, GError **error);
/*
 * Is the file behind FD, of SIZE bytes, from its beginning to its end the packets of one message
 * that is encrypted, or else signed only, all of known length, and nothing more?
 */
gboolean helper_is_one_message(int fd, guint64 size, gboolean encrypted);
