#include "gateway/private.h"

#include <unistd.h>

#include "base/mail_url.h"
#include "handshake/message.h"
#include "handshake/proof.h"
#include "spool/take.h"

#define WRONG_PROOFS_MAX 5

/* ---- the master and s1 ---- */

typedef struct {
	const envelope_name *name;
	const char *tmp;
	char *hash; /* of the plain zip */
	char *to;   /* which of our keys it is for */
	guint64 size;
	message_s1 s1;
} joiner;

static void
joiner_clear(joiner *j)
{
	g_free(j->hash);
	g_free(j->to);
	message_s1_clear(&j->s1);
}

static offer *
stored_offer(gateway *g, GError **error)
{
	g_autofree char *text = store_get(g->store, "offer");
	g_autoptr(json_ref) doc = text == NULL ? NULL : json_read(text, strlen(text), error);

	if (text == NULL)
		fail_set(error, REASON_OFFER_USED, "its offer has been used");
	return doc == NULL ? NULL : offer_from_json(doc, error);
}

/* Is FPR our key, or that of the handshake file that is out? */
static gboolean
is_ours(gateway *g, const char *fpr)
{
	g_autoptr(offer) o = stored_offer(g, NULL);

	return g_strcmp0(fpr, g->me) == 0 || (o != NULL && g_strcmp0(fpr, o->master) == 0);
}

/* Reads s1 without judging who signed it: its key is inside.  FALSE also when it is no s1 at all.
 */
static gboolean
read_s1(gateway *g, joiner *j, GError **error)
{
	g_autofree char *plain = NULL;
	int fd = gate_open_plain(g, j->tmp, PGP_ENCRYPT, NULL, &plain, error);

	if (fd < 0)
		return FALSE;
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(g->conf, "limit.envelope"), error);
	gboolean ok = FALSE;
	if (e != NULL) {
		const manifest *m = envelope_manifest(e);

		if (m->kind != KIND_HANDSHAKE || !g_str_equal(m->link, g->id) || !is_ours(g, m->to))
			fail_set(error, REASON_NOT_PAIRED,
				 "it is no answer to this link's handshake file");
		else if ((ok = message_s1_read(m->body, &j->s1, error)) &&
			 !g_str_equal(j->s1.fpr, m->from)) {
			fail_set(error, REASON_MANIFEST, "the key in it is not its sender's");
			ok = FALSE;
		}
		j->to = g_strdup(m->to);
	}
	ok = ok && (j->hash = fsio_sha(fd, &j->size, error)) != NULL;
	g_clear_pointer(&e, envelope_close);
	close(fd);
	fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
	return ok;
}

/* A copy of a wrong proof counts once; the fifth different one closes the offer. */
static gboolean
count_wrong(gateway *g, const char *hash, pair_event *ret, GError **error)
{
	g_autofree char *text = store_get(g->store, "wrong_proofs");
	g_autoptr(json_ref) seen =
		text == NULL ? json_array() : json_read(text, strlen(text), error);
	size_t i;
	json_t *one;

	if (seen == NULL)
		return FALSE;
	*ret = GOT_WRONG;
	json_array_foreach (seen, i, one)
		if (g_strcmp0(json_string_value(one), hash) == 0)
			return TRUE;
	json_array_append_new(seen, json_string(hash));
	if (json_array_size(seen) >= WRONG_PROOFS_MAX)
		*ret = GOT_FIFTH;
	g_autofree char *now = json_text(seen);
	return store_put(g->store, "wrong_proofs", now, error);
}

/* With pairing.confirm a person says yes to this very key. */
static pair_event
may_pin(gateway *g, const joiner *j)
{
	g_autofree char *accepted = store_get(g->store, "accepted");

	if (g_strcmp0(accepted, j->s1.fpr) == 0)
		return ACCEPTED;
	return conf_bool(g->conf, "pairing.confirm") || g->state == PAIR_CONFIRM ? GOT_S1_ASK
										 : GOT_S1;
}

