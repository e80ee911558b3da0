#include "sync_play.h"

#include "sync_edit.h"
#include "sync_side.h"

#include <string.h>

#define ROUNDS_MAX 150 /* of the calm at the end */

const play_options play_usual = {
	.crash = 0.04, .hold = 0.08, .lose = 0.25, .part = 0.3, .edits = 0.35, .window = 8};

static const char contract_text[] =
	"{\"version\":1,\"merge\":1,\"tolerance\":3,\"kinds\":{\"issue\":{\"fields\":{"
	"\"a\":{\"type\":\"text\",\"policy\":\"latest\",\"on_refused\":\"revert\"},"
	"\"b\":{\"type\":\"text\",\"policy\":\"first\",\"on_refused\":\"hold\"},"
	"\"c\":{\"type\":\"text\",\"policy\":\"master\",\"on_refused\":\"keep\"},"
	"\"d\":{\"type\":\"text\",\"policy\":\"slave\",\"on_refused\":\"revert\"},"
	"\"e\":{\"type\":\"multi\",\"policy\":\"merge\"},"
	"\"h\":{\"type\":\"text\",\"policy\":\"hold\"}},"
	"\"parent\":true,\"relations\":true,\"comments\":true,\"files\":true,\"rows\":true}}}";

typedef struct {
	int due;
	double order;
	side *to;
	json_t *message;
} parcel;

typedef struct {
	world w;
	tracker trackers[2];
	side sides[2]; /* the master's is the first */
	contract *contract;
	GArray *carried; /* parcel */
	json_t *old[2];  /* a state that may be put back, or NULL */
} stage;

static void
stage_init(stage *st, guint32 seed, const play_options *o)
{
	*st = (stage){0};
	world_init(&st->w, seed, o);
	st->contract = contract_read(contract_text, strlen(contract_text), NULL);
	g_assert_nonnull(st->contract);
	for (int i = 0; i < 2; i++) {
		tracker_init(&st->trackers[i], &st->w, (char)('A' + i));
		side_init(&st->sides[i], &st->w, &st->trackers[i], i == 0, st->contract);
	}
	st->sides[0].peer = &st->sides[1];
	st->sides[1].peer = &st->sides[0];
	st->carried = g_array_new(FALSE, FALSE, sizeof(parcel));
}

static void
stage_clear(stage *st)
{
	for (guint i = 0; i < st->carried->len; i++)
		json_decref(g_array_index(st->carried, parcel, i).message);
	g_array_unref(st->carried);
	for (int i = 0; i < 2; i++)
		json_decref(st->old[i]);
	for (int i = 0; i < 2; i++) {
		side_clear(&st->sides[i]);
		tracker_clear(&st->trackers[i]);
	}
	contract_free(st->contract);
	world_clear(&st->w);
}

/* Some are lost, some come twice, each takes its time. */
static void
post(stage *st, side *s)
{
	static const int delays[] = {1, 1, 2, 5, 12, 30};
	world *w = &st->w;

	for (guint i = 0; i < s->wire->len; i++) {
		double p = world_chance(w);
		if (!w->calm && p < w->o.lose)
			continue;
		for (int n = w->calm || p < 0.8 ? 1 : 2; n > 0; n--) {
			int delay = w->calm ? 1 : delays[world_below(w, G_N_ELEMENTS(delays))];
			parcel x = {w->now + delay, world_chance(w), s->peer,
				    json_incref(s->wire->pdata[i])};
			g_array_append_val(st->carried, x);
		}
	}
	g_ptr_array_set_size(s->wire, 0);
}

static void
do_and_post(stage *st, side *s, double chance, void (*f)(side *))
{
	if (world_chance(&st->w) >= chance || st->w.bad != NULL)
		return;
	side_run(s, f);
	post(st, s);
}

