#include "daemon/daemon.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "adapter/adapter.h"
#include "base/clock.h"
#include "daemon/cage.h"
#include "daemon/notify.h"
#include "daemon/private.h"
#include "daemon/runlock.h"

#define POLL          10000                /* milliseconds between looks at what is our own */
#define TRACKER_QUIET (50 * 1000)          /* edits that follow each other that closely, */
#define TRACKER_MOST  (1 * G_USEC_PER_SEC) /* but for no longer, leave together */
#define STOP_SECONDS  5                    /* for a worker to come to its next step */
#define WORKERS_LEAST 4

/* ---- what is told ---- */

static json_t *
event_new(const char *link, const char *event)
{
	json_t *o = json_object();
	g_autofree char *at = clock_stamp_now();

	json_put(o, "at", at);
	json_put(o, "event", event);
	if (link != NULL)
		json_put(o, "link", link);
	return o;
}

void
daemon_tell(supervisor *d, daemon_level level, const char *link, const char *event,
	    const char *text)
{
	g_autoptr(json_ref) o = event_new(link, event);

	if (text != NULL)
		json_put(o, "text", text);
	d->options->say(level, o, d->options->data);
}

void
daemon_tell_numbers(supervisor *d, daemon_level level, const char *link, const char *event,
		    const char *const *keys, const guint64 *values)
{
	g_autoptr(json_ref) o = event_new(link, event);

	for (guint i = 0; keys[i] != NULL; i++)
		json_object_set_new(o, keys[i], json_integer((json_int_t)values[i]));
	d->options->say(level, o, d->options->data);
}

/* ---- settings ---- */

static schedule_limits
limits_of(const supervisor *d)
{
	conf *c = site_conf(d->site);
	gint64 workers = conf_int(c, "run.workers");

	if (workers == 0)
		workers = MAX(2 * (gint64)g_get_num_processors(), WORKERS_LEAST);
	return (schedule_limits){.workers = (guint)workers,
				 .linger = conf_int(c, "run.linger") * G_USEC_PER_SEC,
				 .hang = conf_int(c, "run.hang") * G_USEC_PER_SEC};
}

/* handsel.conf anew; a wrong one is told, and the old one holds. */
static void
reload_site(supervisor *d)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(site) s = site_open(site_dir(d->site), &why);
	const char *const *pairs = d->options->site_overrides;

	for (guint i = 0; s != NULL && pairs != NULL && pairs[i] != NULL; i++)
		if (!conf_set_pair(site_conf(s), pairs[i], &why))
			g_clear_pointer(&s, site_close);
	if (s == NULL) {
		daemon_tell(d, SAY_TROUBLE, NULL, "damaged", why->message);
		return;
	}
	site_close(d->site);
	d->site = g_steal_pointer(&s);
	const schedule_limits limits = limits_of(d);
	schedule_limit(d->plan, &limits);
	daemon_plan(d);
}

/* ---- links come and go ---- */

static gboolean
is_meant(const supervisor *d, const char *name)
{
	return d->options->links == NULL || g_strv_contains(d->options->links, name);
}

/* A worker whose link is gone has nothing to finish. */
static gboolean
forget(gpointer name, gpointer data, gpointer keep)
{
	member *m = data;

	if (g_ptr_array_find_with_equal_func(keep, name, g_str_equal, NULL))
		return FALSE;
	if (m->worker == NULL)
		return TRUE;
	child_kill(m->worker);
	return FALSE;
}

void
daemon_list(supervisor *d)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) names = site_links(d->site, &why);

	if (names == NULL) {
		daemon_tell(d, SAY_TROUBLE, NULL, "damaged", why->message);
		return;
	}
	g_hash_table_foreach_remove(d->members, forget, names);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (!is_meant(d, name) || g_hash_table_contains(d->members, name))
			continue;
		member *m = member_new(d, name);
		g_hash_table_insert(d->members, m->name, m);
		daemon_tell(d, SAY_DETAIL, name, "watched", NULL);
	}
	daemon_plan(d);
}

