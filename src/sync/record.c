#include "sync/sync_private.h"

#include <string.h>

/* A thing's kind stands beside its map. */
static json_t *
wire_thing(const char *reg, const json_t *x, const char *b)
{
	json_t *e = json_object();

	json_put(e, "uid", reg + 1);
	json_put(e, "b", b);
	if (value_form_of(x) == VALUE_UNSHARED) {
		json_object_set_new(e, "u", json_true());
		return e;
	}
	if (value_form_of(x) == VALUE_ABSENT) {
		json_object_set_new(e, "v", json_null());
		return e;
	}
	json_t *map = json_copy(value_of(x));
	json_put(e, "kind", json_str(map, "kind"));
	json_object_del(map, "kind");
	json_object_set_new(e, "v", map);
	if (json_object_get(x, "at") != NULL)
		json_object_set(e, "at", json_object_get(x, "at"));
	return e;
}

static json_t *
wire_set(const json_t *x, const char *b)
{
	json_t *e = json_object();

	json_put(e, "b", b);
	if (value_form_of(x) == VALUE_CONFLICT) {
		json_object_set(e, "c", json_object_get(x, "c"));
		return e;
	}
	json_object_set_new(e, "v", json_null());
	if (value_of(x) != NULL)
		json_object_set(e, "v", value_of(x));
	json_put(e, "at", value_at(x));
	return e;
}

static void
put_registers(json_t *line, const sync_item *it, const json_t *ch, gboolean full)
{
	json_t *set = json_object(), *things = json_array(), *x;
	const char *reg;

	json_object_foreach ((json_t *)ch, reg, x) {
		if (strcmp(reg, ITEM_LIFE) == 0)
			continue;
		g_autofree char *b = full ? NULL : value_hash(sync_top(it, reg));
		if (reg[0] == '@')
			json_array_append_new(things, wire_thing(reg, x, b));
		else
			json_object_set_new(set, reg, wire_set(x, b));
	}
	if (json_object_size(set) > 0)
		json_object_set(line, "set", set);
	if (json_array_size(things) > 0)
		json_object_set(line, "things", things);
	json_decref(set);
	json_decref(things);
}

static void
put_number(json_t *line, const char *key, guint64 n)
{
	json_object_set_new(line, key, json_integer((json_int_t)n));
}

static json_t *
line_new(const sync_ctx *ctx, const sync_item *it, const char *by)
{
	json_t *line = json_object();

	json_put(line, "t", "change");
	json_put(line, "uid", it->uid);
	json_put(line, "kind", it->kind);
	json_put(line, "id", it->id);
	put_number(line, "gen", it->gen);
	put_number(line, "own", it->own + 1);
	put_number(line, "seen", it->seen);
	json_put(line, "by", by != NULL ? by : ctx->by);
	return line;
}

void
record_make(const sync_ctx *ctx, sync_item *it, json_t *ch, const char *why, gboolean full,
	    const char *by, sync_out *out)
{
	json_t *line = line_new(ctx, it, by);

	if (json_object_get(ch, ITEM_LIFE) == NULL) {
		g_autofree char *life =
			ctx->master ? g_strdup_printf("live#%" G_GUINT64_FORMAT ",0", it->own + 1)
				    : g_strdup_printf("live#0,%" G_GUINT64_FORMAT, it->own + 1);
		json_object_set_new(ch, ITEM_LIFE, life_value(life));
	}
	json_put(line, "life", life_word(json_object_get(ch, ITEM_LIFE)));
	put_registers(line, it, ch, full);
	if (full)
		json_object_set_new(line, "full", json_true());
	if (full && it->joined)
		json_object_set_new(line, "joined", json_true());
	json_put(line, "why", why);
	rows_append(it, ch);
	g_ptr_array_add(out->lines, line);
}
