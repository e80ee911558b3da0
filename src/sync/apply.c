#include "sync/sync_private.h"

#include <string.h>

#define PARTNER_ID_MAX 256 /* bytes */

/* One merge on its way from the record to the intent. */
typedef struct {
	const sync_ctx *ctx;
	sync_item *it;
	const sync_view *view;
	json_t *record;
	wire_head head;
	wire w;
	gboolean from_inq;
	json_t *rows;      /* of the record's registers, after the merge */
	GPtrArray *losses; /* json_t * */
	sync_out *out;
} apply;

static void
hold(const apply *a, int why, const char *text)
{
	if (a->from_inq)
		item_why(a->it, why, text);
	else
		arrive_hold(a->it, &a->head, a->record, why, text, a->out);
}

/* Does CH state just what FULL states? */
static gboolean
states_the_same(const json_t *full, const json_t *ch)
{
	const char *reg;
	json_t *x;

	json_object_foreach ((json_t *)full, reg, x) {
		if (!value_eq(x, json_object_get(ch, reg)))
			return FALSE;
	}
	json_object_foreach ((json_t *)ch, reg, x) {
		if (strcmp(reg, ITEM_LIFE) != 0 && value_form_of(x) != VALUE_ABSENT &&
		    json_object_get(full, reg) == NULL)
			return FALSE;
	}
	return TRUE;
}

/* The partner began a generation: our own full record comes first if we have what differs. */
static void
join_generation(const apply *a)
{
	sync_item *it = a->it;
	const char *reg;
	json_t *any;

	if (a->view != NULL && !mutant("own-generation")) {
		g_autoptr(json_ref) full = capture_mine(a->ctx, it, a->view);
		if (!states_the_same(full, a->w.ch)) {
			it->joined = TRUE;
			generation_start(a->ctx, it, a->view, a->head.gen, NULL, a->out);
			return;
		}
	}
	item_begin(it, a->head.gen);
	out_drop(a->out);
	it->here = a->view != NULL;
	json_object_clear(it->shadow);
	if (!it->here)
		return;
	json_object_foreach (a->view->regs, reg, any)
		json_object_set(it->shadow, reg, view_value(a->view, reg));
}

static gboolean
bases_equal(const apply *a)
{
	const char *reg;
	json_t *b;

	json_object_foreach (a->w.b, reg, b) {
		g_autofree char *hash = value_hash(rows_at(a->it, reg, 0));
		if (strcmp(hash, json_string_value(b)) != 0)
			return FALSE;
	}
	return TRUE;
}

static json_t *
merge_cell(const apply *a, const char *reg, const json_t *base, const json_t *mine,
	   const json_t *theirs)
{
	gboolean master = a->ctx->master;

	return sync_merge_value(a->ctx->contract, a->it->kind, reg, base, master ? mine : theirs,
				master ? theirs : mine, a->losses);
}

/* The partner's value carried through every record of mine that it has not seen. */
static json_t *
fold(const apply *a, const char *reg, json_t *theirs)
{
	gsize k = (gsize)sync_k(a->it);
	json_t *row = json_array();

	json_array_append(row, theirs);
	for (gsize i = 1; i <= k; i++) {
		gsize before = mutant("row-fold") ? 0 : i - 1;
		json_array_append_new(row, merge_cell(a, reg, rows_at(a->it, reg, before),
						      rows_at(a->it, reg, i),
						      json_array_get(row, before)));
	}
	return row;
}

/* Master's and slave's become mine and theirs, for the people here. */
static void
turn_losses(const apply *a)
{
	for (guint i = 0; i < a->losses->len; i++) {
		json_t *e = a->losses->pdata[i];
		json_object_set(e, "mine", json_object_get(e, a->ctx->master ? "master" : "slave"));
		json_object_set(e, "theirs",
				json_object_get(e, a->ctx->master ? "slave" : "master"));
		json_object_del(e, "master");
		json_object_del(e, "slave");
		if (json_flag(e, "open"))
			json_object_set(e, "value", json_object_get(e, "theirs"));
	}
}

static json_t *
row_top(const json_t *row)
{
	return json_array_get(row, json_array_size(row) - 1);
}

/* A deletion that an edit crossed did not come about: who deleted should know. */
static void
lose_deletion(apply *a)
{
	const json_t *mine = sync_top(a->it, ITEM_LIFE);
	const json_t *theirs = json_object_get(a->w.ch, ITEM_LIFE);
	g_autoptr(json_ref) gone = json_string(LIFE_GONE);

	if (!a->head.full && life_live(row_top(json_object_get(a->rows, ITEM_LIFE))) &&
	    (strcmp(life_word(mine), LIFE_GONE) == 0 || strcmp(life_word(theirs), LIFE_GONE) == 0))
		out_lose_shown(a->losses, ITEM_LIFE, gone, "the deletion was crossed by an edit");
}

