/*
 * take - a file that somebody else put into a channel becomes a private copy
 *
 * Only the copy is looked at: what lies in a channel may change under the reader.
 */
#pragma once
#include "spool/quarantine.h"

/*
 * Copies FD (from its offset, LIMIT bytes at most, else REASON_TOO_LARGE) into a tmp file *RET_TMP
 * with the SHA-256 *RET_SHA (caller frees both).  *RET_COMPLETE: these are the bytes that NAME
 * promises; if not, they may still be on their way, which is no error.  The copy is not synced yet.
 */
gboolean take_copy(spool *, const envelope_name *, int fd, guint64 limit, char **ret_tmp,
		   char **ret_sha, gboolean *ret_complete, GError **error);
