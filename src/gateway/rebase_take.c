#include "gateway/private.h"
#include "gateway/rebase_wire.h"

/* ---- its lines ---- */

/* Goes through the lines; KEEP: they become the partner's summary, else they are only checked. */
static gboolean
each_line(gateway *g, envelope *e, gboolean keep, GError **error)
{
	for (guint64 n = 1;; n++) {
		g_autoptr(json_ref) line = NULL;
		store_summary one;

		if (!envelope_next(e, &line, error))
			return FALSE;
		if (line == NULL)
			return TRUE;
		if (!rebase_line_read(line, &one)) {
			fail_set(error, REASON_LINES, "line %" G_GUINT64_FORMAT " tells no item",
				 n);
			return FALSE;
		}
		if (keep && !store_add_summary(g->store, FALSE, &one, error))
			return FALSE;
	}
}

/* Nothing is kept of lines of which one is wrong. */
static gboolean
keep_summary(gateway *g, envelope *e, GError **error)
{
	return each_line(g, e, FALSE, error) && envelope_rewind(e, error) &&
	       store_clear_summary(g->store, FALSE, error) && each_line(g, e, TRUE, error);
}

/* ---- what comes of it ---- */

static gboolean
pair(gateway *g, envelope *e, const char *signer, GError **error)
{
	const manifest *m = envelope_manifest(e);
	rebase_count c;

	if (!keep_summary(g, e, error))
		return FALSE;
	rebase_paired(g->rebase, m->epoch, clock_now());
	g_free(g->n.with);
	g->n.with = g_strdup(m->epoch);
	if (!gate_pair_items(g, &c, error) || !store_clear_summary(g->store, FALSE, error) ||
	    !gate_keys_again(g, FALSE, signer, error) || !gate_save_numbers(g, error))
		return FALSE;
	gate_note(g, "paired", NULL, NULL,
		  "anew: %" G_GUINT64_FORMAT " items are the same, %" G_GUINT64_FORMAT
		  " differ, %" G_GUINT64_FORMAT " are here only, %" G_GUINT64_FORMAT " there only",
		  c.same, c.differing, c.here, c.there);
	return TRUE;
}

static gboolean
ask(gateway *g, envelope *e, GError **error)
{
	const manifest *m = envelope_manifest(e);

	/* What was asked before waits for its answer, unless the link was told to go on. */
	if (g_strcmp0(g->rebase->asked, m->epoch) == 0 && g->stopped != NULL)
		return TRUE;
	if (!keep_summary(g, e, error))
		return FALSE;
	g_free(g->rebase->asked);
	g->rebase->asked = g_strdup(m->epoch);
	g->asked = TRUE;
	gate_note(g, "rebase", NULL, NULL, "the partner begins anew");
	return TRUE;
}

static gboolean
act(gateway *g, envelope *e, rebase_act what, const char *signer, GError **error)
{
	const manifest *m = envelope_manifest(e);
	gint64 wait = conf_int(g->conf, "sync.resend"), now = clock_now();

	switch (what) {
	case REBASE_PAIR:
		return pair(g, e, signer, error);
	case REBASE_NAME:
		rebase_named(g->rebase, m->epoch, now);
		return TRUE;
	case REBASE_TELL:
	case REBASE_REMIND:
		rebase_due(g->rebase, what == REBASE_REMIND, wait, now);
		return TRUE;
	case REBASE_ASK:
		return ask(g, e, error);
	case REBASE_STOP:
		rebase_stopped(g->rebase, m->epoch);
		return g->stopped != NULL ||
		       gate_stop(g,
				 "the partner runs in a pair that is not known here: this state "
				 "is an old copy",
				 error);
	case REBASE_NOTHING:
		break;
	}
	return TRUE;
}

gboolean
gate_take_rebase(gateway *g, envelope *e, const char *signer, GError **error)
{
	rebase_word word;

	if (!rebase_word_read(envelope_manifest(e), &word, error))
		return FALSE;
	if (g->state != PAIR_RUNNING && g->state != PAIR_PINNED) {
		fail_set(error, REASON_NOT_PAIRED, "it came before pairing is done");
		return FALSE;
	}
	return act(g, e, rebase_hear(g->rebase, g->n.epoch, g->n.with, &word), signer, error) &&
	       gate_save_rebase(g, error);
}

gboolean
gate_stray(gateway *g, const manifest *m, GError **error)
{
	gboolean strange =
		rebase_stray(g->rebase, g->n.epoch, g->n.with, m->epoch, m->with) == REBASE_STOP;

	if (strange)
		rebase_stopped(g->rebase, m->epoch);
	if (strange && g->stopped == NULL &&
	    !gate_stop(
		    g,
		    "the partner sends for a pair that is not known here: one state is an old copy",
		    error))
		return FALSE;
	rebase_due(g->rebase, TRUE, conf_int(g->conf, "sync.resend"), clock_now());
	if (!gate_save_rebase(g, error))
		return FALSE;
	fail_set(error, REASON_OTHER_PAIR, "it belongs to another pairing");
	return FALSE;
}

/* ---- the answer ---- */

gboolean
gate_answer_rebase(gateway *g, GError **error)
{
	rebase_count c;

	g->asked = FALSE;
	if (!gate_recover(g, error) || !gate_compare(g, &c, NULL, NULL, error))
		return FALSE;
	if (c.differing + c.here + c.there == 0)
		return gate_open_rebase(g, error);
	g_autofree char *why = g_strdup_printf("the partner begins anew: %" G_GUINT64_FORMAT
					       " items differ, %" G_GUINT64_FORMAT
					       " are here only, %" G_GUINT64_FORMAT " there only",
					       c.differing, c.here, c.there);
	return gate_stop(g, why, error);
}
