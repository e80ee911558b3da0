#include "conf/conf.h"

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

#include <string.h>

typedef struct {
	char *dir, *path;
} fixture;

static void
set_up(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	f->dir = g_dir_make_tmp("conf-XXXXXX", NULL);
	g_assert_nonnull(f->dir);
	f->path = g_build_filename(f->dir, "link.conf", NULL);
}

static void
tear_down(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	fsio_remove_tree(f->dir, NULL);
	g_free(f->dir);
	g_free(f->path);
}

static void
write_file(const fixture *f, const char *text, mode_t mode)
{
	g_assert_true(fsio_store(AT_FDCWD, f->path, text, strlen(text), mode, NULL));
}

/* Loading TEXT as link.conf fails with class CONFIG and a message that has WORD and the path. */
static void
assert_refused(const fixture *f, const char *text, const char *word)
{
	g_autoptr(GError) error = NULL;

	write_file(f, text, 0600);
	g_assert_null(conf_load(f->path, SET_LINK, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, word));
	g_assert_true(g_str_has_prefix(error->message, f->path));
}

static void
test_defaults(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(conf) c = conf_new(f->path, SET_LINK);

	g_assert_cmpstr(conf_text(c, "scope"), ==, "assigned");
	g_assert_null(conf_text(c, "folder.send"));
	g_assert_false(conf_bool(c, "paused"));
	g_assert_true(conf_bool(c, "pairing.eager"));
	g_assert_cmpint(conf_int(c, "limit.envelope"), ==, G_GINT64_CONSTANT(8589934592));
	g_assert_cmpint(conf_int(c, "pairing.expires"), ==, 30 * 86400);
	g_assert_cmpint(conf_int(c, "sync.batch"), ==, 1000);
	g_assert_false(conf_given(c, "scope"));
	g_assert_true(conf_set(c, "scope", "assigned", NULL));
	g_assert_true(conf_given(c, "scope"));
}

