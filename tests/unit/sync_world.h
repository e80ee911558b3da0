/*
 * sync_world - people and trackers for the simulation of two sites
 *
 * Everything is drawn from one seed and replays exactly.  A value that somebody types is unique
 * ("v17") and knows which one it knowingly replaced, so that at the end each can be accounted for.
 */
#pragma once
#include "item/item.h"
#include "item/plan.h"

typedef struct {
	double crash, hold, lose, part, gen, whole, differ, edits;
	double again;     /* both sides begin anew */
	gboolean restore; /* then with an old state, now and then */
	gboolean rest;    /* a tracker without transactions, tokens and times */
	gboolean norm;    /* the slave's tracker stores values in its own way */
	gboolean refuse;  /* trackers that do not take everything */
	guint64 window;
	gboolean no_at; /* a caller that leaves out the rule of `at` */
} play_options;

typedef struct {
	play_options o;
	GRand *rand;
	int now;
	gboolean calm;
	guint ids;
	GArray *prev;        /* guint: value -> the value it replaced, 0: none */
	GByteArray *fine;    /* value -> it was deleted or replaced by a common value */
	GHashTable *things;  /* uid of each thing made by people -> uid of its item */
	GHashTable *deleted; /* uids that people deleted */
	char *bad;           /* what went wrong first */
} world;

void world_init(world *, guint32 seed, const play_options *);
void world_clear(world *);
void world_bad(world *, const char *format, ...) G_GNUC_PRINTF(2, 3);
double world_chance(world *);
guint world_below(world *, guint n);
/* A fresh uid; caller frees. */
char *world_uid(world *);
/* Marks every value in JSON, and what each replaced, in FLAGS. */
void world_cover(const world *, GByteArray *flags, const json_t *);
GByteArray *world_flags(const world *);

typedef struct {
	char *uid;
	gboolean pub; /* in scope */
	int born;
	json_t *regs; /* register -> {"v","at"}; no relations */
} tracker_item;

/* What a picky tracker does not take; each number is a remainder of an uid's number. */
typedef struct {
	gboolean on;
	char field;
	guint create, add, change, remove, del;
} picky;

typedef struct {
	world *w;
	char name;
	int skew;
	gboolean norm;
	picky picky;
	GHashTable *items;  /* uid -> tracker_item */
	GHashTable *rels;   /* name -> stamp */
	GHashTable *tokens; /* token -> results */
	GPtrArray *late;    /* json_t *: {"when","uid","op"}: requests whose answer was lost */
} tracker;

void tracker_init(tracker *, world *, char name);
void tracker_clear(tracker *);
/* The time there, as a stamp; caller frees. */
char *tracker_clock(const tracker *);
tracker_item *tracker_find(const tracker *, const char *uid);
/* What it shows; NULL if it is not there.  Caller frees. */
item *tracker_view(const tracker *, const char *uid);
/* Borrowed uids, oldest item first; caller frees the array. */
GPtrArray *tracker_uids(const tracker *);
/* Carries one op out; its result. */
json_t *tracker_do(tracker *, const char *uid, const json_t *op);
/* Requests that are due by now take effect. */
void tracker_late(tracker *);
/* Somebody does something. */
void tracker_edit(tracker *);
/* Somebody types a new value into FIELD. */
void tracker_type(tracker *, tracker_item *, const char *field);
/* V as the tracker stores it; a new reference. */
json_t *tracker_store(const tracker *, json_t *v);
