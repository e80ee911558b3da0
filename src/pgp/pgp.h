/*
 * pgp - OpenPGP for one key ring, done by a small helper process
 *
 * handsel-pgp (libexec) alone holds the keys and runs gpg; this client sends it
 * requests over a socket, files as passed descriptors.  One helper, one home, one
 * request at a time.  The home is a private 0700 directory; the helper reaches it by
 * a short symbolic link, and its gpg-agent ends with it.
 *
 * Start it before the process grows: forking a large process is slow.  The helper dies with the
 * thread that started it, and its agent with it, whatever way it dies.  A request in which the
 * helper dies fails (class RETRY); the next one starts it again.
 */
#pragma once
#include <glib.h>

#define PGP_SHORT_ROOT "/tmp" /* where the helper makes a short name of its key ring */
#define PGP_FPR_LEN    40     /* upper-case hex, always the full primary fingerprint */

typedef struct pgp pgp;

/*
 * Starts the helper on key ring HOME, making it (0700, with its gpg.conf and
 * gpg-agent.conf) if it is not there; the agent follows with the first request.  A home readable by
 * others is refused (CONFIG). PROGRAM is the helper's path; NULL: $HANDSEL_PGP, else the installed
 * one.  A home that another helper still has after a few seconds: class RETRY.
 */
pgp *pgp_start(const char *home, const char *program, GError **error);
/*
 * The same, and pgp_unseal_many() works in the directory WORK, which is there and stays: where the
 * kernel can fence (base/fence.h), the helper and gpg make files there and in HOME, and nowhere
 * else.
 */
pgp *pgp_start_for(const char *home, const char *work, const char *program, GError **error);
/* Ends helper and agent and waits for them; NULL is a no-op. */
void pgp_stop(pgp *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pgp, pgp_stop)

/* Makes an ed25519/cv25519 key without expiry and passphrase for user id NAME; its fingerprint,
 * caller frees. */
char *pgp_make_key(pgp *, const char *name, GError **error);
/* The public key, armoured, minimal; caller frees. */
char *pgp_export(pgp *, const char *fpr, GError **error);
/*
 * Takes in exactly one public key (armoured or not, PGP_KEY_MAX bytes at most) and
 * returns its fingerprint, caller frees.  Several keys, a secret key, or a key that can't sign and
 * encrypt for ever, as one that expires: class REJECT.
 */
#define PGP_KEY_MAX (64 * 1024)
char *pgp_import(pgp *, const char *key, gsize len, GError **error);
/* Removes a public key; not being there is success.  One whose secret part is here stays: class
 * CONFIG. */
gboolean pgp_forget(pgp *, const char *fpr, GError **error);

/*
 * Signs what IN holds by SIGNER and writes it to OUT in one pass: encrypted to
 * RECIPIENTS (fingerprints, NULL-ended), or with RECIPIENTS NULL as a signed message. No
 * compression.  Memory does not depend on the size.  Both descriptors are read and written from
 * their offset; OUT is not synced.
 */
gboolean pgp_seal(pgp *, int in, int out, const char *signer, const char *const *recipients,
		  GError **error);

typedef enum { PGP_ENCRYPT = 1, PGP_SIGN } pgp_protect;
/*
 * The reverse.  Success means: protected exactly as PROTECT says, one signature, good, by one of
 * the SIGNERS (full fingerprints, NULL-ended) whose fingerprint is then *RET_SIGNER (caller
 * frees).  LIMIT bounds the output.  Otherwise one of REASON_CANNOT_DECRYPT, _UNSIGNED,
 * _UNKNOWN_SIGNER (then *RET_SIGNER may name it), _BAD_SIGNATURE, _PROTECTION, _BOMB; what OUT
 * holds is then worthless.  Clocks and key times are not judged.  Only binary messages are taken,
 * as pgp_seal makes them: what is signed only must not be compressed, and nothing may follow.
 */
gboolean pgp_unseal(pgp *, int in, int out, pgp_protect protect, const char *const *signers,
		    guint64 limit, char **ret_signer, GError **error);

/*
 * pgp_unseal for up to PGP_MANY_MAX small files at a time: many cost little more than one.  DIR is
 * a private directory in which lie the N files NAMES with ".gpg" behind their names.  RET_OPENED[i]
 * is TRUE where file i passed all that pgp_unseal asks for; then NAMES[i] holds its plain text.  Of
 * the others, and where FALSE is returned, nothing is said and nothing is left: pgp_unseal tells
 * what is wrong with them, if anything.  Files of more than PGP_MANY_SIZE bytes are never opened,
 * nor is any where one beside it fails.
 */
#define PGP_MANY_MAX  64
#define PGP_MANY_SIZE (1024 * 1024)
gboolean pgp_unseal_many(pgp *, int dir, const char *const *names, guint n, pgp_protect protect,
			 const char *const *signers, guint64 limit, gboolean *ret_opened,
			 GError **error);

/*
 * As pgp_unseal, but any signer does: for what arrives before a key is pinned.  The message must
 * be encrypted to us; the signing key is unknown, so the signature is not judged; only the plain
 * text is returned.
 */
gboolean pgp_decrypt(pgp *, int in, int out, guint64 limit, GError **error);

/* An armoured detached signature of DATA by SIGNER; caller frees. */
char *pgp_sign(pgp *, const char *data, gsize len, const char *signer, GError **error);
/* Is SIGNATURE a good one of DATA by exactly FPR?  FALSE: REASON_BAD_SIGNATURE or _UNKNOWN_SIGNER.
 */
gboolean pgp_verify(pgp *, const char *data, gsize len, const char *signature, const char *fpr,
		    GError **error);

/* "A1F0 3C77 ... " for people: groups of four; caller frees. */
char *pgp_fpr_text(const char *fpr);
/* COUNT words of the PGP word list for the first COUNT bytes of DIGEST (two- and three-syllable in
 * turn), blank between; caller frees. */
char *pgp_words(const guint8 *digest, guint count);
/* The words of a fingerprint's first COUNT (at most 20) bytes; caller frees. */
char *pgp_fpr_words(const char *fpr, guint count);
