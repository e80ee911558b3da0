#include "daemon/schedule.h"

#define S ((gint64)G_USEC_PER_SEC)

static const schedule_limits two = {.workers = 2, .linger = 60 * S, .hang = 900 * S};

typedef struct {
	schedule *s;
	gint64 now;
} desk;

static void
open_desk(desk *d, gconstpointer unused)
{
	(void)unused;
	d->s = schedule_new(&two);
	d->now = 1000 * S;
	schedule_add(d->s, "a");
	schedule_add(d->s, "b");
	schedule_add(d->s, "c");
}

static void
close_desk(desk *d, gconstpointer unused)
{
	(void)unused;
	schedule_free(d->s);
}

static void
poke(desk *d, const char *link)
{
	schedule_poke(d->s, link, d->now);
}

static void
expect(desk *d, schedule_act act, const char *link)
{
	schedule_step step = schedule_next(d->s, d->now);

	g_assert_cmpint(step.act, ==, act);
	g_assert_cmpstr(step.link, ==, link);
}

/* Nothing is to be done, until IN from now. */
static void
expect_rest(desk *d, gint64 in)
{
	schedule_step step = schedule_next(d->s, d->now);

	g_assert_cmpint(step.act, ==, DO_NOTHING);
	g_assert_cmpint(step.when, ==, in == G_MAXINT64 ? in : d->now + in);
}

static void
passed(desk *d, const char *link)
{
	schedule_passed(d->s, link, PASS_DONE, 86400 * S, d->now);
}

static void
idle_links_want_nothing(desk *d, gconstpointer unused)
{
	(void)unused;
	expect_rest(d, G_MAXINT64);
	g_assert_cmpuint(schedule_count_workers(d->s), ==, 0);
}

static void
a_poke_starts_a_worker_that_lingers_and_ends(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	g_assert_true(schedule_has_worker(d->s, "a"));
	expect_rest(d, 30 * S);
	d->now += 1 * S;
	passed(d, "a");
	expect_rest(d, 60 * S);
	d->now += 60 * S;
	expect(d, DO_END, "a");
	schedule_ended(d->s, "a", FALSE, d->now);
	g_assert_false(schedule_has_worker(d->s, "a"));
	expect_rest(d, 86400 * S - 60 * S);
}

static void
one_that_went_without_its_pass_is_replaced_at_once(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	passed(d, "a");
	poke(d, "a");
	expect(d, DO_GO, "a");
	g_assert_cmpint(schedule_ended(d->s, "a", FALSE, d->now), ==, 0);
	expect(d, DO_START, "a");
	passed(d, "a");
	expect_rest(d, 60 * S);
}

static void
a_lingering_worker_is_used_again(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	passed(d, "a");
	d->now += 10 * S;
	poke(d, "a");
	expect(d, DO_GO, "a");
}

static void
a_poke_during_a_pass_brings_one_more(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	poke(d, "a");
	poke(d, "a");
	passed(d, "a");
	expect(d, DO_GO, "a");
	passed(d, "a");
	expect_rest(d, 60 * S);
}

static void
a_later_poke_waits(desk *d, gconstpointer unused)
{
	(void)unused;
	schedule_poke(d->s, "a", d->now + 5 * S);
	schedule_poke(d->s, "a", d->now + 9 * S);
	expect_rest(d, 5 * S);
	d->now += 5 * S;
	expect(d, DO_START, "a");
}

static void
so_many_work_and_the_others_wait_in_line(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "c");
	d->now++;
	poke(d, "a");
	d->now++;
	poke(d, "b");
	expect(d, DO_START, "c");
	expect(d, DO_START, "a");
	expect_rest(d, 30 * S);
	passed(d, "a");
	expect(d, DO_START, "b");
}

static void
who_floods_stands_behind_who_waits(desk *d, gconstpointer unused)
{
	(void)unused;
	schedule_limits one = {.workers = 1, .linger = 60 * S, .hang = 900 * S};

	schedule_limit(d->s, &one);
	poke(d, "a");
	expect(d, DO_START, "a");
	poke(d, "a");
	d->now += 1 * S;
	poke(d, "b");
	d->now += 1 * S;
	passed(d, "a");
	expect(d, DO_END, "a"); /* it lingers and makes room */
	expect(d, DO_START, "b");
	schedule_ended(d->s, "a", FALSE, d->now);
	passed(d, "b");
	d->now += 1;
	expect(d, DO_END, "b");
	expect(d, DO_START, "a");
}

