/*
 * One source of the main loop does it all: it reads what the system tells, takes what the looking
 * threads found, and is ready when the next look is due.
 */
#include "spool/watch.h"

#include <inotifytools/inotify.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "spool/watch_private.h"

#define LOOKERS 32 /* threads at most: so many shares may hang at once */

typedef struct {
	GSource base;
	watch *w;
} watch_source;

typedef struct {
	watch_job *job;
	watch_box *box;
} task;

static const guint32 masks[] = {
	[WATCH_ARRIVALS] = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO,
	[WATCH_NAMES] =
		IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB,
	[WATCH_WRITES] = IN_CREATE | IN_MOVED_TO | IN_MODIFY,
	[WATCH_PRESENCE] = 0,
};

static void
place_free(gpointer data)
{
	watch_place *p = data;

	g_free(p->path);
	g_free(p->marks);
	g_free(p->heard);
	g_free(p);
}

/* ---- looking ---- */

/* Of the main loop no more is woken than there are periods: looks of one period come together. */
static gint64
next_due(gint64 now, gint64 period)
{
	return (now / period + 1) * period;
}

static void
set_timer(watch *w)
{
	gint64 first = -1;
	GHashTableIter i;
	gpointer value;

	g_hash_table_iter_init(&i, w->places);
	while (g_hash_table_iter_next(&i, NULL, &value)) {
		const watch_place *p = value;

		if (first < 0 || p->due < first)
			first = p->due;
	}
	g_source_set_ready_time(w->source, first);
}

static void
box_clear(gpointer data)
{
	watch_box *box = data;

	g_async_queue_unref(box->found);
	g_main_context_unref(box->context);
}

static void
task_free(gpointer data)
{
	task *t = data;

	watch_job_free(t->job);
	g_atomic_rc_box_release_full(t->box, box_clear);
	g_free(t);
}

/* A thread may still hang in its look when the watch is long gone: it keeps the box. */
static void
look_in_thread(gpointer data, gpointer unused)
{
	task *t = data;

	(void)unused;
	if (!g_atomic_int_get(&t->box->closed))
		watch_job_run(t->job);
	g_async_queue_push(t->box->found, g_steal_pointer(&t->job));
	g_main_context_wakeup(t->box->context);
	task_free(t);
}

void
watch_look_at(watch *w, watch_place *p)
{
	p->due = next_due(clock_mono_us(), p->period);
	p->again = p->looking;
	if (p->looking)
		return;
	task *t = g_new(task, 1);
	watch_job *j = watch_job_new(p->id, p->path);

	j->inotify = w->inotify;
	j->mask = w->inotify < 0 || masks[p->kind] == 0 ? 0
							: masks[p->kind] | WATCH_SELF | IN_MASK_ADD;
	j->probe = p->kind == WATCH_ARRIVALS;
	j->measure = p->measure;
	j->writes = p->kind == WATCH_WRITES;
	j->files = p->files;
	j->dev = p->wd >= 0 ? p->dev : 0;
	j->ino = p->wd >= 0 ? p->ino : 0;
	*t = (task){j, g_atomic_rc_box_acquire(w->box)};
	p->looking = g_thread_pool_push(w->pool, t, NULL);
	if (!p->looking)
		task_free(t);
}

/* ---- the source ---- */

static void
read_found(watch *w)
{
	watch_job *j;

	while (!w->freed && (j = g_async_queue_try_pop(w->box->found)) != NULL) {
		watch_take_found(w, j);
		watch_job_free(j);
	}
}

static void
look_at_due(watch *w)
{
	gint64 now = clock_mono_us();
	g_autoptr(GPtrArray) all = watch_all(w);

	for (guint i = 0; i < all->len; i++) {
		watch_place *p = all->pdata[i];

		if (p->due <= now)
			watch_look_at(w, p);
	}
}

