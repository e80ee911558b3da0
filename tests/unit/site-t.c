#include "conf/site.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "base/rand.h"

#include <string.h>
#include <unistd.h>

typedef struct {
	char *dir, *home;
} fixture;

static void
set_up(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->dir = g_dir_make_tmp("site-XXXXXX", NULL);
	g_assert_nonnull(f->dir);
	f->home = g_build_filename(f->dir, "a", "home", NULL);
}

static void
tear_down(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	fsio_remove_tree(f->dir, NULL);
	g_free(f->dir);
	g_free(f->home);
}

static guint
mode_of(const char *path)
{
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	return st.st_mode & 0777;
}

static void
test_names(G_GNUC_UNUSED fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const bad[] = {"",  ".",   "..",  ".a",  "-a", "_a",
					  "A", "a/b", "a b", "a\n", "ä",  NULL};
	g_autofree char *longest = g_strnfill(SITE_NAME_MAX, 'a');
	g_autofree char *longer = g_strnfill(SITE_NAME_MAX + 1, 'a');

	g_assert_true(site_name_valid("acme"));
	g_assert_true(site_name_valid("0.a_b-c"));
	g_assert_true(site_name_valid(longest));
	g_assert_false(site_name_valid(longer));
	g_assert_false(site_name_valid(NULL));
	for (gsize i = 0; bad[i] != NULL; i++)
		g_assert_false(site_name_valid(bad[i]));
}

static void
test_home(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *given = site_home("x/../y");
	g_autofree char *cwd = g_get_current_dir();
	g_autofree char *want = g_build_filename(cwd, "y", NULL);
	g_assert_cmpstr(given, ==, want);

	g_setenv("HANDSEL_HOME", f->home, TRUE);
	g_autofree char *env = site_home(NULL);
	g_assert_cmpstr(env, ==, f->home);
	g_autofree char *both = site_home("/given");
	g_assert_cmpstr(both, ==, "/given");
	g_setenv("HANDSEL_HOME", "", TRUE);

	g_autofree char *none = site_home(NULL);
	g_assert_cmpstr(none, ==, "/var/lib/handsel");
	g_autofree char *own =
		g_build_filename(g_get_home_dir(), ".local", "share", "handsel", NULL);
	g_autoptr(site) s = site_init(own, "berlin", NULL);
	g_assert_nonnull(s);
	g_autofree char *user = site_home(NULL);
	g_assert_cmpstr(user, ==, own);
	fsio_remove_tree(own, NULL);
}

