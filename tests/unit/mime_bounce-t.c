#include "tests/unit/mime_kit.h"

#define ID   "01j9x4ab-m00000017-2cf24dba.0011223344@example.com"
#define ORIG "From: one@example.com\r\nSubject: handsel\r\nMessage-ID: <" ID ">\r\n"

static void
assert_bounce(const char *mail, const char *id, const char *status, const char *text,
	      gboolean permanent)
{
	g_autoptr(mime) m = kit_open_text(mail);
	const mime_bounce *b = mime_get_bounce(m);

	g_assert_nonnull(b);
	g_assert_cmpstr(b->id, ==, id);
	g_assert_cmpstr(b->status, ==, status);
	g_assert_cmpstr(b->text, ==, text);
	g_assert_cmpint(b->permanent, ==, permanent);
}

/* As Exim 4.96 wrote it. */
static void
test_exim(void)
{
	assert_bounce("Return-Path: <>\r\n"
		      "X-Failed-Recipients: bounce@example.com\r\n"
		      "Auto-Submitted: auto-replied\r\n"
		      "From: Mail Delivery System <Mailer-Daemon@mail.example.com>\r\n"
		      "References: <" ID ">\r\n"
		      "Content-Type: multipart/report; report-type=delivery-status; "
		      "boundary=1795416917-eximdsn-1715030387\r\n"
		      "Subject: Mail delivery failed: returning message to sender\r\n"
		      "Message-Id: <E1xVNxN-0005iB-1w@mail.example.com>\r\n"
		      "\r\n"
		      "--1795416917-eximdsn-1715030387\r\n"
		      "Content-type: text/plain; charset=us-ascii\r\n\r\n"
		      "A message that you sent could not be delivered to one or more of its\r\n"
		      "recipients. This is a permanent error. The following address(es) failed:\r\n"
		      "\r\n  bounce@example.com\r\n    this mailbox always bounces\r\n\r\n"
		      "--1795416917-eximdsn-1715030387\r\n"
		      "Content-type: message/delivery-status\r\n\r\n"
		      "Reporting-MTA: dns; mail.example.com\r\n\r\n"
		      "Action: failed\r\nFinal-Recipient: rfc822;bounce@example.com\r\n"
		      "Status: 5.0.0\r\n\r\n"
		      "--1795416917-eximdsn-1715030387\r\n"
		      "Content-type: message/rfc822\r\n\r\n"
		      "Return-path: <one@example.com>\r\n" ORIG "\r\nhello\r\n\r\n"
		      "--1795416917-eximdsn-1715030387--\r\n",
		      ID, "5.0.0", "bounce@example.com: this mailbox always bounces", TRUE);
}

#define POSTFIX(STATUS, ORIGINAL)                                                                  \
	"From: MAILER-DAEMON@mail.example.com (Mail Delivery System)\r\n"                          \
	"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"         \
	"Content-Type: multipart/report; report-type=delivery-status;\r\n"                         \
	"\tboundary=\"4D2.1795/mail.example.com\"\r\n\r\n"                                         \
	"This is a MIME-encapsulated message.\r\n\r\n"                                             \
	"--4D2.1795/mail.example.com\r\nContent-Description: Notification\r\n"                     \
	"Content-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n"                     \
	"--4D2.1795/mail.example.com\r\nContent-Description: Delivery report\r\n"                  \
	"Content-Type: message/delivery-status\r\n\r\n"                                            \
	"Reporting-MTA: dns; mail.example.com\r\nX-Postfix-Queue-ID: 4D2\r\n\r\n" STATUS           \
	"\r\n--4D2.1795/mail.example.com\r\n" ORIGINAL "\r\n--4D2.1795/mail.example.com--\r\n"

static void
test_postfix(void)
{
	assert_bounce(
		POSTFIX("Final-Recipient: rfc822; two@example.com\r\n"
			"Original-Recipient: rfc822;two@example.com\r\nAction: failed\r\n"
			"Status: 5.1.1\r\nRemote-MTA: dns; mx.example.com\r\n"
			"Diagnostic-Code: smtp; 550 5.1.1 <two@example.com>: Recipient address\r\n"
			"    rejected: User unknown in virtual mailbox table\r\n",
			"Content-Type: message/rfc822\r\n\r\n" ORIG "\r\nhello\r\n"),
		ID, "5.1.1",
		"two@example.com: 550 5.1.1 <two@example.com>: Recipient address    rejected: User "
		"unknown in virtual mailbox table",
		TRUE);
}

static void
test_headers_only(void)
{
	assert_bounce(POSTFIX("Final-Recipient: rfc822; two@example.com\r\nAction: failed\r\n"
			      "Status: 5.2.2 (full)\r\nDiagnostic-Code: X-Postfix; full\r\n",
			      "Content-Type: text/rfc822-headers\r\n\r\n" ORIG),
		      ID, "5.2.2", "two@example.com: full", TRUE);
}

