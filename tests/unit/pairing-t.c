#include "handshake/pairing.h"

#include <string.h>

/* Every legal step, written out apart from the code; what is not here is ignored. */
static const struct {
	pair_state state;
	pair_event event;
	pair_state next;
	guint actions;
} legal[] = {
	/* the first join, nothing special */
	{PAIR_OFFERED, GOT_S1, PAIR_PINNED, DO_PIN},
	{PAIR_PINNED, GOT_S2, PAIR_RUNNING, DO_REPORT},
	{PAIR_JOINING, GOT_M1, PAIR_RUNNING, DO_SEAL_S2 | DO_REPORT},

	/* the operator has a say */
	{PAIR_OFFERED, GOT_S1_ASK, PAIR_CONFIRM, DO_ASK},
	{PAIR_CONFIRM, ACCEPTED, PAIR_PINNED, DO_PIN},

	/* wrong proofs: the fifth closes what nobody has joined yet */
	{PAIR_OFFERED, GOT_WRONG, PAIR_OFFERED, DO_REFUSE | DO_ALERT},
	{PAIR_CONFIRM, GOT_WRONG, PAIR_CONFIRM, DO_REFUSE | DO_ALERT},
	{PAIR_PINNED, GOT_WRONG, PAIR_PINNED, DO_REFUSE | DO_ALERT},
	{PAIR_CLOSED, GOT_WRONG, PAIR_CLOSED, DO_REFUSE | DO_ALERT},
	{PAIR_RUNNING, GOT_WRONG, PAIR_RUNNING, DO_REFUSE | DO_ALERT},
	{PAIR_OFFERED, GOT_FIFTH, PAIR_CLOSED, DO_REFUSE | DO_ALERT | DO_REPORT},
	{PAIR_CONFIRM, GOT_FIFTH, PAIR_CONFIRM, DO_REFUSE | DO_ALERT},
	{PAIR_PINNED, GOT_FIFTH, PAIR_PINNED, DO_REFUSE | DO_ALERT},
	{PAIR_CLOSED, GOT_FIFTH, PAIR_CLOSED, DO_REFUSE | DO_ALERT},
	{PAIR_RUNNING, GOT_FIFTH, PAIR_RUNNING, DO_REFUSE | DO_ALERT},

	/* too late, or second */
	{PAIR_OFFERED, GOT_LATE, PAIR_OFFERED, DO_REFUSE | DO_ALERT},
	{PAIR_CONFIRM, GOT_LATE, PAIR_CONFIRM, DO_REFUSE | DO_ALERT},
	{PAIR_PINNED, GOT_LATE, PAIR_PINNED, DO_REFUSE | DO_ALERT},
	{PAIR_CLOSED, GOT_LATE, PAIR_CLOSED, DO_REFUSE | DO_ALERT},
	{PAIR_RUNNING, GOT_LATE, PAIR_RUNNING, DO_REFUSE | DO_ALERT},
	{PAIR_CLOSED, GOT_S1, PAIR_CLOSED, DO_REFUSE | DO_ALERT},
	{PAIR_CLOSED, GOT_S1_ASK, PAIR_CLOSED, DO_REFUSE | DO_ALERT},

	/* copies */
	{PAIR_CONFIRM, GOT_S1, PAIR_CONFIRM, DO_NOTHING},
	{PAIR_CONFIRM, GOT_S1_ASK, PAIR_CONFIRM, DO_NOTHING},
	{PAIR_RUNNING, GOT_S2, PAIR_RUNNING, DO_NOTHING},
	{PAIR_RUNNING, GOT_M1, PAIR_RUNNING, DO_SEAL_S2},
	{PAIR_REFUSED, GOT_REFUSED, PAIR_REFUSED, DO_NOTHING},

	/* the slave is refused and tries again */
	{PAIR_JOINING, GOT_REFUSED, PAIR_REFUSED, DO_REPORT},
	{PAIR_REFUSED, REJOINED, PAIR_JOINING, DO_SEAL_S1},
	{PAIR_JOINING, REJOINED, PAIR_JOINING, DO_SEAL_S1},
	{PAIR_RUNNING, REJOINED, PAIR_RUNNING, DO_SEAL_S1},
	{PAIR_RUNNING, GOT_REFUSED, PAIR_RUNNING, DO_REPORT},

	/* a fresh offer, and what answers it beside the pair there is */
	{PAIR_OFFERED, INVITED, PAIR_OFFERED, DO_NOTHING},
	{PAIR_CONFIRM, INVITED, PAIR_OFFERED, DO_NOTHING},
	{PAIR_PINNED, INVITED, PAIR_PINNED, DO_NOTHING},
	{PAIR_CLOSED, INVITED, PAIR_OFFERED, DO_NOTHING},
	{PAIR_RUNNING, INVITED, PAIR_RUNNING, DO_NOTHING},
	{PAIR_PINNED, GOT_S1, PAIR_PINNED, DO_PIN},
	{PAIR_RUNNING, GOT_S1, PAIR_PINNED, DO_PIN},
	{PAIR_PINNED, GOT_S1_ASK, PAIR_PINNED, DO_ASK},
	{PAIR_RUNNING, GOT_S1_ASK, PAIR_RUNNING, DO_ASK},
	{PAIR_PINNED, ACCEPTED, PAIR_PINNED, DO_PIN},
	{PAIR_RUNNING, ACCEPTED, PAIR_PINNED, DO_PIN},
};