static void
a_worker_that_stands_still_takes_no_place(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	poke(d, "b");
	expect(d, DO_START, schedule_next(d->s, d->now).link[0] == 'a' ? "b" : "a");
	poke(d, "c");
	expect_rest(d, 30 * S);
	d->now += 29 * S;
	schedule_moved(d->s, "a", d->now);
	d->now += 1 * S;
	expect(d, DO_START, "c");
}

static void
a_worker_that_hangs_is_killed_and_comes_back(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	d->now += 899 * S;
	expect_rest(d, 1 * S);
	d->now += 1 * S;
	expect(d, DO_KILL, "a");
	expect_rest(d, 900 * S);
	g_assert_cmpint(schedule_ended(d->s, "a", TRUE, d->now), ==, 1 * S);
	expect_rest(d, 1 * S);
	d->now += 1 * S;
	expect(d, DO_START, "a");
}

static void
pauses_double_up_to_five_minutes(desk *d, gconstpointer unused)
{
	static const gint64 pauses[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};

	(void)unused;
	poke(d, "a");
	for (gsize i = 0; i < G_N_ELEMENTS(pauses); i++) {
		expect(d, DO_START, "a");
		g_assert_cmpint(schedule_ended(d->s, "a", TRUE, d->now), ==, pauses[i] * S);
		poke(d, "a");
		expect_rest(d, pauses[i] * S);
		d->now += pauses[i] * S;
	}
}

static void
a_good_pass_forgets_the_failures(desk *d, gconstpointer unused)
{
	(void)unused;
	for (int i = 0; i < 5; i++) {
		schedule_wake(d->s, "a", d->now);
		schedule_next(d->s, d->now);
		schedule_ended(d->s, "a", TRUE, d->now);
	}
	schedule_wake(d->s, "a", d->now);
	expect(d, DO_START, "a");
	passed(d, "a");
	g_assert_cmpint(schedule_ended(d->s, "a", TRUE, d->now), ==, 1 * S);
}

static void
a_channel_that_is_away_is_tried_ever_more_seldom(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	for (gint64 pause = 1; pause < 60; pause *= 2) {
		schedule_passed(d->s, "a", PASS_AWAY, 86400 * S, d->now);
		expect_rest(d, pause * S);
		d->now += pause * S;
		expect(d, DO_GO, "a");
	}
	schedule_passed(d->s, "a", PASS_AWAY, 86400 * S, d->now);
	poke(d, "a");
	expect(d, DO_GO, "a");
}

static void
who_sleeps_is_woken_by_the_operator_alone(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	schedule_passed(d->s, "a", PASS_ASLEEP, 0, d->now);
	expect(d, DO_END, "a");
	schedule_ended(d->s, "a", FALSE, d->now);
	poke(d, "a");
	expect_rest(d, G_MAXINT64);
	schedule_wake(d->s, "a", d->now);
	expect(d, DO_START, "a");
}

static void
who_is_asked_for_the_lock_ends_and_comes_back(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	schedule_yield(d->s, "a", d->now); /* in the middle of a pass */
	expect(d, DO_END, "a");
	schedule_passed(d->s, "a", PASS_DONE, 0, d->now);
	schedule_ended(d->s, "a", FALSE, d->now);
	expect_rest(d, 100 * 1000);
	d->now += 100 * 1000;
	expect(d, DO_START, "a");
	schedule_taken(d->s, "a", d->now); /* the other still has it */
	expect_rest(d, 100 * 1000);
	d->now += 100 * 1000;
	expect(d, DO_START, "a");
	schedule_taken(d->s, "a", d->now);
	expect_rest(d, 200 * 1000);
}

