#include "sync_world.h"

#include "base/clock.h"
#include "base/rand.h"
#include "sync_edit.h"

#include <string.h>

#define EPOCH G_GINT64_CONSTANT(1767225600) /* 2026-01-01 */

void
world_init(world *w, guint32 seed, const play_options *o)
{
	*w = (world){.o = *o, .rand = g_rand_new_with_seed(seed)};
	w->prev = g_array_new(FALSE, TRUE, sizeof(guint));
	w->fine = g_byte_array_new();
	w->things = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	w->deleted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_array_set_size(w->prev, 1);
	rand_seed(seed + 1);
}

void
world_clear(world *w)
{
	g_rand_free(w->rand);
	g_array_unref(w->prev);
	g_byte_array_unref(w->fine);
	g_hash_table_unref(w->things);
	g_hash_table_unref(w->deleted);
	g_free(w->bad);
	rand_seed(0);
}

void
world_bad(world *w, const char *format, ...)
{
	va_list args;

	if (w->bad != NULL)
		return;
	va_start(args, format);
	w->bad = g_strdup_vprintf(format, args);
	va_end(args);
}

double
world_chance(world *w)
{
	return g_rand_double(w->rand);
}

guint
world_below(world *w, guint n)
{
	return (guint)g_rand_int_range(w->rand, 0, (gint32)n);
}

char *
world_uid(world *w)
{
	return g_strdup_printf("%0*u", RAND_ID_LEN, ++w->ids);
}

GByteArray *
world_flags(const world *w)
{
	GByteArray *flags = g_byte_array_new();

	g_byte_array_set_size(flags, w->prev->len);
	memset(flags->data, 0, flags->len);
	return flags;
}

static guint
number_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return s != NULL && s[0] == 'v' ? (guint)g_ascii_strtoull(s + 1, NULL, 10) : 0;
}

void
world_cover(const world *w, GByteArray *flags, const json_t *j)
{
	const char *key;
	gsize i;
	json_t *v;

	json_object_foreach ((json_t *)j, key, v)
		world_cover(w, flags, v);
	json_array_foreach (j, i, v)
		world_cover(w, flags, v);
	for (guint n = number_of(j); n > 0 && n < w->prev->len && !flags->data[n];
	     n = g_array_index(w->prev, guint, n))
		flags->data[n] = 1;
}

/* ---- a tracker ---- */

static void
tracker_item_free(tracker_item *it)
{
	g_free(it->uid);
	json_decref(it->regs);
	g_free(it);
}

void
tracker_init(tracker *t, world *w, char name)
{
	*t = (tracker){.w = w, .name = name};
	t->items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					 (GDestroyNotify)tracker_item_free);
	t->rels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	t->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					  (GDestroyNotify)json_ref_drop);
	t->late = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	t->skew = name == 'A' ? 0 : (int)world_below(w, 9) - 4;
	t->norm = w->o.norm && name != 'A';
	if (!w->o.refuse || world_chance(w) > 0.7)
		return;
	t->picky = (picky){TRUE,
			   "abcdz"[world_below(w, 5)],
			   world_below(w, 8),
			   world_below(w, 6),
			   world_below(w, 6),
			   world_below(w, 6),
			   world_below(w, 6)};
}

void
tracker_clear(tracker *t)
{
	g_hash_table_unref(t->items);
	g_hash_table_unref(t->rels);
	g_hash_table_unref(t->tokens);
	g_ptr_array_unref(t->late);
}

char *
tracker_clock(const tracker *t)
{
	return clock_stamp(EPOCH + t->w->now + t->skew);
}

tracker_item *
tracker_find(const tracker *t, const char *uid)
{
	return g_hash_table_lookup(t->items, uid);
}

item *
tracker_view(const tracker *t, const char *uid)
{
	const tracker_item *it = tracker_find(t, uid);
	GHashTableIter iter;
	gpointer name, at;

	if (it == NULL)
		return NULL;
	item *raw = item_new(uid, NULL, "issue");
	json_object_update(raw->regs, it->regs);
	g_hash_table_iter_init(&iter, t->rels);
	while (g_hash_table_iter_next(&iter, &name, &at)) {
		g_autofree char *first = NULL;
		item_relation_parts(name, NULL, &first, NULL);
		if (strcmp(first, uid) == 0)
			item_put(raw, name, json_true(), at);
	}
	return raw;
}

