#include "item/plan.h"

#include "item/item.h"

#include <string.h>

json_t *
plan_new(const char *uid, const char *kind)
{
	json_t *plan = json_object();

	json_object_set_new(plan, "uid", json_string(uid));
	json_object_set_new(plan, "kind", json_string(kind));
	json_object_set_new(plan, "ops", json_array());
	return plan;
}

void
plan_add(json_t *plan, const char *op, const char *reg, json_t *v, json_t *at)
{
	json_t *o = json_object();

	json_object_set_new(o, "op", json_string(op));
	if (strcmp(op, "create") == 0)
		json_object_set_new(o, "set", v == NULL ? json_object() : json_incref(v));
	else if (strcmp(op, "delete") != 0)
		json_object_set_new(o, "v", v == NULL ? json_null() : json_incref(v));
	if (reg != NULL)
		json_object_set_new(o, "reg", json_string(reg));
	if (at != NULL)
		json_object_set(o, "at", at);
	json_array_append_new(json_object_get(plan, "ops"), o);
}

json_t *
plan_ops(const json_t *plan)
{
	return json_object_get(plan, "ops");
}

gboolean
plan_empty(const json_t *plan)
{
	return json_array_size(plan_ops(plan)) == 0;
}

const char *
plan_op_reg(const json_t *op)
{
	const char *reg = json_string_value(json_object_get(op, "reg"));

	return reg != NULL ? reg : ITEM_LIFE;
}

static json_t *
result_new(const json_t *op, const char *code, json_t *back)
{
	json_t *r = json_object();

	json_object_set_new(r, "reg", json_string(plan_op_reg(op)));
	json_object_set_new(r, "code", json_string(code));
	if (back != NULL)
		json_object_set_new(r, "back", back);
	return r;
}

/* What OP asks the tracker to show: a value or, of a create, {field: value}; a new reference. */
static json_t *
asked(const json_t *op)
{
	const json_t *set = json_object_get(op, "set");
	const char *field;
	json_t *entry, *all;

	if (set == NULL)
		return json_incref(json_object_get(op, "v"));
	all = json_object();
	json_object_foreach ((json_t *)set, field, entry)
		json_object_set(all, field, json_object_get(entry, "v"));
	return all;
}

json_t *
result_ok(const json_t *op, json_t *back)
{
	g_autoptr(json_ref) want = asked(op);

	if (back == NULL || !json_equal(want, back))
		return result_new(op, "ok", back);
	json_t *r = result_new(op, "ok", NULL);
	json_object_set_new(r, "asked", json_true());
	json_decref(back);
	return r;
}

json_t *
result_back(const json_t *op, const json_t *result)
{
	if (json_flag(result, "asked"))
		return asked(op);
	return json_incref(json_object_get(result, "back"));
}

json_t *
result_refused(const json_t *op, int reason, const char *text, json_t *back)
{
	json_t *r = result_new(op, "refused", back);

	json_object_set_new(r, "reason", json_integer(reason));
	if (text != NULL)
		json_object_set_new(r, "text", json_string(text));
	return r;
}

json_t *
result_skip(const json_t *op)
{
	return result_new(op, "skip", NULL);
}
