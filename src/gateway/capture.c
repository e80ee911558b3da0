#include "gateway/private.h"

#define SWEEP 1000 /* items asked of the tracker at once */

/* What changed since the last sweep is remembered first, so that the cursor may move on. */
gboolean
gate_collect(gateway *g, GError **error)
{
	g_autofree char *scope = store_get(g->store, "scope");

	/* Another scope may let in what was passed over. */
	if (g_strcmp0(scope, conf_text(g->conf, "scope")) != 0 &&
	    (!store_put(g->store, "cursor", NULL, error) ||
	     !store_put(g->store, "scope", conf_text(g->conf, "scope"), error)))
		return FALSE;
	for (;;) {
		g_autofree char *cursor = store_get(g->store, "cursor");
		g_autofree char *next = NULL;
		g_autoptr(GPtrArray) uids = NULL;

		if (!g->tracker_ops->changes(g->tracker, g->name, cursor, SWEEP, &uids, &next,
					     error))
			return FALSE;
		for (guint i = 0; i < uids->len; i++)
			if (!store_add_dirty(g->store, uids->pdata[i], error))
				return FALSE;
		if (g_strcmp0(cursor, next) == 0)
			return TRUE;
		if (!store_put(g->store, "cursor", next, error))
			return FALSE;
	}
}

static gboolean
window_full(gateway *g, gboolean *ret, GError **error)
{
	guint64 count, bytes;

	if (!store_unsettled(g->store, g->n.settled, &count, &bytes, error))
		return FALSE;
	*ret = count >= (guint64)conf_int(g->conf, "sync.max_unacked") ||
	       bytes >= (guint64)conf_int(g->conf, "sync.max_unacked_bytes");
	return TRUE;
}

gboolean
gate_room(const gateway *g, const sync_item *it)
{
	return sync_k(it) < (guint64)conf_int(g->conf, "sync.window");
}

/* Captures UID, unless it BRAKES and is a loss; *RET_DONE: it need not be looked at again until it
 * changes. */
static gboolean
capture(gateway *g, const char *uid, gboolean brakes, gboolean *ret_done, GError **error)
{
	*ret_done = FALSE;
	if (store_has_intent(g->store, uid))
		return TRUE;
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autoptr(item) now = NULL;
	if (it == NULL)
		return FALSE;
	/* Further edits wait in the tracker and coalesce: a year of silence costs no growth. */
	if (!gate_room(g, it))
		return TRUE;
	if (!gate_view(g, it, &now, error))
		return FALSE;
	if (brakes && gate_loses(g, it, now))
		return TRUE;
	*ret_done = TRUE;
	gboolean scoped = now != NULL && it->gen == 0 && gate_in_scope(g, now);
	if (it->gen == 0 && !scoped)
		return TRUE;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;
	sync_out_init(&out);
	sync_capture(&ctx, it, now, scoped, &out);
	gboolean ok = it->gen == 0 || gate_save(g, it, now, &out, error);
	sync_out_clear(&out);
	return ok;
}

static gboolean
capture_dirty(gateway *g, const char *uid, gboolean brakes, GError **error)
{
	gboolean done;

	return capture(g, uid, brakes, &done, error) &&
	       (!done || store_drop_dirty(g->store, uid, error));
}

/* Captures what is dirty, but for losses. */
static gboolean
sweep_dirty(gateway *g, GError **error)
{
	guint64 seq = 0;

	while (gate_go_on(g)) {
		g_autoptr(GPtrArray) uids = store_dirty(g->store, seq, SWEEP, &seq, error);

		if (uids == NULL)
			return FALSE;
		if (uids->len == 0)
			break;
		for (guint i = 0; i < uids->len; i++) {
			if (g->only != NULL && !g_hash_table_contains(g->only, uids->pdata[i]))
				continue;
			if (!capture_dirty(g, uids->pdata[i], TRUE, error))
				return FALSE;
		}
	}
	return TRUE;
}

/*
 * While something waits for a yes and nothing else has happened, the tracker may be put back as it
 * was: an adapter that notices old copies by its cursor takes that one.
 */
static gboolean
keep_cursor(gateway *g, const char *cursor, GError **error)
{
	guint64 waiting;

	if (!store_count_braked(g->store, &waiting, error))
		return FALSE;
	return waiting == 0 || g->captured > 0 || g->applied > 0 ||
	       store_put(g->store, "cursor", cursor, error);
}

