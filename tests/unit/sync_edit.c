#include "sync_edit.h"

#include <string.h>

/* A fresh value that knowingly replaces OLD; now and then a common one. */
static json_t *
value(tracker *t, const json_t *old)
{
	world *w = t->w;

	if (world_chance(w) < 0.05) {
		g_autofree char *common = g_strdup_printf("c%u", world_below(w, 3));
		g_byte_array_set_size(w->fine, w->prev->len);
		world_cover(w, w->fine, old);
		return json_string(common);
	}
	const char *s = json_string_value(old);
	guint id = w->prev->len;
	guint was = s != NULL && s[0] == 'v' ? (guint)g_ascii_strtoull(s + 1, NULL, 10) : 0;
	g_array_append_val(w->prev, was);
	g_byte_array_set_size(w->fine, w->prev->len);
	w->fine->data[id] = 0;
	g_autofree char *text = g_strdup_printf("v%u", id);
	return json_string(text);
}

static json_t *
now(const tracker *t)
{
	g_autofree char *clock = tracker_clock(t);

	return json_string(clock);
}

void
tracker_type(tracker *t, tracker_item *it, const char *field)
{
	json_t *old = json_object_get(json_object_get(it->regs, field), "v");
	json_t *v = value(t, old);

	tracker_put(it, field, tracker_store(t, v), now(t));
	json_decref(v);
}

static void
new_item(tracker *t)
{
	static const char *const fields[] = {"a", "b", "c", "d", "h"};
	g_autofree char *uid = world_uid(t->w);
	tracker_item *it = tracker_make(t, uid);

	it->pub = world_chance(t->w) < 0.7;
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (world_chance(t->w) < 0.5)
			tracker_type(t, it, fields[i]);
}

/* A thing with both of its fields, or one of them typed anew. */
static void
type_thing(tracker *t, tracker_item *it, const char *reg, const char *only)
{
	static const char *const fields[] = {"text", "by"};
	const json_t *old = json_object_get(it->regs, reg);
	json_t *map = old == NULL ? json_object() : json_copy(json_object_get(old, "v"));
	json_t *at = old == NULL ? json_object() : json_copy(json_object_get(old, "at"));

	json_object_set_new(map, "kind", json_string("comment"));
	if (!json_is_object(at)) {
		json_t *all = json_object();
		for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
			json_object_set(all, fields[i], at);
		json_decref(at);
		at = all;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		if (only != NULL && strcmp(only, fields[i]) != 0)
			continue;
		json_t *v = value(t, json_object_get(map, fields[i]));
		json_object_set_new(map, fields[i], tracker_store(t, v));
		json_object_set_new(at, fields[i], now(t));
		json_decref(v);
	}
	tracker_put(it, reg, map, at);
}

static const char *
some_thing(tracker *t, const tracker_item *it)
{
	g_autoptr(GPtrArray) regs = g_ptr_array_new();
	const char *reg;
	json_t *any;

	json_object_foreach (it->regs, reg, any)
		if (reg[0] == '@')
			g_ptr_array_add(regs, (char *)reg);
	return regs->len == 0 ? NULL : regs->pdata[world_below(t->w, regs->len)];
}

static void
edit_thing(tracker *t, tracker_item *it)
{
	world *w = t->w;
	g_autofree char *reg = g_strdup(world_chance(w) < 0.6 ? some_thing(t, it) : NULL);

	if (reg == NULL) {
		char *uid = world_uid(w);
		reg = item_thing_reg(uid);
		type_thing(t, it, reg, NULL);
		g_hash_table_insert(w->things, uid, g_strdup(it->uid));
	} else if (world_chance(w) < 0.3) {
		world_cover(w, w->fine, json_object_get(it->regs, reg));
		g_hash_table_add(w->deleted, g_strdup(reg + 1));
		json_object_del(it->regs, reg);
	} else {
		type_thing(t, it, reg, world_below(w, 2) == 0 ? "text" : "by");
	}
}

static void
edit_relation(tracker *t, const char *uid, const char *other)
{
	g_autofree char *name =
		item_relation_reg(world_below(t->w, 2) == 0 ? "blocks" : "relates", uid, other);

	if (!g_hash_table_remove(t->rels, name))
		g_hash_table_insert(t->rels, g_steal_pointer(&name), tracker_clock(t));
}

static void
edit_reference(tracker *t, tracker_item *it, const GPtrArray *uids, gboolean relation)
{
	const char *other = uids->pdata[world_below(t->w, uids->len)];

	if (strcmp(other, it->uid) == 0)
		return;
	if (relation)
		edit_relation(t, it->uid, other);
	else if (world_chance(t->w) < 0.25)
		tracker_put(it, ITEM_PARENT, NULL, now(t));
	else if (!tracker_parent_refused(t, it->uid, other))
		tracker_put(it, ITEM_PARENT, json_string(other), now(t));
}

static void
delete_item(tracker *t, tracker_item *it)
{
	const char *reg;
	json_t *any;

	world_cover(t->w, t->w->fine, it->regs);
	g_hash_table_add(t->w->deleted, g_strdup(it->uid));
	json_object_foreach (it->regs, reg, any)
		if (reg[0] == '@')
			g_hash_table_add(t->w->deleted, g_strdup(reg + 1));
	tracker_remove(t, it->uid);
}

static void
edit_set(tracker *t, tracker_item *it)
{
	const json_t *old = json_object_get(json_object_get(it->regs, "e"), "v");
	guint flip = world_below(t->w, 6);
	json_t *set = json_array();

	for (guint i = 0; i < 6; i++) {
		g_autofree char *name = g_strdup_printf("%u", i);
		gboolean has = FALSE;
		for (gsize j = 0; j < json_array_size(old); j++)
			has |= strcmp(json_string_value(json_array_get(old, j)), name) == 0;
		if (has != (i == flip))
			json_array_append_new(set, json_string(name));
	}
	if (json_array_size(set) == 0)
		g_clear_pointer(&set, json_decref);
	tracker_put(it, "e", set, now(t));
}

void
tracker_edit(tracker *t)
{
	static const char *const fields[] = {"a", "b", "c", "d", "e", "h"};
	g_autoptr(GPtrArray) uids = tracker_uids(t);
	double x = world_chance(t->w);

	if (uids->len == 0 || (x < 0.08 && uids->len < 5)) {
		new_item(t);
		return;
	}
	tracker_item *it = tracker_find(t, uids->pdata[world_below(t->w, uids->len)]);
	if (x < 0.12)
		it->pub = TRUE;
	else if (x < 0.36)
		edit_thing(t, it);
	else if (x < 0.5 && uids->len > 1)
		edit_reference(t, it, uids, x < 0.42);
	else if (x >= 0.5 && x < 0.54)
		delete_item(t, it);
	else {
		const char *field = fields[world_below(t->w, G_N_ELEMENTS(fields))];
		if (strcmp(field, "e") == 0)
			edit_set(t, it);
		else
			tracker_type(t, it, field);
	}
}
