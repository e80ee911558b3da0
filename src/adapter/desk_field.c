#include "adapter/desk_private.h"

#include "base/fail.h"

#include <string.h>

static void
field_free(gpointer p)
{
	desk_field *f = p;

	g_free(f->name);
	g_free(f);
}

void
desk_field_forget(desk *d)
{
	g_clear_pointer(&d->fields, g_hash_table_unref);
}

static gboolean
load_fields(desk *d, GError **error)
{
	g_autoptr(GHashTable) fields =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, field_free);
	db_stmt *s = db_query(d->db, error, "SELECT name, type, closed, learn FROM field", "");
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		desk_field *f = g_new0(desk_field, 1);
		f->name = g_strdup(db_text(s, 0));
		f->closed = db_i64(s, 2) != 0;
		f->learn = db_i64(s, 3) != 0;
		if (type_from_name(db_text(s, 1), &f->type)) {
			g_hash_table_insert(fields, f->name, f);
			continue;
		}
		fail_set(error, FAIL_CONFIG, "desk: field %s has the unknown type \"%s\"", f->name,
			 db_text(s, 1));
		field_free(f);
		desk_done(s);
		return FALSE;
	}
	if (step < 0)
		return FALSE;
	desk_field_forget(d);
	d->fields = g_steal_pointer(&fields);
	return TRUE;
}

const desk_field *
desk_field_find(desk *d, const char *name, GError **error)
{
	/* Outside a transaction somebody else may have changed them. */
	if ((d->fields == NULL || !db_in_transaction(d->db)) && !load_fields(d, error))
		return NULL;

	const desk_field *f = g_hash_table_lookup(d->fields, name);
	if (f == NULL)
		fail_set(error, REASON_NO_FIELD, "no field \"%s\" here", name);
	return f;
}

gboolean
desk_field_insert(desk *d, const char *name, value_type type, gboolean learn, GError **error)
{
	desk_field_forget(d);
	return db_run(d->db, error,
		      "INSERT INTO field(name, type, position, learn) "
		      "VALUES(?, ?, (SELECT count(*) FROM field), ?)",
		      "ssi", name, type_name(type), (gint64)learn);
}

gboolean
desk_field_learn(desk *d, const char *name, gboolean learn, GError **error)
{
	desk_field_forget(d);
	return db_run(d->db, error, "UPDATE field SET learn = ? WHERE name = ?", "is",
		      (gint64)learn, name);
}

/* Names that mean something else where the desk lists its items. */
static gboolean
reserved(const char *name)
{
	static const char *const names[] = {"id", "uid", "kind", NULL};

	return g_strv_contains(names, name);
}

static gboolean
add_field(desk *d, const char *name, value_type type, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(d->db, &n, error, "SELECT count(*) FROM field WHERE name = ?", "s", name))
		return FALSE;
	if (n > 0) {
		fail_set(error, FAIL_USAGE, "there is a field \"%s\" already", name);
		return FALSE;
	}
	return desk_field_insert(d, name, type, FALSE, error);
}

gboolean
desk_field_add(desk *d, const char *name, value_type type, GError **error)
{
	if (!item_field_name_valid(name) || reserved(name)) {
		fail_set(error, FAIL_USAGE,
			 "\"%s\" is no name for a field; use a-z, 0-9 and _, at most %d characters",
			 name, ITEM_NAME_MAX);
		return FALSE;
	}
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, add_field(d, name, type, error), error);
}

int
desk_field_knows(desk *d, const desk_field *f, const char *value, GError **error)
{
	gint64 n = 0;

	if (!f->closed)
		return 1;
	if (!db_get_i64(d->db, &n, error, "SELECT 1 FROM value WHERE field = ? AND value = ?", "ss",
			f->name, value))
		return -1;
	return n != 0;
}

static gboolean
insert_value(desk *d, const char *field, const char *value, GError **error)
{
	return db_run(d->db, error, "INSERT OR IGNORE INTO value(field, value) VALUES(?, ?)", "ss",
		      field, value);
}

