#include "sync_kit.h"

#include <string.h>

static const char contract_text[] =
	"{\"version\":1,\"merge\":1,\"tolerance\":2,\"limits\":{\"things\":3},\"kinds\":{\"issue\":"
	"{"
	"\"fields\":{"
	"\"title\":{\"type\":\"text\",\"policy\":\"latest\"},"
	"\"state\":{\"type\":\"list\",\"policy\":\"master\",\"values\":[\"open\",\"closed\"],"
	"\"on_refused\":\"revert\"},"
	"\"due\":{\"type\":\"date\",\"policy\":\"slave\",\"on_refused\":\"keep\"},"
	"\"labels\":{\"type\":\"multi\",\"policy\":\"merge\"},"
	"\"text\":{\"type\":\"text\",\"policy\":\"hold\"}},"
	"\"parent\":true,\"relations\":true,\"comments\":true,\"files\":true,\"rows\":false}}}";

static gboolean
shares(const char *uid, gpointer data)
{
	const kit *k = data;

	return strcmp(uid, KIT_OTHER) == 0 && k->other_there;
}

static item *
copy(const item *raw)
{
	if (raw == NULL)
		return NULL;
	item *one = item_new(raw->uid, raw->id, raw->kind);
	json_object_update(one->regs, raw->regs);
	if (raw->masked != NULL)
		one->masked = json_copy(raw->masked);
	return one;
}

static item *
view_master(const char *uid, gpointer data)
{
	g_assert_cmpstr(uid, ==, KIT_UID);
	return copy(((kit *)data)->shows[MASTER]);
}

static item *
view_slave(const char *uid, gpointer data)
{
	g_assert_cmpstr(uid, ==, KIT_UID);
	return copy(((kit *)data)->shows[SLAVE]);
}

void
kit_init(kit *k)
{
	*k = (kit){.other_there = TRUE};
	k->contract = contract_read(contract_text, strlen(contract_text), NULL);
	g_assert_nonnull(k->contract);
	for (int i = 0; i < 2; i++) {
		k->ctx[i] = (sync_ctx){.master = i == MASTER,
				       .contract = k->contract,
				       .now = KIT_T2,
				       .shares = shares,
				       .view = i == MASTER ? view_master : view_slave,
				       .data = k};
		k->it[i] = sync_item_new(KIT_UID, "issue");
		sync_out_init(&k->out[i]);
	}
}

void
kit_clear(kit *k)
{
	for (int i = 0; i < 2; i++) {
		sync_item_free(k->it[i]);
		item_free(k->shows[i]);
		sync_out_clear(&k->out[i]);
	}
	contract_free(k->contract);
	json_decref(k->plan);
}

static json_t *
parse(const char *text)
{
	json_t *j = text == NULL ? NULL : json_read(text, strlen(text), NULL);

	g_assert_true(text == NULL || j != NULL);
	return j;
}

void
kit_show(kit *k, int side, const char *reg, const char *value, const char *at)
{
	if (k->shows[side] == NULL)
		k->shows[side] = item_new(KIT_UID, side == MASTER ? "M-1" : "S-1", "issue");
	if (value == NULL)
		json_object_del(k->shows[side]->regs, reg);
	else
		item_put(k->shows[side], reg, parse(value), at);
}

void
kit_delete(kit *k, int side)
{
	g_clear_pointer(&k->shows[side], item_free);
}

static void
step(kit *k, int side)
{
	sync_out_clear(&k->out[side]);
	sync_out_init(&k->out[side]);
}

json_t *
kit_line(const kit *k, int side, const char *t, const char *code)
{
	for (guint i = 0; i < k->out[side].lines->len; i++) {
		json_t *line = k->out[side].lines->pdata[i];
		if (strcmp(json_str(line, "t"), t) == 0 &&
		    (code == NULL || g_strcmp0(json_str(line, "code"), code) == 0))
			return line;
	}
	return NULL;
}

json_t *
kit_capture(kit *k, int side)
{
	step(k, side);
	sync_capture(&k->ctx[side], k->it[side], k->shows[side], TRUE, &k->out[side]);
	return kit_line(k, side, "change", NULL);
}

static json_t *
stored(const kit *k, json_t *v)
{
	if (k->stores != NULL && json_is_string(v))
		return json_string(k->stores);
	return json_incref(v);
}

static json_t *
write_create(kit *k, int side, const json_t *op)
{
	json_t *back = json_object(), *x;
	const char *reg;

	if (k->shows[side] == NULL)
		k->shows[side] = item_new(KIT_UID, "new", "issue");
	json_object_foreach (json_object_get(op, "set"), reg, x) {
		json_t *v = stored(k, json_object_get(x, "v"));
		item_put(k->shows[side], reg, json_incref(v), KIT_T0);
		json_object_set_new(back, reg, v);
	}
	return result_ok(op, back);
}

static json_t *
write_op(kit *k, int side, const json_t *op)
{
	const char *reg = plan_op_reg(op), *verb = json_str(op, "op");
	json_t *v = json_object_get(op, "v"), *was;

	if (g_strcmp0(k->refuses, reg) == 0)
		return result_refused(op, REASON_READ_ONLY, "read only", NULL);
	if (strcmp(verb, "create") == 0)
		return write_create(k, side, op);
	if (strcmp(verb, "delete") == 0) {
		kit_delete(k, side);
		return result_ok(op, NULL);
	}
	if (k->stores != NULL && k->stores[0] == '\0') {
		was = json_incref(item_value(k->shows[side], reg));
		return result_ok(op, was); /* takes it and changes nothing */
	}
	json_t *kept = stored(k, v);
	item_put(k->shows[side], reg, json_incref(kept), KIT_T0);
	return result_ok(op, kept);
}

