/*
 * What the system tells, and what the looks find, becomes events.
 */
#include "spool/watch_private.h"

#include <inotifytools/inotify.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_LEN (64 * 1024)                   /* bytes read at once */
#define FRESH_NS   G_GINT64_CONSTANT(3000000000) /* some clocks of directories tick that seldom */

guint
watch_count_files(const watch_place *p)
{
	return p->files != NULL ? g_strv_length((char **)(gpointer)p->files) : 0;
}

/* ---- which descriptor tells of which place: places may share a directory ---- */

void
watch_unbind(watch *w, watch_place *p)
{
	GPtrArray *all = g_hash_table_lookup(w->by_wd, GINT_TO_POINTER(p->wd));

	if (p->wd < 0 || all == NULL)
		return;
	g_ptr_array_remove(all, p);
	if (all->len == 0) {
		inotify_rm_watch(w->inotify, p->wd);
		g_hash_table_remove(w->by_wd, GINT_TO_POINTER(p->wd));
	}
	p->wd = -1;
}

static void
bind_to(watch *w, watch_place *p, int wd)
{
	GPtrArray *all = g_hash_table_lookup(w->by_wd, GINT_TO_POINTER(wd));

	if (p->wd == wd)
		return;
	watch_unbind(w, p);
	if (all == NULL) {
		all = g_ptr_array_new();
		g_hash_table_insert(w->by_wd, GINT_TO_POINTER(wd), all);
	}
	g_ptr_array_add(all, p);
	p->wd = wd;
}

/* ---- telling ---- */

watch_place *
watch_find(watch *w, guint64 id)
{
	return g_hash_table_lookup(w->places, &id);
}

/* The place may be gone afterwards. */
static void
tell(watch *w, guint64 id, watch_event event, const char *name)
{
	const watch_place *p = watch_find(w, id);

	if (p != NULL && !w->freed)
		p->tell(event, name, p->data);
}

static GArray *
ids_of(GPtrArray *places)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; places != NULL && i < places->len; i++)
		g_array_append_val(ids, ((const watch_place *)places->pdata[i])->id);
	return ids;
}

GPtrArray *
watch_all(watch *w)
{
	GPtrArray *all = g_ptr_array_new();
	GHashTableIter i;
	gpointer p;

	g_hash_table_iter_init(&i, w->places);
	while (g_hash_table_iter_next(&i, NULL, &p))
		g_ptr_array_add(all, p);
	return all;
}

/* ---- what a look has found ---- */

static void
gone(watch *w, watch_place *p)
{
	gboolean news = p->there || !p->known;

	watch_unbind(w, p);
	p->known = TRUE;
	p->there = p->deaf = FALSE;
	p->dev = p->ino = 0;
	if (news)
		tell(w, p->id, WATCH_GONE, NULL);
}

/* Another look, later, finds out what cannot be known yet. */
static void
settle_in(watch *w, watch_place *p, const watch_job *j)
{
	for (guint i = 0; i < watch_count_files(p); i++)
		p->marks[i] = j->marks[i];
	p->known = p->there = p->confirm = TRUE;
	p->dev = j->now_dev;
	p->ino = j->now_ino;
	p->mtime = j->mtime;
	p->told = p->last = 0;
	tell(w, p->id, WATCH_BACK, NULL);
}

static gboolean
is_fresh(gint64 mtime)
{
	gint64 now = g_get_real_time() * 1000;

	return mtime > now - FRESH_NS;
}

/* Has the directory changed?  One that changed a moment ago is asked twice. */
static gboolean
differs(watch_place *p, const watch_job *j)
{
	gboolean ret = j->mtime != p->mtime || p->confirm;

	p->confirm = j->mtime != p->mtime && is_fresh(j->mtime);
	p->mtime = j->mtime;
	if (!p->measure)
		return ret;
	if (j->fingerprint == p->last && j->fingerprint != p->told) {
		p->told = j->fingerprint;
		ret = TRUE;
	}
	p->last = j->fingerprint;
	return ret;
}

static void
compare(watch *w, watch_place *p, const watch_job *j)
{
	guint64 id = p->id;

	if ((p->kind == WATCH_ARRIVALS || (p->kind == WATCH_NAMES && p->files == NULL)) &&
	    differs(p, j))
		tell(w, id, WATCH_ANY, NULL);
	for (guint i = 0; (p = watch_find(w, id)) != NULL && i < watch_count_files(p); i++) {
		/* That a file has gone is no news; what it was is remembered. */
		gboolean changed = j->marks[i] != 0 && p->marks[i] != j->marks[i];
		gboolean news = changed && !p->heard[i];

		if (changed)
			p->marks[i] = j->marks[i];
		p->heard[i] = FALSE;
		if (news)
			tell(w, id, WATCH_FILE, p->files[i]);
	}
}

