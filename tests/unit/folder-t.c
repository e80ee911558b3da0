#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"
#include "spool/channel.h"

#define LINK "01j9x4ab"
#define NAME LINK "-m00000017-2cf24dba.zip.gpg"

typedef struct {
	char *path;
	conf *conf;
	channel *c;
	int receive; /* descriptor of RECEIVE */
	/* What the callback does and saw. */
	take_verdict verdict;
	gboolean fails, settled;
	guint64 bytes;
	GPtrArray *files;
	void (*meanwhile)(int receive);
} place;

static void
place_init(place *p)
{
	*p = (place){.path = g_dir_make_tmp("handsel-XXXXXX", NULL), .verdict = TAKE_DONE};
	g_autofree char *link_conf = g_build_filename(p->path, "link.conf", NULL);
	g_autofree char *send = g_build_filename(p->path, "exchange", "SEND", NULL);
	g_autofree char *receive = g_build_filename(p->path, "exchange", "RECEIVE", NULL);

	g_assert_true(fsio_mkdirs(send, 0700, NULL));
	g_assert_true(fsio_mkdirs(receive, 0700, NULL));
	p->conf = conf_new(link_conf, SET_LINK);
	p->c = channel_folder.open(p->path, p->conf, LINK, 'm', NULL);
	g_assert_nonnull(p->c);
	p->receive = fsio_open_dir(receive, NULL);
	p->files = g_ptr_array_new_with_free_func(g_free);
}

static void
place_clear(place *p)
{
	channel_folder.close(p->c);
	conf_free(p->conf);
	close(p->receive);
	g_ptr_array_unref(p->files);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_clear)

/* As strangers do: no temporary, no sync. */
static void
drop(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
	close(fd);
}

static gboolean
take(const char *file, const envelope_name *name, int fd, gboolean settled, take_verdict *ret,
     gpointer data, GError **error)
{
	place *p = data;
	char buf[100];

	g_assert_cmpint(name->role, ==, 'm');
	g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 0);
	g_ptr_array_add(p->files, g_strdup(file));
	p->settled = settled;
	p->bytes = (guint64)read(fd, buf, sizeof buf);
	if (p->meanwhile != NULL)
		p->meanwhile(p->receive);
	*ret = p->verdict;
	if (p->fails)
		fail_set(error, FAIL_RETRY, "the disk is full");
	return !p->fails;
}

