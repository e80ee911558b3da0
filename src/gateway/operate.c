#include "gateway/operate.h"

#include <string.h>

#include "gateway/look.h"
#include "gateway/private.h"

#define PORTION 1000 /* items looked at between two questions to the state */

/* ---- one item at a time, inside a transaction ---- */

/* What a step of sync on IT, shown as NOW, brings: saved, and INTENT (may be NULL) carried out. */
static gboolean
settle(gateway *g, sync_item *it, const item *now, sync_out *out, json_t *intent, GError **error)
{
	return gate_save(g, it, now, out, error) &&
	       (intent == NULL || gate_add_intent(g, it, now, intent, error)) &&
	       gate_flush(g, error);
}

/* A record that does not fit is not merged by trying again: the item starts anew on both sides. */
static gboolean
repair(gateway *g, const char *uid, GError **error)
{
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (it == NULL || !gate_view(g, it, &now, error))
		return FALSE;
	sync_out_init(&out);
	sync_repair(&ctx, it, now, &out);
	gboolean ok = settle(g, it, now, &out, NULL, error);
	sync_out_clear(&out);
	return ok;
}

static gboolean
retry_records(gateway *g, const look_item *i, GError **error)
{
	if (json_array_size(i->it->inq) == 0)
		return TRUE;
	if (i->it->why == REASON_BASES_DIFFER)
		return repair(g, i->row->uid, error);
	return gate_release_one(g, i->row->uid, error);
}

/* Retries (DROP: gives up) one register, if it is still listed. */
static gboolean
try_register(gateway *g, const char *uid, const char *reg, gboolean drop, GError **error)
{
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autoptr(item) now = NULL;
	g_autoptr(json_ref) intent = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (it == NULL || !gate_view(g, it, &now, error))
		return FALSE;
	if (!look_retryable(it, reg))
		return TRUE;
	if (!drop && !gate_ask_again(g, it, reg, error))
		return FALSE;
	sync_out_init(&out);
	if (drop)
		sync_drop(&ctx, it, now, reg, &out);
	else
		intent = sync_retry(&ctx, it, now, reg, &out);
	gboolean ok = settle(g, it, now, &out, intent, error);
	sync_out_clear(&out);
	return ok;
}

static gboolean
try_registers(gateway *g, const look_item *i, gboolean drop, GError **error)
{
	g_autoptr(GPtrArray) regs = look_retryables(i->it);

	for (guint n = 0; n < regs->len; n++)
		if (!try_register(g, i->row->uid, regs->pdata[n], drop, error))
			return FALSE;
	return TRUE;
}

static gboolean
retry_item(gateway *g, const look_item *i, GError **error)
{
	gate_note(g, "retried", i->row->uid, NULL, "by the operator");
	return retry_records(g, i, error) && try_registers(g, i, FALSE, error);
}

static gboolean
drop_records(gateway *g, const look_item *i, GError **error)
{
	g_autoptr(sync_item) it = gate_load(g, i->row->uid, error);
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (it == NULL || !gate_view(g, it, &now, error))
		return FALSE;
	sync_out_init(&out);
	sync_drop_held(&ctx, it, now, &out);
	gboolean ok = settle(g, it, now, &out, NULL, error);
	sync_out_clear(&out);
	return ok;
}

static gboolean
drop_item(gateway *g, const look_item *i, GError **error)
{
	return (json_array_size(i->it->inq) == 0 || drop_records(g, i, error)) &&
	       try_registers(g, i, TRUE, error);
}

/* ---- transactions ---- */

typedef gboolean step(gateway *, const look_item *, GError **);