/* What this s1 is to the open offer.  *RET_WHY says why it is refused. */
static gboolean
judge_s1(gateway *g, const joiner *j, pair_event *ret, GError **ret_why, GError **error)
{
	g_autoptr(offer) o = NULL;

	*ret = GOT_LATE;
	if (g->state == PAIR_CLOSED) {
		fail_set(ret_why, REASON_OFFER_CLOSED,
			 "the offer was closed after too many wrong proofs");
		return TRUE;
	}
	if ((o = stored_offer(g, NULL)) == NULL) {
		fail_set(ret_why, REASON_OFFER_USED,
			 "the handshake file has been used by another key");
		return TRUE;
	}
	if (!g_str_equal(o->id, j->s1.offer)) {
		fail_set(ret_why, REASON_OFFER_UNKNOWN,
			 "it answers an older handshake file of this link");
		return TRUE;
	}
	if (clock_now() > o->expires) {
		g_autofree char *when = clock_stamp(o->expires);
		fail_set(ret_why, REASON_OFFER_EXPIRED, "the handshake file expired %s", when);
		return TRUE;
	}
	const proof_parts parts = {o->master, j->s1.fpr, j->s1.ns, j->s1.address};
	g_autofree char *pass = store_get(g->store, "passphrase_key");
	g_autofree char *proof = proof_make(o, &parts, pass, error);
	if (proof == NULL)
		return FALSE;
	*ret = GOT_S1;
	if (proof_equal(proof, j->s1.proof)) {
		*ret = may_pin(g, j);
		return TRUE;
	}
	fail_set(ret_why, REASON_PROOF, "its proof is wrong: another file, or a wrong passphrase");
	return count_wrong(g, j->hash, ret, error);
}

/* Takes the key in, as *RET_FPR (caller frees), and verifies the signature by it. */
static gboolean
verify_s1(gateway *g, const joiner *j, char **ret_fpr, GError **error)
{
	g_autofree char *plain = NULL;
	const char *fpr = *ret_fpr = pgp_import(g->pgp, j->s1.key, strlen(j->s1.key), error);

	if (fpr == NULL)
		return FALSE;
	const char *const signers[] = {fpr, NULL};
	if (!g_str_equal(fpr, j->s1.fpr)) {
		fail_set(error, REASON_ADDRESSEE, "the key in it is not the key it names");
		return FALSE;
	}
	int fd = gate_open_plain(g, j->tmp, PGP_ENCRYPT, signers, &plain, error);
	if (fd < 0)
		return FALSE;
	close(fd);
	return fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, error);
}

static gboolean
seal_m1(gateway *g, const joiner *j, GError **error)
{
	g_autoptr(manifest) m = gate_manifest(g, KIND_PING, g->n.last + 1);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const message_m1 m1 = {.ns = j->s1.ns,
			       .nm = g->n.epoch,
			       .s1_hash = j->hash,
			       .master = g->me,
			       .slave = g->partner,
			       .again = g->rebase->again};

	m->body = message_m1_to_json(&m1);
	gate_fill_ack(g, m, TRUE);
	return gate_seal(g, m, none, none, 0, error);
}

/* Where the partner receives, if that is an address at all. */
static gboolean
keep_address(gateway *g, const char *address, GError **error)
{
	if (address == NULL || !mail_address_valid(address))
		return TRUE;
	return store_put(g->store, "partner_address", address, error) &&
	       gate_find_address(g, error);
}

/* The keys of the new pair: who has joined, and that of the file, which is ours from now on. */
static gboolean
take_keys(gateway *g, const joiner *j, GError **error)
{
	g_autoptr(offer) o = stored_offer(g, error);

	if (o == NULL || (g->partner != NULL && !gate_leave_again(g, error)))
		return FALSE;
	return gate_keys_again(g, TRUE, o->master, error) &&
	       gate_keys_again(g, FALSE, j->s1.fpr, error);
}

/* Pinning the key, burning K, drawing Nm and sealing m1 are one transaction: that of the take. */
static gboolean
pin(gateway *g, const joiner *j, GError **error)
{
	g_autofree char *file = name_format(j->name);
	const store_incoming row = {.number = 1,
				    .kind = (char *)kind_name(KIND_HANDSHAKE),
				    .hash = j->hash,
				    .file = file,
				    .signer = j->s1.fpr,
				    .size = j->size,
				    .taken = clock_now()};

	if (!take_keys(g, j, error))
		return FALSE;
	g_free(g->n.epoch);
	g->n.epoch = rand_id();
	g_free(g->n.with);
	g->n.with = g_strdup(j->s1.ns);
	g->n.stored = g->n.done = 1;
	g_free(g->n.done_hash);
	g->n.done_hash = g_strdup(j->hash);
	g->n.last_in = clock_now();
	gate_note(g, "pinned", NULL, "s1", "key %s of site %s", j->s1.fpr, j->s1.site);
	return store_put(g->store, "partner_site", j->s1.site, error) &&
	       store_put(g->store, "partner_site_id", j->s1.site_id, error) &&
	       keep_address(g, j->s1.address, error) && store_put(g->store, "offer", NULL, error) &&
	       store_put(g->store, "passphrase_key", NULL, error) &&
	       store_add_incoming(g->store, &row, error) &&
	       spool_place(g->spool, j->tmp, SPOOL_ARCHIVE, file, error) && seal_m1(g, j, error);
}

/*
 * What of a stranger had to be taken into the key ring goes again.  He may have sent a key of this
 * link: the ring keeps what is ours (pgp_forget()), and the partner's stays.
 */
