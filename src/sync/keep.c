/*
 * How an item is kept in the store: all that is in it, and little that is in it twice.  For all of
 * a link's items are written and read again and again, and printing and parsing JSON is most of
 * that.
 *
 * A value with its stamp, {"v":V,"at":A}, is [V,A], or [V] where A is the "at" of the item; what is
 * empty is left out; a shadow that is what was agreed is `true`.
 */
#include "sync/sync_private.h"

#include <string.h>

static void
put_u64(json_t *j, const char *key, guint64 n)
{
	if (n != 0)
		json_object_set_new(j, key, json_integer((json_int_t)n));
}

static void
put_flag(json_t *j, const char *key, gboolean set)
{
	if (set)
		json_object_set_new(j, key, json_true());
}

/* The stamp of X if it is nothing but a value and its stamp, else NULL; borrowed. */
static json_t *
only_stamp(const json_t *x)
{
	json_t *at = json_object_get(x, "at");

	return at != NULL && json_object_get(x, "v") != NULL && json_object_size(x) == 2 ? at
											 : NULL;
}

/* The stamp that most values have who were made together; borrowed. */
static json_t *
common_stamp(const json_t *rows)
{
	const char *reg;
	json_t *row, *at;

	json_object_foreach ((json_t *)rows, reg, row)
		if ((at = only_stamp(json_array_get(row, json_array_size(row) - 1))) != NULL)
			return at;
	return NULL;
}

static json_t *
pack(json_t *x, const json_t *common)
{
	json_t *at = only_stamp(x), *packed;

	if (at == NULL)
		return json_incref(x);
	packed = json_array();
	json_array_append(packed, json_object_get(x, "v"));
	if (!json_equal(at, common))
		json_array_append(packed, at);
	return packed;
}

static void
put_rows(json_t *j, const json_t *rows)
{
	json_t *common = common_stamp(rows), *all = json_object(), *row, *x;
	const char *reg;
	gsize i;

	json_object_foreach ((json_t *)rows, reg, row) {
		json_t *packed = json_array();

		json_array_foreach (row, i, x)
			json_array_append_new(packed, pack(x, common));
		json_object_set_new(all, reg, packed);
	}
	json_object_set(j, "at", common);
	json_object_set_new(j, "rows", all);
}

/* What the shadow is when the tracker shows just what was agreed: most of the time, for most items.
 */
static json_t *
agreed_shadow(const sync_item *it)
{
	json_t *shadow = json_object(), *row;
	const char *reg;

	json_object_foreach (it->rows, reg, row) {
		json_t *v = json_object_get(json_array_get(row, (gsize)sync_k(it)), "v");

		if (v != NULL && strcmp(reg, ITEM_LIFE) != 0)
			json_object_set(shadow, reg, v);
	}
	return shadow;
}

static void
put_shadow(json_t *j, const sync_item *it)
{
	g_autoptr(json_ref) agreed = agreed_shadow(it);

	json_object_set_new(j, "shadow",
			    json_equal(agreed, it->shadow) ? json_true() : json_copy(it->shadow));
}

/* Copies the array or object V into member KEY if there is anything in it. */
static void
put_filled(json_t *j, const char *key, json_t *v)
{
	if (json_object_size(v) + json_array_size(v) > 0)
		json_object_set_new(j, key, json_copy(v));
}

json_t *
sync_item_to_json(const sync_item *it)
{
	json_t *j = json_object();

	json_put(j, "kind", it->kind);
	json_put(j, "id", it->id);
	json_put(j, "title", it->title);
	json_put(j, "partner_id", it->partner_id);
	put_u64(j, "gen", it->gen);
	put_u64(j, "own", it->own);
	put_u64(j, "seen", it->seen);
	put_u64(j, "acked", it->acked);
	put_u64(j, "trimto", it->trimto);
	put_u64(j, "pheld", it->pheld);
	put_flag(j, "here", it->here);
	put_flag(j, "joined", it->joined);
	put_flag(j, "adopted", it->adopted);
	put_rows(j, it->rows);
	put_shadow(j, it);
	put_filled(j, "listed", it->listed);
	put_filled(j, "back", it->back);
	put_filled(j, "inq", it->inq);
	put_u64(j, "why", (guint64)it->why);
	json_put(j, "why_text", it->why_text);
	return j;
}

