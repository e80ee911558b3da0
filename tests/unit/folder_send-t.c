#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "spool/channel.h"

#define LINK "01j9x4ab"
/* 2cf24dba begins the SHA-256 of "hello". */
#define NAME LINK "-s00000017-2cf24dba.zip.gpg"

typedef struct {
	char *path;
	conf *conf;
	channel *c;
	int send, out; /* descriptors: directory SEND; a file that holds "hello" */
} place;

static void
place_init(place *p)
{
	*p = (place){.path = g_dir_make_tmp("handsel-XXXXXX", NULL)};
	g_autofree char *link_conf = g_build_filename(p->path, "link.conf", NULL);
	g_autofree char *send = g_build_filename(p->path, "medium", NULL);
	g_autofree char *out = g_build_filename(p->path, "out", NULL);

	g_assert_true(fsio_mkdirs(send, 0700, NULL));
	p->conf = conf_new(link_conf, SET_LINK);
	g_assert_true(conf_set(p->conf, "folder.send", send, NULL));
	p->c = channel_folder.open(p->path, p->conf, LINK, 'm', NULL);
	g_assert_nonnull(p->c);
	p->send = fsio_open_dir(send, NULL);
	g_assert_true(fsio_store(AT_FDCWD, out, "hello", 5, 0600, NULL));
	p->out = fsio_open_own(AT_FDCWD, out, NULL);
}

static void
place_clear(place *p)
{
	channel_folder.close(p->c);
	conf_free(p->conf);
	close(p->send);
	close(p->out);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_clear)

static void
drop(const place *p, const char *name, const char *text)
{
	g_assert_true(fsio_store(p->send, name, text, strlen(text), 0600, NULL));
}

static guint
count(const place *p)
{
	g_autoptr(GPtrArray) names = fsio_list(p->send, 1000, NULL);

	return names->len;
}

static void
assert_sent(const place *p)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(channel_folder.send(p->c, NAME, p->out, &error));
	g_assert_no_error(error);
	g_autofree char *text = fsio_read(p->send, NAME, 100, NULL, &error);
	g_assert_cmpstr(text, ==, "hello");
	g_assert_cmpuint(count(p), ==, 1);
}

static void
what_is_sent_lies_there_whole_and_alone(void)
{
	g_auto(place) p;
	struct stat st;
	mode_t old = umask(022);

	place_init(&p);
	g_assert_cmpint(lseek(p.out, 3, SEEK_SET), ==, 3);
	assert_sent(&p);
	umask(old);
	/* The carrier may be another user. */
	g_assert_cmpint(fstatat(p.send, NAME, &st, 0), ==, 0);
	g_assert_cmpuint(st.st_mode & 0777, ==, 0644);
}

static void
what_is_there_already_is_not_written_again(void)
{
	g_auto(place) p;
	struct stat before, after;

	place_init(&p);
	assert_sent(&p);
	g_assert_cmpint(fstatat(p.send, NAME, &before, 0), ==, 0);
	assert_sent(&p);
	g_assert_cmpint(fstatat(p.send, NAME, &after, 0), ==, 0);
	g_assert_cmpuint(before.st_ino, ==, after.st_ino);
}

static void
a_damaged_file_of_ours_is_replaced(void)
{
	g_auto(place) p;

	place_init(&p);
	drop(&p, NAME, "hell");
	assert_sent(&p);
	drop(&p, NAME, "jello");
	assert_sent(&p);
}

