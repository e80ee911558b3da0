/*
 * The desk with a will of its own: it stores some values in its own way and does not take others.
 * Takes the place of src/adapter/adapter.c, so that a link whose adapter is `desk` gets this one.
 *
 * What it does to a plan the desk itself refuses or keeps, and remembers under the plan's token.
 */
#include "tests/sim/sim.h"

#include <string.h>

#include "adapter/adapter.h"
#include "contract/type.h"

static const will *mine;

void
tracker_is(const will *w)
{
	mine = w;
}

/*
 * "v17" becomes "V17": what people see there is still the value.  Only where the desk itself stores
 * another text than it is given does it tell what it stores, and so does not think that it took
 * just what was asked for: the end of a line in long texts, blanks around the values of lists.
 */
static json_t *
shouted(const char *field, const json_t *v)
{
	static const char *const lists[] = {"state", "priority", "resolution", NULL};
	gboolean is_long = strcmp(field, "description") == 0;

	if (!mine->shouts || sim_number(v) == 0 || (!is_long && !g_strv_contains(lists, field)))
		return json_incref((json_t *)v);
	g_autofree char *text = g_ascii_strup(json_string_value(v), -1);
	g_autofree char *bent = g_strconcat(g_strstrip(text), is_long ? "\r\n" : " ", NULL);
	return json_string(bent);
}

static gboolean
is_refused(const char *reg)
{
	return mine->refuse != NULL && strcmp(mine->refuse, reg) == 0;
}

/* A value that no field can hold. */
static json_t *
nonsense(void)
{
	return json_object();
}

static void
bend_field(json_t *entry, const char *field)
{
	json_t *v = json_object_get(entry, "v");

	if (v == NULL || json_is_null(v))
		return;
	json_object_set_new(entry, "v", is_refused(field) ? nonsense() : shouted(field, v));
}

static void
bend_thing(json_t *op, const char *reg)
{
	json_t *map = json_object_get(op, "v");

	/* One in four, known by its uid, so that it is the same one each time. */
	if (mine->mute && json_is_object(map) && g_strcmp0(json_str(map, "kind"), "comment") == 0 &&
	    reg[1 + RAND_ID_LEN - 2] % 4 == 0) {
		json_t *bent = json_copy(map);
		json_object_set_new(bent, "text", nonsense());
		json_object_set_new(op, "v", bent);
	}
}

static json_t *
bend(const json_t *plan)
{
	json_t *bent = json_deep_copy(plan), *op, *entry;
	const char *field;
	gsize i;

	json_array_foreach (plan_ops(bent), i, op) {
		const char *verb = json_str(op, "op"), *reg = plan_op_reg(op);

		json_object_foreach (json_object_get(op, "set"), field, entry)
			bend_field(entry, field);
		if (g_strcmp0(verb, "set") == 0)
			bend_field(op, reg);
		if (g_strcmp0(verb, "thing") == 0)
			bend_thing(op, reg);
	}
	return bent;
}

static json_t *
apply(adapter *a, const char *link, const char *token, const json_t *plan, adapter_content *content,
      gpointer data, GError **error)
{
	if (mine == NULL)
		return adapter_desk.apply(a, link, token, plan, content, data, error);
	g_autoptr(json_ref) bent = bend(plan);
	return adapter_desk.apply(a, link, token, bent, content, data, error);
}

/* Filled once, before anything else uses it. */
static adapter_ops ops;
static const adapter_ops *table[] = {&ops, NULL};

const adapter_ops *const *
adapter_all(void)
{
	if (ops.name == NULL) {
		ops = adapter_desk;
		ops.apply = apply;
	}
	return table;
}

const adapter_ops *
adapter_find(const char *name)
{
	return g_strcmp0(name, "desk") == 0 ? adapter_all()[0] : NULL;
}
