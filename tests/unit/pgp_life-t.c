/* The helper's home, its processes, and what is left of them. */
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/unit/pgp_life_kit.h"

#define LARGE      (96 * 1024 * 1024)
#define GROWTH_KIB (24 * 1024)

/* The short directory that leads to HOME, NULL if there is none. */
static char *
short_dir_of(const char *home)
{
	g_autoptr(GDir) tmp = g_dir_open("/tmp", 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(tmp)) != NULL) {
		g_autofree char *link = g_build_filename("/tmp", name, "h", NULL);
		g_autofree char *target = g_str_has_prefix(name, "handsel-pgp-")
						  ? g_file_read_link(link, NULL)
						  : NULL;

		if (g_strcmp0(target, home) == 0)
			return g_build_filename("/tmp", name, NULL);
	}
	return NULL;
}

/* The first child of process PID. */
static pid_t
child_of(pid_t pid)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/task/%d/children", pid, pid);
	g_autofree char *children = NULL;

	g_assert_true(g_file_get_contents(file, &children, NULL, NULL));
	pid_t child = (pid_t)g_ascii_strtoll(children, NULL, 10);
	g_assert_cmpint(child, >, 0);
	return child;
}

static void
no_agent_runs_before_it_is_needed(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(pgp) p = started(w->home);

	g_assert_null(short_dir_of(w->home));
	g_assert_cmpuint(processes_with(w->home, NULL), ==, 1);
	g_free(new_key(p));
	g_autofree char *dir = short_dir_of(w->home);
	g_assert_cmpuint(processes_with(dir, NULL), ==, 2);
}

static void
nothing_is_left_when_it_stops(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	pgp *p = busy(w->home);
	g_autofree char *dir = short_dir_of(w->home);

	g_assert_nonnull(dir);
	g_assert_cmpuint(processes_with(w->home, NULL), ==, 1);
	g_assert_cmpuint(processes_with(dir, NULL), ==, 2); /* the agent and its keeper */
	pgp_stop(p);
	g_assert_cmpuint(processes_with(w->home, NULL), ==, 0);
	g_assert_cmpuint(processes_with(dir, NULL), ==, 0);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void
a_killed_helper_takes_its_agent_along_and_comes_back(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);
	g_autofree char *dir = short_dir_of(w->home);
	pid_t helper = 0;

	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	g_assert_cmpint(kill(helper, SIGKILL), ==, 0);
	assert_ends(dir);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	g_assert_false(works(p, fpr, &error));
	g_assert_error(error, FAIL, FAIL_RETRY);
	g_clear_error(&error);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
}

static void
an_agent_whose_keeper_was_killed_ends_too(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	pgp *p = busy(w->home);
	g_autofree char *dir = short_dir_of(w->home);
	pid_t helper = 0;

	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	pid_t keeper = child_of(helper);
	g_assert_cmpint(kill(keeper, SIGKILL), ==, 0);
	g_assert_cmpint(kill(helper, SIGKILL), ==, 0);
	assert_ends(dir);
	pgp_stop(p);
	p = busy(w->home); /* sweeps */
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
	pgp_stop(p);
}

static void
an_agent_that_died_is_replaced_and_ends_like_the_first(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	pgp *p = started(w->home);
	g_autofree char *fpr = new_key(p);
	g_autofree char *dir = short_dir_of(w->home);
	pid_t helper = 0;

	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	g_assert_cmpint(kill(child_of(child_of(helper)), SIGKILL), ==, 0);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
	pgp_stop(p);
	assert_ends(dir);
}

static void
a_helper_ends_with_its_client(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	int ready[2];
	char c;

	g_assert_cmpint(pipe(ready), ==, 0);
	pid_t client = fork();
	if (client == 0) {
		pgp *p = pgp_start(w->home, NULL, NULL);

		if (p != NULL && pgp_make_key(p, "us", NULL) != NULL &&
		    write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &c, 1), ==, 1);
	close(ready[0]);
	g_autofree char *dir = short_dir_of(w->home);
	g_assert_nonnull(dir);
	g_assert_cmpint(kill(client, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(client, NULL, 0), ==, client);
	assert_ends(w->home);
	assert_ends(dir);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void
a_signal_to_the_whole_group_does_not_end_it(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);
	pid_t helper = 0;

	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	g_assert_cmpint(kill(helper, SIGTERM), ==, 0);
	g_assert_cmpint(kill(helper, SIGINT), ==, 0);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
}

static void
keys_are_there_after_a_restart(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	pgp *p = started(w->home);
	g_autofree char *fpr = new_key(p);

	pgp_stop(p);
	p = started(w->home);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
	pgp_stop(p);
}

static void
a_key_ring_has_one_helper(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);

	g_assert_null(pgp_start(w->home, NULL, &error));
	g_assert_error(error, FAIL, FAIL_RETRY);
	g_clear_error(&error);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
}

static void
a_home_with_a_long_path_works(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *deep = g_strnfill(100, 'd');
	g_autofree char *home = g_build_filename(w->dir, deep, deep, "keys", NULL);
	g_autoptr(pgp) p = started(home);
	g_autofree char *fpr = new_key(p);

	g_assert_cmpuint(strlen(home), >, 200);
	g_assert_true(works(p, fpr, &error));
	g_assert_no_error(error);
}

