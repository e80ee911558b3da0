#include "base/fsio.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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
	close(r->dir);
	fsio_remove_tree(r->path, &e);
	g_assert_no_error(e);
	g_assert_false(g_file_test(r->path, G_FILE_TEST_EXISTS));
	g_free(r->path);
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

static void
a_plain_file_name_is_safe(void)
{
	g_autofree char *longest = g_strnfill(255, 'a');

	g_assert_true(fsio_name_safe("a.png"));
	g_assert_true(fsio_name_safe("...") && fsio_name_safe(".x") && fsio_name_safe("ä €"));
	g_assert_true(fsio_name_safe(longest));
}

static void
a_name_that_leads_elsewhere_is_not_safe(void)
{
	g_autofree char *long_name = g_strnfill(256, 'a');
	const char *bad[] = {"",     ".",     "..",   "/",     "a/b",      "../a",
			     "a\nb", "a\x7f", "\x01", "a\xff", "\xc2\x9b", long_name};

	g_assert_false(fsio_name_safe(NULL));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(fsio_name_safe(bad[i]));
}

static void
a_name_that_leaves_its_directory_is_a_bug(room *r, gconstpointer unused)
{
	static const char *const bad[] = {"../x", "a/b", "/etc/passwd", "..", ""};

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) e = NULL, e2 = NULL, e3 = NULL, e4 = NULL;

		g_assert_cmpint(fsio_open_own(r->dir, bad[i], &e), ==, -1);
		g_assert_true(fail_is(e, FAIL_BUG));
		g_assert_cmpint(fsio_open_foreign(r->dir, bad[i], NULL, &e2), ==, -1);
		g_assert_true(fail_is(e2, FAIL_BUG));
		g_assert_false(fsio_store(r->dir, bad[i], "x", 1, 0600, &e3));
		g_assert_true(fail_is(e3, FAIL_BUG));
		g_assert_false(fsio_remove(r->dir, bad[i], &e4));
		g_assert_true(fail_is(e4, FAIL_BUG));
	}
	g_assert_cmpuint(count(r), ==, 0);
}

static void
assert_not_regular(const room *r, const char *name)
{
	g_autoptr(GError) e = NULL;

	g_assert_cmpint(fsio_open_foreign(r->dir, name, NULL, &e), ==, -1);
	g_assert_true(fail_is(e, REASON_NOT_REGULAR));
	g_assert_nonnull(strstr(e->message, name));
}

static void
a_regular_foreign_file_is_opened(room *r, gconstpointer unused)
{
	struct stat st;
	g_autoptr(GError) e = NULL;

	(void)unused;
	put(r, "f", "hello");
	int fd = fsio_open_foreign(r->dir, "f", &st, &e);
	g_assert_no_error(e);
	g_assert_cmpint(st.st_size, ==, 5);
	g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
	close(fd);
}

static void
a_symbolic_link_is_refused(room *r, gconstpointer unused)
{
	(void)unused;
	put(r, "f", "hello");
	g_assert_cmpint(symlinkat("f", r->dir, "link"), ==, 0);
	g_assert_cmpint(symlinkat("nowhere", r->dir, "dangling"), ==, 0);
	assert_not_regular(r, "link");
	assert_not_regular(r, "dangling");
}

