/*
 * pairing - the states of a link until it runs, as a table
 *
 * Pure: an event in a state gives the next state and what to do.  The caller commits the new state,
 * then does the action, and repeats it after a restart: every action is idempotent.
 */
#pragma once
#include <glib.h>

typedef enum {
	PAIR_OFFERED, /* master: the file is out, nobody has joined */
	PAIR_CONFIRM, /* master: a valid s1 waits for the operator (pairing.confirm) */
	PAIR_PINNED,  /* master: m1 is out, s2 has not come */
	PAIR_JOINING, /* slave: s1 is out */
	PAIR_REFUSED, /* slave: the master said no */
	PAIR_CLOSED,  /* master: the offer is closed (five wrong proofs) */
	PAIR_RUNNING, /* both: changes travel */
	PAIR_STATES
} pair_state;

typedef enum {
	GOT_S1,     /* a valid proof for the open offer; a copy of the pinned s1 is no event */
	GOT_S1_ASK, /* the same while pairing.confirm is on */
	ACCEPTED,   /* the operator accepted */
	GOT_WRONG,  /* a wrong proof */
	GOT_FIFTH,  /* the fifth different wrong proof */
	GOT_LATE,   /* after expiry, for an older offer, or by another key after the first */
	GOT_M1,
	GOT_S2,
	GOT_REFUSED,
	INVITED,  /* the operator made a new offer */
	REJOINED, /* the operator joined again with another file or passphrase */
	PAIR_EVENTS
} pair_event;

typedef enum {
	DO_NOTHING = 0,
	DO_PIN = 1,    /* pin the key, burn K, draw Nm, seal m1: one transaction */
	DO_ASK = 2,    /* keep s1, tell the operator */
	DO_REFUSE = 4, /* answer `refused` */
	DO_ALERT = 8,
	DO_SEAL_S2 = 16, /* take Nm, seal s2: one transaction; nothing if that m1 was taken */
	DO_SEAL_S1 = 32,
	DO_REPORT = 64
} pair_action;

typedef struct {
	gboolean legal;
	pair_state next;
	guint actions; /* pair_action bits */
} pair_step;

/*
 * The step for EVENT in STATE; an illegal pair has legal FALSE, stays where it is, and is to be
 * ignored with a note in the log.  PINNED and RUNNING outlive an invitation and joining again until
 * the new pair is proven; whether an offer is open then is for the caller to keep.
 */
pair_step pairing_step(pair_state, pair_event);
const char *pair_state_name(pair_state); /* as status shows it */
gboolean pair_state_from_name(const char *, pair_state *ret);
