#include "gateway/pass.h"

#include "conf/times.h"
#include "gateway/look.h"
#include "gateway/private.h"
#include "spool/take.h"

#define RETRY_SECONDS 60             /* until what could not be done is tried again */
#define DAY_SECONDS   (24 * 60 * 60) /* the archive is tidied that often */

/* ---- what is to be tidied, also after a crash ---- */

/* The partner is known to be done with NUMBER: its FILE goes, unless another took its place; then
 * the channel has to give it back first. */
static gboolean
drop_done(gateway *g, const char *file, guint64 number, GError **error)
{
	g_autoptr(GError) inner = NULL;
	g_autoptr(store_outgoing) row = store_find_outgoing(g->store, number, &inner);

	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	return (row != NULL && !g_str_equal(row->file, file)) ||
	       spool_drop(g->spool, SPOOL_OUTBOX, file, error);
}

/*
 * What was not committed was never offered or acknowledged, and its number will be used again.  The
 * move of what is done into the archive may have been forgotten by the disk.
 */
static gboolean
tidy_file(gateway *g, spool_dir dir, const char *file, guint64 number, gboolean left,
	  GError **error)
{
	gboolean known =
		dir == SPOOL_OUTBOX ? number <= g->n.last : store_has_incoming(g->store, number);

	/* A crash leaves the next number at most; a pair that was left, those of before. */
	if (dir == SPOOL_OUTBOX && number > g->n.last + 1 && !left)
		return g->stopped != NULL ||
		       gate_stop(g,
				 "the outbox has numbers that this state does not know: it is an "
				 "old copy",
				 error);
	if (!known)
		return store_heard(g->store, error) && spool_drop(g->spool, dir, file, error);
	if (dir == SPOOL_OUTBOX)
		return number > g->n.p_done || drop_done(g, file, number, error);
	return number > g->n.done || spool_move(g->spool, dir, file, SPOOL_ARCHIVE, file, error);
}

static gboolean
tidy_files(gateway *g, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	g_autofree char *left = store_get(g->store, GATE_LEFT);
	const char roles[2] = {g->master ? 'm' : 's', g->master ? 's' : 'm'};
	const spool_dir dirs[2] = {SPOOL_OUTBOX, SPOOL_INBOX};

	for (int i = 0; i < 2; i++) {
		g_autoptr(GPtrArray) names = spool_names(g->spool, dirs[i], error);

		if (names == NULL)
			return FALSE;
		for (guint j = 0; j < names->len; j++) {
			const char *file = names->pdata[j];
			envelope_name name;

			if (!name_find(file, link8, roles[i], &name))
				continue;
			if (!tidy_file(g, dirs[i], file, name.number, left != NULL, error))
				return FALSE;
		}
	}
	return left == NULL || store_put(g->store, GATE_LEFT, NULL, error);
}