static guint
receive(place *p, guint max)
{
	g_autoptr(GError) error = NULL;
	guint seen = 0;

	g_ptr_array_set_size(p->files, 0);
	g_assert_true(channel_folder.receive(p->c, max, take, p, &seen, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(seen, ==, p->files->len);
	return seen;
}

static void
taken(place *p)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(channel_folder.taken(p->c, &error));
	g_assert_no_error(error);
}

/* Why FILE is not taken, as foreign tells it; NULL if it does not. */
static const char *
reason_for(place *p, const char *file)
{
	GPtrArray *all = channel_folder.foreign(p->c, NULL);

	for (guint i = 0; i < all->len; i++) {
		const char *tab = strchr(all->pdata[i], '\t');

		if (strncmp(all->pdata[i], file, (gsize)(tab - (char *)all->pdata[i])) == 0)
			return tab + 1;
	}
	return NULL;
}

static void
a_file_stays_until_the_caller_has_it_durable(void)
{
	g_auto(place) p;

	place_init(&p);
	drop(p.receive, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	g_assert_cmpuint(p.bytes, ==, 5);
	g_assert_true(fsio_exists(p.receive, NAME));
	taken(&p);
	g_assert_false(fsio_exists(p.receive, NAME));
	taken(&p);
	g_assert_cmpuint(receive(&p, 10), ==, 0);
}

static void
what_is_left_stays(void)
{
	g_auto(place) p;

	place_init(&p);
	p.verdict = TAKE_LEAVE;
	drop(p.receive, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	taken(&p);
	g_assert_true(fsio_exists(p.receive, NAME));
}

/* DATA: where the verdicts on the first two envelopes are to be written. */
static gboolean
decide_later(const char *file G_GNUC_UNUSED, const envelope_name *name, int fd G_GNUC_UNUSED,
	     gboolean settled G_GNUC_UNUSED, take_verdict *ret, gpointer data,
	     GError **error G_GNUC_UNUSED)
{
	take_verdict **later = data;

	*ret = TAKE_LATER;
	later[name->number == 2] = ret;
	return TRUE;
}

static void
what_is_decided_later_goes_or_stays_as_it_was_decided(void)
{
	static const char *const second = LINK "-m00000002-2cf24dba.zip.gpg";
	take_verdict *later[2];
	g_auto(place) p;
	guint seen;

	place_init(&p);
	drop(p.receive, NAME, "hello");
	drop(p.receive, second, "hello");
	g_assert_true(channel_folder.receive(p.c, 10, decide_later, later, &seen, NULL));
	taken(&p);
	g_assert_true(fsio_exists(p.receive, NAME) && fsio_exists(p.receive, second));
	g_assert_true(channel_folder.receive(p.c, 10, decide_later, later, &seen, NULL));
	*later[0] = TAKE_DONE;
	*later[1] = TAKE_LEAVE;
	taken(&p);
	g_assert_false(fsio_exists(p.receive, NAME));
	g_assert_true(fsio_exists(p.receive, second));
}

/* A rolled back round must not remove anything later. */
static void
what_was_taken_in_a_failed_round_stays(void)
{
	g_auto(place) p;
	guint seen = 4711;

	place_init(&p);
	drop(p.receive, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	p.verdict = TAKE_LEAVE;
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	taken(&p);
	g_assert_true(fsio_exists(p.receive, NAME));
	p.verdict = TAKE_DONE;
	p.fails = TRUE;
	g_assert_false(channel_folder.receive(p.c, 10, take, &p, &seen, NULL));
	g_assert_cmpuint(seen, ==, 4711);
	taken(&p);
	g_assert_true(fsio_exists(p.receive, NAME));
}

static void
renamed_copies_are_taken(void)
{
	static const char *const names[] = {"01J9X4AB-M00000017-2CF24DBA.ZIP.GPG",
					    LINK "-m00000017-2cf24dba.zip (1).gpg",
					    LINK "-m00000017-2cf24dba (conflicted copy).zip.gpg",
					    "Copy of " NAME, "caf\xe9 \xff\n" NAME};
	g_auto(place) p;

	place_init(&p);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		drop(p.receive, names[i], "hello");
	g_assert_cmpuint(receive(&p, 10), ==, G_N_ELEMENTS(names));
	for (guint i = 0; i < p.files->len; i++) {
		g_assert_true(g_utf8_validate(p.files->pdata[i], -1, NULL));
		g_assert_null(strchr(p.files->pdata[i], '\n'));
	}
	taken(&p);
	g_autoptr(GPtrArray) left = fsio_list(p.receive, 10, NULL);
	g_assert_cmpuint(left->len, ==, 0);
}

static void
special_files_are_told_and_never_touched(void)
{
	static const char regular[] = "not a regular file";
	g_auto(place) p;

	place_init(&p);
	drop(p.receive, "target", "hello");
	g_assert_cmpint(symlinkat("target", p.receive, LINK "-m00000001-2cf24dba"), ==, 0);
	g_assert_cmpint(symlinkat("/etc/passwd", p.receive, LINK "-m00000002-2cf24dba"), ==, 0);
	g_assert_cmpint(linkat(p.receive, "target", p.receive, LINK "-m00000003-2cf24dba", 0), ==,
			0);
	g_assert_cmpint(mkfifoat(p.receive, LINK "-m00000004-2cf24dba", 0600), ==, 0);
	g_assert_cmpint(mkdirat(p.receive, LINK "-m00000005-2cf24dba", 0700), ==, 0);
	g_assert_cmpuint(receive(&p, 10), ==, 0);
	taken(&p);
	g_autoptr(GPtrArray) left = fsio_list(p.receive, 10, NULL);
	g_assert_cmpuint(left->len, ==, 6);
	for (guint i = 1; i <= 5; i++) {
		g_autofree char *file = g_strdup_printf(LINK "-m%08u-2cf24dba", i);

		g_assert_cmpstr(reason_for(&p, file), ==, regular);
	}
}

static void
swap_file(int receive)
{
	g_assert_cmpint(unlinkat(receive, NAME, 0), ==, 0);
	drop(receive, NAME, "jello");
}

static void
grow_file(int receive)
{
	int fd = openat(receive, NAME, O_WRONLY | O_APPEND);

	g_assert_cmpint(write(fd, "!", 1), ==, 1);
	close(fd);
}

static void
link_file(int receive)
{
	g_assert_cmpint(unlinkat(receive, NAME, 0), ==, 0);
	g_assert_cmpint(symlinkat("/etc/passwd", receive, NAME), ==, 0);
}

static void
a_file_that_changed_since_it_was_taken_stays(void)
{
	void (*const changes[])(int) = {swap_file, grow_file, link_file};

	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_auto(place) p;

		place_init(&p);
		drop(p.receive, NAME, "hello");
		p.meanwhile = changes[i];
		g_assert_cmpuint(receive(&p, 10), ==, 1);
		taken(&p);
		g_assert_true(fsio_exists(p.receive, NAME));
	}
}

static void
a_file_that_somebody_else_removed_is_no_error(void)
{
	g_auto(place) p;

	place_init(&p);
	drop(p.receive, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	g_assert_cmpint(unlinkat(p.receive, NAME, 0), ==, 0);
	taken(&p);
}

static void
a_growing_file_is_not_settled(void)
{
	g_auto(place) p;
	struct timespec future[2] = {{.tv_sec = clock_now() + 1000000},
				     {.tv_sec = clock_now() + 1000000}};

	place_init(&p);
	p.verdict = TAKE_LEAVE;
	drop(p.receive, NAME, "hel");
	receive(&p, 10);
	g_assert_false(p.settled);
	clock_shift(59);
	receive(&p, 10);
	g_assert_false(p.settled);
	clock_shift(62);
	receive(&p, 10);
	g_assert_true(p.settled);
	/* An mtime that a copy brought along from a wrong clock does not matter for ever. */
	g_assert_cmpint(utimensat(p.receive, NAME, future, 0), ==, 0);
	clock_shift(124);
	receive(&p, 10);
	g_assert_false(p.settled);
	clock_shift(1000100);
	receive(&p, 10);
	g_assert_true(p.settled);
	clock_shift(0);
	g_assert_cmpint(unlinkat(p.receive, NAME, 0), ==, 0);
}

static void
a_hidden_file_is_taken_whole_and_never_settled(void)
{
	g_auto(place) p;

	place_init(&p);
	p.verdict = TAKE_LEAVE;
	drop(p.receive, ".syncthing." NAME ".tmp", "hel");
	clock_shift(100000);
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	clock_shift(0);
	g_assert_false(p.settled);
}

static void
foreign_files_are_told_and_never_touched(void)
{
	g_auto(place) p;

	place_init(&p);
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *name = g_strdup_printf("holiday-%05u.jpg", i);

		drop(p.receive, name, "");
	}
	drop(p.receive, "01j9x4ac-m00000017-2cf24dba.zip.gpg", "of another link");
	drop(p.receive, LINK "-s00000017-2cf24dba.zip.gpg", "our own");
	drop(p.receive, "tab\there\xff", "");
	drop(p.receive, ".stfolder", "");
	drop(p.receive, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	taken(&p);
	g_autoptr(GPtrArray) left = fsio_list(p.receive, 20000, NULL);
	g_assert_cmpuint(left->len, ==, 10004);
	g_assert_cmpuint(channel_folder.foreign(p.c, NULL)->len, ==, 10003);
	g_assert_cmpstr(reason_for(&p, "holiday-00000.jpg"), ==, "not an envelope of this link");
	g_assert_nonnull(strstr(reason_for(&p, LINK "-s00000017-2cf24dba.zip.gpg"), "swapped"));
	g_assert_nonnull(reason_for(&p, "tab?here\xef\xbf\xbd"));
}

static void
files_that_stay_do_not_keep_others_out(void)
{
	g_auto(place) p;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	place_init(&p);
	p.verdict = TAKE_LEAVE;
	for (guint i = 1; i <= 25; i++) {
		g_autofree char *name = g_strdup_printf(LINK "-m%08u-2cf24dba.zip.gpg", i);

		drop(p.receive, name, "hello");
	}
	for (guint round = 0; round < 3; round++) {
		g_assert_cmpuint(receive(&p, 10), ==, 10);
		for (guint i = 0; i < p.files->len; i++)
			g_hash_table_add(seen, g_strdup(p.files->pdata[i]));
	}
	g_assert_cmpuint(g_hash_table_size(seen), ==, 25);
	g_assert_cmpuint(receive(&p, 100), ==, 25);
}

static void
a_folder_that_is_away_is_tried_again(void)
{
	g_auto(place) p;
	g_autoptr(GError) error = NULL;
	guint seen;

	place_init(&p);
	g_autofree char *receive_path = g_build_filename(p.path, "exchange", "RECEIVE", NULL);
	g_assert_cmpint(rmdir(receive_path), ==, 0);
	g_assert_false(channel_folder.receive(p.c, 10, take, &p, &seen, &error));
	g_assert_true(fail_is(error, FAIL_RETRY));
	g_assert_nonnull(strstr(error->message, "is gone; mount it or `handsel link connect "));
	g_assert_null(channel_folder.foreign(p.c, NULL));
	/* It comes back as a link to a mount. */
	g_autofree char *mount = g_build_filename(p.path, "mount", NULL);
	g_assert_true(fsio_mkdirs(mount, 0700, NULL));
	g_assert_cmpint(symlink(mount, receive_path), ==, 0);
	int dir = fsio_open_dir(mount, NULL);
	drop(dir, NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	taken(&p);
	g_assert_false(fsio_exists(dir, NAME));
	close(dir);
}

static void
what_can_not_be_removed_is_said_and_the_rest_goes(void)
{
	g_auto(place) p;
	g_autoptr(GError) error = NULL;

	place_init(&p);
	drop(p.receive, NAME, "hello");
	drop(p.receive, "Copy of " NAME, "hello");
	g_assert_cmpuint(receive(&p, 10), ==, 2);
	fault_arm("unlink", 1, FAULT_FAIL);
	g_assert_false(channel_folder.taken(p.c, &error));
	fault_disarm();
	g_assert_nonnull(error);
	g_autoptr(GPtrArray) left = fsio_list(p.receive, 10, NULL);
	g_assert_cmpuint(left->len, ==, 1);
	g_assert_cmpuint(receive(&p, 10), ==, 1);
	taken(&p);
	g_assert_cmpuint(receive(&p, 10), ==, 0);
}

static void
channels_are_found_by_name(void)
{
	g_assert_true(channel_find("folder") == &channel_folder);
	g_assert_null(channel_find("pigeon"));
	g_assert_null(channel_find(NULL));
}

#define ADD(test) g_test_add_func("/folder/" #test, test)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(a_file_stays_until_the_caller_has_it_durable);
	ADD(what_is_left_stays);
	ADD(what_is_decided_later_goes_or_stays_as_it_was_decided);
	ADD(what_was_taken_in_a_failed_round_stays);
	ADD(renamed_copies_are_taken);
	ADD(special_files_are_told_and_never_touched);
	ADD(a_file_that_changed_since_it_was_taken_stays);
	ADD(a_file_that_somebody_else_removed_is_no_error);
	ADD(a_growing_file_is_not_settled);
	ADD(a_hidden_file_is_taken_whole_and_never_settled);
	ADD(foreign_files_are_told_and_never_touched);
	ADD(files_that_stay_do_not_keep_others_out);
	ADD(a_folder_that_is_away_is_tried_again);
	ADD(what_can_not_be_removed_is_said_and_the_rest_goes);
	ADD(channels_are_found_by_name);
	return g_test_run();
}