static int
by_order(gconstpointer a, gconstpointer b)
{
	const parcel *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static void
take_next(side *s)
{
	side_take(s, s->next);
}

/* Hands over what is due, in an order of its own. */
static void
deliver(stage *st)
{
	g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(parcel));

	for (guint i = 0; i < st->carried->len;) {
		parcel x = g_array_index(st->carried, parcel, i);
		if (!st->w.calm && x.due > st->w.now) {
			i++;
			continue;
		}
		g_array_append_val(due, x);
		g_array_remove_index(st->carried, i);
	}
	if (!st->w.calm)
		g_array_sort(due, by_order);
	for (guint i = 0; i < due->len; i++) {
		parcel x = g_array_index(due, parcel, i);
		if (st->w.bad == NULL) {
			x.to->next = x.message;
			side_run(x.to, take_next);
			post(st, x.to);
		}
		json_decref(x.message);
	}
}

static void
tick(stage *st, int now)
{
	st->w.now = now;
	for (int i = 0; i < 2; i++) {
		side_tick(&st->sides[i]);
		tracker_late(&st->trackers[i]);
	}
}

static void
lose_all(stage *st)
{
	for (guint i = 0; i < st->carried->len; i++)
		json_decref(g_array_index(st->carried, parcel, i).message);
	g_array_set_size(st->carried, 0);
}

/* Both begin anew; one of them may have been put back before. */
static void
begin_again(stage *st)
{
	world *w = &st->w;
	guint which = world_below(w, 2);
	gboolean restore = w->o.restore && world_chance(w) < 0.6;

	if (sides_begin_again(&st->sides[0], &st->sides[1], &st->sides[which],
			      restore ? st->old[which] : NULL))
		lose_all(st);
}

static void
keep_copy(stage *st)
{
	guint which = world_below(&st->w, 2);

	json_decref(st->old[which]);
	st->old[which] = state_save(&st->sides[which].st);
}

/* One moment of the hostile time. */
static void
moment(stage *st)
{
	const play_options *o = &st->w.o;

	for (int i = 0; i < 2; i++)
		if (world_chance(&st->w) < o->edits)
			tracker_edit(&st->trackers[i]);
	for (int i = 0; i < 2; i++) {
		side *s = &st->sides[i];
		do_and_post(st, s, 0.5, side_pump);
		do_and_post(st, s, 0.3, side_ack);
		do_and_post(st, s, 0.1, side_resend);
		do_and_post(st, s, 0.15, side_release);
		do_and_post(st, s, 0.08, side_resolve);
		do_and_post(st, s, 0.1, side_operate);
		do_and_post(st, s, o->gen, side_new_generation);
		do_and_post(st, s, o->differ, side_spoil);
	}
	deliver(st);
	if (o->again > 0 && world_chance(&st->w) < 0.1)
		keep_copy(st);
	if (o->again > 0 && world_chance(&st->w) < o->again)
		begin_again(st);
}

/* `check` compares at rest; what differs starts anew. */
static void
compare(stage *st)
{
	side *m = &st->sides[0];
	g_autoptr(GPtrArray) uids = side_uids(m);

	for (guint i = 0; i < uids->len && m->st.intent == NULL; i++) {
		sync_item *a = side_item(m, uids->pdata[i]), *b = side_item(m->peer, a->uid);
		gboolean differ = FALSE;
		const char *reg;
		json_t *any;
		if (b == NULL || sync_k(a) > 0 || sync_k(b) > 0)
			continue;
		json_object_foreach (a->rows, reg, any)
			differ |= !value_eq(sync_top(a, reg), sync_top(b, reg));
		json_object_foreach (b->rows, reg, any)
			differ |= !value_eq(sync_top(a, reg), sync_top(b, reg));
		if (differ)
			side_repair(m, a);
	}
}

static void
calm_round(stage *st, int round)
{
	gboolean differ = st->w.o.differ > 0;

	for (int i = 0; i < 2; i++) {
		side *s = &st->sides[i];
		side_recover(s);
		side_release(s);
		side_drain(s);
		side_pump(s);
		side_resend(s);
		side_ack(s);
		if (differ || (st->w.o.refuse && round % 5 == 0 && round < 60))
			side_operate(s);
		if (differ && i == 0 && (round == 12 || round == 24))
			compare(st);
		post(st, s);
	}
	deliver(st);
	if (round % 7 != 0)
		return;
	for (int i = 0; i < 2; i++) {
		side *s = &st->sides[i];
		if (world_chance(&st->w) >= 0.6)
			continue;
		side_resolve(s);
		side_pump(s);
		post(st, s);
	}
}