/* Between the look at a file and its opening stands a fault point, at which a child waits. */
static void
a_symbolic_link_that_is_swapped_in_is_refused(room *r, gconstpointer unused)
{
	int status = 0;

	(void)unused;
	put(r, "f", "hello");
	put(r, "secret", "not for them");
	pid_t child = fork();
	if (child == 0) {
		fault_arm("open", 1, FAULT_STOP);
		_exit(fsio_open_foreign(r->dir, "f", NULL, NULL) == -1 ? 0 : 1);
	}
	g_assert_cmpint(waitpid(child, &status, WUNTRACED), ==, child);
	g_assert_true(WIFSTOPPED(status));
	g_assert_cmpint(unlinkat(r->dir, "f", 0), ==, 0);
	g_assert_cmpint(symlinkat("secret", r->dir, "f"), ==, 0);
	g_assert_cmpint(kill(child, SIGCONT), ==, 0);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void
a_second_name_is_refused(room *r, gconstpointer unused)
{
	(void)unused;
	put(r, "f", "hello");
	g_assert_cmpint(linkat(r->dir, "f", r->dir, "g", 0), ==, 0);
	assert_not_regular(r, "f");
}

static void
a_fifo_is_refused_at_once(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(mkfifoat(r->dir, "fifo", 0600), ==, 0);
	assert_not_regular(r, "fifo");
}

static void
directories_sockets_and_devices_are_refused(room *r, gconstpointer unused)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_snprintf(addr.sun_path, sizeof addr.sun_path, "%s/sock", r->path);
	g_assert_cmpint(bind(s, (struct sockaddr *)&addr, sizeof addr), ==, 0);
	close(s);
	g_assert_cmpint(mkdirat(r->dir, "sub", 0700), ==, 0);
	assert_not_regular(r, "sock");
	assert_not_regular(r, "sub");
	g_assert_cmpint(fsio_open_foreign(AT_FDCWD, "/dev/null", NULL, &e), ==, -1);
	g_assert_true(fail_is(e, REASON_NOT_REGULAR));
}

static void
a_file_that_is_not_there_can_come_later(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL, e2 = NULL;

	(void)unused;
	g_assert_cmpint(fsio_open_foreign(r->dir, "f", NULL, &e), ==, -1);
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_nonnull(strstr(e->message, "/f: "));
	g_assert_cmpint(fsio_open_own(r->dir, "f", &e2), ==, -1);
	g_assert_true(fail_is(e2, FAIL_RETRY));
}

static void
a_temporary_is_new_private_and_writable(room *r, gconstpointer unused)
{
	g_autofree char *a = NULL, *b = NULL;
	char back[4] = "";
	struct stat st;

	(void)unused;
	int fa = fsio_tmp(r->dir, &a, NULL), fb = fsio_tmp(r->dir, &b, NULL);
	g_assert_cmpint(fa, >=, 0);
	g_assert_cmpint(fb, >=, 0);
	g_assert_cmpstr(a, !=, b);
	g_assert_true(g_str_has_prefix(a, ".tmp-"));
	g_assert_true(fsio_write_all(fa, "abc", 3, NULL));
	g_assert_cmpint(pread(fa, back, 3, 0), ==, 3);
	g_assert_cmpstr(back, ==, "abc");
	g_assert_cmpint(fstat(fa, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	close(fa);
	close(fb);
}

static void
a_copy_has_the_same_bytes_and_tells_their_hash(room *r, gconstpointer unused)
{
	gsize len = 200 * 1024 + 7;
	g_autofree char *data = g_malloc(len), *sha = NULL, *again = NULL, *name = NULL;
	g_autofree char *want = NULL, *got = NULL;
	guint64 size = 0, size2 = 0;
	gsize got_len = 0;

	(void)unused;
	for (gsize i = 0; i < len; i++)
		data[i] = (char)(i * 31 >> 3);
	want = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)data, len);
	g_assert_true(fsio_store(r->dir, "f", data, len, 0600, NULL));
	int from = fsio_open_own(r->dir, "f", NULL), to = fsio_tmp(r->dir, &name, NULL);
	g_assert_true(fsio_copy(from, to, len, &size, &sha, NULL));
	again = fsio_sha(to, &size2, NULL);
	g_assert_cmpuint(size, ==, len);
	g_assert_cmpuint(size2, ==, len);
	g_assert_cmpstr(sha, ==, want);
	g_assert_cmpstr(again, ==, want);
	g_assert_cmpint(lseek(to, 0, SEEK_CUR), ==, (off_t)len);
	close(from);
	close(to);
	got = fsio_read(r->dir, name, len, &got_len, NULL);
	g_assert_cmpmem(got, got_len, data, len);
	g_assert_cmpint(got[len], ==, '\0');
}

