/*
 * helper_status - what gpg said of a message, and whether that makes it a good one
 *
 * Reads the text of gpg's --status-fd (GnuPG's doc/DETAILS).  What a stranger put into a message
 * may turn up in it, escaped by gpg.  Nothing is good unless each line that makes it so is there
 * once, in its place, and none that speaks against it.
 */
#pragma once
#include <glib.h>

#define HELPER_STATUS_FPR 40 /* hex digits of a fingerprint */

typedef enum {
	SIGNATURE_GOOD,
	SIGNATURE_BAD,
	SIGNATURE_UNJUDGED, /* its key is not in the ring */
} helper_signature;

/* Counts of lines, and what the last of a kind held. */
typedef struct {
	guint recipients; /* keys that the message says it is encrypted to */
	guint begun, ended, decrypted, intact, unprotected;
	guint plain, fresh;       /* plain texts; signatures that gpg came to */
	guint good, valid, other; /* signatures: called good, valid, neither */
	guint outside;            /* of all those: not between the begin and end of decryption */
	guint created, encrypted; /* what gpg made itself */
	helper_signature first;   /* of the first signature that was judged */
	const char *complaint;    /* why the message is worth nothing, a constant; NULL: nothing */
	const char *unfit;        /* why a key can't be used, a constant; NULL: nothing */
	char unfit_key[HELPER_STATUS_FPR + 1];
	const char *trouble;              /* what is wrong with the first signature, a constant */
	char name[HELPER_STATUS_FPR + 1]; /* the signature's key as GOODSIG or ERRSIG has it */
	char key[HELPER_STATUS_FPR + 1];  /* the key that signed ... */
	char primary[HELPER_STATUS_FPR + 1]; /* ... and the primary key it belongs to */
} helper_status;

/* Reads all of TEXT, which is of one message. */
void helper_status_read(const char *text, gsize len, helper_status *ret);
/*
 * Of a text on many files: reads the part on file NAME, which must begin at *AT (a byte before LEN)
 * with its FILE_START, and moves *AT behind its FILE_DONE.  FALSE: it is not like that.
 */
gboolean helper_status_read_file(const char *text, gsize len, gsize *at, const char *name,
				 helper_status *ret);

/*
 * Is the message what pgp_unseal() promises?  SIGNERS is NULL-ended; *RET_SIGNER is the caller's.
 * CLEAN: gpg ended without an error.
 */
gboolean helper_status_judge(const helper_status *, gboolean clean, gboolean encrypted,
			     char *const *signers, char **ret_signer, GError **error);
/* Is it encrypted to us and whole?  Signatures are not looked at. */
gboolean helper_status_decrypted(const helper_status *, gboolean clean, GError **error);
/* Has gpg signed, and encrypted if it should?  What a key is unfit for is class CONFIG. */
gboolean helper_status_sealed(const helper_status *, gboolean clean, gboolean encrypted,
			      GError **error);
