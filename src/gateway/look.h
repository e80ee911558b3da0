/*
 * look - what reports and operators ask of a link alike
 */
#pragma once
#include "gateway/gateway.h"
#include "sync/sync.h"

/* An item as the store has it; both parts are set. */
typedef struct {
	store_item *row;
	sync_item *it;
} look_item;
void look_item_clear(look_item *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(look_item, look_item_clear)

/* The uid of the item that people here call ID (or whose uid it is) on this link; caller frees.
 * REASON_NO_ITEM says how to share it. */
char *look_uid(gateway *, const char *id, GError **error);
/* Loads item UID; REASON_NO_ITEM if this link does not know it. Caller clears RET. */
gboolean look_load(gateway *, const char *uid, look_item *ret, GError **error);
/* What people call it: its id here, else its uid; borrowed. */
const char *look_name(const look_item *);

/* Conflict NUMBER; class CONFIG if there is none. */
store_conflict *look_conflict(gateway *, guint64 number, GError **error);

/* Does register REG wait for the operator ("held"), or differ by a rule ("differs")? */
gboolean look_retryable(const sync_item *, const char *reg);
/* Registers of which that is so: new array of borrowed names. */
GPtrArray *look_retryables(const sync_item *);
/* Do records of the partner, or registers that were refused here, wait? */
gboolean look_waits(const sync_item *);
/* Items that wait, or whose tracker shows what can't be sent: array of look_item *; caller frees.
 */
GPtrArray *look_waiting(gateway *, GError **error);
/* [{"reg","how","reason","text","value"}]; value: what is agreed and not shown here. */
json_t *look_listed(gateway *, const sync_item *);

/* Sets KEY to TEXT, to the stamp of WHEN or to FORMAT's text; NULL and 0 become null. */
void look_put(json_t *object, const char *key, const char *text);
void look_put_time(json_t *object, const char *key, gint64 when);
void look_put_u64(json_t *object, const char *key, guint64 n);
void look_printf(json_t *object, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Appends {"kind","text","command"} to LIST: KIND is a stable word, COMMAND what helps, may be
 * NULL; TEXT and COMMAND are taken over. */
void look_tell(json_t *list, const char *kind, char *text, char *command);
/* "handsel FORMAT", with --home where it is needed (site_handsel); caller frees. */
char *look_command(const gateway *, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Sets KEY to REASON's number, or null for 0. */
void look_put_reason(json_t *object, const char *key, int reason);
