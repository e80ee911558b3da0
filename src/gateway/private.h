/* private - what the files of gateway share */
#pragma once
#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "gateway/gateway.h"
#include "handshake/keys.h"
#include "handshake/offer.h"
#include "handshake/rebase.h"
#include "spool/envelope.h"
#include "sync/sync.h"

struct gateway {
	site *site;
	char *name, *dir;
	gate_mode mode;
	GHashTable *only; /* uids: nothing else is captured; NULL: all is */
	gboolean resident;
	gate_step *step;
	gpointer step_data;
	gboolean halted;  /* the step said so: this pass ends */
	gboolean cramped; /* there is no room to seal */
	guint unfinished; /* files of this pass that are still growing, or cut short */
	int lock;
	conf *conf;
	store *store;
	spool *spool;
	pgp *pgp;
	const channel_ops *channel_ops;
	channel *channel;
	const adapter_ops *tracker_ops;
	adapter *tracker;
	contract *contract;
	store_numbers n;
	rebase *rebase; /* as stored */
	gboolean asked; /* in this pass the partner has asked to begin anew */
	gboolean master;
	char *id;           /* link id */
	char *me, *partner; /* fingerprints */
	char *stopped;
	guint64 bad_files, bad_bytes; /* in quarantine, as far as this pass knows */
	gboolean quarantine_full;     /* nothing more may be taken */
	guint64 parts_bytes;          /* at most, as far as this pass knows; G_MAXUINT64: unknown */
	pair_state state;
	GPtrArray *others;         /* of the site's other links, for items.c; NULL until needed */
	GPtrArray *batch;          /* json_t *: intents that wait for the tracker */
	GHashTable *batched;       /* uid -> sync_item (NULL: as stored) of those in BATCH */
	char *working;             /* id of the envelope being worked on, for notes */
	guint64 applied, captured; /* in this pass */
	GPtrArray *losses;     /* store_braked: what the look that is under way may not capture */
	gboolean brake_looked; /* gate_brake_crossed() has looked at all in this pass */
	GPtrArray *dry; /* of a dry run: where captured lines go; the tracker is not written */
	char *now;      /* stamp of this pass */
};

/* gateway.c */
/* What the store says, after a rollback too: what had been changed in memory is forgotten. */
gboolean gate_load_state(gateway *, GError **error);
gboolean gate_save_numbers(gateway *, GError **error);
gboolean gate_set_state(gateway *, pair_state, GError **error);
gboolean gate_stop(gateway *, const char *why, GError **error);
void gate_note(gateway *, const char *what, const char *uid, const char *envelope,
	       const char *format, ...) G_GNUC_PRINTF(5, 6);
/* The address that pairing has told is the partner's, unless a setting says otherwise. */
gboolean gate_find_address(gateway *, GError **error);
/* Between two steps of a pass: shall it go on?  What has been done by now is kept. */
gboolean gate_go_on(gateway *);
sync_ctx gate_ctx(gateway *);

/* items.c: sync_item in and out of the store */
sync_item *gate_load(gateway *, const char *uid, GError **error); /* a new one (gen 0) if unknown */
gboolean gate_save(gateway *, sync_item *, const item *view, sync_out *, GError **error);
gboolean gate_view(gateway *, sync_item *, item **ret, GError **error);
/* Does or did the site have UID through another link, or in the tracker but not by this one? */
gboolean gate_elsewhere(gateway *, const char *uid);
gboolean gate_in_scope(gateway *, const item *view);

/* apply.c: intents */
/* INTENT was made from VIEW, NULL if the tracker shows nothing. */
gboolean gate_add_intent(gateway *, sync_item *, const item *view, json_t *intent, GError **error);
gboolean gate_flush(gateway *, GError **error);
/* After a rollback: nothing waits for the tracker any more. */
void gate_forget_batch(gateway *);
gboolean gate_recover(gateway *, GError **error);
/* Merges one record into the item, which is taken over; what is to be written joins the batch. */
gboolean gate_merge(gateway *, sync_item *taken, json_t *record, gboolean from_inq, GError **error);
/* 0, or the reason for which the merge of RECORD into the item has to wait for something outside
 * it.
 */
