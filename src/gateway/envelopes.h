/*
 * envelopes - what an operator does to envelopes; each leaves a note
 *
 * IDS (NULL-ended) are ids like "s42", names of files in quarantine, or "ALL" alone.  Each call
 * returns an array of {"id","file","outcome","text"}, or NULL: then what was done to the ones
 * before stays done.
 */
#pragma once
#include "gateway/gateway.h"

/*
 * Judges files in quarantine again, with today's settings: outcome "taken", "copy" (it was here
 * already), "quarantined" (refused again) or "left" (nothing can be judged now, TEXT says why).
 * Needs GATE_WORK.
 */
json_t *envelopes_retry(gateway *, const char *const *ids, GError **error);
/* Takes a copy of the file at PATH as if it lay in RECEIVE; outcomes as above.  Needs GATE_WORK. */
json_t *envelopes_take(gateway *, const char *path, GError **error);
/* Removes files from quarantine: "dropped".  NOTE may be NULL. */
json_t *envelopes_drop(gateway *, const char *const *ids, const char *note, GError **error);
/*
 * Takes the changes and files out of envelopes of ours that the partner is not known to have, all
 * of IDS or none: "voided".  Each number stays, with the answers in it, as an envelope of kind
 * void; whichever of the two the partner has first counts.  The items in it are then sent anew, as
 * they are.  IDS may be ranges; no "ALL".  Needs GATE_WORK.
 */
json_t *envelopes_void(gateway *, const char *const *ids, const char *note, GError **error);
/*
 * Marks envelopes that wait in the inbox: when it is their turn their answers count, their changes
 * do not, and the partner is told so: "refused".  It then sends their items anew.  No "ALL".
 */
json_t *envelopes_refuse(gateway *, const char *const *ids, const char *note, GError **error);
/*
 * Offers envelopes of ours again, the very same bytes: "offered", or "stored" for those that the
 * partner has already and has to work off.  IDS may be ranges, "m17-m20".
 */
json_t *envelopes_resend(gateway *, const char *const *ids, GError **error);
