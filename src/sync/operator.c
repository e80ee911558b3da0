#include "sync/sync_private.h"

#include <string.h>

/* Can listed register REG still be decided?  Of a deleted item only its life can. */
static gboolean
decidable(const sync_item *it, const sync_view *view, const char *reg)
{
	if (listed_how(it, reg) == NULL)
		return FALSE;
	return strcmp(reg, ITEM_LIFE) == 0 || (view != NULL && sync_alive(it));
}

/* The value that CHOICE or VALUE names, canonical; NULL and *ERROR otherwise. */
static json_t *
chosen(const sync_ctx *ctx, const sync_item *it, const char *reg, const char *choice,
       const json_t *value, GError **error)
{
	const json_t *top = sync_top(it, reg);

	if (value != NULL)
		return contract_check(ctx->contract, it->kind, reg, value, error);
	gboolean mine = g_strcmp0(choice, "mine") == 0;
	if (!mine && g_strcmp0(choice, "theirs") != 0) {
		fail_set(error, FAIL_USAGE, "a conflict is resolved by mine, theirs or a value");
		return NULL;
	}
	const json_t *x = value_cand(top, mine ? ctx->master : !ctx->master);
	return json_incref(json_object_get(x, "v"));
}

static gboolean
resolvable(const sync_item *it, const sync_view *view, const char *reg, GError **error)
{
	const char *name = it->id != NULL ? it->id : it->uid;

	if (value_form_of(sync_top(it, reg)) != VALUE_CONFLICT) {
		fail_set(error, FAIL_USAGE, "%s of %s has no open conflict", reg, name);
		return FALSE;
	}
	if (view == NULL || !it->here || !sync_alive(it)) {
		fail_set(error, FAIL_USAGE, "%s is not here any more", name);
		return FALSE;
	}
	if (json_array_size(it->inq) > 0) {
		fail_set(error, FAIL_USAGE, "%s is held; release it first: handsel hold retry",
			 name);
		return FALSE;
	}
	return TRUE;
}

static void
lose_unchosen(const json_t *top, const char *reg, const json_t *v, sync_out *out)
{
	for (int master = 1; master >= 0; master--) {
		const json_t *x = value_cand(top, master != 0);
		if (!value_same(json_object_get(x, "v"), v))
			out_lose(out->losses, reg, x, "resolved");
	}
}

gboolean
sync_resolve(const sync_ctx *ctx, sync_item *it, const item *raw, const char *reg,
	     const char *choice, const json_t *value, sync_out *out, json_t **ret_intent,
	     GError **error)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	capture_view(ctx, it, view, TRUE, out);
	if (!resolvable(it, view, reg, error))
		return FALSE;
	g_autoptr(json_ref) v = chosen(ctx, it, reg, choice, value, error);
	if (v == NULL)
		return FALSE;

	json_t *top = sync_top(it, reg);
	const char *at =
		stamp_max(value_at(value_cand(top, TRUE)), value_at(value_cand(top, FALSE)));
	g_autoptr(json_ref) ch = json_object();
	json_object_set_new(ch, reg, value_plain(v, stamp_max(at, ctx->now)));
	lose_unchosen(top, reg, v, out);
	record_make(ctx, it, ch, NULL, FALSE, NULL, out);
	g_autoptr(GPtrArray) regs = g_ptr_array_new();
	g_ptr_array_add(regs, (char *)reg);
	*ret_intent = plan_again(ctx, it, view, regs);
	return TRUE;
}

json_t *
sync_retry(const sync_ctx *ctx, sync_item *it, const item *raw, const char *reg, sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	capture_view(ctx, it, view, TRUE, out);
	if (!decidable(it, view, reg))
		return NULL;
	g_autoptr(GPtrArray) regs = g_ptr_array_new();
	g_ptr_array_add(regs, (char *)reg);
	return plan_again(ctx, it, view, regs);
}

/* The whole item: what we show comes back to the partner, or it is told that we keep out. */
static void
drop_life(const sync_ctx *ctx, sync_item *it, const sync_view *view, sync_out *out)
{
	static const char why[] = "dropped by the operator";

	if (view != NULL) {
		generation_start(ctx, it, view, 0, why, out);
		return;
	}
	g_autoptr(json_ref) ch = json_object();
	json_object_set_new(ch, ITEM_LIFE, life_value(LIFE_UNSHARED));
	record_make(ctx, it, ch, why, FALSE, NULL, out);
}

void
sync_drop(const sync_ctx *ctx, sync_item *it, const item *raw, const char *reg, sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	capture_view(ctx, it, view, TRUE, out);
	/* What does not fit the contract has nothing to give back. */
	if (!decidable(it, view, reg) || strcmp(listed_how(it, reg), HOW_UNSENT) == 0)
		return;
	json_object_del(it->listed, reg);
	if (strcmp(reg, ITEM_LIFE) == 0) {
		drop_life(ctx, it, view, out);
		return;
	}

	json_t *top = sync_top(it, reg), *x;
	gboolean fresh = reg[0] == '@' && json_object_get(it->shadow, reg) == NULL;
	x = fresh ? value_unshared()
		  : capture_stamp(ctx, reg, view_value(view, reg), view_entry(view, reg), top,
				  NULL);
	out_lose(out->losses, reg, top, "dropped by the operator");
	g_autoptr(json_ref) ch = json_object();
	json_object_set_new(ch, reg, x);
	record_make(ctx, it, ch, "dropped by the operator", FALSE, NULL, out);
}