static void
test_round_trip(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(conf) c = conf_new(f->path, SET_LINK);
	struct stat st;

	g_assert_true(conf_set(c, "link.role", "slave", &error));
	g_assert_true(conf_set(c, "channel", "folder", &error));
	g_assert_true(conf_set(c, "link.description", " back\\slash; = ä ", &error));
	/* As it will be read. */
	g_assert_cmpstr(conf_text(c, "link.description"), ==, " back\\slash; = ä");
	g_assert_true(conf_set(c, "sync.ack_delay", "5 min", &error));
	g_assert_true(conf_set(c, "folder.send", "/mnt/a b/SEND", &error));
	g_assert_true(conf_save(c, &error));
	g_assert_no_error(error);
	g_assert_cmpint(stat(f->path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);

	g_autoptr(conf) again = conf_load(f->path, SET_LINK, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(conf_text(again, "link.role"), ==, "slave");
	g_assert_cmpstr(conf_text(again, "channel"), ==, "folder");
	g_assert_cmpstr(conf_text(again, "link.description"), ==, " back\\slash; = ä");
	g_assert_cmpint(conf_int(again, "sync.ack_delay"), ==, 300);
	g_assert_cmpstr(conf_text(again, "folder.send"), ==, "/mnt/a b/SEND");
	g_autofree char *text = fsio_read(AT_FDCWD, f->path, 10000, NULL, NULL);
	g_assert_true(g_str_has_prefix(text, "# "));
	g_assert_nonnull(strstr(text, "handsel.conf(5)"));
	g_assert_nonnull(strstr(text, "[sync]\nack_delay=5 min\n"));
}

static void
test_comments(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	write_file(f, "# by erika\n[link]\n# because of the audit\nscope=all\r\nrole = master \n",
		   0600);
	g_autoptr(GError) error = NULL;
	g_autoptr(conf) c = conf_load(f->path, SET_LINK, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(conf_text(c, "scope"), ==, "all");
	g_assert_cmpstr(conf_text(c, "link.role"), ==, "master");
	g_assert_true(conf_set(c, "scope", "project=WIDGET", NULL));
	g_assert_true(conf_set(c, "sync.batch", "7", NULL));
	g_assert_true(conf_save(c, &error));
	g_assert_true(conf_set(c, "sync.batch", NULL, NULL));
	g_assert_true(conf_save(c, &error));

	g_autofree char *text = fsio_read(AT_FDCWD, f->path, 10000, NULL, NULL);
	g_assert_true(g_str_has_prefix(text, "# by erika\n"));
	g_assert_nonnull(strstr(text, "# because of the audit\nscope=project=WIDGET\n"));
	g_assert_null(strstr(text, "batch"));
	g_assert_null(strstr(text, "handsel.conf"));
}

static void
test_wrong_files(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	assert_refused(f, "[link]\nscoop=all\n", "scoop");
	assert_refused(f, "[sink]\nbatch=1\n", "sink");
	assert_refused(f, "[site]\nname=berlin\n", "name");
	assert_refused(f, "[link]\nsync.batch=1\n", "sync.batch");
	assert_refused(f, "[sync]\nbatch=many\n", "many");
	assert_refused(f, "[sync]\nbatch=\n", "batch");
	assert_refused(f, "batch=1\n", "");
	assert_refused(f, "[link]\nscope=all\n[sync]\nbatch=1\n[link]\nscope = assigned\n",
		       "line 6");
	assert_refused(f, "[link]\nscope=\xff\n", "UTF-8");
	assert_refused(f, "[link]\nscope[de]=all\n", "scope[de]");
}

static void
test_missing(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(conf_load(f->path, SET_LINK, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
}

static void
test_modes(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	write_file(f, "[link]\nscope=all\n", 0640);
	g_assert_null(conf_load(f->path, SET_LINK, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_assert_nonnull(strstr(error->message, "chmod 600"));
	g_clear_error(&error);
	write_file(f, "[site]\nname=berlin\n", 0644);
	g_autoptr(conf) c = conf_load(f->path, SET_SITE, &error);
	g_assert_no_error(error);
	g_assert_nonnull(c);
	write_file(f, "[site]\nname=berlin\n", 0664);
	g_assert_null(conf_load(f->path, SET_SITE, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
}

static void
test_fixed(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(conf) c = conf_new(f->path, SET_LINK);

	g_assert_true(conf_set(c, "user", "acme-sync", &error));
	g_assert_true(conf_set(c, "user", "acme-sync", &error));
	g_assert_false(conf_set(c, "user", "root", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	g_assert_false(conf_set(c, "user", NULL, &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	g_assert_true(conf_save(c, &error));

	/* A default that was not overridden when the link was made is fixed with it. */
	g_autoptr(conf) again = conf_load(f->path, SET_LINK, &error);
	g_assert_false(conf_set(again, "protect", "sign", &error));
	g_assert_error(error, FAIL, FAIL_USAGE);
	g_clear_error(&error);
	g_assert_true(conf_set(again, "protect", "encrypt", &error));
	g_autoptr(conf) other = conf_new(f->path, SET_LINK);
	g_assert_true(conf_set(other, "protect", "sign", &error));
}

static void
test_set(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(conf) c = conf_new(f->path, SET_LINK);

	g_assert_true(conf_set_pair(c, "scope=project=WIDGET", &error));
	g_assert_cmpstr(conf_text(c, "scope"), ==, "project=WIDGET");
	g_assert_true(conf_set(c, "scope", conf_text(c, "scope"), &error));
	g_assert_cmpstr(conf_text(c, "scope"), ==, "project=WIDGET");
	g_assert_true(conf_set_pair(c, "scope=", &error));
	g_assert_cmpstr(conf_text(c, "scope"), ==, "assigned");
	static const char *const bad[] = {"scope", "=x", "", "nope=1", "sync.batch=x", "name=x"};
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(conf_set_pair(c, bad[i], &error));
		g_assert_error(error, FAIL, FAIL_USAGE);
		g_clear_error(&error);
	}
	g_assert_false(conf_given(c, "sync.batch"));
}

static void
test_pairs(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(conf) c = conf_new(f->path, SET_LINK);
	g_autoptr(GPtrArray) none = conf_pairs(c, FALSE);

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_true(conf_set(c, "sync.batch", "7", NULL));
	g_assert_true(conf_set(c, "link.partner", "acme", NULL));
	g_autoptr(GPtrArray) two = conf_pairs(c, FALSE);
	g_assert_cmpuint(two->len, ==, 4);
	g_assert_cmpstr(two->pdata[0], ==, "link.partner");
	g_assert_cmpstr(two->pdata[1], ==, "acme");
	g_assert_cmpstr(two->pdata[2], ==, "sync.batch");
	g_assert_cmpstr(two->pdata[3], ==, "7");
	g_autoptr(GPtrArray) all = conf_pairs(c, TRUE);
	guint expected = 2; /* what was set and has no default */
	for (const setting *s = setting_all(); s->key != NULL; s++)
		if (s->where & SET_LINK && s->fallback != NULL)
			expected += 2;
	g_assert_cmpuint(all->len, ==, expected);
}

static void
test_failed_save(fixture *f, G_GNUC_UNUSED gconstpointer data)
{
	write_file(f, "[link]\nscope=all\n", 0600);
	g_autoptr(conf) c = conf_load(f->path, SET_LINK, NULL);
	g_assert_true(conf_set(c, "scope", "assigned", NULL));
	fault_arm("rename", 1, FAULT_FAIL);
	g_autoptr(GError) error = NULL;
	g_assert_false(conf_save(c, &error));
	g_assert_error(error, FAIL, FAIL_RETRY);
	fault_disarm();
	g_autoptr(conf) old = conf_load(f->path, SET_LINK, NULL);
	g_assert_cmpstr(conf_text(old, "scope"), ==, "all");
}

static void
add(const char *name, void (*test)(fixture *, gconstpointer))
{
	g_test_add(name, fixture, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("/conf/what_is_not_set_has_its_default", test_defaults);
	add("/conf/what_was_set_is_read_back", test_round_trip);
	add("/conf/comments_of_people_stay", test_comments);
	add("/conf/a_wrong_file_is_refused", test_wrong_files);
	add("/conf/a_missing_file_is_the_operators_business", test_missing);
	add("/conf/a_file_open_to_others_is_refused", test_modes);
	add("/conf/a_fixed_value_stays", test_fixed);
	add("/conf/values_are_checked_when_set", test_set);
	add("/conf/pairs_follow_the_table", test_pairs);
	add("/conf/a_failed_save_leaves_the_old_file", test_failed_save);
	return g_test_run();
}
