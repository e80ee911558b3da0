/*
 * store - the state database of one link: everything the protocol must remember
 *
 * All calls of a pass happen inside transactions of the caller (store_begin, store_commit); a call
 * outside one is its own.  Documents are JSON whose shape their owners define; the store keeps
 * beside them only what it must find them by.  A store opened to look has the same calls; writing
 * through it fails.
 */
#pragma once
#include "base/json.h"

typedef struct store store;

/* Opens state.db in LINK_DIR; MAKE for a new link. */
store *store_open(const char *link_dir, gboolean make, GError **error);
store *store_open_readonly(const char *link_dir, GError **error);
/* Makes the file TO (0600) a durable copy of the database at FROM, a link's or any other of this
 * site, as it is at one moment, though others write to it meanwhile. */
gboolean store_copy(const char *from, const char *to, GError **error);
/* Reads the whole database. *RET_TROUBLE (caller frees) is the first thing found wrong, or NULL. */
gboolean store_check(store *, char **ret_trouble, GError **error);
void store_close(store *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)
gboolean store_begin(store *, GError **error);
gboolean store_commit(store *, GError **error);
/* FALSE if a read without an error of its own failed: to be asked before a file is removed because
 * of what is not there. */
gboolean store_heard(store *, GError **error);
/* A read elsewhere failed with WHY (takes it), and who asked was not told: nothing that is done by
 * it is committed. */
void store_doubt(store *, GError *why);
void store_rollback(store *);

/* Single values by name.  store_get: caller frees; NULL where there is none (or no way to read it).
 */
char *store_get(store *, const char *key);
gboolean store_put(store *, const char *key, const char *value, GError **error);
guint64 store_get_u64(store *, const char *key);
gboolean store_put_u64(store *, const char *key, guint64 value, GError **error);

/* Takes away the values of keys that begin with PREFIX and are numbers below BEFORE. */
gboolean store_expire(store *, const char *prefix, gint64 before, GError **error);

/* ---- numbers.c: what has been sealed and taken ---- */

