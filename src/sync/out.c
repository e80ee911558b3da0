#include "sync/sync_private.h"

#include <string.h>

void
sync_out_init(sync_out *out)
{
	out->lines = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	out->losses = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	out->drop_lines = FALSE;
}

void
sync_out_clear(sync_out *out)
{
	g_clear_pointer(&out->lines, g_ptr_array_unref);
	g_clear_pointer(&out->losses, g_ptr_array_unref);
	out->drop_lines = FALSE;
}

void
out_drop(sync_out *out)
{
	out->drop_lines = TRUE;
	for (guint i = out->lines->len; i > 0; i--)
		if (g_strcmp0(json_str(out->lines->pdata[i - 1], "t"), "change") == 0)
			g_ptr_array_remove_index(out->lines, i - 1);
}

void
out_answer(const sync_item *it, guint64 gen, guint64 own, const char *code, int reason,
	   const char *text, const char *reg, sync_out *out)
{
	json_t *a = json_object();

	json_put(a, "t", "answer");
	json_put(a, "uid", it->uid);
	json_object_set_new(a, "gen", json_integer((json_int_t)gen));
	json_object_set_new(a, "own", json_integer((json_int_t)own));
	json_put(a, "code", code);
	json_put(a, "reg", reg);
	if (reason != 0) {
		json_object_set_new(a, "reason", json_integer(reason));
		json_object_set_new(a, "retry", json_boolean(reason_of(reason)->retry));
	}
	json_put(a, "text", text);
	g_ptr_array_add(out->lines, a);
}

void
out_lose_shown(GPtrArray *losses, const char *reg, json_t *v, const char *why)
{
	if (v == NULL || json_is_null(v))
		return;

	json_t *e = json_object();
	json_put(e, "reg", reg);
	json_object_set(e, "value", v);
	json_put(e, "why", why);
	json_object_set_new(e, "open", json_false());
	g_ptr_array_add(losses, e);
}

void
out_lose(GPtrArray *losses, const char *reg, const json_t *x, const char *why)
{
	if (strcmp(reg, ITEM_LIFE) == 0)
		return;
	if (value_form_of(x) != VALUE_CONFLICT) {
		out_lose_shown(losses, reg, value_of(x), why);
		return;
	}
	out_lose_shown(losses, reg, value_of(value_cand(x, TRUE)), why);
	out_lose_shown(losses, reg, value_of(value_cand(x, FALSE)), why);
}
