#include "daemon/schedule.h"

#define SECOND      ((gint64)G_USEC_PER_SEC)
#define STALL       (30 * SECOND) /* a worker that has not moved for so long takes no place */
#define BACKOFF     (1 * SECOND)  /* after the first failure; doubled by each further one */
#define BACKOFF_MAX (300 * SECOND)
#define TAKEN       (100 * 1000) /* between two looks at a lock that is taken, at first */
#define TAKEN_MAX   (2 * SECOND)
#define NEVER       G_MAXINT64

typedef enum { NO_WORKER, LINGERS, WORKS, ENDS } phase;

typedef struct {
	char *name;
	phase phase;
	gint64 due;        /* NEVER: nothing is to do */
	gint64 not_before; /* backoff, or a lock that is taken */
	gint64 served;     /* when its last pass ended */
	gint64 moved;      /* of the worker */
	gint64 linger;     /* until when */
	guint fails, taken;
	gboolean asleep;
} entry;

struct schedule {
	schedule_limits limits;
	GHashTable *links; /* name -> entry */
};

static void
entry_free(gpointer data)
{
	entry *e = data;

	g_free(e->name);
	g_free(e);
}

schedule *
schedule_new(const schedule_limits *limits)
{
	schedule *s = g_new0(schedule, 1);

	s->limits = *limits;
	s->links = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	return s;
}

void
schedule_free(schedule *s)
{
	if (s == NULL)
		return;
	g_hash_table_unref(s->links);
	g_free(s);
}

void
schedule_limit(schedule *s, const schedule_limits *limits)
{
	s->limits = *limits;
}

static entry *
find(const schedule *s, const char *link)
{
	return g_hash_table_lookup(s->links, link);
}

void
schedule_add(schedule *s, const char *link)
{
	if (find(s, link) != NULL)
		return;
	entry *e = g_new0(entry, 1);

	e->name = g_strdup(link);
	e->due = NEVER;
	g_hash_table_insert(s->links, e->name, e);
}

void
schedule_remove(schedule *s, const char *link)
{
	g_hash_table_remove(s->links, link);
}

gboolean
schedule_has_worker(const schedule *s, const char *link)
{
	const entry *e = find(s, link);

	return e != NULL && e->phase != NO_WORKER;
}

guint
schedule_count_workers(const schedule *s)
{
	GHashTableIter i;
	gpointer e;
	guint count = 0;

	g_hash_table_iter_init(&i, s->links);
	while (g_hash_table_iter_next(&i, NULL, &e))
		count += ((const entry *)e)->phase != NO_WORKER;
	return count;
}

/* ---- what happens ---- */

void
schedule_poke(schedule *s, const char *link, gint64 when)
{
	entry *e = find(s, link);

	if (e != NULL && !e->asleep)
		e->due = MIN(e->due, when);
}

void
schedule_wake(schedule *s, const char *link, gint64 now)
{
	entry *e = find(s, link);

	if (e == NULL)
		return;
	e->asleep = FALSE;
	e->not_before = 0;
	e->fails = e->taken = 0;
	e->due = MIN(e->due, now);
}

/* A lingering worker is asked by the next step, one that works at once. */
static void
let_go(entry *e)
{
	if (e->phase == LINGERS || e->phase == WORKS)
		e->linger = 0;
	if (e->phase == WORKS)
		e->phase = LINGERS;
}

void
schedule_yield(schedule *s, const char *link, gint64 now)
{
	entry *e = find(s, link);

	if (e == NULL)
		return;
	schedule_wake(s, link, now);
	e->not_before = now + TAKEN;
	let_go(e);
}

void
schedule_renew(schedule *s, const char *link, gint64 now)
{
	entry *e = find(s, link);

	if (e == NULL)
		return;
	schedule_wake(s, link, now);
	let_go(e);
}

void
schedule_taken(schedule *s, const char *link, gint64 now)
{
	entry *e = find(s, link);
	gint64 pause = TAKEN;

	if (e == NULL)
		return;
	for (guint i = 0; i < e->taken && pause < TAKEN_MAX; i++)
		pause *= 2;
	e->taken++;
	e->phase = NO_WORKER;
	e->not_before = now + MIN(pause, TAKEN_MAX);
	e->due = MIN(e->due, now);
}

void
schedule_moved(schedule *s, const char *link, gint64 now)
{
	entry *e = find(s, link);

	if (e != NULL)
		e->moved = now;
}

static gint64
backoff(guint fails)
{
	gint64 pause = BACKOFF;

	for (guint i = 1; i < fails && pause < BACKOFF_MAX; i++)
		pause *= 2;
	return MIN(pause, BACKOFF_MAX);
}

