#include "handshake/rebase.h"

#define SEEDS 1000

/* ---- what a side answers ---- */

static void
hears(rebase_act want, const rebase *r, const char *mine, const char *with, const char *epoch,
      const char *names, gboolean open)
{
	const rebase_word w = {epoch, names, open};

	g_assert_cmpint(rebase_hear(r, mine, with, &w), ==, want);
}

static void
a_running_side_is_asked_by_who_names_it(void)
{
	g_autoptr(rebase) r = rebase_new();

	hears(REBASE_ASK, r, "m1", "s1", "s2", "m1", TRUE);
	hears(REBASE_TELL, r, "m1", "s1", "s2", NULL, TRUE);
	hears(REBASE_TELL, r, "m1", "s1", "s2", "m0", TRUE);
	hears(REBASE_NOTHING, r, "m1", "s1", "s1", "m1", FALSE);
	hears(REBASE_REMIND, r, "m1", "s1", "s1", "m0", FALSE);
	hears(REBASE_REMIND, r, "m1", "s1", "s1", "m1", TRUE);
	hears(REBASE_STOP, r, "m1", "s1", "s9", "m9", FALSE);
}

static void
an_open_side_pairs_where_each_names_the_other(void)
{
	g_autoptr(rebase) r = rebase_new();

	rebase_begin(r, "m1", "s1", 1);
	g_assert_cmpstr(r->named, ==, "s1");
	hears(REBASE_NOTHING, r, "m2", NULL, "s1", "m1", TRUE);
	hears(REBASE_NAME, r, "m2", NULL, "s1", "m1", FALSE);
	hears(REBASE_NAME, r, "m2", NULL, "s2", "m1", TRUE);
	hears(REBASE_PAIR, r, "m2", NULL, "s2", "m2", TRUE);
	hears(REBASE_NAME, r, "m2", NULL, "s2", "m2", FALSE);
	rebase_named(r, "s2", 2);
	hears(REBASE_PAIR, r, "m2", NULL, "s2", "m2", FALSE);
	rebase_paired(r, "s2", 3);
	hears(REBASE_REMIND, r, "m2", "s2", "s1", "m1", FALSE);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "s1", "m9"), ==, REBASE_REMIND);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "m1", "m9"), ==, REBASE_REMIND);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "m2", "s2"), ==, REBASE_REMIND);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "s7", "m1"), ==, REBASE_REMIND);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "s7", "m9"), ==, REBASE_STOP);
	g_assert_cmpint(rebase_stray(r, "m2", "s2", "s7", "m2"), ==, REBASE_STOP);
	rebase_stopped(r, "s7");
	rebase_begin(r, "m2", "s2", 4);
	rebase_paired(r, "s3", 5);
	g_assert_cmpint(rebase_stray(r, "m3", "s3", "s7", "m9"), ==, REBASE_REMIND);
}

static void
r_is_told_ever_more_seldom_while_open_and_once_after(void)
{
	g_autoptr(rebase) r = rebase_new();

	rebase_begin(r, "m1", "s1", 100);
	g_assert_cmpint(r->next, ==, 100);
	rebase_sent(r, "a", 10, 25, 100);
	g_assert_cmpint(r->next, ==, 110);
	rebase_sent(r, "b", 10, 25, 110);
	g_assert_cmpint(r->next, ==, 130);
	rebase_sent(r, "c", 10, 25, 130);
	g_assert_cmpint(r->next, ==, 155);
	rebase_due(r, TRUE, 10, 131);
	g_assert_cmpint(r->next, ==, 140);
	rebase_due(r, FALSE, 10, 132);
	g_assert_cmpint(r->next, ==, 132);
	rebase_paired(r, "s2", 133);
	rebase_sent(r, "d", 10, 25, 133);
	g_assert_cmpint(r->next, ==, 0);
}

static void
it_is_written_and_read(void)
{
	g_autoptr(rebase) r = rebase_new();

	rebase_begin(r, "m1", "s1", 100);
	rebase_sent(r, "a", 10, 25, 100);
	r->asked = g_strdup("s3");
	g_autoptr(json_ref) doc = rebase_to_json(r);
	g_autoptr(rebase) again = rebase_from_json(doc);
	g_autoptr(json_ref) same = again == NULL ? NULL : rebase_to_json(again);
	g_assert_true(json_equal(doc, same));
	json_object_del(doc, "retired");
	g_assert_null(rebase_from_json(doc));
}

/* ---- two sides that are put back again and again, and a carrier that loses, doubles, replays ----
 */

typedef struct {
	char *epoch, *with;
	gboolean r, open; /* R; else something of the pair, which tells what its sender has HEARD */
	guint64 number, heard;
	gint64 due;
} letter;