static gboolean
admit_one(desk *d, const desk_field *f, const char *value, gboolean learn, GError **error)
{
	int known = desk_field_knows(d, f, value, error);

	if (known != 0)
		return known > 0;
	if (learn)
		return insert_value(d, f->name, value, error);
	fail_set(error, REASON_NO_VALUE, "%s has no value \"%s\"; handsel desk value %s adds one",
		 f->name, value, f->name);
	return FALSE;
}

gboolean
desk_field_admit(desk *d, const char *name, const json_t *v, desk_learn how, GError **error)
{
	const desk_field *f = desk_field_find(d, name, error);

	if (f == NULL)
		return FALSE;
	gboolean learn = how == LEARN_YES || (how == LEARN_AS_PREPARED && f->learn);
	if (f->type == TYPE_LIST && json_is_string(v))
		return admit_one(d, f, json_string_value(v), learn, error);
	for (gsize i = 0; f->type == TYPE_MULTI && i < json_array_size(v); i++)
		if (!admit_one(d, f, json_string_value(json_array_get(v, i)), learn, error))
			return FALSE;
	return TRUE;
}

json_t *
desk_field_parse(desk *d, const char *name, const char *text, GError **error)
{
	const desk_field *f = desk_field_find(d, name, error);

	return f != NULL ? type_parse(f->type, name, text, d->field_max, error) : NULL;
}

json_t *
desk_field_canon(desk *d, const char *name, const json_t *value, GError **error)
{
	const desk_field *f = desk_field_find(d, name, error);

	return f != NULL ? type_canon(f->type, name, value, DESK_VALUE_MAX, error) : NULL;
}

static json_t *
values_of(desk *d, const char *field, GError **error)
{
	g_autoptr(json_ref) values = json_array();
	db_stmt *s = db_query(d->db, error,
			      "SELECT value FROM value WHERE field = ? ORDER BY value", "s", field);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1)
		json_array_append_new(values, json_string(db_text(s, 0)));
	return step < 0 ? NULL : g_steal_pointer(&values);
}

static gboolean
list_fields(desk *d, json_t *all, GError **error)
{
	db_stmt *s = db_query(d->db, error,
			      "SELECT name, type, closed FROM field ORDER BY position", "");
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		json_t *values = json_null();
		if (db_i64(s, 2) != 0)
			values = values_of(d, db_text(s, 0), error);
		if (values == NULL) {
			desk_done(s);
			return FALSE;
		}
		json_t *one = json_object();
		json_put(one, "type", db_text(s, 1));
		json_object_set_new(one, "values", values);
		json_object_set_new(all, db_text(s, 0), one);
	}
	return step == 0;
}

gboolean
desk_fields(desk *d, json_t **ret, GError **error)
{
	g_autoptr(json_ref) all = json_object();

	if (!desk_look(d, error))
		return FALSE;
	gboolean ok = list_fields(d, all, error);
	desk_looked(d);
	if (ok)
		*ret = g_steal_pointer(&all);
	return ok;
}

static gboolean
add_values(desk *d, const char *field, const char *const *values, GError **error)
{
	const desk_field *f = desk_field_find(d, field, error);

	if (f == NULL)
		return FALSE;
	if (f->type != TYPE_LIST && f->type != TYPE_MULTI) {
		fail_set(error, FAIL_USAGE, "field %s is of type %s, which has no list of values",
			 field, type_name(f->type));
		return FALSE;
	}
	for (guint i = 0; values[i] != NULL; i++) {
		g_autoptr(json_ref) v =
			type_parse(TYPE_LIST, field, values[i], DESK_VALUE_MAX, error);
		if (v == NULL)
			return FALSE;
		if (!json_is_string(v)) {
			fail_set(error, FAIL_USAGE, "%s: a value must not be empty", field);
			return FALSE;
		}
		if (!insert_value(d, field, json_string_value(v), error))
			return FALSE;
	}
	desk_field_forget(d);
	return db_run(d->db, error, "UPDATE field SET closed = 1 WHERE name = ?", "s", field);
}

gboolean
desk_value_add(desk *d, const char *field, const char *const *values, GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, add_values(d, field, values, error), error);
}
