#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "pgp/helper.h"

#define AGENT_SOCKET  HELPER_SHORT_LINK "/S.gpg-agent"
#define AGENT_WAIT_MS 3000
#define STEP_MS       1

extern char **environ;

static gboolean
spawn_keeper(const char *dir, int input, pid_t *ret, GError **error)
{
	g_autofree char *home = g_build_filename(dir, HELPER_SHORT_LINK, NULL);
	g_autofree char *self = g_file_read_link("/proc/self/exe", error);
	posix_spawn_file_actions_t actions;

	if (self == NULL)
		return FALSE;
	/* The agent, which is the child, lets go of 0 to 2; only the keeper holds the socket. */
	const char *argv[] = {"gpg-agent", "--homedir", home,   "--quiet", "--daemon",
			      "--",        self,        "hold", dir,       NULL};
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	int errnum =
		posix_spawnp(ret, argv[0], &actions, NULL, (char *const *)(gpointer)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (errnum != 0) {
		fail_set(error, FAIL_CONFIG, "cannot start gpg-agent: %s; install GnuPG",
			 g_strerror(errnum));
		return FALSE;
	}
	return TRUE;
}

pid_t
helper_hold_start(const char *dir, int *ret_life, GError **error)
{
	int pair[2];
	pid_t pid;
	char ready;
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		fail_errno(error, errno, "cannot make a socket pair");
		return -1;
	}
	gboolean ok = spawn_keeper(dir, pair[1], &pid, error);
	close(pair[1]);
	if (!ok) {
		close(pair[0]);
		return -1;
	}
	do
		n = read(pair[0], &ready, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1) {
		fail_set(error, FAIL_CONFIG, "gpg-agent does not start; try it by hand");
		close(pair[0]);
		waitpid(pid, NULL, 0);
		return -1;
	}
	*ret_life = pair[0];
	return pid;
}

/* Asks the agent behind the socket PATH to end.  It may be gone already. */
static void
ask_agent_to_end(const char *path)
{
	static const char ask[] = "KILLAGENT\n";
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval second = {.tv_sec = 1};
	char answer[256];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	g_strlcpy(to.sun_path, path, sizeof to.sun_path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	/* A greeting, then the answer. */
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	    recv(fd, answer, sizeof answer, 0) > 0 &&
	    send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) > 0)
		while (recv(fd, answer, sizeof answer, 0) > 0)
			;
	close(fd);
}

int
helper_hold(const char *dir)
{
	g_autofree char *agent = g_build_filename(dir, AGENT_SOCKET, NULL);
	g_autofree char *home = g_build_filename(dir, HELPER_SHORT_LINK, NULL);
	char c;
	ssize_t n;

	if (send(STDIN_FILENO, "r", 1, MSG_NOSIGNAL) != 1)
		return 1;
	do
		n = read(STDIN_FILENO, &c, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	ask_agent_to_end(agent);
	/* An agent that does not listen any more sees its socket vanish, or that we end. */
	unlink(agent);
	for (int ms = 0; ms < AGENT_WAIT_MS && waitpid(-1, NULL, WNOHANG) == 0; ms += STEP_MS)
		g_usleep(STEP_MS * 1000);
	unlink(home);
	rmdir(dir);
	return 0;
}
