/*
 * child - a worker, as the supervisor has it
 */
#pragma once
#include "daemon/talk.h"

typedef struct child child;

typedef struct {
	void (*heard)(const talk_message *, gpointer data);
	/* It has ended and been waited for; all it said has been heard.  STATUS as of wait(2). */
	void (*ended)(int status, gpointer data);
} child_events;

/* Starts a worker for link NAME of the site at HOME: this very program, in a process group of its
 * own.  It waits to be told. */
child *child_start(const char *home, const char *name, const char *const *overrides,
		   const child_events *, gpointer data, GError **error);
/* After it has ended; NULL is a no-op. */
void child_free(child *);
void child_say(child *, talk_type);
/* It ends at once, and its helper with it; ended() follows. */
void child_kill(child *);
int child_pid(const child *);