typedef struct {
	guint64 last;     /* my last sealed number */
	guint64 serial;   /* of my last ack */
	guint64 heard;    /* highest serial of the partner */
	guint64 p_stored; /* of mine, durable there */
	guint64 p_done;   /* of mine, taken over there */
	guint64 settled; /* of mine: acked done, and the partner's numbers up to that ack's `at` are
			    processed */
	guint64 stored;  /* of the partner's, without a hole */
	guint64 done;    /* of the partner's, taken over */
	gboolean ack_due;
	gint64 ack_at;            /* when the last ack was made */
	gint64 last_in, last_out; /* when something numbered was taken or sealed; 0 never */
	char *last_hash;          /* plain hash of my number LAST; NULL for none */
	char *done_hash;          /* plain hash of the partner's number DONE */
	char *epoch, *with;       /* mine and the partner's; WITH NULL before pairing */
} store_numbers;
gboolean store_load_numbers(store *, store_numbers *ret, GError **error);
gboolean store_save_numbers(store *, const store_numbers *, GError **error);
void store_numbers_clear(store_numbers *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(store_numbers, store_numbers_clear)

typedef enum { OUT_SEALED, OUT_CARRIED, OUT_STORED, OUT_DONE } out_state;
const char *out_state_name(out_state);
typedef struct {
	guint64 number;
	char *kind, *hash, *file; /* HASH of the plain zip; FILE its name in the outbox */
	guint64 size, changes;
	gint64 made, carried, next; /* NEXT: when to offer again; 0: not by time */
	guint tries;
	out_state state;
} store_outgoing;
gboolean store_add_outgoing(store *, const store_outgoing *, GError **error);
gboolean store_save_outgoing(store *, const store_outgoing *, GError **error);
/* Rows of number FIRST or more, in order, STATE or less; caller frees. */
GPtrArray *store_outgoings(store *, guint64 first, out_state most, GError **error);
store_outgoing *store_find_outgoing(store *, guint64 number,
				    GError **error); /* NULL without error: none */
void store_outgoing_free(store_outgoing *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_outgoing, store_outgoing_free)
/* Bytes and count of numbers of kind changes that are above SETTLED. */
gboolean store_unsettled(store *, guint64 settled, guint64 *ret_count, guint64 *ret_bytes,
			 GError **error);
/* Which records a number holds, to settle them. */
gboolean store_add_sent(store *, guint64 number, const char *uid, guint64 gen, guint64 own,
			GError **error);
/* Calls EACH for the highest record of every item in numbers <= UPTO and forgets them. */
typedef gboolean store_each_sent(const char *uid, guint64 gen, guint64 own, gpointer data,
				 GError **error);
gboolean store_take_sent(store *, guint64 upto, store_each_sent *, gpointer data, GError **error);
/* uids of the items whose records NUMBER holds or held; caller frees. */
GPtrArray *store_sent_uids(store *, guint64 number, GError **error);

typedef struct {
	guint64 number;
	char *kind, *hash, *prev, *file, *signer;
	guint64 size, changes, line; /* LINE: how many lines are taken over */
	gint64 taken;
} store_incoming;
gboolean store_add_incoming(store *, const store_incoming *, GError **error);
gboolean store_set_line(store *, guint64 number, guint64 line, GError **error);
store_incoming *store_find_incoming(store *, guint64 number,
				    GError **error); /* NULL without error: none */
gboolean store_has_incoming(store *, guint64 number);
GPtrArray *store_incomings(store *, guint64 first, GError **error); /* number >= FIRST, in order */
void store_incoming_free(store_incoming *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_incoming, store_incoming_free)

/*
 * Forgets what is told of envelopes that are done, mine up to SETTLED and the partner's up to DONE,
 * but for the last KEEP and the first of each side, which belongs to the pairing.  Their numbers
 * stay used.
 */
gboolean store_trim_numbers(store *, guint64 settled, guint64 done, guint64 keep, GError **error);

/* Acks of the partner whose `at` I have not processed yet. */
gboolean store_add_ack(store *, guint64 done, guint64 at, GError **error);
/* Takes those with at <= PROCESSED away; *RET_DONE is their highest done, 0 if none. */
gboolean store_take_acks(store *, guint64 processed, guint64 *ret_done, GError **error);

/* ---- items.c ---- */

typedef struct {
	char *uid, *id, *title, *partner_id;
	guint64 gen, own, seen, k;
	gboolean live, here, joined;
	guint held, listed; /* records in inq; listed registers */
	int why;            /* reason of the hold */
	json_t *doc;        /* sync_item_to_json */
} store_item;
store_item *store_load_item(store *, const char *uid,
			    GError **error); /* NULL without error: unknown */
gboolean store_save_item(store *, const store_item *, GError **error);
void store_item_free(store_item *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_item, store_item_free)
/* The uid of the item that people here call ID, a live one before others; caller frees; NULL
 * without error: none. */
char *store_find_uid(store *, const char *id, GError **error);
/* Cheap looks. */
gboolean store_item_shared(store *, const char *uid); /* live and here */
gboolean store_item_known(store *, const char *uid);  /* tombstones too */
/* Items with something held, listed (or in an open conflict), in order of uid; without docs if
 * !DOCS. */
GPtrArray *store_waiting_items(store *, gboolean docs, GError **error);
/* Every item, without doc, FROM (exclusive) on, LIMIT at most. */
GPtrArray *store_items(store *, const char *from, guint limit, GError **error);
gboolean store_count_items(store *, guint64 *ret_live, guint64 *ret_held, guint64 *ret_listed,
			   GError **error);

/* Items to capture: what the tracker reported and what could not be captured yet. */
gboolean store_add_dirty(store *, const char *uid, GError **error);
gboolean store_drop_dirty(store *, const char *uid, GError **error);
/* In the order added, after SEQ, LIMIT at most; array of uids; *RET_SEQ to go on from. */
GPtrArray *store_dirty(store *, guint64 seq, guint limit, guint64 *ret_seq, GError **error);
/* Items assigned to the link by hand. */
gboolean store_assign(store *, const char *uid, GError **error);
gboolean store_assigned(store *, const char *uid);
/* References whose other end is not shown on this link: TARGETS of item UID are added to what was
 * noted, or replace it. */
gboolean store_add_dangling(store *, const char *uid, GPtrArray *targets, GError **error);
gboolean store_set_dangling(store *, const char *uid, GPtrArray *targets, GError **error);
/* Items one of whose dangling targets is live and here now; caller frees. */
GPtrArray *store_dangling_due(store *, GError **error);

/* Open intents. */
gboolean store_add_intent(store *, const char *uid, const char *token, const json_t *doc,
			  GError **error);
gboolean store_drop_intent(store *, const char *uid, GError **error);
GPtrArray *store_intents(store *, GError **error); /* json_t * docs */
gboolean store_has_intent(store *, const char *uid);

/* ---- brake.c: deletions and emptied items that wait for a yes ---- */

typedef struct {
	char *uid, *what; /* WHAT of sync_loss() */
	gint64 at;
	gboolean released; /* the operator said yes to WHAT */
	char *id, *title;  /* what people here call it; may be NULL */
} store_braked;
void store_braked_free(store_braked *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_braked, store_braked_free)
/* Notes that UID waits; one that waited for the same WHAT already is left as it is. */
gboolean store_brake(store *, const char *uid, const char *what, GError **error);
gboolean store_unbrake(store *, const char *uid, GError **error);
/* Says yes to all that there are. */
gboolean store_release_braked(store *, GError **error);
/* The oldest items first: array of store_braked *; caller frees. */
GPtrArray *store_braked_items(store *, GError **error);
/* Is anything there at all?  Cheap. */
gboolean store_any_braked(store *);
/* How many wait for a yes. */
gboolean store_count_braked(store *, guint64 *ret, GError **error);
/* Does UID wait, and nobody said yes? */
gboolean store_is_braked(store *, const char *uid);
/* Did somebody say yes to this very WHAT? */
gboolean store_is_released(store *, const char *uid, const char *what);
/* How many items are live and shown here, counted up to MOST. */
gboolean store_count_shared(store *, guint64 most, guint64 *ret, GError **error);

/* ---- lines.c: records and answers not yet sealed ---- */

typedef enum { LINE_RECORD, LINE_ANSWER, LINE_FILE } line_type;
typedef struct {
	guint64 seq;
	line_type type;
	char *uid, *text;
	char *note; /* what it changes, in words; NULL for answers */
	guint64 gen, own, size;
} store_line;
gboolean store_add_line(store *, line_type, const char *uid, guint64 gen, guint64 own,
			const char *text, const char *note, GPtrArray *files, GError **error);
/* Drops the unsealed records of UID. */
gboolean store_drop_lines(store *, const char *uid, GError **error);
/* The first lines, at most COUNT of them and BYTES of text in all (but at least one); caller frees.
 */
GPtrArray *store_lines(store *, guint count, guint64 bytes, GError **error);
gboolean store_drop_lines_upto(store *, guint64 seq, GError **error);
gboolean store_count_lines(store *, guint64 *ret, GError **error);
/* Only the records of UID. */
gboolean store_count_records(store *, const char *uid, guint64 *ret, GError **error);
/* Files that lines before and at SEQ want sent: array of hashes, each once. */
GPtrArray *store_line_files(store *, guint64 seq, GError **error);
/* Files too big to go with their lines, to be sealed in envelopes of their own. */
gboolean store_add_big(store *, const char *sha256, GError **error);
char *store_next_big(store *); /* caller frees; NULL none */
gboolean store_drop_big(store *, const char *sha256, GError **error);

/* ---- journal.c: what people look at ---- */

/* WHAT is one word ("sealed", "applied" …); UID, ENVELOPE ("m17") may be NULL. Keeps the newest
 * KEEP rows. */
gboolean store_note(store *, const char *what, const char *uid, const char *envelope,
		    const char *text, GError **error);
gboolean store_trim_notes(store *, guint64 keep, GError **error);
typedef gboolean store_each_note(gint64 at, const char *what, const char *uid, const char *envelope,
				 const char *text, gpointer data);
/* Notes of UID (NULL: all) since SINCE, oldest first. */
gboolean store_notes(store *, const char *uid, gint64 since, store_each_note *, gpointer data,
		     GError **error);
/* Notes of ENVELOPE ("m17") itself, not of the items in it; oldest first. */
gboolean store_envelope_notes(store *, const char *envelope, store_each_note *, gpointer data,
			      GError **error);

/* ---- events.c: the same, to be read in portions ---- */

typedef struct {
	guint64 number; /* grows */
	gint64 at;
	char *what, *uid, *item, *envelope, *text; /* ITEM: what people here call UID, or NULL */
} store_event;
void store_event_free(store_event *);
/* Notes behind number AFTER, not before SINCE and before UNTIL, of UID (NULL: all), oldest first,
 * LIMIT at most: array of store_event *; caller frees. */
GPtrArray *store_events(store *, guint64 after, gint64 since, gint64 until, const char *uid,
			guint limit, GError **error);
/* The words in use, sorted; caller frees. */
GPtrArray *store_event_kinds(store *, GError **error);

typedef struct {
	guint64 id;
	char *uid, *reg;
	gint64 at;
	gboolean open;
	json_t *doc; /* sync_out.losses entry */
} store_conflict;
gboolean store_add_conflict(store *, const char *uid, const char *reg, gboolean open,
			    const json_t *doc, GError **error);
gboolean store_has_open_conflict(store *, const char *uid);
gboolean store_close_conflicts(store *, const char *uid, const char *reg, GError **error);
GPtrArray *store_conflicts(store *, const char *uid, GError **error); /* NULL: all; newest first */
store_conflict *store_find_conflict(store *, guint64 id, GError **error);
void store_conflict_free(store_conflict *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_conflict, store_conflict_free)
gboolean store_count_conflicts(store *, guint64 *ret_all, guint64 *ret_open, GError **error);

/* ---- summary.c: what each side had when it began anew ---- */

typedef struct {
	char *uid, *sum, *id; /* SUM of sync_sum(); ID: what people of that side call it, or NULL */
	guint64 gen;
} store_summary;
void store_summary_free(store_summary *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_summary, store_summary_free)
gboolean store_add_summary(store *, gboolean mine, const store_summary *, GError **error);
store_summary *store_find_summary(store *, gboolean mine, const char *uid,
				  GError **error); /* NULL without error: none */
/* In order of uid behind FROM (NULL: from the first), LIMIT at most: store_summary *; caller frees.
 */
GPtrArray *store_summaries(store *, gboolean mine, const char *from, guint limit, GError **error);
gboolean store_clear_summary(store *, gboolean mine, GError **error);
/*
 * Forgets all that was sealed, taken, and waits to be sealed: the numbers of a pair that is left.
 * Items, logs and single values stay, but for those that speak of its numbers.
 */
gboolean store_forget_pair(store *, GError **error);
