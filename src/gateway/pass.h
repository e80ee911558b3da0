/*
 * pass - one round of a link: take in, apply, capture, seal, offer, acknowledge
 */
#pragma once
#include "gateway/gateway.h"

typedef struct {
	guint64 taken;             /* numbered envelopes stored in this pass */
	guint64 applied;           /* change records merged */
	guint64 captured;          /* change records made */
	guint64 sealed;            /* numbered envelopes sealed */
	guint64 held, quarantined; /* now, in all */
	guint64 braked;            /* deleted or emptied items that wait for a yes, in all */
	guint64 unacked;           /* numbers not yet done there */
	char *away;                /* why the channel can't be reached, or NULL; caller frees */
	/* For who stays: */
	gint64 wait;      /* seconds after which there is something to do even if nothing happens */
	guint unfinished; /* files of the partner that lie there and are not whole yet */
	gboolean asleep;  /* paused: nothing is to do before the operator does something */
} pass_report;

/*
 * Runs one pass.  A channel or partner that is away is no error: it is in the report and everything
 * waits.  FALSE: nothing is lost, and the next pass goes on where this one stopped.  A paused or
 * closed link does nothing, one that stopped only hears whether the partner begins anew.
 */
gboolean gateway_pass(gateway *, pass_report *ret, GError **error);
/* What a pass would capture now, as JSON lines (new references), without changing anything. Needs
 * GATE_TRACKER. */
GPtrArray *gateway_dry_run(gateway *, GError **error);