static void
a_new_home_is_private(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	struct stat st;

	pgp_stop(started(w->home));
	g_assert_cmpint(stat(w->home, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0700);
}

static void
a_home_open_to_others_is_refused(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(mkdir(w->home, 0700), ==, 0);
	g_assert_cmpint(chmod(w->home, 0750), ==, 0);
	g_assert_null(pgp_start(w->home, NULL, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, w->home));
}

static void
settings_that_somebody_changed_are_written_again(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *conf = g_build_filename(w->home, "gpg.conf", NULL);
	g_autofree char *first = NULL, *second = NULL;

	pgp_stop(started(w->home));
	g_assert_true(g_file_get_contents(conf, &first, NULL, NULL));
	g_assert_nonnull(strstr(first, "\nignore-time-conflict\n"));
	g_assert_true(g_file_set_contents(conf, "keyserver hkp://keys.example.com\n", -1, NULL));
	pgp_stop(started(w->home));
	g_assert_true(g_file_get_contents(conf, &second, NULL, NULL));
	g_assert_cmpstr(first, ==, second);
}

static void
a_program_that_is_not_there_or_no_helper_is_told(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(pgp_start(w->home, "/nonexistent/handsel-pgp", &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_clear_error(&error);
	g_assert_null(pgp_start(w->home, "/bin/true", &error));
	g_assert_error(error, FAIL, FAIL_RETRY);
}

static void
a_name_unfit_for_a_key_is_refused(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	static const char *const names[] = {"", "two\nlines", "\xff"};
	g_autofree char *endless = g_strnfill(10000, 'x');
	g_autoptr(pgp) p = started(w->home);

	for (gsize i = 0; i <= G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(
			pgp_make_key(p, i < G_N_ELEMENTS(names) ? names[i] : endless, &error));
		g_assert_error(error, FAIL, FAIL_CONFIG);
	}
}

/* The most memory process PID ever had, in KiB. */
static guint64
peak_of(pid_t pid)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/status", pid);
	g_autofree char *status = NULL;

	g_assert_true(g_file_get_contents(file, &status, NULL, NULL));
	const char *line = strstr(status, "VmHWM:");
	g_assert_nonnull(line);
	return g_ascii_strtoull(line + strlen("VmHWM:") + strspn(line + strlen("VmHWM:"), " \t"),
				NULL, 10);
}

static void
memory_does_not_depend_on_the_size(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);
	const char *fprs[] = {fpr, NULL};
	int plain = file_of("", 0), sealed = file_of("", 0), back = file_of("", 0);
	pid_t helper = 0;

	g_assert_true(works(p, fpr, NULL));
	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	guint64 before = peak_of(helper);
	g_assert_cmpint(ftruncate(plain, LARGE), ==, 0);
	g_assert_true(pgp_seal(p, plain, sealed, fpr, fprs, &error));
	g_assert_no_error(error);
	lseek(sealed, 0, SEEK_SET);
	g_assert_true(pgp_unseal(p, sealed, back, PGP_ENCRYPT, fprs, LARGE, NULL, &error));
	g_assert_no_error(error);
	g_assert_cmpint(lseek(back, 0, SEEK_END), ==, LARGE);
	g_assert_cmpuint(peak_of(helper), <, before + GROWTH_KIB);
	close(plain);
	close(sealed);
	close(back);
}

static void
add(const char *name, void (*test)(place *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/pgp_life/", name, NULL);

	g_test_add(path, place, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("no_agent_runs_before_it_is_needed", no_agent_runs_before_it_is_needed);
	add("nothing_is_left_when_it_stops", nothing_is_left_when_it_stops);
	add("a_killed_helper_takes_its_agent_along_and_comes_back",
	    a_killed_helper_takes_its_agent_along_and_comes_back);
	add("an_agent_whose_keeper_was_killed_ends_too", an_agent_whose_keeper_was_killed_ends_too);
	add("an_agent_that_died_is_replaced_and_ends_like_the_first",
	    an_agent_that_died_is_replaced_and_ends_like_the_first);
	add("a_helper_ends_with_its_client", a_helper_ends_with_its_client);
	add("a_signal_to_the_whole_group_does_not_end_it",
	    a_signal_to_the_whole_group_does_not_end_it);
	add("keys_are_there_after_a_restart", keys_are_there_after_a_restart);
	add("a_key_ring_has_one_helper", a_key_ring_has_one_helper);
	add("a_home_with_a_long_path_works", a_home_with_a_long_path_works);
	add("a_new_home_is_private", a_new_home_is_private);
	add("a_home_open_to_others_is_refused", a_home_open_to_others_is_refused);
	add("settings_that_somebody_changed_are_written_again",
	    settings_that_somebody_changed_are_written_again);
	add("a_program_that_is_not_there_or_no_helper_is_told",
	    a_program_that_is_not_there_or_no_helper_is_told);
	add("a_name_unfit_for_a_key_is_refused", a_name_unfit_for_a_key_is_refused);
	add("memory_does_not_depend_on_the_size", memory_does_not_depend_on_the_size);
	return g_test_run();
}
