#include "sync/sync_private.h"

#include <string.h>

#define AS_SHOWN 200 /* characters of a value in an answer */
#define BACK_MAX 200 /* refused values an item remembers */

/* What came of a write, on its way into the item. */
typedef struct {
	const sync_ctx *ctx;
	sync_item *it;
	const json_t *record; /* NULL: no record caused it */
	guint64 gen, own;     /* of the record */
	sync_view *view;      /* a fresh read, once it is needed */
	json_t *back;         /* register -> what I keep instead */
	gboolean unshared;    /* the whole item is refused */
	sync_out *out;
} finish;

static const sync_view *
fresh_view(finish *f)
{
	if (f->view == NULL) {
		g_autoptr(item) raw = f->ctx->view(f->it->uid, f->ctx->data);
		f->view = view_new(f->ctx, f->it, raw);
	}
	return f->view;
}

static void
say(const finish *f, const char *code, const char *reg, int reason, const char *text)
{
	if (f->record != NULL)
		out_answer(f->it, f->gen, f->own, code, reason, text, reg, f->out);
}

/* The same value of a register is refused back once. */
static gboolean
refused_before(sync_item *it, const char *reg)
{
	g_autofree char *hash = value_hash(sync_top(it, reg));
	g_autofree char *key = g_strconcat(reg, " ", hash, NULL);
	gsize i;
	json_t *known;

	json_array_foreach (it->back, i, known) {
		if (strcmp(json_string_value(known), key) == 0)
			return TRUE;
	}
	json_array_append_new(it->back, json_string(key));
	if (json_array_size(it->back) > BACK_MAX)
		json_array_remove(it->back, 0);
	return FALSE;
}

static on_refused
how_refused(const finish *f, const char *reg, gboolean unsafe)
{
	const contract_field *field =
		item_reg_type(reg) == REG_FIELD
			? contract_field_of(f->ctx->contract, f->it->kind, reg)
			: NULL;
	on_refused how = unsafe ? REFUSED_REVERT : field != NULL ? field->on_refused : REFUSED_HOLD;

	if (how != REFUSED_REVERT)
		return how;
	/* A refusal is not refused back: two sides would do so for ever. */
	if (f->record == NULL || json_str(f->record, "why") != NULL || refused_before(f->it, reg))
		return REFUSED_KEEP;
	return REFUSED_REVERT;
}

/* What I keep instead of the refused top. */
static json_t *
kept(finish *f, const char *reg)
{
	json_t *shadow = json_object_get(f->it->shadow, reg);

	if (reg[0] == '@' && shadow == NULL)
		return value_unshared();
	const sync_view *view = fresh_view(f);
	return capture_stamp(f->ctx, reg, view_value(view, reg), view_entry(view, reg),
			     sync_top(f->it, reg), NULL);
}

static void
refused(finish *f, const char *reg, int reason, const char *text, gboolean unsafe)
{
	on_refused how = how_refused(f, reg, unsafe);

	say(f, "refused", reg, reason, text);
	if (how == REFUSED_REVERT)
		json_object_set_new(f->back, reg, kept(f, reg));
	else
		listed_set(f->it, reg, how == REFUSED_HOLD ? HOW_HELD : HOW_DIFFERS, reason, text,
			   f->ctx->now);
}

/* A new item that the tracker does not take is unshared, never absent or gone. */
static void
refused_create(finish *f, int reason, const char *text)
{
	say(f, "refused", ITEM_LIFE, reason, text);
	if (f->record == NULL || json_str(f->record, "why") != NULL)
		listed_set(f->it, ITEM_LIFE, HOW_DIFFERS, reason, text, f->ctx->now);
	else
		f->unshared = TRUE;
}

/* The tracker shows the top in its own way: nothing is written into the row. */
static void
shown_as(finish *f, const char *reg)
{
	g_autoptr(json_ref) shows = json_incref(json_object_get(f->it->shadow, reg));
	g_autofree char *text = type_show(shows, AS_SHOWN);

	listed_set(f->it, reg, HOW_AS, 0, NULL, f->ctx->now);
	say(f, "as", reg, 0, text);
}