/* ---- deciding ---- */

static void
poke_tracked(supervisor *d, gint64 now)
{
	GHashTableIter i;
	gpointer m;

	d->tracker = (burst){0};
	g_hash_table_iter_init(&i, d->members);
	while (g_hash_table_iter_next(&i, NULL, &m))
		if (member_tracks(m))
			schedule_poke(d->plan, ((member *)m)->name, now);
}

static void
do_step(member *m, schedule_act act)
{
	static void (*const acts[])(member *) = {
		[DO_START] = member_start,
		[DO_GO] = member_go,
		[DO_END] = member_end,
		[DO_KILL] = member_kill,
	};

	acts[act](m);
}

static gboolean
on_timer(gpointer data)
{
	supervisor *d = data;

	d->timer = 0;
	daemon_plan(d);
	return G_SOURCE_REMOVE;
}

static void
set_timer(supervisor *d, gint64 now, gint64 when)
{
	g_clear_handle_id(&d->timer, g_source_remove);
	if (when == G_MAXINT64)
		return;
	gint64 ms = MAX(when - now + 999, 0) / 1000;
	d->timer = g_timeout_add((guint)MIN(ms, G_MAXINT), on_timer, d);
}

static void
decide(supervisor *d)
{
	gint64 now = clock_mono_us();
	schedule_step step;

	if (burst_due(&d->tracker, TRACKER_QUIET, TRACKER_MOST) <= now)
		poke_tracked(d, now);
	while ((step = schedule_next(d->plan, now)).act != DO_NOTHING)
		do_step(g_hash_table_lookup(d->members, step.link), step.act);
	set_timer(d, now, MIN(step.when, burst_due(&d->tracker, TRACKER_QUIET, TRACKER_MOST)));
}

static gboolean
on_plan(gpointer data)
{
	supervisor *d = data;

	d->soon = 0;
	if (d->stop_signals == 0)
		decide(d);
	else if (schedule_count_workers(d->plan) == 0)
		g_main_loop_quit(d->loop);
	return G_SOURCE_REMOVE;
}

void
daemon_plan(supervisor *d)
{
	if (d->soon == 0)
		d->soon = g_idle_add_full(G_PRIORITY_DEFAULT, on_plan, d, NULL);
}

/* ---- what happens to the site ---- */

static void
hear_home(watch_event event, const char *name, gpointer data)
{
	supervisor *d = data;

	if (name != NULL && g_str_equal(name, "links"))
		watch_look(d->eyes);
	if (event == WATCH_FILE && g_str_equal(name, "handsel.conf"))
		reload_site(d);
	/* What has just been made is empty. */
	if (event == WATCH_ANY ||
	    (event == WATCH_FILE &&
	     g_strv_contains((const char *const *)d->tracker_files->pdata, name)))
		burst_note(&d->tracker, clock_mono_us());
	daemon_plan(d);
}

static void
hear_links(watch_event event, const char *name, gpointer data)
{
	(void)event;
	(void)name;
	daemon_list(data);
}

static void
watch_site(supervisor *d)
{
	g_autofree char *links = g_build_filename(site_dir(d->site), "links", NULL);

	d->tracker_files = g_ptr_array_new();
	for (const adapter_ops *const *ops = adapter_all(); *ops != NULL; ops++)
		for (const char *const *f = (*ops)->files; f != NULL && *f != NULL; f++)
			g_ptr_array_add(d->tracker_files, (gpointer)*f);
	g_ptr_array_add(d->tracker_files, NULL);
	watch_add(d->eyes, site_dir(d->site), WATCH_WRITES,
		  (const char *const *)d->tracker_files->pdata, POLL, hear_home, d);
	watch_add(d->eyes, links, WATCH_NAMES, NULL, POLL, hear_links, d);
}

