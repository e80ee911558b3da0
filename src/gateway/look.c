#include "gateway/look.h"

#include <stdarg.h>

#include "gateway/private.h"

void
look_item_clear(look_item *i)
{
	store_item_free(i->row);
	sync_item_free(i->it);
	*i = (look_item){0};
}

static void
look_item_drop(gpointer p)
{
	look_item_clear(p);
	g_free(p);
}

char *
look_uid(gateway *g, const char *id, GError **error)
{
	g_autoptr(GError) inner = NULL;

	if (rand_id_valid(id) && store_item_known(g->store, id))
		return g_strdup(id);
	char *uid = store_find_uid(g->store, id, &inner);
	if (uid != NULL)
		return uid;
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else
		fail_set(error, REASON_NO_ITEM,
			 "item %s does not travel on link %s; handsel link assign %s %s shares it",
			 id, g->name, g->name, id);
	return NULL;
}

gboolean
look_load(gateway *g, const char *uid, look_item *ret, GError **error)
{
	g_autoptr(GError) inner = NULL;
	g_autoptr(store_item) row = store_load_item(g->store, uid, &inner);

	if (row == NULL) {
		if (inner != NULL)
			g_propagate_error(error, g_steal_pointer(&inner));
		else
			fail_set(error, REASON_NO_ITEM, "item %s is not known on link %s", uid,
				 g->name);
		return FALSE;
	}
	sync_item *it = sync_item_from_json(uid, row->doc, error);
	if (it == NULL)
		return FALSE;
	*ret = (look_item){g_steal_pointer(&row), it};
	return TRUE;
}

const char *
look_name(const look_item *i)
{
	return i->row->id != NULL ? i->row->id : i->row->uid;
}

store_conflict *
look_conflict(gateway *g, guint64 number, GError **error)
{
	g_autoptr(GError) inner = NULL;
	store_conflict *c = store_find_conflict(g->store, number, &inner);

	if (c != NULL)
		return c;
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else
		fail_set(error, FAIL_CONFIG,
			 "link %s has no conflict %" G_GUINT64_FORMAT
			 "; handsel conflict list %s shows them",
			 g->name, number, g->name);
	return NULL;
}

/* ---- what waits ---- */

static const char *
how_of(const sync_item *it, const char *reg)
{
	return json_str(json_object_get(it->listed, reg), "how");
}

gboolean
look_retryable(const sync_item *it, const char *reg)
{
	const char *how = how_of(it, reg);

	return g_strcmp0(how, "held") == 0 || g_strcmp0(how, "differs") == 0;
}

GPtrArray *
look_retryables(const sync_item *it)
{
	GPtrArray *regs = g_ptr_array_new();
	const char *reg;
	json_t *unused;

	json_object_foreach (it->listed, reg, unused)
		if (look_retryable(it, reg))
			g_ptr_array_add(regs, (gpointer)reg);
	return regs;
}

gboolean
look_waits(const sync_item *it)
{
	const char *reg;
	json_t *unused;

	if (json_array_size(it->inq) > 0)
		return TRUE;
	json_object_foreach (it->listed, reg, unused)
		if (g_strcmp0(how_of(it, reg), "held") == 0)
			return TRUE;
	return FALSE;
}

/* A value that the tracker merely shows in its own way concerns nobody. */
static gboolean
worth_showing(const sync_item *it)
{
	const char *reg;
	json_t *unused;

	if (look_waits(it))
		return TRUE;
	json_object_foreach (it->listed, reg, unused)
		if (g_strcmp0(how_of(it, reg), "as") != 0)
			return TRUE;
	return FALSE;
}

GPtrArray *
look_waiting(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) rows = store_waiting_items(g->store, TRUE, error);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(look_item_drop);

	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		store_item *row = rows->pdata[i];
		g_autoptr(sync_item) it = sync_item_from_json(row->uid, row->doc, error);

		if (it == NULL)
			return NULL;
		if (!worth_showing(it))
			continue;
		look_item *one = g_new(look_item, 1);
		*one = (look_item){row, g_steal_pointer(&it)};
		rows->pdata[i] = NULL; /* now ONE's */
		g_ptr_array_add(all, one);
	}
	return rows == NULL ? NULL : g_steal_pointer(&all);
}

/* The agreed value as this side should show it: of an open conflict its own candidate. */
static json_t *
agreed_value(const gateway *g, const sync_item *it, const char *reg)
{
	const json_t *top = sync_top(it, reg);
	const json_t *both = json_object_get(top, "c");

	if (both != NULL)
		top = json_array_get(both, g->master ? 0 : 1);
	return json_object_get(top, "v");
}

json_t *
look_listed(gateway *g, const sync_item *it)
{
	json_t *all = json_array();
	const char *reg;
	json_t *e;

	json_object_foreach (it->listed, reg, e) {
		json_t *one = json_object(), *value = agreed_value(g, it, reg);
		int why = (int)json_num(e, "reason", 0);
		const char *text = json_str(e, "text");

		look_put(one, "reg", reg);
		look_put(one, "how", json_str(e, "how"));
		look_put_reason(one, "reason", why);
		look_put(one, "text", text == NULL && why != 0 ? reason_of(why)->text : text);
		json_object_set_new(one, "value", value == NULL ? json_null() : json_incref(value));
		json_array_append_new(all, one);
	}
	return all;
}

/* ---- members ---- */

void
look_put(json_t *o, const char *key, const char *text)
{
	if (text == NULL)
		json_object_set_new(o, key, json_null());
	else
		json_put(o, key, text);
}

void
look_put_time(json_t *o, const char *key, gint64 when)
{
	g_autofree char *stamp = when == 0 ? NULL : clock_stamp(when);

	look_put(o, key, stamp);
}

void
look_put_u64(json_t *o, const char *key, guint64 n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

void
look_printf(json_t *o, const char *key, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	look_put(o, key, text);
}

void
look_put_reason(json_t *o, const char *key, int reason)
{
	json_object_set_new(o, key, reason == 0 ? json_null() : json_integer(reason));
}

void
look_tell(json_t *list, const char *kind, char *text, char *command)
{
	json_t *one = json_object();

	look_put(one, "kind", kind);
	look_put(one, "text", text);
	look_put(one, "command", command);
	json_array_append_new(list, one);
	g_free(text);
	g_free(command);
}

char *
look_command(const gateway *g, const char *format, ...)
{
	g_autofree char *handsel = site_handsel(g->site);
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	return g_strconcat(handsel, " ", words, NULL);
}
