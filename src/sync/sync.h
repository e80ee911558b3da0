/*
 * sync - how one item on one link is captured, merged and kept equal
 *
 * Pure: no I/O, no clock, no database.  The caller hands in what the tracker shows and carries out
 * what comes back.  The rules are those of handsel-protocol(7); both sides run the same code on the
 * same inputs, told apart only by role.
 *
 * A row value is JSON: null (absent), {"v":…,"at":…} (for things v is the map of fields and at a
 * stamp or an object field -> stamp), {"c":[{"v","at"},{"v","at"}]} (an open conflict: the
 * master's and the slave's candidate), {"u":true} (an unshared thing), and for life
 * {"v":"live#I,J"|"gone"|"unshared"}.
 *
 * Records and answers are the JSON lines that travel (handsel-protocol(7), "A change record").
 * A full record (a new generation) has no "b" in its registers and says "full":true.
 */
#pragma once
#include "base/json.h"
#include "contract/contract.h"
#include "item/item.h"
#include "item/plan.h"

typedef struct {
	char *uid;
	char *kind;
	char *id;         /* what people here call it; told by the caller, kept for tables */
	char *title;      /* last known, for tables; may be NULL */
	char *partner_id; /* what people there call it, as last told ("id" of its records); may be
			     NULL */
	guint64 gen, own, seen, acked;
	guint64 trimto;   /* my records up to here are known to be taken over by the partner */
	guint64 pheld;    /* first of my records the partner holds; 0: none */
	gboolean here;    /* the tracker shows it, as far as this link knows */
	gboolean joined;  /* a record of the partner has been merged */
	gboolean adopted; /* made by a write whose answer was lost */
	json_t *rows;     /* register -> array of k + 1 row values */
	json_t *shadow;   /* register -> value the tracker showed last */
	json_t *listed; /* register -> {"how","reason":n,"text":…,"at":stamp}; how is "held" (the
			   tracker refused it), "differs" (knowingly), "as" (shown in its own way)
			   or "unsent" (what the tracker shows does not fit the contract) */
	json_t *back;   /* values refused back once: array of "register hash" */
	json_t *inq;    /* array of the partner's records taken over but not merged: the hold */
	int why;        /* reason of the hold, 0: none */
	char *why_text;
} sync_item;

sync_item *sync_item_new(const char *uid, const char *kind);
void sync_item_free(sync_item *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sync_item, sync_item_free)
/* For the store: everything but uid, and back again (class BUG when malformed). */
json_t *sync_item_to_json(const sync_item *);
sync_item *sync_item_from_json(const char *uid, const json_t *, GError **error);

/* own - acked */
guint64 sync_k(const sync_item *);
/* The agreed top of REG, borrowed; NULL for absent. */
json_t *sync_top(const sync_item *, const char *reg);
/* Is the item's life live? */
gboolean sync_alive(const sync_item *);
/* What the tracker should show of REG for our role, in contract form; a new reference, NULL for
 * nothing. */
typedef struct sync_ctx sync_ctx;
json_t *sync_shown(const sync_ctx *, const sync_item *, const char *reg);

struct sync_ctx {
	gboolean master; /* our role on the link */
	const contract *contract;
	const char *now; /* stamp given to edits whose time the tracker does not know */
	const char *by;  /* default author of records; may be NULL */
	/* This life of the link, part of tokens: what was written in an earlier one, under numbers
	 * that come again, was something else.  May be NULL. */
	const char *epoch;
	/* Is item UID live on this link and shown by our tracker? */
	gboolean (*shares)(const char *uid, gpointer data);
	/* A fresh read of item UID; NULL when it is not there.  Called rarely (refusals). Caller
	 * frees. */
	item *(*view)(const char *uid, gpointer data);
	gpointer data;
};