/* ---- signals ---- */

static void
with_workers(supervisor *d, void (*each)(member *))
{
	GHashTableIter i;
	gpointer m;

	g_hash_table_iter_init(&i, d->members);
	while (g_hash_table_iter_next(&i, NULL, &m))
		if (((member *)m)->worker != NULL)
			each(m);
}

static gboolean
on_patience(gpointer data)
{
	supervisor *d = data;

	d->patience = 0;
	with_workers(d, member_kill);
	return G_SOURCE_REMOVE;
}

static gboolean
on_stop(gpointer data)
{
	supervisor *d = data;

	if (d->stop_signals++ == 0) {
		notify_send("STOPPING=1");
		daemon_tell(d, SAY_EVENT, NULL, "stops", NULL);
		with_workers(d, member_end);
		d->patience = g_timeout_add_seconds(STOP_SECONDS, on_patience, d);
	} else {
		with_workers(d, member_kill);
	}
	daemon_plan(d);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_reload(gpointer data)
{
	supervisor *d = data;
	GHashTableIter i;
	gpointer m;

	notify_reloading();
	reload_site(d);
	g_hash_table_iter_init(&i, d->members);
	while (g_hash_table_iter_next(&i, NULL, &m))
		member_reload(m);
	daemon_list(d);
	daemon_tell(d, SAY_EVENT, NULL, "reloaded", NULL);
	notify_send("READY=1");
	return G_SOURCE_CONTINUE;
}

static gboolean
on_watchdog(gpointer unused)
{
	(void)unused;
	notify_send("WATCHDOG=1");
	return G_SOURCE_CONTINUE;
}

/* ---- running ---- */

static void
loop(supervisor *d)
{
	guint64 watchdog = notify_watchdog();
	g_autofree char *lacks = cage_lacks();
	guint sources[] = {g_unix_signal_add(SIGTERM, on_stop, d),
			   g_unix_signal_add(SIGINT, on_stop, d),
			   g_unix_signal_add(SIGHUP, on_reload, d),
			   watchdog > 0 ? g_timeout_add((guint)MIN(watchdog / 2000, G_MAXINT),
							on_watchdog, NULL)
					: 0};

	notify_send("READY=1");
	daemon_tell(d, SAY_EVENT, NULL, "runs", site_dir(d->site));
	if (lacks != NULL && conf_bool(site_conf(d->site), "run.confine"))
		daemon_tell(d, SAY_EVENT, NULL, "open", lacks);
	g_main_loop_run(d->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		if (sources[i] != 0)
			g_source_remove(sources[i]);
}

static void
daemon_clear(supervisor *d)
{
	g_hash_table_unref(d->members);
	watch_free(d->eyes);
	schedule_free(d->plan);
	g_clear_handle_id(&d->timer, g_source_remove);
	g_clear_handle_id(&d->soon, g_source_remove);
	g_clear_handle_id(&d->patience, g_source_remove);
	g_clear_pointer(&d->tracker_files, g_ptr_array_unref);
	g_clear_pointer(&d->loop, g_main_loop_unref);
	site_close(d->site);
}

gboolean
daemon_run(site *s, const daemon_options *options, GError **error)
{
	int lock = runlock_take(s, error);
	supervisor d = {.options = options};

	if (lock < 0)
		return FALSE;
	d.site = site_open(site_dir(s), error);
	if (d.site == NULL) {
		close(lock);
		return FALSE;
	}
	const schedule_limits limits = limits_of(&d);
	d.plan = schedule_new(&limits);
	d.eyes = watch_new();
	d.members = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, member_free);
	d.loop = g_main_loop_new(NULL, FALSE);
	reload_site(&d);
	watch_site(&d);
	daemon_list(&d);
	loop(&d);
	daemon_tell(&d, SAY_EVENT, NULL, "stopped", NULL);
	daemon_clear(&d);
	close(lock);
	return TRUE;
}
