/*
 * sync_kit - one item on the two sides of a link, for directed tests
 *
 * What a tracker shows is an item that the test changes; a merge is carried out at once, and what
 * the test named as refused, or stored otherwise, is.
 */
#pragma once
#include "sync/sync_private.h"

#define KIT_UID   "0000000000000000000000000a"
#define KIT_OTHER "0000000000000000000000000b"
#define KIT_THING "@0000000000000000000000000t"
#define KIT_T0    "2026-01-01T00:00:00Z"
#define KIT_T1    "2026-01-01T00:01:00Z"
#define KIT_T2    "2026-01-01T00:02:00Z"

enum { MASTER, SLAVE };

typedef struct {
	contract *contract;
	sync_ctx ctx[2];
	sync_item *it[2];
	item *shows[2];      /* NULL: the tracker has it not */
	sync_out out[2];     /* of the last step */
	const char *refuses; /* register that trackers refuse to write; "life": to make or delete */
	const char *stores;  /* what a tracker stores instead of any text */
	gboolean other_there; /* is KIT_OTHER shared? */
	json_t *plan;         /* of the last merge */
} kit;

void kit_init(kit *);
void kit_clear(kit *);
/* The tracker of SIDE shows VALUE (JSON text; NULL: nothing) for REG since AT. */
void kit_show(kit *, int side, const char *reg, const char *value, const char *at);
void kit_delete(kit *, int side);
/* Captures; the record, borrowed until the next step of SIDE, NULL if there is none. */
json_t *kit_capture(kit *, int side);
/* The first line of type T and, for answers, of CODE in the last step; NULL if there is none. */
json_t *kit_line(const kit *, int side, const char *t, const char *code);
/* RECORD arrives at SIDE and is merged unless it has to wait. */
sync_verdict kit_receive(kit *, int side, json_t *record);
/* The same for what waits in inq. */
gboolean kit_release(kit *, int side);
/* Carries INTENT out; takes it over. */
void kit_execute(kit *, int side, json_t *intent);
/* SIDE captures and the other receives. */
void kit_pass(kit *, int side);
/* Makes the item at the master with title "one" and passes it. */
void kit_share(kit *);
/* Asserts that REG's tops are equal and of VALUE (JSON text). */
void kit_assert_top(const kit *, const char *reg, const char *value);
/* Does B, which may be NULL, hold all that A holds? */
void kit_assert_same(const sync_item *a, const sync_item *b);
void kit_assert_shows(const kit *, int side, const char *reg, const char *value);
/* Is VALUE (JSON text) among the losses of the last step? */
gboolean kit_lost(const kit *, int side, const char *value);
/* A copy of RECORD in which TEXT is replaced. */
json_t *kit_forge(const json_t *record, const char *text, const char *with);
