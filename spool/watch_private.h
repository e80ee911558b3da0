/*
 * watch_private - what the files of watch share: a look at a directory, made by a thread
 *
 * Included by watch*.c only.
 */
#pragma once
#include "spool/watch.h"

#define WATCH_SELF  (IN_DELETE_SELF | IN_MOVE_SELF)
#define WATCH_PROBE ".handsel-watch-" /* how names of probes begin: no envelope's name does */

/* One look.  The thread owns all of it, but for FILES, which outlive everything. */
typedef struct {
	guint64 id; /* of the place */
	char *path;
	int inotify;
	guint32 mask; /* 0: not to be watched */
	gboolean probe, measure;
	gboolean writes; /* an empty file is none */
	const char *const *files;
	guint64 dev, ino; /* of the directory that is watched already; 0: none */

	/* What it found. */
	gboolean there;
	gboolean added;  /* watched anew; WD is -1 where that failed */
	gboolean probed; /* a probe was made */
	int wd;
	guint64 now_dev, now_ino;
	gint64 mtime;        /* nanoseconds */
	guint64 fingerprint; /* of names, times and sizes; with MEASURE */
	guint64 *marks;      /* of each of FILES: time and size in one number */
} watch_job;

watch_job *watch_job_new(guint64 id, const char *path);
void watch_job_free(watch_job *);
/* May hang as long as the file system does. */
void watch_job_run(watch_job *);

/* ---- the watch ---- */

typedef enum { PROBE_NONE, PROBE_MADE, PROBE_HEARD } watch_probe;

typedef struct {
	guint64 id;
	char *path;
	watch_kind kind;
	const char *const *files;
	guint64 *marks;  /* of FILES, as they were last */
	gboolean *heard; /* what happened to each since the last look was told already */
	gint64 period, due;
	watch_heard *tell;
	gpointer data;
	gboolean known, there; /* KNOWN: looked at before */
	gboolean looking, again;
	gboolean deaf; /* that it is has been told */
	guint64 dev, ino;
	int wd; /* or -1 */
	watch_probe probe;
	gint64 mtime;
	gboolean confirm; /* MTIME was so young that a later change may bear it, too */
	gboolean measure;
	guint64 last, told; /* fingerprints: of the last look, and when ANY was told for it */
} watch_place;

/* Where the threads put what they found; it outlives them. */
typedef struct {
	GAsyncQueue *found; /* watch_job */
	GMainContext *context;
	gint closed; /* nobody wants to know any more */
} watch_box;

struct watch {
	int inotify; /* or -1 */
	guint64 last_id;
	GHashTable *places; /* id -> watch_place */
	GHashTable *by_wd;  /* wd -> GPtrArray of watch_place */
	GHashTable *probes; /* wds of which a probe was heard before the look that made it ended */
	GThreadPool *pool;
	watch_box *box;
	GSource *source;
	gboolean freed; /* inside its own event */
	guint busy;
};

/* watch.c */
void watch_look_at(watch *, watch_place *);

/* watch_hear.c */
watch_place *watch_find(watch *, guint64 id);
guint watch_count_files(const watch_place *);
/* Ends that the system tells of the place. */
void watch_unbind(watch *, watch_place *);
/* All that the system has told by now. */
void watch_read_events(watch *);
/* What a look has found becomes events. */
void watch_take_found(watch *, const watch_job *);
/* New array of borrowed places. */
GPtrArray *watch_all(watch *);
