/*
 * sync_private - what the files of this folder share
 *
 * Row values, once stored, are never changed in place: rows, records and intents share them by
 * reference.
 */
#pragma once
#include "base/fail.h"
#include "base/mutant.h"
#include "sync/sync.h"

#define LIFE_GONE     "gone"
#define LIFE_UNSHARED "unshared"
#define LIFE_START    "live#0,0" /* of an item that is agreed without a record */

#define HOW_HELD    "held"    /* the tracker refused the top; the operator decides */
#define HOW_DIFFERS "differs" /* the sides differ, knowingly */
#define HOW_AS      "as"      /* the tracker shows the top in its own way */
#define HOW_UNSENT  "unsent"  /* what the tracker shows does not fit the contract */

/* --- value.c: row values; NULL and json null are absent --- */
typedef enum { VALUE_ABSENT, VALUE_PLAIN, VALUE_CONFLICT, VALUE_UNSHARED } value_form;
value_form value_form_of(const json_t *);
/* The same value?  Times do not count. */
gboolean value_eq(const json_t *, const json_t *);
/* Are two values of trackers the same?  NULL is nothing. */
gboolean value_same(const json_t *, const json_t *);
/* The hash that a record states as "b"; caller frees. */
char *value_hash(const json_t *);
/* A new reference; json_null() for absent. */
json_t *value_ref(const json_t *);
/* The candidate of a conflict for a role, the value itself otherwise; borrowed. */
const json_t *value_cand(const json_t *, gboolean master);
/* The value proper of a plain row value, borrowed; NULL for absent, emptied and unshared. */
json_t *value_of(const json_t *);
/* The time of a plain value that is not a thing; NULL if it has none. */
const char *value_at(const json_t *);
/* {"v","at"}; V is borrowed, NULL writes null; AT may be NULL. */
json_t *value_plain(json_t *v, const char *at);
json_t *value_conflict(const json_t *master, const json_t *slave);
json_t *value_unshared(void);
/* The later of two stamps; NULL is before all. */
const char *stamp_max(const char *, const char *);
/* The time of one field of a thing (or of its view entry); NULL if it has none. */
const char *thing_at(const json_t *thing, const char *field);
/* A thing of the fields MAP with the times ATS (field -> stamp); takes both over. */
json_t *thing_value(json_t *map, json_t *ats);
/* life */
json_t *life_value(const char *life);
/* The word of a row value of life; "" for absent. */
const char *life_word(const json_t *);
gboolean life_live(const json_t *);
/* Has WORD one of the three shapes? */
gboolean life_valid(const char *word);

/* --- state.c --- */
/* Appends CH (register -> row value) as my next record to the rows; own + 1. */
void rows_append(sync_item *, const json_t *ch);
/* The row of REG at place I, borrowed; NULL for absent. */
json_t *rows_at(const sync_item *, const char *reg, gsize i);
/* Forgets what is before my record UP; the tombstone rule follows. */
void rows_cut(sync_item *, guint64 up);
/* Rows in which every value is absent are none. */
void rows_tidy(json_t *rows);
/* Of an agreed deletion only life stays. */
void item_tomb(sync_item *);
/* Kind and names of an item that the caller knew only by its uid. */
void item_names(sync_item *, const char *kind, const char *id);
/* Counters, rows and older records in inq of the generation GEN that begins. */
void item_begin(sync_item *, guint64 gen);
/* Takes the first record out of inq. */
void inq_pop(sync_item *);
void item_why(sync_item *, int why, const char *text);
void listed_set(sync_item *, const char *reg, const char *how, int reason, const char *text,
		const char *at);
/* "held", "differs" ...; NULL if REG is not listed. */
const char *listed_how(const sync_item *, const char *reg);

/* --- out.c --- */
/* Drops the records of an older generation, also those of this very step. */
void out_drop(sync_out *);
void out_answer(const sync_item *, guint64 gen, guint64 own, const char *code, int reason,
		const char *text, const char *reg, sync_out *);
/* Every value in row value X is lost; WHY says to what. */
void out_lose(GPtrArray *losses, const char *reg, const json_t *x, const char *why);
/* A value as a tracker shows it is lost. */
void out_lose_shown(GPtrArray *losses, const char *reg, json_t *v, const char *why);

