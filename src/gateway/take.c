#include <unistd.h>

#include "base/mutant.h"
#include "gateway/group.h"
#include "gateway/private.h"
#include "spool/parts.h"
#include "spool/take.h"

#define TAKE_BATCH 1000  /* files per transaction */
#define AHEAD      10000 /* numbers further ahead stay in the channel */

/* ---- does a manifest fit this link? ---- */

static gboolean
check_place(gateway *g, const manifest *m, const envelope_name *name, const char *signer,
	    GError **error)
{
	/* m1 brings the epoch it is to be checked against; `refused` may come before there is any,
	 * and R tells of its own.
	 */
	gboolean pairing = m->kind == KIND_REFUSED || m->kind == KIND_REBASE ||
			   (m->kind == KIND_PING && g->n.with == NULL);

	if (!g_str_equal(m->link, g->id) || m->role != name->role)
		fail_set(error, REASON_OTHER_LINK, "it is an envelope of another link");
	else if ((pairing || g->n.with != NULL) && gate_is_former(g, signer))
		fail_set(error, REASON_OTHER_PAIR, "it is signed by a key of an earlier pairing");
	else if (!pairing && g->n.with == NULL)
		fail_set(error, REASON_NOT_PAIRED, "it came before pairing is done");
	else if (!pairing &&
		 (g_strcmp0(m->epoch, g->n.with) != 0 || g_strcmp0(m->with, g->n.epoch) != 0))
		return gate_stray(g, m, error);
	else if (m->number != (name->series == 0 ? name->number : 0))
		fail_set(error, REASON_MANIFEST, "its number is not the one in its name");
	else if (m->encrypted != (gate_protection(g) == PGP_ENCRYPT) && m->kind != KIND_REFUSED)
		fail_set(error, REASON_PROTECTION, "it is not protected as this link has it");
	else if (m->contract != NULL && !g_str_equal(m->contract, contract_hash(g->contract)))
		fail_set(error, REASON_KIND, "it speaks of another contract");
	else
		return gate_check_keys(g, m, signer, error);
	return FALSE;
}

/* The link goes no further than M, whose number contradicts what is known. */
static void
stop_at(gateway *g, const manifest *m, int reason, const char *what, GError **error)
{
	g_autofree char *id = gateway_their_id(g, m->number);
	g_autofree char *why = g_strdup_printf("%s %s: one state is an old copy", id, what);

	gate_stop(g, why, NULL);
	fail_set(error, reason, "%s", why);
}

/* Do the numbers around it agree?  A disagreement stops the link: one state is an old copy, or
 * somebody forges. */
static gboolean
check_neighbours(gateway *g, const manifest *m, const char *hash, GError **error)
{
	g_autoptr(store_incoming) before =
		m->number > 1 ? store_find_incoming(g->store, m->number - 1, NULL) : NULL;
	g_autoptr(store_incoming) behind = store_find_incoming(g->store, m->number + 1, NULL);
	const char *expected = before != NULL ? before->hash : NULL;

	if ((expected == NULL || g_strcmp0(m->prev, expected) == 0) &&
	    (behind == NULL || g_strcmp0(behind->prev, hash) == 0))
		return TRUE;
	stop_at(g, m, REASON_PREV, "does not follow the envelope before it", error);
	return FALSE;
}

/*
 * Is NUMBER here already, ahead of a gap?  What a partner dropped has the hash of what it was
 * before, so that either may come first; anything else is a fork and stops the link.
 */
static gboolean
check_number(gateway *g, const manifest *m, const char *hash, gboolean *ret_copy, GError **error)
{
	g_autoptr(store_incoming) row =
		mutant("number-twice") ? NULL : store_find_incoming(g->store, m->number, NULL);

	*ret_copy = row != NULL && g_str_equal(row->hash, hash);
	if (row == NULL || *ret_copy)
		return TRUE;
	stop_at(g, m, REASON_FORK, "came twice, with different content", error);
	return FALSE;
}

/* ---- taking one ---- */

