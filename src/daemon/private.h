/* private - what the files of daemon share */
#pragma once
#include "daemon/child.h"
#include "daemon/daemon.h"
#include "daemon/ear.h"
#include "daemon/schedule.h"
#include "spool/watch.h"

typedef struct supervisor supervisor;

/* One link. */
typedef struct {
	supervisor *d;
	char *name, *dir;
	conf *conf;                 /* NULL: it can't be read */
	guint64 own, send, receive; /* watches; 0: none */
	ear *ear;                   /* of a channel that can't be watched; or NULL */
	child *worker;              /* or NULL */
	gboolean failed;            /* the worker said so */
	gboolean asleep, stopped;
	guint closings; /* of the lock, since the worker was started */
	char *away;     /* what was said last: "" or why */
} member;

struct supervisor {
	site *site;
	const daemon_options *options;
	schedule *plan;
	watch *eyes;
	GHashTable *members; /* name -> member */
	GMainLoop *loop;
	GPtrArray *tracker_files;    /* of the home, NULL-ended, borrowed */
	burst tracker;               /* their changes */
	guint timer, soon, patience; /* sources */
	guint stop_signals;
};

/* daemon.c */
/* Decides what is to be done next, as soon as what happens now is over. */
void daemon_plan(supervisor *);
/* LINK and TEXT may be NULL. */
void daemon_tell(supervisor *, daemon_level, const char *link, const char *event, const char *text);
void daemon_tell_numbers(supervisor *, daemon_level, const char *link, const char *event,
			 const char *const *keys, const guint64 *values);
/* Links may have come or gone. */
void daemon_list(supervisor *);

/* member.c */
member *member_new(supervisor *, const char *name);
void member_free(gpointer);
/* Reads link.conf again and watches what it says; the worker, if there is one, ends. */
void member_reload(member *);
void member_start(member *);
void member_go(member *);
void member_end(member *);
void member_kill(member *);
/* Does the tracker of this link tell its changes by files of the home? */
gboolean member_tracks(const member *);