/* What a step brings; the caller adds it to the queue and the logs in the same transaction. */
typedef struct {
	GPtrArray *lines; /* json_t *: records and answers in the order made */
	/*
	 * json_t *, for the conflict log: {"reg","value","open":bool} and, where F decided,
	 * "winner","base","mine","theirs","policy","at" and of a thing its "field"; else "why":
	 * "deleted", "overruled", "refused", "resolved", "unsent" (the partner never saw it: it
	 * does not fit the contract, or is another link's) or what the partner said.  An
	 * open conflict is one entry: value is theirs, winner null.
	 */
	GPtrArray *losses;
	gboolean drop_lines; /* the item's records still unsealed belong to an older generation:
				drop them before adding lines */
} sync_out;
void sync_out_init(sync_out *);
void sync_out_clear(sync_out *);

/*
 * F(base, master's, slave's), pure and alike on both sides.  Arguments borrowed, NULL or null is
 * absent; a new reference (json_null() for absent).  Every losing value is appended to LOSSES
 * (may be NULL).
 */
json_t *sync_merge_value(const contract *, const char *kind, const char *reg, const json_t *base,
			 const json_t *master, const json_t *slave, GPtrArray *losses);

/*
 * Local edits become one record.  VIEW is a fresh read, NULL when the tracker does not show the
 * item. IN_SCOPE matters for items this link does not know yet (gen 0).  The caller makes sure no
 * intent of any link is open on the item, and for the sweep that k is below the window.
 */
void sync_capture(const sync_ctx *, sync_item *, const item *view, gboolean in_scope, sync_out *);

/*
 * What a capture of VIEW (NULL: the tracker does not show the item) would take away from the
 * partner beyond ordinary edits: SYNC_DELETED, or SYNC_EMPTIED ": due, state" when half or
 * more of the fields that were filled, at least two, are empty now, or more than half of the
 * comments, files and rows are gone; NULL for nothing.  Caller frees.
 */
#define SYNC_DELETED "deleted"
#define SYNC_EMPTIED "emptied"
char *sync_loss(const sync_item *, const item *view);
/*
 * How many of a link's ITEMS may be deleted or emptied in one pass without a yes: MOST; if that is
 * SYNC_BRAKE_AUTO, 5 %, but not fewer than 5 nor more than 20.  All of three or more never may.
 */
#define SYNC_BRAKE_AUTO (-1)
guint64 sync_brake_limit(gint64 most, guint64 items);

typedef enum {
	SYNC_MERGE, /* go on with sync_merge */
	SYNC_STALE, /* an older generation: consumed, nothing to do */
	SYNC_HELD   /* into inq; an answer is in OUT where due */
} sync_verdict;
/*
 * Step 1 for a record that just arrived.  ELSEWHERE: this site has or had the item through another
 * link. BLOCK: 0, or a reason known to the caller (content missing, unknown record ...) with
 * BLOCK_TEXT.
 */
sync_verdict sync_arrive(const sync_ctx *, sync_item *, json_t *record, gboolean elsewhere,
			 int block, const char *block_text, sync_out *);
/*
 * The first record of inq, if it may be merged now (borrowed), else NULL; stale ones are dropped.
 * AGAIN is evaluated by the caller the same as for sync_arrive.
 */
json_t *sync_waiting(sync_item *, gboolean elsewhere);

/*
 * Steps 2 to 5 up to the durable intent: captures from VIEW first, cuts, merges, plans.  FROM_INQ:
 * the record is the head of inq.  *RET_INTENT (new reference) is what to make durable together with
 * the item and OUT: {"uid","gen","own","token","plan","rows","losses","record","inq":bool,...};
 * rows are those of the record's registers.  NULL when the record is done with: it was stale, or
 * the item went on hold (its why says so; a record that was not in inq is there now).  The same is
 * true of a record that does not fit the contract.
 */
gboolean sync_merge(const sync_ctx *, sync_item *, const item *view, json_t *record,
		    gboolean from_inq, sync_out *, json_t **ret_intent, GError **error);
/* The plan of an intent; borrowed.  Its ops name the registers to replan after a crash, when the
 * intent has no record. */
