#include "gateway/rebase.h"

#include "gateway/look.h"
#include "gateway/make.h"
#include "gateway/private.h"

gboolean
rebase_is_open(const gateway *g)
{
	return g->rebase->open;
}

/* A partner who has not answered the ping may not have it, and would wait for it for ever; unless
 * what he sends shows that this state is an old copy. */
static gboolean
is_proven(const gateway *g)
{
	return g->state == PAIR_RUNNING ||
	       (g->state == PAIR_PINNED && (g->stopped != NULL || g->rebase->asked != NULL));
}

gboolean
rebase_may(gateway *g, GError **error)
{
	g_autofree char *closing = store_get(g->store, "closing");
	g_autofree char *bye = store_get(g->store, "bye");

	if (closing != NULL || bye != NULL)
		fail_set(error, FAIL_CONFIG, "link %s is closed; there is nothing to begin anew",
			 g->name);
	else if (g->rebase->open) {
		g_autofree char *since = clock_stamp(g->rebase->since);

		fail_set(error, FAIL_CONFIG,
			 "link %s: begun anew on %s already; it is the partner's turn (they run: "
			 "handsel rebase)",
			 g->name, since);
	} else if (g->partner == NULL || g->n.with == NULL || !is_proven(g))
		fail_set(error, FAIL_CONFIG,
			 "link %s is not paired yet; there is nothing to begin anew", g->name);
	else
		return TRUE;
	return FALSE;
}

/* ---- report ---- */

static const char *
how_of(const store_summary *mine, const store_summary *theirs)
{
	gboolean here = mine != NULL && sync_sum_live(mine->sum);
	gboolean there = theirs != NULL && sync_sum_live(theirs->sum);

	if (here && there)
		return g_str_equal(mine->sum, theirs->sum) ? NULL : "differs";
	return here ? "here" : there ? "there" : NULL;
}

static gboolean
add_item(gateway *g, const char *uid, const store_summary *mine, const store_summary *theirs,
	 gpointer data, GError **error)
{
	json_t *items = data;
	const char *how = how_of(mine, theirs);

	if (how == NULL)
		return TRUE;
	g_autoptr(GError) inner = NULL;
	g_autoptr(store_item) row = store_load_item(g->store, uid, &inner);
	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	json_t *one = json_object();
	look_put(one, "uid", uid);
	look_put(one, "id", mine != NULL ? mine->id : NULL);
	look_put(one, "title", row != NULL ? row->title : NULL);
	look_put(one, "partner_id", theirs != NULL ? theirs->id : NULL);
	look_put(one, "how", how);
	json_array_append_new(items, one);
	return TRUE;
}

static json_t *
dropped(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) texts = link_losses(g, error);
	json_t *list = json_array();

	for (guint i = 0; texts != NULL && i < texts->len; i++)
		json_array_append_new(list, json_string(texts->pdata[i]));
	if (texts == NULL) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* Looking writes down what it finds in the tracker; that is taken back. */
static gboolean
put_difference(gateway *g, json_t *ret, GError **error)
{
	rebase_count c;
	g_autoptr(json_ref) items = json_array();

	if (!store_begin(g->store, error))
		return FALSE;
	gboolean ok = gate_compare(g, &c, add_item, items, error);
	store_rollback(g->store);
	if (!ok)
		return FALSE;
	look_put_u64(ret, "same", c.same);
	look_put_u64(ret, "differing", c.differing);
	look_put_u64(ret, "here", c.here);
	look_put_u64(ret, "there", c.there);
	json_object_set(ret, "items", items);
	return TRUE;
}

json_t *
rebase_report(gateway *g, GError **error)
{
	static const char *const unknown[] = {"same", "differing", "here", "there", "items"};
	const rebase *r = g->rebase;
	g_autoptr(json_ref) ret = json_object();
	json_t *losses = dropped(g, error);

	if (losses == NULL)
		return NULL;
	look_put(ret, "link", g->name);
	look_put(ret, "state", r->open ? "open" : r->asked != NULL ? "asked" : "agreed");
	look_put_time(ret, "since", r->open ? r->since : 0);
	json_object_set_new(ret, "dropped", losses);
	for (guint i = 0; i < G_N_ELEMENTS(unknown); i++)
		look_put(ret, unknown[i], NULL);
	if (r->asked != NULL && !put_difference(g, ret, error))
		return NULL;
	return g_steal_pointer(&ret);
}

gboolean
rebase_judge(gateway *g, json_t *problems, json_t *hints)
{
	const rebase *r = g->rebase;

	if (g->stopped != NULL && g->n.with != NULL)
		look_tell(problems, "rebase",
			  g_strdup(r->asked != NULL
					   ? "say yes, and both sides go on from what both have"
					   : "if an old copy was restored here or there, begin "
					     "anew from "
					     "what both sides have"),
			  look_command(g, "rebase %s", g->name));
	if (!r->open)
		return FALSE;
	g_autofree char *since = clock_stamp(r->since);
	look_tell(
		hints, "rebase",
		g_strdup_printf("begun anew on %s; waits for the partner to begin, too (they run: "
				"handsel rebase)",
				since),
		NULL);
	return TRUE;
}

/* ---- opening ---- */

static gboolean
open_in_transaction(gateway *g, GError **error)
{
	if (!store_begin(g->store, error))
		return FALSE;
	if (gate_recover(g, error) && gate_open_rebase(g, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	gate_forget_batch(g);
	return FALSE;
}

gboolean
rebase_open(gateway *g, GError **error)
{
	g_autoptr(GError) away = NULL;

	if (!rebase_may(g, error) || !open_in_transaction(g, error) ||
	    !store_begin(g->store, error))
		return FALSE;
	if (gate_tell_rebase(g, &away))
		return store_commit(g->store, error);
	store_rollback(g->store); /* the next pass tells */
	return TRUE;
}
