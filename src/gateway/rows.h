/*
 * rows - envelopes of a link as rows of a list
 *
 * A row is
 * {"id","direction":"in|out","kind","where","file","size","age","state","changes","reason"}.
 */
#pragma once
#include "gateway/gateway.h"

typedef struct {
	gateway *g;
	char *link8;
	char me, partner; /* role letters */
	GPtrArray *sent;  /* names that still lie in SEND; NULL: can't be told */
	json_t *all;      /* the rows */
} rows;

void rows_init(rows *, gateway *);
void rows_clear(rows *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(rows, rows_clear)

/* One more row, borrowed.  NOTE is of quarantine; DIR is where the file of the row lies. */
json_t *rows_add_outgoing(rows *, const store_outgoing *);
json_t *rows_add_incoming(rows *, const store_incoming *, spool_dir dir);
json_t *rows_add_quarantined(rows *, const json_t *note);

/* All of a sort: not done there; stored and not done here; sets of parts that have no file yet;
 * done here; refused. */
gboolean rows_outbox(rows *, GError **error);
gboolean rows_stored(rows *, GError **error);
gboolean rows_parts(rows *, GError **error);
gboolean rows_archive(rows *, GError **error);
gboolean rows_quarantine(rows *, GError **error);