static void
test_delayed(void)
{
	assert_bounce(POSTFIX("Final-Recipient: rfc822; two@example.com\r\nAction: delayed\r\n"
			      "Status: 4.4.1\r\nDiagnostic-Code: X-Postfix; connect timed out\r\n"
			      "Will-Retry-Until: Sat, 28 Nov 2026 06:55:17 +0000\r\n",
			      "Content-Type: text/rfc822-headers\r\n\r\n" ORIG),
		      ID, "4.4.1", "two@example.com: connect timed out", FALSE);
}

/* What failed counts more than what is late, and that more than what arrived. */
static void
test_worst(void)
{
	assert_bounce(POSTFIX("Final-Recipient: rfc822; a@example.com\r\nAction: relayed\r\n"
			      "Status: 2.0.0\r\n\r\n"
			      "Final-Recipient: rfc822; b@example.com\r\nAction: delayed\r\n"
			      "Status: 4.0.0\r\n\r\n\r\n"
			      "Final-Recipient: rfc822; c@example.com\r\nAction: Failed\r\n"
			      "Status: 5.7.1\r\n",
			      "Content-Type: text/rfc822-headers\r\n\r\n" ORIG),
		      ID, "5.7.1", "c@example.com", TRUE);
}

static void
test_success(void)
{
	g_autoptr(mime) m = kit_open_text(
		POSTFIX("Final-Recipient: rfc822; a@example.com\r\nAction: delivered\r\n"
			"Status: 2.0.0\r\n",
			"Content-Type: text/rfc822-headers\r\n\r\n" ORIG));

	g_assert_null(mime_get_bounce(m));
}

/* No original, but an answer's header; the report in base64, LF alone. */
static void
test_exchange(void)
{
	g_autofree char *report =
		g_base64_encode((const guchar *)"Reporting-MTA: dns;ex.example.com\r\n\r\n"
						"Final-recipient: RFC822; two@example.com\r\n"
						"Action: failed\r\nStatus: 5.7.509\r\n"
						"Diagnostic-Code: smtp;550 5.7.509 refus\xe9\r\n",
				(gsize)strlen("Reporting-MTA: dns;ex.example.com\r\n\r\n"
					      "Final-recipient: RFC822; two@example.com\r\n"
					      "Action: failed\r\nStatus: 5.7.509\r\n"
					      "Diagnostic-Code: smtp;550 5.7.509 refus\xe9\r\n"));
	g_autofree char *mail = g_strdup_printf(
		"From: Microsoft Outlook <MicrosoftExchange329e71ec@example.com>\n"
		"Subject: Undeliverable: handsel\nIn-Reply-To: <" ID ">\n"
		"Content-Type: multipart/report; report-type=delivery-status;\n"
		"\tboundary=\"ce8bb5ce-15e8\"\n\n"
		"--ce8bb5ce-15e8\nContent-Type: multipart/alternative; boundary=\"alt\"\n\n"
		"--alt\nContent-Type: text/plain; charset=\"us-ascii\"\n\nsorry\n--alt--\n\n"
		"--ce8bb5ce-15e8\nContent-Type: message/delivery-status\n"
		"Content-Transfer-Encoding: base64\n\n%s\n--ce8bb5ce-15e8--\n",
		report);

	assert_bounce(mail, ID, "5.7.509", "two@example.com: 550 5.7.509 refusé", TRUE);
}

static void
test_gmail(void)
{
	assert_bounce(
		"Return-Path: <>\r\nX-Failed-Recipients: two@example.com\r\n"
		"From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\r\n"
		"Content-Type: multipart/report; boundary=\"0000\"; report-type=delivery-status\r\n"
		"References: <thread@example.com> <" ID ">\r\n\r\n"
		"--0000\r\nContent-Type: multipart/related; boundary=\"0001\"\r\n\r\n"
		"--0001\r\nContent-Type: multipart/alternative; boundary=\"0002\"\r\n\r\n"
		"--0002\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\n** Not found **\r\n"
		"--0002--\r\n--0001\r\nContent-Type: image/png; name=\"icon.png\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--0001--\r\n"
		"--0000\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; googlemail.example\r\n\r\n"
		"Final-Recipient: rfc822; two@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		"Diagnostic-Code: smtp; 550-5.1.1 The email account does not exist.\r\n"
		" 550 5.1.1 Try again\r\n\r\n"
		"--0000\r\nContent-Type: message/rfc822\r\n\r\nSubject: handsel\r\n\r\n\r\n"
		"--0000--\r\n",
		ID, "5.1.1",
		"two@example.com: 550-5.1.1 The email account does not exist. 550 5.1.1 Try again",
		TRUE);
}