static void
destroy(watch *w)
{
	g_hash_table_unref(w->places);
	g_hash_table_unref(w->by_wd);
	g_hash_table_unref(w->probes);
	g_atomic_int_set(&w->box->closed, TRUE);
	g_thread_pool_free(w->pool, FALSE, FALSE);
	g_atomic_rc_box_release_full(w->box, box_clear);
	if (w->inotify >= 0)
		close(w->inotify);
	g_free(w);
}

void
watch_dispatch(watch *w)
{
	w->busy++;
	watch_read_events(w);
	read_found(w);
	w->busy--;
	if (w->freed && w->busy == 0)
		destroy(w);
	else if (!w->freed)
		set_timer(w);
}

static gboolean
source_prepare(GSource *source, int *timeout)
{
	const watch *w = ((watch_source *)source)->w;

	*timeout = -1;
	return g_async_queue_length(w->box->found) > 0;
}

static gboolean
source_check(GSource *source)
{
	return g_async_queue_length(((watch_source *)source)->w->box->found) > 0;
}

static gboolean
source_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
	watch *w = ((watch_source *)source)->w;

	(void)callback;
	(void)data;
	look_at_due(w);
	watch_dispatch(w);
	return G_SOURCE_CONTINUE;
}

/* GLib takes no const one. */
static GSourceFuncs source_funcs = {
	.prepare = source_prepare,
	.check = source_check,
	.dispatch = source_dispatch,
};

/* ---- the watch ---- */

watch *
watch_new(void)
{
	watch *w = g_new0(watch, 1);

	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, place_free);
	w->by_wd = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	w->probes = g_hash_table_new(NULL, NULL);
	w->pool = g_thread_pool_new_full(look_in_thread, NULL, task_free, LOOKERS, FALSE, NULL);
	w->box = g_atomic_rc_box_new0(watch_box);
	w->box->found = g_async_queue_new_full((GDestroyNotify)watch_job_free);
	w->box->context = g_main_context_ref_thread_default();
	w->source = g_source_new(&source_funcs, sizeof(watch_source));
	((watch_source *)w->source)->w = w;
	if (w->inotify >= 0)
		g_source_add_unix_fd(w->source, w->inotify, G_IO_IN);
	g_source_attach(w->source, w->box->context);
	return w;
}

void
watch_free(watch *w)
{
	if (w == NULL || w->freed)
		return;
	w->freed = TRUE;
	g_source_destroy(w->source);
	g_source_unref(w->source);
	if (w->busy == 0)
		destroy(w);
}

guint64
watch_add(watch *w, const char *path, watch_kind kind, const char *const *files, guint period,
	  watch_heard *heard, gpointer data)
{
	watch_place *p = g_new0(watch_place, 1);

	p->id = ++w->last_id;
	p->path = g_strdup(path);
	p->kind = kind;
	p->files = files;
	p->marks = g_new0(guint64, watch_count_files(p) + 1);
	p->heard = g_new0(gboolean, watch_count_files(p) + 1);
	p->period = (gint64)period * 1000;
	p->tell = heard;
	p->data = data;
	p->wd = -1;
	g_hash_table_insert(w->places, &p->id, p);
	watch_look_at(w, p);
	if (w->busy == 0)
		set_timer(w);
	return p->id;
}

void
watch_drop(watch *w, guint64 id)
{
	watch_place *p = watch_find(w, id);

	if (p == NULL)
		return;
	watch_unbind(w, p);
	g_hash_table_remove(w->places, &id);
}

void
watch_look(watch *w)
{
	g_autoptr(GPtrArray) all = watch_all(w);

	for (guint i = 0; i < all->len; i++)
		watch_look_at(w, all->pdata[i]);
	if (w->busy == 0)
		set_timer(w);
}

void
watch_measure(watch *w, guint64 id, gboolean on)
{
	watch_place *p = watch_find(w, id);

	if (p == NULL || p->measure == on)
		return;
	p->measure = on;
	p->last = p->told = 0;
}
