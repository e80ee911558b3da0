/* confine: what a confined process is denied, and what it still can */
#include "base/confine.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LACKING 77

typedef gboolean deed(void);

/* Does DEED hold in a process of its own that CONFINES itself? */
static void
confined(gboolean (*confines)(void), deed *does)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!confines())
			_exit(LACKING);
		_exit(does() ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == LACKING)
		g_test_skip("the kernel filters no calls");
	else
		g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static gboolean
no_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EAFNOSUPPORT &&
	       socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno == EAFNOSUPPORT &&
	       socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EAFNOSUPPORT;
}

static gboolean
local_sockets(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

/* These would fail otherwise than by EPERM, or not at all, for root as for others. */
static gboolean
no_administration(void)
{
	return unshare(0) < 0 && errno == EPERM && umount2(NULL, ~0) < 0 && errno == EPERM &&
	       syscall(SYS_keyctl, ~0, 0, 0, 0, 0) < 0 && errno == EPERM &&
	       syscall(SYS_bpf, ~0, NULL, 0) < 0 && errno == EPERM;
}

static gboolean
no_namespaces(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL) < 0 &&
	       errno == EPERM && syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
}

static gboolean
no_more_rights(void)
{
	struct rlimit core;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && getrlimit(RLIMIT_CORE, &core) == 0 &&
	       core.rlim_max == 0;
}

static gboolean
programs_start(void)
{
	g_autofree char *out = NULL;
	int status;

	return g_spawn_command_line_sync("grep -c '^Seccomp:[[:space:]]*2$' /proc/self/status",
					 &out, NULL, &status, NULL) &&
	       status == 0 && g_str_equal(out, "1\n");
}

/* As who keeps the network is. */
static gboolean
confine_but_network(void)
{
	confine_memory();
	return confine_calls();
}

static gboolean
all_but_the_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 && local_sockets() && no_administration() &&
	       no_namespaces() && no_more_rights() && programs_start();
}

static void
test_network(void)
{
	confined(confine_but_network, all_but_the_network);
}

static void
test_deed(gconstpointer does)
{
	confined(confine_to_local, *(deed *const *)does);
}

int
main(int argc, char **argv)
{
	static deed *const deeds[] = {no_network,    local_sockets,  no_administration,
				      no_namespaces, no_more_rights, programs_start};
	static const char *const names[] = {
		"/confine/no_socket_reaches_the_network",
		"/confine/local_sockets_are_made",
		"/confine/calls_of_administrators_fail",
		"/confine/no_namespace_is_made",
		"/confine/no_program_gives_more_rights_and_no_core_is_written",
		"/confine/programs_start_and_are_confined_as_well",
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(deeds); i++)
		g_test_add_data_func(names[i], &deeds[i], test_deed);
	g_test_add_func("/confine/who_needs_the_network_gives_up_the_rest", test_network);
	return g_test_run();
}
