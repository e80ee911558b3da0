#include "sync/sync_private.h"

#include "base/name.h"

#include <string.h>

sync_item *
sync_item_new(const char *uid, const char *kind)
{
	sync_item *it = g_new0(sync_item, 1);

	it->uid = g_strdup(uid);
	it->kind = g_strdup(kind);
	it->rows = json_object();
	it->shadow = json_object();
	it->listed = json_object();
	it->back = json_array();
	it->inq = json_array();
	return it;
}

void
sync_item_free(sync_item *it)
{
	if (it == NULL)
		return;
	g_free(it->uid);
	g_free(it->kind);
	g_free(it->id);
	g_free(it->title);
	g_free(it->partner_id);
	g_free(it->why_text);
	json_decref(it->rows);
	json_decref(it->shadow);
	json_decref(it->listed);
	json_decref(it->back);
	json_decref(it->inq);
	g_free(it);
}

guint64
sync_k(const sync_item *it)
{
	return it->own - it->acked;
}

json_t *
rows_at(const sync_item *it, const char *reg, gsize i)
{
	json_t *x = json_array_get(json_object_get(it->rows, reg), i);

	return json_is_null(x) ? NULL : x;
}

json_t *
sync_top(const sync_item *it, const char *reg)
{
	return rows_at(it, reg, (gsize)sync_k(it));
}

gboolean
sync_alive(const sync_item *it)
{
	return life_live(sync_top(it, ITEM_LIFE));
}

void
rows_append(sync_item *it, const json_t *ch)
{
	gsize before = (gsize)sync_k(it);
	const char *reg;
	json_t *v, *row;

	json_object_foreach ((json_t *)ch, reg, v) {
		row = json_object_get(it->rows, reg);
		if (row == NULL) {
			row = json_array();
			for (gsize i = 0; i <= before; i++)
				json_array_append_new(row, json_null());
			json_object_set_new(it->rows, reg, row);
		}
		json_array_append(row, v);
	}
	json_object_foreach (it->rows, reg, row) {
		if (json_array_size(row) == before + 1)
			json_array_append(row, json_array_get(row, before));
	}
	it->own++;
}

static gboolean
row_absent(const json_t *row)
{
	for (gsize i = 0; i < json_array_size(row); i++)
		if (!json_is_null(json_array_get(row, i)))
			return FALSE;
	return TRUE;
}

void
rows_tidy(json_t *rows)
{
	const char *reg;
	json_t *row;
	void *next;

	json_object_foreach_safe (rows, next, reg, row) {
		if (row_absent(row))
			json_object_del(rows, reg);
	}
}

void
rows_cut(sync_item *it, guint64 up)
{
	up = MIN(up, it->own);
	if (up <= it->acked)
		return;

	const char *reg;
	json_t *row;
	json_object_foreach (it->rows, reg, row) {
		for (guint64 i = it->acked; i < up; i++)
			json_array_remove(row, 0);
	}
	it->acked = up;
	rows_tidy(it->rows);
	item_tomb(it);
}

void
item_tomb(sync_item *it)
{
	if (sync_k(it) != 0 || strcmp(life_word(sync_top(it, ITEM_LIFE)), LIFE_GONE) != 0)
		return;

	json_t *rows = json_object();
	json_object_set(rows, ITEM_LIFE, json_object_get(it->rows, ITEM_LIFE));
	json_decref(it->rows);
	it->rows = rows;
	/* A deletion that the tracker refused stays listed; nothing else can be decided any more.
	 */
	g_autoptr(json_ref) life = json_incref(json_object_get(it->listed, ITEM_LIFE));
	json_object_clear(it->listed);
	if (it->here && life != NULL)
		json_object_set(it->listed, ITEM_LIFE, life);
	if (!it->here)
		json_object_clear(it->shadow);
}

void
item_names(sync_item *it, const char *kind, const char *id)
{
	if (it->kind == NULL && name_word_valid(kind))
		it->kind = g_strdup(kind);
	if (id != NULL && g_strcmp0(it->id, id) != 0) {
		g_free(it->id);
		it->id = g_strdup(id);
	}
}

void
item_begin(sync_item *it, guint64 gen)
{
	it->gen = gen;
	it->own = it->seen = it->acked = it->trimto = it->pheld = 0;
	json_object_clear(it->rows);
	for (gsize i = json_array_size(it->inq); i > 0; i--) {
		guint64 g;
		if (!json_u64(json_array_get(it->inq, i - 1), "gen", &g) || g < gen)
			json_array_remove(it->inq, i - 1);
	}
	if (json_array_size(it->inq) == 0)
		item_why(it, 0, NULL);
}

void
inq_pop(sync_item *it)
{
	json_array_remove(it->inq, 0);
}

void
item_why(sync_item *it, int why, const char *text)
{
	char *copy = g_strdup(text); /* TEXT may be the old one */

	g_free(it->why_text);
	it->why_text = copy;
	it->why = why;
}

void
listed_set(sync_item *it, const char *reg, const char *how, int reason, const char *text,
	   const char *at)
{
	json_t *e = json_object();

	json_put(e, "how", how);
	if (reason != 0)
		json_object_set_new(e, "reason", json_integer(reason));
	json_put(e, "text", text);
	json_put(e, "at", at);
	json_object_set_new(it->listed, reg, e);
}

const char *
listed_how(const sync_item *it, const char *reg)
{
	return json_str(json_object_get(it->listed, reg), "how");
}