static int
by_birth(gconstpointer a, gconstpointer b)
{
	const tracker_item *x = *(tracker_item *const *)a, *y = *(tracker_item *const *)b;

	return x->born != y->born ? x->born - y->born : strcmp(x->uid, y->uid);
}

GPtrArray *
tracker_uids(const tracker *t)
{
	GPtrArray *uids = g_ptr_array_new();
	GHashTableIter iter;
	gpointer it;

	g_hash_table_iter_init(&iter, t->items);
	while (g_hash_table_iter_next(&iter, NULL, &it))
		g_ptr_array_add(uids, it);
	g_ptr_array_sort(uids, by_birth);
	for (guint i = 0; i < uids->len; i++)
		uids->pdata[i] = ((tracker_item *)uids->pdata[i])->uid;
	return uids;
}

tracker_item *
tracker_make(tracker *t, const char *uid)
{
	tracker_item *it = g_new0(tracker_item, 1);

	it->uid = g_strdup(uid);
	it->born = t->w->now;
	it->regs = json_object();
	g_hash_table_insert(t->items, it->uid, it);
	return it;
}

json_t *
tracker_store(const tracker *t, json_t *v)
{
	const char *field;
	json_t *one;

	if (json_is_object(v)) {
		json_t *map = json_object();
		json_object_foreach (v, field, one)
			json_object_set_new(map, field, tracker_store(t, one));
		return map;
	}
	guint n = number_of(v);
	if (!t->norm || n == 0)
		return v == NULL ? json_null() : json_incref(v);
	g_autofree char *text = g_strdup_printf("v%u", n - n % 4);
	return json_string(text);
}

void
tracker_put(tracker_item *it, const char *reg, json_t *v, json_t *at)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "v", v == NULL ? json_null() : v);
	json_object_set_new(entry, "at", at);
	json_object_set_new(it->regs, reg, entry);
}

void
tracker_remove(tracker *t, const char *uid)
{
	g_autofree char *keep = g_strdup(uid), *clock = tracker_clock(t);
	GHashTableIter iter;
	gpointer key, it;

	g_hash_table_remove(t->items, keep);
	g_hash_table_iter_init(&iter, t->rels);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (strstr(key, keep) != NULL)
			g_hash_table_iter_remove(&iter);
	g_hash_table_iter_init(&iter, t->items);
	while (g_hash_table_iter_next(&iter, NULL, &it)) {
		json_t *p = json_object_get(((tracker_item *)it)->regs, ITEM_PARENT);
		if (g_strcmp0(json_str(p, "v"), keep) == 0)
			tracker_put(it, ITEM_PARENT, NULL, json_string(clock));
	}
}

/* ---- what handsel writes ---- */

static guint
uid_number(const char *uid)
{
	return (guint)g_ascii_strtoull(uid, NULL, 10);
}

/* No cycles, whoever asks, and the parent must be there. */
gboolean
tracker_parent_refused(const tracker *t, const char *uid, const char *parent)
{
	if (!tracker_find(t, parent))
		return TRUE;
	for (int n = 0; parent != NULL && n < 50; n++) {
		if (strcmp(parent, uid) == 0)
			return TRUE;
		const tracker_item *it = tracker_find(t, parent);
		parent = it == NULL ? NULL : json_str(json_object_get(it->regs, ITEM_PARENT), "v");
	}
	return FALSE;
}