static void
test_old_exim(void)
{
	assert_bounce("X-Failed-Recipients: two@example.com\r\n"
		      "From: Mail Delivery System <Mailer-Daemon@mail.example.com>\r\n"
		      "Subject: Mail delivery failed: returning message to sender\r\n\r\n"
		      "The following address(es) failed:\r\n\r\n  two@example.com\r\n"
		      "    550 5.7.1 relaying denied\r\n\r\n"
		      "------ This is a copy of the message, including all the headers. ------\r\n"
		      "\r\n" ORIG "\r\nhello\r\n",
		      ID, "5.7.1", "two@example.com: 550 5.7.1 relaying denied", TRUE);
}

static void
test_old_exim_delay(void)
{
	assert_bounce("From: Mail Delivery System <Mailer-Daemon@mail.example.com>\r\n"
		      "Subject: Warning: message 1xVNxN delayed 24 hours\r\n\r\n"
		      "The message has not yet been delivered.\r\n\r\n" ORIG,
		      ID, "", "Warning: message 1xVNxN delayed 24 hours", FALSE);
}

static void
test_qmail(void)
{
	assert_bounce("Return-Path: <>\r\nFrom: MAILER-DAEMON@mail.example.com\r\n"
		      "Subject: failure notice\r\n\r\n"
		      "Hi. This is the qmail-send program at mail.example.com.\r\n\r\n"
		      "<two@example.com>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
		      "--- Below this line is a copy of the message.\r\n\r\n" ORIG "\r\nhello\r\n",
		      ID, "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)", TRUE);
}

/* It failed, but nobody knows what. */
static void
test_no_id(void)
{
	assert_bounce("X-Failed-Recipients: two@example.com\r\nSubject: failed\r\n\r\nsorry\r\n",
		      NULL, "", "two@example.com", TRUE);
	assert_bounce(POSTFIX("Action: failed\r\n", "Content-Type: text/plain\r\n\r\n" ORIG), NULL,
		      "", "it does not say why", TRUE);
}

static void
test_others(void)
{
	static const char *const mails[] = {
		/* a vacation */
		"Return-Path: <>\r\nFrom: two@example.com\r\nAuto-Submitted: auto-replied\r\n"
		"In-Reply-To: <" ID ">\r\nSubject: Out of office\r\n\r\nI'm away.\r\n",
		/* a forward, with somebody else's report in it */
		"From: two@example.com\r\nContent-Type: message/rfc822\r\n\r\n" POSTFIX(
			"Final-Recipient: rfc822; a@example.com\r\nAction: failed\r\n",
			"Content-Type: text/rfc822-headers\r\n\r\n" ORIG),
		/* a daemon that speaks of other things */
		"From: mailer-daemon@example.com\r\nSubject: news\r\n\r\nhello\r\n",
		"From: two@example.com\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: x\r\n\r\nFinal-Recipient: rfc822; a@example.com\r\n",
		/* a person who quotes */
		"From: two@example.com\r\n\r\nlook:\r\n" ORIG};

	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autoptr(mime) m = kit_open_text(mails[i]);

		g_assert_null(mime_get_bounce(m));
	}
}

/* Words for people: one line, bounded, no matter what a server says. */
static void
test_bounded(void)
{
	g_autoptr(GString) mail = g_string_new(
		"From: a@example.com\r\nContent-Type: message/delivery-status\r\n\r\n"
		"Action: failed\r\nStatus: 5.1.1; rm\r\nDiagnostic-Code: smtp; \x1b[2J\x01x");

	for (int i = 0; i < 10000; i++)
		g_string_append(mail, "\r\n ä");
	g_autoptr(mime) m = kit_open(mail->str, mail->len);
	const mime_bounce *b = mime_get_bounce(m);
	g_assert_cmpstr(b->status, ==, "5.1.1");
	g_assert_true(g_str_has_prefix(b->text, "[2Jx ä ä"));
	g_assert_cmpuint(strlen(b->text), <=, 500);
	g_assert_true(g_utf8_validate(b->text, -1, NULL));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mime_bounce/exim", test_exim);
	g_test_add_func("/mime_bounce/postfix", test_postfix);
	g_test_add_func("/mime_bounce/the_headers_of_the_mail_are_enough", test_headers_only);
	g_test_add_func("/mime_bounce/a_delay_is_not_permanent", test_delayed);
	g_test_add_func("/mime_bounce/the_worst_of_several_counts", test_worst);
	g_test_add_func("/mime_bounce/success_is_no_bounce", test_success);
	g_test_add_func("/mime_bounce/exchange", test_exchange);
	g_test_add_func("/mime_bounce/gmail", test_gmail);
	g_test_add_func("/mime_bounce/exim_before_reports", test_old_exim);
	g_test_add_func("/mime_bounce/a_delay_before_reports", test_old_exim_delay);
	g_test_add_func("/mime_bounce/qmail", test_qmail);
	g_test_add_func("/mime_bounce/a_bounce_may_not_say_of_what", test_no_id);
	g_test_add_func("/mime_bounce/other_mails_are_none", test_others);
	g_test_add_func("/mime_bounce/what_it_says_is_one_bounded_line", test_bounded);
	return g_test_run();
}