int gate_block(gateway *, const sync_item *, const json_t *record);
/* "state=done, 2 comments", for notes; caller frees. */
char *gate_record_text(const json_t *record);
/* A record of the partner went on hold. */
void gate_note_held(gateway *, const sync_item *);

/* capture.c */
/* May another change of the item be on its way (sync.window)? */
gboolean gate_room(const gateway *, const sync_item *);
gboolean gate_sweep(gateway *, GError **error);
gboolean gate_release(gateway *, GError **error);
/* Merges what UID holds as far as it can be merged now; flushes. */
gboolean gate_release_one(gateway *, const char *uid, GError **error);
gboolean gate_references(gateway *, GError **error);

/* Notes what the tracker changed since the last time, so that it is captured. */
gboolean gate_collect(gateway *, GError **error);

/* brake.c: many deletions at once wait for a yes */
/*
 * Would a capture of IT, which the tracker shows as NOW, take something away from the partner to
 * which nobody has said yes?  Then it is not captured but among the losses of this look.
 */
gboolean gate_loses(gateway *, const sync_item *it, const item *now);
/*
 * Ends a look: the losses wait if they are too many.  Otherwise they are what comes back, to be
 * captured: array of uids, caller frees.  WHOLE: all that is dirty was looked at.
 */
GPtrArray *gate_brake(gateway *, gboolean whole, GError **error);
/* Has a record for IT to wait, because what the tracker emptied has to?  *RET tells. */
gboolean gate_brake_crossed(gateway *, const sync_item *it, const item *now, gboolean *ret,
			    GError **error);

/* sync.brake as sync_brake_limit() wants it. */
gint64 gate_brake_most(gateway *);
/* Does item UID wait?  Then *ERROR says so. */
gboolean gate_braked(gateway *, const char *uid, GError **error);

/* content.c: bytes of files that are agreed on and not here */
/* Asks the partner for what IT was refused for the lack of. */
gboolean gate_ask_content(gateway *, const sync_item *it, GError **error);
/* An operator tries REG again: what it lacks may be asked for once more. */
gboolean gate_ask_again(gateway *, const sync_item *it, const char *reg, GError **error);
/* The partner's lines `want` and `missing`. */
gboolean gate_take_want(gateway *, const json_t *line, GError **error);
gboolean gate_take_missing(gateway *, const json_t *line, GError **error);
/* Forgets what was asked and answered long ago. */
gboolean gate_forget_content(gateway *, GError **error);
/* Shows the files of UID whose bytes are here by now. */
gboolean gate_show_content(gateway *, const char *uid, GError **error);

/* moved.c: the channel of each side */
/* Tells the partner, when it is not what was told last. */
gboolean gate_tell_channel(gateway *, GError **error);
/* The partner's line `channel`. */
gboolean gate_take_channel(gateway *, const json_t *line, GError **error);

/* seal.c */
manifest *gate_manifest(gateway *, envelope_kind, guint64 number);
/* Builds, seals and places number last + 1 in the outbox, and moves the numbers on; inside a
 * transaction; not offered. */
gboolean gate_seal(gateway *, manifest *, GPtrArray *lines, GPtrArray *files, guint64 changes,
		   GError **error);
/* The same with what takes the place of ROW under its number: the new file lies in the outbox
 * beside the old one, ROW speaks of the new one and is to be offered. */
gboolean gate_seal_again(gateway *, manifest *, GPtrArray *lines, store_outgoing *row,
			 GError **error);
gboolean gate_seal_lines(gateway *, GError **error);
gboolean gate_seal_ack(gateway *, GError **error);
/* Builds and seals an un-numbered envelope to whom the manifest names, straight into the channel;
 * *RET_FILE (caller frees) may be NULL. */
gboolean gate_send_loose(gateway *, manifest *, char series, guint64 counter, char **ret_file,
			 GError **error);
/* The same with lines. */
gboolean gate_send_lines(gateway *, manifest *, char series, guint64 counter, GPtrArray *lines,
			 char **ret_file, GError **error);

/* offer.c */
gboolean gate_offer(gateway *, GError **error);
/* Sends the SIZE bytes of FD as NAME, in parts if the channel wants it. */
gboolean gate_carry(gateway *, const envelope_name *, int fd, guint64 size, GError **error);
gboolean gate_got_ack(gateway *, const manifest_ack *, GError **error);
gboolean gate_settle(gateway *, GError **error);
gboolean gate_check_ack(gateway *, const manifest_ack *, GError **error);
void gate_fill_ack(gateway *, manifest *, gboolean last);

