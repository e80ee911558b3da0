#include "gateway/rekey.h"

#include <string.h>

#include "base/mutant.h"
#include "gateway/look.h"
#include "gateway/private.h"

#define WORDS_SHOWN 6

/* ---- the keys of each side ---- */

static const char *
row_of(gboolean mine)
{
	return mine ? "keys_me" : "keys_partner";
}

keys *
gate_keys(gateway *g, gboolean mine)
{
	const char *now = mine ? g->me : g->partner;
	g_autofree char *text = store_get(g->store, row_of(mine));
	g_autoptr(json_ref) doc = text == NULL ? NULL : json_read(text, strlen(text), NULL);
	g_autoptr(keys) all = doc == NULL ? NULL : keys_from_json(doc);

	/* What is told of an earlier pairing says nothing about the key of this one. */
	if (all != NULL && keys_find(all, now) != NULL)
		return g_steal_pointer(&all);
	return keys_new(now != NULL ? now : "");
}

static gboolean
save(gateway *g, gboolean mine, const keys *all, GError **error)
{
	g_autoptr(json_ref) doc = keys_to_json(all);
	g_autofree char *text = json_text(doc);

	return store_put(g->store, row_of(mine), text, error);
}

/* FPR is what this link names as the key of that side from now on; the words are new with it. */
static gboolean
put_current(gateway *g, gboolean mine, const char *fpr, GError **error)
{
	char **place = mine ? &g->me : &g->partner;

	if (!store_put(g->store, mine ? "me" : "partner", fpr, error) ||
	    !store_put(g->store, "verified", NULL, error))
		return FALSE;
	g_free(*place);
	*place = g_strdup(fpr);
	return TRUE;
}

gboolean
gate_keys_again(gateway *g, gboolean mine, const char *fpr, GError **error)
{
	g_autoptr(keys) before = gate_keys(g, mine);
	g_autoptr(keys) all = keys_again(before, fpr);
	const char *now = mine ? g->me : g->partner;

	return save(g, mine, all, error) &&
	       (g_strcmp0(fpr, now) == 0 || put_current(g, mine, fpr, error));
}

char **
gate_signers(gateway *g, gboolean mine)
{
	g_autoptr(keys) all = gate_keys(g, mine);
	g_autofree const char **fprs = keys_fprs(all);
	g_autoptr(GStrvBuilder) signers = g_strv_builder_new();
	g_auto(GStrv) former = mine ? NULL : gate_former(g);

	/* Of a partner who has not joined there is none. */
	g_strv_builder_addv(signers, *fprs[0] != '\0' ? fprs : fprs + 1);
	/* What they sign is told apart, and not taken. */
	if (former != NULL)
		g_strv_builder_addv(signers, (const char **)former);
	return g_strv_builder_end(signers);
}

/* ---- what arrives ---- */

gboolean
gate_check_keys(gateway *g, const manifest *m, const char *signer, GError **error)
{
	g_autoptr(keys) mine = gate_keys(g, TRUE), theirs = gate_keys(g, FALSE);
	guint64 at = m->has_ack && m->ack.has_at ? m->ack.at : 0;
	const link_key *now = keys_current(theirs);

	if (g_strcmp0(m->from, signer) != 0 || keys_find(theirs, signer) == NULL ||
	    (keys_find(mine, m->to) == NULL && !mutant("recipient"))) {
		fail_set(error, REASON_ADDRESSEE, "it is from or to another key than this link's");
		return FALSE;
	}
	gboolean retired = !g_str_equal(signer, now->fpr) && keys_find(theirs, signer)->from != 0;
	/* An ack of before, but newer than one of the key of now: its `at` is not true. */
	/* Of another pair: how its numbers and keys went is not known. */
	if (m->kind == KIND_REBASE && !retired)
		return TRUE;
	gboolean lies = retired && m->number == 0 && m->has_ack && m->ack.serial > g->n.heard;
	if (!lies && m->kind != KIND_REBASE &&
	    (m->kind == KIND_REFUSED || keys_good(theirs, signer, m->number, at, m->key_from)))
		return TRUE;
	fail_set(error, REASON_UNKNOWN_SIGNER,
		 "it is signed by key %s, which is not good for it: since number %" G_GUINT64_FORMAT
		 " the partner signs with %s",
		 signer, now->from, now->fpr);
	return FALSE;
}

