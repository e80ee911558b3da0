#include "adapter/desk_private.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/name.h"
#include "base/rand.h"

#include <string.h>

/* The text of member V, "" for null; NULL for what is no text. */
static const char *
typed(const char *name, const json_t *v, GError **error)
{
	if (json_is_null(v))
		return "";
	if (!json_is_string(v))
		fail_set(error, FAIL_USAGE, "%s: its value is no text", name);
	return json_string_value(v);
}

/* FIELDS as typed -> canonical values, without the parent. */
static json_t *
parse_fields(desk *d, const json_t *fields, GError **error)
{
	g_autoptr(json_ref) values = json_object();
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)fields, name, v) {
		if (strcmp(name, ITEM_PARENT) == 0)
			continue;
		const char *text = typed(name, v, error);
		json_t *value = text != NULL ? desk_field_parse(d, name, text, error) : NULL;
		if (value == NULL)
			return NULL;
		json_object_set_new(values, name, value);
	}
	return g_steal_pointer(&values);
}

/* The uid of the parent that FIELDS names; *RET is NULL for none. */
static gboolean
parse_parent(desk *d, const json_t *fields, char **ret, GError **error)
{
	json_t *v = json_object_get(fields, ITEM_PARENT);
	const char *id = v != NULL ? typed(ITEM_PARENT, v, error) : "";

	if (id == NULL)
		return FALSE;
	if (*id == '\0')
		return TRUE;
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);
	if (r == NULL)
		return FALSE;
	*ret = g_steal_pointer(&r->uid);
	return TRUE;
}

static gboolean
put_local(desk *d, desk_rec *r, const char *field, json_t *v, desk_learn learn, GError **error)
{
	g_autofree char *at = doc_stamp_after(doc_at(r->doc, field));

	return desk_rec_put(d, r, field, v, at, learn, error);
}

static gboolean
put_values(desk *d, desk_rec *r, const json_t *values, desk_learn learn, GError **error)
{
	const char *field;
	json_t *v;

	json_object_foreach ((json_t *)values, field, v)
		if (!put_local(d, r, field, v, learn, error))
			return FALSE;
	return TRUE;
}

/* A desk whose "created" is no time, or missing, goes without. */
static gboolean
put_created(desk *d, desk_rec *r, GError **error)
{
	const desk_field *f = desk_field_find(d, "created", NULL);

	if (f == NULL || f->type != TYPE_TIME || doc_value(r->doc, "created") != NULL)
		return TRUE;
	g_autofree char *now = clock_stamp_now();
	g_autoptr(json_ref) v = json_string(now);
	return put_local(d, r, "created", v, LEARN_NO, error);
}

desk_rec *
desk_make(desk *d, const char *kind, const char *parent, const json_t *values, desk_learn learn,
	  GError **error)
{
	if (!name_word_valid(kind)) {
		fail_set(error, FAIL_USAGE, "\"%s\" is no name for a kind; try \"issue\"", kind);
		return NULL;
	}

	g_autofree char *uid = rand_id();
	g_autofree char *now = clock_stamp_now();
	g_autoptr(desk_rec) r = desk_rec_new(uid, kind);
	if (!put_values(d, r, values, learn, error) || !put_created(d, r, error) ||
	    !desk_rec_parent(d, r, parent, now, error) || !desk_rec_save(d, r, error))
		return NULL;
	return g_steal_pointer(&r);
}

gboolean
desk_change(desk *d, desk_rec *r, const json_t *values, desk_learn learn, gboolean *ret_changed,
	    GError **error)
{
	if (!put_values(d, r, values, learn, error))
		return FALSE;
	gboolean changed = r->dirty;
	if (!desk_rec_save(d, r, error))
		return FALSE;
	*ret_changed = changed;
	return TRUE;
}

static gboolean
new_item(desk *d, const char *kind, const json_t *fields, char **ret, GError **error)
{
	g_autofree char *parent = NULL;
	g_autoptr(json_ref) values = parse_fields(d, fields, error);

	if (values == NULL || !parse_parent(d, fields, &parent, error))
		return FALSE;
	g_autoptr(desk_rec) r = desk_make(d, kind, parent, values, LEARN_NO, error);
	if (r == NULL)
		return FALSE;
	*ret = desk_rec_id(r);
	return TRUE;
}

char *
desk_new(desk *d, const char *kind, const json_t *fields, GError **error)
{
	g_autofree char *id = NULL;

	if (!desk_enter(d, error))
		return NULL;
	gboolean ok = new_item(d, kind, fields, &id, error);
	return desk_leave(d, ok, error) ? g_steal_pointer(&id) : NULL;
}

static gboolean
set_parent(desk *d, desk_rec *r, const json_t *fields, GError **error)
{
	g_autofree char *parent = NULL;

	if (json_object_get(fields, ITEM_PARENT) == NULL)
		return TRUE;
	if (!parse_parent(d, fields, &parent, error))
		return FALSE;
	g_autofree char *at = doc_stamp_after(r->parent_at);
	return desk_rec_parent(d, r, parent, at, error);
}

static gboolean
set_item(desk *d, const char *id, const json_t *fields, GError **error)
{
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);
	g_autoptr(json_ref) values = r != NULL ? parse_fields(d, fields, error) : NULL;
	gboolean changed;

	return values != NULL && set_parent(d, r, fields, error) &&
	       desk_change(d, r, values, LEARN_NO, &changed, error);
}

gboolean
desk_set(desk *d, const char *id, const json_t *fields, GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, set_item(d, id, fields, error), error);
}

static gboolean
delete_item(desk *d, const char *id, GError **error)
{
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);

	return r != NULL && desk_rec_delete(d, r, error);
}

gboolean
desk_delete(desk *d, const char *id, GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, delete_item(d, id, error), error);
}

static gboolean
relate(desk *d, const char *id, const char *type, const char *other, gboolean on, GError **error)
{
	g_autoptr(desk_rec) a = desk_rec_by_id(d, id, error);
	g_autoptr(desk_rec) b = a != NULL ? desk_rec_by_id(d, other, error) : NULL;

	if (b == NULL)
		return FALSE;
	g_autofree char *reg = item_relation_reg(type, a->uid, b->uid);
	g_autofree char *first = NULL, *second = NULL;
	if (!item_relation_parts(reg, NULL, &first, &second)) {
		fail_set(error, FAIL_USAGE, "item %s cannot be related to %s as \"%s\"", id, other,
			 type);
		return FALSE;
	}
	int has = desk_relation_has(d, type, first, second, error);
	if (has == 0 && !on)
		fail_set(error, REASON_NO_ITEM, "item %s has no relation %s to %s", id, type,
			 other);
	if (has < 0 || (has == 0 && !on))
		return FALSE;
	g_autofree char *now = clock_stamp_now();
	return desk_relation_put(d, strcmp(first, a->uid) == 0 ? a : b, reg, on, now, error);
}

gboolean
desk_relate(desk *d, const char *id, const char *type, const char *other, gboolean remove,
	    GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, relate(d, id, type, other, !remove, error), error);
}