void
kit_execute(kit *k, int side, json_t *intent)
{
	g_autoptr(json_ref) results = json_array();
	gsize i;
	json_t *op;

	if (intent == NULL)
		return;
	json_decref(k->plan);
	k->plan = json_incref(sync_intent_plan(intent));
	json_array_foreach (plan_ops(k->plan), i, op)
		json_array_append_new(results, write_op(k, side, op));
	sync_finish(&k->ctx[side], k->it[side], intent, results, &k->out[side]);
	json_decref(intent);
}

static void
merge(kit *k, int side, json_t *record, gboolean from_inq)
{
	json_t *intent = NULL;
	g_autoptr(item) now = copy(k->shows[side]);

	g_assert_true(sync_merge(&k->ctx[side], k->it[side], now, record, from_inq, &k->out[side],
				 &intent, NULL));
	kit_execute(k, side, intent);
}

sync_verdict
kit_receive(kit *k, int side, json_t *record)
{
	g_autoptr(json_ref) keep = json_incref(record);

	step(k, side);
	sync_verdict verdict =
		sync_arrive(&k->ctx[side], k->it[side], record, FALSE, 0, NULL, &k->out[side]);
	if (verdict == SYNC_MERGE)
		merge(k, side, record, FALSE);
	return verdict;
}

gboolean
kit_release(kit *k, int side)
{
	g_autoptr(json_ref) record = json_incref(sync_waiting(k->it[side], FALSE));

	step(k, side);
	if (record == NULL)
		return FALSE;
	merge(k, side, record, TRUE);
	return TRUE;
}

void
kit_pass(kit *k, int side)
{
	g_autoptr(json_ref) record = json_incref(kit_capture(k, side));

	g_assert_nonnull(record);
	g_assert_cmpint(kit_receive(k, !side, record), ==, SYNC_MERGE);
}

void
kit_share(kit *k)
{
	kit_show(k, MASTER, "title", "\"one\"", KIT_T0);
	kit_pass(k, MASTER);
	sync_settle(k->it[MASTER], 1, 1);
	g_assert_cmpuint(sync_k(k->it[MASTER]), ==, 0);
}

static void
assert_value(const json_t *is, const char *value)
{
	g_autofree char *text = json_text(is == NULL ? json_null() : is);

	g_assert_cmpstr(text, ==, value == NULL ? "null" : value);
}

void
kit_assert_top(const kit *k, const char *reg, const char *value)
{
	g_assert_true(value_eq(sync_top(k->it[MASTER], reg), sync_top(k->it[SLAVE], reg)));
	assert_value(value_of(sync_top(k->it[MASTER], reg)), value);
}

void
kit_assert_same(const sync_item *a, const sync_item *b)
{
	g_assert_nonnull(b);
	g_assert_cmpstr(a->uid, ==, b->uid);
	g_assert_cmpstr(a->kind, ==, b->kind);
	g_assert_cmpstr(a->id, ==, b->id);
	g_assert_cmpstr(a->title, ==, b->title);
	g_assert_cmpstr(a->partner_id, ==, b->partner_id);
	g_assert_cmpuint(a->gen, ==, b->gen);
	g_assert_cmpuint(a->own, ==, b->own);
	g_assert_cmpuint(a->seen, ==, b->seen);
	g_assert_cmpuint(a->acked, ==, b->acked);
	g_assert_cmpuint(a->trimto, ==, b->trimto);
	g_assert_cmpuint(a->pheld, ==, b->pheld);
	g_assert_cmpint(a->here, ==, b->here);
	g_assert_cmpint(a->joined, ==, b->joined);
	g_assert_cmpint(a->adopted, ==, b->adopted);
	g_assert_true(json_equal(a->rows, b->rows));
	g_assert_true(json_equal(a->shadow, b->shadow));
	g_assert_true(json_equal(a->listed, b->listed));
	g_assert_true(json_equal(a->back, b->back));
	g_assert_true(json_equal(a->inq, b->inq));
	g_assert_cmpint(a->why, ==, b->why);
	g_assert_cmpstr(a->why_text, ==, b->why_text);
}

void
kit_assert_shows(const kit *k, int side, const char *reg, const char *value)
{
	g_assert_nonnull(k->shows[side]);
	assert_value(item_value(k->shows[side], reg), value);
}

gboolean
kit_lost(const kit *k, int side, const char *value)
{
	for (guint i = 0; i < k->out[side].losses->len; i++) {
		g_autofree char *text =
			json_text(json_object_get(k->out[side].losses->pdata[i], "value"));
		if (strcmp(text, value) == 0)
			return TRUE;
	}
	return FALSE;
}

json_t *
kit_forge(const json_t *record, const char *text, const char *with)
{
	g_autofree char *line = json_text(record);
	g_auto(GStrv) parts = g_strsplit(line, text, 2);

	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	g_autofree char *forged = g_strjoinv(with, parts);
	return parse(forged);
}
