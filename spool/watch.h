/*
 * watch - tells when something happens in directories, without reading what lies there
 *
 * The system is asked to tell (inotify), and a slow look runs beside it, because shares tell
 * nothing of what other machines do.  Looking at a share that hangs hangs: all looks are made by
 * threads of their own, so that the main loop never waits.  Events come from the main loop of the
 * thread that made the watch.  Names, times and sizes only.
 */
#pragma once
#include <glib.h>

typedef struct watch watch;

typedef enum {
	WATCH_ARRIVALS, /* files that others put there; a probe finds out whether the system tells
			 */
	WATCH_NAMES,    /* files that come, go, are replaced, closed after writing, or touched */
	WATCH_WRITES,   /* files that come, are replaced, or written to; not those that are empty */
	WATCH_PRESENCE  /* only whether the directory is there */
} watch_kind;

typedef enum {
	WATCH_FILE,  /* something happened to NAME */
	WATCH_BEGUN, /* NAME has been made; its bytes may still be on their way */
	WATCH_ANY,   /* something happened, who knows to what */
	WATCH_BACK,  /* the directory is there: at first, again, or another one */
	WATCH_GONE,  /* it is not */
	WATCH_DEAF   /* the system does not tell: it is only looked at */
} watch_event;

/* NAME is NULL but for FILE and BEGUN.  Any call is allowed inside. */
typedef void watch_heard(watch_event, const char *name, gpointer data);

watch *watch_new(void);
/* Nothing is heard afterwards.  NULL is a no-op. */
void watch_free(watch *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(watch, watch_free)

/*
 * Watches directory PATH, and looks at it every PERIOD milliseconds.  FILES (NULL-ended, outliving
 * the watch; may be NULL) are looked at one by one, so that their writes are found by a look, too.
 * The id is for watch_drop(), never 0.  BACK or GONE follows.
 */
guint64 watch_add(watch *, const char *path, watch_kind, const char *const *files, guint period,
		  watch_heard *, gpointer data);
void watch_drop(watch *, guint64 id); /* 0 is a no-op */
/* Looks at all of them now. */
void watch_look(watch *);
/*
 * Files of which only a part is there grow without any event.  ON: a look compares the names, times
 * and sizes of all files, and ANY is told when they have changed and then rested for a period.
 */
void watch_measure(watch *, guint64 id, gboolean on);
/* Hears what the system has told by now, without waiting for the main loop. */
void watch_dispatch(watch *);
