#include "sync/sync_private.h"

#include "base/clock.h"

#include <string.h>

#define WHY_MAX 4096 /* bytes of the text that goes with a refusal */

static const char *const record_members[] = {"t",    "uid",    "gen", "own",  "seen", "kind",
					     "id",   "title",  "by",  "life", "set",  "things",
					     "full", "joined", "why", NULL};
static const char *const set_members[] = {"v", "b", "at", "c", NULL};
static const char *const thing_members[] = {"kind", "uid", "v", "b", "at", "u", NULL};

static gboolean
unknown_record(GError **error, const char *what)
{
	fail_set(error, REASON_UNKNOWN_RECORD, "a change record %s; a newer partner's?", what);
	return FALSE;
}

/* A newer partner's member must not be lost silently. */
static gboolean
members_known(const json_t *object, const char *const *known, GError **error)
{
	const char *key;
	json_t *v;

	if (!json_is_object(object))
		return unknown_record(error, "has no object where one belongs");
	json_object_foreach ((json_t *)object, key, v) {
		if (!g_strv_contains(known, key))
			return unknown_record(error, "has a member that is not known here");
	}
	return TRUE;
}

gboolean
wire_head_read(const json_t *record, wire_head *ret, GError **error)
{
	wire_head head = {0};

	if (g_strcmp0(json_str(record, "t"), "change") != 0)
		return unknown_record(error, "is of another type");
	if (!json_u64(record, "gen", &head.gen) || !json_u64(record, "own", &head.own) ||
	    !json_u64(record, "seen", &head.seen) || head.gen == 0 || head.own == 0)
		return unknown_record(error, "lacks its counters");
	head.full = json_flag(record, "full");
	head.joined = json_flag(record, "joined");
	head.why = json_str(record, "why");
	*ret = head;
	return TRUE;
}

static gboolean
bad_value(GError **error, const char *reg, const char *what)
{
	fail_set(error, REASON_BAD_VALUE, "%s: %s", reg, what);
	return FALSE;
}

static gboolean
stamp_valid(const json_t *at)
{
	gint64 t;

	return at == NULL || clock_parse(json_string_value(at), &t);
}

/* One canonical value; what is not canonical would differ between the two sides for ever. */
static gboolean
value_fits(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *v,
	   GError **error)
{
	g_autoptr(json_ref) canon = contract_check(ctx->contract, it->kind, reg, v, error);

	if (canon == NULL)
		return FALSE;
	return json_equal(canon, v) || bad_value(error, reg, "is not in canonical form");
}

/* A plain value of the form {"v","at"}. */
static gboolean
plain_read(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *e, json_t **ret,
	   GError **error)
{
	json_t *v = json_object_get(e, "v"), *at = json_object_get(e, "at");

	if (v == NULL)
		return bad_value(error, reg, "has no value");
	if (!stamp_valid(at))
		return bad_value(error, reg, "its time is malformed");
	if (!value_fits(ctx, it, reg, v, error))
		return FALSE;
	/* An emptied field is a value, a removed relation is absent again. */
	*ret = json_is_null(v) && strchr(reg, ':') != NULL ? json_null()
							   : value_plain(v, json_string_value(at));
	return TRUE;
}

static gboolean
conflict_read(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *c,
	      json_t **ret, GError **error)
{
	const contract_field *f = contract_field_of(ctx->contract, it->kind, reg);
	g_autoptr(json_ref) m = NULL;
	g_autoptr(json_ref) s = NULL;

	if (f == NULL || f->policy != POLICY_HOLD || json_array_size(c) != 2)
		return bad_value(error, reg, "cannot be an open conflict");
	if (!plain_read(ctx, it, reg, json_array_get(c, 0), &m, error) ||
	    !plain_read(ctx, it, reg, json_array_get(c, 1), &s, error))
		return FALSE;
	*ret = value_conflict(m, s);
	return TRUE;
}

static gboolean
base_read(const char *reg, const json_t *e, gboolean full, wire *w, GError **error)
{
	json_t *b = json_object_get(e, "b");

	if (full && b == NULL)
		return TRUE;
	if (full || !json_is_string(b))
		return bad_value(error, reg,
				 full ? "a full record states no base" : "its base is missing");
	json_object_set(w->b, reg, b);
	return TRUE;
}

static gboolean
reg_fits(const sync_item *it, const char *reg, GError **error)
{
	reg_type type = item_reg_type(reg);

	if (type == REG_INVALID || type == REG_LIFE || type == REG_THING) {
		fail_set(error, REASON_NO_FIELD, "a register that is not known here");
		return FALSE;
	}
	if (type == REG_RELATION) {
		const char *first = strchr(reg, ':') + 1;
		if (!g_str_has_prefix(first, it->uid) || first[strlen(it->uid)] != ':')
			return bad_value(error, reg, "is a relation of another item");
	}
	return TRUE;
}

