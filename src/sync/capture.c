#include "sync/sync_private.h"

#include <string.h>

/* Fields not touched since SHADOW keep the top's value and time. */
static json_t *
stamp_thing(json_t *val, const json_t *entry, const json_t *old, const json_t *shadow)
{
	json_t *map = json_object(), *ats = json_object(), *v;
	const json_t *top = value_of(old);
	const char *field;

	json_object_foreach (val, field, v) {
		json_t *was = json_object_get(top, field);
		const char *before = was == NULL ? NULL : thing_at(old, field);
		const char *at = stamp_max(thing_at(entry, field), before);

		if (was != NULL &&
		    (json_equal(was, v) || value_same(json_object_get(shadow, field), v))) {
			v = was;
			at = before;
		}
		json_object_set(map, field, v);
		if (at != NULL)
			json_object_set_new(ats, field, json_string(at));
	}
	return thing_value(map, ats);
}

json_t *
capture_stamp(const sync_ctx *ctx, const char *reg, json_t *val, const json_t *entry,
	      const json_t *old, const json_t *shadow)
{
	if (reg[0] == '@')
		return val == NULL ? json_null() : stamp_thing(val, entry, old, shadow);
	if (strchr(reg, ':') != NULL)
		return val == NULL ? json_null() : value_plain(val, value_at(entry));
	/* Never behind the register's previous time. */
	return value_plain(val, stamp_max(value_at(entry), value_at(value_cand(old, ctx->master))));
}

/* One register of capture_mine(); NULL: not stated. */
static json_t *
mine_one(const sync_ctx *ctx, const sync_item *it, const sync_view *view, const char *reg)
{
	json_t *top = sync_top(it, reg), *entry = view_entry(view, reg);
	json_t *v = json_object_get(entry, "v");
	gboolean alive = sync_alive(it), agreed = top != NULL && alive;

	if (agreed && value_form_of(top) != VALUE_UNSHARED &&
	    (listed_how(it, reg) != NULL || shown_is(ctx, it, reg, top, v)))
		return value_ref(value_cand(top, ctx->master));
	if (v == NULL && !(agreed && item_reg_type(reg) == REG_FIELD))
		return NULL;
	return capture_stamp(ctx, reg, v, entry, NULL, NULL);
}

json_t *
capture_mine(const sync_ctx *ctx, const sync_item *it, const sync_view *view)
{
	json_t *full = json_object(), *any;
	const char *reg;

	if (view != NULL) {
		json_object_foreach (view->regs, reg, any) {
			json_t *x = mine_one(ctx, it, view, reg);
			if (x != NULL)
				json_object_set_new(full, reg, x);
		}
	}
	json_object_foreach (it->rows, reg, any) {
		if (strcmp(reg, ITEM_LIFE) == 0 || view_entry(view, reg) != NULL)
			continue;
		json_t *x = mine_one(ctx, it, view, reg);
		if (x != NULL)
			json_object_set_new(full, reg, x);
	}
	return full;
}

/* What the person who deleted it never saw: what was held here, and the partner's candidates. */
static void
lose_unseen(const sync_ctx *ctx, const sync_item *it, sync_out *out)
{
	const char *reg;
	json_t *row;

	json_object_foreach (it->rows, reg, row) {
		const json_t *top = sync_top(it, reg);
		if (listed_how(it, reg) != NULL)
			out_lose(out->losses, reg, top, "deleted");
		else if (value_form_of(top) == VALUE_CONFLICT)
			out_lose(out->losses, reg, value_cand(top, !ctx->master), "deleted");
	}
}

static void
capture_deletion(const sync_ctx *ctx, sync_item *it, sync_out *out)
{
	gboolean gone = strcmp(life_word(sync_top(it, ITEM_LIFE)), LIFE_GONE) == 0;

	if (!it->here)
		return;
	lose_unseen(ctx, it, out);
	it->here = FALSE;
	json_object_clear(it->shadow);
	json_object_clear(it->listed);
	if (gone)
		return;
	g_autoptr(json_ref) ch = json_object();
	json_object_set_new(ch, ITEM_LIFE, life_value(LIFE_GONE));
	record_make(ctx, it, ch, NULL, FALSE, NULL, out);
}

/* The open conflict with my candidate replaced. */
static json_t *
move_candidate(const sync_ctx *ctx, const json_t *top, json_t *x)
{
	const json_t *other = value_cand(top, !ctx->master);

	if (value_eq(x, other))
		return x;
	json_t *moved = ctx->master ? value_conflict(x, other) : value_conflict(other, x);
	json_decref(x);
	return moved;
}

/* What VIEW shows for REG, with the time at which it was emptied. */
static json_t *
entry_of(const sync_ctx *ctx, const sync_view *view, const char *reg)
{
	json_t *entry = view_entry(view, reg), *at;

	if (entry != NULL)
		return json_incref(entry);
	at = json_object_get(view->emptied, reg);
	entry = value_plain(NULL, ctx->now);
	if (json_is_string(at))
		json_object_set(entry, "at", at);
	return entry;
}

