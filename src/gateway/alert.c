#include "gateway/alert.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/look.h"
#include "gateway/private.h"
#include "gateway/report.h"

#define COMMAND_SECONDS 60       /* then it is killed */
#define AGAIN_SECONDS   300      /* until a command that failed is tried again */
#define POLL_US         10000    /* between two looks whether it has ended */
#define TOLD            "alerts" /* {kind: {"text","command","since","gone": seconds}} in the state */

typedef struct {
	gateway *g;
	const char *command;
	json_t *known; /* what was told */
	gboolean changed;
	gint64 wait;
} alerts;

/* ---- the command ---- */

static char **
environment(const alerts *a, const char *kind, const char *state, const json_t *trouble)
{
	const struct {
		const char *name, *value;
	} all[] = {{"HANDSEL_SITE", site_name(a->g->site)},
		   {"HANDSEL_LINK", a->g->name},
		   {"HANDSEL_KIND", kind},
		   {"HANDSEL_STATE", state},
		   {"HANDSEL_SINCE", json_str(trouble, "since")},
		   {"HANDSEL_TEXT", json_str(trouble, "text")},
		   {"HANDSEL_COMMAND", json_str(trouble, "command")}};
	char **env = g_get_environ();

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		env = g_environ_setenv(env, all[i].name, all[i].value != NULL ? all[i].value : "",
				       TRUE);
	return env;
}

static char *
letter(const alerts *a, const char *state, const json_t *trouble)
{
	const char *command = json_str(trouble, "command");

	return g_strdup_printf("handsel, site %s, link %s: %s, since %s\n\n%s\n%s%s%s",
			       site_name(a->g->site), a->g->name, state, json_str(trouble, "since"),
			       json_str(trouble, "text"), command != NULL ? "\n    " : "",
			       command != NULL ? command : "", command != NULL ? "\n" : "");
}

/* Waits for PID, but not for ever; its status, or -1. */
static int
wait_for(GPid pid)
{
	gint64 until = clock_mono_us() + COMMAND_SECONDS * G_USEC_PER_SEC;
	int status = 0;

	for (;;) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return status;
		if (ended < 0 && errno != EINTR)
			return -1;
		if (clock_mono_us() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		g_usleep(POLL_US);
	}
}

/* Whoever does not read it does not get it; it fits into a pipe. */
static void
write_letter(int fd, const char *text)
{
	sigset_t pipe, before;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &before);
	if (write(fd, text, MIN(strlen(text), 4096)) < 0 && errno == EPIPE)
		sigtimedwait(&pipe, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(fd);
}

static gboolean
run_command(const alerts *a, const char *kind, const char *state, const json_t *trouble)
{
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)a->command, NULL};
	g_auto(GStrv) env = environment(a, kind, state, trouble);
	g_autofree char *text = letter(a, state, trouble);
	g_autoptr(GError) why = NULL;
	GPid pid;
	int in;

	if (!g_spawn_async_with_pipes(site_dir(a->g->site), argv, env,
				      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
				      NULL, &pid, &in, NULL, NULL, &why)) {
		gate_note(a->g, "trouble", NULL, NULL, "alert.command: %s", why->message);
		return FALSE;
	}
	write_letter(in, text);
	int status = wait_for(pid);
	if (status == 0)
		return TRUE;
	gate_note(a->g, "trouble", NULL, NULL,
		  "alert.command failed (%s %d) and will be tried again",
		  status < 0 || WIFSIGNALED(status) ? "signal" : "status",
		  status < 0            ? SIGKILL
		  : WIFSIGNALED(status) ? WTERMSIG(status)
					: WEXITSTATUS(status));
	return FALSE;
}

