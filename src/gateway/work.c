#include <unistd.h>

#include "base/mutant.h"
#include "gateway/private.h"

/*
 * Envelopes are worked on in groups: what one of them leaves to be written into the tracker may
 * wait for the others, as do the moves into the archive, so that a commit and a few fsyncs serve
 * them all.  The number of the last one that is done is committed with the intents of its lines.
 */
#define GROUP 64

typedef struct {
	gateway *g;
	const char *id; /* "s42" */
	guint64 number, line;
} work;

/*
 * Finishes what waits for the tracker.  How many lines are taken over is committed with the intents
 * of these lines: after a crash, none is taken again.
 */
static gboolean
flush_lines(work *w, GError **error)
{
	gateway *g = w->g;

	return g->batch->len == 0 ||
	       (store_set_line(g->store, w->number, w->line, error) && gate_flush(g, error));
}

/* ---- one line ---- */

static gboolean
hold_or_drop(gateway *g, sync_item *it, sync_out *out, sync_verdict verdict, GError **error)
{
	if (verdict == SYNC_HELD)
		gate_note_held(g, it);
	return gate_save(g, it, NULL, out, error);
}

static gboolean
take_record(work *w, json_t *line, GError **error)
{
	gateway *g = w->g;
	const char *uid = json_str(line, "uid");
	gboolean known = g_strcmp0(json_str(line, "t"), "change") == 0;

	if (!rand_id_valid(uid)) {
		fail_set(error, REASON_LINES, "line %" G_GUINT64_FORMAT " names no item",
			 w->line + 1);
		return FALSE;
	}
	/* Two records of one item: the first must be finished before the second is merged. */
	if (g_hash_table_contains(g->batched, uid) && !flush_lines(w, error))
		return FALSE;
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	if (it == NULL)
		return FALSE;
	int block = known ? gate_block(g, it, line) : REASON_UNKNOWN_RECORD;
	gboolean elsewhere = !it->joined && json_flag(line, "full") && gate_elsewhere(g, uid);
	sync_ctx ctx = gate_ctx(g);
	sync_out out;
	sync_out_init(&out);
	sync_verdict verdict = sync_arrive(&ctx, it, line, elsewhere, block, NULL, &out);
	gboolean ok = verdict == SYNC_MERGE
			      ? gate_merge(g, g_steal_pointer(&it), line, FALSE, error)
			      : hold_or_drop(g, it, &out, verdict, error);
	sync_out_clear(&out);
	return ok;
}

gboolean
gate_repair_envelope(gateway *g, guint64 number, GError **error)
{
	g_autoptr(GPtrArray) uids = store_sent_uids(g->store, number, error);
	sync_ctx ctx = gate_ctx(g);

	for (guint i = 0; uids != NULL && i < uids->len; i++) {
		g_autoptr(sync_item) it = gate_load(g, uids->pdata[i], error);
		g_autoptr(item) now = NULL;
		sync_out out;

		if (it == NULL || !gate_view(g, it, &now, error))
			return FALSE;
		sync_out_init(&out);
		sync_repair(&ctx, it, now, &out);
		gboolean ok = gate_save(g, it, now, &out, error);
		sync_out_clear(&out);
		if (!ok)
			return FALSE;
	}
	return uids != NULL;
}

static gboolean
take_answer(work *w, json_t *line, GError **error)
{
	gateway *g = w->g;
	const char *uid = json_str(line, "uid"), *code = json_str(line, "code");

	if (!flush_lines(w, error))
		return FALSE;
	if (uid == NULL) {
		/* 0 for what is no number. */
		gint64 number = json_integer_value(json_array_get(json_object_get(line, "re"), 0));

		return g_strcmp0(code, "refused") != 0 || number <= 0 ||
		       gate_repair_envelope(g, (guint64)number, error);
	}
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	if (it == NULL)
		return FALSE;
	if (it->gen == 0 || code == NULL)
		return TRUE;
	const char *text = json_str(line, "text"), *reg = json_str(line, "reg");
	int why = (int)json_num(line, "reason", 0);
	if (text == NULL && why != 0)
		text = reason_of(why)->text;
	gate_note(g, "answered", uid, w->id, "%s%s%s%s%s", code, reg != NULL ? " " : "",
		  reg != NULL ? reg : "", text != NULL ? ": " : "", text != NULL ? text : "");
	sync_ctx ctx = gate_ctx(g);
	sync_out out;
	sync_out_init(&out);
	sync_answer(&ctx, it, line, &out);
	gboolean ok = gate_save(g, it, NULL, &out, error);
	sync_out_clear(&out);
	return ok;
}

