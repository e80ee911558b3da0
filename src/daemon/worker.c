#include "daemon/worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "daemon/cage.h"
#include "daemon/listener.h"
#include "daemon/talk.h"
#include "gateway/alert.h"
#include "gateway/pass.h"

#define MOVES_EVERY (1 * G_USEC_PER_SEC)

typedef struct {
	site *site;
	const char *name;
	const char *const *overrides;
	anchor *reach; /* the directories of its channel that it can write to */
	gateway *g;    /* NULL until the first pass */
	gint64 told;   /* when it last said that it moves */
} worker;

static volatile sig_atomic_t ended;

static void
end(int unused)
{
	(void)unused;
	ended = 1;
}

/* No terminal's business; SIGTERM interrupts the waiting for a message. */
static void
set_signals(void)
{
	struct sigaction on_term = {.sa_handler = end}, none = {.sa_handler = SIG_IGN};

	sigaction(SIGTERM, &on_term, NULL);
	sigaction(SIGINT, &none, NULL);
	sigaction(SIGHUP, &none, NULL);
}

/* Between two steps of a pass: whatever the supervisor says now, it is that the worker shall end.
 */
static gboolean
go_on(gpointer data)
{
	worker *w = data;
	gint64 now = clock_mono_us();

	if (ended || talk_waits(TALK_SOCKET))
		return FALSE;
	if (now - w->told < MOVES_EVERY)
		return TRUE;
	const talk_message m = talk_new(TALK_MOVES, NULL);
	talk_send(TALK_SOCKET, &m);
	w->told = now;
	return TRUE;
}

static void
tell_pass(worker *w, const pass_report *r)
{
	talk_message m = talk_new(TALK_PASSED, r->away);

	m.taken = r->taken;
	m.applied = r->applied;
	m.captured = r->captured;
	m.sealed = r->sealed;
	m.held = r->held;
	m.quarantined = r->quarantined;
	m.unacked = r->unacked;
	m.wait = r->wait;
	m.unfinished = r->unfinished;
	m.asleep = r->asleep;
	m.stopped = gateway_stopped(w->g) != NULL;
	talk_send(TALK_SOCKET, &m);
}

static gboolean
pass(worker *w, GError **error)
{
	pass_report r = {0};

	if (w->g == NULL) {
		w->g = gateway_open(w->site, w->name, GATE_RUN, w->overrides, error);
		if (w->g == NULL)
			return FALSE;
		gateway_on_step(w->g, go_on, w);
	}
	gint64 more = G_MAXINT64;
	gboolean ok = gateway_pass(w->g, &r, error) && gateway_alert(w->g, &more, error);
	r.wait = MIN(r.wait, more);
	if (ok)
		tell_pass(w, &r);
	g_free(r.away);
	return ok;
}

/* The one that only waits is told apart by its name. */
static void
stay_and_listen(const worker *w)
{
	g_autofree char *dir = site_link_dir(w->site, w->name);
	g_autoptr(GError) why = NULL;

	prctl(PR_SET_NAME, "handsel-ear");
	if (listener_run(dir, w->overrides, &ended, &why))
		return;
	const talk_message m = talk_new(TALK_AWAY, why->message);
	talk_send(TALK_SOCKET, &m);
}

static void
work(worker *w)
{
	g_autoptr(GError) why = NULL;
	talk_message m;
	talk_result r;

	while (!ended && (r = talk_receive(TALK_SOCKET, TRUE, &m)) != TALK_OVER) {
		if (r == TALK_NONE)
			continue;
		if (m.type == TALK_LISTEN)
			stay_and_listen(w);
		if (m.type != TALK_GO)
			return;
		/* A new worker reaches what lies there now.  Whatever these file systems say, each
		 * makes one pass. */
		if (w->g != NULL && !anchor_holds(w->reach))
			return;
		if (pass(w, &why))
			continue;
		m = talk_new(TALK_FAILED, why->message);
		talk_send(TALK_SOCKET, &m);
		return;
	}
}

gboolean
worker_run(site *s, const char *name, const char *const *overrides, GError **error)
{
	g_autoptr(anchor) reach = anchor_new();
	worker w = {.site = s, .name = name, .overrides = overrides, .reach = reach};
	int type = 0;
	socklen_t len = sizeof type;

	if (getsockopt(TALK_SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    type != SOCK_SEQPACKET) {
		fail_set(error, FAIL_USAGE, "worker: is started by handsel run only");
		return FALSE;
	}
	/* A supervisor that died before this line has closed the socket. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "handsel-worker");
	set_signals();
	cage_enter(s, name, overrides, reach);
	work(&w);
	gateway_close(w.g);
	return TRUE;
}
