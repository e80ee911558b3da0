/*
 * shape - text members of JSON objects that strangers wrote, read into structs by a table
 *
 * For the other files of this folder only.
 */
#pragma once
#include "base/json.h"

typedef gboolean shape_test(const char *text);

typedef struct {
	const char *name;
	shape_test *fits;  /* bounds length and alphabet */
	gsize offset;      /* of a char * in the struct */
	gboolean optional; /* absent is NULL */
} shape_member;            /* a table of them ends with name NULL */

shape_test shape_id;   /* RAND_ID_LEN characters */
shape_test shape_hash; /* 64 lower-case hex digits */
shape_test shape_salt; /* 32 to 128 lower-case hex digits, whole bytes */
shape_test shape_fpr;  /* a full fingerprint */
shape_test shape_site; /* the name of a site */
shape_test shape_word; /* [a-z][a-z0-9_]* */
shape_test shape_line; /* 1 to 1024 bytes that a terminal shows as they are */
shape_test shape_text; /* the same, but it may be empty */
shape_test shape_key;  /* an armoured key, by its length */

/*
 * Reads the members of TABLE from OBJECT into the struct RET, which is written only on success.
 * Otherwise REASON; the message begins with WHAT and names the member.
 */
gboolean shape_read(const json_t *object, const shape_member *table, gpointer ret, const char *what,
		    int reason, GError **error);
/* Adds the members to OBJECT; those that are NULL are left out. */
void shape_write(json_t *object, const shape_member *table, gconstpointer from);
/* Frees the members and sets them NULL. */
void shape_clear(const shape_member *table, gpointer of);
/* Is NAME one of the members? */
gboolean shape_has(const shape_member *table, const char *name);
