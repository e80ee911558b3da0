/*
 * sync_play - two sites, one hostile carrier, and what must hold in the end
 */
#pragma once
#include "sync_world.h"

/* The usual hostility: losses, doubles, holds and crashes; nothing else. */
extern const play_options play_usual;
/*
 * Plays SEED until both sides are quiet; NULL if all is well, else what is wrong
 * (caller frees).  The same seed and options play the same.
 */
char *play(guint32 seed, const play_options *);

/* What must hold at the end: sync_check.c */
struct side;
void check_end(world *, struct side *master, struct side *slave);
