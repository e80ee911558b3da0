#include "base/fsio.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"

typedef struct {
	char *path;
	int dir;
} room;

static void
room_open(room *r, gconstpointer unused)
{
	(void)unused;
	r->path = g_dir_make_tmp("handsel-fsio-XXXXXX", NULL);
	g_assert_nonnull(r->path);
	r->dir = fsio_open_dir(r->path, NULL);
	g_assert_cmpint(r->dir, >=, 0);
}

static void
room_close(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	fault_disarm();
	close(r->dir);
	fsio_remove_tree(r->path, &e);
	g_assert_no_error(e);
	g_assert_false(g_file_test(r->path, G_FILE_TEST_EXISTS));
	g_free(r->path);
}

static char *
in(const room *r, const char *name)
{
	return g_build_filename(r->path, name, NULL);
}

static void
put(const room *r, const char *name, const char *text)
{
	g_autoptr(GError) e = NULL;

	fsio_store(r->dir, name, text, strlen(text), 0600, &e);
	g_assert_no_error(e);
}

static void
assert_holds(const room *r, const char *name, const char *want)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *got = fsio_read(r->dir, name, 1 << 20, NULL, &e);

	g_assert_no_error(e);
	g_assert_cmpstr(got, ==, want);
}

static guint
count(const room *r)
{
	g_autoptr(GPtrArray) names = fsio_list(r->dir, 1000, NULL);

	g_assert_nonnull(names);
	return names->len;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	g_assert_cmpint(lstat(path, &st), ==, 0);
	return st.st_mode & 07777;
}

static void
missing_directories_are_made_and_others_kept(room *r, gconstpointer unused)
{
	g_autofree char *old = in(r, "old"), *deep = in(r, "old//a/b/"), *b = in(r, "old/a/b");
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(fsio_mkdirs(old, 0755, &e));
	g_assert_true(fsio_mkdirs(deep, 0700, &e));
	g_assert_true(fsio_mkdirs(deep, 0750, &e));
	g_assert_no_error(e);
	g_assert_cmpint(mode_of(old), ==, 0755);
	g_assert_cmpint(mode_of(b), ==, 0700);
	g_assert_true(fsio_mkdirs("/", 0700, &e));
}

static void
a_linked_directory_counts_as_one(room *r, gconstpointer unused)
{
	g_autofree char *via = in(r, "link/sub"), *real = in(r, "real"), *sub = in(r, "real/sub");

	(void)unused;
	g_assert_true(fsio_mkdirs(real, 0700, NULL));
	g_assert_cmpint(symlinkat("real", r->dir, "link"), ==, 0);
	g_assert_true(fsio_mkdirs(via, 0700, NULL));
	g_assert_true(g_file_test(sub, G_FILE_TEST_IS_DIR));
}

