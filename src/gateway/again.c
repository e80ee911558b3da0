#include <string.h>

#include "gateway/join.h"
#include "gateway/private.h"
#include "handshake/proof.h"

/*
 * A partner who lost key or site gets a new handshake file for the same link.  The master goes on
 * with the old pair until somebody has joined by the file.  From then on the keys are new, the
 * items stay, and as soon as the new pair is proven both sides begin anew from what they have,
 * which inviting and joining has said yes to.
 */

#define FORMER "former_keys" /* of the partner; blanks between them */

/* ---- keys of before ---- */

char **
gate_former(gateway *g)
{
	g_autofree char *text = store_get(g->store, FORMER);

	return g_strsplit(text != NULL ? text : "", " ", -1);
}

gboolean
gate_is_former(gateway *g, const char *fpr)
{
	g_auto(GStrv) all = gate_former(g);
	g_autoptr(keys) theirs = gate_keys(g, FALSE);

	/* Who joins by one file a second time has left a pair of this very key. */
	return fpr != NULL && g_strv_contains((const char *const *)all, fpr) &&
	       keys_find(theirs, fpr) == NULL;
}

static gboolean
keep_former(gateway *g, GError **error)
{
	g_autofree char *text = store_get(g->store, FORMER);
	g_autoptr(keys) theirs = gate_keys(g, FALSE);
	g_autofree const char **fprs = keys_fprs(theirs);
	g_autofree char *more = g_strjoinv(" ", (char **)fprs);
	g_autofree char *all = text == NULL ? g_strdup(more) : g_strdup_printf("%s %s", text, more);

	return store_put(g->store, FORMER, all, error);
}

/* ---- the old pair and the new ---- */

gboolean
gate_invites(gateway *g)
{
	g_autofree char *offer = g->master ? store_get(g->store, "offer") : NULL;

	return offer != NULL;
}

gboolean
gate_leave_again(gateway *g, GError **error)
{
	g_autofree char *mine = g_strdup(g->n.epoch), *with = g_strdup(g->n.with);

	if (!keep_former(g, error) || !gate_leave_pair(g, error))
		return FALSE;
	rebase_again(g->rebase, mine, with);
	gate_note(g, "rebase", NULL, NULL, "paired anew; then both sides begin anew");
	return gate_save_rebase(g, error);
}

/* The slave is the first: that it names the master's epoch proves that it could read the ping. */
gboolean
gate_begin_again(gateway *g, GError **error)
{
	const rebase *r = g->rebase;

	if (!r->again || r->open || g->n.with == NULL || (g->master && r->asked == NULL))
		return TRUE;
	g->asked = FALSE;
	return gate_recover(g, error) && gate_open_rebase(g, error);
}

/* ---- the slave joins again ---- */

gboolean
link_rejoins(site *s, const offer *o, char **ret_name, GError **error)
{
	g_autoptr(GPtrArray) names = site_links(s, error);

	*ret_name = NULL;
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autoptr(gateway) g = gateway_open(s, names->pdata[i], GATE_LOOK, NULL, NULL);

		if (g == NULL || g->master || !g_str_equal(g->id, o->link))
			continue;
		g_autofree char *used = store_get(g->store, "offer_used");
		gboolean paired = g->n.with != NULL || g->rebase->open;
		if (g->rebase->again || (paired && g_strcmp0(used, o->id) != 0)) {
			g_free(*ret_name);
			*ret_name = g_strdup(g->name);
		}
	}
	return names != NULL;
}

static gboolean
check_same(gateway *g, const char *path, const offer *o, GError **error)
{
	g_autoptr(contract) c = contract_from_json(o->contract, error);
	g_autofree char *closing = store_get(g->store, "closing");

	if (c == NULL)
		return FALSE;
	if (!g_str_equal(contract_hash(c), contract_hash(g->contract)))
		fail_set(error, FAIL_CONFIG,
			 "%s: its contract is not that of link %s; remove the link, then join",
			 path, g->name);
	else if (g_strcmp0(o->protect, conf_text(g->conf, "protect")) != 0)
		fail_set(error, FAIL_CONFIG,
			 "%s: its envelopes are protected in another way than those of link %s; "
			 "handsel link set %s protect=%s, then join",
			 path, g->name, g->name, o->protect);
	else if (closing != NULL)
		fail_set(error, FAIL_CONFIG, "%s: link %s is closed; remove it, then join", path,
			 g->name);
	else
		return TRUE;
	return FALSE;
}

/* Everything in one transaction: either the old pair, or the answer to the file. */
static gboolean
take_over(gateway *g, const offer *o, const char *me, const char *passphrase, GError **error)
{
	return gate_recover(g, error) && gate_leave_again(g, error) &&
	       gate_keys_again(g, TRUE, me, error) && gate_keys_again(g, FALSE, o->master, error) &&
	       join_keep_offer(g->store, o, passphrase, error) &&
	       gate_set_state(g, PAIR_JOINING, error) && join_seal_s1(g, error);
}

gboolean
link_rejoin(site *s, const char *name, const char *path, const char *passphrase, GError **error)
{
	g_autoptr(gateway) g = gateway_open(s, name, GATE_WORK, NULL, error);
	g_autoptr(offer) o = g == NULL ? NULL : join_read_offer(path, g->pgp, error);
	g_autofree char *uid = g_strdup_printf("handsel %s %s", site_name(s), name);

	if (o == NULL ||
	    !join_check_offer(s, path, o, conf_bool(g->conf, "link.same_site"), error) ||
	    !check_same(g, path, o, error))
		return FALSE;
	g_autofree char *me = pgp_make_key(g->pgp, uid, error);
	if (me == NULL || !store_begin(g->store, error))
		return FALSE;
	if (!take_over(g, o, me, passphrase, error) || !store_commit(g->store, error)) {
		store_rollback(g->store);
		return FALSE;
	}
	return join_offer_s1(g, error);
}
