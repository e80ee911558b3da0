#include <unistd.h>

#include "base/mutant.h"
#include "gateway/private.h"
#include "spool/parts.h"

#define KEEP_US G_USEC_PER_SEC /* between two commits while envelopes are offered */

/* ---- acks ---- */

static void
find_gaps(gateway *g, manifest_ack *ack)
{
	g_autoptr(GPtrArray) beyond = store_incomings(g->store, g->n.stored + 1, NULL);
	guint64 next = g->n.stored + 1;

	for (guint i = 0; beyond != NULL && i < beyond->len && ack->gaps_len < MANIFEST_GAPS_MAX;
	     i++) {
		const store_incoming *row = beyond->pdata[i];

		if (row->number > next)
			ack->gaps[ack->gaps_len++] = (number_range){next, row->number - 1};
		next = row->number + 1;
	}
}

/* LAST: nothing captured or answered waits to be sealed behind this manifest. */
void
gate_fill_ack(gateway *g, manifest *m, gboolean last)
{
	manifest_ack *ack = &m->ack;

	m->has_ack = TRUE;
	ack->serial = ++g->n.serial;
	ack->heard = g->n.heard;
	ack->stored = g->n.stored;
	ack->done = g->n.done;
	ack->hash = g->n.done > 0 ? g_strdup(g->n.done_hash) : NULL;
	ack->has_at = last;
	ack->at = last ? MAX(g->n.last, m->number) : 0;
	find_gaps(g, ack);
	if (last)
		g->n.ack_due = FALSE;
	g->n.ack_at = clock_now();
}

/* All that an ack says, as one line; caller frees. */
static char *
ack_text(const manifest_ack *ack)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text,
			"%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
			" %" G_GUINT64_FORMAT " %s %d %" G_GUINT64_FORMAT,
			ack->serial, ack->heard, ack->stored, ack->done,
			ack->hash != NULL ? ack->hash : "", ack->has_at, ack->at);
	for (guint i = 0; i < ack->gaps_len; i++)
		g_string_append_printf(text, " %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
				       ack->gaps[i].first, ack->gaps[i].last);
	return g_string_free(text, FALSE);
}

/* A serial is used once: the last one with other content is from another course of things. */
static gboolean
said_otherwise(gateway *g, const manifest_ack *ack)
{
	if (ack->serial != g->n.heard)
		return FALSE;
	g_autofree char *last = store_get(g->store, "heard_ack");
	g_autofree char *now = ack_text(ack);
	return last != NULL && !g_str_equal(last, now);
}

/* Before anything of the envelope is stored: does this ack speak of the state we are in?  FALSE
 * stops the link. */
gboolean
gate_check_ack(gateway *g, const manifest_ack *ack, GError **error)
{
	const char *why = NULL;

	if (ack->heard > g->n.serial || ack->done > g->n.last || ack->stored > g->n.last)
		why = "the partner has heard more from here than this state remembers: it is an "
		      "old copy";
	else if ((ack->serial > g->n.heard && ack->done < g->n.p_done) || said_otherwise(g, ack))
		why = "the partner has forgotten what it had: its state is an old copy";
	if (why == NULL && ack->done > g->n.p_done && ack->hash != NULL) {
		g_autoptr(store_outgoing) row = store_find_outgoing(g->store, ack->done, NULL);

		if (row != NULL && !g_str_equal(row->hash, ack->hash))
			why = "the partner has another envelope under one of our numbers: one "
			      "state is an old copy";
	}
	if (why == NULL)
		return TRUE;
	if (!gate_stop(g, why, error))
		return FALSE;
	fail_set(error, REASON_FORK, "link %s stopped: %s", g->name, why);
	return FALSE;
}

static gboolean
settle_one(const char *uid, guint64 gen, guint64 own, gpointer data, GError **error)
{
	gateway *g = data;
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	sync_item *waits = g_hash_table_lookup(g->batched, uid);

	if (it == NULL)
		return FALSE;
	/* What is being written into the tracker is saved over this when it is finished. */
	if (waits != NULL)
		sync_settle_later(waits, gen, own);
	if (it->gen == 0)
		return TRUE;
	if (store_has_intent(g->store, uid))
		sync_settle_later(it, gen, own);
	else
		sync_settle(it, gen, own);
	return gate_save(g, it, NULL, NULL, error);
}

