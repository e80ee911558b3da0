/*
 * sim - whole sites over a hostile carrier, from one seed
 *
 * The program under test is the very library: sites, gateway, spool, store, sync, desk and folder
 * channel.  Simulated are the clock, all that is random, the carrier, the times and the fullness of
 * the disk (machine.c), OpenPGP (pgp_fake.c) and a tracker's own will (tracker.c).  A site that is
 * to die does so at any fault point, as in a power cut.
 *
 * All is drawn from the seed: the same seed does the same.
 */
#pragma once
#include <glib.h>

#include "base/fault.h"
#include "base/json.h"
#include "base/rand.h"
#include "gateway/gateway.h"

#define SITES_MAX  3
#define ENDS_MAX   4
#define VALUES_MAX 20000
#define NAMES_MAX  4000

/* How much happened, for people. */
typedef struct {
	guint64 seeds, steps, edits, passes, operated, deaths, failures, full;
	guint64 sealed, carried, lost, replayed, damaged, strange, cut, quarantined;
	guint64 conflicts, held, differs, restored;
} figures;

typedef struct {
	char uid[RAND_ID_LEN + 1], owner[RAND_ID_LEN + 1];
	gboolean deleted;
} made_thing;

/*
 * What people did, and what processes say at their end; in memory that all processes share, for a
 * site that dies must not take it along.  A value is a number ("v17"); the one that somebody
 * knowingly replaced by it is PREV.  FINE: nobody has to find it any more.
 */
typedef struct {
	guint values;
	guint32 prev[VALUES_MAX];
	guint8 fine[VALUES_MAX];
	guint things, gone;
	made_thing thing[NAMES_MAX];
	char item_gone[NAMES_MAX][RAND_ID_LEN + 1];
	gboolean ok; /* of the last process */
	int code;
	char said[500];
	char bad[1000]; /* what went wrong first; "" for nothing */
	figures f;
} notebook;

/* What the tracker of a site does with what comes in. */
typedef struct {
	gboolean shouts;    /* texts are stored in capitals */
	const char *refuse; /* this field is read-only; NULL: none */
	gboolean mute;      /* some comments are refused */
} will;

typedef struct {
	char name[8];
	char *home;
	gint64 skew; /* of its clock, seconds */
	will will;
} place;

typedef struct end end;
struct end {
	place *at;
	end *peer;
	gboolean master;
	char *dir, *send, *receive; /* of the link; its name is the peer's site */
	char *way, *seen; /* the carrier's: what is on its way from here, and all that ever was */
	char link8[9];
	store_numbers before; /* at the last look */
	GHashTable *offered;  /* "number" -> hash8 */
	gboolean send_cut, receive_cut;
	/* Where states are put back: the epochs at the last look, those of all pairs there were,
	 * and whether one of the two was put back since the last. */
	char *pair;
	GHashTable *pairs;
	gboolean torn;
};

typedef struct {
	guint32 seed;
	gboolean verbose;
	GChecksum *trace;
	GRand *rand;
	gint64 now;
	char *dir;
	notebook *book;
	guint sites, ends;
	place site[SITES_MAX];
	end end[ENDS_MAX];
	gboolean calm, relay, restores;
	gint64 window;
} sim;

/* ---- world.c ---- */
/* A world for SEED in directory DIR, which is made.  BOOK is emptied but for its figures. */
sim *sim_new(guint32 seed, const char *dir, notebook *book, gboolean verbose);
void sim_free(sim *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sim, sim_free)
/* Something is wrong; the first thing counts. */
void sim_bad(sim *, const char *format, ...) G_GNUC_PRINTF(2, 3);
gboolean sim_is_bad(const sim *);
/* A line of what happens; part of the digest by which two runs of a seed are compared. */
void sim_say(sim *, const char *format, ...) G_GNUC_PRINTF(2, 3);
double sim_chance(sim *);
guint sim_below(sim *, guint n);
guint32 sim_draw(sim *);
/* The number of a value such as "v17", in any case; 0: none. */
guint sim_number(const json_t *);
/* Are A and B, which may be NULL, the same to people? */
gboolean sim_alike(const json_t *a, const json_t *b);
/* Marks all values in J, and what each replaced, in FLAGS of VALUES_MAX. */
void sim_cover(const sim *, guint8 *flags, const json_t *j);

/* ---- machine.c ---- */
typedef struct {
	guint nth; /* the fault point that breaks, 0: none */
	fault_kind kind;
	guint64 room;  /* bytes that can still be written; 0: any */
	gboolean told; /* who asks hears of it */
} mishap;
typedef enum { END_OK, END_FAILED, END_DIED } outcome;
typedef gboolean machine_task(sim *, gpointer data, GError **error);
/* Runs TASK by the clock of PLACE, as a process of its own; why it failed is in the notebook. */
outcome machine_run(sim *, const place *, mishap, machine_task *, gpointer data);
/* Time and randomness of this process are simulated from now on. */
void machine_seat(const sim *, const place *, guint32 seed);

/* ---- pool.c ---- */
/* Databases that are closed from now on stay open for the next who opens them, or not. */
void pool_keep(gboolean on);
/* Those that nobody uses are closed for good, if they lie in the directory BELOW. */
void pool_close(const char *below);
/* All are closed; those in BELOW as at a power cut. */
void pool_die(const char *below);

/* ---- tracker.c ---- */
/* What the tracker of this process is like; borrowed. */
void tracker_is(const will *);

/* ---- build.c ---- */
/* Makes the sites and their links; pairing is left to the passes. */
void build(sim *);

/* ---- step.c: what sites and operators do ---- */
/* One pass over the link at END; BROKEN: something may go wrong. */
void step_pass(sim *, end *, gboolean broken);
/* People at PLACE do something. */
void step_people(sim *, place *);
/* An operator does something about the link at END. */
void step_operator(sim *, end *);

/* ---- restore.c: old copies ---- */
/* A copy is kept or put back, or an operator sees to what came of it. */
void restore_step(sim *, end *);
/* The link at END begins anew if it has stopped, or UNASKED. */
void restore_operator(sim *, end *, gboolean unasked);
/* Can nothing be said of END, as the two are not a pair that both know, or it has STOPPED? */
gboolean restore_unsettled(end *, gboolean stopped);

/* ---- people.c ---- */
/* COUNT edits at the desk of PLACE. */
gboolean people_edit(sim *, const place *, guint count, GError **error);

/* ---- carrier.c ---- */
/* Takes what lies in SEND of END, and delivers what is due. */
void carrier_move(sim *, end *);
/* ---- mischief.c ---- */
void mischief(sim *, end *);
/* Everything is as it should be again: shares are back, strange files are gone. */
void mischief_over(sim *);
/* Puts DATA as file NAME into the directory, as old as now; FALSE: it can't. */
gboolean carrier_put(sim *, const char *dir, const char *name, const char *data, gsize len);
/* Names of DIR without hidden ones, sorted; caller frees. */
GPtrArray *carrier_names(const char *dir);

/* ---- watch.c: after each step ---- */
void watch(sim *, end *);

/* ---- verdict.c: when all has come to rest ---- */
void verdict(sim *);

/* ---- play.c ---- */
/* Plays SEED; what went wrong is in the notebook.  The digest of what happened; caller frees. */
char *play(guint32 seed, const char *dir, notebook *, gboolean verbose);
