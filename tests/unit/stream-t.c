#include "net/stream.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "fake_server.h"

#define READY                                                                                      \
	{NULL, "* OK fake"}, {"CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK done"},    \
		{"AUTHENTICATE PLAIN", "+ "},                                                      \
	{                                                                                          \
		"AGFubmEAaHVudGVyMg==", "A002 OK welcome"                                          \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

/* A connection to F, or NULL with its REASON and a PART of its text, where that is not NULL. */
static net_stream *
connect_to(fake *f, const char *scheme, const char *auth, int reason, const char *part)
{
	g_autoptr(mail_url) url = fake_url(f, scheme);
	g_autoptr(GError) why = NULL;
	net_account account = {
		.url = url, .auth = auth, .secret.command = "echo hunter2", .timeout = 2};
	net_stream *s = net_stream_open(&account, &why);

	if (part == NULL) {
		g_assert_no_error(why);
		return s;
	}
	g_assert_null(s);
	g_test_message("%s", why->message);
	g_assert_cmpint(why->code, ==, reason);
	g_assert_nonnull(strstr(why->message, part));
	g_assert_null(strstr(why->message, "hunter2"));
	return NULL;
}

static void
check_reads(net_stream *s, const char *expected)
{
	g_autoptr(GString) got = g_string_new(NULL);
	char buf[3];

	while (got->len < strlen(expected)) {
		gssize n = net_stream_read(s, buf, MIN(sizeof buf, strlen(expected) - got->len));

		g_assert_cmpint(n, >, 0);
		g_string_append_len(got, buf, n);
	}
	g_assert_cmpstr(got->str, ==, expected);
}

static void
bytes_pass_both_ways(void)
{
	static const fake_step steps[] = {READY, {"NOOP", "%T OK done"}, {"X", FAKE_HANG_UP}, END};
	fake *f = fake_start(steps);
	net_stream *s = connect_to(f, "imap", "plain", 0, NULL);
	char buf[10];

	g_assert_cmpint(net_stream_fd(s), >=, 0);
	g_assert_cmpint(net_stream_write(s, "b1 NOOP\r\n", 9), ==, 9);
	check_reads(s, "b1 OK done\r\n");
	g_assert_cmpint(net_stream_write(s, "X\r\n", 3), ==, 3);
	g_assert_cmpint(net_stream_read(s, buf, sizeof buf), ==, 0);
	net_stream_close(s);
	g_free(fake_end(f));
	net_stream_close(NULL);
}

static void
waiting_takes_nothing_away(void)
{
	static const fake_step steps[] = {READY, {"IDLE", "+ idling"}, {"X", FAKE_HANG_UP}, END};
	fake *f = fake_start(steps);
	net_stream *s = connect_to(f, "imap", "plain", 0, NULL);
	gint64 start = clock_mono_us();
	char buf[10];

	g_assert_cmpint(net_stream_wait(s, 0), ==, 0);
	g_assert_cmpint(net_stream_wait(s, 200), ==, 0);
	g_assert_cmpint(clock_mono_us() - start, >=, 200000);
	g_assert_cmpint(net_stream_write(s, "b1 IDLE\r\n", 9), ==, 9);
	g_assert_cmpint(net_stream_wait(s, 2000), ==, 1);
	g_assert_cmpint(net_stream_wait(s, 0), ==, 1);
	check_reads(s, "+ idling\r\n");
	g_assert_cmpint(net_stream_wait(s, 0), ==, 0);
	/* The end is something to read, too. */
	g_assert_cmpint(net_stream_write(s, "X\r\n", 3), ==, 3);
	g_assert_cmpint(net_stream_wait(s, 2000), ==, 1);
	g_assert_cmpint(net_stream_wait(s, 2000), ==, 1);
	g_assert_cmpint(net_stream_read(s, buf, sizeof buf), ==, 0);
	g_assert_cmpint(net_stream_read(s, buf, sizeof buf), ==, 0);
	net_stream_close(s);
	g_free(fake_end(f));
}

static void
a_silent_server_is_given_up(void)
{
	static const fake_step steps[] = {READY, END};
	fake *f = fake_start(steps);
	net_stream *s = connect_to(f, "imap", "plain", 0, NULL);
	gint64 start = clock_mono_us();
	char buf[10];

	g_assert_cmpint(net_stream_read(s, buf, sizeof buf), ==, -1);
	g_assert_cmpint(errno, ==, ETIMEDOUT);
	g_assert_cmpint(clock_mono_us() - start, >=, 2 * G_USEC_PER_SEC);
	net_stream_close(s);
	g_free(fake_end(f));
}

static void
much_is_written_whole(void)
{
	static const fake_step steps[] = {READY, {FAKE_MAIL, "%T taken"}, END};
	fake *f = fake_start(steps);
	net_stream *s = connect_to(f, "imap", "plain", 0, NULL);
	g_autofree char *much = g_strnfill(3000000, 'x');

	/* More than the socket's buffers hold while nobody reads. */
	memcpy(much + 2999995, "\r\n.\r\n", 5);
	g_assert_cmpint(net_stream_write(s, much, 3000000), ==, 3000000);
	check_reads(s, ". taken\r\n");
	net_stream_close(s);
	g_autofree char *said = fake_end(f);
	g_assert_nonnull(strstr(said, much));
}

static void
a_refused_session_says_why(void)
{
	static const fake_step bye[] = {{NULL, "* BYE full house"}, END};
	static const fake_step no[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK done"},
		{"AUTHENTICATE PLAIN", "+ "},
		{"AGFubmEAaHVudGVyMg==", "A002 NO [AUTHENTICATIONFAILED] not you"},
		END};
	static const fake_step down[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK done"},
		{"AUTHENTICATE PLAIN", "+ "},
		{"AGFubmEAaHVudGVyMg==", "A002 NO [UNAVAILABLE] not now"},
		END};
	static const fake_step parrot[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1\r\n%T OK done"},
		{"LOGIN anna hunter2", "%T BAD what is LOGIN anna hunter2?"},
		END};
	static const fake_step none[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n%T OK done"},
		END};
	static const fake_step plain[] = {
		{NULL, "* OK fake"}, {"CAPABILITY", "* CAPABILITY IMAP4rev1\r\n%T OK done"}, END};
	static const fake_step stale[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\n%T OK done"},
		{"AUTHENTICATE XOAUTH2", "+ eyJzdGF0dXMiOiI0MDAifQ=="},
		END};
	static const fake_step web[] = {{NULL, "HTTP/1.1 400 Bad Request"}, END};
	static const fake_step gone[] = {{NULL, FAKE_HANG_UP}, END};
	static const struct {
		const fake_step *steps;
		const char *scheme, *auth;
		int reason;
		const char *part;
	} rows[] = {
		{bye, "imap", "auto", REASON_MAIL_LATER, "BYE full house"},
		{no, "imap", "auto", REASON_MAIL_LOGIN, "[AUTHENTICATIONFAILED] not you; see"},
		{down, "imap", "plain", REASON_MAIL_LATER, "not now"},
		{parrot, "imap", "auto", REASON_MAIL_LOGIN, "refused; see"},
		{none, "imap", "auto", REASON_MAIL_LOGIN, "no way to log in"},
		{none, "imap", "xoauth2", REASON_MAIL_LOGIN, "no way to log in"},
		{stale, "imap", "xoauth2", REASON_MAIL_LOGIN, "refused; see login and token"},
		{plain, "imap+starttls", "auto", REASON_MAIL_ANSWER, "no STARTTLS"},
		{web, "imaps", "auto", REASON_MAIL_ANSWER, "does not begin with TLS"},
		{gone, "imap", "auto", REASON_MAIL_AWAY, "broke"},
		{gone, "imaps", "auto", REASON_MAIL_AWAY, "broke"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		fake *f = fake_start(rows[i].steps);

		connect_to(f, rows[i].scheme, rows[i].auth, rows[i].reason, rows[i].part);
		g_free(fake_end(f));
	}
}

static void
a_token_is_used_where_set(void)
{
	static const fake_step steps[] = {
		{NULL, "* OK fake"},
		{"CAPABILITY", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2\r\n%T OK x"},
		{"AUTHENTICATE XOAUTH2 dXNlcj1hbm5hAWF1dGg9QmVhcmVyIGh1bnRlcjIBAQ==",
		 "%T OK welcome"},
		END};
	fake *f = fake_start(steps);
	net_stream *s = connect_to(f, "imap", "xoauth2", 0, NULL);

	net_stream_close(s);
	g_free(fake_end(f));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stream/bytes_pass_both_ways", bytes_pass_both_ways);
	g_test_add_func("/stream/waiting_takes_nothing_away", waiting_takes_nothing_away);
	g_test_add_func("/stream/a_silent_server_is_given_up", a_silent_server_is_given_up);
	g_test_add_func("/stream/much_is_written_whole", much_is_written_whole);
	g_test_add_func("/stream/a_refused_session_says_why", a_refused_session_says_why);
	g_test_add_func("/stream/a_token_is_used_where_set", a_token_is_used_where_set);
	return g_test_run();
}