static void
a_link_in_the_place_of_ours_is_not_followed(void)
{
	g_auto(place) p;

	place_init(&p);
	g_autofree char *victim = g_build_filename(p.path, "victim", NULL);
	g_assert_true(fsio_store(AT_FDCWD, victim, "hello", 5, 0600, NULL));
	g_assert_cmpint(symlinkat(victim, p.send, NAME), ==, 0);
	assert_sent(&p);
	struct stat st;
	g_assert_cmpint(fstatat(p.send, NAME, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
	g_assert_true(S_ISREG(st.st_mode));
	g_autofree char *text = fsio_read(AT_FDCWD, victim, 10, NULL, NULL);
	g_assert_cmpstr(text, ==, "hello");
}

/* Whatever step fails: no half of a file under a name of ours, no temporary, and the next try
 * succeeds. */
static void
a_failed_step_leaves_nothing(void)
{
	guint failures = 0;

	for (guint nth = 1;; nth++) {
		g_auto(place) p;
		g_autoptr(GError) error = NULL;

		place_init(&p);
		fault_arm(NULL, nth, FAULT_FAIL);
		gboolean ok = channel_folder.send(p.c, NAME, p.out, &error);
		gboolean reached = fault_passes() >= nth;
		fault_disarm();
		g_assert_true(ok == (error == NULL));
		g_assert_true(ok || fail_is(error, FAIL_RETRY));
		g_assert_cmpuint(count(&p), ==, fsio_exists(p.send, NAME));
		assert_sent(&p);
		if (!reached)
			break;
		failures += !ok;
	}
	g_assert_cmpuint(failures, >=, 4);
}

static void
leftovers_of_ours_go_after_an_hour(void)
{
	static const char ours[] = ".handsel-" LINK "-s-0123456789abcdef";
	static const char theirs[] = ".handsel-" LINK "-m-0123456789abcdef";
	g_auto(place) p;

	place_init(&p);
	drop(&p, ours, "half");
	drop(&p, theirs, "half");
	drop(&p, ".hidden", "somebody's");
	g_assert_true(channel_folder.send(p.c, NAME, p.out, NULL));
	g_assert_true(fsio_exists(p.send, ours));
	channel_folder.close(p.c);
	p.c = channel_folder.open(p.path, p.conf, LINK, 'm', NULL);
	clock_shift(3700);
	g_assert_true(channel_folder.send(p.c, NAME, p.out, NULL));
	clock_shift(0);
	g_assert_false(fsio_exists(p.send, ours));
	g_assert_true(fsio_exists(p.send, theirs));
	g_assert_true(fsio_exists(p.send, ".hidden"));
}

static void
a_medium_that_is_away_is_tried_again(void)
{
	g_auto(place) p;
	g_autoptr(GError) error = NULL;

	place_init(&p);
	g_assert_cmpuint(channel_folder.space(p.c), <, G_MAXUINT64);
	g_autofree char *medium = g_build_filename(p.path, "medium", NULL);
	g_assert_cmpint(rmdir(medium), ==, 0);
	g_assert_false(channel_folder.send(p.c, NAME, p.out, &error));
	g_assert_true(fail_is(error, FAIL_RETRY));
	g_assert_nonnull(strstr(error->message, "is gone"));
	g_assert_false(channel_folder.retract(p.c, NAME, NULL));
	g_assert_null(channel_folder.sent(p.c, NULL));
	g_assert_cmpuint(channel_folder.space(p.c), ==, G_MAXUINT64);
}

static void
only_exact_names_of_ours_are_counted_as_sent(void)
{
	g_auto(place) p;

	place_init(&p);
	assert_sent(&p);
	drop(&p, "Copy of " NAME, "hello");
	drop(&p, LINK "-m00000017-2cf24dba.zip.gpg", "the partner's");
	drop(&p, "report.pdf", "");
	g_autoptr(GPtrArray) names = channel_folder.sent(p.c, NULL);
	g_assert_cmpuint(names->len, ==, 1);
	g_assert_cmpstr(names->pdata[0], ==, NAME);
}

static void
only_our_own_files_are_taken_back(void)
{
	static const char *const others[] = {LINK "-m00000017-2cf24dba.zip.gpg", "Copy of " NAME,
					     "report.pdf", "../out"};
	g_auto(place) p;

	place_init(&p);
	for (guint i = 0; i < 3; i++)
		drop(&p, others[i], "");
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(channel_folder.retract(p.c, others[i], &error));
		g_assert_true(fail_is(error, FAIL_BUG));
	}
	g_assert_cmpuint(count(&p), ==, 3);
	g_assert_true(channel_folder.send(p.c, NAME, p.out, NULL));
	g_assert_true(channel_folder.retract(p.c, NAME, NULL));
	g_assert_true(channel_folder.retract(p.c, NAME, NULL));
	g_assert_cmpuint(count(&p), ==, 3);
}

static void
parts_are_taken_back_with_their_whole(void)
{
	g_auto(place) p;

	place_init(&p);
	drop(&p, LINK "-s00000017-2cf24dba.p0001of0002-deadbeef.zip.gpg", "");
	drop(&p, LINK "-s00000017-2cf24dba.p0002of0002-deadbeef.zip.gpg", "");
	drop(&p, LINK "-s00000018-2cf24dba.p0001of0002-deadbeef.zip.gpg", "");
	drop(&p, LINK "-s00000017-3cf24dba.p0001of0002-deadbeef.zip.gpg", "");
	g_assert_true(channel_folder.retract(p.c, NAME, NULL));
	g_assert_cmpuint(count(&p), ==, 2);
}

#define ADD(test) g_test_add_func("/folder_send/" #test, test)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(what_is_sent_lies_there_whole_and_alone);
	ADD(what_is_there_already_is_not_written_again);
	ADD(a_damaged_file_of_ours_is_replaced);
	ADD(a_link_in_the_place_of_ours_is_not_followed);
	ADD(a_failed_step_leaves_nothing);
	ADD(leftovers_of_ours_go_after_an_hour);
	ADD(a_medium_that_is_away_is_tried_again);
	ADD(only_exact_names_of_ours_are_counted_as_sent);
	ADD(only_our_own_files_are_taken_back);
	ADD(parts_are_taken_back_with_their_whole);
	return g_test_run();
}
