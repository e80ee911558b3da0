/*
 * talk - what the supervisor and a worker say to each other, over a socket
 *
 * Both are the same program, so a message is a struct.  The end of the socket is the end of the
 * other side.
 */
#pragma once
#include <glib.h>

#define TALK_SOCKET 3 /* the worker's descriptor */
#define TALK_TEXT   1000

typedef enum {
	TALK_GO = 1, /* to the worker: make a pass */
	TALK_END,    /* come to an end, in the middle of a pass too */
	TALK_LISTEN, /* to one that makes no passes: wait where envelopes arrive */
	TALK_HEARD,  /* from it: something may have arrived */
	TALK_AWAY,   /* from it: TEXT: why that place can't be reached, or "" */
	TALK_MOVES,  /* from the worker, now and then while it works */
	TALK_PASSED, /* a pass is over; TEXT: why the channel is away, or "" */
	TALK_FAILED  /* it can't go on, and ends; TEXT: why */
} talk_type;

typedef struct {
	talk_type type;
	guint64 taken, applied, captured, sealed;
	guint64 held, quarantined, unacked;
	gint64 wait;
	guint unfinished;
	gboolean asleep, stopped;
	char text[TALK_TEXT]; /* UTF-8, cut if need be */
} talk_message;

/* An empty message of TYPE, with TEXT (may be NULL). */
talk_message talk_new(talk_type, const char *text);
/* FALSE: the other side is gone, or has not listened for long; never waits. */
gboolean talk_send(int fd, const talk_message *);

typedef enum { TALK_GOT, TALK_NONE, TALK_OVER } talk_result;
/* NONE: nothing has come (without WAIT), or a signal has. */
talk_result talk_receive(int fd, gboolean wait, talk_message *ret);
/* Is there anything to be received, the end too? */
gboolean talk_waits(int fd);