static int
row_of(pair_state state, pair_event event)
{
	for (gsize i = 0; i < G_N_ELEMENTS(legal); i++)
		if (legal[i].state == state && legal[i].event == event)
			return (int)i;
	return -1;
}

static void
test_every_pair(void)
{
	guint rows = 0;

	for (guint s = 0; s < PAIR_STATES; s++) {
		for (guint e = 0; e < PAIR_EVENTS; e++) {
			pair_step step = pairing_step(s, e);
			int row = row_of(s, e);

			if (step.legal != (row >= 0) ||
			    step.next != (row < 0 ? (pair_state)s : legal[row].next) ||
			    step.actions != (row < 0 ? 0 : legal[row].actions))
				g_test_fail_printf("state %s, event %u: legal %d, next %s, "
						   "actions %u",
						   pair_state_name(s), e, step.legal,
						   pair_state_name(step.next), step.actions);
			rows += row >= 0;
		}
	}
	/* No row of the test is hidden behind another. */
	g_assert_cmpuint(rows, ==, G_N_ELEMENTS(legal));
}

/* Only these events prove something, so that only they may lead to a pair. */
static void
test_only_proofs_pair(void)
{
	for (guint s = 0; s < PAIR_STATES; s++) {
		for (guint e = 0; e < PAIR_EVENTS; e++) {
			pair_step step = pairing_step(s, e);
			gboolean pins = (step.actions & DO_PIN) != 0;
			gboolean runs = step.next == PAIR_RUNNING && s != PAIR_RUNNING;

			if (pins)
				g_assert_true(e == GOT_S1 || e == ACCEPTED);
			if (step.next == PAIR_PINNED && s != PAIR_PINNED)
				g_assert_true(pins);
			if (runs)
				g_assert_true((s == PAIR_PINNED && e == GOT_S2) ||
					      (s == PAIR_JOINING && e == GOT_M1));
		}
	}
}

static void
test_wrong_proofs_alert(void)
{
	static const pair_state masters[] = {PAIR_OFFERED, PAIR_CONFIRM, PAIR_PINNED, PAIR_CLOSED,
					     PAIR_RUNNING};
	static const pair_event bad[] = {GOT_WRONG, GOT_FIFTH, GOT_LATE};

	for (gsize s = 0; s < G_N_ELEMENTS(masters); s++) {
		for (gsize e = 0; e < G_N_ELEMENTS(bad); e++) {
			pair_step step = pairing_step(masters[s], bad[e]);

			g_assert_true(step.legal);
			g_assert_cmpuint(step.actions & (DO_REFUSE | DO_ALERT), ==,
					 DO_REFUSE | DO_ALERT);
			g_assert_cmpuint(step.actions & (DO_PIN | DO_SEAL_S1 | DO_SEAL_S2), ==, 0);
		}
	}
}

static void
test_every_state_has_a_way_on(void)
{
	for (guint s = 0; s < PAIR_STATES; s++) {
		guint ways = 0;

		for (guint e = 0; e < PAIR_EVENTS; e++)
			ways += pairing_step(s, e).next != s || s == PAIR_RUNNING;
		g_assert_cmpuint(ways, >, 0);
	}
}

static void
test_names(void)
{
	for (guint s = 0; s < PAIR_STATES; s++) {
		pair_state back = PAIR_STATES;

		g_assert_cmpuint(strlen(pair_state_name(s)), >, 0);
		g_assert_true(pair_state_from_name(pair_state_name(s), &back));
		g_assert_cmpint(back, ==, s);
	}
	pair_state untouched = PAIR_CLOSED;
	g_assert_false(pair_state_from_name("Running", &untouched));
	g_assert_false(pair_state_from_name("", &untouched));
	g_assert_false(pair_state_from_name(NULL, &untouched));
	g_assert_cmpint(untouched, ==, PAIR_CLOSED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pairing/every_state_and_event_is_as_the_table_says", test_every_pair);
	g_test_add_func("/pairing/only_a_proof_or_the_operator_makes_a_pair",
			test_only_proofs_pair);
	g_test_add_func("/pairing/every_wrong_proof_is_refused_and_alerted",
			test_wrong_proofs_alert);
	g_test_add_func("/pairing/every_state_has_a_way_on", test_every_state_has_a_way_on);
	g_test_add_func("/pairing/the_name_of_a_state_leads_back_to_it", test_names);
	return g_test_run();
}
