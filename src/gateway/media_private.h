/*
 * media_private - what the files of media share
 *
 * Included by media*.c only.
 */
#pragma once
#include "gateway/media.h"
#include "spool/name.h"

typedef struct {
	char *file;
	envelope_name name;
	guint64 size;
	gint64 time; /* when it was changed last */
} media_entry;

/* One direction of one link. */
typedef struct {
	char *link;
	char link8[NAME_LINK_LEN + 1];
	char role;       /* who sent these files */
	int from, to;    /* directories */
	int stick;       /* the one of both that is on the stick; borrowed */
	GPtrArray *left; /* media_entry * in order; NEXT is the first that was not looked at */
	guint next;
	GHashTable *delivered; /* names */
	GPtrArray *brought;    /* names to be taken off the stick */
} media_lane;

/* Makes FILE of FROM durable in TO, compared with what can be read back.  *RET is CARRIED, THERE,
 * LEFT or DAMAGED; FALSE: trouble of a disk. */
gboolean media_copy(const media_lane *, const media_entry *, media_outcome *ret, GError **error);

/* What was delivered, as the stick has it; names that are none of the lane's are passed over. */
GHashTable *media_read_delivered(const media_lane *);
gboolean media_write_delivered(const media_lane *, GError **error);