gboolean
gate_rekey_seen(gateway *g, const manifest *m, GError **error)
{
	g_autoptr(keys) theirs = gate_keys(g, FALSE);
	const link_key *next = keys_pending(theirs);

	if (next == NULL || !g_str_equal(next->fpr, m->from))
		return TRUE;
	g_autofree char *id = gateway_their_id(g, m->key_from);
	gate_note(g, "rekeyed", NULL, NULL, "the partner signs with %s from %s on", m->from, id);
	return keys_begin(theirs, m->key_from) && save(g, FALSE, theirs, error);
}

/* The key in M is in the key ring; is it the one that M names, and a new one? */
static gboolean
import_key(gateway *g, const manifest *m, keys *theirs, char **ret_fpr, GError **error)
{
	const char *key = json_str(m->body, "key"), *named = json_str(m->body, "fingerprint");
	g_autoptr(keys) mine = gate_keys(g, TRUE);

	if (key == NULL || named == NULL || strlen(key) > PGP_KEY_MAX) {
		fail_set(error, REASON_MANIFEST, "it announces no key");
		return FALSE;
	}
	g_autofree char *fpr = pgp_import(g->pgp, key, strlen(key), error);
	if (fpr == NULL)
		return FALSE;
	if (!g_str_equal(fpr, named) || keys_find(mine, fpr) != NULL ||
	    !keys_announce(theirs, fpr, m->number, clock_now())) {
		fail_set(error, REASON_MANIFEST, "it announces no new key");
		return FALSE;
	}
	*ret_fpr = g_steal_pointer(&fpr);
	return TRUE;
}

gboolean
gate_take_rekey(gateway *g, const manifest *m, GError **error)
{
	g_autoptr(keys) theirs = gate_keys(g, FALSE);
	g_autoptr(GError) why = NULL;
	g_autofree char *fpr = NULL, *id = gateway_their_id(g, m->number);

	if (!import_key(g, m, theirs, &fpr, &why)) {
		/* The partner would go over to a key that is not known here. */
		g_autofree char *text = g_strdup_printf("%s announces a key that can't be used: %s",
							id, why->message);
		if (fail_class(why) == FAIL_REJECT && !gate_stop(g, text, error))
			return FALSE;
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	g_autofree char *words = pgp_fpr_words(fpr, WORDS_SHOWN);
	gate_note(g, "rekey", NULL, id, "the partner's new key is %s (%s)", fpr, words);
	return save(g, FALSE, theirs, error) && put_current(g, FALSE, fpr, error);
}

/* ---- our own ---- */

gboolean
gate_rekey_done(gateway *g, GError **error)
{
	g_autoptr(keys) mine = gate_keys(g, TRUE);
	const link_key *next = keys_pending(mine);

	if (next == NULL || g->n.p_done < next->announced)
		return TRUE;
	g_autofree char *id = gateway_my_id(g, g->n.last + 1);
	gate_note(g, "rekeyed", NULL, NULL, "we sign with %s from %s on", next->fpr, id);
	return keys_begin(mine, g->n.last + 1) && save(g, TRUE, mine, error) &&
	       put_current(g, TRUE, next->fpr, error);
}

gboolean
link_may_rekey(gateway *g, GError **error)
{
	g_autofree char *closing = store_get(g->store, "closing");
	g_autofree char *bye = store_get(g->store, "bye");
	g_autoptr(keys) mine = gate_keys(g, TRUE);
	const link_key *next = keys_pending(mine);

	if (g->n.with == NULL || g->state != PAIR_RUNNING)
		fail_set(error, FAIL_CONFIG, "link %s is not paired; it has its first key still",
			 g->name);
	else if (g->stopped != NULL)
		fail_set(error, FAIL_CONFIG, "link %s has stopped: %s", g->name, g->stopped);
	else if (closing != NULL || bye != NULL)
		fail_set(error, FAIL_CONFIG, "link %s is closed; it needs no new key", g->name);
	else if (next != NULL) {
		g_autofree char *id = gateway_my_id(g, next->announced);

		fail_set(error, FAIL_CONFIG,
			 "link %s: the new key announced with %s is not taken over yet; one after "
			 "the other",
			 g->name, id);
	} else
		return TRUE;
	return FALSE;
}

/* Seals the announcement of FPR; inside a transaction. */
static gboolean
announce(gateway *g, const char *fpr, GError **error)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(keys) mine = gate_keys(g, TRUE);
	g_autofree char *key = pgp_export(g->pgp, fpr, error);

	/* What was captured goes first: an ack in the announcement speaks of all before it. */
	if (key == NULL || !gate_seal_lines(g, error))
		return FALSE;
	g_autoptr(manifest) m = gate_manifest(g, KIND_REKEY, g->n.last + 1);
	m->body = json_object();
	json_put(m->body, "key", key);
	json_put(m->body, "fingerprint", fpr);
	gate_fill_ack(g, m, TRUE);
	g_autofree char *id = gateway_my_id(g, m->number), *words = pgp_fpr_words(fpr, WORDS_SHOWN);
	gate_note(g, "rekey", NULL, id, "our new key is %s (%s)", fpr, words);
	return keys_announce(mine, fpr, m->number, clock_now()) && save(g, TRUE, mine, error) &&
	       gate_seal(g, m, none, none, 0, error) && gate_save_numbers(g, error);
}

