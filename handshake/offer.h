/*
 * offer - the handshake file: what the master hands over, out of band, to make a link
 *
 * A text file of JSON: {"handsel":"handshake","offer":{…},"key":ARMOURED,"signature":ARMOURED}; the
 * detached signature is by the key, over the canonical text of {"offer","key"}.  Who holds the file
 * (and the passphrase, if one is set) may join once.  The passphrase does not encrypt the file,
 * which would allow guessing at home; it goes into the proof.
 */
#pragma once
#include "base/json.h"
#include "pgp/pgp.h"

#define OFFER_FILE_MAX (512 * 1024)

typedef struct {
	char *link;        /* link id, RAND_ID_LEN */
	char *id;          /* offer id, RAND_ID_LEN */
	char *site;        /* name of the master's site */
	char *site_id;     /* tells the master's own site from another of the same name */
	char *description; /* may be empty */
	char *channel;     /* "folder" */
	char *address;     /* where the master receives; NULL for folders */
	json_t *contract;
	char *protect;        /* "encrypt" or "sign" */
	gint64 made, expires; /* seconds since 1970 */
	char *secret;         /* K: 64 hex digits */
	char *salt;           /* scrypt salt in hex, NULL: no passphrase */
	char *master;         /* full fingerprint */
	char *key;            /* armoured public key */
	guint major, minor;   /* highest envelope format the master speaks */
} offer;

offer *offer_new(void);
void offer_free(offer *); /* wipes the secret */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(offer, offer_free)
/* The file's text, signed by its master key in PGP; caller frees. */
char *offer_write(const offer *, pgp *, GError **error);
/*
 * Reads a file's text.  PGP is a scratch key ring into which the key is taken to verify.
 * REASON_HANDSHAKE_FILE when it is no handshake file, damaged, tampered with, or of a newer format.
 * Expiry is not judged.
 */
offer *offer_read(const char *text, gsize len, pgp *scratch, GError **error);
/* The private form kept in the state database, secret included; and back. */
json_t *offer_to_json(const offer *);
offer *offer_from_json(const json_t *, GError **error);
/* SHA-256 of what both sides must see alike (canonical signed part), 64 hex digits; caller frees.
 */
char *offer_hash(const offer *);