static gboolean
take_line(work *w, json_t *line, GError **error)
{
	const char *type = json_str(line, "t");

	if (g_strcmp0(type, "answer") == 0)
		return take_answer(w, line, error);
	if (g_strcmp0(type, "missing") == 0)
		return gate_take_missing(w->g, line, error);
	if (g_strcmp0(type, "want") == 0)
		return flush_lines(w, error) && gate_take_want(w->g, line, error);
	if (g_strcmp0(type, "channel") == 0)
		return gate_take_channel(w->g, line, error);
	/* What it speaks of came along or comes behind, and is shown when it is here. */
	if (g_strcmp0(type, "file") == 0)
		return TRUE;
	return take_record(w, line, error);
}

gboolean
gate_is_control(const json_t *line)
{
	const char *const control[] = {"answer", "want", "missing", "channel", NULL};
	const char *type = json_str(line, "t");

	return type != NULL && g_strv_contains(control, type);
}

/* ---- one envelope ---- */

/* Files first: records wait for them. */
static gboolean
take_files(work *w, envelope *e, GError **error)
{
	gateway *g = w->g;
	GPtrArray *files = envelope_files(e);
	int dir = spool_fd(g->spool, SPOOL_CONTENT);

	for (guint i = 0; i < files->len; i++) {
		const char *sha = files->pdata[i];
		if (!fsio_exists(dir, sha) && !envelope_extract(e, sha, dir, error))
			return FALSE;
	}
	return files->len == 0 || fsio_sync(dir, error);
}

static gboolean
take_lines(work *w, envelope *e, guint64 from, GError **error)
{
	gateway *g = w->g;
	guint batch = (guint)conf_int(g->conf, "sync.batch");

	for (w->line = 0;; w->line++) {
		g_autoptr(json_ref) line = NULL;

		if (!envelope_next(e, &line, error))
			return FALSE;
		if (line == NULL)
			break;
		if (w->line < from && !mutant("line-count"))
			continue;
		if (!take_line(w, line, error))
			return FALSE;
		/* The count is committed with the intents of the lines it counts. */
		if (g->batch->len >= batch &&
		    (!store_set_line(g->store, w->number, w->line + 1, error) ||
		     !gate_flush(g, error)))
			return FALSE;
	}
	return TRUE;
}

/* A valid envelope whose content fails is done, and its changes are refused. */
static gboolean
refuse_lines(work *w, const GError *why, GError **error)
{
	gateway *g = w->g;
	g_autoptr(json_ref) answer = json_object();
	g_autoptr(json_ref) re = json_array();

	json_array_append_new(re, json_integer((json_int_t)w->number));
	json_put(answer, "t", "answer");
	json_object_set(answer, "re", re);
	json_put(answer, "code", "refused");
	json_object_set_new(answer, "reason", json_integer(why->code));
	json_object_set_new(answer, "retry", json_boolean(reason_of(why->code)->retry));
	json_put(answer, "text", why->message);
	g_autofree char *text = json_text(answer);
	gate_note(g, "refused", NULL, w->id, "%d %s", why->code, why->message);
	return flush_lines(w, error) &&
	       store_add_line(g->store, LINE_ANSWER, "", 0, w->number, text, NULL, NULL, error);
}

/* Takes what changes no item.  BARE: there is nothing else in it. */
static gboolean
take_control(work *w, envelope *e, gboolean bare, GError **error)
{
	for (w->line = 0;; w->line++) {
		g_autoptr(json_ref) line = NULL;

		if (!envelope_next(e, &line, error))
			return FALSE;
		if (line == NULL)
			return TRUE;
		if (gate_is_control(line)) {
			if (!take_line(w, line, error))
				return FALSE;
		} else if (bare) {
			fail_set(error, REASON_LINES,
				 "line %" G_GUINT64_FORMAT
				 " is a change in an envelope without any",
				 w->line + 1);
			return FALSE;
		}
	}
}

/* Of an envelope that the operator refused, all but the changes counts: nobody would say it again.
 */
static gboolean
take_unwanted(work *w, envelope *e, const char *note, GError **error)
{
	if (!take_control(w, e, FALSE, error) || !gate_forget_unwanted(w->g, w->number, error))
		return FALSE;
	fail_set(error, REASON_OPERATOR, "refused by the operator%s%s", *note != '\0' ? ": " : "",
		 note);
	return FALSE;
}

