/*
 * name - how envelopes are called in a channel
 *
 *   LINK8-mNNNNNNNN-HASH8.zip.gpg               number, 8 digits or more; a for acks, r for rebase
 * in m's place behind the role: LINK8-ma412-HASH8.zip.gpg                   un-numbered ack, serial
 * 412 LINK8-mNNNNNNNN-HASH8.p0001of0205-PART8.zip.gpg    a part; HASH8 is the whole's
 *
 * LINK8 is the first 8 characters of the link id, HASH8 of the SHA-256 of the bytes.  A carrier may
 * change the case and put anything before or behind, as sync tools do: "x - Copy (1).zip.gpg".
 */
#pragma once
#include <glib.h>

#define NAME_LINK_LEN  8
#define NAME_HASH_LEN  8
#define NAME_PARTS_MAX 9999

typedef struct {
	char link[NAME_LINK_LEN + 1];
	char role;   /* 'm' or 's': who made it */
	char series; /* 0 numbered, 'a' ack, 'r' rebase, 'x' refused */
	guint64 number;
	char hash[NAME_HASH_LEN + 1]; /* of the whole */
	guint part, parts;            /* 0, 0: not a part */
	char part_hash[NAME_HASH_LEN + 1];
} envelope_name;

char *name_format(const envelope_name *); /* caller frees */
/* "m17", "s42"; for un-numbered "ma412"; caller frees. */
char *name_id(const envelope_name *);
/* Finds a name of LINK and ROLE anywhere in FILE; FALSE: the file is not ours. */
gboolean name_find(const char *file, const char *link, char role, envelope_name *ret);
/* The hash the file's own bytes must have: the part's or the whole's; borrowed. */
const char *name_own_hash(const envelope_name *);
/* "m17" -> role, number. */
gboolean name_parse_id(const char *id, char *ret_role, guint64 *ret_number);