json_t *sync_intent_plan(const json_t *intent);
/* After the tracker write: rows, shadow, answers, refusals, conflict log. */
void sync_finish(const sync_ctx *, sync_item *, const json_t *intent, const json_t *results,
		 sync_out *);
/* For trackers without transactions: what of the intent VIEW shows as done goes into the shadow;
 * then the record is merged again. */
void sync_adopt(const sync_ctx *, sync_item *, const json_t *intent, const item *view, sync_out *);

/* Registers whose other end has become live and that should be shown now; caller frees; NULL if
 * none. */
GPtrArray *sync_refs_due(const sync_ctx *, const sync_item *);
/* An intent that no record caused: writes REGS (NULL: all) as their tops say, over what VIEW, a
 * fresh read, shows; new reference, or NULL when nothing differs. */
json_t *sync_replan(const sync_ctx *, sync_item *, const item *view, GPtrArray *regs);

/* Acks: my records up to UP are taken over; rows are cut as far as holds and inq allow. */
void sync_settle(sync_item *, guint64 gen, guint64 up);
/* The same while an intent is open on the item: the merged rows are cut by sync_cut() when it is
 * finished.  Cut before, an item that a crossing edit keeps alive would be a tombstone. */
void sync_settle_later(sync_item *, guint64 gen, guint64 up);
/* Cuts what an earlier settle left because of a hold or an intent; after its end. */
void sync_cut(sync_item *);
/*
 * The partner's answer to one of my records: held, applied, refused, as.  `refused` for
 * REASON_ENVELOPE_REFUSED repairs the item from a fresh read.
 */
void sync_answer(const sync_ctx *, sync_item *, const json_t *answer, sync_out *);

/* Starts a new generation from what VIEW shows (resync, repair, coming back); WHY may be NULL. */
void sync_new_generation(const sync_ctx *, sync_item *, const item *view, const char *why,
			 sync_out *);
/* Repair after a refused envelope or differing bases, from either side; also where we do not have
 * the item. */
void sync_repair(const sync_ctx *, sync_item *, const item *view, sync_out *);

/* Operators. CHOICE: "mine", "theirs", or VALUE given; the record is in OUT, *RET_INTENT may be
 * NULL. */
gboolean sync_resolve(const sync_ctx *, sync_item *, const item *view, const char *reg,
		      const char *choice, const json_t *value, sync_out *, json_t **ret_intent,
		      GError **error);
/* Tries a listed register again. */
json_t *sync_retry(const sync_ctx *, sync_item *, const item *view, const char *reg, sync_out *);
/* Gives a listed register up: the partner gets back what we show. */
void sync_drop(const sync_ctx *, sync_item *, const item *view, const char *reg, sync_out *);
/* Drops the records in inq: the item starts a new generation from what we show. */
void sync_drop_held(const sync_ctx *, sync_item *, const item *view, sync_out *);

/* ---- a pair that begins anew ---- */

/*
 * The item as this side has it becomes its agreed state, without a record and without counters, in
 * no generation yet: what RAW (NULL: the tracker does not show it) shows, but the top of what is
 * listed, and our candidate of an open conflict.  What the partner had on hold is dropped; an edit
 * of a listed register is captured later.  A deletion that was not sent is a tombstone.
 */
void sync_freeze(const sync_ctx *, sync_item *, const item *raw);
/* The sum of a frozen item, the same on both sides for the same values: hex digits if it is live,
 * else "gone" or "unshared", "" if it never was.  Caller frees. */
char *sync_sum(const sync_item *);
gboolean sync_sum_live(const char *sum);
/*
 * Generation GEN begins from the sums of both sides (MINE is this item's, as frozen; "" if a side
 * has none).  Equal: it is agreed, and there is no record.  Otherwise whoever has it live states it
 * in a full record: nothing is deleted.  The other side stays a generation behind until that comes,
 * so that what its tracker shows by then is stated, too.
 */
void sync_pair(const sync_ctx *, sync_item *, guint64 gen, const char *mine, const char *theirs,
	       sync_out *);