static void
a_copy_begins_at_the_offset(room *r, gconstpointer unused)
{
	g_autofree char *name = NULL;

	(void)unused;
	put(r, "f", "0123456789");
	int from = fsio_open_own(r->dir, "f", NULL), to = fsio_tmp(r->dir, &name, NULL);
	g_assert_cmpint(lseek(from, 6, SEEK_SET), ==, 6);
	g_assert_true(fsio_copy(from, to, 4, NULL, NULL, NULL));
	close(from);
	close(to);
	assert_holds(r, name, "6789");
}

static void
what_exceeds_the_limit_is_too_large(room *r, gconstpointer unused)
{
	g_autofree char *name = NULL, *sha = NULL;
	g_autoptr(GError) e = NULL, e2 = NULL;
	guint64 size = 7;
	gsize len = 7;

	(void)unused;
	put(r, "f", "0123456789");
	int from = fsio_open_own(r->dir, "f", NULL), to = fsio_tmp(r->dir, &name, NULL);
	g_assert_false(fsio_copy(from, to, 9, &size, &sha, &e));
	g_assert_true(fail_is(e, REASON_TOO_LARGE));
	g_assert_cmpuint(size, ==, 7);
	g_assert_null(sha);
	close(from);
	close(to);
	g_assert_null(fsio_read(r->dir, "f", 9, &len, &e2));
	g_assert_true(fail_is(e2, REASON_TOO_LARGE));
	g_assert_cmpuint(len, ==, 7);
	g_autofree char *fits = fsio_read(r->dir, "f", 10, &len, NULL);
	g_assert_cmpuint(len, ==, 10);
}

static void
an_empty_file_is_no_error(room *r, gconstpointer unused)
{
	gsize len = 7;

	(void)unused;
	put(r, "f", "");
	g_autofree char *text = fsio_read(r->dir, "f", 0, &len, NULL);
	g_assert_cmpstr(text, ==, "");
	g_assert_cmpuint(len, ==, 0);
	int fd = fsio_open_own(r->dir, "f", NULL);
	g_autofree char *sha = fsio_sha(fd, NULL, NULL);
	g_assert_cmpstr(sha, ==,
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	close(fd);
}

static void
a_full_disk_is_named(void)
{
	g_autoptr(GError) e = NULL;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (fd < 0) {
		g_test_skip("no /dev/full");
		return;
	}
	g_assert_false(fsio_write_all(fd, "x", 1, &e));
	close(fd);
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_nonnull(strstr(e->message, "/dev/full: the disk is full"));
}

#define ADD(name) g_test_add("/fsio/" #name, room, NULL, room_open, name, room_close)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fsio/a_plain_file_name_is_safe", a_plain_file_name_is_safe);
	g_test_add_func("/fsio/a_name_that_leads_elsewhere_is_not_safe",
			a_name_that_leads_elsewhere_is_not_safe);
	ADD(a_name_that_leaves_its_directory_is_a_bug);
	ADD(a_regular_foreign_file_is_opened);
	ADD(a_symbolic_link_is_refused);
	ADD(a_symbolic_link_that_is_swapped_in_is_refused);
	ADD(a_second_name_is_refused);
	ADD(a_fifo_is_refused_at_once);
	ADD(directories_sockets_and_devices_are_refused);
	ADD(a_file_that_is_not_there_can_come_later);
	ADD(a_temporary_is_new_private_and_writable);
	ADD(a_copy_has_the_same_bytes_and_tells_their_hash);
	ADD(a_copy_begins_at_the_offset);
	ADD(what_exceeds_the_limit_is_too_large);
	ADD(an_empty_file_is_no_error);
	g_test_add_func("/fsio/a_full_disk_is_named", a_full_disk_is_named);
	return g_test_run();
}
