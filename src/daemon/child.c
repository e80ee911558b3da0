#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"

#define SELF "/proc/self/exe" /* an update that replaces the file leaves the running program */

struct child {
	pid_t pid;
	int socket;
	guint reader, waiter;
	const child_events *events;
	gpointer data;
};

static void
hear_all(child *c)
{
	talk_message m;
	talk_result r;

	while ((r = talk_receive(c->socket, FALSE, &m)) == TALK_GOT)
		c->events->heard(&m, c->data);
	if (r == TALK_OVER && c->reader != 0) {
		g_source_remove(c->reader);
		c->reader = 0;
	}
}

static gboolean
on_message(int fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	hear_all(data);
	return G_SOURCE_CONTINUE;
}

static void
on_end(GPid pid, int status, gpointer data)
{
	child *c = data;

	(void)pid;
	c->waiter = 0;
	c->pid = 0;
	hear_all(c);
	c->events->ended(status, c->data);
}

/* What systemd says to the supervisor is not for its workers. */
static char **
environment(void)
{
	static const char *const own[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
	char **env = g_get_environ();

	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		env = g_environ_unsetenv(env, own[i]);
	return env;
}

static GPtrArray *
arguments(const char *home, const char *name, const char *const *overrides)
{
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, (gpointer) "handsel");
	g_ptr_array_add(argv, (gpointer) "--home");
	g_ptr_array_add(argv, (gpointer)home);
	g_ptr_array_add(argv, (gpointer) "worker");
	for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++) {
		g_ptr_array_add(argv, (gpointer) "--set");
		g_ptr_array_add(argv, (gpointer)overrides[i]);
	}
	g_ptr_array_add(argv, (gpointer) "--");
	g_ptr_array_add(argv, (gpointer)name);
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* A group of its own, so that a terminal's signals pass it by; signals as at login. */
static int
spawn(pid_t *ret, int socket, GPtrArray *argv, char **env)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t set;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, socket, TALK_SOCKET);
	int errnum = posix_spawn(ret, SELF, &actions, &attr, (char *const *)argv->pdata, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return errnum;
}

child *
child_start(const char *home, const char *name, const char *const *overrides,
	    const child_events *events, gpointer data, GError **error)
{
	g_autoptr(GPtrArray) argv = arguments(home, name, overrides);
	g_auto(GStrv) env = environment();
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
		fail_errno(error, errno, "cannot make a socket");
		return NULL;
	}
	int errnum = spawn(&pid, ends[1], argv, env);
	close(ends[1]);
	if (errnum != 0) {
		close(ends[0]);
		fail_errno(error, errnum, "cannot start a worker");
		return NULL;
	}
	child *c = g_new0(child, 1);
	*c = (child){.pid = pid, .socket = ends[0], .events = events, .data = data};
	c->reader = g_unix_fd_add(c->socket, G_IO_IN | G_IO_HUP, on_message, c);
	c->waiter = g_child_watch_add(pid, on_end, c);
	return c;
}

void
child_free(child *c)
{
	if (c == NULL)
		return;
	if (c->reader != 0)
		g_source_remove(c->reader);
	if (c->waiter != 0)
		g_source_remove(c->waiter);
	close(c->socket);
	g_free(c);
}

void
child_say(child *c, talk_type type)
{
	const talk_message m = talk_new(type, NULL);

	talk_send(c->socket, &m);
}

void
child_kill(child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

int
child_pid(const child *c)
{
	return (int)c->pid;
}
