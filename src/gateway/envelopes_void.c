#include <unistd.h>

#include "gateway/envelopes.h"
#include "gateway/look.h"
#include "gateway/private.h"

/* In the state while the outbox may hold two files of one number; the row knows which counts. */
#define TWO_FILES "voided"

typedef struct {
	GPtrArray *lines; /* texts */
	guint64 changes;  /* that are not among them */
} remains;

static manifest *
copy_manifest(const manifest *m, GError **error)
{
	g_autoptr(json_ref) text = manifest_to_json(m);

	return manifest_from_json(text, error);
}

static gboolean
keep_lines(envelope *e, remains *r, GError **error)
{
	for (;;) {
		g_autoptr(json_ref) line = NULL;

		if (!envelope_next(e, &line, error))
			return FALSE;
		if (line == NULL)
			return TRUE;
		if (gate_is_control(line))
			g_ptr_array_add(r->lines, json_text(line));
		else if (g_strcmp0(json_str(line, "t"), "change") == 0)
			r->changes++;
	}
}

/* Of files that came along it is said that they do not, or the partner would wait for them. */
static void
tell_missing(envelope *e, remains *r)
{
	GPtrArray *files = envelope_files(e);

	for (guint i = 0; i < files->len; i++)
		g_ptr_array_add(r->lines, g_strdup_printf("{\"sha256\":\"%s\",\"t\":\"missing\"}",
							  (const char *)files->pdata[i]));
}

/* The cover of what ROW is replaced by, and its lines; NULL on error. */
static manifest *
read_remains(gateway *g, const store_outgoing *row, remains *r, GError **error)
{
	g_auto(GStrv) signers = gate_signers(g, TRUE);
	g_autofree char *plain = NULL;
	int fd = gate_open_file(g, SPOOL_OUTBOX, row->file, gate_protection(g),
				(const char *const *)signers, &plain, error);
	manifest *ret = NULL;

	if (fd < 0)
		return NULL;
	fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(g->conf, "limit.envelope"), error);
	if (e != NULL && keep_lines(e, r, error)) {
		tell_missing(e, r);
		ret = copy_manifest(envelope_manifest(e), error);
	}
	g_clear_pointer(&e, envelope_close);
	close(fd);
	if (ret == NULL)
		return NULL;
	ret->kind = KIND_VOID;
	ret->for_hash = g_strdup(row->hash);
	return ret;
}

static void
report(json_t *all, const char *id, const store_outgoing *row, const remains *r)
{
	json_t *one = json_object();
	g_autofree char *text =
		g_strdup_printf("%" G_GUINT64_FORMAT " %s", r->changes,
				r->changes == 1 ? "change is not sent" : "changes are not sent");

	look_put(one, "id", id);
	look_put(one, "file", row->file);
	look_put(one, "outcome", "voided");
	look_put(one, "text", text);
	json_array_append_new(all, one);
}

/*
 * The items of a voided number start anew, so that both sides are equal again: with a full record
 * of what the tracker shows by then.  On a link that is being closed nothing more is sent.
 */
static gboolean
void_row(gateway *g, store_outgoing *row, const char *note, json_t *all, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *id = gateway_my_id(g, row->number);
	remains r = {.lines = lines};
	g_autoptr(manifest) m = read_remains(g, row, &r, error);

	if (m == NULL || !gate_seal_again(g, m, lines, row, error) ||
	    !store_save_outgoing(g->store, row, error))
		return FALSE;
	gate_note(g, "voided", NULL, id, "%" G_GUINT64_FORMAT " changes, by the operator%s%s",
		  r.changes, note != NULL ? ": " : "", note != NULL ? note : "");
	report(all, id, row, &r);
	return !gate_may_capture(g) || gate_repair_envelope(g, row->number, error);
}

static gboolean
may_void(gateway *g, guint64 number, store_outgoing **ret, GError **error)
{
	g_autofree char *id = gateway_my_id(g, number);
	g_autoptr(GError) inner = NULL;
	g_autoptr(store_outgoing) row = store_find_outgoing(g->store, number, &inner);

	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else if (row == NULL || row->state >= OUT_STORED)
		fail_set(error, FAIL_CONFIG,
			 "the partner has %s; what it changed there can only be changed back", id);
	else if (g_str_equal(row->kind, kind_name(KIND_VOID)))
		fail_set(error, FAIL_CONFIG, "%s has been dropped already", id);
	else if (!g_str_equal(row->kind, kind_name(KIND_CHANGES)))
		fail_set(error, FAIL_CONFIG, "%s is %s and holds no changes", id, row->kind);
	else {
		*ret = g_steal_pointer(&row);
		return TRUE;
	}
	return FALSE;
}

static gboolean
void_span(gateway *g, const char *text, const char *note, json_t *all, GError **error)
{
	guint64 first, last;

	if (!gate_own_span(g, text, &first, &last, error))
		return FALSE;
	for (guint64 n = first; n <= last; n++) {
		g_autoptr(store_outgoing) row = NULL;

		if (!may_void(g, n, &row, error) || !void_row(g, row, note, all, error))
			return FALSE;
	}
	return TRUE;
}

/* The replaced files leave the channel first: as long as they lie in the outbox it is known that
 * they have to. */
static gboolean
remove_replaced(gateway *g, gboolean *ret_all, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	g_autoptr(GPtrArray) names = spool_names(g->spool, SPOOL_OUTBOX, error);

	*ret_all = TRUE;
	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *file = names->pdata[i];
		envelope_name name;

		if (!name_find(file, link8, g->master ? 'm' : 's', &name))
			continue;
		g_autoptr(store_outgoing) row = store_find_outgoing(g->store, name.number, NULL);
		if (row == NULL || g_str_equal(row->file, file))
			continue;
		if (!g->channel_ops->retract(g->channel, file, NULL))
			*ret_all = FALSE;
		else if (!spool_drop(g->spool, SPOOL_OUTBOX, file, error))
			return FALSE;
	}
	return names != NULL;
}

gboolean
gate_tidy_voided(gateway *g, GError **error)
{
	g_autofree char *two = store_get(g->store, TWO_FILES);
	gboolean all;

	if (two == NULL)
		return TRUE;
	return remove_replaced(g, &all, error) && spool_flush(g->spool, error) &&
	       (!all || store_put(g->store, TWO_FILES, NULL, error));
}

/* All of IDS or none. */
static gboolean
void_all(gateway *g, const char *const *ids, const char *note, json_t *all, GError **error)
{
	if (!gate_recover(g, error) || !store_put(g->store, TWO_FILES, "1", error) ||
	    !store_commit(g->store, error) || !store_begin(g->store, error))
		return FALSE;
	for (guint i = 0; ids[i] != NULL; i++)
		if (!void_span(g, ids[i], note, all, error))
			return FALSE;
	return gate_save_numbers(g, error) && store_commit(g->store, error) &&
	       store_begin(g->store, error) && gate_tidy_voided(g, error);
}

json_t *
envelopes_void(gateway *g, const char *const *ids, const char *note, GError **error)
{
	g_autoptr(json_ref) all = json_array();

	if (g->stopped != NULL) {
		fail_set(error, FAIL_CONFIG, "link %s has stopped: %s", g->name, g->stopped);
		return NULL;
	}
	if (!store_begin(g->store, error))
		return NULL;
	if (void_all(g, ids, note, all, error) && store_commit(g->store, error))
		return g_steal_pointer(&all);
	store_rollback(g->store);
	gate_forget_batch(g);
	return NULL;
}
