#include "sync/sync_private.h"

#include "base/rand.h"

#include <string.h>

/* Fields, parent, relations, things: the order of ops in a plan. */
static int
rank(const char *reg)
{
	if (reg[0] == '@')
		return 3;
	if (strchr(reg, ':') != NULL)
		return 2;
	return strcmp(reg, ITEM_PARENT) == 0 ? 1 : 0;
}

static int
by_rank(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int d = rank(x) - rank(y);

	return d != 0 ? d : strcmp(x, y);
}

/* Borrowed names in order: REGS, or every register of the item. */
static GPtrArray *
sorted(const sync_item *it, const GPtrArray *regs)
{
	GPtrArray *names = g_ptr_array_new();
	const char *reg;
	json_t *row;

	if (regs != NULL) {
		for (guint i = 0; i < regs->len; i++)
			g_ptr_array_add(names, regs->pdata[i]);
	} else {
		json_object_foreach (it->rows, reg, row)
			g_ptr_array_add(names, (char *)reg);
	}
	g_ptr_array_sort(names, by_rank);
	return names;
}

static void
plan_create(const sync_ctx *ctx, const sync_item *it, json_t *plan)
{
	g_autoptr(json_ref) set = json_object();
	const char *reg;
	json_t *row;
	gboolean alone;

	json_object_foreach (it->rows, reg, row) {
		json_t *top = sync_top(it, reg);
		if (rank(reg) == 0 && strcmp(reg, ITEM_LIFE) != 0 &&
		    shown_of(ctx, it, reg, top, &alone) != NULL)
			json_object_set(set, reg, (json_t *)value_cand(top, ctx->master));
	}
	plan_add(plan, "create", NULL, set, NULL);
}

static void
plan_reg(const sync_ctx *ctx, const sync_item *it, const char *reg, json_t *plan)
{
	static const char *const ops[] = {"set", "parent", "relate", "thing"};
	const json_t *top = sync_top(it, reg);
	gboolean alone;
	json_t *v = shown_of(ctx, it, reg, top, &alone);

	if (alone || value_same(v, json_object_get(it->shadow, reg)))
		return;
	g_autoptr(json_ref) at = json_incref(json_object_get(value_cand(top, ctx->master), "at"));
	if (at == NULL)
		at = json_string(ctx->now);
	plan_add(plan, ops[rank(reg)], reg, v, at);
}

json_t *
plan_make(const sync_ctx *ctx, const sync_item *it, const GPtrArray *regs, const json_t *skip)
{
	json_t *plan = plan_new(it->uid, it->kind);
	gboolean create = !it->here;

	if (!sync_alive(it)) {
		if (it->here && strcmp(life_word(sync_top(it, ITEM_LIFE)), LIFE_GONE) == 0)
			plan_add(plan, "delete", NULL, NULL, NULL);
		return plan;
	}
	if (create)
		plan_create(ctx, it, plan);
	if (create || listed_how(it, ITEM_LIFE) != NULL)
		regs = NULL;
	g_autoptr(GPtrArray) names = sorted(it, regs);
	for (guint i = 0; i < names->len; i++) {
		const char *reg = names->pdata[i];
		if (strcmp(reg, ITEM_LIFE) != 0 && !(create && rank(reg) == 0) &&
		    json_object_get(skip, reg) == NULL)
			plan_reg(ctx, it, reg, plan);
	}
	return plan;
}

/* What only our tracker shows goes with the item: the log keeps it. */
static void
lose_with_item(const sync_item *it, const sync_view *view, GPtrArray *losses)
{
	const char *reg;
	json_t *any;

	json_object_foreach (view->regs, reg, any) {
		value_form form = value_form_of(sync_top(it, reg));
		if (reg[0] == '@' &&
		    (form == VALUE_ABSENT || form == VALUE_UNSHARED || listed_how(it, reg) != NULL))
			out_lose_shown(losses, reg, view_value(view, reg), "deleted");
	}
	json_object_foreach (view->unsent, reg, any)
		out_lose_shown(losses, reg, json_object_get(any, "v"), "deleted");
	json_object_foreach (view->masked, reg, any)
		out_lose_shown(losses, reg, any, "deleted");
}

void
plan_losses(const sync_item *it, const sync_view *view, const json_t *plan, GPtrArray *losses)
{
	gsize i;
	json_t *op;

	if (view == NULL)
		return;
	json_array_foreach (plan_ops(plan), i, op) {
		const char *reg = plan_op_reg(op);
		json_t *masked = json_object_get(view->masked, reg);

		if (strcmp(json_str(op, "op"), "delete") == 0)
			lose_with_item(it, view, losses);
		else
			out_lose_shown(losses, reg,
				       json_object_get(json_object_get(view->unsent, reg), "v"),
				       "unsent");
		if (!value_same(masked, json_object_get(op, "v")))
			out_lose_shown(losses, reg, masked, "unsent");
	}
}

json_t *
intent_new(const sync_item *it, const char *token, json_t *plan, const GPtrArray *losses)
{
	json_t *intent = json_object(), *lost = json_array();

	json_put(intent, "uid", it->uid);
	json_object_set_new(intent, "gen", json_integer((json_int_t)it->gen));
	json_object_set_new(intent, "own", json_integer((json_int_t)it->own));
	json_object_set_new(intent, "acked", json_integer((json_int_t)it->acked));
	json_put(intent, "token", token);
	json_object_set_new(intent, "plan", plan);
	for (guint i = 0; i < losses->len; i++)
		json_array_append(lost, losses->pdata[i]);
	json_object_set_new(intent, "losses", lost);
	return intent;
}

json_t *
sync_intent_plan(const json_t *intent)
{
	return json_object_get(intent, "plan");
}

json_t *
plan_again(const sync_ctx *ctx, const sync_item *it, const sync_view *view, GPtrArray *regs)
{
	json_t *plan = plan_make(ctx, it, regs, NULL);

	if (plan_empty(plan)) {
		json_decref(plan);
		return NULL;
	}
	/* No record names it, and the same may have to be tried again. */
	g_autofree char *id = rand_id();
	g_autofree char *token = g_strdup_printf("%s:replan:%s", it->uid, id);
	g_autoptr(GPtrArray) losses = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	plan_losses(it, view, plan, losses);
	return intent_new(it, token, plan, losses);
}

json_t *
sync_replan(const sync_ctx *ctx, sync_item *it, const item *raw, GPtrArray *regs)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);

	return plan_again(ctx, it, view, regs);
}