/* take.c */
gboolean gate_take(gateway *, GError **error);
/* The same with one file, FILE to people, that does not lie in the channel; commits.  *RET: what
 * the channel would have been told. */
gboolean gate_take_one(gateway *, const char *file, const envelope_name *, int fd,
		       take_verdict *ret, GError **error);

/* rekey.c: one side's keys, read anew each time: a transaction may be taken back */
keys *gate_keys(gateway *, gboolean mine);
/* The link goes on with FPR as that side's only key. */
gboolean gate_keys_again(gateway *, gboolean mine, const char *fpr, GError **error);
/* All of them, the current one first or not; NULL-ended, caller frees with g_strfreev(). */
char **gate_signers(gateway *, gboolean mine);
/*
 * Is the partner's M, signed by SIGNER, by a key good for its number and to one of ours?  If it is
 * taken, gate_rekey_seen() learns from it where a pending key begins.
 */
gboolean gate_check_keys(gateway *, const manifest *, const char *signer, GError **error);
gboolean gate_rekey_seen(gateway *, const manifest *, GError **error);
/* The partner's announcement. */
gboolean gate_take_rekey(gateway *, const manifest *, GError **error);
/* Once ours is taken over, the next number is signed with the new key. */
gboolean gate_rekey_done(gateway *, GError **error);

/* rebase_take.c: R of the partner, whose key is SIGNER's */
gboolean gate_take_rebase(gateway *, envelope *, const char *signer, GError **error);
/* An envelope of the partner that is of another pair: it is not taken, and *ERROR says so. */
gboolean gate_stray(gateway *, const manifest *, GError **error);
/* The partner has asked: if nothing differs, this side begins anew, else it stops and waits for the
 * operator.  Leaves the transaction open. */
gboolean gate_answer_rebase(gateway *, GError **error);
/* Something numbered or acknowledged has come from this pair: R has done its work. */
gboolean gate_rebase_proven(gateway *, GError **error);

/* rebase_open.c: this side begins anew; in a transaction, with no intent open */
gboolean gate_open_rebase(gateway *, GError **error);
gboolean gate_save_rebase(gateway *, GError **error);
/* In the state from the moment a pair is left until its files are gone. */
#define GATE_LEFT "left_pair"
/* What was numbered in the pair that there is counts no more, and a fresh epoch is drawn. */
gboolean gate_leave_pair(gateway *, GError **error);
/* Sends R if it is due. */
gboolean gate_tell_rebase(gateway *, GError **error);
/* Is the link stopped, or open?  Then nothing may be done to its items, and *ERROR says so. */
gboolean gate_may_operate(gateway *, GError **error);

/* again.c: a link that has a partner is paired by a new handshake file */
/* Leaves the pair for the new one; in a transaction, with no intent open.  What the keys of either
 * side sign from now on is set by gate_keys_again(). */
gboolean gate_leave_again(gateway *, GError **error);
/* Keys of the partner's before the link was paired anew; NULL-ended, caller frees. */
char **gate_former(gateway *);
/* Is FPR one of them? */
gboolean gate_is_former(gateway *, const char *fpr);
/* Is there something to be done before envelopes are taken: a fresh handshake file is out? */
gboolean gate_invites(gateway *);
/* The new pair is proven: this side begins anew, if it is its turn.  Leaves the transaction open.
 */
gboolean gate_begin_again(gateway *, GError **error);

/* rebase_items.c: what each side has */
typedef struct {
	guint64 same, differing, here, there;
} rebase_count;
/* An item; MINE or THEIRS is NULL where that side has none. */
typedef gboolean gate_each_pair(gateway *, const char *uid, const store_summary *mine,
				const store_summary *theirs, gpointer data, GError **error);
/* Freezes all items, as the tracker shows them now; what they are is this side's summary. */
gboolean gate_freeze(gateway *, GError **error);
/* Compares what this side has now, unfrozen, with the partner's summary; EACH may be NULL. */
gboolean gate_compare(gateway *, rebase_count *ret, gate_each_pair *each, gpointer data,
		      GError **error);
