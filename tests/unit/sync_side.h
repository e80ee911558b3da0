/*
 * sync_side - one side of a simulated link: what a gateway does around src/sync
 *
 * Numbers and acknowledgements are simplified: an envelope is a JSON object, a commit is a
 * snapshot, and a crash falls back to the last one.
 */
#pragma once
#include "sync/sync_private.h"
#include "sync_world.h"

/* What a side keeps; a crash brings the last committed one back. */
typedef struct {
	guint64 num, done, line, serial, peer_serial;
	GHashTable *items;  /* uid -> sync_item */
	json_t *queue;      /* lines not sealed yet */
	json_t *inbox;      /* number -> envelope */
	json_t *outbox;     /* number -> envelope */
	json_t *sent;       /* number -> {uid: [gen, own]} */
	json_t *waiting;    /* acks whose `at` is not reached */
	json_t *intent;     /* or NULL */
	GByteArray *logged; /* value -> it stands in the conflict log */
} side_state;

typedef struct side side;
struct side {
	world *w;
	tracker *t;
	side *peer;
	gboolean master;
	sync_ctx ctx;
	char *now;
	side_state st;
	json_t *disk; /* the last commit while a crash is planned */
	int fuse;     /* steps to the crash; -1: none */
	gboolean crashed;
	int wait;        /* REST: recovery not before */
	json_t *next;    /* the message that is being handed over; borrowed */
	GPtrArray *wire; /* json_t *: messages not handed to the carrier yet */
	guint64 traffic;
};

void side_init(side *, world *, tracker *, gboolean master, const contract *);
void side_clear(side *);
/* Runs F, which may crash on its way, if the side can go on at all. */
void side_run(side *, void (*f)(side *));
/* Finishes or forgets an open intent; FALSE while it has to wait. */
gboolean side_recover(side *);
void side_pump(side *);
void side_ack(side *);
void side_resend(side *);
void side_release(side *);
void side_drain(side *);
void side_take(side *, json_t *message);
/* Operators. */
void side_resolve(side *);
void side_operate(side *);
void side_new_generation(side *);
/* Someone spoils an agreed value. */
void side_spoil(side *);
/* Every item, by uid; borrowed, caller frees the array. */
GPtrArray *side_uids(const side *);
sync_item *side_item(const side *, const char *uid);
/* The time now, for src/sync. */
void side_tick(side *);
/* Item UID starts a new generation from what is shown, as after `check`. */
void side_repair(side *, sync_item *);

/* --- sync_save.c --- */
void state_init(side_state *);
void state_clear(side_state *);
/* All of it, and back. */
json_t *state_save(const side_state *);
void state_load(side_state *, const json_t *);

/* --- sync_again.c --- */
/*
 * Both sides begin anew, RESTORED with its state OLD, unless that is NULL.  FALSE: not now, as
 * something is being written.  What the carrier has is for the caller to drop.
 */
gboolean sides_begin_again(side *, side *, side *restored, const json_t *old);

/* --- sync_write.c: the tracker is written --- */
/* Takes INTENT over; NULL is a no-op. */
void side_execute(side *, json_t *intent);
void side_point(side *);
void side_commit(side *);
/* Lines go into the queue, losses into the log. */
void side_collect(side *, const sync_item *, sync_out *);
