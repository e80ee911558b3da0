/*
 * sync_edit - what the people at a simulated tracker may touch
 */
#pragma once
#include "sync_world.h"

tracker_item *tracker_make(tracker *, const char *uid);
/* Takes over V (NULL: null) and AT. */
void tracker_put(tracker_item *, const char *reg, json_t *v, json_t *at);
/* The item, its relations and the parents that name it. */
void tracker_remove(tracker *, const char *uid);
gboolean tracker_parent_refused(const tracker *, const char *uid, const char *parent);
