#include "spool/spool.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

typedef struct {
	char *path;
	spool *s;
} place;

static place
place_new(void)
{
	char *path = g_dir_make_tmp("handsel-XXXXXX", NULL);

	return (place){path, spool_open(path, TRUE, NULL)};
}

static void
place_free(place *p)
{
	spool_close(p->s);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_free)

/* A tmp file with TEXT; caller frees its name. */
static char *
make_tmp(const place *p, const char *text)
{
	char *name = NULL;
	int fd = fsio_tmp(spool_fd(p->s, SPOOL_TMP), &name, NULL);

	g_assert_true(fsio_write_all(fd, text, strlen(text), NULL));
	close(fd);
	return name;
}

static void
assert_holds(const place *p, spool_dir dir, const char *name, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *bytes = fsio_read(spool_fd(p->s, dir), name, 1000, NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(bytes, ==, text);
}

static void
directories_are_private(void)
{
	g_auto(place) p = place_new();

	for (guint i = 0; i < SPOOL_DIRS; i++) {
		struct stat st;

		g_assert_cmpint(fstat(spool_fd(p.s, (spool_dir)i), &st), ==, 0);
		g_assert_cmpuint(st.st_mode & 07777, ==, 0700);
		g_autofree char *path =
			g_build_filename(p.path, spool_dir_name((spool_dir)i), NULL);
		g_assert_true(g_file_test(path, G_FILE_TEST_IS_DIR));
	}
}

static void
placing_and_moving_replace(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *first = make_tmp(&p, "first");
	g_autofree char *second = make_tmp(&p, "second");
	guint64 size = 0;

	g_assert_true(spool_place(p.s, first, SPOOL_OUTBOX, "a", &error));
	g_assert_true(spool_place(p.s, second, SPOOL_OUTBOX, "a", &error));
	assert_holds(&p, SPOOL_OUTBOX, "a", "second");
	g_assert_true(spool_move(p.s, SPOOL_OUTBOX, "a", SPOOL_ARCHIVE, "b", &error));
	g_assert_true(spool_flush(p.s, &error));
	g_assert_false(fsio_exists(spool_fd(p.s, SPOOL_OUTBOX), "a"));
	int fd = spool_read(p.s, SPOOL_ARCHIVE, "b", &size, &error);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpuint(size, ==, 6);
	close(fd);
	g_assert_true(spool_drop(p.s, SPOOL_ARCHIVE, "b", &error));
	g_assert_true(spool_drop(p.s, SPOOL_ARCHIVE, "b", &error));
	g_assert_cmpint(spool_read(p.s, SPOOL_ARCHIVE, "b", NULL, &error), ==, -1);
	g_assert_nonnull(error);
}

static void
only_changed_directories_are_synced_and_only_once(void)
{
	g_auto(place) p = place_new();
	g_autofree char *a = make_tmp(&p, "a");
	g_autofree char *b = make_tmp(&p, "b");

	g_assert_true(spool_place(p.s, a, SPOOL_INBOX, "a", NULL));
	g_assert_true(spool_place(p.s, b, SPOOL_INBOX, "b", NULL));
	fault_arm("fsync", 1000, FAULT_FAIL);
	g_assert_true(spool_flush(p.s, NULL));
	g_assert_true(spool_flush(p.s, NULL));
	g_assert_cmpuint(fault_passes(), ==, 1);
	fault_disarm();
}

static void
a_failed_sync_is_tried_again_by_the_next_flush(void)
{
	g_auto(place) p = place_new();
	g_autofree char *a = make_tmp(&p, "a");
	g_autoptr(GError) error = NULL;

	g_assert_true(spool_place(p.s, a, SPOOL_INBOX, "a", NULL));
	fault_arm("fsync", 1, FAULT_FAIL);
	g_assert_false(spool_flush(p.s, &error));
	g_assert_cmpint(fail_class(error), ==, FAIL_RETRY);
	fault_arm("fsync", 1000, FAULT_FAIL);
	g_assert_true(spool_flush(p.s, NULL));
	g_assert_cmpuint(fault_passes(), ==, 1);
	fault_disarm();
}

static void
nothing_is_placed_before_its_bytes_are_durable(void)
{
	g_auto(place) p = place_new();
	g_autofree char *a = make_tmp(&p, "a");

	fault_arm("fsync", 1, FAULT_FAIL);
	g_assert_false(spool_place(p.s, a, SPOOL_INBOX, "a", NULL));
	fault_disarm();
	g_assert_false(fsio_exists(spool_fd(p.s, SPOOL_INBOX), "a"));
}

static void
names_are_sorted_and_without_temporaries(void)
{
	g_auto(place) p = place_new();

	for (const char *const *name = (const char *const[]){"c", "a", ".tmp-1", "b", NULL};
	     *name != NULL; name++)
		g_assert_true(fsio_store(spool_fd(p.s, SPOOL_INBOX), *name, "", 0, 0600, NULL));
	g_autoptr(GPtrArray) names = spool_names(p.s, SPOOL_INBOX, NULL);
	g_assert_cmpuint(names->len, ==, 3);
	g_assert_cmpstr(names->pdata[0], ==, "a");
	g_assert_cmpstr(names->pdata[2], ==, "c");
}

static void
only_the_sweep_empties_tmp(void)
{
	g_auto(place) p = place_new();
	g_autofree char *tmp = make_tmp(&p, "left by a crash");
	g_autofree char *inner = g_build_filename(p.path, "tmp", "directory", "deeper", NULL);

	g_assert_true(fsio_mkdirs(inner, 0700, NULL));
	g_assert_true(fsio_store(spool_fd(p.s, SPOOL_OUTBOX), "kept", "", 0, 0600, NULL));
	spool_close(p.s);
	p.s = spool_open(p.path, FALSE, NULL);
	g_assert_true(fsio_exists(spool_fd(p.s, SPOOL_TMP), tmp));
	spool_close(p.s);
	p.s = spool_open(p.path, TRUE, NULL);
	g_autoptr(GPtrArray) left = fsio_list(spool_fd(p.s, SPOOL_TMP), 10, NULL);
	g_assert_cmpuint(left->len, ==, 0);
	g_assert_true(fsio_exists(spool_fd(p.s, SPOOL_OUTBOX), "kept"));
}

static void
what_is_old_expires(void)
{
	g_auto(place) p = place_new();

	g_assert_true(fsio_store(spool_fd(p.s, SPOOL_ARCHIVE), "old", "", 0, 0600, NULL));
	g_assert_true(spool_expire(p.s, SPOOL_ARCHIVE, 3600, NULL));
	g_assert_true(fsio_exists(spool_fd(p.s, SPOOL_ARCHIVE), "old"));
	clock_shift(3700);
	g_assert_true(spool_expire(p.s, SPOOL_ARCHIVE, 3600, NULL));
	clock_shift(0);
	g_assert_false(fsio_exists(spool_fd(p.s, SPOOL_ARCHIVE), "old"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spool/directories_are_private", directories_are_private);
	g_test_add_func("/spool/placing_and_moving_replace", placing_and_moving_replace);
	g_test_add_func("/spool/only_changed_directories_are_synced_and_only_once",
			only_changed_directories_are_synced_and_only_once);
	g_test_add_func("/spool/a_failed_sync_is_tried_again_by_the_next_flush",
			a_failed_sync_is_tried_again_by_the_next_flush);
	g_test_add_func("/spool/nothing_is_placed_before_its_bytes_are_durable",
			nothing_is_placed_before_its_bytes_are_durable);
	g_test_add_func("/spool/names_are_sorted_and_without_temporaries",
			names_are_sorted_and_without_temporaries);
	g_test_add_func("/spool/only_the_sweep_empties_tmp", only_the_sweep_empties_tmp);
	g_test_add_func("/spool/what_is_old_expires", what_is_old_expires);
	return g_test_run();
}