/* The system had until now to tell of the probe. */
static void
judge_probe(watch *w, watch_place *p, const watch_job *j)
{
	gboolean deaf = j->mask != 0 && (p->wd < 0 || p->probe == PROBE_MADE);

	if (p->probe == PROBE_MADE)
		p->probe = PROBE_NONE;
	if (!deaf || p->deaf)
		return;
	p->deaf = TRUE;
	tell(w, p->id, WATCH_DEAF, NULL);
}

void
watch_take_found(watch *w, const watch_job *j)
{
	watch_place *p = watch_find(w, j->id);
	gpointer wd = GINT_TO_POINTER(j->wd);

	if (p == NULL) {
		if (j->wd >= 0 && !g_hash_table_contains(w->by_wd, wd))
			inotify_rm_watch(w->inotify, j->wd);
		return;
	}
	p->looking = FALSE;
	if (p->again)
		watch_look_at(w, p);
	if (!j->there) {
		gone(w, p);
		return;
	}
	if (!j->added)
		judge_probe(w, p, j);
	if (j->wd >= 0) {
		bind_to(w, p, j->wd);
		p->deaf = FALSE;
		p->probe = !j->probed                           ? PROBE_NONE
			   : g_hash_table_remove(w->probes, wd) ? PROBE_HEARD
								: PROBE_MADE;
	}
	if ((p = watch_find(w, j->id)) == NULL)
		return;
	if (!p->there || p->dev != j->now_dev || p->ino != j->now_ino || j->wd >= 0)
		settle_in(w, p, j);
	else
		compare(w, p, j);
}

/* ---- what the system tells ---- */

static void
hear_probe(watch *w, GPtrArray *places, int wd)
{
	if (places == NULL)
		g_hash_table_add(w->probes, GINT_TO_POINTER(wd));
	for (guint i = 0; places != NULL && i < places->len; i++)
		((watch_place *)places->pdata[i])->probe = PROBE_HEARD;
}

static void
hear_name(watch *w, guint64 id, guint32 mask, const char *name)
{
	watch_place *p = watch_find(w, id);

	for (guint i = 0; p != NULL && i < watch_count_files(p); i++)
		if (g_str_equal(p->files[i], name))
			p->heard[i] = TRUE;
	tell(w, id, mask & IN_CREATE ? WATCH_BEGUN : WATCH_FILE, name);
}

/* Events were lost: all may have happened. */
static void
overflow(watch *w)
{
	g_autoptr(GPtrArray) all = watch_all(w);
	g_autoptr(GArray) ids = ids_of(all);

	for (guint i = 0; i < ids->len; i++)
		tell(w, g_array_index(ids, guint64, i), WATCH_ANY, NULL);
	watch_look(w);
}

static void
hear(watch *w, const struct inotify_event *e)
{
	GPtrArray *places = g_hash_table_lookup(w->by_wd, GINT_TO_POINTER(e->wd));
	g_autoptr(GArray) ids = ids_of(places);

	if (e->mask & IN_Q_OVERFLOW) {
		overflow(w);
		return;
	}
	if (e->len > 0 && g_str_has_prefix(e->name, WATCH_PROBE)) {
		hear_probe(w, places, e->wd);
		return;
	}
	for (guint i = 0; i < ids->len && !w->freed; i++) {
		guint64 id = g_array_index(ids, guint64, i);
		watch_place *p = watch_find(w, id);

		if (p == NULL)
			continue;
		if (e->mask & IN_IGNORED)
			watch_unbind(w, p);
		if (e->mask & (IN_IGNORED | IN_UNMOUNT | WATCH_SELF))
			watch_look_at(w, p);
		else if (e->len > 0)
			hear_name(w, id, e->mask, e->name);
	}
}

void
watch_read_events(watch *w)
{
	union {
		struct inotify_event first;
		char bytes[EVENTS_LEN];
	} buf;
	gssize got;

	while (w->inotify >= 0 && !w->freed &&
	       (got = read(w->inotify, buf.bytes, sizeof buf.bytes)) > 0)
		for (char *p = buf.bytes; p < buf.bytes + got && !w->freed;) {
			const struct inotify_event *e = (const void *)p;

			hear(w, e);
			p += sizeof *e + e->len;
		}
}
