/*
 * schedule - which link is worked on when, by how many processes: decisions only
 *
 * Nothing is started, killed or read here; times are given, in microseconds of a clock that never
 * goes back, so that a test can play a day in no time.  A link has one worker at most.
 *
 * A worker works, lingers when its pass is over, and ends.  What is due waits in line: whoever
 * became due first is first, and who has just been served stands behind all that wait.  A worker
 * that has not moved for a while takes no place, so that hanging links do not keep the others out.
 */
#pragma once
#include <glib.h>

typedef struct schedule schedule;

typedef struct {
	guint workers; /* that work at once; as many may linger */
	gint64 linger; /* before a worker without work ends */
	gint64 hang;   /* before a worker that does not move is killed */
} schedule_limits;

typedef enum {
	DO_NOTHING, /* until WHEN, if nothing happens */
	DO_START,   /* start a worker of LINK and let it go */
	DO_GO,      /* let the lingering worker of LINK go */
	DO_END,     /* ask the worker of LINK to end */
	DO_KILL     /* it hangs */
} schedule_act;

typedef struct {
	schedule_act act;
	const char *link; /* borrowed */
	gint64 when;      /* G_MAXINT64: never */
} schedule_step;

schedule *schedule_new(const schedule_limits *);
void schedule_free(schedule *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(schedule, schedule_free)
void schedule_limit(schedule *, const schedule_limits *);

/* A known link is left as it is. */
void schedule_add(schedule *, const char *link);
void schedule_remove(schedule *, const char *link);
gboolean schedule_has_worker(const schedule *, const char *link);
guint schedule_count_workers(const schedule *);

/* Something may be to do at WHEN, or before.  A link that sleeps goes on sleeping. */
void schedule_poke(schedule *, const char *link, gint64 when);
/* The operator did something: as a poke, and neither sleep nor backoff count any more. */
void schedule_wake(schedule *, const char *link, gint64 now);
/* Somebody wants the link's lock: its worker ends as soon as it can; a pass follows later. */
void schedule_yield(schedule *, const char *link, gint64 now);
/* What is set for the link has changed: as yield, but the pass follows at once. */
void schedule_renew(schedule *, const char *link, gint64 now);

/* The link cannot be worked on, for somebody else has its lock; instead of DO_START. */
void schedule_taken(schedule *, const char *link, gint64 now);
/* The worker moves. */
void schedule_moved(schedule *, const char *link, gint64 now);
typedef enum { PASS_DONE, PASS_AWAY, PASS_ASLEEP } schedule_pass;
/* A pass is over; there is something to do WAIT later, come what may. */
void schedule_passed(schedule *, const char *link, schedule_pass, gint64 wait, gint64 now);
/* The worker ended: as it was told, without the pass that it was told to make (another makes it at
 * once), or because it failed.  Returns the pause before the next one. */
gint64 schedule_ended(schedule *, const char *link, gboolean failed, gint64 now);

/* What is to be done first at NOW.  It counts as done. */
schedule_step schedule_next(schedule *, gint64 now);

/* ---- a burst of changes counts as one ---- */

typedef struct {
	gint64 first, last; /* of the burst; 0: there is none */
} burst;

void burst_note(burst *, gint64 now);
/* When it is over: QUIET after its last change, but MOST after its first; G_MAXINT64: there is
 * none. */
gint64 burst_due(const burst *, gint64 quiet, gint64 most);
