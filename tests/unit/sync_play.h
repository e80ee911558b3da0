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

/*
 * One directed course: an item whose other end was deleted by the partner is deleted there too, and
 * must not come back for the sake of the relation that went.  NULL if all is well.
 */
char *play_dangling(void);

/* What must hold at the end: sync_check.c */
struct side;
void check_end(world *, struct side *master, struct side *slave);
