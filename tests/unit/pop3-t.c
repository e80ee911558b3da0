#include "net/pop3.h"

#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "fake_server.h"

#define READY                                                                                      \
	{NULL, "+OK fake"}, {"CAPA", "-ERR what?"}, {"USER anna", "+OK"},                          \
	{                                                                                          \
		"PASS hunter2", "+OK hello"                                                        \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

/* As the client of the server that plays STEPS. */
static pop3 *
open_box(const fake_step *steps, fake **ret_server)
{
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "pop3");
	g_autoptr(GError) why = NULL;
	const net_account account = {
		.url = url, .auth = "auto", .secret.command = "echo hunter2", .timeout = 2};
	pop3 *p = pop3_open(&account, &why);

	g_assert_no_error(why);
	*ret_server = f;
	return p;
}

static int
empty_file(void)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("pop3-t-XXXXXX", &name, NULL);

	g_assert_cmpint(fd, >=, 0);
	unlink(name);
	return fd;
}

/* What FD holds; caller frees. */
static char *
all_of(int fd)
{
	gsize len = (gsize)lseek(fd, 0, SEEK_END);
	char *ret = g_malloc0(len + 1);

	g_assert_cmpint(pread(fd, ret, len, 0), ==, (gssize)len);
	close(fd);
	return ret;
}

static void
check_why(GError *why, int code, const char *part)
{
	g_test_message("%s", why->message);
	g_assert_cmpint(why->code, ==, code);
	g_assert_nonnull(strstr(why->message, part));
	g_assert_null(strchr(why->message, '\n'));
	g_error_free(why);
}

static void
a_mailbox_is_emptied(void)
{
	static const fake_step steps[] = {
		READY,
		{"UIDL", "+OK\r\n1 a\r\n3 whqtswO00WBw418f9t5JxYwZ~!\"\r\n."},
		{"LIST", "+OK 2 mails\r\n1 120\r\n3 200000 octets\r\n."},
		{"RETR 3", "+OK 11 octets\r\nFrom: x\r\n\r\n..dot\r\n.."},
		{NULL, "."},
		{"DELE 3", "+OK"},
		{"QUIT", "+OK bye"},
		END};
	fake *f;
	pop3 *p = open_box(steps, &f);
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) mails = pop3_list(p, &why);

	g_assert_no_error(why);
	g_assert_cmpuint(mails->len, ==, 2);
	const pop3_mail *first = mails->pdata[0], *second = mails->pdata[1];
	g_assert_cmpuint(first->number, ==, 1);
	g_assert_cmpstr(first->uid, ==, "a");
	g_assert_cmpuint(first->size, ==, 120);
	g_assert_cmpuint(second->number, ==, 3);
	g_assert_cmpstr(second->uid, ==, "whqtswO00WBw418f9t5JxYwZ~!\"");
	g_assert_cmpuint(second->size, ==, 200000);
	int fd = empty_file();
	g_assert_true(pop3_fetch(p, 3, fd, 100, &why));
	g_autofree char *mail = all_of(fd);
	g_assert_cmpstr(mail, ==, "From: x\r\n\r\n.dot\r\n.\r\n");
	g_assert_true(pop3_mark(p, 3, &why));
	g_assert_true(pop3_quit(p, &why));
	g_assert_no_error(why);
	g_free(fake_end(f));
}

static void
without_quit_nothing_is_removed(void)
{
	static const fake_step steps[] = {READY, {"DELE 1", "+OK"}, END};
	fake *f;
	pop3 *p = open_box(steps, &f);

	g_assert_true(pop3_mark(p, 1, NULL));
	pop3_abandon(p);
	g_autofree char *said = fake_end(f);
	g_assert_null(strstr(said, "QUIT"));
	pop3_abandon(NULL);
}

