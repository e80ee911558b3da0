/*
 * helper - what the files of handsel-pgp share
 *
 * The only code that includes GPGME.  One process per key ring; it serves one
 * request after the other, so nothing here is locked.
 */
#pragma once
#include <glib.h>
#include <gpgme.h>

#include "pgp/wire.h"

/* helper_home.c: the key ring's directory, its short name and its agent */

typedef struct helper_home helper_home;
/*
 * Makes PATH fit for gpg, claims it, gives it a short name and starts its agent.
 * Old short names whose helper is dead are swept.
 */
helper_home *helper_home_open(const char *path, GError **error);
/* Ends the agent, waits for it and removes the short name; NULL is a no-op. */
void helper_home_close(helper_home *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(helper_home, helper_home_close)
/* The short name, fit for gpg's --homedir. */
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

/* The state of a running helper. */
typedef struct {
	const helper_home *home;
	gpgme_ctx_t gpg;
	GHashTable *keys; /* fingerprint of a key or subkey to gpgme_key_t */
	gboolean unsound; /* gpg met what is no part of one message; whoever asks clears it first */
} helper;

/* Answers one request.  *RET_TEXT (may stay NULL) is the answer's only field; on failure it names
 * the signer. */
typedef gboolean helper_op(helper *, const wire_message *, char **ret_text, GError **error);

/* helper_keys.c */
helper_op helper_make_key, helper_export, helper_import, helper_forget;
typedef struct _gpgme_key helper_key_ref;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(helper_key_ref, gpgme_key_unref)
/* The key whose own or whose subkey's full fingerprint is FPR, or NULL (class CONFIG); the cache
 * owns it. */
gpgme_key_t helper_key(helper *, const char *fpr, GError **error);

/* helper_seal.c, helper_unseal.c */
helper_op helper_seal, helper_sign;
helper_op helper_unseal, helper_decrypt, helper_verify;

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