static gboolean
conflict_open(const side *s)
{
	GHashTableIter iter;
	gpointer p;

	g_hash_table_iter_init(&iter, s->st.items);
	while (g_hash_table_iter_next(&iter, NULL, &p)) {
		const sync_item *it = p;
		if (json_object_get(sync_top(it, "h"), "c") != NULL && sync_alive(it) && it->here &&
		    json_array_size(it->inq) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
busy(const side *s)
{
	return json_array_size(s->st.queue) > 0 || s->st.intent != NULL || conflict_open(s);
}

/* Nothing is lost any more and nobody types: it must come to rest. */
static void
calm(stage *st)
{
	side *a = &st->sides[0], *b = &st->sides[1];
	int quiet = 0;

	st->w.calm = TRUE;
	for (int round = 1; quiet < 6 || (st->w.o.differ > 0 && round < 32); round++) {
		if (st->w.bad != NULL)
			return;
		if (round > ROUNDS_MAX) {
			world_bad(&st->w, "never quiet");
			return;
		}
		guint64 before = a->traffic + b->traffic;
		tick(st, st->w.now + 8);
		calm_round(st, round);
		quiet = before == a->traffic + b->traffic && !busy(a) && !busy(b) ? quiet + 1 : 0;
	}
}

char *
play(guint32 seed, const play_options *o)
{
	stage st;

	stage_init(&st, seed, o);
	int length = 20 + (int)world_below(&st.w, 60);
	for (int t = 0; t < length && st.w.bad == NULL; t++) {
		tick(&st, t);
		moment(&st);
	}
	if (st.w.bad == NULL)
		calm(&st);
	if (st.w.bad == NULL)
		check_end(&st.w, &st.sides[0], &st.sides[1]);
	char *bad = g_steal_pointer(&st.w.bad);
	stage_clear(&st);
	return bad;
}

/* ---- a directed course ---- */

static void
turn(stage *st)
{
	tick(st, st->w.now + 8);
	for (int i = 0; i < 2; i++) {
		side_pump(&st->sides[i]);
		side_resend(&st->sides[i]);
		side_ack(&st->sides[i]);
	}
	for (int i = 0; i < 2; i++)
		post(st, &st->sides[i]);
	deliver(st);
}

static void
turns(stage *st, int n)
{
	while (n-- > 0)
		turn(st);
}

char *
play_dangling(void)
{
	static const play_options o = {.window = 8};
	stage st;
	g_autofree char *bad = NULL;

	stage_init(&st, 1, &o);
	st.w.calm = TRUE;
	tracker *a = &st.trackers[0], *b = &st.trackers[1];
	g_autofree char *x = world_uid(&st.w), *y = world_uid(&st.w);
	g_autofree char *name = item_relation_reg("relates", x, y);
	tracker_make(a, x)->pub = TRUE;
	tracker_make(a, y)->pub = TRUE;
	g_hash_table_insert(a->rels, g_steal_pointer(&name), tracker_clock(a));
	turns(&st, 6);
	if (g_hash_table_size(b->rels) != 1)
		world_bad(&st.w, "the relation did not come over");

	tracker_remove(b, y);
	side_pump(&st.sides[1]);
	post(&st, &st.sides[1]);
	deliver(&st);
	side_pump(&st.sides[0]);
	tracker_remove(b, x);
	turns(&st, 8);
	if (g_hash_table_size(a->items) + g_hash_table_size(b->items) > 0)
		world_bad(&st.w, "a deleted item came back");
	bad = g_steal_pointer(&st.w.bad);
	stage_clear(&st);
	return g_steal_pointer(&bad);
}
