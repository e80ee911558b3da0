/*
 * operate - what an operator does to waiting items; each leaves a note
 */
#pragma once
#include "gateway/gateway.h"

/* Tries what is held or listed of item ID (NULL: of all) again. RET_LEFT: how many items still
 * wait. Needs GATE_WORK. */
gboolean hold_retry(gateway *, const char *id, guint *ret_left, GError **error);
/* Gives up what is held or listed of item ID: the partner gets back what is shown here. */
gboolean hold_drop(gateway *, const char *id, GError **error);
/* CHOICE: "mine", "theirs" or "VALUE=…". */
gboolean conflict_resolve(gateway *, guint64 number, const char *choice, GError **error);
