/*
 * rebase - a link begins anew from what both sides have
 *
 * After a restored backup, or whatever else brought the two out of step.  Either operator opens it:
 * nothing numbered counts any more, what waited is dropped, and what this side has is told in R.
 * The other side's operator says yes, unless nothing differs.  Then each item is agreed on if both
 * have the same, else whoever has it states it: nothing is deleted.
 */
#pragma once
#include "base/json.h"
#include "gateway/gateway.h"

typedef enum {
	REBASE_ITEM_SAME,
	REBASE_ITEM_DIFFERS,
	REBASE_ITEM_HERE,
	REBASE_ITEM_THERE
} rebase_how;

/* May link be begun anew?  Class CONFIG says why not. */
gboolean rebase_may(gateway *, GError **error);
/*
 * {"state":"agreed|asked|open","since":stamp or null,"here":n,"there":n,"differing":n,"same":n,
 *  "items":[{"uid","id","title","partner_id","how":"differs|here|there"}],"dropped":[text]}
 * asked: the partner has begun and waits for a yes; only then, numbers and items are known, else
 * they are null.  "dropped": what opening drops of this side's.  Needs GATE_TRACKER.
 */
json_t *rebase_report(gateway *, GError **error);
/* Opens, and tells the partner if the channel is there.  Needs GATE_WORK. */
gboolean rebase_open(gateway *, GError **error);
/* Does this side wait for the partner to begin anew, too? */
gboolean rebase_is_open(const gateway *);
/* For status: adds what waits to one of the lists; TRUE if this side is open. */
gboolean rebase_judge(gateway *, json_t *problems, json_t *hints);