static void
a_file_in_the_way_is_the_operators(room *r, gconstpointer unused)
{
	g_autofree char *path = in(r, "f"), *below = in(r, "f/x");
	g_autoptr(GError) e = NULL, e2 = NULL, e3 = NULL;

	(void)unused;
	put(r, "f", "");
	g_assert_false(fsio_mkdirs(path, 0700, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
	g_assert_false(fsio_mkdirs(below, 0700, &e2));
	g_assert_true(fail_is(e2, FAIL_CONFIG));
	g_assert_cmpint(fsio_open_dir(path, &e3), ==, -1);
	g_assert_true(fail_is(e3, FAIL_CONFIG));
}

static void
names_are_listed_sorted(room *r, gconstpointer unused)
{
	static const char *const names[] = {"b", ".a", "c", "B"};

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		put(r, names[i], "");
	for (int twice = 0; twice < 2; twice++) {
		g_autoptr(GPtrArray) got = fsio_list(r->dir, 10, NULL);

		g_assert_cmpuint(got->len, ==, 4);
		g_assert_cmpstr(got->pdata[0], ==, ".a");
		g_assert_cmpstr(got->pdata[1], ==, "B");
		g_assert_cmpstr(got->pdata[2], ==, "b");
		g_assert_cmpstr(got->pdata[3], ==, "c");
	}
	g_autoptr(GPtrArray) some = fsio_list(r->dir, 3, NULL);
	g_assert_cmpuint(some->len, ==, 3);
}

static void
what_is_no_directory_cannot_be_listed(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	put(r, "f", "");
	int fd = fsio_open_own(r->dir, "f", NULL);
	g_assert_null(fsio_list(fd, 10, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
	close(fd);
}

static void
a_tree_goes_and_links_are_not_followed(room *r, gconstpointer unused)
{
	g_autofree char *deep = in(r, "tree/a/b/c"), *tree = in(r, "tree/"), *kept = in(r, "kept");
	g_autofree char *link = in(r, "tree/a/out"), *file = in(r, "tree/a/b/f");
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(fsio_mkdirs(deep, 0700, NULL) && fsio_mkdirs(kept, 0700, NULL));
	put(r, "precious", "x");
	g_assert_cmpint(symlink(kept, link), ==, 0);
	g_assert_true(g_file_set_contents(file, "x", 1, NULL));
	g_assert_true(fsio_remove_tree(tree, &e));
	g_assert_no_error(e);
	g_assert_cmpuint(count(r), ==, 2);
	g_assert_true(g_file_test(kept, G_FILE_TEST_IS_DIR));
	g_assert_true(fsio_remove_tree(tree, &e));
}

static void
a_link_to_a_tree_goes_and_the_tree_stays(room *r, gconstpointer unused)
{
	g_autofree char *inside = in(r, "tree/f"), *tree = in(r, "tree"), *link = in(r, "link/");

	(void)unused;
	g_assert_true(fsio_mkdirs(tree, 0700, NULL));
	g_assert_true(g_file_set_contents(inside, "x", 1, NULL));
	g_assert_cmpint(symlinkat("tree", r->dir, "link"), ==, 0);
	g_assert_true(fsio_remove_tree(link, NULL));
	g_assert_false(fsio_exists(r->dir, "link"));
	g_assert_true(g_file_test(inside, G_FILE_TEST_EXISTS));
}

static void
a_crowded_directory_goes_too(room *r, gconstpointer unused)
{
	g_autofree char *tree = in(r, "tree");

	(void)unused;
	g_assert_true(fsio_mkdirs(tree, 0700, NULL));
	for (int i = 0; i < 2500; i++) {
		g_autofree char *name = g_strdup_printf("%s/%d", tree, i);
		int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

		g_assert_cmpint(fd, >=, 0);
		close(fd);
	}
	g_assert_true(fsio_remove_tree(tree, NULL));
	g_assert_false(fsio_exists(r->dir, "tree"));
}

static void
a_bottomless_tree_is_an_error(room *r, gconstpointer unused)
{
	g_autoptr(GString) path = g_string_new(r->path);
	g_autofree char *top = in(r, "d");
	g_autoptr(GError) e = NULL;

	(void)unused;
	for (int i = 0; i < 150; i++)
		g_string_append(path, "/d");
	g_assert_true(fsio_mkdirs(path->str, 0700, NULL));
	g_assert_false(fsio_remove_tree(top, &e));
	g_assert_nonnull(e);
	/* Two halves are shallow enough. */
	g_string_truncate(path, strlen(r->path) + 2 * 75);
	g_assert_true(fsio_remove_tree(path->str, NULL));
}

static void
a_file_moves_between_directories(room *r, gconstpointer unused)
{
	g_autofree char *path = in(r, "sub");
	g_autoptr(GError) e = NULL;

	(void)unused;
	put(r, "f", "x");
	g_assert_true(fsio_mkdirs(path, 0700, NULL));
	room sub = {path, fsio_open_dir(path, NULL)};
	g_assert_true(fsio_rename(r->dir, "f", sub.dir, "g", FSIO_SYNC, &e));
	g_assert_no_error(e);
	g_assert_false(fsio_exists(r->dir, "f"));
	assert_holds(&sub, "g", "x");
	close(sub.dir);
}

static void
only_replace_replaces(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	put(r, "old", "old");
	put(r, "new", "new");
	g_assert_false(fsio_rename(r->dir, "new", r->dir, "old", FSIO_SYNC, &e));
	g_assert_true(fsio_exists_error(e));
	g_assert_true(fail_is(e, FAIL_RETRY));
	assert_holds(r, "old", "old");
	assert_holds(r, "new", "new");
	g_assert_true(fsio_rename(r->dir, "new", r->dir, "old", FSIO_REPLACE, NULL));
	assert_holds(r, "old", "new");
	g_assert_false(fsio_exists(r->dir, "new"));
}

static void
other_failures_are_no_exists_error(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_false(fsio_rename(r->dir, "none", r->dir, "x", FSIO_REPLACE, &e));
	g_assert_false(fsio_exists_error(e));
	g_assert_false(fsio_exists_error(NULL));
	g_assert_nonnull(strstr(e->message, "none"));
}

static void
storing_replaces_whole_with_its_mode(room *r, gconstpointer unused)
{
	g_autofree char *path = in(r, "f");
	mode_t mask = umask(077);

	(void)unused;
	put(r, "f", "a long first text");
	g_assert_true(fsio_store(r->dir, "f", "short", 5, 0644, NULL));
	umask(mask);
	assert_holds(r, "f", "short");
	g_assert_cmpint(mode_of(path), ==, 0644);
	g_assert_cmpuint(count(r), ==, 1);
}

static void
an_ordinary_path_will_do(room *r, gconstpointer unused)
{
	g_autofree char *a = in(r, "a"), *b = in(r, "b");
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(fsio_store(AT_FDCWD, a, "x", 1, 0600, &e));
	g_assert_true(fsio_rename(AT_FDCWD, a, AT_FDCWD, b, FSIO_SYNC, &e));
	g_assert_no_error(e);
	g_autofree char *text = fsio_read(AT_FDCWD, b, 10, NULL, &e);
	g_assert_cmpstr(text, ==, "x");
	g_assert_true(fsio_exists(AT_FDCWD, b));
	g_assert_true(fsio_remove(AT_FDCWD, b, &e));
	g_assert_cmpuint(count(r), ==, 0);
}

static void
removing_what_is_not_there_is_success(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(fsio_remove(r->dir, "f", &e));
	g_assert_no_error(e);
	put(r, "f", "x");
	g_assert_true(fsio_remove(r->dir, "f", &e));
	g_assert_false(fsio_exists(r->dir, "f"));
}

/* Each step fails once: the name holds the old text or the new one, and no temporary stays. */
static void
a_store_that_fails_leaves_old_or_new(room *r, gconstpointer unused)
{
	guint steps, failed = 0;

	(void)unused;
	put(r, "f", "old");
	fault_arm(NULL, 0, FAULT_FAIL);
	put(r, "f", "old");
	steps = fault_passes();
	g_assert_cmpuint(steps, >=, 5);
	for (guint n = 1; n <= steps; n++) {
		g_autoptr(GError) e = NULL;

		fault_disarm();
		put(r, "f", "old");
		fault_arm(NULL, n, FAULT_FAIL);
		failed += !fsio_store(r->dir, "f", "new", 3, 0600, &e);
		fault_disarm();
		g_assert_true(fail_is(e, FAIL_RETRY));
		g_autofree char *text = fsio_read(r->dir, "f", 10, NULL, NULL);
		g_assert_true(g_str_equal(text, "old") || g_str_equal(text, "new"));
		g_assert_cmpuint(count(r), ==, 1);
	}
	g_assert_cmpuint(failed, ==, steps);
}

static void
a_store_that_dies_leaves_old_or_new(room *r, gconstpointer unused)
{
	(void)unused;
	for (guint n = 1;; n++) {
		int status;

		put(r, "f", "old");
		pid_t pid = fork();
		g_assert_cmpint(pid, >=, 0);
		if (pid == 0) {
			fault_arm(NULL, n, FAULT_DIE);
			_exit(fsio_store(r->dir, "f", "new", 3, 0600, NULL) ? 0 : 1);
		}
		g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
		g_autofree char *text = fsio_read(r->dir, "f", 10, NULL, NULL);
		g_assert_true(g_str_equal(text, "old") || g_str_equal(text, "new"));
		if (WIFEXITED(status)) {
			g_assert_cmpint(WEXITSTATUS(status), ==, 0);
			g_assert_cmpuint(n, >, 5);
			break;
		}
	}
	assert_holds(r, "f", "new");
}

static void
each_durable_step_has_its_fault_point(room *r, gconstpointer unused)
{
	static const char *const points[] = {"open", "write", "fsync", "rename"};

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(points); i++) {
		g_autoptr(GError) e = NULL;

		fault_arm(points[i], 1, FAULT_FAIL);
		g_assert_false(fsio_store(r->dir, "f", "x", 1, 0600, &e));
		g_assert_nonnull(strstr(e->message, points[i]));
		g_assert_cmpuint(count(r), ==, 0);
	}
	put(r, "f", "x");
	fault_arm("unlink", 1, FAULT_FAIL);
	g_assert_false(fsio_remove(r->dir, "f", NULL));
	g_assert_true(fsio_exists(r->dir, "f"));
}

static void
free_space_is_told(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpuint(fsio_free_space(r->dir), >, 0);
	g_assert_cmpuint(fsio_free_space(r->dir), <, G_MAXUINT64);
	g_assert_cmpuint(fsio_free_space(AT_FDCWD), >, 0);
	g_assert_cmpuint(fsio_free_space(-1), ==, G_MAXUINT64);
}

static void
a_lock_has_one_holder(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	int first = fsio_lock(r->dir, "lock", 0, &e);
	g_assert_no_error(e);
	g_assert_cmpint(fsio_lock(r->dir, "lock", 0, &e), ==, -1);
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_nonnull(strstr(e->message, "held by another process"));
	close(first);
	int second = fsio_lock(r->dir, "lock", 0, NULL);
	g_assert_cmpint(second, >=, 0);
	close(second);
}

static gpointer
close_soon(gpointer fd)
{
	g_usleep(100 * 1000);
	close(GPOINTER_TO_INT(fd));
	return NULL;
}

static void
a_lock_is_waited_for(room *r, gconstpointer unused)
{
	(void)unused;
	int first = fsio_lock(r->dir, "lock", 0, NULL);
	gint64 start = g_get_monotonic_time();
	g_assert_cmpint(fsio_lock(r->dir, "lock", 60, NULL), ==, -1);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, 60 * 1000);
	GThread *thread = g_thread_new("holder", close_soon, GINT_TO_POINTER(first));
	int second = fsio_lock(r->dir, "lock", 30000, NULL);
	g_thread_join(thread);
	g_assert_cmpint(second, >=, 0);
	close(second);
}

static void
a_lock_through_a_link_is_refused(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_cmpint(symlinkat("elsewhere", r->dir, "lock"), ==, 0);
	g_assert_cmpint(fsio_lock(r->dir, "lock", 0, &e), ==, -1);
	g_assert_true(fail_is(e, FAIL_CONFIG));
	g_assert_false(fsio_exists(r->dir, "elsewhere"));
}

#define ADD(name) g_test_add("/fsio_dir/" #name, room, NULL, room_open, name, room_close)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(missing_directories_are_made_and_others_kept);
	ADD(a_linked_directory_counts_as_one);
	ADD(a_file_in_the_way_is_the_operators);
	ADD(names_are_listed_sorted);
	ADD(what_is_no_directory_cannot_be_listed);
	ADD(a_tree_goes_and_links_are_not_followed);
	ADD(a_link_to_a_tree_goes_and_the_tree_stays);
	ADD(a_crowded_directory_goes_too);
	ADD(a_bottomless_tree_is_an_error);
	ADD(a_file_moves_between_directories);
	ADD(only_replace_replaces);
	ADD(other_failures_are_no_exists_error);
	ADD(storing_replaces_whole_with_its_mode);
	ADD(an_ordinary_path_will_do);
	ADD(removing_what_is_not_there_is_success);
	ADD(a_store_that_fails_leaves_old_or_new);
	ADD(a_store_that_dies_leaves_old_or_new);
	ADD(each_durable_step_has_its_fault_point);
	ADD(free_space_is_told);
	ADD(a_lock_has_one_holder);
	ADD(a_lock_is_waited_for);
	ADD(a_lock_through_a_link_is_refused);
	return g_test_run();
}
