#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "net/account.h"

static char *dir;

/* A file of DIR; caller frees the path. */
static char *
put(const char *name, const char *bytes, gssize len, mode_t mode)
{
	char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, bytes, len, NULL));
	g_assert_cmpint(chmod(path, mode), ==, 0);
	return path;
}

static void
check_gives(const secret_source *source, const char *expected)
{
	g_autoptr(GError) why = NULL;
	char *secret = account_secret(source, &why);

	g_assert_no_error(why);
	g_assert_cmpstr(secret, ==, expected);
	account_secret_free(secret);
}

static void
check_fails(const secret_source *source, const char *part)
{
	g_autoptr(GError) why = NULL;

	g_assert_null(account_secret(source, &why));
	g_assert_true(fail_is(why, FAIL_CONFIG));
	g_test_message("%s", why->message);
	g_assert_nonnull(strstr(why->message, part));
	g_assert_null(strchr(why->message, '\n'));
	g_assert_null(strstr(why->message, "hunter2"));
}

static void
the_first_line_of_a_file_counts(void)
{
	static const struct {
		const char *bytes, *secret;
	} rows[] = {
		{"hunter2", "hunter2"},           {"hunter2\n", "hunter2"},
		{"hunter2\r\nmore\n", "hunter2"}, {" with blanks \n", " with blanks "},
		{"\xff\xfe\n", "\xff\xfe"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = put("pw", rows[i].bytes, -1, 0600);

		check_gives(&(secret_source){.file = path}, rows[i].secret);
	}
	account_secret_free(NULL);
}

static void
a_file_that_others_may_read_is_refused(void)
{
	static const mode_t modes[] = {0640, 0604, 0644, 0660, 0620, 0602};

	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autofree char *path = put("it's mine", "hunter2\n", -1, modes[i]);

		check_fails(&(secret_source){.file = path}, "chmod 600 '");
	}
}

static void
what_is_no_password_is_refused(void)
{
	static const struct {
		const char *bytes;
		gsize len;
		const char *part;
	} rows[] = {
		{"", 0, "empty"}, {"\nx", 2, "empty"}, {"\r\nx", 3, "empty"}, {"a\0b", 3, "NUL"}};
	g_autofree char *large = g_strnfill(64 * 1024 + 1, 'x');
	const secret_source missing = {.file = "/nonexistent/pw"}, folder = {.file = dir};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = put("pw", rows[i].bytes, (gssize)rows[i].len, 0600);

		check_fails(&(secret_source){.file = path}, rows[i].part);
	}
	large[64 * 1024 - 1] = '\n';
	g_autofree char *path = put("large", large, -1, 0600);
	check_fails(&(secret_source){.file = path}, "64 KiB");
	check_fails(&missing, "No such file");
	check_fails(&folder, "no regular file");
	check_fails(&(secret_source){0}, "mail.password_file=");
}

static void
a_fifo_does_not_block(void)
{
	g_autofree char *path = g_build_filename(dir, "fifo", NULL);

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	check_fails(&(secret_source){.file = path}, "no regular file");
}

static void
a_credential_is_a_name_below_its_directory(void)
{
	static const char *const bad[] = {"", ".", "..", "../pw", "a/b", "/etc/passwd"};
	/* systemd shows an ACL as a group's right. */
	g_autofree char *path = put("mail", "hunter2\n", -1, 0440);

	g_unsetenv("CREDENTIALS_DIRECTORY");
	check_fails(&(secret_source){.credential = "mail"}, "LoadCredential");
	g_setenv("CREDENTIALS_DIRECTORY", dir, TRUE);
	check_gives(&(secret_source){.credential = "mail"}, "hunter2");
	check_fails(&(secret_source){.credential = "other"}, "No such file");
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		check_fails(&(secret_source){.credential = bad[i]}, "plain file name");
	g_unsetenv("CREDENTIALS_DIRECTORY");
}

static void
a_command_prints_it(void)
{
	check_gives(&(secret_source){.command = "echo hunter2; echo more"}, "hunter2");
	check_gives(&(secret_source){.command = "printf 'hunter2\\r\\n' | cat; echo no >&2"},
		    "hunter2");
	check_fails(&(secret_source){.command = "echo hunter2; exit 3"}, "status 3");
	check_fails(&(secret_source){.command = "echo hunter2 >&2; exit 1"}, "status 1");
	check_fails(&(secret_source){.command = "kill -9 $$"}, "signal 9");
	check_fails(&(secret_source){.command = "true"}, "empty");
}

static void
a_command_that_prints_without_end_is_ended(void)
{
	gint64 start = clock_mono_us();

	check_fails(&(secret_source){.command = "yes"}, "64 KiB");
	check_fails(&(secret_source){.command = "yes & yes & wait"}, "64 KiB");
	g_assert_cmpint(clock_mono_us() - start, <, 30 * G_USEC_PER_SEC);
}

static void
the_first_source_counts(void)
{
	g_autofree char *path = put("pw", "one\n", -1, 0600);
	const secret_source all = {.file = path, .credential = "mail", .command = "echo two"};

	check_gives(&all, "one");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("account-t-XXXXXX", NULL);
	g_test_add_func("/account/the_first_line_of_a_file_counts",
			the_first_line_of_a_file_counts);
	g_test_add_func("/account/a_file_that_others_may_read_is_refused",
			a_file_that_others_may_read_is_refused);
	g_test_add_func("/account/what_is_no_password_is_refused", what_is_no_password_is_refused);
	g_test_add_func("/account/a_fifo_does_not_block", a_fifo_does_not_block);
	g_test_add_func("/account/a_credential_is_a_name_below_its_directory",
			a_credential_is_a_name_below_its_directory);
	g_test_add_func("/account/a_command_prints_it", a_command_prints_it);
	g_test_add_func("/account/a_command_that_prints_without_end_is_ended",
			a_command_that_prints_without_end_is_ended);
	g_test_add_func("/account/the_first_source_counts", the_first_source_counts);
	int status = g_test_run();
	fsio_remove_tree(dir, NULL);
	g_free(dir);
	return status;
}
