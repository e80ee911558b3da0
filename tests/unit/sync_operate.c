#include "sync_side.h"

#include <string.h>

/* Someone resolves open conflicts. */
void
side_resolve(side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(s);

	for (guint i = 0; i < uids->len && s->st.intent == NULL && !s->crashed; i++) {
		sync_item *it = side_item(s, uids->pdata[i]);
		g_autoptr(item) raw = tracker_view(s->t, it->uid);
		json_t *intent = NULL;
		sync_out out;

		if (json_object_get(sync_top(it, "h"), "c") == NULL || raw == NULL ||
		    sync_k(it) >= s->w->o.window)
			continue;
		sync_out_init(&out);
		sync_resolve(&s->ctx, it, raw, "h", world_below(s->w, 2) == 0 ? "mine" : "theirs",
			     NULL, &out, &intent, NULL);
		side_collect(s, it, &out);
		side_execute(s, intent);
		side_commit(s);
	}
}

static void
retry(side *s, sync_item *it, const item *raw, const char *reg)
{
	gboolean on = s->t->picky.on;
	sync_out out;

	sync_out_init(&out);
	json_t *intent = sync_retry(&s->ctx, it, raw, reg, &out);
	side_collect(s, it, &out);
	s->t->picky.on = FALSE;
	side_execute(s, intent);
	s->t->picky.on = on;
}

static void
drop(side *s, sync_item *it, const item *raw, const char *reg)
{
	sync_out out;

	sync_out_init(&out);
	sync_drop(&s->ctx, it, raw, reg, &out);
	side_collect(s, it, &out);
}

/* Borrowed from the item; NULL for none. */
static const char *
some_held(side *s, const sync_item *it)
{
	const char *reg, *found = NULL;
	json_t *e;

	json_object_foreach (it->listed, reg, e) {
		if (strcmp(json_str(e, "how"), HOW_HELD) == 0 && world_below(s->w, 2) == 0)
			found = reg;
	}
	return found;
}

void
side_repair(side *s, sync_item *it)
{
	g_autoptr(item) raw = tracker_view(s->t, it->uid);
	sync_out out;

	sync_out_init(&out);
	sync_repair(&s->ctx, it, raw, &out);
	side_collect(s, it, &out);
	side_commit(s);
}

/* Now and then what is held is not wanted at all. */
static void
drop_inq(side *s, sync_item *it)
{
	g_autoptr(item) raw = tracker_view(s->t, it->uid);
	sync_out out;

	sync_out_init(&out);
	sync_drop_held(&s->ctx, it, raw, &out);
	side_collect(s, it, &out);
	side_commit(s);
}

void
side_operate(side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(s);

	for (guint i = 0; i < uids->len && s->st.intent == NULL && !s->crashed; i++) {
		sync_item *it = side_item(s, uids->pdata[i]);
		g_autoptr(item) raw = tracker_view(s->t, it->uid);

		if (it->why == REASON_BASES_DIFFER && json_array_size(it->inq) > 0) {
			side_repair(s, it);
			continue;
		}
		if (s->w->o.refuse && !s->w->calm && json_array_size(it->inq) > 0 &&
		    world_below(s->w, 4) == 0) {
			drop_inq(s, it);
			continue;
		}
		g_autofree char *reg = g_strdup(some_held(s, it));
		if (reg == NULL)
			continue;
		if (world_below(s->w, 2) == 0)
			drop(s, it, raw, reg);
		else
			retry(s, it, raw, reg);
		side_commit(s);
	}
}

void
side_new_generation(side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(s);
	sync_out out;

	if (uids->len == 0)
		return;
	sync_item *it = side_item(s, uids->pdata[world_below(s->w, uids->len)]);
	g_autoptr(item) raw = tracker_view(s->t, it->uid);
	if (raw == NULL || !sync_alive(it) || !it->here)
		return;
	sync_out_init(&out);
	sync_new_generation(&s->ctx, it, raw, NULL, &out);
	side_collect(s, it, &out);
	side_commit(s);
}

void
side_spoil(side *s)
{
	static const char *const fields[] = {"a", "b", "c", "d"};
	g_autoptr(GPtrArray) uids = side_uids(s);

	if (uids->len == 0)
		return;
	sync_item *it = side_item(s, uids->pdata[world_below(s->w, uids->len)]);
	const char *field = fields[world_below(s->w, G_N_ELEMENTS(fields))];
	json_t *row = json_object_get(it->rows, field);
	if (row == NULL || sync_k(it) > 0)
		return;
	/* Unlike any other, also the one that the partner may get. */
	g_autofree char *text = g_strdup_printf("bug%u", ++s->w->ids);
	g_autoptr(json_ref) bug = json_string(text);
	json_array_set_new(row, 0, value_plain(bug, NULL));
}
