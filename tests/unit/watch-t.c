#include "spool/watch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"

#define PATIENCE_MS 15000
#define PERIOD_MS   300 /* between two looks */
#define QUIET_MS    500 /* a look has been made since */
#define AT_ONCE_MS  5000

/* A directory in a room of its own, and what was heard of it: one letter an event. */
typedef struct {
	char *room, *dir, *other;
	watch *w;
	guint64 id;
	GString *heard;
	char *name; /* of the last event that had one */
	gboolean drop;
} eyes;

static void
hear(watch_event event, const char *name, gpointer data)
{
	static const char letters[] = {[WATCH_FILE] = 'f', [WATCH_BEGUN] = 'b', [WATCH_ANY] = 'a',
				       [WATCH_BACK] = 'B', [WATCH_GONE] = 'G',  [WATCH_DEAF] = 'D'};
	eyes *e = data;

	g_string_append_c(e->heard, letters[event]);
	if (name != NULL) {
		g_free(e->name);
		e->name = g_strdup(name);
	}
	if (e->drop)
		watch_drop(e->w, e->id);
}

static void
open_eyes(eyes *e, gconstpointer unused)
{
	(void)unused;
	e->room = g_dir_make_tmp("watch-t-XXXXXX", NULL);
	e->dir = g_build_filename(e->room, "dir", NULL);
	e->other = g_build_filename(e->room, "other", NULL);
	e->heard = g_string_new(NULL);
	g_assert_cmpint(mkdir(e->dir, 0700), ==, 0);
	e->w = watch_new();
}

static void
close_eyes(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_free(e->w);
	chmod(e->dir, 0700);
	fsio_remove_tree(e->room, NULL);
	g_string_free(e->heard, TRUE);
	g_free(e->room);
	g_free(e->dir);
	g_free(e->other);
	g_free(e->name);
}

