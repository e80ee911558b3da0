/* anchor: whether what lies at a path is what lay there */
#include "spool/anchor.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsio.h"

#define LACKING 77

typedef struct {
	char *dir;
	anchor *a;
} world;

static void
set_up(world *w, gconstpointer unused)
{
	(void)unused;
	w->dir = g_dir_make_tmp("anchor-t-XXXXXX", NULL);
	g_assert_nonnull(w->dir);
	g_assert_cmpint(chdir(w->dir), ==, 0);
	g_assert_cmpint(mkdir("place", 0700), ==, 0);
	w->a = anchor_new();
}

static void
tear_down(world *w, gconstpointer unused)
{
	(void)unused;
	anchor_free(w->a);
	g_assert_cmpint(chdir("/"), ==, 0);
	g_assert_true(fsio_remove_tree(w->dir, NULL));
	g_free(w->dir);
}

static void
what_stays_holds(world *w, gconstpointer unused)
{
	(void)unused;
	g_assert_true(anchor_holds(w->a));
	anchor_add(w->a, "place");
	anchor_add(w->a, "place");
	g_assert_cmpint(mkdir("place/new", 0700), ==, 0);
	g_assert_cmpint(rmdir("place/new"), ==, 0);
	g_assert_true(anchor_holds(w->a));
}

static void
what_is_replaced_does_not(world *w, gconstpointer unused)
{
	(void)unused;
	anchor_add(w->a, "place");
	g_assert_cmpint(rename("place", "before"), ==, 0);
	g_assert_true(anchor_holds(w->a));
	g_assert_cmpint(symlink("other", "place"), ==, 0);
	g_assert_true(anchor_holds(w->a));
	g_assert_cmpint(mkdir("other", 0700), ==, 0);
	g_assert_false(anchor_holds(w->a));
	g_assert_cmpint(unlink("place"), ==, 0);
	g_assert_cmpint(rename("before", "place"), ==, 0);
	g_assert_true(anchor_holds(w->a));
}

/* A file system may give the new one the number of the old. */
static void
what_is_removed_and_made_again_does_not(world *w, gconstpointer unused)
{
	(void)unused;
	anchor_add(w->a, "place");
	g_assert_true(rmdir("place") == 0 && mkdir("place", 0700) == 0);
	g_assert_false(anchor_holds(w->a));
}

static void
what_comes_later_does_not(world *w, gconstpointer unused)
{
	(void)unused;
	anchor_add(w->a, "later");
	g_assert_true(anchor_holds(w->a));
	g_assert_cmpint(mkdir("later", 0700), ==, 0);
	g_assert_false(anchor_holds(w->a));
}

static gboolean
mounted(void)
{
	return mount("anchor-t", "place", "tmpfs", 0, NULL) == 0;
}

/* The same device, and the same numbers, as of a stick that was taken out and put back. */
static gboolean
a_mount_that_was_away_is_noticed(anchor *a)
{
	struct stat before, now;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    !mounted())
		_exit(LACKING);
	anchor_add(a, "place");
	gboolean ok = stat("place", &before) == 0 && anchor_holds(a) && umount("place") == 0 &&
		      !anchor_holds(a) && mounted() && stat("place", &now) == 0 && !anchor_holds(a);
	if (before.st_dev != now.st_dev || before.st_ino != now.st_ino)
		g_test_message("the numbers differ, so they alone would tell");
	return ok;
}

static void
what_is_mounted_again_does_not(world *w, gconstpointer unused)
{
	int status;
	pid_t pid = fork();

	(void)unused;
	if (pid == 0)
		_exit(a_mount_that_was_away_is_noticed(w->a) ? 0 : 1);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == LACKING)
		g_test_skip("nothing can be mounted");
	else
		g_assert_cmpint(status, ==, 0);
}

int
main(int argc, char **argv)
{
#define TEST(f) g_test_add("/anchor/" #f, world, NULL, set_up, f, tear_down)
	g_test_init(&argc, &argv, NULL);
	TEST(what_stays_holds);
	TEST(what_is_replaced_does_not);
	TEST(what_is_removed_and_made_again_does_not);
	TEST(what_comes_later_does_not);
	TEST(what_is_mounted_again_does_not);
	return g_test_run();
}
