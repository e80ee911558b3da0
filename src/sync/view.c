#include "sync/sync_private.h"

#include <string.h>

void
view_free(sync_view *view)
{
	if (view == NULL)
		return;
	json_decref(view->regs);
	json_decref(view->emptied);
	json_decref(view->unsent);
	json_decref(view->masked);
	g_free(view->by);
	g_free(view);
}

gboolean
reg_is_ref(const char *reg)
{
	return strchr(reg, ':') != NULL || strcmp(reg, ITEM_PARENT) == 0;
}

gboolean
ref_shared(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *v)
{
	const char *end = strcmp(reg, ITEM_PARENT) == 0 ? json_string_value(v) : strrchr(reg, ':');

	if (end == NULL)
		return FALSE;
	if (end[0] == ':')
		end++;
	return strcmp(end, it->uid) != 0 && ctx->shares(end, ctx->data);
}

/* A relation is a register of the item that it names first. */
static gboolean
relation_owned(const char *reg, const char *uid)
{
	const char *first = strchr(reg, ':') + 1;
	gsize len = strlen(uid);

	return strncmp(first, uid, len) == 0 && first[len] == ':';
}

static const char *
thing_class(const json_t *map)
{
	static const char *const classes[][2] = {
		{"comment", "comments"}, {"file", "files"}, {"row", "rows"}};
	const char *kind = json_str(map, "kind");

	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
		if (g_strcmp0(kind, classes[i][0]) == 0)
			return classes[i][1];
	return NULL;
}

/* Does the contract let REG with value V travel, and is its other end here? */
static gboolean
counts(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *v)
{
	if (reg[0] == '@') {
		const char *class = thing_class(v);
		return class != NULL && contract_allows(ctx->contract, it->kind, class);
	}
	if (strcmp(reg, ITEM_PARENT) == 0)
		return contract_allows(ctx->contract, it->kind, "parent") &&
		       ref_shared(ctx, it, reg, v);
	if (strchr(reg, ':') != NULL)
		return json_is_true(v) && contract_allows(ctx->contract, it->kind, "relations") &&
		       relation_owned(reg, it->uid) && ref_shared(ctx, it, reg, v);
	return contract_field_of(ctx->contract, it->kind, reg) != NULL;
}

static gboolean
nothing(const json_t *v)
{
	return v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
	       (json_is_string(v) && json_string_length(v) == 0);
}

/* The entry as it counts: with the canonical value and a time. */
static json_t *
canonical(const sync_ctx *ctx, json_t *entry, json_t *v)
{
	json_t *at = json_object_get(entry, "at"), *copy;

	if (at != NULL && v == json_object_get(entry, "v"))
		return json_incref(entry);
	copy = value_plain(v, ctx->now);
	if (at != NULL)
		json_object_set(copy, "at", at);
	return copy;
}

/* What does not fit the contract counts as unchanged: it is not sent, and reported. */
static void
put_unsent(sync_view *view, const sync_item *it, const char *reg, json_t *v, const GError *why)
{
	json_t *e = json_object(), *old = json_object_get(it->shadow, reg);

	json_object_set(e, "v", v);
	json_object_set_new(e, "reason", json_integer(why->code));
	json_put(e, "text", why->message);
	json_object_set_new(view->unsent, reg, e);
	if (old != NULL)
		json_object_set_new(view->regs, reg, value_plain(old, NULL));
}

/* Only what changed is checked; the shadow was when it came. */
static void
put_entry(const sync_ctx *ctx, sync_view *view, const sync_item *it, const char *reg, json_t *entry,
	  guint64 *things)
{
	json_t *v = json_object_get(entry, "v");
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) fits = NULL;

	if (reg[0] == '@')
		++*things;
	if (value_same(v, json_object_get(it->shadow, reg)))
		fits = json_incref(v);
	else if (reg[0] == '@' && *things > contract_limit_things(ctx->contract))
		fail_set(&why, REASON_VALUE_TOO_LARGE, "%s: too many comments, files and rows",
			 reg);
	else
		fits = contract_check(ctx->contract, it->kind, reg, v, &why);
	if (fits == NULL)
		put_unsent(view, it, reg, v, why);
	else if (!json_is_null(fits))
		json_object_set_new(view->regs, reg,
				    canonical(ctx, entry, json_equal(fits, v) ? v : fits));
}

sync_view *
view_new(const sync_ctx *ctx, sync_item *it, const item *raw)
{
	if (raw == NULL)
		return NULL;
	item_names(it, raw->kind, raw->id);
	if (it->kind == NULL)
		return NULL;

	sync_view *view = g_new0(sync_view, 1);
	view->regs = json_object();
	view->emptied = json_object();
	view->unsent = json_object();
	view->masked = json_object();
	view->by = g_strdup(raw->by);
	const char *reg;
	json_t *entry;
	guint64 things = 0;
	json_object_foreach (raw->regs, reg, entry) {
		json_t *v = json_object_get(entry, "v");
		if (nothing(v))
			json_object_set(view->emptied, reg, json_object_get(entry, "at"));
		else if (counts(ctx, it, reg, v))
			put_entry(ctx, view, it, reg, entry, &things);
	}
	json_object_foreach (raw->masked, reg, entry)
		if (!nothing(entry) && !value_same(entry, json_object_get(it->shadow, reg)) &&
		    counts(ctx, it, reg, entry))
			json_object_set(view->masked, reg, entry);
	return view;
}

json_t *
view_entry(const sync_view *view, const char *reg)
{
	return view == NULL ? NULL : json_object_get(view->regs, reg);
}

json_t *
view_value(const sync_view *view, const char *reg)
{
	return json_object_get(view_entry(view, reg), "v");
}

json_t *
shown_of(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *top,
	 gboolean *ret_alone)
{
	*ret_alone = value_form_of(top) == VALUE_UNSHARED;

	json_t *v = value_of(value_cand(top, ctx->master));
	if (v == NULL || (reg_is_ref(reg) && !ref_shared(ctx, it, reg, v)))
		return NULL;
	return v;
}

gboolean
shown_is(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *top,
	 const json_t *v)
{
	gboolean alone;
	json_t *shown = shown_of(ctx, it, reg, top, &alone);

	return !alone && value_same(shown, v);
}

json_t *
sync_shown(const sync_ctx *ctx, const sync_item *it, const char *reg)
{
	gboolean alone;
	json_t *v = shown_of(ctx, it, reg, sync_top(it, reg), &alone);

	return v == NULL ? NULL : json_incref(v);
}

GPtrArray *
sync_refs_due(const sync_ctx *ctx, const sync_item *it)
{
	if (!sync_alive(it) || !it->here)
		return NULL;

	g_autoptr(GPtrArray) regs = g_ptr_array_new_with_free_func(g_free);
	const char *reg;
	json_t *row;
	json_object_foreach (it->rows, reg, row) {
		gboolean alone;
		if (!reg_is_ref(reg) || listed_how(it, reg) != NULL)
			continue;
		json_t *v = shown_of(ctx, it, reg, sync_top(it, reg), &alone);
		if (v != NULL && !value_same(v, json_object_get(it->shadow, reg)))
			g_ptr_array_add(regs, g_strdup(reg));
	}
	return regs->len == 0 ? NULL : g_steal_pointer(&regs);
}