gboolean
gate_sweep(gateway *g, GError **error)
{
	g_autofree char *cursor = store_get(g->store, "cursor");
	gboolean full;

	if (!gate_collect(g, error) || !window_full(g, &full, error))
		return FALSE;
	if (full)
		return gate_references(g, error);
	g_ptr_array_set_size(g->losses, 0);
	if (!sweep_dirty(g, error))
		return FALSE;
	/* How many they are is known only now; nothing of this pass has been sealed yet. */
	g_autoptr(GPtrArray) few = gate_brake(g, g->only == NULL, error);
	if (few == NULL)
		return FALSE;
	for (guint i = 0; i < few->len; i++)
		if (!capture_dirty(g, few->pdata[i], FALSE, error))
			return FALSE;
	return keep_cursor(g, cursor, error) && gate_references(g, error);
}

/* References whose other end has become live are written now, and local ones seen for the first
 * time. */
gboolean
gate_references(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) due = NULL;

	if (g->dry != NULL)
		return TRUE;
	if ((due = store_dangling_due(g->store, error)) == NULL)
		return FALSE;
	for (guint i = 0; i < due->len; i++) {
		const char *uid = due->pdata[i];
		g_autoptr(sync_item) it = NULL;
		g_autoptr(item) now = NULL;
		sync_out out;

		if (store_has_intent(g->store, uid))
			continue;
		if ((it = gate_load(g, uid, error)) == NULL)
			return FALSE;
		/* It stays due. */
		if (!gate_room(g, it))
			continue;
		if (!gate_view(g, it, &now, error))
			return FALSE;
		/* What may have to wait is for the sweep to judge. */
		if (gate_loses(g, it, now)) {
			if (!store_add_dirty(g->store, uid, error))
				return FALSE;
			continue;
		}
		sync_ctx ctx = gate_ctx(g);
		sync_out_init(&out);
		sync_capture(&ctx, it, now, TRUE, &out);
		g_autoptr(GPtrArray) regs = sync_refs_due(&ctx, it);
		g_autoptr(json_ref) intent = regs == NULL ? NULL : sync_replan(&ctx, it, now, regs);
		gboolean ok = gate_save(g, it, now, &out, error) &&
			      (intent == NULL || gate_add_intent(g, it, now, intent, error));
		sync_out_clear(&out);
		if (!ok)
			return FALSE;
	}
	return gate_flush(g, error);
}

gboolean
gate_release_one(gateway *g, const char *uid, GError **error)
{
	for (;;) {
		g_autoptr(sync_item) it = gate_load(g, uid, error);

		if (it == NULL)
			return FALSE;
		guint before = (guint)json_array_size(it->inq);
		const json_t *head = json_array_get(it->inq, 0);
		gboolean elsewhere =
			!it->joined && json_flag(head, "full") && gate_elsewhere(g, uid);
		json_t *record = sync_waiting(it, elsewhere);
		if (record == NULL || gate_block(g, it, record) != 0) {
			/* Stale records may have gone. */
			return json_array_size(it->inq) == before ||
			       gate_save(g, it, NULL, NULL, error);
		}
		g_autoptr(json_ref) kept = json_incref(record);
		if (!gate_merge(g, g_steal_pointer(&it), kept, TRUE, error) ||
		    !gate_flush(g, error))
			return FALSE;
		g_autoptr(store_item) row = store_load_item(g->store, uid, error);
		if (row == NULL)
			return FALSE;
		if (row->held == 0 || row->held >= before)
			return TRUE;
	}
}

/* Tries what is held again: what it waited for may be here now. */
gboolean
gate_release(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) waiting = store_waiting_items(g->store, FALSE, error);

	if (waiting == NULL)
		return FALSE;
	for (guint i = 0; i < waiting->len; i++) {
		const store_item *row = waiting->pdata[i];

		if (row->listed > 0 && !gate_show_content(g, row->uid, error))
			return FALSE;
		if (row->held == 0 || row->why == REASON_ALREADY_HERE ||
		    row->why == REASON_BASES_DIFFER)
			continue;
		if (!gate_release_one(g, row->uid, error))
			return FALSE;
	}
	return TRUE;
}
