/* guard: what others may reach is refused, and who may build on a home */
#include "base/guard.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"

#define ME    1000
#define OTHER 1001

static gboolean
file_passes(mode_t mode, mode_t forbidden, const char *says)
{
	const struct stat st = {.st_mode = mode};
	g_autoptr(GError) error = NULL;

	if (guard_mode(&st, "a b", forbidden, &error))
		return TRUE;
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_cmpstr(error->message, ==, says);
	return FALSE;
}

static void
test_modes(void)
{
	g_assert_true(file_passes(S_IFREG | 0600, GUARD_SECRET, NULL));
	g_assert_true(file_passes(S_IFREG | 0400, GUARD_SECRET, NULL));
	g_assert_true(file_passes(S_IFREG | 0711, GUARD_OWN, NULL));
	g_assert_true(file_passes(S_IFREG | 0644, GUARD_SHOWN, NULL));
	g_assert_false(file_passes(S_IFREG | 0640, GUARD_OWN,
				   "a b: others than its owner may read it; chmod 600 'a b'"));
	g_assert_false(file_passes(S_IFREG | 0602, GUARD_OWN,
				   "a b: others than its owner may change it; chmod 600 'a b'"));
	g_assert_false(
		file_passes(S_IFREG | 0664, GUARD_SECRET,
			    "a b: others than its owner may read and change it; chmod 600 'a b'"));
	g_assert_false(file_passes(S_IFREG | 0664, GUARD_SHOWN,
				   "a b: others than its owner may change it; chmod 600 'a b'"));
	g_assert_false(file_passes(S_IFREG | 0701, GUARD_SECRET,
				   "a b: others than its owner may run it; chmod 600 'a b'"));
}

static void
test_no_file(void)
{
	g_assert_true(file_passes(S_IFIFO | 0666, GUARD_SECRET, NULL));
	g_assert_true(file_passes(S_IFCHR | 0620, GUARD_SECRET, NULL));
}

static void
test_open(void)
{
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("guard-XXXXXX", &path, NULL), ends[2];

	g_assert_true(guard_fd(fd, path, GUARD_SECRET, NULL));
	g_assert_cmpint(fchmod(fd, 0640), ==, 0);
	g_assert_false(guard_fd(fd, path, GUARD_SECRET, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_clear_error(&error);
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_true(guard_fd(ends[0], "pipe", GUARD_SECRET, NULL));
	close(ends[0]);
	g_assert_false(guard_fd(ends[0], "pipe", GUARD_SECRET, &error));
	g_assert_nonnull(error);
	close(ends[1]);
	close(fd);
	unlink(path);
}

static gboolean
home_passes(uid_t owner, mode_t mode, uid_t uid, const char *hint)
{
	const struct stat st = {.st_mode = S_IFDIR | mode, .st_uid = owner};
	g_autoptr(GError) error = NULL;

	if (guard_home(&st, "/srv/x", uid, &error))
		return TRUE;
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, hint));
	return FALSE;
}

static void
test_home(void)
{
	g_assert_true(home_passes(ME, 0700, ME, NULL));
	g_assert_true(home_passes(ME, 0755, ME, NULL));
	g_assert_true(home_passes(0, 0755, ME, NULL));
	g_assert_true(home_passes(ME, 0700, 0, NULL));
	g_assert_false(home_passes(OTHER, 0755, ME, "chown -R 1000 '/srv/x'"));
	g_assert_false(home_passes(ME, 0770, ME, "chmod go-w '/srv/x'"));
	g_assert_false(home_passes(ME, 01777, ME, "chmod go-w '/srv/x'"));
	g_assert_false(home_passes(0, 0702, 0, "chmod go-w '/srv/x'"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/guard/a_file_is_refused_by_what_others_may_do", test_modes);
	g_test_add_func("/guard/a_pipe_or_a_terminal_is_not_asked", test_no_file);
	g_test_add_func("/guard/what_is_open_is_examined", test_open);
	g_test_add_func("/guard/a_home_is_its_users_or_roots_and_nobody_else_writes_to_it",
			test_home);
	return g_test_run();
}