/* Does STEP to item UID in a transaction of its own: what was done to others stays done. */
static gboolean
do_item(gateway *g, const char *uid, step *each, GError **error)
{
	g_auto(look_item) i = {0};

	if (!store_begin(g->store, error))
		return FALSE;
	if (look_load(g, uid, &i, error) && !gate_braked(g, uid, error) && each(g, &i, error) &&
	    store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}

/* May anything be written, and is nothing left half done? */
static gboolean
make_ready(gateway *g, GError **error)
{
	if (!gate_may_operate(g, error) || !store_begin(g->store, error))
		return FALSE;
	if (gate_recover(g, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}

static gboolean
count_left(gateway *g, const char *uid, guint *ret, GError **error)
{
	g_autoptr(GPtrArray) waiting = look_waiting(g, error);
	guint left = 0;

	if (waiting == NULL)
		return FALSE;
	for (guint n = 0; n < waiting->len; n++) {
		const look_item *i = waiting->pdata[n];

		if (look_waits(i->it) && (uid == NULL || g_str_equal(uid, i->row->uid)))
			left++;
	}
	*ret = left;
	return TRUE;
}

/* Uids of the items that wait; ID NULL: of all. */
static GPtrArray *
chosen(gateway *g, const char *id, GError **error)
{
	g_autoptr(GPtrArray) uids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) waiting = NULL;
	char *uid;

	if (id != NULL) {
		if ((uid = look_uid(g, id, error)) == NULL)
			return NULL;
		g_ptr_array_add(uids, uid);
		return g_steal_pointer(&uids);
	}
	if ((waiting = look_waiting(g, error)) == NULL)
		return NULL;
	for (guint n = 0; n < waiting->len; n++) {
		const look_item *i = waiting->pdata[n];

		/* What waits for a yes goes on by itself. */
		if (!store_is_braked(g->store, i->row->uid))
			g_ptr_array_add(uids, g_strdup(i->row->uid));
	}
	return g_steal_pointer(&uids);
}

gboolean
hold_retry(gateway *g, const char *id, guint *ret_left, GError **error)
{
	g_autoptr(GPtrArray) uids = NULL;

	if (!make_ready(g, error) || (uids = chosen(g, id, error)) == NULL)
		return FALSE;
	for (guint n = 0; n < uids->len; n++)
		if (!do_item(g, uids->pdata[n], retry_item, error))
			return FALSE;
	return count_left(g, id == NULL ? NULL : uids->pdata[0], ret_left, error);
}

/* "2 held changes and 1 refused value", what there is to be dropped; NULL if there is nothing;
 * caller frees. */
static char *
waiting_text(gateway *g, const char *uid, GError **error)
{
	g_auto(look_item) i = {0};

	if (!look_load(g, uid, &i, error))
		return NULL;
	g_autoptr(GPtrArray) regs = look_retryables(i.it);
	size_t held = json_array_size(i.it->inq);
	if (held > 0 || regs->len > 0)
		return g_strdup_printf("%zu held change%s and %u refused value%s", held,
				       held == 1 ? "" : "s", regs->len, regs->len == 1 ? "" : "s");
	fail_set(error, FAIL_CONFIG, "nothing of item %s waits on link %s", look_name(&i), g->name);
	return NULL;
}

gboolean
hold_drop(gateway *g, const char *id, const char *note, GError **error)
{
	g_autofree char *uid = NULL, *what = NULL;
	g_auto(look_item) i = {0};

	if (!make_ready(g, error) || (uid = look_uid(g, id, error)) == NULL ||
	    (what = waiting_text(g, uid, error)) == NULL || gate_braked(g, uid, error) ||
	    !store_begin(g->store, error))
		return FALSE;
	gate_note(g, "dropped", uid, NULL, "%s, by the operator%s%s", what,
		  note != NULL ? ": " : "", note != NULL ? note : "");
	if (look_load(g, uid, &i, error) && drop_item(g, &i, error) &&
	    store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}

/* ---- conflicts ---- */

/* The value behind "VALUE=", read as what people type; NULL with *ERROR. */
static json_t *
typed_value(gateway *g, const sync_item *it, const char *reg, const char *text, GError **error)
{
	const contract_field *f = contract_field_of(g->contract, it->kind, reg);

	if (f != NULL)
		return type_parse(f->type, reg, text, contract_limit_field(g->contract), error);
	fail_set(error, FAIL_USAGE, "%s is no field; choose mine or theirs", reg);
	return NULL;
}

static gboolean
resolve(gateway *g, sync_item *it, const char *reg, const char *choice, GError **error)
{
	g_autoptr(item) now = NULL;
	g_autoptr(json_ref) value = NULL, intent = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (g_str_has_prefix(choice, "VALUE=") &&
	    (value = typed_value(g, it, reg, choice + strlen("VALUE="), error)) == NULL)
		return FALSE;
	if (!gate_view(g, it, &now, error))
		return FALSE;
	sync_out_init(&out);
	gboolean ok = sync_resolve(&ctx, it, now, reg, choice, value, &out, &intent, error) &&
		      settle(g, it, now, &out, intent, error);
	sync_out_clear(&out);
	if (ok)
		gate_note(g, "resolved", it->uid, NULL, "%s: %s", reg, choice);
	return ok;
}

static gboolean
has_room(gateway *g, const sync_item *it, GError **error)
{
	if (gate_room(g, it))
		return TRUE;
	fail_set(error, FAIL_RETRY,
		 "%" G_GUINT64_FORMAT " changes of the item are on their way to the partner; try "
		 "again when they are acknowledged",
		 sync_k(it));
	return FALSE;
}

gboolean
conflict_resolve(gateway *g, guint64 number, const char *choice, GError **error)
{
	g_autoptr(store_conflict) c = NULL;
	g_autoptr(sync_item) it = NULL;

	if (!make_ready(g, error) || (c = look_conflict(g, number, error)) == NULL)
		return FALSE;
	if (!c->open) {
		fail_set(error, FAIL_CONFIG,
			 "conflict %" G_GUINT64_FORMAT " of link %s is not open any more", number,
			 g->name);
		return FALSE;
	}
	if (gate_braked(g, c->uid, error) || !store_begin(g->store, error))
		return FALSE;
	if ((it = gate_load(g, c->uid, error)) != NULL && has_room(g, it, error) &&
	    resolve(g, it, c->reg, choice, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}

/* ---- resync ---- */

static gboolean
is_paired(gateway *g, GError **error)
{
	/* One that begins anew is told so when it is made ready. */
	if (g->rebase->open || (g->n.with != NULL && g->state == PAIR_RUNNING))
		return TRUE;
	fail_set(error, FAIL_CONFIG, "link %s is not paired; nothing travels on it yet", g->name);
	return FALSE;
}

static gboolean
send_again(gateway *g, const look_item *i, GError **error)
{
	if (!has_room(g, i->it, error))
		return FALSE;
	gate_note(g, "resynced", i->row->uid, NULL, "by the operator");
	return repair(g, i->row->uid, error);
}

gboolean
resync_item(gateway *g, const char *id, GError **error)
{
	g_autofree char *uid = NULL;

	return is_paired(g, error) && make_ready(g, error) &&
	       (uid = look_uid(g, id, error)) != NULL && do_item(g, uid, send_again, error);
}

static gboolean
note_uid(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	 gpointer data)
{
	(void)at;
	(void)what;
	(void)envelope;
	(void)text;
	if (uid != NULL)
		g_hash_table_add(data, g_strdup(uid));
	return TRUE;
}

/* Has the items of UIDS captured afresh. */
static gboolean
look_again(gateway *g, GHashTable *uids, GError **error)
{
	GHashTableIter i;
	gpointer uid;

	g_hash_table_iter_init(&i, uids);
	while (g_hash_table_iter_next(&i, &uid, NULL))
		if (!store_add_dirty(g->store, uid, error))
			return FALSE;
	return TRUE;
}

gboolean
resync_link(gateway *g, gint64 since, guint *ret_count, GError **error)
{
	g_autoptr(GHashTable) uids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!is_paired(g, error) || !make_ready(g, error) ||
	    (since > 0 && !store_notes(g->store, NULL, since, note_uid, uids, error)) ||
	    !store_begin(g->store, error))
		return FALSE;
	gate_note(g, "resynced", NULL, NULL, "by the operator");
	/* Without its cursor the sweep begins with the tracker's first item. */
	if ((since > 0 ? look_again(g, uids, error) : store_put(g->store, "cursor", NULL, error)) &&
	    store_commit(g->store, error)) {
		*ret_count = g_hash_table_size(uids);
		return TRUE;
	}
	store_rollback(g->store);
	return FALSE;
}

/* Is FIELD set in the item, or does it differ? */
static gboolean
speaks_of(const sync_item *it, const char *field)
{
	return sync_alive(it) &&
	       (sync_top(it, field) != NULL || json_object_get(it->listed, field) != NULL);
}

static gboolean
send_field(gateway *g, const store_item *row, const char *field, guint *count, GError **error)
{
	g_auto(look_item) i = {0};

	if (!row->live || !row->here)
		return TRUE;
	if (!look_load(g, row->uid, &i, error))
		return FALSE;
	if (!speaks_of(i.it, field))
		return TRUE;
	(*count)++;
	return do_item(g, row->uid, send_again, error);
}

static gboolean
knows_field(gateway *g, const char *field, GError **error)
{
	if (contract_has_field(g->contract, field))
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "link %s exchanges no field %s; handsel link show %s lists them", g->name, field,
		 g->name);
	return FALSE;
}

gboolean
resync_field(gateway *g, const char *field, guint *ret_count, GError **error)
{
	g_autofree char *from = NULL;
	guint count = 0;

	if (!is_paired(g, error) || !knows_field(g, field, error) || !make_ready(g, error))
		return FALSE;
	for (;;) {
		g_autoptr(GPtrArray) some = store_items(g->store, from, PORTION, error);

		if (some == NULL)
			return FALSE;
		for (guint n = 0; n < some->len; n++)
			if (!send_field(g, some->pdata[n], field, &count, error))
				return FALSE;
		if (some->len < PORTION)
			break;
		const store_item *last = some->pdata[some->len - 1];
		g_free(from);
		from = g_strdup(last->uid);
	}
	*ret_count = count;
	return TRUE;
}
