/*
 * parts - an envelope cut to fit a limit, and put together again
 *
 * Parts are sent and taken as files of their own, in any order, each with its own hash in its name.
 */
#pragma once
#include "spool/spool.h"

/* The names of the parts of the file FD (SIZE bytes) named WHOLE in pieces of LIMIT bytes; EACH
 * gets part number, name and offset. */
guint parts_count(guint64 size, guint64 limit);
/* Writes part I (from 1) of FD to tmp; its full name (with the part's hash); caller frees both.
 * FALSE on error. */
gboolean parts_cut(spool *, int fd, guint64 size, guint64 limit, const envelope_name *whole,
		   guint i, char **ret_tmp, char **ret_name, GError **error);
/*
 * Stores the part in tmp file TMP under its name.  When it was the last one missing, *RET_TMP
 * (caller frees) is the tmp file of the whole, its hash checked (else REASON_PARTS and the parts
 * are gone).
 */
gboolean parts_add(spool *, const envelope_name *, const char *tmp, char **ret_tmp, GError **error);
/* How many of the parts of WHOLE are here; *RET_OF their number, 0 if none. */
guint parts_have(const spool *, const envelope_name *whole, guint *ret_of);
/* Removes the parts of WHOLE: it is done or came in one piece. */
gboolean parts_drop(spool *, const envelope_name *whole, GError **error);
