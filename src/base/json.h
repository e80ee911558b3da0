/*
 * json - JSON as the protocol needs it: strict in, canonical out
 *
 * The values are jansson's json_t, used everywhere; parsing and printing happen
 * only here, so that every document is read with the same limits (valid UTF-8,
 * no duplicate key, no NUL, depth JSON_DEPTH_MAX at most, nothing behind the end)
 * and hashed in the same form (sorted keys, no white space).
 */
#pragma once
#include <glib.h>
#include <jansson.h>

#define JSON_DEPTH_MAX 64
#define JSON_HASH_LEN  16 /* hex digits of a base hash */

typedef json_t json_ref; /* for g_autoptr: drops one reference */
static inline void
json_ref_drop(json_t *j)
{
	json_decref(j);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_ref, json_ref_drop)

/* Parses exactly one value.  NULL and *ERROR (class REJECT, names line and column; RETRY: no
 * memory) otherwise. */
json_t *json_read(const char *text, gsize len, GError **error);
/* The canonical text; caller frees.  NULL for NULL. */
char *json_text(const json_t *);
/* The same in whatever order, for documents only we read again: sorting is half the cost. */
char *json_text_unsorted(const json_t *);
/* First JSON_HASH_LEN hex digits of the SHA-256 of the canonical text; "" for NULL. Caller frees.
 */
char *json_hash(const json_t *);
/* SHA-256 of the canonical text, 64 hex digits; caller frees. */
char *json_sha(const json_t *);

/* Members of an object.  A missing or mistyped member: NULL, FALSE or the default. */
const char *json_str(const json_t *object, const char *key);
gboolean json_flag(const json_t *object, const char *key);
gint64 json_num(const json_t *object, const char *key, gint64 fallback);
/* A whole number >= 0 written as a JSON integer; FALSE if it is missing or something else. */
gboolean json_u64(const json_t *object, const char *key, guint64 *ret);
/* Sets KEY to string VALUE, or removes it when VALUE is NULL. */
void json_put(json_t *object, const char *key, const char *value);