/* Uses the acks whose `at` we have processed: rows are cut, numbers are settled. */
gboolean
gate_settle(gateway *g, GError **error)
{
	guint64 done;

	if (!store_take_acks(g->store, mutant("at") ? G_MAXINT64 : g->n.done, &done, error))
		return FALSE;
	if (done <= g->n.settled)
		return TRUE;
	g->n.settled = done;
	return store_take_sent(g->store, done, settle_one, g, error) && gate_save_numbers(g, error);
}

static gboolean
move_outgoing(gateway *g, store_outgoing *row, out_state state, GError **error)
{
	g_autofree char *id = gateway_my_id(g, row->number);

	if (row->state == state)
		return TRUE;
	/* A channel that is away now loses nothing by a file of ours that stays there: its number
	 * is known. */
	if (row->state < OUT_STORED)
		g->channel_ops->retract(g->channel, row->file, NULL);
	row->state = state;
	gate_note(g, out_state_name(state), NULL, id, "by the partner");
	return store_save_outgoing(g->store, row, error);
}

static gboolean
offer_gaps(gateway *g, const manifest_ack *ack, GError **error)
{
	for (guint i = 0; i < ack->gaps_len; i++)
		for (guint64 n = ack->gaps[i].first; n <= ack->gaps[i].last && n <= g->n.last;
		     n++) {
			g_autoptr(store_outgoing) row = store_find_outgoing(g->store, n, error);

			if (row == NULL)
				break;
			if (row->state == OUT_DONE)
				continue;
			row->state = OUT_SEALED;
			row->next = 0;
			if (!store_save_outgoing(g->store, row, error))
				return FALSE;
		}
	return TRUE;
}

gboolean
gate_got_ack(gateway *g, const manifest_ack *ack, GError **error)
{
	if (ack->serial <= g->n.heard)
		return TRUE; /* late */
	g->n.heard = ack->serial;
	g_autofree char *text = ack_text(ack);
	if (!store_put(g->store, "heard_ack", text, error) ||
	    !store_put_u64(g->store, "heard_at", (guint64)clock_now(), error))
		return FALSE;
	g->n.p_stored = MAX(g->n.p_stored, ack->stored);
	g->n.p_done = MAX(g->n.p_done, ack->done);
	if (!gate_rekey_done(g, error))
		return FALSE;
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_STORED, error);
	if (open == NULL)
		return FALSE;
	for (guint i = 0; i < open->len; i++) {
		store_outgoing *row = open->pdata[i];
		out_state to = row->number <= g->n.p_done     ? OUT_DONE
			       : row->number <= g->n.p_stored ? OUT_STORED
							      : row->state;

		if (!move_outgoing(g, row, to, error))
			return FALSE;
	}
	return (!ack->has_at || store_add_ack(g->store, ack->done, ack->at, error)) &&
	       offer_gaps(g, ack, error) && gate_save_numbers(g, error);
}

/* ---- offering ---- */

/* The largest file that may be sent in one piece; 0: any. */
static gboolean
find_limit(gateway *g, guint64 *ret, GError **error)
{
	if (g->channel_ops->room != NULL)
		return g->channel_ops->room(g->channel, ret, error);
	*ret = (guint64)conf_int(g->conf, "folder.part");
	return TRUE;
}

static gboolean
send_parts(gateway *g, const envelope_name *whole, int fd, guint64 size, guint64 limit,
	   GError **error)
{
	guint count = parts_count(size, limit);

	for (guint i = 1; i <= count; i++) {
		g_autofree char *tmp = NULL, *name = NULL;

		if (!parts_cut(g->spool, fd, size, limit, whole, i, &tmp, &name, error))
			return FALSE;
		int part = spool_read(g->spool, SPOOL_TMP, tmp, NULL, error);
		gboolean ok = part >= 0 && g->channel_ops->send(g->channel, name, part, error);
		if (part >= 0)
			close(part);
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), tmp, NULL);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