static gboolean
take_changes(work *w, envelope *e, const store_incoming *row, GError **error)
{
	g_autofree char *unwanted = gate_unwanted(w->g, w->number);

	if (unwanted != NULL)
		return take_unwanted(w, e, unwanted, error);
	return take_files(w, e, error) && take_lines(w, e, row->line, error);
}

static gboolean
take_content(work *w, envelope *e, const store_incoming *row, GError **error)
{
	const manifest *m = envelope_manifest(e);
	gateway *g = w->g;

	if (m->kind != KIND_CHANGES && !gate_flush(g, error))
		return FALSE;
	switch (m->kind) {
	case KIND_PING:
		return gate_work_ping(g, m, error);
	case KIND_CHANGES:
		return take_changes(w, e, row, error);
	case KIND_VOID:
		gate_note(g, "voided", NULL, w->id, "the partner sent it without its changes");
		return take_control(w, e, TRUE, error);
	case KIND_REKEY:
		return gate_take_rekey(g, m, error);
	case KIND_BYE:
		gate_note(g, "closed", NULL, w->id, "the partner said goodbye");
		return store_put(g->store, "bye", g->now, error);
	default:
		fail_set(error, REASON_KIND, "envelopes of kind %s are not known here",
			 kind_name(m->kind));
		return FALSE;
	}
}

/* Not, if a crash came between the move in done() and its commit. */
static gboolean
lies_in_inbox(gateway *g, const store_incoming *row)
{
	return fsio_exists(spool_fd(g->spool, SPOOL_INBOX), row->file);
}

static gboolean
done(work *w, const store_incoming *row, GError **error)
{
	gateway *g = w->g;

	g->n.done = w->number;
	g_free(g->n.done_hash);
	g->n.done_hash = g_strdup(row->hash);
	g->n.ack_due = TRUE;
	if (lies_in_inbox(g, row) &&
	    !spool_move(g->spool, SPOOL_INBOX, row->file, SPOOL_ARCHIVE, row->file, error))
		return FALSE;
	g_autofree char *plain = g_strdup_printf("plain-%" G_GUINT64_FORMAT, w->number);
	fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
	return gate_settle(g, error) && gate_save_numbers(g, error);
}

/* The plain zip left by the take of this very pass, or opened again. */
static int
open_stored(gateway *g, const store_incoming *row, GError **error)
{
	const char *const signers[] = {row->signer, NULL};
	g_autofree char *ready = g_strdup_printf("plain-%" G_GUINT64_FORMAT, row->number);
	g_autofree char *plain = NULL;
	int tmp_dir = spool_fd(g->spool, SPOOL_TMP);

	if (fsio_exists(tmp_dir, ready))
		return fsio_open_own(tmp_dir, ready, error);
	spool_dir dir = lies_in_inbox(g, row) ? SPOOL_INBOX : SPOOL_ARCHIVE;
	int fd = gate_open_file(g, dir, row->file, gate_protection(g), signers, &plain, error);
	if (plain != NULL)
		fsio_remove(tmp_dir, plain, NULL);
	return fd;
}

static gboolean
work_one(gateway *g, const store_incoming *row, GError **error)
{
	g_autofree char *id = gateway_their_id(g, row->number);
	work w = {.g = g, .id = id, .number = row->number, .line = row->line};
	g_autoptr(GError) why = NULL;
	int fd = open_stored(g, row, error);

	if (fd < 0)
		return FALSE;
	g_free(g->working);
	g->working = g_strdup(id);
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(g->conf, "limit.envelope"), &why);
	gboolean ok = e != NULL && take_content(&w, e, row, &why);
	g_clear_pointer(&e, envelope_close);
	close(fd);
	g_clear_pointer(&g->working, g_free);
	if (!ok && fail_class(why) != FAIL_REJECT && fail_class(why) != FAIL_TRUST) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	return (ok || refuse_lines(&w, why, error)) && done(&w, row, error);
}

static gboolean
end_group(gateway *g, GError **error)
{
	return gate_flush(g, error) && spool_flush(g->spool, error) &&
	       store_commit(g->store, error) && store_begin(g->store, error);
}

/* Takes over what is stored, in order; called with a transaction open, leaves one open. */
gboolean
gate_work(gateway *g, GError **error)
{
	guint count = 0;

	while (g->n.done < g->n.stored && gate_go_on(g)) {
		g_autoptr(store_incoming) row = store_find_incoming(g->store, g->n.done + 1, error);

		if (row == NULL || !work_one(g, row, error) ||
		    (++count % GROUP == 0 && !end_group(g, error)))
			return FALSE;
	}
	return count % GROUP == 0 || end_group(g, error);
}
