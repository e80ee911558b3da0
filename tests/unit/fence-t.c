/* fence: what is out of reach behind it, what is not, and where the kernel has none */
#include "base/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"

#define LACKING      77
#define ABI_TRUNCATE 3
#define ABI_FLAG     1U /* asks for the version */

/* The working directory of each test: "in" is in reach, "out" is not. */
typedef struct {
	char *dir;
} yard;

static void
make_file(const char *path)
{
	g_assert_true(g_file_set_contents(path, "old", -1, NULL));
}

static void
set_up(yard *y, gconstpointer unused)
{
	static const char *const dirs[] = {"in", "in/sub", "out", "out/sub"};

	(void)unused;
	y->dir = g_dir_make_tmp("fence-t-XXXXXX", NULL);
	g_assert_nonnull(y->dir);
	g_assert_cmpint(chdir(y->dir), ==, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++)
		g_assert_cmpint(mkdir(dirs[i], 0700), ==, 0);
	make_file("in/file");
	make_file("out/file");
}

static void
tear_down(yard *y, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(chdir("/"), ==, 0);
	g_assert_true(fsio_remove_tree(y->dir, NULL));
	g_free(y->dir);
}

static gboolean
writes(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return FALSE;
	gboolean ok = write(fd, "new", 3) == 3 && ftruncate(fd, 1) == 0;
	close(fd);
	return ok;
}

/* Did the call whose result is GOT fail for the fence? */
static gboolean
barred(int got)
{
	return got != 0 && (errno == EACCES || errno == EXDEV);
}

static gboolean
bars_writing(const char *path)
{
	return !writes(path) && errno == EACCES;
}

static gboolean
fenced(const char *path, fence_right right)
{
	g_autoptr(fence) f = fence_new();

	return f != NULL && fence_allow(f, path, right) && fence_enter(f);
}