/* Fills rows and losses; returns the registers whose tops changed, NULL for all of the item. */
static GPtrArray *
merge_registers(apply *a)
{
	GPtrArray *changed = g_ptr_array_new();
	const char *reg;
	json_t *theirs;

	json_object_foreach (a->w.ch, reg, theirs)
		json_object_set_new(a->rows, reg, fold(a, reg, theirs));
	turn_losses(a);
	lose_deletion(a);
	json_object_foreach (a->w.ch, reg, theirs) {
		json_t *top = row_top(json_object_get(a->rows, reg));
		gboolean same = value_eq(top, sync_top(a->it, reg));
		if (!same || json_object_get(a->it->rows, reg) == NULL)
			g_ptr_array_add(changed, (char *)reg);
		/* A refusal says what it overrules. */
		if (!same && a->head.why != NULL)
			out_lose(a->losses, reg, sync_top(a->it, reg), a->head.why);
	}
	if (!a->it->adopted &&
	    (a->it->here || !life_live(row_top(json_object_get(a->rows, ITEM_LIFE)))))
		return changed;
	g_ptr_array_unref(changed);
	return NULL;
}

static json_t *
make_plan(const apply *a, const GPtrArray *changed)
{
	json_t *before = a->it->rows;

	/* The plan is that of the item as it will be. */
	a->it->rows = json_copy(before);
	json_object_update(a->it->rows, a->rows);
	json_t *plan = plan_make(a->ctx, a->it, changed, a->w.unsafe);
	json_decref(a->it->rows);
	a->it->rows = before;
	plan_losses(a->it, a->view, plan, a->losses);
	return plan;
}

static json_t *
make_intent(apply *a)
{
	g_autoptr(GPtrArray) changed = merge_registers(a);
	const char *epoch = a->ctx->epoch != NULL ? a->ctx->epoch : "";
	g_autofree char *token =
		g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%s", a->it->uid,
				a->head.gen, a->head.own, epoch);
	json_t *plan = make_plan(a, changed), *intent = intent_new(a->it, token, plan, a->losses);

	json_object_set(intent, "rows", a->rows);
	json_object_set(intent, "record", a->record);
	json_object_set_new(intent, "inq", json_boolean(a->from_inq));
	if (json_object_size(a->w.unsafe) > 0)
		json_object_set(intent, "unsafe", a->w.unsafe);
	return intent;
}

/* Steps 2 and 3; FALSE when the record is consumed or on hold. */
static gboolean
make_ready(const apply *a)
{
	sync_item *it = a->it;

	if (it->gen > 0 && !mutant("capture-first"))
		capture_view(a->ctx, it, a->view, TRUE, a->out);
	if (a->head.gen < it->gen)
		return FALSE; /* what people did here began a newer one */
	if (a->head.gen > it->gen)
		join_generation(a);
	if (a->head.own != it->seen + 1 || a->head.seen < it->acked || a->head.seen > it->own) {
		hold(a, REASON_BASES_DIFFER, "its counters do not fit ours");
		return FALSE;
	}
	rows_cut(it, a->head.seen);
	if (!bases_equal(a)) {
		hold(a, REASON_BASES_DIFFER, "it was made from another value than ours");
		return FALSE;
	}
	return TRUE;
}

static json_t *
run(apply *a)
{
	a->rows = json_object();
	a->losses = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	json_t *intent = make_ready(a) ? make_intent(a) : NULL;
	json_decref(a->rows);
	g_ptr_array_unref(a->losses);
	return intent;
}

static void
take_partner_id(sync_item *it, const char *id)
{
	if (id == NULL || strlen(id) > PARTNER_ID_MAX || g_strcmp0(id, it->partner_id) == 0)
		return;
	g_free(it->partner_id);
	it->partner_id = g_strdup(id);
}

gboolean
sync_merge(const sync_ctx *ctx, sync_item *it, const item *raw, json_t *record, gboolean from_inq,
	   sync_out *out, json_t **ret_intent, GError **error)
{
	/* The record may be the one in inq, and a new generation empties that. */
	g_autoptr(json_ref) keep = json_incref(record);
	g_autoptr(GError) why = NULL;
	apply a = {.ctx = ctx, .it = it, .record = keep, .from_inq = from_inq, .out = out};

	if (from_inq && json_array_get(it->inq, 0) != record) {
		fail_set(error, FAIL_BUG, "item %s: the record is not the first that waits",
			 it->uid);
		return FALSE;
	}
	item_names(it, json_str(record, "kind"), NULL);
	if (!wire_head_read(record, &a.head, &why) || !wire_read(ctx, it, record, &a.w, &why)) {
		hold(&a, why->code, why->message);
		*ret_intent = NULL;
		return TRUE;
	}
	g_autoptr(sync_view) view = view_new(ctx, it, raw);
	a.view = view;
	take_partner_id(it, json_str(record, "id"));
	*ret_intent = run(&a);
	wire_clear(&a.w);
	return TRUE;
}
