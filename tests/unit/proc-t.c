/* proc: a program that ends, one that does not, and what it leaves behind */
#include "base/proc.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define SOON (clock_mono_us() + G_USEC_PER_SEC / 10)
#define LONG (clock_mono_us() + 60 * G_USEC_PER_SEC)

/* A shell that leads a group and runs SCRIPT; what it prints comes out of *RET_OUT. */
static GPid
start(const char *script, int *ret_out)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	g_autoptr(GError) why = NULL;
	GPid pid = 0;

	g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
				 proc_lead_group, NULL, &pid, NULL, ret_out, NULL, &why);
	g_assert_no_error(why);
	return pid;
}

static void
test_status(void)
{
	int status = proc_wait(start("exit 7", NULL), LONG);

	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
}

static void
test_signal(void)
{
	int status = proc_wait(start("kill -TERM $$", NULL), LONG);

	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGTERM);
}

/* The pipe ends only when nobody holds it any more, the child's child included. */
static void
test_group(void)
{
	int out = -1;
	char byte;
	GPid pid = start("sleep 1000 & echo; wait", &out);

	g_assert_cmpint(read(out, &byte, 1), ==, 1);
	g_assert_cmpint(proc_wait(pid, SOON), ==, -1);
	g_assert_cmpint(read(out, &byte, 1), ==, 0);
	g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, -1);
	close(out);
}

static void
test_deaf(void)
{
	int out = -1;
	char byte;
	GPid pid = start("trap '' TERM INT HUP; echo; while :; do sleep 1000; done", &out);

	g_assert_cmpint(read(out, &byte, 1), ==, 1);
	g_assert_cmpint(proc_wait(pid, SOON), ==, -1);
	g_assert_cmpint(read(out, &byte, 1), ==, 0);
	close(out);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proc/how_it_ended_is_told", test_status);
	g_test_add_func("/proc/a_signal_is_told", test_signal);
	g_test_add_func("/proc/what_it_started_ends_with_it", test_group);
	g_test_add_func("/proc/one_that_ignores_signals_is_ended", test_deaf);
	return g_test_run();
}
