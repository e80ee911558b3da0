#include "daemon/private.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter/adapter.h"
#include "base/clock.h"
#include "base/fsio.h"
#include "spool/channel.h"

#define POLL    10000                /* milliseconds between looks at what is our own */
#define CREATED (1 * G_USEC_PER_SEC) /* what has been made is written by then, if it is small */
#define FIRST   (2 * G_USEC_PER_SEC) /* a channel that can't be seen by then is tried anyway */

static const char *const own_files[] = {"link.conf", "wake", NULL};

static void
poke(member *m, gint64 in)
{
	schedule_poke(m->d->plan, m->name, clock_mono_us() + in);
	daemon_plan(m->d);
}

/* ---- watching ---- */

/* The operator's file, or somebody who waits for the lock, or works with it. */
static void
hear_own_file(member *m, const char *name)
{
	gint64 now = clock_mono_us();
	int dir;

	if (g_str_equal(name, "link.conf")) {
		member_reload(m);
	} else if (g_str_equal(name, "wake") && (dir = fsio_open_dir(m->dir, NULL)) >= 0) {
		if (fsio_locked(dir, name))
			schedule_yield(m->d->plan, m->name, now);
		else
			schedule_wake(m->d->plan, m->name, now);
		close(dir);
	} else if (g_str_equal(name, "lock")) {
		m->closings++;
		if (m->worker == NULL)
			schedule_wake(m->d->plan, m->name, now);
	}
	daemon_plan(m->d);
}

static void
hear_own(watch_event event, const char *name, gpointer data)
{
	member *m = data;

	if (event == WATCH_FILE)
		hear_own_file(m, name);
	else if (event == WATCH_ANY)
		member_reload(m);
}

static void
hear_receive(watch_event event, const char *name, gpointer data)
{
	member *m = data;

	/* What is hidden is unfinished; it gets its name when it is done. */
	if (name != NULL && *name == '.')
		return;
	if (event == WATCH_DEAF)
		daemon_tell(m->d, SAY_EVENT, m->name, "polled",
			    "the system does not tell what arrives; it is looked for now and then");
	else
		poke(m, event == WATCH_BEGUN ? CREATED : 0);
}

static void
hear_send(watch_event event, const char *name, gpointer data)
{
	member *m = data;

	(void)name;
	if (event == WATCH_BACK && m->away != NULL && *m->away != '\0')
		poke(m, 0);
}

static void
hear_mailbox(gpointer data)
{
	poke(data, 0);
}

static void
hear_away(const char *why, gpointer data)
{
	member *m = data;

	daemon_tell(m->d, SAY_DETAIL, m->name, why != NULL ? "deaf" : "listens", why);
}

static const ear_events ear_news = {hear_mailbox, hear_away};

static void
drop_places(member *m)
{
	watch_drop(m->d->eyes, m->send);
	watch_drop(m->d->eyes, m->receive);
	m->send = m->receive = 0;
	g_clear_pointer(&m->ear, ear_stop);
}

static void
watch_places(member *m)
{
	const channel_ops *ops = channel_find(conf_text(m->conf, "channel"));
	guint period = (guint)conf_int(m->conf, "folder.poll") * 1000;
	g_autofree char *send = NULL, *receive = NULL;

	drop_places(m);
	if (ops != NULL && ops->listen != NULL && !conf_bool(m->conf, "paused"))
		m->ear = ear_start(site_dir(m->d->site), m->name, m->d->options->overrides,
				   &ear_news, m);
	if (ops == NULL || ops->places == NULL)
		return;
	ops->places(m->dir, m->conf, &send, &receive);
	m->receive = watch_add(m->d->eyes, receive, WATCH_ARRIVALS, NULL, period, hear_receive, m);
	m->send = watch_add(m->d->eyes, send, WATCH_PRESENCE, NULL, period, hear_send, m);
}

/* ---- settings ---- */

static gboolean
load_conf(member *m, GError **error)
{
	g_autofree char *path = g_build_filename(m->dir, "link.conf", NULL);
	g_autoptr(conf) c = conf_load(path, SET_LINK, error);
	const char *const *pairs = m->d->options->overrides;

	if (c == NULL)
		return FALSE;
	for (guint i = 0; pairs != NULL && pairs[i] != NULL; i++)
		if (!conf_set_pair(c, pairs[i], error))
			return FALSE;
	conf_free(m->conf);
	m->conf = g_steal_pointer(&c);
	return TRUE;
}

void
member_reload(member *m)
{
	g_autoptr(GError) why = NULL;

	if (load_conf(m, &why))
		watch_places(m);
	else
		daemon_tell(m->d, SAY_TROUBLE, m->name, "damaged", why->message);
	schedule_renew(m->d->plan, m->name, clock_mono_us());
	daemon_plan(m->d);
}

gboolean
member_tracks(const member *m)
{
	const adapter_ops *ops =
		m->conf != NULL ? adapter_find(conf_text(m->conf, "adapter")) : NULL;

	return ops != NULL && ops->files != NULL;
}

member *
member_new(supervisor *d, const char *name)
{
	g_autoptr(GError) why = NULL;
	member *m = g_new0(member, 1);

	m->d = d;
	m->name = g_strdup(name);
	m->dir = site_link_dir(d->site, name);
	schedule_add(d->plan, name);
	m->own = watch_add(d->eyes, m->dir, WATCH_NAMES, own_files, POLL, hear_own, m);
	if (load_conf(m, &why))
		watch_places(m);
	else
		daemon_tell(d, SAY_TROUBLE, name, "damaged", why->message);
	poke(m, m->receive != 0 ? FIRST : 0);
	return m;
}

