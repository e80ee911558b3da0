#include "sync/sync_private.h"

#include <string.h>

/* One more than the highest generation seen anywhere. */
static guint64
next_generation(const sync_item *it)
{
	guint64 highest = it->gen, g;
	gsize i;
	json_t *record;

	json_array_foreach (it->inq, i, record) {
		if (json_u64(record, "gen", &g))
			highest = MAX(highest, g);
	}
	return highest + 1;
}

/* The shadow becomes what VIEW shows; of registers that are not stated nothing stays listed. */
static void
take_view(sync_item *it, const sync_view *view, const json_t *full)
{
	const char *reg;
	json_t *any;
	void *next;

	it->here = view != NULL;
	json_object_foreach ((json_t *)full, reg, any) {
		if (view_entry(view, reg) != NULL)
			json_object_set(it->shadow, reg, view_value(view, reg));
	}
	json_object_foreach_safe (it->listed, next, reg, any) {
		if (json_object_get(full, reg) == NULL)
			json_object_del(it->listed, reg);
	}
}

void
generation_start(const sync_ctx *ctx, sync_item *it, const sync_view *view, guint64 gen,
		 const char *why, sync_out *out)
{
	g_autoptr(json_ref) full = capture_mine(ctx, it, view);

	item_begin(it, gen == 0 ? next_generation(it) : gen);
	out_drop(out);
	take_view(it, view, full);
	record_make(ctx, it, full, why, TRUE, view == NULL ? NULL : view->by, out);
}

/* A generation that states no more than LIFE. */
static void
state_life(const sync_ctx *ctx, sync_item *it, const char *life, const char *why, sync_out *out)
{
	g_autoptr(json_ref) ch = json_object();

	json_object_set_new(ch, ITEM_LIFE, life_value(life));
	item_begin(it, next_generation(it));
	out_drop(out);
	record_make(ctx, it, ch, why, TRUE, NULL, out);
}

void
sync_new_generation(const sync_ctx *ctx, sync_item *it, const item *raw, const char *why,
		    sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);
	guint64 gen = it->gen;

	capture_view(ctx, it, view, TRUE, out);
	if (view != NULL && it->gen == gen)
		generation_start(ctx, it, view, 0, why, out);
}

/* From either side: one that has no item says so, and live wins. */
void
sync_repair(const sync_ctx *ctx, sync_item *it, const item *raw, sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	capture_view(ctx, it, view, TRUE, out);
	/* It may be there because a record that made it again could not be finished yet. */
	gboolean made_again = it->adopted && sync_top(it, ITEM_LIFE) != NULL;
	if (view != NULL && (sync_alive(it) || made_again)) {
		generation_start(ctx, it, view, 0, NULL, out);
		return;
	}
	g_autofree char *life = g_strdup(life_word(sync_top(it, ITEM_LIFE)));
	gboolean dead = strcmp(life, LIFE_UNSHARED) == 0;
	state_life(ctx, it, dead ? LIFE_UNSHARED : LIFE_GONE, NULL, out);
}

void
sync_drop_held(const sync_ctx *ctx, sync_item *it, const item *raw, sync_out *out)
{
	if (json_array_size(it->inq) == 0)
		return;
	if (sync_top(it, ITEM_LIFE) == NULL)
		/* A refused new item, never absent or gone. */
		state_life(ctx, it, LIFE_UNSHARED, "dropped by the operator", out);
	else
		sync_repair(ctx, it, raw, out);
}
