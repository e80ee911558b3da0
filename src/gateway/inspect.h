/*
 * inspect - one envelope of the spool looked at from outside to inside, changing nothing
 *
 * The same checks as when it is taken, each with its own result, so that an operator sees how far
 * it got.
 */
#pragma once
#include "gateway/gateway.h"

#define INSPECT_LINES 1000               /* lines that are kept */
#define INSPECT_BYTES (16 * 1024 * 1024) /* of text in them, in all */

typedef struct {
	json_t *checks; /* [{"check","result"}]: "ok", "FAILED" or "not looked at" */
	char *sha256;
	guint64 size;
	GError *why;      /* what the first failed check found; NULL: all are ok */
	json_t *manifest; /* NULL if it could not be read */
	json_t *lines;    /* the first lines; NULL like the manifest */
	gboolean more;    /* there are more of them */
} inspection;

/*
 * Inspects FILE in DIR.  Keys are needed (GATE_WORK) for all but the outermost checks, which are
 * then not looked at.  FALSE is trouble on this side: the envelope is not judged by it.  KEEP:
 * lines are wanted.
 */
gboolean inspect_file(gateway *, spool_dir dir, const char *file, gboolean keep, inspection *ret,
		      GError **error);
void inspection_clear(inspection *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(inspection, inspection_clear)