static void
put_out(gateway *g, const char *fpr)
{
	g_auto(GStrv) partners = gate_signers(g, FALSE);

	if (!g_strv_contains((const char *const *)partners, fpr))
		pgp_forget(g->pgp, fpr, NULL);
}

/* One signed answer to who was refused, at most one per backoff. */
static gboolean
answer_refused(gateway *g, const joiner *j, const GError *why, GError **error)
{
	g_autofree char *key = g_strdup_printf("refused.%s", j->s1.fpr);
	g_autoptr(manifest) m = gate_manifest(g, KIND_REFUSED, 0);
	g_autoptr(GError) trouble = NULL;
	const message_refused body = {
		.s1_hash = j->hash, .reason = why->code, .text = why->message};

	/* Who has joined by this very s1 is answered by m1; a damaged copy must not part the two.
	 */
	if (g_strcmp0(j->s1.fpr, g->partner) == 0 && g_strcmp0(j->s1.ns, g->n.with) == 0)
		return TRUE;
	if ((gint64)store_get_u64(g->store, key) > clock_now())
		return TRUE;
	g_autofree char *fpr = pgp_import(g->pgp, j->s1.key, strlen(j->s1.key), &trouble);
	if (fpr == NULL)
		return TRUE; /* a key that can't be encrypted to gets no answer */
	if (!g_str_equal(fpr, j->s1.fpr)) {
		put_out(g, fpr);
		return TRUE;
	}
	g_free(m->to);
	m->to = g_strdup(fpr);
	g_free(m->with);
	m->with = g_strdup(j->s1.ns);
	/* Nobody has been paired yet: this answer is of no epoch, but every manifest names one. */
	if (m->epoch == NULL)
		m->epoch = rand_id();
	/* By the key that the joiner knows. */
	g_free(m->from);
	m->from = g_strdup(j->to);
	m->body = message_refused_to_json(&body);
	gboolean ok = gate_send_loose(g, m, 'x', (guint64)clock_now(), NULL, error);
	put_out(g, fpr);
	return ok &&
	       store_put_u64(g->store, key,
			     (guint64)(clock_now() + conf_int(g->conf, "sync.resend")), error);
}

static gboolean
refuse(gateway *g, const joiner *j, const GError *why, GError **error)
{
	gate_note(g, "alert", NULL, "s1", "site %s tried to join with key %s and was refused: %s",
		  j->s1.site, j->s1.fpr, why->message);
	return gate_quarantine(g, j->tmp, j->name, why, error) && answer_refused(g, j, why, error);
}

/* s1 stays in the channel until the operator has said yes: every pass asks again. */
static gboolean
ask(gateway *g, const joiner *j, take_verdict *ret, GError **error)
{
	*ret = TAKE_LEAVE;
	g_autofree char *asked = store_get(g->store, "asked");
	if (g_strcmp0(asked, j->s1.fpr) == 0)
		return TRUE;
	gate_note(g, "alert", NULL, "s1",
		  "site %s with key %s wants to join; handsel link accept %s", j->s1.site,
		  j->s1.fpr, g->name);
	return store_put(g->store, "asked", j->s1.fpr, error) &&
	       store_put(g->store, "asked_site", j->s1.site, error);
}

/* Is it the file that is wrong, and not this side's trouble of the moment? */
static gboolean
is_refusal(const GError *why)
{
	return fail_class(why) == FAIL_REJECT || fail_class(why) == FAIL_TRUST;
}