static gboolean
end(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* Lets time pass until EVENT was heard (0: all of it); what was heard is forgotten. */
static gboolean
heard_within(eyes *e, char event, guint ms)
{
	gboolean over = FALSE;
	guint timer = g_timeout_add(ms, end, &over);

	while (!over && (event == 0 || strchr(e->heard->str, event) == NULL))
		g_main_context_iteration(NULL, TRUE);
	if (!over)
		g_source_remove(timer);
	gboolean ret = event != 0 ? !over : e->heard->len > 0;
	g_string_truncate(e->heard, 0);
	return ret;
}

static gboolean
heard(eyes *e, char event)
{
	return heard_within(e, event, PATIENCE_MS);
}

static gboolean
heard_of(eyes *e, const char *name)
{
	for (int i = 0; i < 20; i++) {
		if (g_strcmp0(e->name, name) == 0)
			return TRUE;
		heard_within(e, 'f', 100);
	}
	return FALSE;
}

static void
put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(
		g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
move(const char *from, const char *to)
{
	g_assert_true(fsio_rename(AT_FDCWD, from, AT_FDCWD, to, 0, NULL));
}

static void
watch_kind_of(eyes *e, watch_kind kind, const char *const *files)
{
	e->id = watch_add(e->w, e->dir, kind, files, PERIOD_MS, hear, e);
}

/* BACK has been heard, and the look that asks twice is over. */
static void
settle(eyes *e)
{
	g_assert_true(heard(e, 'B'));
	heard_within(e, 'a', QUIET_MS);
	heard_within(e, 0, 200);
}

static void
what_arrives_is_told_at_once(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	g_assert_true(heard(e, 'B'));
	put(e->dir, "letter", "text");
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
	g_assert_true(heard_of(e, "letter"));
}

static void
the_probe_leaves_nothing_and_is_not_told(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	g_assert_true(heard_within(e, 0, 100) == FALSE);
	int dir = fsio_open_dir(e->dir, NULL);
	g_autoptr(GPtrArray) names = fsio_list(dir, 10, NULL);
	close(dir);
	g_assert_cmpuint(names->len, ==, 0);
	g_assert_null(e->name);
}

static void
what_rests_is_silent(eyes *e, gconstpointer unused)
{
	(void)unused;
	put(e->dir, "letter", "text");
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	g_assert_false(heard_within(e, 0, QUIET_MS));
}

/* As on a share whose changes are made elsewhere: the mtime is all there is to see. */
static void
a_look_finds_what_nobody_tells(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	g_assert_cmpint(utimensat(AT_FDCWD, e->dir, times, 0), ==, 0);
	g_assert_true(heard(e, 'a'));
	g_assert_false(heard_within(e, 0, QUIET_MS));
}

static void
a_directory_that_goes_is_watched_again_when_it_returns(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	move(e->dir, e->other);
	g_assert_true(heard(e, 'G'));
	put(e->other, "elsewhere", "text");
	g_assert_false(heard_within(e, 'f', QUIET_MS));
	move(e->other, e->dir);
	g_assert_true(heard(e, 'B'));
	put(e->dir, "letter", "text");
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
}

static void
another_directory_in_its_place_is_watched(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	move(e->dir, e->other);
	g_assert_cmpint(mkdir(e->dir, 0700), ==, 0);
	g_assert_true(heard(e, 'B'));
	put(e->dir, "letter", "text");
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
}

static void
one_that_is_not_there_yet_is_told_and_awaited(eyes *e, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(rmdir(e->dir), ==, 0);
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	g_assert_true(heard(e, 'G'));
	g_assert_false(heard_within(e, 0, QUIET_MS));
	g_assert_cmpint(mkdir(e->dir, 0700), ==, 0);
	g_assert_true(heard(e, 'B'));
}

static void
a_directory_without_right_to_write_is_watched_all_the_same(eyes *e, gconstpointer unused)
{
	(void)unused;
	if (geteuid() == 0) {
		g_test_skip("root may write everywhere");
		return;
	}
	g_assert_cmpint(chmod(e->dir, 0500), ==, 0);
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	g_assert_true(heard(e, 'B'));
	g_assert_false(heard_within(e, 'D', QUIET_MS));
}

static void
two_that_share_a_directory_both_hear(eyes *e, gconstpointer unused)
{
	(void)unused;
	eyes second = {.heard = g_string_new(NULL)};

	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	second.id = watch_add(e->w, e->dir, WATCH_ARRIVALS, NULL, PERIOD_MS, hear, &second);
	g_assert_true(heard(e, 'B'));
	g_assert_true(heard(&second, 'B'));
	put(e->dir, "letter", "text");
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
	g_assert_true(heard_within(&second, 'f', AT_ONCE_MS));
	watch_drop(e->w, second.id);
	put(e->dir, "letter2", "text");
	g_assert_true(heard_of(e, "letter2"));
	g_string_free(second.heard, TRUE);
	g_free(second.name);
}

static void
a_place_may_be_dropped_inside_its_event(eyes *e, gconstpointer unused)
{
	(void)unused;
	e->drop = TRUE;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	g_assert_true(heard(e, 'B'));
	put(e->dir, "letter", "text");
	g_assert_false(heard_within(e, 0, QUIET_MS));
}

static void
a_growing_file_is_told_when_it_rests(eyes *e, gconstpointer unused)
{
	(void)unused;
	g_autofree char *path = g_build_filename(e->dir, "letter", NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	watch_measure(e->w, e->id, TRUE);
	g_assert_true(heard(e, 'a')); /* as it is now */
	g_assert_cmpint(write(fd, "more", 4), ==, 4);
	g_assert_true(heard(e, 'a'));
	g_assert_false(heard_within(e, 0, QUIET_MS));
	close(fd);
	watch_measure(e->w, e->id, FALSE);
}

static void
a_write_to_a_file_is_told_an_empty_one_is_not(eyes *e, gconstpointer unused)
{
	static const char *const files[] = {"base", NULL};
	g_autofree char *path = g_build_filename(e->dir, "base", NULL);

	(void)unused;
	watch_kind_of(e, WATCH_WRITES, files);
	g_assert_true(heard(e, 'B'));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	g_assert_false(heard_within(e, 'f', QUIET_MS));
	g_assert_cmpint(write(fd, "more", 4), ==, 4);
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
	close(fd);
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_false(heard_within(e, 0, QUIET_MS));
}

static void
a_named_file_that_is_replaced_or_touched_is_told_once(eyes *e, gconstpointer unused)
{
	static const char *const files[] = {"wake", NULL};

	(void)unused;
	watch_kind_of(e, WATCH_NAMES, files);
	g_assert_true(heard(e, 'B'));
	heard_within(e, 0, QUIET_MS);
	put(e->dir, "wake", "");
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
	heard_within(e, 0, 200);
	g_assert_false(heard_within(e, 0, QUIET_MS));
	g_autofree char *path = g_build_filename(e->dir, "wake", NULL);
	g_assert_cmpint(utimensat(AT_FDCWD, path, NULL, 0), ==, 0);
	g_assert_true(heard_within(e, 'f', AT_ONCE_MS));
}

static void
presence_is_told_and_nothing_else(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_PRESENCE, NULL);
	g_assert_true(heard(e, 'B'));
	put(e->dir, "letter", "text");
	g_assert_false(heard_within(e, 0, QUIET_MS));
	move(e->dir, e->other);
	g_assert_true(heard(e, 'G'));
}

static void
a_flood_of_files_is_told(eyes *e, gconstpointer unused)
{
	(void)unused;
	watch_kind_of(e, WATCH_ARRIVALS, NULL);
	settle(e);
	/* More than the system keeps: some are lost, and that is told. */
	for (int i = 0; i < 12000; i++) {
		g_autofree char *path = g_strdup_printf("%s/%d", e->dir, i);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	g_assert_true(heard(e, 'a'));
}

int
main(int argc, char **argv)
{
#define TEST(f) g_test_add("/watch/" #f, eyes, NULL, open_eyes, f, close_eyes)
	g_test_init(&argc, &argv, NULL);
	TEST(what_arrives_is_told_at_once);
	TEST(the_probe_leaves_nothing_and_is_not_told);
	TEST(what_rests_is_silent);
	TEST(a_look_finds_what_nobody_tells);
	TEST(a_directory_that_goes_is_watched_again_when_it_returns);
	TEST(another_directory_in_its_place_is_watched);
	TEST(one_that_is_not_there_yet_is_told_and_awaited);
	TEST(a_directory_without_right_to_write_is_watched_all_the_same);
	TEST(two_that_share_a_directory_both_hear);
	TEST(a_place_may_be_dropped_inside_its_event);
	TEST(a_growing_file_is_told_when_it_rests);
	TEST(a_write_to_a_file_is_told_an_empty_one_is_not);
	TEST(a_named_file_that_is_replaced_or_touched_is_told_once);
	TEST(presence_is_told_and_nothing_else);
	TEST(a_flood_of_files_is_told);
	return g_test_run();
}