static gboolean
store_numbered(gateway *g, const char *tmp, const char *plain, const envelope_name *name,
	       const manifest *m, const char *hash, guint64 size, GError **error)
{
	envelope_name whole = *name;
	whole.part = whole.parts = 0;
	g_autofree char *file = name_format(&whole);
	g_autofree char *ready = g_strdup_printf("plain-%" G_GUINT64_FORMAT, m->number);
	g_autofree char *id = gateway_their_id(g, m->number);
	const store_incoming row = {
		.number = m->number,
		.kind = (char *)kind_name(m->kind),
		.hash = (char *)hash,
		.prev = m->prev,
		.file = file,
		.signer = m->from,
		.size = size,
		.taken = clock_now(),
	};

	if (!spool_place(g->spool, tmp, SPOOL_INBOX, file, error) ||
	    !store_add_incoming(g->store, &row, error))
		return FALSE;
	/* Kept for the work of this very pass; tmp is swept at the next start. */
	int dir = spool_fd(g->spool, SPOOL_TMP);
	if (!fsio_rename(dir, plain, dir, ready, FSIO_REPLACE, error))
		return FALSE;
	while (store_has_incoming(g->store, g->n.stored + 1) ||
	       (mutant("number-gap") && g->n.stored < m->number))
		g->n.stored++;
	g->n.ack_due = TRUE;
	g->n.last_in = clock_now();
	gate_note(g, "stored", NULL, id, "%s, %" G_GUINT64_FORMAT " bytes", kind_name(m->kind),
		  size);
	return TRUE;
}

/* The plain zip is open: everything that makes it ours, then its ack, then its keeping. */
static gboolean
judge_plain(gateway *g, const char *tmp, const char *plain, const char *signer, int fd,
	    const envelope_name *name, GError **error)
{
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(g->conf, "limit.envelope"), error);
	guint64 size = 0;
	gboolean copy;

	if (e == NULL)
		return FALSE;
	const manifest *m = envelope_manifest(e);
	g_autofree char *sha = fsio_sha(fd, &size, error);
	if (sha == NULL || !check_place(g, m, name, signer, error))
		return FALSE;
	const char *hash = m->kind == KIND_VOID ? m->for_hash : sha;
	if (m->kind == KIND_REFUSED)
		return gate_take_refused(g, m, error);
	if (m->kind == KIND_REBASE)
		return gate_take_rebase(g, e, signer, error);
	if (m->has_ack && !gate_check_ack(g, &m->ack, error))
		return FALSE;
	if (!gate_rebase_proven(g, error))
		return FALSE;
	if (m->number == 0)
		return !m->has_ack || (gate_rekey_seen(g, m, error) &&
				       store_put(g->store, "heard_file", name->hash, error) &&
				       gate_got_ack(g, &m->ack, error) && gate_settle(g, error));
	if (!check_number(g, m, hash, &copy, error) || copy)
		return copy;
	if (!check_neighbours(g, m, hash, error))
		return FALSE;
	if (m->kind == KIND_PING && g->n.with == NULL && !gate_take_m1(g, m, hash, error))
		return FALSE;
	return store_numbered(g, tmp, plain, name, m, hash, size, error) &&
	       gate_rekey_seen(g, m, error) && (!m->has_ack || gate_got_ack(g, &m->ack, error));
}

/* The plain text of TMP: OPENED, which may be NULL and is signed BY, or opened now; as
 * gate_open_signed(). */
static int
open_unless_open(gateway *g, const char *tmp, const envelope_name *name, const char *opened,
		 const char *by, char **ret_plain, char **ret_signer, GError **error)
{
	g_auto(GStrv) signers = gate_signers(g, FALSE);

	if (opened == NULL)
		return gate_open_signed(g, SPOOL_TMP, tmp,
					name->series == 'x' ? PGP_ENCRYPT : gate_protection(g),
					(const char *const *)signers, ret_plain, ret_signer, error);
	int fd = fsio_open_own(spool_fd(g->spool, SPOOL_TMP), opened, error);
	if (fd < 0)
		return -1;
	*ret_plain = g_strdup(opened);
	*ret_signer = g_strdup(by);
	return fd;
}

/* A whole file, its hash right, in TMP; OPENED: its plain text, signed BY, if it is open already.
 */
