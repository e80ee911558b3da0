/*
 * events - what happened on links, merged by time
 *
 * Reads the notes of each link in portions, so that memory does not grow with their number.  Needs
 * no lock, no keys and no settings: the log of a link that can't be opened can still be read.
 */
#pragma once
#include "conf/site.h"
#include "store/store.h"

typedef struct {
	gint64 since, until; /* not before SINCE, before UNTIL */
	const char *item;    /* as people here call it, or its uid; NULL: all */
} events_filter;

typedef struct events events;
events *events_new(const events_filter *);
void events_free(events *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(events, events_free)
/* Adds the log of link NAME; one that does not know the filter's item adds nothing. */
gboolean events_add(events *, const site *, const char *name, GError **error);
/* Of how many links something can be read. */
guint events_count(const events *);
/* FALSE ends the reading. */
typedef gboolean events_each(const char *link, const store_event *, gpointer data);
/* Calls EACH for all that was not read before, by time, each link's events in their order. */
gboolean events_read(events *, events_each *, gpointer data, GError **error);
/* The words in use on any of the links, sorted; caller frees. */
GPtrArray *events_kinds(events *, GError **error);
