#include "sync_play.h"

#include "sync_side.h"

#include <string.h>

static void
check_empty(world *w, const side *s)
{
	if (json_array_size(s->st.queue) > 0 || json_object_size(s->st.outbox) > 0 ||
	    json_object_size(s->st.inbox) > 0 || s->st.intent != NULL)
		world_bad(w, "tracker %c: not empty", s->t->name);
}

static void
check_tops(world *w, const sync_item *a, const sync_item *b)
{
	const char *reg;
	json_t *row;

	json_object_foreach (a->rows, reg, row) {
		gboolean absent = TRUE;
		for (gsize i = 0; i < json_array_size(row); i++)
			absent &= json_is_null(json_array_get(row, i));
		if (absent)
			world_bad(w, "empty row %s of %s", reg, a->uid);
		if (!value_eq(sync_top(a, reg), sync_top(b, reg)))
			world_bad(w, "tops differ: %s of %s", reg, a->uid);
	}
	if (sync_k(a) > 0)
		world_bad(w, "row not cut: %s", a->uid);
	if (strcmp(life_word(sync_top(a, ITEM_LIFE)), LIFE_GONE) == 0 &&
	    json_object_size(a->rows) != 1)
		world_bad(w, "tombstone with rows: %s", a->uid);
}

static gboolean
settled_otherwise(const sync_item *it, const char *reg)
{
	const char *how = listed_how(it, reg);

	return g_strcmp0(how, HOW_HELD) == 0 || g_strcmp0(how, HOW_DIFFERS) == 0;
}

/* One register of a live item: captured, and shown as agreed. */
static void
check_shown(side *s, const sync_item *it, const sync_view *view, const char *reg)
{
	json_t *v = view_value(view, reg), *top = sync_top(it, reg);
	gboolean alone;

	if (strcmp(reg, ITEM_LIFE) == 0 || value_form_of(top) == VALUE_UNSHARED)
		return;
	if (!value_same(v, json_object_get(it->shadow, reg)))
		world_bad(s->w, "tracker %c: uncaptured: %s of %s", s->t->name, reg, it->uid);
	if (settled_otherwise(it, reg))
		return;
	json_t *shown = shown_of(&s->ctx, it, reg, top, &alone);
	g_autoptr(json_ref) expected = tracker_store(s->t, shown);
	g_autoptr(json_ref) is = tracker_store(s->t, v);
	if (!value_same(expected, is))
		world_bad(s->w, "tracker %c does not show the top: %s of %s", s->t->name, reg,
			  it->uid);
}

static void
check_live(side *s, sync_item *it)
{
	g_autoptr(item) raw = tracker_view(s->t, it->uid);
	g_autoptr(sync_view) view = view_new(&s->ctx, it, raw);
	const char *reg;
	json_t *any;

	if (view == NULL) {
		if (listed_how(it, ITEM_LIFE) == NULL)
			world_bad(s->w, "tracker %c: live but not shown: %s", s->t->name, it->uid);
		return;
	}
	json_object_foreach (view->regs, reg, any)
		check_shown(s, it, view, reg);
	json_object_foreach (it->rows, reg, any)
		check_shown(s, it, view, reg);
}

static void
check_dead(side *s, const sync_item *it)
{
	if (strcmp(life_word(sync_top(it, ITEM_LIFE)), LIFE_GONE) == 0 &&
	    tracker_find(s->t, it->uid) != NULL && listed_how(it, ITEM_LIFE) == NULL)
		world_bad(s->w, "tracker %c: gone but shown: %s", s->t->name, it->uid);
}

static void
check_item(world *w, side *m, side *s, const char *uid)
{
	sync_item *a = side_item(m, uid), *b = side_item(s, uid);

	if (a == NULL || b == NULL) {
		world_bad(w, "one sided: %s", uid);
		return;
	}
	if (json_array_size(a->inq) > 0 || json_array_size(b->inq) > 0) {
		world_bad(w, "held for ever: %s, %d, %d", uid, a->why, b->why);
		return;
	}
	if (a->gen != b->gen || a->own != b->seen || b->own != a->seen)
		world_bad(w, "counters differ: %s", uid);
	check_tops(w, a, b);
	check_tops(w, b, a);
	if (sync_alive(a)) {
		check_live(m, a);
		check_live(s, b);
	} else {
		check_dead(m, a);
		check_dead(s, b);
	}
}

static void
cover_item(const world *w, GByteArray *covered, const sync_item *it)
{
	const char *reg;
	json_t *row;

	json_object_foreach (it->rows, reg, row) {
		const json_t *top = sync_top(it, reg);
		if (value_form_of(top) == VALUE_PLAIN && strcmp(reg, ITEM_LIFE) != 0)
			world_cover(w, covered, value_of(top));
	}
}

static void
cover_side(const world *w, GByteArray *covered, const side *s)
{
	GHashTableIter iter;
	gpointer it;

	g_hash_table_iter_init(&iter, s->t->items);
	while (g_hash_table_iter_next(&iter, NULL, &it)) {
		const char *reg;
		json_t *entry;
		json_object_foreach (((tracker_item *)it)->regs, reg, entry)
			world_cover(w, covered, json_object_get(entry, "v"));
	}
	g_hash_table_iter_init(&iter, s->st.items);
	while (g_hash_table_iter_next(&iter, NULL, &it))
		cover_item(w, covered, it);
	for (guint i = 0; i < s->st.logged->len; i++)
		if (s->st.logged->data[i])
			covered->data[i] = 1;
}

/*
 * Each value anyone typed is shown somewhere, agreed, knowingly replaced or deleted, or stands in a
 * conflict log.
 */
static void
check_values(world *w, const side *m, const side *s)
{
	g_autoptr(GByteArray) covered = world_flags(w);

	cover_side(w, covered, m);
	cover_side(w, covered, s);
	for (guint i = 1; i < w->prev->len; i++)
		if (!covered->data[i] && !w->fine->data[i])
			world_bad(w, "silently lost: v%u", i);
}

static gboolean
thing_shown(const tracker *t, const char *uid)
{
	g_autofree char *reg = item_thing_reg(uid);
	GHashTableIter iter;
	gpointer it;

	g_hash_table_iter_init(&iter, t->items);
	while (g_hash_table_iter_next(&iter, NULL, &it))
		if (json_object_get(((tracker_item *)it)->regs, reg) != NULL)
			return TRUE;
	return FALSE;
}

/* A comment that nobody deleted is somewhere, unless its item was deleted. */
static void
check_things(world *w, const side *m, const side *s)
{
	GHashTableIter iter;
	gpointer uid, owner;

	g_hash_table_iter_init(&iter, w->things);
	while (g_hash_table_iter_next(&iter, &uid, &owner))
		if (!g_hash_table_contains(w->deleted, uid) &&
		    !g_hash_table_contains(w->deleted, owner) && !thing_shown(m->t, uid) &&
		    !thing_shown(s->t, uid))
			world_bad(w, "thing erased: %s", (char *)uid);
}

void
check_end(world *w, side *m, side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(m), more = side_uids(s);

	check_empty(w, m);
	check_empty(w, s);
	g_ptr_array_extend(uids, more, NULL, NULL);
	for (guint i = 0; i < uids->len; i++)
		check_item(w, m, s, uids->pdata[i]);
	if (!w->o.norm)
		check_values(w, m, s);
	check_things(w, m, s);
}
