#include "smtp_kit.h"

#include "base/clock.h"

static guint
count(const char *text, const char *part)
{
	guint ret = 0;

	for (const char *p = text; (p = strstr(p, part)) != NULL; p++)
		ret++;
	return ret;
}

/* ---- what is sent ---- */

static void
two_mails(smtp *s, gconstpointer unused)
{
	guint64 size = 1;
	g_autoptr(GError) why = NULL;

	(void)unused;
	g_assert_true(smtp_hello(s, &size, &why));
	g_assert_no_error(why);
	g_assert_cmpuint(size, ==, 1000);
	for (int i = 0; i < 2; i++) {
		g_assert_true(send_mail(s, MAIL, &why));
		g_assert_no_error(why);
	}
	g_assert_true(smtp_hello(s, &size, &why));
	g_assert_cmpuint(size, ==, 1000);
}

static void
one_connection_serves_all_mails(void)
{
	static const fake_step steps[] = {{NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 SIZE 1000"},
					  NOOP,
					  {" SIZE=34", "250 ok"},
					  {"RCPT TO:<bert@example.com>", "250 ok"},
					  DATA,
					  TAKEN,
					  {" SIZE=34", "250 ok"},
					  {"RCPT TO:<bert@example.com>", "250 ok"},
					  DATA,
					  TAKEN,
					  NOOP,
					  {"QUIT", "221 bye"},
					  END};
	g_autofree char *said = play(steps, NULL, NULL, two_mails, NULL);

	g_assert_cmpuint(strlen(MAIL), ==, 34);
	/* Bytes pass as they are, but for the dots that a line begins with. */
	g_assert_cmpuint(count(said, "\r\nSubject: x\r\n\r\n..a dot\r\n...two\r\nend\r\n.\r\n"), ==,
			 2);
}

static void
one_odd_mail(smtp *s, gconstpointer bytes)
{
	g_autoptr(GError) why = NULL;

	g_assert_true(send_mail(s, bytes, &why));
	g_assert_no_error(why);
}

static void
odd_mails_arrive_whole(void)
{
	static const fake_step steps[] = {HELLO, TO, DATA, TAKEN, END};
	static const struct {
		const char *bytes, *sent;
	} rows[] = {
		{".\r\n", "DATA\r\n..\r\n.\r\n"},
		{"a\r\n.\r\nb\r\n", "DATA\r\na\r\n..\r\nb\r\n.\r\n"},
		{"no end", "DATA\r\nno end\r\n.\r\n"},
	};
	g_autofree char *large = g_strnfill(300000, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *said = play(steps, NULL, NULL, one_odd_mail, rows[i].bytes);

		g_assert_nonnull(strstr(said, rows[i].sent));
	}
	for (gsize i = 0; i + 3 < 300000; i += 7)
		memcpy(large + i, "\r\n.", 3);
	g_autofree char *said = play(steps, NULL, NULL, one_odd_mail, large);
	g_auto(GStrv) parts = g_strsplit(large, "\r\n.", -1);
	g_autofree char *stuffed = g_strjoinv("\r\n..", parts);
	g_assert_nonnull(strstr(said, stuffed));
}

static void
a_shrunken_mail(smtp *s, gconstpointer unused)
{
	const char *const to[] = {"bert@example.com", NULL};
	g_autoptr(GError) why = NULL;

	(void)unused;
	g_assert_false(smtp_send(s, "anna@example.com", to, -1, &why));
	g_assert_true(fail_is(why, FAIL_RETRY));
}

static void
a_file_that_can_not_be_read_sends_nothing(void)
{
	static const fake_step steps[] = {HELLO, NOOP, END};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp");
	const net_account account = {.url = url, .secret.command = "echo x", .timeout = 5};
	smtp *s = smtp_new(&account, NULL);
	guint64 size;

	a_shrunken_mail(s, NULL);
	g_assert_true(smtp_hello(s, &size, NULL));
	smtp_free(s);
	g_autofree char *said = fake_end(f);
	g_assert_null(strstr(said, "MAIL"));
}

/* ---- what is refused ---- */

static void
a_refused_mail(smtp *s, gconstpointer data)
{
	const refused_row *row = data;
	g_autoptr(GError) why = NULL;

	g_assert_false(send_mail(s, MAIL, &why));
	check_refused(row, why);
	g_assert_true(g_str_has_prefix(why->message, "127.0.0.1:"));
}

static void
each_refusal_has_its_reason(void)
{
	static const fake_step good[] = {HELLO, TO, DATA, {FAKE_MAIL, NULL}};
	static const struct {
		gsize step; /* of those; 2 is MAIL */
		refused_row row;
	} rows[] = {
		{2, {"530 5.7.0 first log in", REASON_MAIL_LOGIN, "log in"}},
		{2, {"552 5.3.4 large", REASON_MAIL_TOO_LARGE, "too large"}},
		{2, {"452 4.3.1 no disk", REASON_MAIL_LATER, "later"}},
		{2, {"550 5.7.1 no", REASON_MAIL_REFUSED, "550 5.7.1 no"}},
		{2, {"421 leave me", REASON_MAIL_LATER, "leave me"}},
		{3, {"550 5.1.1 who?", REASON_MAIL_REFUSED, "5.1.1 who?"}},
		{3, {"450 4.2.0 greylisted", REASON_MAIL_LATER, "grey"}},
		{3, {"452 4.2.2 full", REASON_MAIL_FULL, "mailbox is full"}},
		{3, {"552 full", REASON_MAIL_FULL, "mailbox is full"}},
		{3, {"550-not\r\n550 him", REASON_MAIL_REFUSED, "not him"}},
		{4, {"451 later", REASON_MAIL_LATER, "451 later"}},
		{4, {"554 5.5.0 no", REASON_MAIL_REFUSED, "5.5.0"}},
		{5, {"552 too big", REASON_MAIL_TOO_LARGE, "552 too big"}},
		{5, {"451 4.3.0 later", REASON_MAIL_LATER, "4.3.0 later"}},
		{5, {"554 5.6.0 spam", REASON_MAIL_REFUSED, "spam"}},
		{5, {"552 5.2.2 full", REASON_MAIL_FULL, "5.2.2 full"}},
		{5, {FAKE_HANG_UP, REASON_MAIL_AWAY, "broke"}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		fake_step steps[G_N_ELEMENTS(good) + 1] = {END};

		memcpy(steps, good, (rows[i].step + 1) * sizeof *good);
		steps[rows[i].step].say = rows[i].row.said;
		g_free(play(steps, NULL, NULL, a_refused_mail, &rows[i].row));
	}
}

static void
one_refused_recipient_is_enough(void)
{
	static const fake_step steps[] = {HELLO, TO, {"RCPT TO:<carl@example.com>", "550 no"}, END};
	const char *const to[] = {"bert@example.com", "carl@example.com", NULL};
	const refused_row row = {.reason = REASON_MAIL_REFUSED, .part = "550 no"};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp");
	const net_account account = {.url = url, .secret.command = "echo x", .timeout = 5};
	smtp *s = smtp_new(&account, NULL);
	int fd = file_of(MAIL, strlen(MAIL));
	g_autoptr(GError) why = NULL;

	g_assert_false(smtp_send(s, "anna@example.com", to, fd, &why));
	check_refused(&row, why);
	close(fd);
	smtp_free(s);
	g_autofree char *said = fake_end(f);
	g_assert_null(strstr(said, "DATA"));
}

/* ---- connections that end ---- */

static void
mails_around_an_end(smtp *s, gconstpointer pause)
{
	g_autoptr(GError) why = NULL;

	g_assert_true(send_mail(s, MAIL, &why));
	g_assert_no_error(why);
	if (pause != NULL)
		g_usleep(200000);
	g_assert_true(send_mail(s, MAIL, &why));
	g_assert_no_error(why);
}

static void
an_idle_connection_that_has_ended_is_made_anew(void)
{
	static const fake_step gone[] = {HELLO,       TO,    DATA, TAKEN, {NULL, FAKE_HANG_UP},
					 COMES_AGAIN, HELLO, TO,   DATA,  TAKEN,
					 END};
	static const fake_step bye[] = {HELLO,
					TO,
					DATA,
					TAKEN,
					{NULL, "421 idle"},
					{NULL, FAKE_HANG_UP},
					COMES_AGAIN,
					HELLO,
					TO,
					DATA,
					TAKEN,
					END};
	/* The same while the next mail is on its way already. */
	static const fake_step late[] = {HELLO,       TO,    DATA, TAKEN, {"MAIL", FAKE_HANG_UP},
					 COMES_AGAIN, HELLO, TO,   DATA,  TAKEN,
					 END};
	static const fake_step late_bye[] = {HELLO,
					     TO,
					     DATA,
					     TAKEN,
					     {"MAIL", "421 idle"},
					     {NULL, FAKE_HANG_UP},
					     COMES_AGAIN,
					     HELLO,
					     TO,
					     DATA,
					     TAKEN,
					     END};

	g_free(play(gone, NULL, NULL, mails_around_an_end, "pause"));
	g_free(play(bye, NULL, NULL, mails_around_an_end, "pause"));
	g_free(play(late, NULL, NULL, mails_around_an_end, NULL));
	g_free(play(late_bye, NULL, NULL, mails_around_an_end, NULL));
}

static void
a_mail_that_breaks(smtp *s, gconstpointer unused)
{
	g_autoptr(GError) why = NULL;

	(void)unused;
	g_assert_true(send_mail(s, MAIL, &why));
	g_assert_no_error(why);
	g_assert_false(send_mail(s, MAIL, &why));
	g_assert_true(fail_is(why, REASON_MAIL_AWAY));
}

static void
what_was_answered_is_not_sent_again_by_itself(void)
{
	static const fake_step steps[] = {
		HELLO, TO, DATA, TAKEN, TO, DATA, {FAKE_MAIL, FAKE_HANG_UP}, END};
	static const fake_step fresh[] = {
		HELLO,       TO,    DATA, TAKEN, {"MAIL", FAKE_HANG_UP},
		COMES_AGAIN, HELLO, TO,   DATA,  {FAKE_MAIL, FAKE_HANG_UP},
		END};

	g_free(play(steps, NULL, NULL, a_mail_that_breaks, NULL));
	g_free(play(fresh, NULL, NULL, a_mail_that_breaks, NULL));
}

static void
nobody_waits_for_a_goodbye(void)
{
	static const fake_step steps[] = {HELLO, NOOP, {"QUIT", NULL}, END};
	gint64 start = clock_mono_us();

	g_free(play(steps, NULL, NULL, hello, NULL));
	g_assert_cmpint(clock_mono_us() - start, <, 4 * G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/smtp/one_connection_serves_all_mails", one_connection_serves_all_mails);
	g_test_add_func("/smtp/odd_mails_arrive_whole", odd_mails_arrive_whole);
	g_test_add_func("/smtp/a_file_that_can_not_be_read_sends_nothing",
			a_file_that_can_not_be_read_sends_nothing);
	g_test_add_func("/smtp/each_refusal_has_its_reason", each_refusal_has_its_reason);
	g_test_add_func("/smtp/one_refused_recipient_is_enough", one_refused_recipient_is_enough);
	g_test_add_func("/smtp/an_idle_connection_that_has_ended_is_made_anew",
			an_idle_connection_that_has_ended_is_made_anew);
	g_test_add_func("/smtp/what_was_answered_is_not_sent_again_by_itself",
			what_was_answered_is_not_sent_again_by_itself);
	g_test_add_func("/smtp/nobody_waits_for_a_goodbye", nobody_waits_for_a_goodbye);
	return g_test_run();
}