gboolean
link_rekey(gateway *g, char **ret_fpr, GError **error)
{
	if (!link_may_rekey(g, error))
		return FALSE;
	/* A crash before the commit leaves a key that is used for nothing. */
	g_autofree char *fpr = pgp_make_key(g->pgp, site_name(g->site), error);
	if (fpr == NULL || !store_begin(g->store, error))
		return FALSE;
	if (!announce(g, fpr, error) || !store_commit(g->store, error)) {
		store_rollback(g->store);
		return FALSE;
	}
	*ret_fpr = g_steal_pointer(&fpr);
	return TRUE;
}

/* ---- told to people ---- */

void
rekey_since(gateway *g, gint64 *ret_mine, gint64 *ret_theirs)
{
	g_autoptr(keys) mine = gate_keys(g, TRUE), theirs = gate_keys(g, FALSE);

	*ret_mine = keys_current(mine)->since;
	*ret_theirs = keys_newest(theirs)->since;
}

/* KEY: a stamp of SINCE, which is that of the first envelope where the pairing made the key. */
static void
put_since(gateway *g, json_t *link, const char *key, gint64 since)
{
	g_autoptr(store_outgoing) first =
		since == 0 ? store_find_outgoing(g->store, 1, NULL) : NULL;

	if (first != NULL)
		since = first->made;
	if (since == 0)
		return;
	g_autofree char *stamp = clock_stamp(since);
	json_put(link, key, stamp);
}

void
rekey_put(gateway *g, json_t *link)
{
	g_autoptr(keys) mine = gate_keys(g, TRUE);
	const link_key *next = keys_pending(mine);
	gint64 ours, theirs;

	rekey_since(g, &ours, &theirs);
	put_since(g, link, "key_since", ours);
	if (g->partner != NULL)
		put_since(g, link, "partner_key_since", theirs);
	if (next == NULL)
		return;
	g_autofree char *words = pgp_fpr_words(next->fpr, WORDS_SHOWN);
	json_put(link, "next_fingerprint", next->fpr);
	json_put(link, "next_words", words);
}

void
rekey_judge(gateway *g, json_t *problems, json_t *hints)
{
	g_autoptr(keys) mine = gate_keys(g, TRUE), theirs = gate_keys(g, FALSE);
	const link_key *next = keys_pending(mine);
	g_autofree char *verified = store_get(g->store, "verified");

	if (next != NULL) {
		g_autofree char *id = gateway_my_id(g, next->announced);

		look_tell(hints, "rekey",
			  g_strdup_printf("our new key is announced with %s and waits for the "
					  "partner to take it over",
					  id),
			  NULL);
	}
	if (verified != NULL || next != NULL || keys_count(mine) + keys_count(theirs) == 2)
		return;
	gboolean ours = keys_newest(mine)->since > keys_newest(theirs)->since;
	g_autofree char *words = pgp_fpr_words(ours ? g->me : g->partner, WORDS_SHOWN);
	look_tell(problems, "rekey",
		  g_strdup_printf("%s has a new key, whose words are %s; compare the link's words",
				  ours ? "our side" : "the partner", words),
		  look_command(g, "link show %s", g->name));
}
