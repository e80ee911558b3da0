/*
 * fsio_private - what the files of fsio share
 *
 * Included by fsio*.c only.
 */
#pragma once
#include <glib.h>

/* What messages call NAME in DIR (NULL: DIR itself), as a path where that can be told.  Caller
 * frees. */
char *fsio_where(int dir, const char *name);
/* fail_errno() for WHAT ("cannot open") of NAME in DIR. */
void fsio_fail(GError **error, int errnum, const char *what, int dir, const char *name);
/* FALSE and class BUG if NAME would lead out of DIR.  Any path passes where DIR is AT_FDCWD. */
gboolean fsio_check_name(int dir, const char *name, GError **error);
/* openat(2) past the fault point "open", close-on-exec; -1 on error. */
int fsio_open_at(int dir, const char *name, int flags, GError **error);
