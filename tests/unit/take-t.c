#include "spool/take.h"

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

/* The name that bytes TEXT rightly bear. */
static envelope_name
name_of(const char *text, guint64 number)
{
	envelope_name name = {.link = "01j9x4ab", .role = 'm', .number = number};
	g_autofree char *sha = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	g_strlcpy(name.hash, sha, sizeof name.hash);
	return name;
}

static int
open_text(const place *p, const char *text)
{
	g_autofree char *path = g_build_filename(p->path, "carried", NULL);
	g_assert_true(fsio_store(AT_FDCWD, path, text, strlen(text), 0600, NULL));
	return fsio_open_own(AT_FDCWD, path, NULL);
}

/* Takes TEXT under NAME; the tmp file, whose name the caller frees. */
static char *
take(const place *p, const envelope_name *name, const char *text, gboolean *ret_complete)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *sha = NULL;
	char *tmp = NULL;
	int fd = open_text(p, text);

	g_assert_true(take_copy(p->s, name, fd, 1000, &tmp, &sha, ret_complete, &error));
	close(fd);
	return tmp;
}

static void
a_copy_with_the_right_hash_is_complete(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	gboolean complete = FALSE;
	g_autofree char *tmp = take(&p, &name, "hello", &complete);
	g_autofree char *text = fsio_read(spool_fd(p.s, SPOOL_TMP), tmp, 1000, NULL, NULL);

	g_assert_true(complete);
	g_assert_cmpstr(text, ==, "hello");
}

static void
a_part_is_checked_by_its_own_hash(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("the whole", 17);
	envelope_name part = name_of("hello", 17);
	gboolean complete = FALSE;

	name.part = name.parts = 1;
	g_strlcpy(name.part_hash, part.hash, sizeof name.part_hash);
	g_autofree char *tmp = take(&p, &name, "hello", &complete);
	g_assert_nonnull(tmp);
	g_assert_true(complete);
}

static void
a_truncated_copy_is_no_error(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	gboolean complete = TRUE;
	g_autofree char *tmp = take(&p, &name, "hell", &complete);

	g_assert_false(complete);
	g_assert_true(fsio_exists(spool_fd(p.s, SPOOL_TMP), tmp));
}

static void
what_is_too_large_leaves_nothing(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	g_autoptr(GError) error = NULL;
	g_autofree char *tmp = NULL, *sha = NULL;
	gboolean complete = FALSE;
	int fd = open_text(&p, "hello");

	g_assert_false(take_copy(p.s, &name, fd, 4, &tmp, &sha, &complete, &error));
	g_assert_true(fail_is(error, REASON_TOO_LARGE));
	g_assert_null(tmp);
	g_autoptr(GPtrArray) left = fsio_list(spool_fd(p.s, SPOOL_TMP), 10, NULL);
	g_assert_cmpuint(left->len, ==, 0);
	close(fd);
}

static void
quarantine(const place *p, const envelope_name *name, const char *bytes, int reason)
{
	g_autoptr(GError) error = NULL;
	gboolean complete;
	g_autofree char *tmp = take(p, name, bytes, &complete);

	g_assert_true(quarantine_add(p->s, tmp, name, reason, "why \xff", &error));
	g_assert_no_error(error);
	g_assert_false(fsio_exists(spool_fd(p->s, SPOOL_TMP), tmp));
}