static gboolean
judge(gateway *g, const char *tmp, const char *opened, const char *by, const envelope_name *name,
      take_verdict *ret, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *plain = NULL, *signer = NULL;

	gboolean first = g->master && name->series == 0 && name->number == 1;
	if (first && (g->partner == NULL || g->n.with == NULL))
		return gate_take_s1(g, name, tmp, ret, error);
	if (g->partner == NULL)
		return TRUE; /* nobody has joined: what this is will be known later */
	int fd = open_unless_open(g, tmp, name, opened, by, &plain, &signer, &why);
	/* The first of the partner's, or somebody else who joins. */
	if (first && fd < 0 && fail_class(why) != FAIL_RETRY)
		return gate_take_s1(g, name, tmp, ret, error);
	gboolean ok = fd >= 0 && judge_plain(g, tmp, plain, signer, fd, name, &why);
	if (fd >= 0) {
		close(fd);
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
	}
	if (ok) {
		*ret = TAKE_DONE;
		return gate_came_whole(g, name, error);
	}
	/* Before pairing is done nothing is refused for good: it may be meant for later, or for
	 * another. */
	if (g->n.with == NULL &&
	    (fail_is(why, REASON_CANNOT_DECRYPT) || fail_is(why, REASON_NOT_PAIRED)))
		return TRUE;
	/* It will never count: the partner drops what waited when a pair ends, as this side does.
	 */
	if (fail_is(why, REASON_OTHER_PAIR)) {
		g_autofree char *id = name_id(name);

		gate_note(g, "dropped", NULL, id, "%s", why->message);
		*ret = TAKE_DONE;
		return TRUE;
	}
	if (fail_class(why) == FAIL_REJECT || fail_class(why) == FAIL_TRUST) {
		*ret = TAKE_DONE;
		return gate_quarantine(g, tmp, name, why, error);
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

/* Is NAME that of the envelope of ROW? */
static gboolean
is_file(gateway *g, const store_incoming *row, const envelope_name *name)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	envelope_name known;

	return name_find(row->file, link8, name->role, &known) &&
	       g_ascii_strcasecmp(known.hash, name->hash) == 0;
}

/* Copies are not opened; the partner is told once per backoff that it repeats itself. */
static gboolean
is_copy(gateway *g, const envelope_name *name, gboolean *ret, GError **error)
{
	*ret = FALSE;
	if (name->series == 'a') {
		g_autofree char *last = store_get(g->store, "heard_file");
		*ret = name->number < g->n.heard || (name->number == g->n.heard && last != NULL &&
						     g_ascii_strcasecmp(last, name->hash) == 0);
	}
	if (name->series != 0 || mutant("number-twice"))
		return TRUE;
	g_autoptr(store_incoming) row = store_find_incoming(g->store, name->number, NULL);
	if (name->number <= g->n.stored)
		*ret = TRUE;
	else
		*ret = row != NULL && is_file(g, row, name);
	/* Another first envelope is a second joiner, not a copy. */
	if (*ret && g->master && name->number == 1)
		*ret = row != NULL && is_file(g, row, name);
	gint64 again = (gint64)store_get_u64(g->store, "dup_next");
	if (!*ret || clock_now() < again)
		return TRUE;
	g->n.ack_due = TRUE;
	return store_put_u64(g->store, "dup_next",
			     (guint64)(clock_now() + conf_int(g->conf, "sync.resend")), error);
}

static gboolean
take_whole_or_part(gateway *g, const group_copy *c, GError **error)
{
	const envelope_name *name = &c->name;
	take_verdict *ret = c->verdict;
	g_autofree char *whole = NULL;
	g_autoptr(GError) why = NULL;
	gboolean fits;

	if (name->parts == 0)
		return judge(g, c->tmp, c->plain, c->signer, name, ret, error);
	/* Nothing of pairing comes in parts; what does waits in the channel until it is done. */
	if (g->n.with == NULL && name->series != 'r')
		return TRUE;
	if (!gate_part_fits(g, name, c->size, &fits, error))
		return FALSE;
	if (!fits)
		return TRUE;
	*ret = TAKE_DONE;
	if (!parts_add(g->spool, name, c->tmp, &whole, &why)) {
		if (!fail_is(why, REASON_PARTS)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return FALSE;
		}
		g_autofree char *id = name_id(name);
		gate_note(g, "quarantined", NULL, id, "%s", why->message);
		return TRUE;
	}
	if (!gate_came_whole(g, name, error))
		return FALSE;
	if (whole == NULL)
		return TRUE;
	envelope_name all = *name;
	all.part = all.parts = 0;
	gboolean ok = judge(g, whole, NULL, NULL, &all, ret, error);
	fsio_remove(spool_fd(g->spool, SPOOL_TMP), whole, NULL);
	return ok && parts_drop(g->spool, &all, error);
}

/* May NAME be the answer to a handshake file?  It ends what the link waits for otherwise. */
static gboolean
waits_for_joiner(gateway *g, const envelope_name *name)
{
	return name->series == 0 && name->number == 1 && gate_invites(g);
}

/* May a file of NAME be taken now?  If not, *RET is what becomes of it. */
static gboolean
may_take(gateway *g, const envelope_name *name, gboolean *ret_may, take_verdict *ret,
	 GError **error)
{
	gboolean copy;

	*ret_may = FALSE;
	*ret = TAKE_LEAVE;
	/* A link that stopped, or begins anew, hears of nothing else. */
	if (((g->stopped != NULL || g->rebase->open) && name->series != 'r' &&
	     !waits_for_joiner(g, name)) ||
	    g->quarantine_full || (name->series == 0 && name->number > g->n.stored + AHEAD))
		return TRUE;
	if (!is_copy(g, name, &copy, error))
		return FALSE;
	*ret = copy ? TAKE_DONE : TAKE_LEAVE;
	*ret_may = !copy;
	return TRUE;
}

/* In its turn: the one before it may have made it a copy, or stopped the link. */
static gboolean
judge_copy(gateway *g, const group_copy *c, GError **error)
{
	g_autoptr(GError) why = NULL;
	gboolean may;

	if (!may_take(g, &c->name, &may, c->verdict, error))
		return FALSE;
	if (!may)
		return TRUE;
	if (c->complete)
		return take_whole_or_part(g, c, error);
	if (!c->settled) {
		g->unfinished++;
		return TRUE;
	}
	fail_set(&why, REASON_INCOMPLETE,
		 "its bytes are not those its name promises: cut short or damaged");
	*c->verdict = TAKE_DONE;
	return gate_quarantine(g, c->tmp, &c->name, why, error);
}

static gboolean
judge_group(gateway *g, group *all, GError **error)
{
	GPtrArray *copies = group_copies(all);
	gboolean ok = TRUE;

	group_open(all, gate_protection(g));
	for (guint i = 0; ok && i < copies->len; i++)
		ok = judge_copy(g, copies->pdata[i], error);
	group_clear(all);
	return ok;
}

typedef struct {
	gateway *g;
	group *waiting;
} taking;

static gboolean
take_file(const char *file, const envelope_name *name, int fd, gboolean settled, take_verdict *ret,
	  gpointer data, GError **error)
{
	taking *t = data;
	gateway *g = t->g;
	group_copy c = {.name = *name, .settled = settled, .verdict = ret};
	g_autoptr(GError) why = NULL;
	g_autofree char *sha = NULL;
	struct stat st;
	gboolean may;

	*ret = TAKE_LEAVE;
	if (!gate_go_on(g))
		return TRUE;
	if (!may_take(g, name, &may, ret, error))
		return FALSE;
	if (!may)
		return TRUE;
	if (!take_copy(g->spool, name, fd, (guint64)conf_int(g->conf, "limit.envelope"), &c.tmp,
		       &sha, &c.complete, &why)) {
		if (!fail_is(why, REASON_TOO_LARGE)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return FALSE;
		}
		gate_note(g, "left", NULL, NULL, "%s: %s", file, why->message);
		return TRUE;
	}
	if (fstatat(spool_fd(g->spool, SPOOL_TMP), c.tmp, &st, AT_SYMLINK_NOFOLLOW) == 0)
		c.size = (guint64)st.st_size;
	*ret = TAKE_LATER;
	group_add(t->waiting, c);
	return !group_full(t->waiting) || judge_group(g, t->waiting, error);
}

/* One group commit: files durable, numbers committed, only then removed from the channel. */
static gboolean
take_some(gateway *g, guint *ret_done, GError **error)
{
	g_autoptr(group) waiting = group_new(g);
	taking t = {g, waiting};

	if (!store_begin(g->store, error))
		return FALSE;
	if (!g->channel_ops->receive(g->channel, TAKE_BATCH, take_file, &t, ret_done, error) ||
	    !judge_group(g, waiting, error) || !spool_flush(g->spool, error) ||
	    !gate_save_numbers(g, error) || !store_commit(g->store, error)) {
		store_rollback(g->store);
		return FALSE;
	}
	return g->channel_ops->taken(g->channel, error);
}

gboolean
gate_take(gateway *g, GError **error)
{
	guint done;
	gboolean paired;

	g->parts_bytes = G_MAXUINT64;
	/* What waited for the pairing is taken as soon as it is done. */
	do {
		paired = g->n.with != NULL;
		if (!gate_measure_quarantine(g, error) || !take_some(g, &done, error))
			return FALSE;
	} while (!g->halted && (done >= TAKE_BATCH || paired != (g->n.with != NULL)));
	return TRUE;
}

gboolean
gate_take_one(gateway *g, const char *file, const envelope_name *name, int fd, take_verdict *ret,
	      GError **error)
{
	g_autoptr(group) waiting = group_new(g);
	taking t = {g, waiting};

	g->parts_bytes = G_MAXUINT64;
	if (!store_begin(g->store, error))
		return FALSE;
	if (take_file(file, name, fd, TRUE, ret, &t, error) && judge_group(g, waiting, error) &&
	    spool_flush(g->spool, error) && gate_save_numbers(g, error) &&
	    store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}
