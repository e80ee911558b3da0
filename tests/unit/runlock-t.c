#include "daemon/runlock.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"

typedef struct {
	char *dir;
	int fd;
	site *site;
} room;

static void
open_room(room *r, gconstpointer unused)
{
	(void)unused;
	r->dir = g_dir_make_tmp("runlock-t-XXXXXX", NULL);
	r->site = site_init(r->dir, "berlin", NULL);
	g_assert_nonnull(r->site);
	r->fd = fsio_open_dir(r->dir, NULL);
}

static void
close_room(room *r, gconstpointer unused)
{
	(void)unused;
	close(r->fd);
	site_close(r->site);
	fsio_remove_tree(r->dir, NULL);
	g_free(r->dir);
}

static void
a_site_where_nothing_runs_says_so(room *r, gconstpointer unused)
{
	gint64 pid, since;

	(void)unused;
	g_assert_false(runlock_look(r->site, &pid, &since));
	close(runlock_take(r->site, NULL));
	g_assert_false(runlock_look(r->site, &pid, &since));
}

static void
who_runs_and_since_when_is_told(room *r, gconstpointer unused)
{
	gint64 pid, since;
	int lock = runlock_take(r->site, NULL);

	(void)unused;
	g_assert_cmpint(lock, >=, 0);
	g_assert_true(runlock_look(r->site, &pid, &since));
	g_assert_cmpint(pid, ==, getpid());
	g_assert_cmpint(since, <=, clock_now());
	g_assert_cmpint(since, >, clock_now() - 60);
	close(lock);
}

static void
a_second_one_is_refused_with_the_first_ones_number(room *r, gconstpointer unused)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *pid = g_strdup_printf("(pid %d)", (int)getpid());
	int lock = runlock_take(r->site, NULL);

	(void)unused;
	g_assert_cmpint(runlock_take(r->site, &why), ==, -1);
	g_assert_true(fail_is(why, FAIL_RETRY));
	g_assert_nonnull(strstr(why->message, pid));
	close(lock);
}

static void
a_damaged_file_hides_only_the_number(room *r, gconstpointer unused)
{
	gint64 pid, since;
	int lock = fsio_lock(r->fd, "run.lock", 0, NULL);

	(void)unused;
	g_assert_true(fsio_write_all(lock, "what is this", 12, NULL));
	g_assert_true(runlock_look(r->site, &pid, &since));
	g_assert_cmpint(pid, ==, 0);
	close(lock);
}

static void
locks_of_either_kind_are_seen(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_false(fsio_locked(r->fd, "lock"));
	g_assert_false(fsio_exists(r->fd, "lock"));
	int lock = fsio_lock(r->fd, "lock", 0, NULL);
	g_assert_true(fsio_locked(r->fd, "lock"));
	close(lock);
	g_assert_false(fsio_locked(r->fd, "lock"));
	lock = fsio_lock_shared(r->fd, "lock", NULL);
	g_assert_true(fsio_locked(r->fd, "lock"));
	close(lock);
	g_assert_false(fsio_locked(r->fd, "lock"));
}

static void
a_shared_lock_touches_and_has_several_holders(room *r, gconstpointer unused)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct stat st;
	int first = fsio_lock_shared(r->fd, "wake", NULL);

	(void)unused;
	g_assert_cmpint(utimensat(r->fd, "wake", old, 0), ==, 0);
	int second = fsio_lock_shared(r->fd, "wake", NULL);
	g_assert_cmpint(second, >=, 0);
	g_assert_cmpint(fstat(second, &st), ==, 0);
	g_assert_cmpint(st.st_mtime, >, 1000);
	close(first);
	g_assert_true(fsio_locked(r->fd, "wake"));
	close(second);
	g_assert_false(fsio_locked(r->fd, "wake"));
}

int
main(int argc, char **argv)
{
#define TEST(f) g_test_add("/runlock/" #f, room, NULL, open_room, f, close_room)
	g_test_init(&argc, &argv, NULL);
	TEST(a_site_where_nothing_runs_says_so);
	TEST(who_runs_and_since_when_is_told);
	TEST(a_second_one_is_refused_with_the_first_ones_number);
	TEST(a_damaged_file_hides_only_the_number);
	TEST(locks_of_either_kind_are_seen);
	TEST(a_shared_lock_touches_and_has_several_holders);
	return g_test_run();
}
