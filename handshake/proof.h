/*
 * proof - who holds the handshake file (and passphrase) owns this key
 *
 * K' = HMAC-SHA-256(K, scrypt(passphrase, salt)); without a passphrase K' = K.
 * proof = HMAC-SHA-256(K', "handsel-pair-1" and each part, each preceded by its length).
 * scrypt: RFC 7914 with N = 2^15, r = 8, p = 1, 32 bytes.
 */
#pragma once
#include <glib.h>

#include "handshake/offer.h"

#define PROOF_LEN 64 /* hex digits */

typedef struct {
	const char *master, *slave; /* full fingerprints */
	const char *ns;             /* the slave's epoch */
	const char *address;        /* the slave's; may be NULL */
} proof_parts;

/* PASSPHRASE NULL when the offer has no salt; caller frees.  NULL only when memory for scrypt is
 * missing (RETRY). */
char *proof_make(const offer *, const proof_parts *, const char *passphrase_key, GError **error);
/*
 * What goes into proof_make as PASSPHRASE_KEY: hex of scrypt(passphrase, salt); NULL for an offer
 * without salt.  Slow on purpose.  The master keeps this, not the passphrase. REASON_PASSPHRASE
 * when one is missing or not wanted.
 */
gboolean proof_passphrase_key(const offer *, const char *passphrase, char **ret, GError **error);
/* In constant time. */
gboolean proof_equal(const char *a, const char *b);
/* The six words both sides read out, from hash(link, both fingerprints, ns, nm); caller frees. */
char *proof_words(const char *link, const char *master, const char *slave, const char *ns,
		  const char *nm);
