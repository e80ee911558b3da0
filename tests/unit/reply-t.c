#include "net/reply.h"

#include <string.h>

#include "base/fail.h"

static void
feed(reply *r, const char *lines)
{
	g_auto(GStrv) all = g_strsplit(lines, "\n", -1);

	for (gsize i = 0; all[i] != NULL; i++)
		reply_line(r, all[i], strlen(all[i]));
}

static void
a_refusal_has_a_reason(void)
{
	static const struct {
		const char *text;
		gboolean login, recipient;
		int reason;
	} rows[] = {
		{"421 4.3.2 shutting down", FALSE, FALSE, REASON_MAIL_LATER},
		{"421 too many logins", TRUE, FALSE, REASON_MAIL_LATER},
		{"450 4.2.1 greylisted", FALSE, TRUE, REASON_MAIL_LATER},
		{"451 local error", FALSE, FALSE, REASON_MAIL_LATER},
		{"452 4.2.2 mailbox full", FALSE, TRUE, REASON_MAIL_FULL},
		{"452 4.3.1 insufficient system storage", FALSE, TRUE, REASON_MAIL_LATER},
		{"422 4.2.2 the recipient is over quota", FALSE, TRUE, REASON_MAIL_FULL},
		{"452 <bert@example.com>: Mailbox full", FALSE, TRUE, REASON_MAIL_FULL},
		{"552 5.2.2 over quota", FALSE, TRUE, REASON_MAIL_FULL},
		{"552 5.2.2 over quota", FALSE, FALSE, REASON_MAIL_FULL},
		{"550-5.2.2 no room", FALSE, TRUE, REASON_MAIL_FULL},
		{"552 exceeded storage allocation", FALSE, TRUE, REASON_MAIL_FULL},
		{"552 message size exceeds maximum", FALSE, FALSE, REASON_MAIL_TOO_LARGE},
		{"552 5.3.4 too big", FALSE, TRUE, REASON_MAIL_TOO_LARGE},
		{"554 5.2.3 too long", FALSE, FALSE, REASON_MAIL_TOO_LARGE},
		{"550 5.1.1 no such user", FALSE, TRUE, REASON_MAIL_REFUSED},
		{"554 5.5.0 error", FALSE, FALSE, REASON_MAIL_REFUSED},
		{"550 host 15.2.2 and 5.2.2.1 and v5.2.2 say no", FALSE, FALSE,
		 REASON_MAIL_REFUSED},
		{"550 see 5.2.20, 5.2222.2", FALSE, FALSE, REASON_MAIL_REFUSED},
		{"550 no room (5.2.2).", FALSE, FALSE, REASON_MAIL_FULL},
		{"530 5.7.0 authentication required", FALSE, FALSE, REASON_MAIL_LOGIN},
		{"535 5.7.8 no", TRUE, FALSE, REASON_MAIL_LOGIN},
		{"550 no", TRUE, FALSE, REASON_MAIL_LOGIN},
		{"454 4.7.0 temporary failure", TRUE, FALSE, REASON_MAIL_LATER},
		{"NO [AUTHENTICATIONFAILED] no", TRUE, FALSE, REASON_MAIL_LOGIN},
		{"NO [UNAVAILABLE] backend is down", TRUE, FALSE, REASON_MAIL_LATER},
		{"BYE too many connections", FALSE, FALSE, REASON_MAIL_LATER},
		{"-ERR [AUTH] no", TRUE, FALSE, REASON_MAIL_LOGIN},
		{"-ERR [IN-USE] locked", TRUE, FALSE, REASON_MAIL_LATER},
		{"-ERR [LOGIN-DELAY] too often", TRUE, FALSE, REASON_MAIL_LATER},
		{"-ERR [SYS/TEMP] down", TRUE, FALSE, REASON_MAIL_LATER},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].text);
		g_assert_cmpint(reply_reason(rows[i].text, rows[i].login, rows[i].recipient), ==,
				rows[i].reason);
	}
}