/* Across the ends of what is read at once, too. */
static void
a_large_mail_is_whole(void)
{
	g_autoptr(GString) mail = g_string_new(NULL), sent = g_string_new("+OK\r\n");

	for (guint i = 0; mail->len < 400000; i++) {
		g_autofree char *x = g_strnfill(i % 7, 'x');

		g_string_append_printf(mail, "%s%s%s", i % 3 == 0 ? "." : "", x,
				       i % 5 == 0 ? "\r\r\n" : "\r\n");
		g_string_append_printf(sent, "%s%s%s", i % 3 == 0 ? ".." : "", x,
				       i % 5 == 0 ? "\r\r\n" : "\r\n");
	}
	g_string_append(mail, "a\nb\r.\r\n\n.\nc\r\n");
	g_string_append(sent, "a\nb\r.\r\n\n.\nc\r\n.");
	const fake_step steps[] = {READY, {"RETR 1", sent->str}, {"RETR 2", "+OK\r\n."}, END};
	fake *f;
	pop3 *p = open_box(steps, &f);
	g_autoptr(GError) why = NULL;
	int fd = empty_file();

	g_assert_true(pop3_fetch(p, 1, fd, mail->len, &why));
	g_assert_no_error(why);
	g_autofree char *got = all_of(fd);
	g_assert_cmpstr(got, ==, mail->str);
	fd = empty_file();
	g_assert_true(pop3_fetch(p, 2, fd, 0, &why));
	g_autofree char *nothing = all_of(fd);
	g_assert_cmpstr(nothing, ==, "");
	pop3_abandon(p);
	g_free(fake_end(f));
}

static void
a_mail_that_is_too_large_is_cut_off(void)
{
	static const fake_step steps[] = {READY, {"RETR 1", "+OK\r\n0123456789"}, {NULL, "."}, END};
	fake *f;
	pop3 *p = open_box(steps, &f);
	GError *why = NULL;
	int fd = empty_file();

	g_assert_false(pop3_fetch(p, 1, fd, 11, &why));
	check_why(why, REASON_TOO_LARGE, "more than 11 bytes");
	/* Nobody can tell an answer from the rest of the mail now. */
	why = NULL;
	g_assert_false(pop3_mark(p, 1, &why));
	check_why(why, REASON_MAIL_AWAY, "session has ended");
	close(fd);
	pop3_abandon(p);
	g_free(fake_end(f));
}

static void
a_mail_that_breaks_off_is_no_mail(void)
{
	static const fake_step gone[] = {
		READY, {"RETR 1", "+OK\r\nhalf of it"}, {NULL, FAKE_HANG_UP}, END};
	static const fake_step silent[] = {READY, {"RETR 1", "+OK\r\nhalf of it"}, END};
	const fake_step *const rows[] = {gone, silent};
	static const char *const parts[] = {"broke", "no answer in time"};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		fake *f;
		pop3 *p = open_box(rows[i], &f);
		GError *why = NULL;
		int fd = empty_file();

		g_assert_false(pop3_fetch(p, 1, fd, 1000, &why));
		check_why(why, REASON_MAIL_AWAY, parts[i]);
		why = NULL;
		g_assert_false(pop3_quit(p, &why));
		check_why(why, REASON_MAIL_AWAY, "session has ended");
		close(fd);
		g_free(fake_end(f));
	}
}