void
schedule_passed(schedule *s, const char *link, schedule_pass how, gint64 wait, gint64 now)
{
	entry *e = find(s, link);

	if (e == NULL)
		return;
	e->moved = e->served = now;
	e->taken = 0;
	e->fails = how == PASS_AWAY ? e->fails + 1 : 0;
	if (how == PASS_AWAY)
		wait = MIN(wait, backoff(e->fails));
	if (e->phase == WORKS) {
		e->phase = LINGERS;
		e->linger = now + (how == PASS_ASLEEP ? 0 : s->limits.linger);
	}
	e->asleep = how == PASS_ASLEEP;
	e->due = e->asleep ? NEVER : MIN(e->due, now + wait);
}

gint64
schedule_ended(schedule *s, const char *link, gboolean failed, gint64 now)
{
	entry *e = find(s, link);

	if (e == NULL)
		return 0;
	/* It was told to go and went without a pass: another one makes it. */
	if (e->phase == WORKS)
		e->due = MIN(e->due, now);
	e->phase = NO_WORKER;
	e->served = now;
	if (!failed)
		return 0;
	e->fails++;
	e->not_before = now + backoff(e->fails);
	e->due = MIN(e->due, now);
	e->asleep = FALSE;
	return e->not_before - now;
}

/* ---- what is to be done ---- */

/* When it is its turn, if there is a place: those who wait are served by this. */
static gint64
turn(const entry *e)
{
	return e->due == NEVER ? NEVER : MAX(MAX(e->due, e->not_before), e->served);
}

/* What all links together are, and who comes first. */
typedef struct {
	guint working, lingering;
	entry *first;   /* whose turn it is */
	entry *oldest;  /* who lingers and has to end first */
	entry *hanging; /* who is to be killed */
	gint64 when;    /* the next moment at which something changes by itself */
} survey;

static void
look_at_worker(const schedule *s, survey *v, entry *e, gint64 now)
{
	gint64 stalls = e->moved + STALL, hangs = e->moved + s->limits.hang;

	if (now < stalls && e->phase == WORKS)
		v->working++;
	if (now >= hangs)
		v->hanging = e;
	if (now < stalls && e->phase == WORKS)
		v->when = MIN(v->when, stalls);
	v->when = MIN(v->when, hangs);
}

static void
look_at(const schedule *s, survey *v, entry *e, gint64 now)
{
	if (e->phase == WORKS || e->phase == ENDS) {
		look_at_worker(s, v, e, now);
		return;
	}
	gboolean lingers = e->phase == LINGERS;
	if (lingers) {
		v->lingering++;
		v->when = MIN(v->when, e->linger);
		if (v->oldest == NULL || e->linger < v->oldest->linger)
			v->oldest = e;
	}
	gint64 at = lingers && e->linger == 0 ? NEVER : turn(e);
	if (at > now)
		v->when = MIN(v->when, at);
	else if (v->first == NULL || at < turn(v->first))
		v->first = e;
}

static survey
survey_of(const schedule *s, gint64 now)
{
	survey v = {.when = NEVER};
	GHashTableIter i;
	gpointer e;

	g_hash_table_iter_init(&i, s->links);
	while (g_hash_table_iter_next(&i, NULL, &e))
		look_at(s, &v, e, now);
	return v;
}

static schedule_step
step_of(schedule_act act, entry *e, phase to, gint64 now)
{
	e->phase = to;
	e->moved = now;
	return (schedule_step){act, e->name, now};
}

schedule_step
schedule_next(schedule *s, gint64 now)
{
	survey v = survey_of(s, now);
	entry *e = v.first;
	gboolean full = v.working >= s->limits.workers;

	if (v.hanging != NULL)
		return step_of(DO_KILL, v.hanging, ENDS, now);
	/* Who is just about to be served may stay. */
	if (v.oldest != NULL && v.oldest->linger <= now &&
	    (v.oldest != e || v.oldest->linger == 0 || full))
		return step_of(DO_END, v.oldest, ENDS, now);
	if (e == NULL || full)
		return (schedule_step){DO_NOTHING, NULL, v.when};
	/* Those who linger make room. */
	if (e->phase == NO_WORKER && v.lingering >= s->limits.workers)
		return step_of(DO_END, v.oldest, ENDS, now);
	e->due = NEVER;
	return step_of(e->phase == LINGERS ? DO_GO : DO_START, e, WORKS, now);
}

/* ---- bursts ---- */

void
burst_note(burst *b, gint64 now)
{
	if (b->first == 0)
		b->first = now;
	b->last = now;
}

gint64
burst_due(const burst *b, gint64 quiet, gint64 most)
{
	return b->first == 0 ? NEVER : MIN(b->last + quiet, b->first + most);
}
