/*
 * parts - an envelope cut to fit a limit, and put together again
 *
 * Parts are sent and taken as files of their own, in any order, each with its own hash in its name.
 */
#pragma once
#include "spool/spool.h"

/* How many parts of LIMIT bytes a file of SIZE bytes makes; at least 1. */
guint parts_count(guint64 size, guint64 limit);
/* Writes part I (from 1) of FD to tmp; its full name (with the part's hash); caller frees both.
 * More than NAME_PARTS_MAX parts: class CONFIG. */
gboolean parts_cut(spool *, int fd, guint64 size, guint64 limit, const envelope_name *whole,
		   guint i, char **ret_tmp, char **ret_name, GError **error);
/*
 * Moves the part in tmp file TMP under its name; durable after spool_flush().  When none is missing
 * any more, *RET_TMP (caller frees) is the tmp file of the whole, its hash checked (else
 * REASON_PARTS and the parts are gone), not synced; else *RET_TMP is untouched.  The parts stay
 * until parts_drop(): a crash before the whole is placed loses nothing.
 */
gboolean parts_add(spool *, const envelope_name *, const char *tmp, char **ret_tmp, GError **error);
/*
 * Is there room for SIZE bytes of PART, if all parts together may have MOST?  Those of later
 * numbers make room, the latest first: they come again.  *RET_BYTES: how many there are then,
 * without PART.
 */
gboolean parts_make_room(spool *, const envelope_name *part, guint64 size, guint64 most,
			 guint64 *ret_bytes, gboolean *ret, GError **error);
/* How many of the parts of WHOLE are here; *RET_OF their number, 0 if none. */
guint parts_have(const spool *, const envelope_name *whole, guint *ret_of);
/* Removes the parts of WHOLE: it is done or came in one piece. */
gboolean parts_drop(spool *, const envelope_name *whole, GError **error);