static void
the_last_size_of_ehlo_counts(void)
{
	reply *r = reply_new(MAIL_SMTP);

	g_assert_cmpuint(reply_size(r), ==, 0);
	feed(r, "220 hello\n250-mail.example.com\n250-SIZE 1000\n250 STARTTLS\n220 go\n"
		"250-mail.example.com\n250-size 52428800\n250 HELP");
	g_assert_cmpuint(reply_size(r), ==, 52428800);
	feed(r, "250 SIZE 5 is a fine answer");
	g_assert_cmpuint(reply_size(r), ==, 52428800);
	reply_reset(r);
	g_assert_cmpuint(reply_size(r), ==, 52428800);
	feed(r, "250-mail.example.com\n250-SIZE\n250-SIZE x\n250-SIZE -1\n"
		"250 SIZE 99999999999999999999");
	g_assert_cmpuint(reply_size(r), ==, 0);
	reply_free(r);
}

static void
the_last_refusal_is_kept(void)
{
	reply *r = reply_new(MAIL_SMTP);

	g_assert_null(reply_refusal(r));
	feed(r,
	     "502 what?\n250 ok\n550-5.7.1 this is\r\n550-5.7.1 rather\r\n550 long\r\n221 bye\r");
	g_assert_cmpstr(reply_refusal(r), ==, "550-5.7.1 this is 5.7.1 rather long");
	g_assert_cmpint(reply_code(r), ==, 550);
	g_assert_cmpuint(reply_count(r), ==, 4);
	reply_reset(r);
	g_assert_null(reply_refusal(r));
	g_assert_cmpint(reply_code(r), ==, 0);
	reply_free(r);

	r = reply_new(MAIL_IMAP);
	feed(r, "* OK hello\nA001 OK NO way\nA002 NO [X] no\n* BYE out\nA003 OK out");
	g_assert_cmpstr(reply_refusal(r), ==, "NO [X] no");
	reply_reset(r);
	feed(r, "* BYE full house");
	g_assert_cmpstr(reply_refusal(r), ==, "BYE full house");
	reply_free(r);

	r = reply_new(MAIL_POP3);
	feed(r, "+OK hello\n-ERR [AUTH] no\n+OK bye");
	g_assert_cmpstr(reply_refusal(r), ==, "-ERR [AUTH] no");
	reply_free(r);
}

static void
what_is_no_answer_is_survived(void)
{
	static const char *const lines[] = {
		"",         "2",        "25",   "250",    "5500 x", "600 x",    "abc",
		"550",      "\xff\xfe", "*",    "* ",     "* B",    "-",        "-ER",
		"\r\n\r\n", " NO ",     "A NO", "A BAD ", "250-",   "250-SIZE", "250 SIZE "};

	for (mail_protocol p = MAIL_IMAP; p <= MAIL_SMTP; p++) {
		reply *r = reply_new(p);

		for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
			reply_line(r, lines[i], strlen(lines[i]));
		reply_line(r, "5\0000 x", 6);
		g_assert_cmpuint(reply_size(r), ==, 0);
		reply_free(r);
	}
}

static void
what_is_shown_is_short_and_printable(void)
{
	reply *r = reply_new(MAIL_SMTP);
	g_autofree char *junk = g_strnfill(100000, 'x');

	feed(r, "550 a\x1b[31mred\x07 \xff\xc3\xa4 \xe2\x80\xae.");
	g_assert_cmpstr(reply_refusal(r), ==, "550 a?[31mred? ?\xc3\xa4 ?.");
	for (int i = 0; i < 1000; i++)
		feed(r, "550-\xc3\xa4\xc3\xa4\xc3\xa4 and so on, line for line, and for ever");
	memcpy(junk, "550 ", 4);
	reply_line(r, junk, 100000);
	g_assert_cmpuint(strlen(reply_refusal(r)), <=, 300);
	g_assert_true(g_utf8_validate(reply_refusal(r), -1, NULL));
	g_assert_true(g_str_has_suffix(reply_refusal(r), "..."));
	reply_free(r);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reply/a_refusal_has_a_reason", a_refusal_has_a_reason);
	g_test_add_func("/reply/the_last_size_of_ehlo_counts", the_last_size_of_ehlo_counts);
	g_test_add_func("/reply/the_last_refusal_is_kept", the_last_refusal_is_kept);
	g_test_add_func("/reply/what_is_no_answer_is_survived", what_is_no_answer_is_survived);
	g_test_add_func("/reply/what_is_shown_is_short_and_printable",
			what_is_shown_is_short_and_printable);
	return g_test_run();
}