static void
quarantine_keeps_the_exact_bytes_and_why(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	g_autofree char *file = name_format(&name);
	g_autoptr(GError) error = NULL;

	quarantine(&p, &name, "hello", REASON_BAD_SIGNATURE);
	g_autofree char *text = fsio_read(spool_fd(p.s, SPOOL_QUARANTINE), file, 100, NULL, NULL);
	g_assert_cmpstr(text, ==, "hello");
	g_autoptr(GPtrArray) all = quarantine_list(p.s, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(all->len, ==, 1);
	const json_t *j = all->pdata[0];
	g_assert_cmpstr(json_str(j, "name"), ==, file);
	g_assert_cmpstr(json_str(j, "id"), ==, "m17");
	g_assert_cmpint(json_num(j, "reason", 0), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(json_num(j, "size", 0), ==, 5);
	g_assert_cmpint(json_num(j, "seen", 0), ==, 1);
	g_assert_cmpint(strncmp(json_str(j, "sha256"), name.hash, NAME_HASH_LEN), ==, 0);
	g_assert_true(quarantine_remove(p.s, file, &error));
	g_autoptr(GPtrArray) none = spool_names(p.s, SPOOL_QUARANTINE, NULL);
	g_assert_cmpuint(none->len, ==, 0);
	g_assert_true(quarantine_remove(p.s, file, &error));
	g_assert_null(quarantine_get(p.s, file, &error));
	g_assert_true(fail_is(error, FAIL_USAGE));
}

static void
the_same_bytes_again_are_counted(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	g_autofree char *file = name_format(&name);

	quarantine(&p, &name, "hello", REASON_CANNOT_DECRYPT);
	g_autoptr(json_ref) before = quarantine_get(p.s, file, NULL);
	clock_shift(100);
	quarantine(&p, &name, "hello", REASON_BAD_SIGNATURE);
	clock_shift(0);
	g_autoptr(json_ref) after = quarantine_get(p.s, file, NULL);
	g_assert_cmpint(json_num(after, "seen", 0), ==, 2);
	g_assert_cmpint(json_num(after, "reason", 0), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpstr(json_str(after, "first_seen"), ==, json_str(before, "first_seen"));
	g_assert_cmpstr(json_str(after, "last_seen"), >, json_str(before, "last_seen"));
}

static void
torn_bytes_never_replace_whole_ones(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	g_autofree char *file = name_format(&name);

	quarantine(&p, &name, "hel", REASON_INCOMPLETE);
	quarantine(&p, &name, "hell", REASON_INCOMPLETE);
	g_autoptr(json_ref) torn = quarantine_get(p.s, file, NULL);
	g_assert_cmpint(json_num(torn, "size", 0), ==, 4);
	g_assert_cmpint(json_num(torn, "seen", 0), ==, 1);
	quarantine(&p, &name, "hello", REASON_CANNOT_DECRYPT);
	quarantine(&p, &name, "hel", REASON_INCOMPLETE);
	g_autoptr(json_ref) whole = quarantine_get(p.s, file, NULL);
	g_assert_cmpint(json_num(whole, "reason", 0), ==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(json_num(whole, "size", 0), ==, 5);
}

static void
a_lost_note_hides_no_file(void)
{
	g_auto(place) p = place_new();
	envelope_name name = name_of("hello", 17);
	g_autofree char *file = name_format(&name);
	g_autofree char *note = g_strconcat(file, ".json", NULL);

	quarantine(&p, &name, "hello", REASON_BAD_SIGNATURE);
	g_assert_true(fsio_store(spool_fd(p.s, SPOOL_QUARANTINE), note, "{", 1, 0600, NULL));
	g_autoptr(GPtrArray) all = quarantine_list(p.s, NULL);
	g_assert_cmpuint(all->len, ==, 1);
	g_assert_cmpstr(json_str(all->pdata[0], "name"), ==, file);
	g_assert_cmpint(json_num(all->pdata[0], "reason", -1), ==, 0);
}

static void
names_that_leave_the_directory_are_not_looked_up(void)
{
	g_auto(place) p = place_new();
	static const char *const names[] = {"../outbox", "..", ".", "", "a/b"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(quarantine_get(p.s, names[i], &error));
		g_assert_true(fail_is(error, FAIL_USAGE));
	}
}

/* At whatever step it fails, the bytes are in tmp or in quarantine, and a second try succeeds. */
static void
a_failure_half_way_loses_no_bytes(void)
{
	guint failures = 0;

	for (guint nth = 1;; nth++) {
		g_auto(place) p = place_new();
		envelope_name name = name_of("hello", 17);
		g_autofree char *file = name_format(&name);
		gboolean complete;
		g_autofree char *tmp = take(&p, &name, "hello", &complete);

		fault_arm(NULL, nth, FAULT_FAIL);
		gboolean ok = quarantine_add(p.s, tmp, &name, REASON_BAD_SIGNATURE, "why", NULL);
		gboolean reached = fault_passes() >= nth;
		fault_disarm();
		g_assert_true(fsio_exists(spool_fd(p.s, SPOOL_TMP), tmp) ||
			      fsio_exists(spool_fd(p.s, SPOOL_QUARANTINE), file));
		if (!reached)
			break;
		failures += !ok;
		quarantine(&p, &name, "hello", REASON_BAD_SIGNATURE);
		g_autoptr(GPtrArray) all = quarantine_list(p.s, NULL);
		g_assert_cmpuint(all->len, ==, 1);
	}
	g_assert_cmpuint(failures, >=, 5);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/take/a_copy_with_the_right_hash_is_complete",
			a_copy_with_the_right_hash_is_complete);
	g_test_add_func("/take/a_part_is_checked_by_its_own_hash",
			a_part_is_checked_by_its_own_hash);
	g_test_add_func("/take/a_truncated_copy_is_no_error", a_truncated_copy_is_no_error);
	g_test_add_func("/take/what_is_too_large_leaves_nothing", what_is_too_large_leaves_nothing);
	g_test_add_func("/quarantine/quarantine_keeps_the_exact_bytes_and_why",
			quarantine_keeps_the_exact_bytes_and_why);
	g_test_add_func("/quarantine/the_same_bytes_again_are_counted",
			the_same_bytes_again_are_counted);
	g_test_add_func("/quarantine/torn_bytes_never_replace_whole_ones",
			torn_bytes_never_replace_whole_ones);
	g_test_add_func("/quarantine/a_lost_note_hides_no_file", a_lost_note_hides_no_file);
	g_test_add_func("/quarantine/names_that_leave_the_directory_are_not_looked_up",
			names_that_leave_the_directory_are_not_looked_up);
	g_test_add_func("/quarantine/a_failure_half_way_loses_no_bytes",
			a_failure_half_way_loses_no_bytes);
	return g_test_run();
}
