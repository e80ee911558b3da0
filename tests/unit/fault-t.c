#include "base/fault.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"

static void
an_unarmed_point_lets_pass(void)
{
	g_autoptr(GError) e = NULL;

	fault_disarm();
	for (int i = 0; i < 100; i++)
		g_assert_true(fault_pass("write", &e));
	g_assert_no_error(e);
	g_assert_cmpuint(fault_passes(), ==, 100);
}

static void
the_nth_pass_fails_and_no_other(void)
{
	g_autoptr(GError) e = NULL;

	fault_arm("write", 3, FAULT_FAIL);
	g_assert_true(fault_pass("write", &e));
	g_assert_true(fault_pass("fsync", &e));
	g_assert_true(fault_pass("write", &e));
	g_assert_false(fault_pass("write", &e));
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_nonnull(strstr(e->message, "injected failure"));
	g_assert_true(fault_pass("write", NULL));
	g_assert_cmpuint(fault_passes(), ==, 4);
	fault_disarm();
}

static void
without_a_name_every_point_counts(void)
{
	fault_arm(NULL, 2, FAULT_FAIL);
	g_assert_true(fault_pass("a", NULL));
	g_assert_false(fault_pass("b", NULL));
	g_assert_true(fault_pass("c", NULL));
	fault_disarm();
}

static void
arming_counts_from_the_start(void)
{
	fault_disarm();
	fault_pass("a", NULL);
	fault_arm("a", 1, FAULT_FAIL);
	g_assert_cmpuint(fault_passes(), ==, 0);
	g_assert_false(fault_pass("a", NULL));
	fault_disarm();
	g_assert_cmpuint(fault_passes(), ==, 0);
	g_assert_true(fault_pass("a", NULL));
}

static void
a_deadly_point_kills_the_process(void)
{
	int status;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		fault_arm("rename", 1, FAULT_DIE);
		fault_pass("rename", NULL);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
}

static void
a_stopping_point_goes_on_when_told(void)
{
	int status;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		fault_arm("rename", 1, FAULT_STOP);
		_exit(fault_pass("rename", NULL) ? 7 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, WUNTRACED), ==, pid);
	g_assert_true(WIFSTOPPED(status));
	g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 7);
}

static guint seen;

static void
see(const char *point, gboolean leaves)
{
	seen += leaves && g_str_equal(point, "fsync");
}

static void
a_watcher_sees_each_pass(void)
{
	fault_arm("fsync", 2, FAULT_FAIL);
	fault_watch(see);
	fault_pass("fsync", NULL);
	fault_pass("write", NULL);
	g_assert_false(fault_pass("fsync", NULL));
	fault_watch(NULL);
	fault_pass("fsync", NULL);
	g_assert_cmpuint(seen, ==, 2);
	fault_disarm();
}

/* Any step that dies is one of those that leave something; any that fails is one of all. */
static void
who_only_looks_fails_and_does_not_die(void)
{
	fault_arm(NULL, 1, FAULT_STOP);
	g_assert_true(fault_look("read", NULL));
	g_assert_cmpuint(fault_passes(), ==, 0);
	fault_arm(NULL, 1, FAULT_FAIL);
	g_assert_false(fault_look("read", NULL));
	fault_arm("read", 1, FAULT_FAIL);
	g_assert_false(fault_look("read", NULL));
	fault_disarm();
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fault/an_unarmed_point_lets_pass", an_unarmed_point_lets_pass);
	g_test_add_func("/fault/the_nth_pass_fails_and_no_other", the_nth_pass_fails_and_no_other);
	g_test_add_func("/fault/without_a_name_every_point_counts",
			without_a_name_every_point_counts);
	g_test_add_func("/fault/arming_counts_from_the_start", arming_counts_from_the_start);
	g_test_add_func("/fault/a_deadly_point_kills_the_process",
			a_deadly_point_kills_the_process);
	g_test_add_func("/fault/a_stopping_point_goes_on_when_told",
			a_stopping_point_goes_on_when_told);
	g_test_add_func("/fault/a_watcher_sees_each_pass", a_watcher_sees_each_pass);
	g_test_add_func("/fault/who_only_looks_fails_and_does_not_die",
			who_only_looks_fails_and_does_not_die);
	return g_test_run();
}