static gboolean
refuses(const tracker *t, const char *uid, const char *verb, const char *reg, const json_t *v)
{
	const picky *p = &t->picky;
	const tracker_item *it = tracker_find(t, uid);

	if (strcmp(verb, "parent") == 0 && json_is_string(v) &&
	    tracker_parent_refused(t, uid, json_string_value(v)))
		return TRUE;
	if (!p->on)
		return FALSE;
	if (strcmp(verb, "create") == 0)
		return uid_number(uid) % 5 == p->create;
	if (strcmp(verb, "delete") == 0)
		return uid_number(uid) % 4 == p->del;
	if (strcmp(verb, "set") == 0)
		return reg[0] == p->field && !json_is_null(v);
	if (strcmp(verb, "thing") != 0)
		return FALSE;
	guint n = uid_number(reg + 1) % 4;
	gboolean there = it != NULL && json_object_get(it->regs, reg) != NULL;
	return n == (json_is_null(v) ? p->remove : there ? p->change : p->add);
}

static json_t *
created(tracker *t, const char *uid, const json_t *op)
{
	const char *field;
	json_t *x, *back = json_object(), *left = json_object();

	if (tracker_find(t, uid) != NULL)
		world_bad(t->w, "doubled item %s", uid);
	tracker_item *it = tracker_make(t, uid);
	it->pub = TRUE;
	json_object_foreach (json_object_get(op, "set"), field, x) {
		g_autofree char *clock = tracker_clock(t);
		json_t *at = json_object_get(x, "at");
		json_t *v = tracker_store(t, json_object_get(x, "v"));
		if (t->picky.on && field[0] == t->picky.field) {
			json_object_set_new(left, field, json_object());
			json_decref(v);
			continue;
		}
		tracker_put(it, field, v,
			    at != NULL && !t->w->o.rest ? json_incref(at) : json_string(clock));
		json_object_set(back, field, v);
	}
	json_t *result = result_ok(op, back);
	json_object_set_new(result, "refused", left);
	return result;
}

static void
relate(tracker *t, const char *reg, const json_t *v, const json_t *at)
{
	if (json_is_null(v))
		g_hash_table_remove(t->rels, reg);
	else if (tracker_find(t, strrchr(reg, ':') + 1))
		g_hash_table_insert(t->rels, g_strdup(reg), g_strdup(json_string_value(at)));
}

static json_t *
show(const tracker *t, const char *uid, const char *reg)
{
	g_autoptr(item) raw = tracker_view(t, uid);
	json_t *v = raw == NULL ? NULL : item_value(raw, reg);

	return v == NULL || json_is_null(v) ? NULL : json_incref(v);
}

json_t *
tracker_do(tracker *t, const char *uid, const json_t *op)
{
	const char *verb = json_str(op, "op"), *reg = plan_op_reg(op);
	json_t *v = json_object_get(op, "v");
	g_autofree char *clock = tracker_clock(t);
	g_autoptr(json_ref) at = json_incref(json_object_get(op, "at"));

	if (refuses(t, uid, verb, reg, v))
		return result_refused(op, 515, "the tracker does not want it", show(t, uid, reg));
	if (strcmp(verb, "create") == 0)
		return created(t, uid, op);
	tracker_item *it = tracker_find(t, uid);
	if (t->w->o.rest) {
		json_decref(at);
		at = json_string(clock);
	}
	if (it != NULL && strcmp(verb, "delete") == 0)
		tracker_remove(t, uid);
	else if (it != NULL && strcmp(verb, "relate") == 0)
		relate(t, reg, v, at);
	else if (it != NULL && reg[0] == '@' && json_is_null(v))
		json_object_del(it->regs, reg);
	else if (it != NULL)
		tracker_put(it, reg, tracker_store(t, v), json_incref(at));
	return result_ok(op, show(t, uid, reg));
}

void
tracker_late(tracker *t)
{
	for (guint i = 0; i < t->late->len;) {
		g_autoptr(json_ref) one = json_incref(t->late->pdata[i]);
		const char *uid = json_str(one, "uid");
		const json_t *op = json_object_get(one, "op");
		if (json_num(one, "when", 0) > t->w->now) {
			i++;
			continue;
		}
		g_ptr_array_remove_index(t->late, i);
		if (strcmp(json_str(op, "op"), "create") == 0 || tracker_find(t, uid))
			json_decref(tracker_do(t, uid, op));
	}
}