/* --- view.c: what of a read counts on this link --- */
typedef struct {
	json_t *regs;    /* register -> {"v","at"}; nothing empty, no reference out of the link */
	json_t *emptied; /* register -> stamp, where the tracker knows it */
	json_t *unsent;  /* register -> {"v","reason","text"}: does not fit the contract */
	json_t *masked;  /* register -> value of another link that regs do not show */
	char *by;
} sync_view;
/* NULL for NULL.  The item's names follow. */
sync_view *view_new(const sync_ctx *, sync_item *, const item *);
void view_free(sync_view *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sync_view, view_free)
/* NULL for nothing; borrowed. */
json_t *view_value(const sync_view *, const char *reg);
json_t *view_entry(const sync_view *, const char *reg);
gboolean reg_is_ref(const char *reg);
/* Is the other end of reference REG with value V shown here, on this link? */
gboolean ref_shared(const sync_ctx *, const sync_item *, const char *reg, const json_t *v);
/* What the tracker should show of row value TOP; *RET_ALONE: an unshared thing, leave it alone.
 * Borrowed, NULL for nothing. */
json_t *shown_of(const sync_ctx *, const sync_item *, const char *reg, const json_t *top,
		 gboolean *ret_alone);
gboolean shown_is(const sync_ctx *, const sync_item *, const char *reg, const json_t *top,
		  const json_t *v);

/* --- record.c --- */
/* Makes my next record of CH (register -> row value; life is added) and puts it into OUT. */
void record_make(const sync_ctx *, sync_item *, json_t *ch, const char *why, gboolean full,
		 const char *by, sync_out *);

/* --- wire.c --- */
typedef struct {
	guint64 gen, own, seen;
	gboolean full, joined;
	const char *why; /* borrowed from the record */
} wire_head;
/* FALSE with REASON_UNKNOWN_RECORD when it is no record we know. */
gboolean wire_head_read(const json_t *record, wire_head *ret, GError **error);
typedef struct {
	json_t *ch;     /* register -> row value, life included */
	json_t *b;      /* register -> base hash; empty for a full record */
	json_t *unsafe; /* register -> {"reason","text"}: things to refuse one by one */
} wire;
/* Everything checked against the contract; *ERROR's code is the reason to hold it. */
gboolean wire_read(const sync_ctx *, const sync_item *, const json_t *record, wire *ret,
		   GError **error);
void wire_clear(wire *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(wire, wire_clear)

/* --- capture.c --- */
/* What a tracker shows (VAL with times ENTRY) as a row value over OLD; SHADOW: shown before. */
json_t *capture_stamp(const sync_ctx *, const char *reg, json_t *val, const json_t *entry,
		      const json_t *old, const json_t *shadow);
/* My full state: tops where the tracker shows them, else what it shows. */
json_t *capture_mine(const sync_ctx *, const sync_item *, const sync_view *);
/* sync_capture() on a view; KNOWN: an item of generation 0 is not to be created. */
void capture_view(const sync_ctx *, sync_item *, const sync_view *, gboolean known, sync_out *);

/* Does the view show what it showed before, but for references? */
gboolean view_untouched(const sync_item *, const sync_view *);

/* --- generation.c --- */
/* Starts (GEN 0) or joins a generation with a full record of what VIEW shows. */
void generation_start(const sync_ctx *, sync_item *, const sync_view *, guint64 gen,
		      const char *why, sync_out *);

/* --- arrive.c --- */
void arrive_hold(sync_item *, const wire_head *, json_t *record, int why, const char *text,
		 sync_out *);
/* The head of inq is merged or refused: `applied` when it was the last. */
void arrive_consumed(sync_item *, gboolean from_inq, sync_out *);

/* --- plan.c --- */
/* The ops for REGS (NULL: all) of an item with tops ROWS; SKIP (register ->) are left out. */
json_t *plan_make(const sync_ctx *, const sync_item *, const GPtrArray *regs, const json_t *skip);
/* What the tracker shows and the partner never saw, and PLAN overwrites or deletes. */
void plan_losses(const sync_item *, const sync_view *, const json_t *plan, GPtrArray *losses);
/* sync_replan() on a view; NULL: none. */
json_t *plan_again(const sync_ctx *, const sync_item *, const sync_view *, GPtrArray *regs);
/* LOSSES go to the log when the intent is finished. */
json_t *intent_new(const sync_item *, const char *token, json_t *plan, const GPtrArray *losses);
