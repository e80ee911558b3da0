/*
 * quarantine - files that were taken and refused, with their exact bytes
 *
 * Each lies under its canonical name, beside it NAME.json: an object of "name", "id", "reason"
 * (a number), "text", "first_seen", "last_seen" (stamps), "seen" (how often these bytes came),
 * "sha256", "size".  The bytes are read by spool_read(SPOOL_QUARANTINE, NAME).
 */
#pragma once
#include "base/json.h"
#include "spool/spool.h"

/*
 * Moves tmp file TMP into quarantine, durably.  One name holds one file: the same bytes again
 * raise "seen"; other bytes replace the older ones, but never bytes that fit the name by bytes
 * that do not.
 */
gboolean quarantine_add(spool *, const char *tmp, const envelope_name *, int reason,
			const char *text, GError **error);
/* All of them as json_t *, sorted by name.  One whose note is missing or unreadable has only
 * "name", "size" and reason 0. */
GPtrArray *quarantine_list(const spool *, GError **error);
/* The note of NAME, new reference; class USAGE if there is none of that name. */
json_t *quarantine_get(const spool *, const char *name, GError **error);
/* Removes NAME and its note; it not being there is success. */
gboolean quarantine_remove(spool *, const char *name, GError **error);
