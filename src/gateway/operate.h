/*
 * operate - what an operator does to waiting items; each leaves a note
 */
#pragma once
#include "gateway/gateway.h"

/* Tries what is held or listed of item ID (NULL: of all) again. RET_LEFT: how many items still
 * wait. Needs GATE_WORK. */
gboolean hold_retry(gateway *, const char *id, guint *ret_left, GError **error);
/* Gives up what is held or listed of item ID: the partner gets back what is shown here.  NOTE, for
 * the log, may be NULL. */
gboolean hold_drop(gateway *, const char *id, const char *note, GError **error);
/* CHOICE: "mine", "theirs" or "VALUE=…". */
gboolean conflict_resolve(gateway *, guint64 number, const char *choice, GError **error);
/*
 * Looks at all items again at the next pass, SINCE > 0: at those to which something happened on the
 * link since then; what does not differ from what was agreed makes no change.  *RET_COUNT: of how
 * many that is known, 0 where it is all.
 */
gboolean resync_link(gateway *, gint64 since, guint *ret_count, GError **error);
/* Sends the whole content of item ID again, as a new generation that both sides merge. */
gboolean resync_item(gateway *, const char *id, GError **error);
/* The same with each item in which FIELD is set or differs; *RET_COUNT: how many.  RETRY where one
 * of them has too much on its way: those before it are sent. */
gboolean resync_field(gateway *, const char *field, guint *ret_count, GError **error);