gboolean
gate_carry(gateway *g, const envelope_name *name, int fd, guint64 size, GError **error)
{
	g_autofree char *file = name_format(name);
	guint64 limit;

	if (!find_limit(g, &limit, error))
		return FALSE;
	return limit > 0 && size > limit ? send_parts(g, name, fd, size, limit, error)
					 : g->channel_ops->send(g->channel, file, fd, error);
}

/*
 * The file of a number goes after the commit that says so: this is an old state, whose outbox is
 * newer, unless the partner's word, which may be on its way, says that it is done.
 */
static gboolean
lacks_file(gateway *g, store_outgoing *row, GError **error)
{
	guint64 first = store_get_u64(g->store, "lacking");
	g_autoptr(store_outgoing) other = store_find_outgoing(g->store, first, NULL);

	/* Of several, one is waited for. */
	if (other == NULL || other->state == OUT_DONE)
		first = row->number;
	else if (first == row->number)
		return gate_stop(g,
				 "the outbox lacks what this state has not seen done: it is an "
				 "old copy",
				 error);
	row->next = clock_now() + conf_int(g->conf, "sync.resend");
	return store_put_u64(g->store, "lacking", first, error) &&
	       store_save_outgoing(g->store, row, error);
}

static gboolean
offer_one(gateway *g, store_outgoing *row, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	envelope_name name;

	if (!name_find(row->file, link8, g->master ? 'm' : 's', &name)) {
		fail_set(error, FAIL_BUG, "outbox/%s: the name is not one of ours", row->file);
		return FALSE;
	}
	if (!fsio_exists(spool_fd(g->spool, SPOOL_OUTBOX), row->file))
		return lacks_file(g, row, error);
	int fd = spool_read(g->spool, SPOOL_OUTBOX, row->file, NULL, error);
	if (fd < 0)
		return FALSE;
	gboolean ok = gate_carry(g, &name, fd, row->size, error);
	close(fd);
	if (!ok)
		return FALSE;
	/* Doubling from the first backoff to the last, for ever. */
	gint64 wait = conf_int(g->conf, "sync.resend"), most = conf_int(g->conf, "sync.resend_max");
	for (guint i = 0; i < row->tries && wait < most; i++)
		wait *= 2;
	if (row->tries == 0) {
		g_autofree char *id = gateway_my_id(g, row->number);

		gate_note(g, "carried", NULL, id, "offered for the first time");
	}
	row->tries++;
	row->carried = clock_now();
	row->next = clock_now() + MIN(wait, most);
	if (row->state == OUT_SEALED)
		row->state = OUT_CARRIED;
	return store_save_outgoing(g->store, row, error);
}

/*
 * What has been sent is not forgotten because the next can't be, or because the process dies in the
 * middle of many: some channels would send it twice.
 */
static gboolean
keep_offered(gateway *g, gint64 *last, gboolean now, GError **error)
{
	if (!now && clock_mono_us() - *last < KEEP_US)
		return TRUE;
	*last = clock_mono_us();
	return store_commit(g->store, error) && store_begin(g->store, error);
}

static gboolean
offer_and_keep(gateway *g, store_outgoing *row, gint64 *last, GError **error)
{
	if (offer_one(g, row, error))
		return keep_offered(g, last, FALSE, error);
	keep_offered(g, last, TRUE, NULL);
	return FALSE;
}

/* Oldest first what is not stored there; if all is, the newest, as a question. */
gboolean
gate_offer(gateway *g, GError **error)
{
	gint64 kept = clock_mono_us();
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_STORED, error);
	gboolean all_stored = TRUE;

	if (open == NULL)
		return FALSE;
	for (guint i = 0; i < open->len; i++) {
		store_outgoing *row = open->pdata[i];

		if (row->state >= OUT_STORED)
			continue;
		all_stored = FALSE;
		if ((row->state == OUT_SEALED || row->next <= clock_now()) && gate_go_on(g) &&
		    !offer_and_keep(g, row, &kept, error))
			return FALSE;
	}
	if (!all_stored || open->len == 0)
		return TRUE;
	store_outgoing *newest = open->pdata[open->len - 1];
	return newest->next > clock_now() || offer_one(g, newest, error);
}