/* Pairs the frozen items with the partner's summary. */
gboolean gate_pair_items(gateway *, rebase_count *ret, GError **error);

/* refused.c */
/* Moves tmp file TMP into quarantine, with a note; that may fill it. */
gboolean gate_quarantine(gateway *, const char *tmp, const envelope_name *, const GError *why,
			 GError **error);
/* NAME is durable here: a torn copy of it in quarantine is of no use any more. */
gboolean gate_came_whole(gateway *, const envelope_name *, GError **error);
/* Finds out whether it is full. */
gboolean gate_measure_quarantine(gateway *, GError **error);
/* *RET: may the part NAME of SIZE bytes be kept?  If not it stays in the channel, with a note. */
gboolean gate_part_fits(gateway *, const envelope_name *, guint64 size, gboolean *ret,
			GError **error);
/* "3 of 1000 files, 12 KiB of 1 GiB", of what quarantine_list() says; caller frees. */
char *gate_quarantine_room(gateway *, const GPtrArray *bad, gboolean *ret_full);

/* open.c */
/* How envelopes of this link are protected. */
pgp_protect gate_protection(gateway *);
/* How long the plain text of SEALED bytes may be. */
guint64 gate_plain_limit(gateway *, guint64 sealed);
/* Decrypts and verifies tmp file TMP (SIGNERS NULL: who signed is not judged); a descriptor of the
 * plain zip at 0 and its tmp name, which the caller removes; or -1. */
int gate_open_plain(gateway *, const char *tmp, pgp_protect, const char *const *signers,
		    char **ret_plain, GError **error);
/* The same with a file of any directory of the spool. */
int gate_open_file(gateway *, spool_dir, const char *file, pgp_protect, const char *const *signers,
		   char **ret_plain, GError **error);
/* The same, and *RET_SIGNER (caller frees) is who signed; NULL where that was not judged. */
int gate_open_signed(gateway *, spool_dir, const char *file, pgp_protect,
		     const char *const *signers, char **ret_plain, char **ret_signer,
		     GError **error);

/* envelopes_resend.c: the numbers that TEXT means: "m17" or "m17-m20" of this side; class USAGE, or
 * CONFIG if there are none yet. */
gboolean gate_own_span(gateway *, const char *text, guint64 *ret_first, guint64 *ret_last,
		       GError **error);
/* envelopes_void.c: takes back what a dropped number was before, as far as the channel is there. */
gboolean gate_tidy_voided(gateway *, GError **error);

/* envelopes.c: did the operator refuse the partner's NUMBER?  Why, or NULL; caller frees. */
char *gate_unwanted(gateway *, guint64 number);
gboolean gate_forget_unwanted(gateway *, guint64 number, GError **error);

/* behind.c: stops the link if what lies in SEND is of this pair and this state does not know it. Of
 * mails, and of what is sent in parts, nothing is known. */
gboolean gate_look_behind(gateway *, GError **error);

/* pass.c: is what has changed here to be sent? */
gboolean gate_may_capture(gateway *);

/* work.c: what has been taken, in order */
gboolean gate_work(gateway *, GError **error);
/* Does LINE, of an envelope, change no item?  Then it is said even where its envelope is dropped.
 */
gboolean gate_is_control(const json_t *line);
/* A whole envelope of ours, NUMBER, was not taken over: its items start again. */
gboolean gate_repair_envelope(gateway *, guint64 number, GError **error);

/* report_overdue.c */
/*
 * Adds to PROBLEMS what has not come about in the time that the link's settings give it; OUT are
 * the envelopes that are not done.  *RET_NEXT: in so many seconds more may be overdue, G_MAXINT64
 * for never.
 */
gboolean report_overdue(gateway *, const GPtrArray *out, json_t *problems, gint64 *ret_next,
			GError **error);

/* pairing.c */
gboolean gate_take_s1(gateway *, const envelope_name *, const char *tmp, take_verdict *,
		      GError **error);
gboolean gate_take_m1(gateway *, const manifest *, const char *hash, GError **error);
gboolean gate_take_refused(gateway *, const manifest *, GError **error);
gboolean gate_work_ping(gateway *, const manifest *, GError **error);
