#include "gateway/envelopes.h"
#include "gateway/look.h"
#include "gateway/private.h"

static gboolean
parse_id(gateway *g, const char *id, guint64 *ret)
{
	char role;

	return name_parse_id(id, &role, ret) && role == (g->master ? 'm' : 's');
}

gboolean
gate_own_span(gateway *g, const char *text, guint64 *ret_first, guint64 *ret_last, GError **error)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);
	guint64 first = 1, last = g->n.last;

	if (ends[0] == NULL || !parse_id(g, ends[0], &first) ||
	    !parse_id(g, ends[1] != NULL ? ends[1] : ends[0], &last) || last < first) {
		fail_set(error, FAIL_USAGE,
			 "%s: not an envelope of this side; they are called %c1, %c2 ...", text,
			 g->master ? 'm' : 's', g->master ? 'm' : 's');
		return FALSE;
	}
	if (last > g->n.last) {
		fail_set(error, FAIL_CONFIG,
			 "%s: the last envelope sealed here is %c%" G_GUINT64_FORMAT, text,
			 g->master ? 'm' : 's', g->n.last);
		return FALSE;
	}
	*ret_first = first;
	*ret_last = last;
	return TRUE;
}

static void
report(json_t *all, const char *id, const store_outgoing *row, const char *outcome)
{
	json_t *one = json_object();

	look_put(one, "id", id);
	look_put(one, "file", row->file);
	look_put(one, "outcome", outcome);
	look_put(one, "text", NULL);
	json_array_append_new(all, one);
}

/* What is stored there needs no second copy. */
static gboolean
mark(gateway *g, store_outgoing *row, json_t *all, GError **error)
{
	g_autofree char *id = gateway_my_id(g, row->number);

	if (row->state >= OUT_STORED) {
		report(all, id, row, "stored");
		return TRUE;
	}
	row->state = OUT_SEALED;
	row->next = 0;
	gate_note(g, "resent", NULL, id, "by the operator");
	report(all, id, row, "offered");
	return store_save_outgoing(g->store, row, error);
}

static gboolean
mark_span(gateway *g, const char *text, json_t *all, GError **error)
{
	guint64 first = 1, last = g->n.last;
	gboolean found = g_str_equal(text, "ALL");

	if (!found && !gate_own_span(g, text, &first, &last, error))
		return FALSE;
	g_autoptr(GPtrArray) open = store_outgoings(g->store, first, OUT_STORED, error);
	for (guint i = 0; open != NULL && i < open->len; i++) {
		store_outgoing *row = open->pdata[i];

		if (row->number > last)
			break;
		found = TRUE;
		if (!mark(g, row, all, error))
			return FALSE;
	}
	if (open == NULL || found)
		return open != NULL;
	fail_set(error, FAIL_CONFIG,
		 "%s: the partner has taken that over; its bytes are no longer kept", text);
	return FALSE;
}

json_t *
envelopes_resend(gateway *g, const char *const *ids, GError **error)
{
	g_autoptr(json_ref) all = json_array();
	gboolean ok = TRUE;

	if (g->stopped != NULL || conf_bool(g->conf, "paused")) {
		fail_set(error, FAIL_CONFIG, "link %s %s; handsel status %s tells more", g->name,
			 g->stopped != NULL ? "has stopped" : "is paused", g->name);
		return NULL;
	}
	if (!store_begin(g->store, error))
		return NULL;
	for (guint i = 0; ok && ids[i] != NULL; i++)
		ok = mark_span(g, ids[i], all, error);
	/* Offered before the commit: a crash in between offers it once more. */
	if (ok && gate_offer(g, error) && store_commit(g->store, error))
		return g_steal_pointer(&all);
	store_rollback(g->store);
	return NULL;
}
