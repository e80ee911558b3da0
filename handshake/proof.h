/*
 * proof - who holds the handshake file (and passphrase) owns this key
 *
 * K' = HMAC-SHA-256(K, scrypt(passphrase, salt)); without a passphrase K' = K.
 * proof = HMAC-SHA-256(K', P), P being these parts, each preceded by its length in bytes as 8
 * bytes, the highest first: "handsel-pair-1", link, offer id, the master's and the slave's
 * fingerprint, ns, the slave's address (empty if NULL), offer_hash(). scrypt: RFC 7914 with N =
 * 2^15, r = 8, p = 1, 32 bytes.
 */
#pragma once
#include <glib.h>

#include "handshake/offer.h"

#define PROOF_LEN   64 /* hex digits */
#define PROOF_WORDS 6

typedef struct {
	const char *master, *slave; /* full fingerprints */
	const char *ns;             /* the slave's epoch */
	const char *address;        /* the slave's; may be NULL */
} proof_parts;

/* PASSPHRASE_KEY NULL when the offer has no salt; caller frees.  NULL only when memory is missing
 * (RETRY) or a secret is not of its form (BUG). */
char *proof_make(const offer *, const proof_parts *, const char *passphrase_key, GError **error);
/*
 * What goes into proof_make as PASSPHRASE_KEY: hex of scrypt(passphrase, salt); NULL for an offer
 * without salt.  Slow on purpose.  The master keeps this, not the passphrase. REASON_PASSPHRASE
 * when one is missing or not wanted.
 */
gboolean proof_passphrase_key(const offer *, const char *passphrase, char **ret, GError **error);
/* In constant time. */
gboolean proof_equal(const char *a, const char *b);
/* The PROOF_WORDS words both sides read out, for the SHA-256 of "handsel-words-1", link, both
 * fingerprints, ns and nm, each preceded by its length as above; caller frees. */
char *proof_words(const char *link, const char *master, const char *slave, const char *ns,
		  const char *nm);