typedef struct {
	char role;
	char *epoch, *with;
	rebase *r;
	gboolean stopped;
	guint64 sent, heard;
	json_t *old; /* a copy to put back */
} end;

typedef struct {
	GRand *rand;
	gint64 now;
	guint epochs, pairs;
	gboolean calm;
	GPtrArray *air[2], *ever[2]; /* letter *, to the master's and to the slave's */
	end ends[2];
} scene;

static void
letter_free(gpointer p)
{
	letter *l = p;

	g_free(l->epoch);
	g_free(l->with);
	g_free(l);
}

static char *
draw(scene *s, char role)
{
	return g_strdup_printf("%c%u", role, ++s->epochs);
}

static json_t *
save(const end *e)
{
	json_t *doc = rebase_to_json(e->r);

	json_put(doc, "epoch", e->epoch);
	json_put(doc, "with", e->with);
	json_object_set_new(doc, "last", json_integer((json_int_t)e->sent));
	json_object_set_new(doc, "heard", json_integer((json_int_t)e->heard));
	return doc;
}

static void
put_back(end *e)
{
	if (e->old == NULL)
		return;
	rebase_free(e->r);
	g_free(e->epoch);
	g_free(e->with);
	e->r = rebase_from_json(e->old);
	e->epoch = g_strdup(json_str(e->old, "epoch"));
	e->with = g_strdup(json_str(e->old, "with"));
	e->sent = (guint64)json_num(e->old, "last", 0);
	e->heard = (guint64)json_num(e->old, "heard", 0);
	e->stopped = FALSE;
}

static void
post(scene *s, end *e, gboolean r, const char *with)
{
	letter l = {.r = r, .open = e->r->open, .number = e->sent, .heard = e->heard};
	int to = e == &s->ends[0] ? 1 : 0;
	int copies = s->calm ? 1 : g_rand_int_range(s->rand, 0, 3);

	l.epoch = g_strdup(e->epoch);
	l.with = g_strdup(with);
	g_ptr_array_add(s->ever[to], g_memdup2(&l, sizeof l));
	for (int i = 0; i < copies; i++) {
		letter *copy = g_memdup2(&l, sizeof l);
		copy->epoch = g_strdup(l.epoch);
		copy->with = g_strdup(l.with);
		copy->due = s->now + (s->calm ? 1 : g_rand_int_range(s->rand, 1, 30));
		g_ptr_array_add(s->air[to], copy);
	}
}

static void
begin(scene *s, end *e)
{
	rebase_begin(e->r, e->epoch, e->with, s->now);
	g_free(e->epoch);
	e->epoch = draw(s, e->role);
	g_clear_pointer(&e->with, g_free);
	e->sent = e->heard = 0;
	e->stopped = FALSE;
}

static void
take_r(scene *s, end *e, const letter *l)
{
	const rebase_word w = {l->epoch, l->with, l->open};

	switch (rebase_hear(e->r, e->epoch, e->with, &w)) {
	case REBASE_PAIR:
		rebase_paired(e->r, l->epoch, s->now);
		e->with = g_strdup(l->epoch);
		s->pairs++;
		break;
	case REBASE_NAME:
		rebase_named(e->r, l->epoch, s->now);
		break;
	case REBASE_TELL:
		rebase_due(e->r, FALSE, 10, s->now);
		break;
	case REBASE_REMIND:
		rebase_due(e->r, TRUE, 10, s->now);
		break;
	case REBASE_ASK:
		g_free(e->r->asked);
		e->r->asked = g_strdup(l->epoch);
		e->stopped = TRUE;
		break;
	case REBASE_STOP:
		rebase_stopped(e->r, l->epoch);
		e->stopped = TRUE;
		break;
	case REBASE_NOTHING:
		break;
	}
}

static void
take(scene *s, end *e, const letter *l)
{
	if (l->r) {
		take_r(s, e, l);
	} else if (e->stopped || e->r->open) {
		return;
	} else if (g_strcmp0(l->epoch, e->with) != 0 || g_strcmp0(l->with, e->epoch) != 0) {
		if (rebase_stray(e->r, e->epoch, e->with, l->epoch, l->with) == REBASE_STOP) {
			rebase_stopped(e->r, l->epoch);
			e->stopped = TRUE;
		}
		rebase_due(e->r, TRUE, 10, s->now);
	} else if (l->heard > e->sent) {
		e->stopped = TRUE; /* the partner knows more of this side than it does itself */
	} else {
		e->heard = MAX(e->heard, l->number);
	}
}