/* Files that waited for records are kept while a held record speaks of them. */
static gboolean
collect_content(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(g->spool, SPOOL_CONTENT, error);

	if (names == NULL)
		return FALSE;
	if (names->len == 0)
		return TRUE;
	g_autoptr(GPtrArray) waiting = store_waiting_items(g->store, TRUE, error);
	if (waiting == NULL)
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		gboolean wanted = FALSE;

		for (guint j = 0; j < waiting->len && !wanted; j++) {
			const store_item *row = waiting->pdata[j];
			g_autofree char *doc = json_text(row->doc);

			wanted = strstr(doc, names->pdata[i]) != NULL;
		}
		if (!wanted && !spool_drop(g->spool, SPOOL_CONTENT, names->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

/* ---- the pass ---- */

gboolean
gate_may_capture(gateway *g)
{
	g_autofree char *closing = store_get(g->store, "closing");
	g_autofree char *bye = store_get(g->store, "bye");

	if (closing != NULL || bye != NULL || g->n.with == NULL || g->rebase->again)
		return FALSE;
	return g->state == PAIR_RUNNING ||
	       (g->state == PAIR_PINNED && conf_bool(g->conf, "pairing.eager"));
}

/* When a resident process sends next; 0: at any time. */
static gint64
time_to_sweep(gateway *g)
{
	const char *times = conf_text(g->conf, "sync.at");

	return g->resident && times != NULL
		       ? times_next(times, (gint64)store_get_u64(g->store, "swept"))
		       : 0;
}

static gboolean
note_swept(gateway *g, GError **error)
{
	return store_put_u64(g->store, "swept", (guint64)clock_now(), error);
}

/* A time has been kept when all that had changed by then is captured.  The first one is still to
 * come. */
static gboolean
sweep(gateway *g, GError **error)
{
	gboolean by_time = conf_text(g->conf, "sync.at") != NULL;
	guint64 unused;

	if (by_time && g->resident && store_get_u64(g->store, "swept") == 0)
		return note_swept(g, error);
	if (time_to_sweep(g) > clock_now())
		return TRUE;
	if (!gate_sweep(g, error))
		return FALSE;
	if (!by_time)
		return TRUE;
	g_autoptr(GPtrArray) left = store_dirty(g->store, 0, 1, &unused, error);
	return left != NULL && (left->len > 0 || note_swept(g, error));
}

/* What is sealed must find room in the outbox, and where it is put.  A full disk shall not be made
 * fuller: acknowledgements, which let both sides remove files, still leave. */
static gboolean
has_room(gateway *g)
{
	guint64 reserve = (guint64)conf_int(g->conf, "folder.reserve");

	g->cramped = fsio_free_space(spool_fd(g->spool, SPOOL_OUTBOX)) < reserve ||
		     g->channel_ops->space(g->channel) < reserve;
	return !g->cramped;
}

static gboolean
inside(gateway *g, GError **error)
{
	if (!tidy_files(g, error) || !gate_look_behind(g, error))
		return FALSE;
	if (g->stopped != NULL)
		return TRUE;
	if (!gate_tidy_voided(g, error) || !gate_recover(g, error) || !gate_work(g, error))
		return FALSE;
	if (g->halted)
		return gate_save_numbers(g, error);
	/* What both sides have is compared: nothing of it may move. */
	if (g->rebase->open || g->rebase->again)
		return gate_save_numbers(g, error);
	if (!gate_release(g, error) || !gate_references(g, error) ||
	    (gate_may_capture(g) && !sweep(g, error)))
		return FALSE;
	return gate_settle(g, error) && gate_save_numbers(g, error) &&
	       (g->state != PAIR_RUNNING || gate_tell_channel(g, error)) &&
	       (g->n.with == NULL || !has_room(g) || gate_seal_lines(g, error));
}

/* Runs STEP inside a transaction that it may commit and open again. */
static gboolean
in_transaction(gateway *g, gboolean (*step)(gateway *, GError **), GError **error)
{
	if (!store_begin(g->store, error))
		return FALSE;
	if (step(g, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	gate_forget_batch(g);
	return FALSE;
}

static gboolean
offer_and_ack(gateway *g, GError **error)
{
	if (g->stopped != NULL || g->rebase->open)
		return gate_tell_rebase(g, error);
	return gate_offer(g, error) && gate_tell_rebase(g, error) &&
	       (g->n.with == NULL || gate_seal_ack(g, error));
}

static gboolean
tidy(gateway *g, GError **error)
{
	guint64 keep = (guint64)conf_int(g->conf, "log.keep");

	return collect_content(g, error) && gate_forget_content(g, error) &&
	       spool_expire(g->spool, SPOOL_ARCHIVE, conf_int(g->conf, "archive.keep"), error) &&
	       store_trim_numbers(g->store, g->n.settled, g->n.done, keep, error) &&
	       store_trim_notes(g->store, keep, error);
}

/*
 * An absent channel is not a failure of the pass; anything else is.  What the step had counted was
 * rolled back, and must not be saved by the next one.
 */
static gboolean
away(gateway *g, GError *trouble, pass_report *ret, GError **error)
{
	if (fail_class(trouble) != FAIL_RETRY) {
		g_propagate_error(error, trouble);
		return FALSE;
	}
	g_free(ret->away);
	ret->away = g_strdup(trouble->message);
	g_error_free(trouble);
	return gate_load_state(g, error);
}

/* When the first of OPEN is to be offered again, as gate_offer() will. */
static gint64
next_offer(const GPtrArray *open)
{
	const store_outgoing *newest = open->len > 0 ? open->pdata[open->len - 1] : NULL;
	gint64 first = G_MAXINT64;

	for (guint i = 0; i < open->len; i++) {
		const store_outgoing *row = open->pdata[i];

		if (row->state < OUT_STORED)
			first = MIN(first, row->next);
	}
	return first < G_MAXINT64 || newest == NULL ? first : newest->next;
}

/* What is due already could not be done just now. */
static gint64
wait_until(gint64 when, gint64 now)
{
	return when > now ? when - now : RETRY_SECONDS;
}

static gint64
seconds_to_wait(gateway *g, const GPtrArray *open)
{
	gint64 now = clock_now(), wait = DAY_SECONDS, offer = next_offer(open);

	if (g->halted)
		return 0;
	if (time_to_sweep(g) > now)
		wait = time_to_sweep(g) - now;
	if (offer < G_MAXINT64)
		wait = MIN(wait, wait_until(offer, now));
	if (g->n.ack_due && g->n.with != NULL)
		wait = MIN(wait,
			   wait_until(g->n.ack_at + conf_int(g->conf, "sync.ack_delay"), now));
	if (g->rebase->next > 0)
		wait = MIN(wait, wait_until(g->rebase->next, now));
	if (g->unfinished > 0)
		wait = MIN(wait, conf_int(g->conf, "folder.settle") + 1);
	return wait;
}

static gboolean
fill_report(gateway *g, pass_report *ret, GError **error)
{
	g_autoptr(GPtrArray) bad = quarantine_list(g->spool, error);
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_STORED, error);
	g_autoptr(GPtrArray) waiting = look_waiting(g, error);

	if (bad == NULL || open == NULL || waiting == NULL ||
	    !store_count_braked(g->store, &ret->braked, error))
		return FALSE;
	for (guint i = 0; i < waiting->len; i++)
		if (look_waits(((const look_item *)waiting->pdata[i])->it))
			ret->held++;
	ret->quarantined = bad->len;
	ret->unacked = open->len;
	ret->applied = g->applied;
	ret->captured = g->captured;
	ret->asleep = conf_bool(g->conf, "paused");
	ret->unfinished = g->unfinished;
	ret->wait = seconds_to_wait(g, open);
	if (g->channel_ops->pause != NULL && g->channel_ops->pause(g->channel) > 0)
		ret->wait = MIN(ret->wait, g->channel_ops->pause(g->channel) + 1);
	if (g->cramped && ret->away == NULL)
		ret->away =
			g_strdup("the disk is nearly full, here or where envelopes are put; free "
				 "some space, or lower folder.reserve");
	return TRUE;
}

gboolean
gateway_pass(gateway *g, pass_report *ret, GError **error)
{
	guint64 stored = g->n.stored, last = g->n.last;
	GError *trouble = NULL;

	*ret = (pass_report){0};
	g->applied = g->captured = 0;
	g->unfinished = 0;
	g->halted = g->cramped = g->brake_looked = FALSE;
	/* Links may have come and gone since. */
	g_clear_pointer(&g->others, g_ptr_array_unref);
	g_free(g->now);
	g->now = clock_stamp_now();
	if (conf_bool(g->conf, "paused"))
		return fill_report(g, ret, error);
	/* Who joins by a new file finds nothing half done. */
	if (g->partner != NULL && gate_invites(g) && !in_transaction(g, gate_recover, error))
		return FALSE;
	if (!gate_take(g, &trouble) && !away(g, trouble, ret, error))
		return FALSE;
	if (!g->halted && g->rebase->again && !in_transaction(g, gate_begin_again, error))
		return FALSE;
	if (!g->halted && g->asked && !in_transaction(g, gate_answer_rebase, error))
		return FALSE;
	if (!g->halted && g->stopped == NULL && !in_transaction(g, inside, error))
		return FALSE;
	trouble = NULL;
	if (!g->halted && !in_transaction(g, offer_and_ack, &trouble) &&
	    !away(g, trouble, ret, error))
		return FALSE;
	if (!g->halted && g->stopped == NULL && !in_transaction(g, tidy, error))
		return FALSE;
	ret->taken = g->n.stored - stored;
	ret->sealed = g->n.last - last;
	return fill_report(g, ret, error);
}

GPtrArray *
gateway_dry_run(gateway *g, GError **error)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	gboolean ok;

	/* Everything happens in a transaction that is rolled back: the same code, no trace. */
	if (!store_begin(g->store, error))
		return NULL;
	g->dry = lines;
	ok = !gate_may_capture(g) || gate_sweep(g, error);
	g->dry = NULL;
	store_rollback(g->store);
	if (!ok)
		g_clear_pointer(&lines, g_ptr_array_unref);
	return lines;
}