/* Does DEED hold in a process of its own? */
static void
expect(gboolean (*deed)(void))
{
	int status;

	if (!fence_known()) {
		g_test_skip("the kernel has no Landlock");
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		_exit(deed() ? 0 : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static gboolean
in_reach(void)
{
	return fenced("in", FENCE_ALL) && writes("in/file") && writes("in/sub/new") &&
	       mkdir("in/d", 0700) == 0 && symlink("x", "in/l") == 0 && mkfifo("in/p", 0600) == 0 &&
	       link("in/file", "in/sub/again") == 0 && rename("in/file", "in/d/file") == 0 &&
	       truncate("in/d/file", 0) == 0 && unlink("in/l") == 0 && unlink("in/p") == 0 &&
	       unlink("in/d/file") == 0 && rmdir("in/d") == 0;
}

static gboolean
out_of_reach(void)
{
	return fenced("in", FENCE_ALL) && bars_writing("out/file") && bars_writing("out/new") &&
	       barred(mkdir("out/d", 0700)) && barred(symlink("x", "out/l")) &&
	       barred(mkfifo("out/p", 0600)) && barred(unlink("out/file")) &&
	       barred(rmdir("out/sub")) && barred(rename("out/file", "out/other"));
}

static gboolean
nothing_crosses(void)
{
	return fenced("in", FENCE_ALL) && barred(rename("in/file", "out/new")) &&
	       barred(link("in/file", "out/new")) && barred(rename("out/file", "in/new")) &&
	       symlink("../out/file", "in/way") == 0 && bars_writing("in/way");
}

static gboolean
nothing_is_truncated(void)
{
	return fenced("in", FENCE_ALL) && barred(truncate("out/file", 0));
}

/* What is read, and what is open already. */
static gboolean
the_rest_is_free(void)
{
	g_autofree char *text = NULL;
	int fd = open("out/file", O_WRONLY | O_CLOEXEC);

	return fenced("in", FENCE_ALL) && g_file_get_contents("out/file", &text, NULL, NULL) &&
	       g_str_equal(text, "old") && write(fd, "new", 3) == 3 && chmod("out/file", 0640) == 0;
}

static gboolean
programs_are_fenced(void)
{
	int status;

	return fenced("in", FENCE_ALL) &&
	       g_spawn_command_line_sync("sh -c 'exec 2>in/err; ! echo >out/by && echo >in/by'",
					 NULL, NULL, &status, NULL) &&
	       status == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static gboolean
a_gap_is_one_file(void)
{
	return fenced("out/file", FENCE_ALL) && writes("out/file") && barred(unlink("out/file")) &&
	       bars_writing("out/new");
}

static gboolean
names_only(void)
{
	return fenced("in", FENCE_NAMES) && mkdir("in/d", 0700) == 0 &&
	       symlink("x", "in/d/l") == 0 && unlink("in/d/l") == 0 && rmdir("in/d") == 0 &&
	       bars_writing("in/file") && bars_writing("in/new") && unlink("in/file") == 0;
}

static gboolean
a_fence_within_a_fence(void)
{
	return fenced("in", FENCE_ALL) && fenced("in/sub", FENCE_ALL) && writes("in/sub/new") &&
	       bars_writing("in/new") && fenced("out", FENCE_ALL) && bars_writing("out/new") &&
	       bars_writing("in/sub/new");
}

static void
test(yard *y, gconstpointer deed)
{
	(void)y;
	expect(*(gboolean(*const *)(void))deed);
}

static void
test_truncate(yard *y, gconstpointer unused)
{
	(void)y;
	(void)unused;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, ABI_FLAG) < ABI_TRUNCATE)
		g_test_skip("this kernel's Landlock does not know truncate(2)");
	else
		expect(nothing_is_truncated);
}

/* Another process puts another directory there: the reason for spool/anchor.h. */
static void
test_replaced(yard *y, gconstpointer unused)
{
	int there[2], done[2], status;
	char c = 0;

	(void)y;
	(void)unused;
	if (!fence_known()) {
		g_test_skip("the kernel has no Landlock");
		return;
	}
	g_assert_true(pipe(there) == 0 && pipe(done) == 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(fenced("in", FENCE_ALL) && write(there[1], "", 1) == 1 &&
				      read(done[0], &c, 1) == 1 && writes("moved/new") &&
				      bars_writing("in/new")
			      ? 0
			      : 1);
	g_assert_cmpint(read(there[0], &c, 1), ==, 1);
	g_assert_true(rename("in", "moved") == 0 && mkdir("in", 0700) == 0);
	g_assert_cmpint(write(done[1], "", 1), ==, 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(status, ==, 0);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(done[i]);
	}
}

/* As where an older kernel, or a container, knows no such call. */
static gboolean
without_landlock(void)
{
	const struct sock_filter calls[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {G_N_ELEMENTS(calls), (struct sock_filter *)calls};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(LACKING);
	return !fence_known() && fence_new() == NULL && writes("out/file");
}

static void
test_without(yard *y, gconstpointer unused)
{
	int status;

	(void)y;
	(void)unused;
	pid_t pid = fork();
	if (pid == 0)
		_exit(without_landlock() ? 0 : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == LACKING)
		g_test_skip("the kernel filters no calls");
	else
		g_assert_cmpint(status, ==, 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		gboolean (*deed)(void);
	} deeds[] = {
		{"/fence/all_is_in_reach_below_a_gap", in_reach},
		{"/fence/nothing_is_changed_elsewhere", out_of_reach},
		{"/fence/nothing_crosses_it", nothing_crosses},
		{"/fence/what_is_read_or_open_is_free", the_rest_is_free},
		{"/fence/programs_are_fenced_as_well", programs_are_fenced},
		{"/fence/a_gap_may_be_one_file", a_gap_is_one_file},
		{"/fence/a_gap_may_be_for_names", names_only},
		{"/fence/of_two_fences_both_hold", a_fence_within_a_fence},
	};

#define TEST(name, data, f) g_test_add(name, yard, data, set_up, f, tear_down)
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(deeds); i++)
		TEST(deeds[i].name, &deeds[i].deed, test);
	TEST("/fence/nothing_is_truncated_elsewhere", NULL, test_truncate);
	TEST("/fence/a_gap_stays_with_its_directory", NULL, test_replaced);
	TEST("/fence/a_kernel_without_it_is_told", NULL, test_without);
	return g_test_run();
}