void
member_free(gpointer data)
{
	member *m = data;

	drop_places(m);
	watch_drop(m->d->eyes, m->own);
	schedule_remove(m->d->plan, m->name);
	child_free(m->worker);
	conf_free(m->conf);
	g_free(m->name);
	g_free(m->dir);
	g_free(m->away);
	g_free(m);
}

/* ---- the worker ---- */

static void
tell_away(member *m, const char *why)
{
	const char *before = m->away != NULL ? m->away : "";

	if (g_str_equal(before, why))
		return;
	daemon_tell(m->d, *why != '\0' ? SAY_TROUBLE : SAY_EVENT, m->name,
		    *why != '\0' ? "away" : "back", *why != '\0' ? why : NULL);
	g_free(m->away);
	m->away = g_strdup(why);
}

static void
tell_pass(const member *m, const talk_message *t)
{
	static const char *const keys[] = {"taken", "applied",     "captured", "sealed",
					   "held",  "quarantined", "unacked",  NULL};
	const guint64 values[] = {t->taken, t->applied,     t->captured, t->sealed,
				  t->held,  t->quarantined, t->unacked};
	gboolean news = t->taken + t->applied + t->captured + t->sealed > 0;

	daemon_tell_numbers(m->d, news ? SAY_EVENT : SAY_DETAIL, m->name, "pass", keys, values);
}

static void
tell_sleep(member *m, const talk_message *t)
{
	if (t->stopped && !m->stopped)
		daemon_tell(m->d, SAY_TROUBLE, m->name, "sleeps",
			    "it has stopped by itself; handsel status tells why");
	else if (t->asleep && !m->asleep)
		daemon_tell(m->d, SAY_EVENT, m->name, "sleeps", "it is paused");
	m->asleep = t->asleep;
	m->stopped = t->stopped;
}

static void
passed(member *m, const talk_message *t)
{
	gboolean away = t->text[0] != '\0';

	tell_pass(m, t);
	tell_away(m, t->text);
	tell_sleep(m, t);
	watch_measure(m->d->eyes, m->receive, t->unfinished > 0);
	schedule_passed(m->d->plan, m->name,
			t->asleep ? PASS_ASLEEP
			: away    ? PASS_AWAY
				  : PASS_DONE,
			t->wait * G_USEC_PER_SEC, clock_mono_us());
	daemon_plan(m->d);
}

static void
heard(const talk_message *t, gpointer data)
{
	member *m = data;

	switch (t->type) {
	case TALK_MOVES:
		schedule_moved(m->d->plan, m->name, clock_mono_us());
		break;
	case TALK_PASSED:
		passed(m, t);
		break;
	case TALK_FAILED:
		m->failed = TRUE;
		daemon_tell(m->d, SAY_TROUBLE, m->name, "failed", t->text);
		break;
	case TALK_GO:
	case TALK_END:
	case TALK_LISTEN:
	case TALK_HEARD:
	case TALK_AWAY:
		break;
	}
}

static void
tell_death(const member *m, int status)
{
	g_autofree char *text =
		WIFSIGNALED(status)
			? g_strdup_printf("its process was killed by signal %d", WTERMSIG(status))
			: g_strdup_printf("its process ended with status %d", WEXITSTATUS(status));

	daemon_tell(m->d, SAY_TROUBLE, m->name, "died", text);
}

static void
ended(int status, gpointer data)
{
	member *m = data;
	supervisor *d = m->d;
	gboolean died = status != 0 && !m->failed;

	/* That it closed its lock has been told before it ended, and is no news. */
	watch_dispatch(d->eyes);
	if (died)
		tell_death(m, status);
	child_free(g_steal_pointer(&m->worker));
	gint64 pause = schedule_ended(d->plan, m->name, died || m->failed, clock_mono_us());
	if (pause > 0) {
		g_autofree char *text =
			g_strdup_printf("in %" G_GINT64_FORMAT " s", pause / G_USEC_PER_SEC);
		daemon_tell(d, SAY_EVENT, m->name, "retry", text);
	} else {
		daemon_tell(d, SAY_DETAIL, m->name, "ended", NULL);
	}
	/* Others have had it since. */
	if (m->closings > 1)
		schedule_wake(d->plan, m->name, clock_mono_us());
	/* The link itself may be gone: it ends here. */
	daemon_list(d);
}

/* Has somebody else the lock, or waits for it? */
static gboolean
is_taken(const member *m)
{
	int dir = fsio_open_dir(m->dir, NULL);

	if (dir < 0)
		return FALSE;
	gboolean ret = fsio_locked(dir, "wake") || fsio_locked(dir, "lock");
	close(dir);
	return ret;
}

void
member_start(member *m)
{
	static const child_events events = {heard, ended};
	g_autoptr(GError) why = NULL;

	if (is_taken(m)) {
		schedule_taken(m->d->plan, m->name, clock_mono_us());
		return;
	}
	m->failed = FALSE;
	m->closings = 0;
	m->worker = child_start(site_dir(m->d->site), m->name, m->d->options->overrides, &events, m,
				&why);
	if (m->worker == NULL) {
		daemon_tell(m->d, SAY_TROUBLE, m->name, "failed", why->message);
		schedule_ended(m->d->plan, m->name, TRUE, clock_mono_us());
		return;
	}
	daemon_tell(m->d, SAY_DETAIL, m->name, "started", NULL);
	child_say(m->worker, TALK_GO);
}

void
member_go(member *m)
{
	child_say(m->worker, TALK_GO);
}

void
member_end(member *m)
{
	child_say(m->worker, TALK_END);
}

void
member_kill(member *m)
{
	daemon_tell(m->d, SAY_TROUBLE, m->name, "hangs",
		    "its process does not move, and is killed");
	child_kill(m->worker);
}
