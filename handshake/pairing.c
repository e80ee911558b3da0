#include "handshake/pairing.h"

#define TELL_BOTH (DO_REFUSE | DO_ALERT)

/*
 * A pair that there is stays until the next one is proven: an invitation leaves PINNED and RUNNING
 * as they are, and so does joining again.  A missing cell is illegal.
 */
/* clang-format off */
static const pair_step steps[PAIR_STATES][PAIR_EVENTS] = {
	[PAIR_OFFERED] = {
		[GOT_S1] = {TRUE, PAIR_PINNED, DO_PIN},
		[GOT_S1_ASK] = {TRUE, PAIR_CONFIRM, DO_ASK},
		[GOT_WRONG] = {TRUE, PAIR_OFFERED, TELL_BOTH},
		[GOT_FIFTH] = {TRUE, PAIR_CLOSED, TELL_BOTH | DO_REPORT},
		/* What answers an older file must not close the newer offer. */
		[GOT_LATE] = {TRUE, PAIR_OFFERED, TELL_BOTH},
		[INVITED] = {TRUE, PAIR_OFFERED, DO_NOTHING},
	},
	[PAIR_CONFIRM] = {
		/* The operator has been asked; a copy changes nothing. */
		[GOT_S1] = {TRUE, PAIR_CONFIRM, DO_NOTHING},
		[GOT_S1_ASK] = {TRUE, PAIR_CONFIRM, DO_NOTHING},
		[ACCEPTED] = {TRUE, PAIR_PINNED, DO_PIN},
		/* Guesses must not lock out the one who knew. */
		[GOT_WRONG] = {TRUE, PAIR_CONFIRM, TELL_BOTH},
		[GOT_FIFTH] = {TRUE, PAIR_CONFIRM, TELL_BOTH},
		[GOT_LATE] = {TRUE, PAIR_CONFIRM, TELL_BOTH},
		[INVITED] = {TRUE, PAIR_OFFERED, DO_NOTHING},
	},
	[PAIR_PINNED] = {
		[GOT_S1] = {TRUE, PAIR_PINNED, DO_PIN},
		[GOT_S1_ASK] = {TRUE, PAIR_PINNED, DO_ASK},
		[ACCEPTED] = {TRUE, PAIR_PINNED, DO_PIN},
		[GOT_WRONG] = {TRUE, PAIR_PINNED, TELL_BOTH},
		[GOT_FIFTH] = {TRUE, PAIR_PINNED, TELL_BOTH},
		[GOT_LATE] = {TRUE, PAIR_PINNED, TELL_BOTH},
		[GOT_S2] = {TRUE, PAIR_RUNNING, DO_REPORT},
		[INVITED] = {TRUE, PAIR_PINNED, DO_NOTHING},
	},
	[PAIR_JOINING] = {
		[GOT_M1] = {TRUE, PAIR_RUNNING, DO_SEAL_S2 | DO_REPORT},
		[GOT_REFUSED] = {TRUE, PAIR_REFUSED, DO_REPORT},
		[REJOINED] = {TRUE, PAIR_JOINING, DO_SEAL_S1},
	},
	[PAIR_REFUSED] = {
		[GOT_REFUSED] = {TRUE, PAIR_REFUSED, DO_NOTHING},
		[REJOINED] = {TRUE, PAIR_JOINING, DO_SEAL_S1},
	},
	[PAIR_CLOSED] = {
		[GOT_S1] = {TRUE, PAIR_CLOSED, TELL_BOTH},
		[GOT_S1_ASK] = {TRUE, PAIR_CLOSED, TELL_BOTH},
		[GOT_WRONG] = {TRUE, PAIR_CLOSED, TELL_BOTH},
		[GOT_FIFTH] = {TRUE, PAIR_CLOSED, TELL_BOTH},
		[GOT_LATE] = {TRUE, PAIR_CLOSED, TELL_BOTH},
		[INVITED] = {TRUE, PAIR_OFFERED, DO_NOTHING},
	},
	[PAIR_RUNNING] = {
		/* Master: the offer of a later invitation. */
		[GOT_S1] = {TRUE, PAIR_PINNED, DO_PIN},
		[GOT_S1_ASK] = {TRUE, PAIR_RUNNING, DO_ASK},
		[ACCEPTED] = {TRUE, PAIR_PINNED, DO_PIN},
		[GOT_WRONG] = {TRUE, PAIR_RUNNING, TELL_BOTH},
		[GOT_FIFTH] = {TRUE, PAIR_RUNNING, TELL_BOTH},
		[GOT_LATE] = {TRUE, PAIR_RUNNING, TELL_BOTH},
		[GOT_S2] = {TRUE, PAIR_RUNNING, DO_NOTHING},
		[INVITED] = {TRUE, PAIR_RUNNING, DO_NOTHING},
		/* Slave: copies, and the answers to joining again. */
		[GOT_M1] = {TRUE, PAIR_RUNNING, DO_SEAL_S2},
		[GOT_REFUSED] = {TRUE, PAIR_RUNNING, DO_REPORT},
		[REJOINED] = {TRUE, PAIR_RUNNING, DO_SEAL_S1},
	},
};
/* clang-format on */

static const char *const names[PAIR_STATES] = {
	[PAIR_OFFERED] = "offered", [PAIR_CONFIRM] = "confirm", [PAIR_PINNED] = "pinned",
	[PAIR_JOINING] = "joining", [PAIR_REFUSED] = "refused", [PAIR_CLOSED] = "closed",
	[PAIR_RUNNING] = "running",
};

pair_step
pairing_step(pair_state state, pair_event event)
{
	g_assert((guint)state < PAIR_STATES && (guint)event < PAIR_EVENTS);
	pair_step step = steps[state][event];

	if (!step.legal)
		step.next = state;
	return step;
}

const char *
pair_state_name(pair_state state)
{
	g_assert((guint)state < PAIR_STATES);
	return names[state];
}

gboolean
pair_state_from_name(const char *name, pair_state *ret)
{
	for (guint i = 0; i < PAIR_STATES; i++) {
		if (g_strcmp0(names[i], name) == 0) {
			*ret = (pair_state)i;
			return TRUE;
		}
	}
	return FALSE;
}
