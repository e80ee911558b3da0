#include "tests/sim/sim.h"

#include "base/fsio.h"

#define ROUNDS_MAX 60    /* until all must have come to rest */
#define QUIET      3     /* rounds in a row in which nothing moves */
#define ROUND_TIME 7300  /* seconds: most of what is offered again is due by then */
#define QUIET_TIME 90000 /* seconds: what has been offered in vain for days, too */

/* How much time passes between two steps; now and then a night, seldom a long silence. */
static void
time_passes(sim *s)
{
	static const guint spans[] = {1, 5, 60, 600, 3700, 90000};
	double x = sim_chance(s);
	guint n = x < 0.4 ? 0 : x < 0.7 ? 1 : x < 0.83 ? 2 : x < 0.93 ? 3 : x < 0.985 ? 4 : 5;

	s->now += 1 + sim_below(s, spans[n]);
}

static end *
some_end(sim *s)
{
	return &s->end[sim_below(s, s->ends)];
}

static void
hostile_step(sim *s)
{
	double x = sim_chance(s);
	end *e = some_end(s);

	s->book->f.steps++;
	time_passes(s);
	if (s->restores && sim_chance(s) < 0.15) {
		restore_step(s, e);
		watch(s, e);
		return;
	}
	if (x < 0.26) {
		step_people(s, &s->site[sim_below(s, s->sites)]);
		return;
	}
	if (x < 0.42) {
		mischief(s, e);
		return;
	}
	if (x < 0.46) {
		step_operator(s, e);
	} else {
		carrier_move(s, e->peer);
		step_pass(s, e, TRUE);
		carrier_move(s, e);
	}
	watch(s, e);
}

/* What lies or travels anywhere. */
static guint
traffic(const sim *s)
{
	guint n = 0;

	for (guint i = 0; i < s->ends; i++) {
		g_autoptr(GPtrArray) sent = carrier_names(s->end[i].send);
		g_autoptr(GPtrArray) way = carrier_names(s->end[i].way);
		n += sent->len + way->len;
	}
	return n;
}

static guint64
numbers(const sim *s)
{
	guint64 n = 0;

	for (guint i = 0; i < s->ends; i++)
		n += s->end[i].before.last + s->end[i].before.serial;
	return n;
}

/* Everybody passes, everything is carried.  Did nothing happen? */
static gboolean
calm_round(sim *s, gint64 seconds, gboolean operators)
{
	guint64 before = numbers(s);
	guint moved = 0;

	s->now += seconds;
	for (guint i = 0; i < s->ends && !sim_is_bad(s); i++) {
		end *e = &s->end[i];

		step_pass(s, e, FALSE);
		if (operators)
			step_operator(s, e);
		if (s->restores)
			restore_operator(s, e, FALSE);
		moved += traffic(s);
		carrier_move(s, e);
		watch(s, e);
	}
	return moved == 0 && before == numbers(s) && !operators;
}

static void
calm(sim *s)
{
	guint quiet = 0;

	sim_say(s, "all is calm");
	s->calm = TRUE;
	mischief_over(s);
	for (guint round = 1; quiet < QUIET && !sim_is_bad(s); round++) {
		if (round > ROUNDS_MAX)
			sim_bad(s, "it never comes to rest");
		gint64 seconds = quiet > 0 ? QUIET_TIME : ROUND_TIME;

		quiet = calm_round(s, seconds, round == 2 || round == 4) ? quiet + 1 : 0;
		/* Operators look at what waits when the first storm is over. */
		if (round < 6)
			quiet = MIN(quiet, QUIET - 1);
	}
}

/* Most are short; what needs a long history finds it in some. */
static guint
length(sim *s)
{
	double x = sim_chance(s);

	return x < 0.8    ? 10 + sim_below(s, 20)
	       : x < 0.97 ? 30 + sim_below(s, 40)
			  : 100 + sim_below(s, 150);
}

char *
play(guint32 seed, const char *dir, notebook *book, gboolean verbose)
{
	g_autoptr(sim) s = sim_new(seed, dir, book, verbose);

	machine_seat(s, NULL, seed);
	build(s);
	guint n = length(s);
	/* Two links take two times the steps. */
	n *= s->ends / 2;
	for (guint i = 0; i < n && !sim_is_bad(s); i++)
		hostile_step(s);
	if (!sim_is_bad(s))
		calm(s);
	if (!sim_is_bad(s))
		verdict(s);
	book->f.seeds++;
	char *digest = g_strdup(g_checksum_get_string(s->trace));
	return digest;
}