static void
created(finish *f, const json_t *op, const json_t *result)
{
	g_autoptr(json_ref) back = result_back(op, result);
	const json_t *left = json_object_get(result, "refused");
	sync_item *it = f->it;
	const json_t *set = json_object_get(op, "set");
	const char *reg;
	json_t *v;

	it->here = TRUE;
	json_object_clear(it->shadow);
	json_object_foreach (back, reg, v) {
		if (!value_same(v, NULL) &&
		    contract_field_of(f->ctx->contract, it->kind, reg) != NULL)
			json_object_set(it->shadow, reg, v);
	}
	json_object_foreach (it->shadow, reg, v) {
		if (!shown_is(f->ctx, it, reg, sync_top(it, reg), v))
			shown_as(f, reg);
	}
	json_object_foreach ((json_t *)set, reg, v) {
		const json_t *no = json_object_get(left, reg);
		if (no != NULL)
			refused(f, reg, (int)json_num(no, "reason", REASON_TRACKER),
				json_str(no, "text"), FALSE);
		else if (json_object_get(it->shadow, reg) == NULL)
			shown_as(f, reg);
	}
}

static void
deleted(sync_item *it)
{
	it->here = FALSE;
	json_object_clear(it->shadow);
	json_object_clear(it->listed);
}

/* The shadow becomes the read-back; the row stays as it is. */
static void
written(finish *f, const char *reg, json_t *back)
{
	if (mutant("echo-shadow"))
		return;
	if (value_same(back, NULL))
		json_object_del(f->it->shadow, reg);
	else
		json_object_set(f->it->shadow, reg, back);
	if (!reg_is_ref(reg) && !shown_is(f->ctx, f->it, reg, sync_top(f->it, reg), back))
		shown_as(f, reg);
}

/* "ok", but what it shows is what it showed before, not what we wrote. */
static gboolean
silently_refused(const finish *f, const json_t *op, const char *reg, const json_t *back)
{
	return !reg_is_ref(reg) && value_same(back, json_object_get(f->it->shadow, reg)) &&
	       !value_same(back, json_object_get(op, "v"));
}

static void
take_result(finish *f, const json_t *op, const json_t *result)
{
	const char *reg = plan_op_reg(op), *verb = json_str(op, "op");
	const char *code = json_str(result, "code"), *text = json_str(result, "text");
	int reason = (int)json_num(result, "reason", REASON_TRACKER);
	g_autoptr(json_ref) back = result_back(op, result);
	gboolean life = strcmp(reg, ITEM_LIFE) == 0, ok = g_strcmp0(code, "ok") == 0;

	if (!ok && g_strcmp0(code, "refused") != 0)
		return;
	json_object_del(f->it->listed, reg);
	if (ok && !life && silently_refused(f, op, reg, back)) {
		refused(f, reg, reason, "the tracker went on showing what it had", FALSE);
	} else if (ok && !life) {
		written(f, reg, back);
	} else if (ok && strcmp(verb, "create") == 0) {
		created(f, op, result);
	} else if (ok) {
		deleted(f->it);
	} else if (strcmp(verb, "create") == 0) {
		refused_create(f, reason, text);
	} else {
		/* Of an item that is gone, though it is still shown, only its life can be decided.
		 */
		if (life)
			json_object_clear(f->it->listed);
		refused(f, reg, reason, text, FALSE);
	}
}

/* A cut that came while the write was on its way is done to the merged rows too. */
static void
take_rows(sync_item *it, const json_t *intent)
{
	guint64 acked = (guint64)json_num(intent, "acked", (gint64)it->acked);
	const char *reg;
	json_t *row;

	json_object_foreach (json_object_get(intent, "rows"), reg, row) {
		json_t *copy = json_copy(row);
		for (guint64 i = acked; i < it->acked; i++)
			json_array_remove(copy, 0);
		json_object_set_new(it->rows, reg, copy);
	}
	rows_tidy(it->rows);
	it->seen++;
	it->joined = TRUE;
}