/* The register's new row value, if its change is an edit to be sent; the shadow follows. */
static json_t *
capture_reg(const sync_ctx *ctx, sync_item *it, const sync_view *view, const char *reg,
	    sync_out *out)
{
	g_autoptr(json_ref) entry = entry_of(ctx, view, reg);
	json_t *v = value_of(entry), *top = sync_top(it, reg);
	g_autoptr(json_ref) was = json_incref(json_object_get(it->shadow, reg));

	if (value_same(v, was) || value_form_of(top) == VALUE_UNSHARED)
		return NULL;
	if (v == NULL)
		json_object_del(it->shadow, reg);
	else
		json_object_set(it->shadow, reg, v);
	if (!mutant("dangling") && reg_is_ref(reg) && v == NULL && !ref_shared(ctx, it, reg, was))
		return NULL;

	const char *how = listed_how(it, reg);
	if (g_strcmp0(how, HOW_HELD) == 0 || g_strcmp0(how, HOW_DIFFERS) == 0)
		out_lose(out->losses, reg, top, "overruled");
	json_object_del(it->listed, reg);
	if (top != NULL && shown_is(ctx, it, reg, top, v) && !(v == NULL && reg_is_ref(reg)))
		return NULL;

	json_t *x = capture_stamp(ctx, reg, v, entry, top, was);
	if (value_form_of(top) == VALUE_CONFLICT)
		x = move_candidate(ctx, top, x);
	if (reg[0] == '@' && v != NULL && !value_same(value_of(x), v))
		listed_set(it, reg, HOW_DIFFERS, 0, NULL, ctx->now);
	return x;
}

static void
capture_changes(const sync_ctx *ctx, sync_item *it, const sync_view *view, sync_out *out)
{
	g_autoptr(json_ref) ch = json_object();
	g_autoptr(json_ref) before = json_copy(it->shadow);
	const char *reg;
	json_t *any, *x;

	json_object_foreach (view->regs, reg, any) {
		x = capture_reg(ctx, it, view, reg, out);
		if (x != NULL)
			json_object_set_new(ch, reg, x);
	}
	json_object_foreach (before, reg, any) {
		if (view_entry(view, reg) != NULL)
			continue;
		x = capture_reg(ctx, it, view, reg, out);
		if (x != NULL)
			json_object_set_new(ch, reg, x);
	}
	if (json_object_size(ch) > 0)
		record_make(ctx, it, ch, NULL, FALSE, view->by, out);
}

gboolean
view_untouched(const sync_item *it, const sync_view *view)
{
	const char *reg;
	json_t *v;

	json_object_foreach (view->regs, reg, v) {
		if (!reg_is_ref(reg) &&
		    !value_same(view_value(view, reg), json_object_get(it->shadow, reg)))
			return FALSE;
	}
	json_object_foreach (it->shadow, reg, v) {
		if (!reg_is_ref(reg) && view_entry(view, reg) == NULL)
			return FALSE;
	}
	return TRUE;
}

/* Values that do not fit the contract are listed as long as the tracker shows them. */
static void
list_unsent(const sync_ctx *ctx, sync_item *it, const sync_view *view)
{
	const char *reg;
	json_t *e;
	void *next;

	json_object_foreach_safe (it->listed, next, reg, e) {
		if (g_strcmp0(json_str(e, "how"), HOW_UNSENT) == 0 &&
		    json_object_get(view->unsent, reg) == NULL)
			json_object_del(it->listed, reg);
	}
	json_object_foreach (view->unsent, reg, e) {
		if (listed_how(it, reg) == NULL)
			listed_set(it, reg, HOW_UNSENT, (int)json_num(e, "reason", 0),
				   json_str(e, "text"), ctx->now);
	}
}

void
capture_view(const sync_ctx *ctx, sync_item *it, const sync_view *view, gboolean known,
	     sync_out *out)
{
	if (it->gen == 0) {
		if (!known && view != NULL && json_array_size(it->inq) == 0)
			generation_start(ctx, it, view, 0, NULL, out);
		return;
	}

	const char *life = life_word(sync_top(it, ITEM_LIFE));
	if (life[0] == '\0' || strcmp(life, LIFE_UNSHARED) == 0)
		return;
	if (view == NULL) {
		capture_deletion(ctx, it, out);
	} else if (strcmp(life, LIFE_GONE) == 0) {
		/* A refused deletion shows what it showed; everything else is coming back. */
		if (!it->here || !view_untouched(it, view))
			generation_start(ctx, it, view, 0, NULL, out);
	} else if (!it->here) {
		if (listed_how(it, ITEM_LIFE) == NULL)
			generation_start(ctx, it, view, 0, NULL, out);
	} else {
		capture_changes(ctx, it, view, out);
		list_unsent(ctx, it, view);
	}
}

void
sync_capture(const sync_ctx *ctx, sync_item *it, const item *raw, gboolean in_scope, sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	capture_view(ctx, it, view, !in_scope, out);
}
