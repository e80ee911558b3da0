#include "adapter/desk_private.h"

#include "base/fail.h"

static void
lack(GPtrArray *lacks, char *text)
{
	g_ptr_array_add(lacks, text);
}

static gboolean
has_list(value_type type)
{
	return type == TYPE_LIST || type == TYPE_MULTI;
}

/* A field that the desk lacks. */
static gboolean
add_field(desk *d, const contract_field *cf, GPtrArray *lacks, GError **error)
{
	g_autoptr(GError) e = NULL;

	if (!desk_field_add(d, cf->name, cf->type, &e)) {
		if (!fail_is(e, FAIL_USAGE)) {
			g_propagate_error(error, g_steal_pointer(&e));
			return FALSE;
		}
		lack(lacks, g_strdup_printf("field %s: %s", cf->name, e->message));
		return TRUE;
	}
	return !has_list(cf->type) || desk_field_learn(d, cf->name, cf->learn, error);
}

/* The contract's values that a closed list does not know and will not learn. */
static gboolean
check_values(desk *d, const desk_field *f, const contract_field *cf, GPtrArray *lacks,
	     GError **error)
{
	size_t i;
	json_t *v;

	json_array_foreach (cf->values, i, v) {
		int known = desk_field_knows(d, f, json_string_value(v), error);
		if (known < 0)
			return FALSE;
		if (known == 0)
			lack(lacks, g_strdup_printf("field %s has no value \"%s\"; "
						    "handsel desk value %s adds it",
						    f->name, json_string_value(v), f->name));
	}
	return TRUE;
}

static gboolean
prepare_field(desk *d, const contract_field *cf, GPtrArray *lacks, GError **error)
{
	g_autoptr(GError) e = NULL;
	const desk_field *f = desk_field_find(d, cf->name, &e);

	if (f == NULL && fail_is(e, REASON_NO_FIELD))
		return add_field(d, cf, lacks, error);
	if (f == NULL) {
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	if (f->type != cf->type) {
		lack(lacks,
		     g_strdup_printf("field %s is of type %s here, of type %s in the contract",
				     cf->name, type_name(f->type), type_name(cf->type)));
		return TRUE;
	}
	if (!has_list(cf->type))
		return TRUE;
	if (!cf->learn && !check_values(d, f, cf, lacks, error))
		return FALSE;
	return f->learn == cf->learn || desk_field_learn(d, cf->name, cf->learn, error);
}

static gboolean
prepare_kinds(desk *d, const contract *c, GPtrArray *lacks, GError **error)
{
	g_autoptr(json_ref) j = contract_to_json(c);
	const char *kind;
	json_t *ignored;

	json_object_foreach (json_object_get(j, "kinds"), kind, ignored) {
		g_autoptr(GPtrArray) fields = contract_fields(c, kind);
		for (guint i = 0; i < fields->len; i++)
			if (!prepare_field(d, fields->pdata[i], lacks, error))
				return FALSE;
	}
	return TRUE;
}

gboolean
desk_prepare(desk *d, const contract *c, GPtrArray **ret_lacks, GError **error)
{
	g_autoptr(GPtrArray) lacks = g_ptr_array_new_with_free_func(g_free);

	if (!desk_enter(d, error) || !desk_leave(d, prepare_kinds(d, c, lacks, error), error))
		return FALSE;
	*ret_lacks = g_steal_pointer(&lacks);
	return TRUE;
}