static gboolean
set_read(const sync_ctx *ctx, const sync_item *it, const json_t *set, gboolean full, wire *w,
	 GError **error)
{
	const char *reg;
	json_t *e;

	if (set != NULL && !json_is_object(set))
		return unknown_record(error, "has fields in another form");
	json_object_foreach ((json_t *)set, reg, e) {
		json_t *x = NULL, *c;
		if (!reg_fits(it, reg, error) || !members_known(e, set_members, error) ||
		    !base_read(reg, e, full, w, error))
			return FALSE;
		c = json_object_get(e, "c");
		if (c != NULL ? !conflict_read(ctx, it, reg, c, &x, error)
			      : !plain_read(ctx, it, reg, e, &x, error))
			return FALSE;
		json_object_set_new(w->ch, reg, x);
	}
	return TRUE;
}

static gboolean
thing_times_valid(const json_t *at)
{
	const char *field;
	json_t *one;

	if (!json_is_object(at))
		return stamp_valid(at);
	json_object_foreach ((json_t *)at, field, one) {
		if (!stamp_valid(one))
			return FALSE;
	}
	return TRUE;
}

/*
 * A file whose name is not safe is refused alone, not with its record: everything else of it must
 * be right.
 */
static gboolean
thing_fits(const sync_ctx *ctx, const sync_item *it, const char *reg, json_t *map, wire *w,
	   GError **error)
{
	g_autoptr(GError) why = NULL;

	if (value_fits(ctx, it, reg, map, &why))
		return TRUE;
	if (fail_is(why, REASON_FILE_NAME) && json_str(map, "name") != NULL) {
		g_autoptr(json_ref) safe = json_copy(map);
		g_clear_error(&why);
		json_put(safe, "name", "file");
		if (value_fits(ctx, it, reg, safe, &why)) {
			json_t *refused = json_object();
			json_object_set_new(refused, "reason", json_integer(REASON_FILE_NAME));
			json_put(refused, "text", "the name of the file is not safe");
			json_object_set_new(w->unsafe, reg, refused);
			return TRUE;
		}
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

/* The row value of one entry of "things". */
static gboolean
thing_read(const sync_ctx *ctx, const sync_item *it, const char *reg, const json_t *e, wire *w,
	   GError **error)
{
	json_t *v = json_object_get(e, "v"), *at = json_object_get(e, "at");

	if (json_flag(e, "u")) {
		json_object_set_new(w->ch, reg, value_unshared());
		return TRUE;
	}
	if (json_is_null(v)) {
		json_object_set_new(w->ch, reg, json_null());
		return TRUE;
	}
	if (!json_is_object(v) || json_object_get(v, "kind") != NULL)
		return bad_value(error, reg, "is no map of fields");
	if (!thing_times_valid(at))
		return bad_value(error, reg, "its time is malformed");

	json_t *x = json_object(), *map = json_copy(v);
	json_put(map, "kind", json_str(e, "kind"));
	json_object_set_new(x, "v", map);
	if (at != NULL)
		json_object_set(x, "at", at);
	json_object_set_new(w->ch, reg, x);
	return thing_fits(ctx, it, reg, map, w, error);
}

static gboolean
things_read(const sync_ctx *ctx, const sync_item *it, const json_t *things, gboolean full, wire *w,
	    GError **error)
{
	gsize i;
	json_t *e;

	if (things != NULL && !json_is_array(things))
		return unknown_record(error, "has things in another form");
	if (json_array_size(things) > contract_limit_things(ctx->contract)) {
		fail_set(error, REASON_VALUE_TOO_LARGE, "too many comments, files and rows");
		return FALSE;
	}
	json_array_foreach (things, i, e) {
		if (!members_known(e, thing_members, error))
			return FALSE;
		g_autofree char *reg = item_thing_reg(json_str(e, "uid"));
		if (item_reg_type(reg) != REG_THING)
			return bad_value(error, "a thing", "its uid is malformed");
		if (json_object_get(w->ch, reg) != NULL)
			return bad_value(error, reg, "is stated twice");
		if (!base_read(reg, e, full, w, error) || !thing_read(ctx, it, reg, e, w, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
wire_read(const sync_ctx *ctx, const sync_item *it, const json_t *record, wire *ret, GError **error)
{
	g_auto(wire) w = {json_object(), json_object(), json_object()};
	gboolean full = json_flag(record, "full");
	const char *why = json_str(record, "why"), *life = json_str(record, "life");

	if (!members_known(record, record_members, error))
		return FALSE;
	if (g_strcmp0(json_str(record, "uid"), it->uid) != 0 ||
	    g_strcmp0(json_str(record, "kind"), it->kind) != 0)
		return bad_value(error, it->uid, "the record is of another item or kind");
	if (it->kind == NULL || !contract_has_kind(ctx->contract, it->kind)) {
		fail_set(error, REASON_NO_FIELD,
			 "the contract does not exchange items of this kind");
		return FALSE;
	}
	if (!life_valid(life))
		return bad_value(error, ITEM_LIFE, "is malformed");
	if (why != NULL && strlen(why) > WHY_MAX)
		return bad_value(error, "why", "is too long");
	if (!set_read(ctx, it, json_object_get(record, "set"), full, &w, error) ||
	    !things_read(ctx, it, json_object_get(record, "things"), full, &w, error))
		return FALSE;
	json_object_set_new(w.ch, ITEM_LIFE, life_value(life));
	*ret = w;
	w = (wire){NULL, NULL, NULL};
	return TRUE;
}

void
wire_clear(wire *w)
{
	json_decref(w->ch);
	json_decref(w->b);
	json_decref(w->unsafe);
}