static void
other_settings_end_a_worker_and_start_one(desk *d, gconstpointer unused)
{
	(void)unused;
	poke(d, "a");
	expect(d, DO_START, "a");
	passed(d, "a");
	schedule_renew(d->s, "a", d->now);
	expect(d, DO_END, "a");
	schedule_ended(d->s, "a", FALSE, d->now);
	expect(d, DO_START, "a");
}

static void
an_unknown_link_is_nobodys(desk *d, gconstpointer unused)
{
	(void)unused;
	schedule_remove(d->s, "b");
	schedule_poke(d->s, "b", d->now);
	schedule_wake(d->s, "b", d->now);
	schedule_yield(d->s, "b", d->now);
	expect_rest(d, G_MAXINT64);
}

/* A day of a thousand links with random pokes: never more workers than allowed, everybody served.
 */
static void
a_thousand_links_are_all_served(desk *d, gconstpointer unused)
{
	g_autoptr(schedule) s = schedule_new(&(schedule_limits){4, 10 * S, 900 * S});
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	g_autoptr(GHashTable) served = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GQueue) works = g_queue_new();
	gint64 now = d->now;

	(void)unused;
	for (int i = 0; i < 1000; i++) {
		g_autofree char *name = g_strdup_printf("l%d", i);
		schedule_add(s, name);
		schedule_poke(s, name, now + g_rand_int_range(random, 0, 100) * S);
	}
	while (g_hash_table_size(served) < 1000) {
		schedule_step step = schedule_next(s, now);

		if (step.act == DO_END) {
			schedule_ended(s, step.link, FALSE, now);
		} else if (step.act != DO_NOTHING) {
			g_queue_push_tail(works, (gpointer)step.link);
			g_assert_cmpuint(g_queue_get_length(works), <=, 4);
		} else {
			const char *link = g_queue_pop_head(works);

			if (link != NULL) {
				schedule_passed(s, link, PASS_DONE, 86400 * S, now);
				schedule_poke(s, link, now); /* it floods */
				g_hash_table_add(served, (gpointer)link);
			} else {
				now = step.when;
			}
			now += S / 10;
		}
		g_assert_cmpuint(schedule_count_workers(s), <=, 8);
		g_assert_cmpint(now, <, d->now + 1000 * S);
	}
}

static void
a_burst_ends_when_it_is_quiet_or_too_long(void)
{
	burst b = {0};

	g_assert_cmpint(burst_due(&b, 50, 1000), ==, G_MAXINT64);
	burst_note(&b, 5000);
	g_assert_cmpint(burst_due(&b, 50, 1000), ==, 5050);
	for (gint64 at = 5040; at < 7000; at += 40)
		burst_note(&b, at);
	g_assert_cmpint(burst_due(&b, 50, 1000), ==, 6000);
}

int
main(int argc, char **argv)
{
#define TEST(f) g_test_add("/schedule/" #f, desk, NULL, open_desk, f, close_desk)
	g_test_init(&argc, &argv, NULL);
	TEST(idle_links_want_nothing);
	TEST(a_poke_starts_a_worker_that_lingers_and_ends);
	TEST(one_that_went_without_its_pass_is_replaced_at_once);
	TEST(a_lingering_worker_is_used_again);
	TEST(a_poke_during_a_pass_brings_one_more);
	TEST(a_later_poke_waits);
	TEST(so_many_work_and_the_others_wait_in_line);
	TEST(who_floods_stands_behind_who_waits);
	TEST(a_worker_that_stands_still_takes_no_place);
	TEST(a_worker_that_hangs_is_killed_and_comes_back);
	TEST(pauses_double_up_to_five_minutes);
	TEST(a_good_pass_forgets_the_failures);
	TEST(a_channel_that_is_away_is_tried_ever_more_seldom);
	TEST(who_sleeps_is_woken_by_the_operator_alone);
	TEST(who_is_asked_for_the_lock_ends_and_comes_back);
	TEST(other_settings_end_a_worker_and_start_one);
	TEST(an_unknown_link_is_nobodys);
	TEST(a_thousand_links_are_all_served);
	g_test_add_func("/schedule/a_burst_ends_when_it_is_quiet_or_too_long",
			a_burst_ends_when_it_is_quiet_or_too_long);
	return g_test_run();
}
