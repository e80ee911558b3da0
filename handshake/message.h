/*
 * message - the bodies of the pairing envelopes s1, m1, s2 and `refused`
 *
 * They travel as "body" of the manifest; hashes are of the whole plain envelope.
 */
#pragma once
#include "base/json.h"

typedef struct {
	char *offer, *site, *site_id, *ns, *key, *fpr, *address, *proof;
} message_s1; /* the slave asks */

typedef struct {
	char *ns, *nm, *s1_hash, *master, *slave;
	gboolean again; /* the link had a partner before: both begin anew */
} message_m1;           /* the master read it and pinned this slave */

typedef struct {
	char *nm, *m1_hash;
} message_s2; /* the slave can decrypt */

typedef struct {
	char *s1_hash;
	int reason;
	char *text;
} message_refused;

json_t *message_s1_to_json(const message_s1 *);
json_t *message_m1_to_json(const message_m1 *);
json_t *message_s2_to_json(const message_s2 *);
json_t *message_refused_to_json(const message_refused *);
/* REASON_MANIFEST when malformed; strings are bounded and of the right alphabet. Caller clears RET.
 */
gboolean message_s1_read(const json_t *, message_s1 *ret, GError **error);
gboolean message_m1_read(const json_t *, message_m1 *ret, GError **error);
gboolean message_s2_read(const json_t *, message_s2 *ret, GError **error);
gboolean message_refused_read(const json_t *, message_refused *ret, GError **error);
void message_s1_clear(message_s1 *);
void message_m1_clear(message_m1 *);
void message_s2_clear(message_s2 *);
void message_refused_clear(message_refused *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(message_s1, message_s1_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(message_m1, message_m1_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(message_s2, message_s2_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(message_refused, message_refused_clear)