static gboolean
tell(alerts *a, const char *kind, const char *state, const json_t *trouble)
{
	if (clock_now() < (gint64)store_get_u64(a->g->store, "alert_next"))
		return FALSE;
	if (!run_command(a, kind, state, trouble)) {
		store_put_u64(a->g->store, "alert_next", (guint64)clock_now() + AGAIN_SECONDS,
			      NULL);
		a->wait = MIN(a->wait, AGAIN_SECONDS);
		return FALSE;
	}
	gate_note(a->g, "alert", NULL, NULL, "%s: %s", state, json_str(trouble, "text"));
	return TRUE;
}

/* ---- what has begun and ended ---- */

/* Problems by kind; of those of one kind the first stands for all. */
static json_t *
by_kind(const json_t *status)
{
	json_t *all = json_object(), *one;
	size_t i;

	json_array_foreach (json_object_get(status, "problems"), i, one) {
		const char *kind = json_str(one, "kind");

		if (g_strcmp0(kind, "paused") != 0 && json_object_get(all, kind) == NULL)
			json_object_set(all, kind, one);
	}
	return all;
}

static void
begin_one(alerts *a, const char *kind, const json_t *problem)
{
	json_t *known = json_object_get(a->known, kind);

	if (known != NULL) {
		a->changed |= json_object_del(known, "gone") == 0;
		return;
	}
	g_autoptr(json_ref) trouble = json_copy((json_t *)problem);
	json_put(trouble, "since", a->g->now);
	if (!tell(a, kind, "trouble", trouble))
		return;
	json_object_set(a->known, kind, trouble);
	a->changed = TRUE;
}

static void
end_one(alerts *a, const char *kind, json_t *known)
{
	gint64 now = clock_now(), over = conf_int(a->g->conf, "alert.over");
	gint64 gone = json_num(known, "gone", 0);

	if (gone == 0) {
		gone = now;
		json_object_set_new(known, "gone", json_integer(now));
		a->changed = TRUE;
	}
	if (now < gone + over) {
		a->wait = MIN(a->wait, gone + over - now);
	} else if (tell(a, kind, "over", known)) {
		json_object_del(a->known, kind);
		a->changed = TRUE;
	}
}

static void
compare(alerts *a, const json_t *now)
{
	const char *kind;
	json_t *one;
	void *next;

	json_object_foreach ((json_t *)now, kind, one)
		begin_one(a, kind, one);
	json_object_foreach_safe (a->known, next, kind, one)
		if (json_object_get(now, kind) == NULL)
			end_one(a, kind, one);
}

static const char *
command_of(gateway *g)
{
	const char *own = conf_text(g->conf, "alert.command");

	return own != NULL ? own : conf_text(site_conf(g->site), "alert.command");
}

static json_t *
load_known(gateway *g)
{
	g_autofree char *text = store_get(g->store, TOLD);
	json_t *known = text != NULL ? json_read(text, strlen(text), NULL) : NULL;

	return json_is_object(known) ? known : json_object();
}

/* When there may be more, though nothing happens. */
static gboolean
next_overdue(gateway *g, gint64 *ret, GError **error)
{
	g_autoptr(GPtrArray) out = store_outgoings(g->store, 1, OUT_STORED, error);
	g_autoptr(json_ref) unused = json_array();

	return out != NULL && report_overdue(g, out, unused, ret, error);
}

gboolean
gateway_alert(gateway *g, gint64 *ret_wait, GError **error)
{
	alerts a = {.g = g, .command = command_of(g)};

	*ret_wait = G_MAXINT64;
	if (a.command == NULL)
		return TRUE;
	g_autoptr(json_ref) status = report_status(g, error);
	if (status == NULL || !next_overdue(g, &a.wait, error))
		return FALSE;
	g_autoptr(json_ref) now = by_kind(status);
	g_autoptr(json_ref) known = a.known = load_known(g);
	compare(&a, now);
	*ret_wait = a.wait;
	g_autofree char *text = json_text(known);
	return !a.changed ||
	       store_put(g->store, TOLD, json_object_size(known) > 0 ? text : NULL, error);
}