static void
take_losses(const json_t *intent, sync_out *out)
{
	gsize i;
	json_t *e;

	json_array_foreach (json_object_get(intent, "losses"), i, e)
		g_ptr_array_add(out->losses, json_incref(e));
}

static void
take_unsafe(finish *f, const json_t *intent)
{
	const char *reg;
	json_t *e;

	if (!sync_alive(f->it) || f->unshared)
		return;
	json_object_foreach (json_object_get(intent, "unsafe"), reg, e) {
		if (value_form_of(sync_top(f->it, reg)) == VALUE_PLAIN)
			refused(f, reg, (int)json_num(e, "reason", REASON_FILE_NAME),
				json_str(e, "text"), TRUE);
	}
}

/* The record of our own that says what was refused. */
static void
refuse(finish *f)
{
	const char *reg;
	json_t *x;

	if (f->unshared) {
		g_autoptr(json_ref) ch = json_object();
		json_object_set_new(ch, ITEM_LIFE, life_value(LIFE_UNSHARED));
		json_object_clear(f->it->shadow);
		f->it->here = FALSE;
		record_make(f->ctx, f->it, ch, "refused", FALSE, NULL, f->out);
	} else if (json_object_size(f->back) > 0) {
		json_object_foreach (f->back, reg, x)
			out_lose(f->out->losses, reg, sync_top(f->it, reg), "refused");
		record_make(f->ctx, f->it, f->back, "refused", FALSE, NULL, f->out);
	}
}

void
sync_finish(const sync_ctx *ctx, sync_item *it, const json_t *intent, const json_t *results,
	    sync_out *out)
{
	const json_t *record = json_object_get(intent, "record");
	g_autoptr(json_ref) back = json_object();
	finish f = {.ctx = ctx, .it = it, .record = record, .back = back, .out = out};
	gsize i;
	json_t *op;

	json_u64(record, "gen", &f.gen);
	json_u64(record, "own", &f.own);
	if (record != NULL)
		take_rows(it, intent);
	take_losses(intent, out);
	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op)
		take_result(&f, op, json_array_get(results, i));
	take_unsafe(&f, intent);
	if (it->here)
		it->adopted = FALSE;
	arrive_consumed(it, json_flag(intent, "inq"), out);
	refuse(&f);
	item_tomb(it);
	view_free(f.view);
}

/* Does VIEW show what OP asked for?  Then the shadow takes it. */
static void
adopt_reg(sync_item *it, const json_t *op, const sync_view *view)
{
	const char *reg = plan_op_reg(op);
	json_t *v = json_object_get(op, "v"), *now = view_value(view, reg);
	gboolean fresh = reg[0] == '@' && json_object_get(it->shadow, reg) == NULL;

	if (fresh ? now == NULL : !value_same(now, v))
		return;
	if (value_same(v, NULL))
		json_object_del(it->shadow, reg);
	else
		json_object_set(it->shadow, reg, v);
}

/*
 * What it shows was written by us, or is an edit since; what it does not show, it did not take.  Of
 * an edit nobody knows whether our value was seen before: the log keeps that.
 */
static void
adopt_create(sync_item *it, const json_t *op, const sync_view *view, sync_out *out)
{
	const char *reg;
	json_t *x;

	it->here = TRUE;
	it->adopted = TRUE;
	json_object_clear(it->shadow);
	json_object_foreach (json_object_get(op, "set"), reg, x) {
		json_t *v = json_object_get(x, "v"), *now = view_value(view, reg);
		if (now == NULL)
			continue;
		if (!json_equal(now, v))
			out_lose_shown(out->losses, reg, v, "overruled");
		json_object_set(it->shadow, reg, v);
	}
}

void
sync_adopt(const sync_ctx *ctx, sync_item *it, const json_t *intent, const item *raw, sync_out *out)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);
	gsize i;
	json_t *op;

	take_losses(intent, out);
	if (view == NULL)
		return;
	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op) {
		const char *verb = json_str(op, "op");
		if (strcmp(verb, "create") == 0)
			adopt_create(it, op, view, out);
		else if (it->here && strcmp(verb, "delete") != 0)
			adopt_reg(it, op, view);
	}
}