static gboolean
decide(gateway *g, const joiner *j, take_verdict *ret, GError **error)
{
	g_autoptr(GError) why = NULL;
	pair_event event;

	if (!judge_s1(g, j, &event, &why, error))
		return FALSE;
	*ret = TAKE_DONE;
	pair_step step = pairing_step(g->state, event);
	if (step.legal && (step.actions & DO_PIN)) {
		g_autofree char *taken = NULL;

		if (verify_s1(g, j, &taken, &why))
			return pin(g, j, error) && gate_set_state(g, step.next, error);
		if (taken != NULL)
			put_out(g, taken);
		if (is_refusal(why))
			return gate_quarantine(g, j->tmp, j->name, why, error);
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	if (step.legal && !gate_set_state(g, step.next, error))
		return FALSE;
	/* Of a link that has a partner the offer is closed, and not the link. */
	if (event == GOT_FIFTH && g->partner != NULL && !store_put(g->store, "offer", NULL, error))
		return FALSE;
	if (step.legal && (step.actions & DO_ASK))
		return ask(g, j, ret, error);
	if (step.legal && step.actions == DO_NOTHING) {
		*ret = TAKE_LEAVE;
		return TRUE;
	}
	return refuse(g, j, why, error);
}

gboolean
gate_take_s1(gateway *g, const envelope_name *name, const char *tmp, take_verdict *ret,
	     GError **error)
{
	joiner j = {.name = name, .tmp = tmp};
	g_autoptr(GError) why = NULL;
	gboolean ok;

	if (read_s1(g, &j, &why)) {
		ok = decide(g, &j, ret, error);
	} else if ((g->state == PAIR_OFFERED || g->state == PAIR_CONFIRM) &&
		   (fail_is(why, REASON_CANNOT_DECRYPT) || fail_is(why, REASON_NOT_PAIRED))) {
		ok = TRUE; /* it may be meant for another link */
	} else if (is_refusal(why)) {
		*ret = TAKE_DONE;
		ok = gate_quarantine(g, tmp, name, why, error);
	} else {
		g_propagate_error(error, g_steal_pointer(&why));
		ok = FALSE;
	}
	joiner_clear(&j);
	return ok;
}

/* ---- the slave and m1 ---- */

/* What it answers: our number 1, unless the link has begun anew since. */
static store_outgoing *
first_of_ours(gateway *g, GError **error)
{
	g_autoptr(GError) inner = NULL;
	store_outgoing *row = store_find_outgoing(g->store, 1, &inner);

	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else if (row == NULL)
		fail_set(error, REASON_OTHER_PAIR, "it is of an earlier pairing");
	return row;
}

gboolean
gate_take_m1(gateway *g, const manifest *m, const char *hash, GError **error)
{
	g_auto(message_m1) m1 = {0};
	g_autoptr(store_outgoing) s1 = first_of_ours(g, error);
	pair_step step = pairing_step(g->state, GOT_M1);

	if (s1 == NULL || !message_m1_read(m->body, &m1, error))
		return FALSE;
	if (g_strcmp0(m->with, g->n.epoch) != 0 || !g_str_equal(m1.ns, g->n.epoch) ||
	    !g_str_equal(m1.s1_hash, s1->hash) || !g_str_equal(m1.slave, g->me) ||
	    !g_str_equal(m1.master, g->partner) || g_strcmp0(m->epoch, m1.nm) != 0) {
		fail_set(error, REASON_OTHER_PAIR, "it answers another attempt to join");
		return FALSE;
	}
	if (!step.legal)
		return TRUE;
	g_free(g->n.with);
	g->n.with = g_strdup(m1.nm);
	gate_note(g, "paired", NULL, "m1", "the master pinned this site's key");
	/* R, which begins anew, answers it then. */
	if (m1.again && !g->rebase->again) {
		rebase_again(g->rebase, NULL, NULL);
		if (!gate_save_rebase(g, error))
			return FALSE;
	}
	return store_put(g->store, "m1", m1.again ? NULL : hash, error) &&
	       gate_set_state(g, step.next, error);
}

gboolean
gate_take_refused(gateway *g, const manifest *m, GError **error)
{
	g_auto(message_refused) r = {0};
	g_autoptr(store_outgoing) s1 = first_of_ours(g, error);
	pair_step step = pairing_step(g->state, GOT_REFUSED);

	if (s1 == NULL || !message_refused_read(m->body, &r, error))
		return FALSE;
	if (!g_str_equal(r.s1_hash, s1->hash) || !step.legal)
		return TRUE; /* of an earlier attempt */
	gate_note(g, "alert", NULL, NULL, "the master refused: %d %s", r.reason, r.text);
	return store_put(g->store, "refused", r.text, error) && gate_set_state(g, step.next, error);
}

/* ---- work on a ping that has been taken ---- */

static gboolean
seal_s2(gateway *g, GError **error)
{
	g_autoptr(manifest) m = gate_manifest(g, KIND_PING, g->n.last + 1);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *m1 = store_get(g->store, "m1");
	const message_s2 s2 = {.nm = g->n.with, .m1_hash = m1};

	m->body = message_s2_to_json(&s2);
	gate_fill_ack(g, m, TRUE);
	return gate_seal(g, m, none, none, 0, error) && store_put(g->store, "m1", NULL, error);
}

gboolean
gate_work_ping(gateway *g, const manifest *m, GError **error)
{
	g_auto(message_s2) s2 = {0};

	if (!g->master) {
		g_autofree char *due = store_get(g->store, "m1");
		return due == NULL || seal_s2(g, error);
	}
	pair_step step = pairing_step(g->state, GOT_S2);
	g_autoptr(store_outgoing) m1 = first_of_ours(g, error);
	if (m1 == NULL || !message_s2_read(m->body, &s2, error))
		return FALSE;
	if (!g_str_equal(s2.nm, g->n.epoch) || !g_str_equal(s2.m1_hash, m1->hash)) {
		fail_set(error, REASON_OTHER_PAIR, "it answers another ping");
		return FALSE;
	}
	gate_note(g, "paired", NULL, NULL, "the partner answered the ping");
	return !step.legal || gate_set_state(g, step.next, error);
}