static void
a_list_that_makes_no_sense_is_refused(void)
{
	g_autofree char *long_uid = g_strnfill(71, 'u');
	g_autofree char *long_row = g_strdup_printf("+OK\r\n1 %s\r\n.", long_uid);
	g_autofree char *junk = g_strnfill(5000, 'j');
	const struct {
		const char *uids, *sizes;
		int code;
		const char *part;
	} rows[] = {
		{"-ERR what?", NULL, FAIL_CONFIG, "no UIDL"},
		{"-ERR [SYS/TEMP] down", NULL, REASON_MAIL_LATER, "UIDL refused: -ERR [SYS/TEMP]"},
		{"* OK", NULL, REASON_MAIL_ANSWER, "makes no sense"},
		{"+OK\r\n1\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n0 a\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n-1 a\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n4294967296 a\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n1 \r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n1 \xff\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n1 a\r\n1 b\r\n.", NULL, REASON_MAIL_ANSWER, "list of mails"},
		{long_row, NULL, REASON_MAIL_ANSWER, "list of mails"},
		{junk, NULL, REASON_MAIL_ANSWER, "makes no sense"},
		{"+OK\r\n1 a\r\n.", "+OK\r\n2 5\r\n.", REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n1 a\r\n.", "+OK\r\n1 x\r\n.", REASON_MAIL_ANSWER, "list of mails"},
		{"+OK\r\n1 a\r\n.", "-ERR no", REASON_MAIL_ANSWER, "LIST refused: -ERR no"},
		{"+OK\r\n1 a", FAKE_HANG_UP, REASON_MAIL_AWAY, "broke"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gboolean ends = g_strcmp0(rows[i].sizes, FAKE_HANG_UP) == 0;
		const fake_step steps[] = {
			READY,
			{"UIDL", rows[i].uids},
			{rows[i].sizes == NULL || ends ? NULL : "LIST", rows[i].sizes},
			END};
		fake *f;
		pop3 *p = open_box(steps, &f);
		GError *why = NULL;

		g_assert_null(pop3_list(p, &why));
		check_why(why, rows[i].code, rows[i].part);
		pop3_abandon(p);
		g_free(fake_end(f));
	}
}

static void
a_refused_command_is_told(void)
{
	static const fake_step steps[] = {READY,
					  {"RETR 7", "-ERR no such mail"},
					  {"DELE 7", "-ERR [IN-USE] locked"},
					  {"QUIT", "-ERR some are still there"},
					  END};
	fake *f;
	pop3 *p = open_box(steps, &f);
	GError *why = NULL;

	g_assert_false(pop3_fetch(p, 7, -1, 10, &why));
	check_why(why, REASON_MAIL_ANSWER, "RETR refused: -ERR no such mail");
	/* It goes on: nothing is on its way. */
	why = NULL;
	g_assert_false(pop3_mark(p, 7, &why));
	check_why(why, REASON_MAIL_LATER, "DELE refused: -ERR [IN-USE] locked");
	why = NULL;
	g_assert_false(pop3_quit(p, &why));
	check_why(why, REASON_MAIL_ANSWER, "some are still there");
	g_free(fake_end(f));
}

static void
a_refused_login_says_why(void)
{
	static const fake_step no[] = {{NULL, "+OK fake"},
				       {"CAPA", "-ERR what?"},
				       {"USER anna", "+OK"},
				       {"PASS hunter2", "-ERR no hunter2 here"},
				       END};
	static const fake_step busy[] = {{NULL, "+OK fake"},
					 {"CAPA", "-ERR what?"},
					 {"USER anna", "+OK"},
					 {"PASS hunter2", "-ERR [IN-USE] somebody is there"},
					 END};
	static const fake_step plain[] = {{NULL, "+OK fake"}, {"CAPA", "+OK\r\nUSER\r\n."}, END};
	static const struct {
		const fake_step *steps;
		const char *scheme;
		int code;
		const char *part;
	} rows[] = {
		{no, "pop3", REASON_MAIL_LOGIN, "the login was refused; see"},
		{busy, "pop3", REASON_MAIL_LATER, "[IN-USE] somebody is there"},
		{plain, "pop3+starttls", REASON_MAIL_ANSWER, "no STARTTLS"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		fake *f = fake_start(rows[i].steps);
		g_autoptr(mail_url) url = fake_url(f, rows[i].scheme);
		const net_account account = {
			.url = url, .secret.command = "echo hunter2", .timeout = 2};
		GError *why = NULL;

		g_assert_null(pop3_open(&account, &why));
		g_assert_null(strstr(why->message, "hunter2"));
		check_why(why, rows[i].code, rows[i].part);
		g_free(fake_end(f));
	}
	g_autoptr(mail_url) nobody = mail_url_parse("pop3s://mail.example.com", NULL);
	GError *why = NULL;
	g_assert_null(pop3_open(&(net_account){.url = nobody}, &why));
	check_why(why, FAIL_CONFIG, "needs a login");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pop3/a_mailbox_is_emptied", a_mailbox_is_emptied);
	g_test_add_func("/pop3/without_quit_nothing_is_removed", without_quit_nothing_is_removed);
	g_test_add_func("/pop3/a_large_mail_is_whole", a_large_mail_is_whole);
	g_test_add_func("/pop3/a_mail_that_is_too_large_is_cut_off",
			a_mail_that_is_too_large_is_cut_off);
	g_test_add_func("/pop3/a_mail_that_breaks_off_is_no_mail",
			a_mail_that_breaks_off_is_no_mail);
	g_test_add_func("/pop3/a_list_that_makes_no_sense_is_refused",
			a_list_that_makes_no_sense_is_refused);
	g_test_add_func("/pop3/a_refused_command_is_told", a_refused_command_is_told);
	g_test_add_func("/pop3/a_refused_login_says_why", a_refused_login_says_why);
	return g_test_run();
}
