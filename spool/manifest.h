/*
 * manifest - the signed cover of an envelope
 *
 * Shape and limits are checked here; whether it fits the link is the gateway's business.
 */
#pragma once
#include "base/json.h"

#define MANIFEST_MAX      (64 * 1024)
#define MANIFEST_MAJOR    1
#define MANIFEST_MINOR    0
#define MANIFEST_GAPS_MAX 8

typedef enum {
	KIND_HANDSHAKE,
	KIND_PING,
	KIND_REFUSED,
	KIND_CONTRACT,
	KIND_CHANGES,
	KIND_ACK,
	KIND_VOID,
	KIND_REBASE,
	KIND_REKEY,
	KIND_BYE,
	KIND_COUNT
} envelope_kind;
const char *kind_name(envelope_kind);
gboolean kind_from_name(const char *, envelope_kind *ret);

typedef struct {
	guint64 first, last;
} number_range;

typedef struct {
	guint64 serial, heard; /* mine; the highest of yours I have seen */
	guint64 stored, done;
	char *hash;      /* plain SHA-256 of your number DONE; NULL when done is 0 */
	gboolean has_at; /* may the partner cut rows by this? */
	guint64 at;      /* my last number */
	guint gaps_len;
	number_range gaps[MANIFEST_GAPS_MAX];
} manifest_ack;

typedef struct {
	guint major, minor;
	char *link;         /* 26 characters */
	char *from, *to;    /* full fingerprints; TO is NULL where it is not known yet */
	char role;          /* 'm' or 's' */
	char *epoch, *with; /* mine and the partner's; WITH is NULL before pairing */
	envelope_kind kind;
	guint64 number; /* 0: un-numbered */
	char *prev;     /* plain SHA-256 of the number before; NULL for number 1 and un-numbered */
	char *for_hash; /* of void: what it replaces */
	char *contract; /* hash of the contract in force; may be NULL before pairing */
	gboolean encrypted;
	guint64 key_from;
	gboolean has_ack;
	manifest_ack ack;
	json_t *body; /* pairing messages and the like: an object, or NULL */
} manifest;

manifest *manifest_new(void);
void manifest_free(manifest *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(manifest, manifest_free)
json_t *manifest_to_json(const manifest *);
/* REASON_MANIFEST, REASON_FORMAT for a newer major version, or REASON_KIND for a kind that a newer
 * minor one knows.  Unknown members are left alone. */
manifest *manifest_from_json(const json_t *, GError **error);
