#include "sync/sync_private.h"

#include <string.h>

static guint64
record_gen(const json_t *record)
{
	guint64 gen = 0;

	json_u64(record, "gen", &gen);
	return gen;
}

void
arrive_hold(sync_item *it, const wire_head *head, json_t *record, int why, const char *text,
	    sync_out *out)
{
	while (json_array_size(it->inq) > 0 && record_gen(json_array_get(it->inq, 0)) < head->gen)
		inq_pop(it);
	if (json_array_size(it->inq) == 0) {
		out_answer(it, head->gen, head->own, "held", why, text, NULL, out);
		item_why(it, why, text);
	}
	json_array_append(it->inq, record);
}

void
arrive_consumed(sync_item *it, gboolean from_inq, sync_out *out)
{
	if (!from_inq)
		return;
	inq_pop(it);
	if (json_array_size(it->inq) > 0)
		return;
	/* In the very transaction, or a crash leaves the partner waiting. */
	item_why(it, 0, NULL);
	out_answer(it, it->gen, it->seen, "applied", 0, NULL, NULL, out);
}

static guint64
expected(const sync_item *it, const wire_head *head)
{
	return head->gen > it->gen ? 1 : it->seen + 1;
}

/* A full record of a live item by a partner who never merged it on this link, and we have or had
 * it. */
static gboolean
already_here(const sync_item *it, const wire_head *head, const json_t *record, gboolean elsewhere)
{
	const char *life = json_str(record, "life");

	return elsewhere && head->full && !head->joined && !it->joined && !it->adopted &&
	       life != NULL && g_str_has_prefix(life, "live#");
}

sync_verdict
sync_arrive(const sync_ctx *ctx, sync_item *it, json_t *record, gboolean elsewhere, int block,
	    const char *block_text, sync_out *out)
{
	wire_head head = {0};
	g_autoptr(GError) why = NULL;
	gsize waiting = json_array_size(it->inq);

	(void)ctx;
	item_names(it, json_str(record, "kind"), NULL);
	if (!wire_head_read(record, &head, &why)) {
		json_u64(record, "gen", &head.gen);
		json_u64(record, "own", &head.own);
	}
	if (head.gen < it->gen && head.gen != 0)
		return SYNC_STALE;
	if (why != NULL)
		arrive_hold(it, &head, record, why->code, why->message, out);
	else if (head.own != expected(it, &head))
		arrive_hold(it, &head, record, REASON_HOLE, "a record before it is missing", out);
	else if (waiting > 0 && record_gen(json_array_get(it->inq, waiting - 1)) >= head.gen)
		arrive_hold(it, &head, record, it->why, it->why_text, out);
	else if (already_here(it, &head, record, elsewhere))
		arrive_hold(it, &head, record, REASON_ALREADY_HERE,
			    "this site has the item through another link", out);
	else if (block != 0)
		arrive_hold(it, &head, record, block, block_text, out);
	else
		return SYNC_MERGE;
	return SYNC_HELD;
}

json_t *
sync_waiting(sync_item *it, gboolean elsewhere)
{
	while (json_array_size(it->inq) > 0) {
		json_t *record = json_array_get(it->inq, 0);
		wire_head head;

		/* Without a generation it cannot be placed: only a new one helps. */
		if (record_gen(record) != 0 && record_gen(record) < it->gen) {
			inq_pop(it);
			continue;
		}
		if (it->why == REASON_BASES_DIFFER || !wire_head_read(record, &head, NULL) ||
		    head.own != expected(it, &head))
			return NULL;
		if (!already_here(it, &head, record, elsewhere))
			return record;
		item_why(it, REASON_ALREADY_HERE, "this site has the item through another link");
		return NULL;
	}
	return NULL;
}

void
sync_cut(sync_item *it)
{
	if (!mutant("held-cut") && json_array_size(it->inq) > 0)
		return;
	rows_cut(it, it->pheld != 0 ? MIN(it->trimto, it->pheld - 1) : it->trimto);
}

void
sync_settle_later(sync_item *it, guint64 gen, guint64 up)
{
	if (gen == it->gen)
		it->trimto = MAX(it->trimto, MIN(up, it->own));
}

void
sync_settle(sync_item *it, guint64 gen, guint64 up)
{
	if (gen != it->gen)
		return;
	sync_settle_later(it, gen, up);
	sync_cut(it);
}

/* Our record was in an envelope that the partner refused: only a new generation helps. */
static void
answer_refused(const sync_ctx *ctx, sync_item *it, const json_t *answer, sync_out *out)
{
	if (json_num(answer, "reason", 0) != REASON_ENVELOPE_REFUSED)
		return;
	g_autoptr(item) raw = ctx->view(it->uid, ctx->data);
	sync_repair(ctx, it, raw, out);
}

void
sync_answer(const sync_ctx *ctx, sync_item *it, const json_t *answer, sync_out *out)
{
	const char *code = json_str(answer, "code");
	guint64 gen, own;

	if (!json_u64(answer, "gen", &gen) || !json_u64(answer, "own", &own))
		return;
	if ((gen != it->gen && !mutant("answer-generation")) || own > it->own)
		return;
	if (g_strcmp0(code, "held") == 0 && own > 0) {
		it->pheld = it->pheld == 0 ? own : MIN(it->pheld, own);
	} else if (g_strcmp0(code, "applied") == 0) {
		it->pheld = 0;
		it->trimto = MAX(it->trimto, own);
		sync_cut(it);
	} else if (g_strcmp0(code, "refused") == 0) {
		answer_refused(ctx, it, answer, out);
	}
}
