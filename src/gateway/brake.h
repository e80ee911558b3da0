/*
 * brake - many deletions at once wait for somebody's yes
 *
 * What a pass would delete at the partner, or empty there (sync_loss), is counted over the whole
 * pass.  Above sync.brake it waits, whatever else flows on, until a yes, or until the tracker shows
 * it again.  The partner's records for what waits are held.  What a partner deletes is not counted
 * here: the brake is the sender's.
 */
#pragma once
#include "base/json.h"
#include "gateway/gateway.h"

/*
 * {"link","code","deleted":n,"emptied":n,"items":n,"limit":n,"waits":[{"id","uid","title",
 *  "what":"deleted|emptied","text","at","released"}]}
 * "code" stands for exactly what waits, and is null when nothing does; what is released leaves with
 * the next pass and is not counted.  "items": on the link, "limit": how many need no yes.
 */
json_t *brake_report(gateway *, GError **error);
/* What waits, in one line; NULL for nothing; caller frees. */
char *brake_text(const json_t *report);
/* Says yes to what CODE stands for; class CONFIG if that is not what waits. */
gboolean brake_release(gateway *, const char *code, guint *ret_count, GError **error);
/* The code of what is not released among WAITING (store_braked), or NULL; caller frees. */
char *brake_code(const GPtrArray *waiting);
