#include <unistd.h>

#include "gateway/private.h"
#include "gateway/rebase_wire.h"
#include "spool/quarantine.h"

/* ---- as stored ---- */

gboolean
gate_save_rebase(gateway *g, GError **error)
{
	g_autoptr(json_ref) doc = rebase_to_json(g->rebase);
	g_autofree char *text = json_text(doc);

	return store_put(g->store, "rebase", text, error);
}

gboolean
gate_may_operate(gateway *g, GError **error)
{
	if (g->stopped != NULL)
		fail_set(error, FAIL_CONFIG, "link %s has stopped: %s", g->name, g->stopped);
	else if (g->rebase->open || g->rebase->again)
		fail_set(error, FAIL_CONFIG,
			 "link %s begins anew and waits for the partner; try again when it is "
			 "paired",
			 g->name);
	else
		return TRUE;
	return FALSE;
}

/* ---- the pair that is left ---- */

/* Nothing of it has to arrive any more.  What can't be taken back now is told apart by its epoch.
 */
static gboolean
take_back(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) out = store_outgoings(g->store, 1, OUT_STORED, error);
	g_autofree char *ack = store_get(g->store, "ack_file");

	if (out == NULL)
		return FALSE;
	for (guint i = 0; i < out->len; i++)
		g->channel_ops->retract(g->channel, ((store_outgoing *)out->pdata[i])->file, NULL);
	if (ack != NULL)
		g->channel_ops->retract(g->channel, ack, NULL);
	return store_put(g->store, "ack_file", NULL, error);
}

/* What was taken and not worked off is kept where people can read it. */
static gboolean
archive_inbox(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) in = store_incomings(g->store, g->n.done + 1, error);

	for (guint i = 0; in != NULL && i < in->len; i++) {
		const store_incoming *row = in->pdata[i];
		g_autofree char *plain = g_strdup_printf("plain-%" G_GUINT64_FORMAT, row->number);

		fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
		if (fsio_exists(spool_fd(g->spool, SPOOL_INBOX), row->file) &&
		    !spool_move(g->spool, SPOOL_INBOX, row->file, SPOOL_ARCHIVE, row->file, error))
			return FALSE;
	}
	return in != NULL && spool_flush(g->spool, error);
}

/* The pair's own trouble, which was refused and stopped the link, is over. */
static gboolean
archive_proof(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) bad = quarantine_list(g->spool, error);

	for (guint i = 0; bad != NULL && i < bad->len; i++) {
		const char *name = json_str(bad->pdata[i], "name");
		gint64 why = json_num(bad->pdata[i], "reason", 0);

		if (why != REASON_FORK && why != REASON_PREV)
			continue;
		if (!spool_move(g->spool, SPOOL_QUARANTINE, name, SPOOL_ARCHIVE, name, error) ||
		    !quarantine_remove(g->spool, name, error))
			return FALSE;
	}
	return bad != NULL && spool_flush(g->spool, error);
}

/* Files of the outbox are those of no number now: the next pass removes them, for the commit must
 * come first. */
gboolean
gate_leave_pair(gateway *g, GError **error)
{
	store_numbers *n = &g->n;
	const store_numbers fresh = {
		.last_in = n->last_in, .last_out = n->last_out, .epoch = rand_id()};

	if (!take_back(g, error) || !archive_inbox(g, error) || !archive_proof(g, error) ||
	    !store_forget_pair(g->store, error))
		return FALSE;
	store_numbers_clear(n);
	*n = fresh;
	/* Whatever was on its way may not have arrived. */
	g_clear_pointer(&g->stopped, g_free);
	g_autofree char *told = store_get(g->store, "told_channel");
	return store_put(g->store, GATE_LEFT, "yes", error) &&
	       (told == NULL || store_put(g->store, "told_channel", "", error)) &&
	       store_put(g->store, "stopped", NULL, error) && gate_save_numbers(g, error);
}

gboolean
gate_open_rebase(gateway *g, GError **error)
{
	g_autofree char *mine = g_strdup(g->n.epoch), *with = g_strdup(g->n.with);

	/* The captures of before are of no use: what they hold is in the trackers. */
	if (!gate_freeze(g, error) || !gate_leave_pair(g, error) ||
	    !gate_keys_again(g, TRUE, g->me, error))
		return FALSE;
	rebase_begin(g->rebase, mine, with, clock_now());
	gate_note(g, "rebase", NULL, NULL, "begun; waits for the partner to begin, too");
	return store_clear_summary(g->store, FALSE, error) &&
	       gate_set_state(g, PAIR_RUNNING, error) && gate_save_rebase(g, error);
}

/* ---- R ---- */

static GPtrArray *
summary_lines(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) all = store_summaries(g->store, TRUE, NULL, G_MAXINT32, error);
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; all != NULL && i < all->len; i++) {
		g_autoptr(json_ref) line = rebase_line(all->pdata[i]);

		g_ptr_array_add(lines, json_text(line));
	}
	if (all == NULL)
		g_clear_pointer(&lines, g_ptr_array_unref);
	return lines;
}

static gboolean
take_back_last(gateway *g)
{
	return g->rebase->file == NULL ||
	       g->channel_ops->retract(g->channel, g->rebase->file, NULL);
}

gboolean
gate_tell_rebase(gateway *g, GError **error)
{
	rebase *r = g->rebase;
	g_autofree char *file = NULL;

	if (r->next == 0 || r->next > clock_now() || g->partner == NULL)
		return TRUE;
	g_autoptr(GPtrArray) lines = summary_lines(g, error);
	if (lines == NULL)
		return FALSE;
	g_autoptr(manifest) m = gate_manifest(g, KIND_REBASE, 0);
	if (r->open) {
		g_free(m->with);
		m->with = g_strdup(r->named);
	}
	m->body = rebase_body(r->open);
	if (!gate_send_lines(g, m, 'r', r->counter + 1, lines, &file, error))
		return FALSE;
	if (g_strcmp0(r->file, file) != 0)
		take_back_last(g);
	r->counter++;
	rebase_sent(r, file, conf_int(g->conf, "sync.resend"), conf_int(g->conf, "sync.resend_max"),
		    clock_now());
	return gate_save_rebase(g, error);
}

gboolean
gate_rebase_proven(gateway *g, GError **error)
{
	rebase *r = g->rebase;

	if (r->file == NULL || r->open)
		return TRUE;
	/* It comes too late wherever it is: that harms nobody. */
	take_back_last(g);
	g_clear_pointer(&r->file, g_free);
	r->next = 0;
	return gate_save_rebase(g, error);
}
