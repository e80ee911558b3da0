/*
 * rekey - a link goes over to a new key of this side
 *
 * The new key is announced in an envelope that the old one signs.  Once the partner has taken that
 * over, the next envelope is signed with the new key, and the old one is good for earlier numbers
 * only.  Either side may do so at any time, each with one key at a time.
 */
#pragma once
#include "gateway/gateway.h"

/* May link_rekey() be called now?  Class CONFIG says why not. */
gboolean link_may_rekey(gateway *, GError **error);
/* Makes a key and announces it; *RET_FPR is its fingerprint, caller frees.  Needs GATE_WORK. */
gboolean link_rekey(gateway *, char **ret_fpr, GError **error);
/* Since when the keys in use are known here; 0: with the pairing. */
void rekey_since(gateway *, gint64 *ret_mine, gint64 *ret_theirs);
/* Adds to LINK, for `link show`, when each key came and what is pending. */
void rekey_put(gateway *, json_t *link);
/* Adds to PROBLEMS and HINTS what people are to be told. */
void rekey_judge(gateway *, json_t *problems, json_t *hints);
