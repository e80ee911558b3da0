#include "tests/sim/sim.h"

#include "base/fail.h"
#include "gateway/operate.h"
#include "gateway/pass.h"
#include "gateway/report.h"

#define STEPS_MOST 160 /* fault points of a usual pass */

typedef struct {
	end *e;
	gboolean interrupted; /* people edit meanwhile */
	guint seen;           /* steps of the pass */
	sim *s;
} passing;

/* Somebody edits at the desk between two steps of a pass. */
static gboolean
meanwhile(gpointer data)
{
	passing *p = data;

	p->seen++;
	if (p->interrupted && sim_chance(p->s) < 0.3)
		people_edit(p->s, p->e->at, 1, NULL);
	return TRUE;
}

static gboolean
pass(sim *s, gpointer data, GError **error)
{
	passing *p = data;
	const end *e = p->e;
	pass_report report = {0};
	g_autoptr(site) at = site_open(e->at->home, error);
	gboolean resident = sim_below(s, 3) == 0;
	g_autoptr(gateway) g = at == NULL
				       ? NULL
				       : gateway_open(at, e->peer->at->name,
						      resident ? GATE_RUN : GATE_WORK, NULL, error);

	if (g == NULL)
		return FALSE;
	gateway_on_step(g, meanwhile, p);
	gboolean ok = gateway_pass(g, &report, error);
	s->book->f.sealed += report.sealed;
	g_free(report.away);
	/* A worker makes many passes with what it has in memory. */
	if (!ok || !resident)
		return ok;
	ok = gateway_pass(g, &report, error);
	s->book->f.sealed += report.sealed;
	g_free(report.away);
	return ok;
}

/* What is going to break; nothing in a calm world. */
static mishap
draw_mishap(sim *s)
{
	mishap m = {0};
	double x = sim_chance(s);
	guint most = sim_below(s, 3) == 0 ? 12 : STEPS_MOST;

	if (x < 0.25)
		m = (mishap){.nth = 1 + sim_below(s, most), .kind = FAULT_DIE};
	else if (x < 0.4)
		m = (mishap){.nth = 1 + sim_below(s, most), .kind = FAULT_FAIL};
	else if (x < 0.5)
		m = (mishap){.room = 1 + sim_below(s, sim_below(s, 2) == 0 ? 4000 : 60000),
			     .told = sim_below(s, 2) == 0};
	return m;
}

static gboolean
is_mishap(const mishap *m)
{
	return m->nth > 0 || m->room > 0;
}

static void
note_outcome(sim *s, const place *at, const mishap *m, outcome o, const char *what)
{
	figures *f = &s->book->f;

	if (o == END_DIED)
		f->deaths++;
	else if (o == END_FAILED && m->room > 0)
		f->full++;
	else if (o == END_FAILED && m->nth > 0)
		f->failures++;
	sim_say(s, "%s %s%s%s", at->name, what,
		o == END_DIED     ? ": dies at point "
		: o == END_FAILED ? ": fails: "
				  : "",
		o == END_FAILED ? s->book->said : "");
	if (o == END_FAILED && s->book->code == FAIL_BUG)
		sim_bad(s, "%s %s: a bug: %s", at->name, what, s->book->said);
}

void
step_pass(sim *s, end *e, gboolean broken)
{
	passing p = {.e = e, .s = s, .interrupted = broken && sim_chance(s) < 0.15};
	mishap m = broken ? draw_mishap(s) : (mishap){0};
	g_autofree char *what = g_strdup_printf("passes towards %s", e->peer->at->name);

	s->book->f.passes++;
	outcome o = machine_run(s, e->at, m, pass, &p);
	note_outcome(s, e->at, &m, o, what);
	if (o == END_FAILED && !is_mishap(&m))
		sim_bad(s, "a pass of %s fails though nothing is broken: %s", e->at->name,
			s->book->said);
}

/* ---- people ---- */

typedef struct {
	place *at;
	guint count;
} editing;

static gboolean
edit(sim *s, gpointer data, GError **error)
{
	const editing *d = data;

	return people_edit(s, d->at, d->count, error);
}

void
step_people(sim *s, place *at)
{
	editing d = {at, 1 + sim_below(s, 3)};
	mishap m = sim_chance(s) < 0.1 ? draw_mishap(s) : (mishap){0};

	if (m.nth > 0)
		m.nth = 1 + m.nth % 12;
	outcome o = machine_run(s, at, m, edit, &d);
	note_outcome(s, at, &m, o, "edits");
	if (o == END_FAILED && !is_mishap(&m))
		sim_bad(s, "an edit at %s fails though nothing is broken: %s", at->name,
			s->book->said);
}

/* ---- operators ---- */

typedef struct {
	end *e;
	guint what;
} operating;

/* Settles one open conflict. */
static gboolean
resolve_one(sim *s, gateway *g, GError **error)
{
	g_autoptr(GPtrArray) all = store_conflicts(gateway_store(g), NULL, error);

	for (guint i = 0; all != NULL && i < all->len; i++) {
		const store_conflict *c = all->pdata[i];

		if (c->open)
			return conflict_resolve(g, c->id, sim_below(s, 2) == 0 ? "mine" : "theirs",
						error);
	}
	return all != NULL;
}

static gboolean
again_one(sim *s, gateway *g, GError **error)
{
	g_autoptr(GPtrArray) all = store_items(gateway_store(g), NULL, 100, error);

	if (all == NULL || all->len == 0)
		return all != NULL;
	const store_item *row = all->pdata[sim_below(s, all->len)];
	return resync_item(g, row->uid, error);
}

static gboolean
operate(sim *s, gpointer data, GError **error)
{
	const operating *o = data;
	g_autoptr(site) at = site_open(o->e->at->home, error);
	g_autoptr(gateway) g =
		at == NULL ? NULL : gateway_open(at, o->e->peer->at->name, GATE_WORK, NULL, error);
	guint left;

	if (g == NULL)
		return FALSE;
	switch (o->what) {
	case 0:
		return hold_retry(g, NULL, &left, error);
	case 1:
		return resolve_one(s, g, error);
	case 2:
		return resync_link(g, 0, &left, error);
	default:
		return again_one(s, g, error);
	}
}

void
step_operator(sim *s, end *e)
{
	static const char *const names[] = {"retries", "resolves", "looks at all again",
					    "starts an item again"};
	operating o = {e, s->calm ? sim_below(s, 2) : sim_below(s, 4)};

	s->book->f.operated++;
	outcome out = machine_run(s, e->at, (mishap){0}, operate, &o);
	/* That it can't be done now is an answer. */
	sim_say(s, "%s's operator %s%s%s", e->at->name, names[o.what], out == END_OK ? "" : ": ",
		out == END_OK ? "" : s->book->said);
	if (out == END_FAILED && s->book->code == FAIL_BUG)
		sim_bad(s, "an operator at %s meets a bug: %s", e->at->name, s->book->said);
}
