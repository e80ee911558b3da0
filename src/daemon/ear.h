/*
 * ear - a process that waits where the envelopes of a link arrive, and tells
 *
 * For channels that have to be asked over a network: waiting there must not keep the supervisor,
 * and what a server says is not for it to read.  A process that dies is started again.
 */
#pragma once
#include <glib.h>

typedef struct ear ear;

typedef struct {
	void (*heard)(gpointer data); /* something may have arrived */
	/* The place can't be reached, and why; NULL: it can. */
	void (*away)(const char *why, gpointer data);
} ear_events;

/* For link NAME of the site at HOME; the strings and EVENTS outlive it. */
ear *ear_start(const char *home, const char *name, const char *const *overrides, const ear_events *,
	       gpointer data);
/* Nothing is told afterwards; NULL is a no-op. */
void ear_stop(ear *);
