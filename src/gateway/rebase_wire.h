/*
 * rebase_wire - R as it travels: what it says of its sender, and a line for each item
 *
 * Pure; for rebase_open.c and rebase_take.c.
 */
#pragma once
#include "handshake/rebase.h"
#include "spool/manifest.h"
#include "store/store.h"

/* The body of an R whose sender is OPEN, or is not; a new reference. */
json_t *rebase_body(gboolean open);
/* What M, that of an R, says of its sender; borrowed from M.  Else REASON_MANIFEST. */
gboolean rebase_word_read(const manifest *m, rebase_word *ret, GError **error);

/* A new reference. */
json_t *rebase_line(const store_summary *);
/* Strings are borrowed from LINE, bounded and of the right alphabet.  FALSE: it tells no item. */
gboolean rebase_line_read(const json_t *line, store_summary *ret);
