/*
 * anchor - directories as they were at one moment, and whether they are still these
 *
 * A fence (base/fence.h) leaves a gap at a directory, not at its path: what is put there later, or
 * mounted there, is out of reach.  So is a stick that was taken out and put back, which bears the
 * same numbers as before; the system tells that it was away, without keeping it from being taken
 * out.
 */
#pragma once
#include <glib.h>

typedef struct anchor anchor;

anchor *anchor_new(void);
/* NULL is a no-op. */
void anchor_free(anchor *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(anchor, anchor_free)
/* Remembers the directory at PATH (symbolic links followed), or that there is none.  Hangs as long
 * as its file system does, as does the next. */
void anchor_add(anchor *, const char *path);
/* FALSE: at one of the paths lies a directory, and it is not the one that was there. */
gboolean anchor_holds(anchor *);