static void
test_init(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(site) s = site_init(f->home, "berlin", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(site_dir(s), ==, f->home);
	g_assert_cmpstr(site_name(s), ==, "berlin");
	g_assert_true(rand_id_valid(site_id(s)));
	g_assert_cmpuint(mode_of(f->home), ==, 0700);

	g_autoptr(site) again = site_open(f->home, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(site_name(again), ==, "berlin");
	g_assert_cmpstr(site_id(again), ==, site_id(s));
	g_assert_cmpstr(conf_text(site_conf(again), "name"), ==, "berlin");
	g_autoptr(GPtrArray) links = site_links(again, &error);
	g_assert_cmpuint(links->len, ==, 0);
}

static void
test_init_refused(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(site_init(f->home, "Berlin!", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	g_assert_false(fsio_exists(AT_FDCWD, f->home));
	g_assert_null(site_init(f->dir, NULL, &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);

	g_autoptr(site) s = site_init(f->home, "berlin", NULL);
	g_assert_null(site_init(f->home, "paris", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_assert_nonnull(strstr(error->message, "already"));
	g_clear_error(&error);

	g_assert_cmpint(chmod(f->dir, 0750), ==, 0);
	g_assert_null(site_init(f->dir, "paris", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_assert_nonnull(strstr(error->message, "not empty"));
	g_assert_cmpuint(mode_of(f->dir), ==, 0750);
}

static void
test_init_again(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(fsio_mkdirs(f->home, 0755, NULL));
	fault_arm(NULL, 1, FAULT_FAIL);
	g_assert_null(site_init(f->home, "berlin", &error));
	fault_disarm();
	g_assert_nonnull(error);
	g_clear_error(&error);
	g_autofree char *left = g_build_filename(f->home, ".tmp-0011", NULL);
	g_assert_true(g_file_set_contents(left, "x", 1, NULL));
	g_autoptr(site) s = site_init(f->home, "berlin", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(mode_of(f->home), ==, 0700);
}

static void
test_open_refused(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_build_filename(f->dir, "handsel.conf", NULL);

	g_assert_null(site_open(f->dir, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, "handsel init"));
	g_clear_error(&error);
	g_assert_true(fsio_store(AT_FDCWD, path, "[site]\nname=a\n", 14, 0600, NULL));
	g_assert_null(site_open(f->dir, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
}

static void
test_open_to_others(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(site) made = site_init(f->home, "berlin", &error);

	g_assert_no_error(error);
	g_assert_cmpint(chmod(f->home, 0770), ==, 0);
	g_assert_null(site_open(f->home, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, "chmod go-w"));
	g_clear_error(&error);
	g_assert_cmpint(chmod(f->home, 0755), ==, 0);
	g_autoptr(site) again = site_open(f->home, &error);
	g_assert_no_error(error);
	g_assert_nonnull(again);
}

static void
test_links(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const parts[] = {"keys",  "exchange/SEND", "exchange/RECEIVE", "outbox",
					    "inbox", "quarantine",    "archive",          "tmp"};
	g_autoptr(GError) error = NULL;
	g_autoptr(site) s = site_init(f->home, "berlin", NULL);
	g_autofree char *nord = site_link_prepare(s, &error);
	g_autofree char *acme = site_link_prepare(s, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(nord, !=, acme);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *part = g_build_filename(acme, parts[i], NULL);

		g_assert_cmpuint(mode_of(part), ==, 0700);
	}
	g_autoptr(GPtrArray) none = site_links(s, &error);
	g_assert_cmpuint(none->len, ==, 0);

	g_assert_true(site_link_ready(s, nord, "nord", &error));
	g_assert_true(site_link_ready(s, acme, "acme", &error));
	g_autoptr(GPtrArray) links = site_links(s, &error);
	g_assert_cmpuint(links->len, ==, 2);
	g_assert_cmpstr(links->pdata[0], ==, "acme");
	g_assert_cmpstr(links->pdata[1], ==, "nord");
	g_assert_true(site_has_link(s, "acme"));
	g_assert_false(site_has_link(s, "paris"));
	g_assert_false(site_has_link(s, "../links/acme"));
	g_autofree char *dir = site_link_dir(s, "acme");
	g_autofree char *want = g_build_filename(f->home, "links", "acme", NULL);
	g_assert_cmpstr(dir, ==, want);
	g_assert_cmpuint(mode_of(dir), ==, 0700);
}

static void
test_link_refused(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(site) s = site_init(f->home, "berlin", NULL);
	g_autofree char *first = site_link_prepare(s, NULL);
	g_assert_true(site_link_ready(s, first, "acme", NULL));

	g_autofree char *second = site_link_prepare(s, NULL);
	g_assert_false(site_link_ready(s, second, "acme", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	g_assert_false(site_link_ready(s, second, "../acme", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	fault_arm("rename", 1, FAULT_FAIL);
	g_assert_false(site_link_ready(s, second, "nord", &error));
	fault_disarm();
	g_assert_error(error, FAIL, FAIL_RETRY);
	g_assert_false(site_has_link(s, "nord"));
	site_link_abandon(second);
	g_assert_false(fsio_exists(AT_FDCWD, second));
	g_assert_true(site_has_link(s, "acme"));
}

static void
test_sweep(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(site) s = site_init(f->home, "berlin", NULL);
	g_autofree char *died = site_link_prepare(s, NULL);
	g_autofree char *young = site_link_prepare(s, NULL);

	g_assert_true(fsio_exists(AT_FDCWD, died));
	g_assert_true(fsio_exists(AT_FDCWD, young));
	clock_shift(2 * 24 * 60 * 60);
	g_autofree char *later = site_link_prepare(s, NULL);
	clock_shift(0);
	g_assert_false(fsio_exists(AT_FDCWD, died));
	g_assert_true(fsio_exists(AT_FDCWD, later));
}

/* The command that SITE names for HOME, while HANDSEL_HOME is ENV, begins with WANT. */
static void
begins(const char *home, const char *env, const char *want)
{
	g_autoptr(site) s = site_open(home, NULL);

	g_assert_nonnull(s);
	if (env != NULL)
		g_setenv("HANDSEL_HOME", env, TRUE);
	g_autofree char *handsel = site_handsel(s);
	g_unsetenv("HANDSEL_HOME");
	g_assert_cmpstr(handsel, ==, want);
}

static void
test_handsel(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *blank = g_build_filename(f->dir, "it's here", NULL);
	g_autofree char *plain = g_strconcat("handsel --home ", f->home, NULL);
	g_autofree char *quoted = g_strconcat("handsel --home '", f->dir, "/it'\\''s here'", NULL);

	site_close(site_init(f->home, "berlin", NULL));
	site_close(site_init(blank, "berlin", NULL));
	begins(f->home, NULL, plain);
	begins(f->home, f->home, "handsel");
	begins(f->home, blank, plain);
	begins(blank, NULL, quoted);
}

static void
add(const char *name, void (*test)(fixture *, gconstpointer))
{
	g_test_add(name, fixture, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_autofree char *home = g_dir_make_tmp("user-XXXXXX", NULL);

	/* Before GLib asks for it the first time. */
	g_setenv("HOME", home, TRUE);
	g_test_init(&argc, &argv, NULL);
	add("/site/names_are_short_and_plain", test_names);
	add("/site/the_home_is_given_or_found", test_home);
	add("/site/commands_name_a_home_that_is_not_found_otherwise", test_handsel);
	add("/site/a_new_site_opens_again", test_init);
	add("/site/no_site_is_made_over_something_else", test_init_refused);
	add("/site/a_site_that_was_begun_can_be_made", test_init_again);
	add("/site/what_is_no_site_does_not_open", test_open_refused);
	add("/site/a_home_that_others_can_write_to_does_not_open", test_open_to_others);
	add("/site/a_link_is_there_when_it_is_ready", test_links);
	add("/site/a_link_never_replaces_another", test_link_refused);
	add("/site/what_died_while_being_made_is_swept", test_sweep);
	int status = g_test_run();
	fsio_remove_tree(home, NULL);
	return status;
}
