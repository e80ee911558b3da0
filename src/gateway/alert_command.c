#include "gateway/alert_private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"

#define COMMAND_SECONDS 60 /* then it is killed */

static char **
environment(const alert_news *n)
{
	const struct {
		const char *name, *value;
	} all[] = {{"HANDSEL_SITE", site_name(n->g->site)},
		   {"HANDSEL_LINK", n->g->name},
		   {"HANDSEL_KIND", n->kind},
		   {"HANDSEL_STATE", n->what},
		   {"HANDSEL_SINCE", json_str(n->about, "since")},
		   {"HANDSEL_TEXT", json_str(n->about, "text")},
		   {"HANDSEL_COMMAND", json_str(n->about, "command")}};
	char **env = g_get_environ();

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		env = g_environ_setenv(env, all[i].name, all[i].value != NULL ? all[i].value : "",
				       TRUE);
	return env;
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
run_command(const alert_news *n, char **ret_how, GError **error)
{
	const char *command = alert_setting(n->g, "alert.command");
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
	g_auto(GStrv) env = environment(n);
	g_autofree char *text = alert_letter(n);
	GPid pid;
	int in;

	(void)ret_how;
	if (!g_spawn_async_with_pipes(site_dir(n->g->site), argv, env,
				      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
				      proc_lead_group, NULL, &pid, &in, NULL, NULL, error)) {
		g_prefix_error(error, "alert.command: ");
		return FALSE;
	}
	write_letter(in, text);
	int status = proc_wait(pid, clock_mono_us() + COMMAND_SECONDS * G_USEC_PER_SEC);
	if (status == 0)
		return TRUE;
	fail_set(error, FAIL_RETRY, "alert.command failed (%s %d) and will be tried again",
		 status < 0 || WIFSIGNALED(status) ? "signal" : "status",
		 status < 0            ? SIGKILL
		 : WIFSIGNALED(status) ? WTERMSIG(status)
				       : WEXITSTATUS(status));
	return FALSE;
}

static gboolean
has_command(gateway *g)
{
	return alert_setting(g, "alert.command") != NULL;
}

const alert_way alert_by_command = {
	.told = "alerts",
	.next = "alert_next",
	.wanted = has_command,
	.tell = run_command,
};