static void
turn(scene *s, end *e)
{
	double p = g_rand_double(s->rand);

	if (!s->calm && p < 0.03) {
		json_decref(e->old);
		e->old = save(e);
	}
	if (!s->calm && p > 0.985)
		put_back(e);
	/* An operator sees to it. */
	if (e->stopped && g_rand_double(s->rand) < (s->calm ? 0.3 : 0.05))
		begin(s, e);
	if (e->r->next != 0 && e->r->next <= s->now) {
		post(s, e, TRUE, e->r->open ? e->r->named : e->with);
		rebase_sent(e->r, NULL, 10, 40, s->now);
	}
	if (!e->r->open && !e->stopped && g_rand_double(s->rand) < 0.2) {
		if (!s->calm)
			e->sent++;
		post(s, e, FALSE, e->with);
	}
}

static void
deliver(scene *s, int to)
{
	GPtrArray *air = s->air[to];

	for (guint i = 0; i < air->len;) {
		letter *l = air->pdata[i];

		if (l->due > s->now) {
			i++;
			continue;
		}
		take(s, &s->ends[to], l);
		g_ptr_array_remove_index_fast(air, i);
	}
}

static void
go_on(scene *s, int moments)
{
	for (int i = 0; i < moments; i++, s->now++) {
		turn(s, &s->ends[0]);
		turn(s, &s->ends[1]);
		deliver(s, 0);
		deliver(s, 1);
	}
}

static gboolean
paired(const scene *s)
{
	const end *m = &s->ends[0], *n = &s->ends[1];

	return !m->stopped && !n->stopped && !m->r->open && !n->r->open &&
	       g_strcmp0(m->epoch, n->with) == 0 && g_strcmp0(n->epoch, m->with) == 0;
}

static void
replay(scene *s)
{
	for (int to = 0; to < 2; to++)
		for (guint i = 0; i < s->ever[to]->len; i++) {
			const letter *l = s->ever[to]->pdata[i];
			letter *copy = g_memdup2(l, sizeof *l);

			copy->epoch = g_strdup(l->epoch);
			copy->with = g_strdup(l->with);
			copy->due = s->now + g_rand_int_range(s->rand, 1, 200);
			g_ptr_array_add(s->air[to], copy);
		}
}

static void
scene_init(scene *s, guint32 seed)
{
	*s = (scene){.rand = g_rand_new_with_seed(seed), .now = 100};
	for (int i = 0; i < 2; i++) {
		s->air[i] = g_ptr_array_new_with_free_func(letter_free);
		s->ever[i] = g_ptr_array_new_with_free_func(letter_free);
		s->ends[i] = (end){.role = i == 0 ? 'm' : 's', .r = rebase_new()};
		s->ends[i].epoch = draw(s, s->ends[i].role);
	}
	for (int i = 0; i < 2; i++)
		s->ends[i].with = g_strdup(s->ends[1 - i].epoch);
}

static void
scene_clear(scene *s)
{
	for (int i = 0; i < 2; i++) {
		g_ptr_array_unref(s->air[i]);
		g_ptr_array_unref(s->ever[i]);
		g_free(s->ends[i].epoch);
		g_free(s->ends[i].with);
		rebase_free(s->ends[i].r);
		json_decref(s->ends[i].old);
	}
	g_rand_free(s->rand);
}

/* Old copies on either side at any time, and in the end all that ever travelled once more. */
static void
both_always_come_to_be_a_pair(void)
{
	guint pairs = 0;

	for (guint32 seed = 1; seed <= SEEDS; seed++) {
		scene s;

		scene_init(&s, seed);
		go_on(&s, 300);
		s.calm = TRUE;
		go_on(&s, 600);
		if (!paired(&s))
			g_error("seed %u: no pair", seed);
		replay(&s);
		go_on(&s, 1500);
		if (!paired(&s))
			g_error("seed %u: no pair after old letters", seed);
		pairs += s.pairs;
		scene_clear(&s);
	}
	g_assert_cmpuint(pairs, >, SEEDS);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rebase/a_running_side_is_asked_by_who_names_it",
			a_running_side_is_asked_by_who_names_it);
	g_test_add_func("/rebase/an_open_side_pairs_where_each_names_the_other",
			an_open_side_pairs_where_each_names_the_other);
	g_test_add_func("/rebase/r_is_told_ever_more_seldom_while_open_and_once_after",
			r_is_told_ever_more_seldom_while_open_and_once_after);
	g_test_add_func("/rebase/it_is_written_and_read", it_is_written_and_read);
	g_test_add_func("/rebase/both_always_come_to_be_a_pair", both_always_come_to_be_a_pair);
	return g_test_run();
}
