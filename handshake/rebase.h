/*
 * rebase - two sides that no longer agree on what travelled find together again
 *
 * Pure.  An epoch stands for one life of one side's numbers.  Whoever begins anew draws one, is
 * open, and tells so in R, a message of its own: its epoch, the epoch of the partner that it names,
 * whether it is open, and what it has.  Both are paired when each has seen itself named by the
 * other, as the two ends of a connection are.  What an operator has to decide is not decided here.
 */
#pragma once
#include <glib.h>

#include "base/json.h"

typedef struct {
	gboolean open;
	char *named;    /* open: the partner's epoch that R names; NULL: none is known */
	char *left;     /* open: the partner's epoch of the pair before; NULL: there was none */
	gboolean again; /* paired by a new handshake file: both have said yes to begin anew */
	char *strange;  /* running: what made this side stop; or NULL */
	char *asked; /* running: the partner begins anew with this epoch and names ours; or NULL */
	GPtrArray *retired; /* char *: epochs of either side that count no more, oldest first */
	gint64 since;       /* when this side opened; 0: never */
	gint64 next;        /* when R is to be sent; 0: it is not */
	gint64 sent;        /* when it was sent last; 0: never */
	guint tries;        /* since it opened */
	guint64 counter;    /* of the messages sent */
	char *file;         /* the last one, as long as it may lie in the channel; or NULL */
} rebase;

rebase *rebase_new(void);
void rebase_free(rebase *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rebase, rebase_free)
/* A new reference; rebase_from_json returns NULL for what is none. */
json_t *rebase_to_json(const rebase *);
rebase *rebase_from_json(const json_t *);

typedef enum {
	REBASE_NOTHING,
	REBASE_PAIR,   /* this side and the sender are a pair from now on */
	REBASE_NAME,   /* name the sender's epoch, and tell it at once */
	REBASE_TELL,   /* tell R at once */
	REBASE_REMIND, /* tell R, but not more often than things are sent again */
	REBASE_ASK,    /* the partner begins anew: if the operator wants it, so does this side */
	REBASE_STOP    /* the sender knows a course of things that is not known here */
} rebase_act;

/* What R says of its sender. */
typedef struct {
	const char *epoch, *with; /* WITH: named, or paired with; may be NULL */
	gboolean open;
} rebase_word;
/*
 * R has come to the side of epoch MINE, which is paired with WITH (NULL while it is open).  What
 * the caller does of it is told by rebase_named(), rebase_begin() and rebase_paired().
 */
rebase_act rebase_hear(const rebase *, const char *mine, const char *with, const rebase_word *);
/*
 * Something else has come, from EPOCH to the epoch NAMES, which are not the pair of MINE and WITH.
 * Who is sent to as what he was once is no old copy: then the sender's was another life.
 */
rebase_act rebase_stray(const rebase *, const char *mine, const char *with, const char *epoch,
			const char *names);
/* EPOCH is what made this side stop: once it begins anew, that has been looked at. */
void rebase_stopped(rebase *, const char *epoch);

/* This side opens, leaving the pair of MINE and WITH (may be NULL); it names what it was asked by,
 * else WITH.  The caller draws the new epoch. */
void rebase_begin(rebase *, const char *mine, const char *with, gint64 now);
/* The pair of MINE and WITH (may be NULL) is left for one that a new handshake file makes. */
void rebase_again(rebase *, const char *mine, const char *with);
/* The partner's epoch is named from now on. */
void rebase_named(rebase *, const char *epoch, gint64 now);
/* This side is paired with EPOCH. */
void rebase_paired(rebase *, const char *epoch, gint64 now);
/* R is due at NOW, or, if REMIND, WAIT seconds after the last one at the earliest. */
void rebase_due(rebase *, gboolean remind, gint64 wait, gint64 now);
/* R was sent as FILE at NOW; while this side is open it is sent again after FIRST seconds, then
 * ever more seldom, after MOST at the latest. */
void rebase_sent(rebase *, const char *file, gint64 first, gint64 most, gint64 now);