static gboolean
get_u64(const json_t *j, const char *key, guint64 *ret)
{
	return json_object_get(j, key) == NULL || json_u64(j, key, ret);
}

/* Replaces *PLACE by a copy of member KEY, if there is one; FALSE if it is of another type. */
static gboolean
get_copy(const json_t *j, const char *key, json_t **place)
{
	json_t *v = json_object_get(j, key);

	if (v == NULL)
		return TRUE;
	if (json_typeof(v) != json_typeof(*place))
		return FALSE;
	json_decref(*place);
	*place = json_copy(v);
	return TRUE;
}

/* The value that put_rows() wrote as X; a new reference, NULL if it never did. */
static json_t *
unpack(json_t *x, json_t *common)
{
	json_t *at = json_array_size(x) == 2 ? json_array_get(x, 1) : common;

	if (!json_is_array(x))
		return json_is_object(x) || json_is_null(x) ? json_incref(x) : NULL;
	if (json_array_size(x) < 1 || json_array_size(x) > 2 || at == NULL)
		return NULL;
	json_t *value = json_object();
	json_object_set(value, "v", json_array_get(x, 0));
	json_object_set(value, "at", at);
	return value;
}

/* Every row is an array of k + 1 values. */
static json_t *
row_read(const json_t *packed, gsize values, json_t *common)
{
	g_autoptr(json_ref) row = json_array();
	gsize i;
	json_t *x;

	if (!json_is_array(packed) || json_array_size(packed) != values)
		return NULL;
	json_array_foreach (packed, i, x) {
		json_t *value = unpack(x, common);
		if (value == NULL)
			return NULL;
		json_array_append_new(row, value);
	}
	return g_steal_pointer(&row);
}

/* Behind the counters. */
static gboolean
rows_read(const json_t *j, sync_item *it)
{
	const json_t *rows = json_object_get(j, "rows");
	const char *reg;
	json_t *packed;

	if (it->acked > it->own || !json_is_object(rows))
		return FALSE;
	json_object_foreach ((json_t *)rows, reg, packed) {
		json_t *row = row_read(packed, (gsize)sync_k(it) + 1, json_object_get(j, "at"));
		if (row == NULL)
			return FALSE;
		json_object_set_new(it->rows, reg, row);
	}
	return TRUE;
}

static gboolean
counters_read(const json_t *j, sync_item *it)
{
	guint64 why = 0;

	if (!get_u64(j, "gen", &it->gen) || !get_u64(j, "own", &it->own) ||
	    !get_u64(j, "seen", &it->seen) || !get_u64(j, "acked", &it->acked) ||
	    !get_u64(j, "trimto", &it->trimto) || !get_u64(j, "pheld", &it->pheld) ||
	    !get_u64(j, "why", &why) || why > G_MAXINT)
		return FALSE;
	it->why = (int)why;
	return TRUE;
}

/* Behind the rows, of which it may be made. */
static gboolean
shadow_read(const json_t *j, sync_item *it)
{
	if (!json_flag(j, "shadow"))
		return json_object_get(j, "shadow") != NULL && get_copy(j, "shadow", &it->shadow);
	json_decref(it->shadow);
	it->shadow = agreed_shadow(it);
	return TRUE;
}

sync_item *
sync_item_from_json(const char *uid, const json_t *j, GError **error)
{
	g_autoptr(sync_item) it = sync_item_new(uid, json_str(j, "kind"));

	it->id = g_strdup(json_str(j, "id"));
	it->title = g_strdup(json_str(j, "title"));
	it->partner_id = g_strdup(json_str(j, "partner_id"));
	it->here = json_flag(j, "here");
	it->joined = json_flag(j, "joined");
	it->adopted = json_flag(j, "adopted");
	it->why_text = g_strdup(json_str(j, "why_text"));
	if (!counters_read(j, it) || !rows_read(j, it) || !shadow_read(j, it) ||
	    !get_copy(j, "listed", &it->listed) || !get_copy(j, "back", &it->back) ||
	    !get_copy(j, "inq", &it->inq)) {
		fail_set(error, FAIL_BUG, "state of item %s is malformed", uid);
		return NULL;
	}
	return g_steal_pointer(&it);
}
