/*
 * gateway_kit - two paired sites, one pass at a time, for directed tests of the whole
 *
 * Anna is the master.  Gateway, spool, store, desk and folder channel are the very ones; OpenPGP is
 * tests/sim/pgp_fake.c, so that a test takes no longer than its files do.
 */
#pragma once
#include "adapter/desk.h"
#include "gateway/pass.h"
#include "spool/manifest.h"

enum { ANNA, BERT };

typedef struct {
	char *dir;
	char *home[2], *send[2], *receive[2], *keys[2];
} kit;

/* Both sites, paired, nothing on the way; for g_test_add(). */
void kit_set_up(kit *, gconstpointer unused);
void kit_tear_down(kit *, gconstpointer unused);

/* WHO's site and its link to the other, with OVERRIDES as for gateway_open(). */
typedef struct {
	site *at;
	gateway *g;
} kit_link;
kit_link kit_open(const kit *, int who, gate_mode, const char *const *overrides);
void kit_close(kit_link *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(kit_link, kit_close)

/* One pass of WHO's, which does not fail. */
pass_report kit_pass(kit *, int who);
/* All that lies in WHO's SEND comes to the other. */
void kit_carry(kit *, int who);
/* Passes and carrying until nothing is on its way. */
void kit_settle(kit *);
/* A new item on WHO's desk; its id, caller frees. */
char *kit_new(kit *, int who, const char *title);
void kit_set_title(kit *, int who, const char *id, const char *title);
void kit_delete(kit *, int who, const char *id);
/* The titles on WHO's desk in their order, joined by blanks; caller frees. */
char *kit_titles(kit *, int who);
/* Takes the one numbered envelope out of Anna's SEND, and away; its path, caller frees. */
char *kit_take_sent(kit *);
/* Puts the file at PATH into Bert's RECEIVE. */
void kit_arrives(kit *, const char *path);
/*
 * What Anna would have sent instead of the envelope at PATH if ALTER had had its way with the
 * manifest: her genuine seal, and a name that fits.  The path, caller frees.  ALTER NULL: the same
 * again, sealed anew.
 */
char *kit_forge(kit *, const char *path, void (*alter)(manifest *));
/* The reason of the one file that lies in Bert's quarantine; 0 if there is none. */
int kit_reason(kit *);
