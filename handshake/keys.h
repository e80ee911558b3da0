/*
 * keys - the keys of one side of a link, one after the other, and which of them is good for what
 *
 * Pure.  A new key is announced in an envelope that the key before it signs; it signs from the
 * number FROM on.  Before that is known, it is pending; there is one pending key at most, the last.
 * What has no number is judged by the number its ack gives as the last one before it.
 */
#pragma once
#include <glib.h>

#include "base/json.h"

typedef struct {
	char *fpr;
	guint64 from;      /* the first number it signs; 0: pending */
	guint64 announced; /* the number that announced it; 0: the pairing did */
	gint64 since;      /* when it came to be known; 0: with the pairing */
} link_key;

typedef struct keys keys;
/* The key of the pairing. */
keys *keys_new(const char *fpr);
/* The key FPR of the list alone, for a pair that counts from 1 again. */
keys *keys_again(const keys *, const char *fpr);
void keys_free(keys *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(keys, keys_free)
/* A new reference; keys_from_json returns NULL for what is none. */
json_t *keys_to_json(const keys *);
keys *keys_from_json(const json_t *);

/* Adds a pending key.  FALSE: one is pending already, or FPR is known. */
gboolean keys_announce(keys *, const char *fpr, guint64 number, gint64 now);
/* The pending key signs from FROM on.  FALSE: none is pending, or FROM is not behind what announced
 * it. */
gboolean keys_begin(keys *, guint64 from);
const link_key *keys_pending(const keys *); /* NULL: none */
const link_key *keys_newest(const keys *);  /* the pending one, too */
const link_key *keys_current(const keys *); /* which signs what is new */
/* Which signs NUMBER; 0: as keys_current(). */
const link_key *keys_of(const keys *, guint64 number);
const link_key *keys_find(const keys *, const char *fpr); /* NULL: unknown */
guint keys_count(const keys *);
/* All fingerprints, NULL-ended; the caller frees the array, not the strings. */
const char **keys_fprs(const keys *);

/*
 * May key FPR have signed NUMBER, or (NUMBER 0) something behind number AT?  FROM is what it says
 * of itself: that counts while the key is pending.
 */
gboolean keys_good(const keys *, const char *fpr, guint64 number, guint64 at, guint64 from);
