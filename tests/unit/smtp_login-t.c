#include "smtp_kit.h"

static void
a_greeting_may_refuse(void)
{
	static const refused_row rows[] = {
		{.said = "421 4.3.2 busy", .reason = REASON_MAIL_LATER, .part = "busy"},
		{.said = "554 go away", .reason = REASON_MAIL_REFUSED, .part = "go away"},
		{.said = "* OK this is IMAP", .reason = REASON_MAIL_AWAY, .part = "no answer"},
		{.said = FAKE_HANG_UP, .reason = REASON_MAIL_AWAY, .part = "broke"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {{NULL, rows[i].said}, END};
		g_autofree char *said = play(steps, NULL, NULL, no_hello, &rows[i]);
	}
}

static void
without_starttls_nothing_is_said(void)
{
	static const fake_step steps[] = {HELLO, END};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp+starttls");
	const net_account account = {.url = url, .secret.command = "echo hunter2", .timeout = 5};
	const refused_row row = {.reason = REASON_MAIL_ANSWER, .part = "no STARTTLS"};
	smtp *s = smtp_new(&account, NULL);

	no_hello(s, &row);
	smtp_free(s);
	g_autofree char *said = fake_end(f);
	g_assert_null(strstr(said, "AUTH"));
}

static void
a_server_that_is_not_there_is_away(void)
{
	static const char *const urls[] = {"smtp://127.0.0.1:1", "smtp://[::1]:1",
					   "smtps://nobody.invalid"};
	static const char *const parts[] = {"127.0.0.1:1: connection refused", "[::1]:1: ",
					    "the name nobody.invalid can't be resolved"};

	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autoptr(mail_url) url = mail_url_parse(urls[i], NULL);
		const net_account account = {.url = url, .timeout = 5};
		const refused_row row = {.reason = REASON_MAIL_AWAY, .part = parts[i]};
		g_autoptr(smtp) s = smtp_new(&account, NULL);

		no_hello(s, &row);
	}
}

static void
a_silent_server_is_away(void)
{
	static const fake_step steps[] = {END};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp");
	const net_account account = {.url = url, .secret.command = "echo x", .timeout = 1};
	const refused_row row = {.reason = REASON_MAIL_AWAY, .part = "no answer within 1 s"};
	smtp *s = smtp_new(&account, NULL);

	no_hello(s, &row);
	smtp_free(s);
	g_free(fake_end(f));
}

/* ---- login ---- */

static void
the_login_is_as_set(void)
{
	static const fake_step plain[] = {AUTH_HELLO,
					  {"AUTH PLAIN", "334 "},
					  /* NUL anna NUL hunter2 */
					  {"AGFubmEAaHVudGVyMg==", "235 welcome"},
					  NOOP,
					  END};
	static const fake_step login[] = {AUTH_HELLO,
					  {"AUTH LOGIN", "334 VXNlcm5hbWU6"},
					  {"YW5uYQ==", "334 UGFzc3dvcmQ6"},
					  {"aHVudGVyMg==", "235 welcome"},
					  NOOP,
					  END};
	static const fake_step token[] = {
		{NULL, "220 fake"},
		{"EHLO ", "250-fake\r\n250 AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER"},
		{"AUTH XOAUTH2", "334 "},
		/* user=anna ^A auth=Bearer hunter2 ^A ^A */
		{"dXNlcj1hbm5hAWF1dGg9QmVhcmVyIGh1bnRlcjIBAQ==", "235 welcome"},
		NOOP,
		END};
	static const fake_step chosen[] = {
		{NULL, "220 fake"},
		{"EHLO ", "250-fake\r\n250 AUTH XOAUTH2 OAUTHBEARER LOGIN"},
		{"AUTH LOGIN", "334 "},
		{"YW5uYQ==", "334 "},
		{"aHVudGVyMg==", "235 welcome"},
		NOOP,
		END};

	g_free(play(plain, "plain", "echo hunter2", hello, NULL));
	g_free(play(login, "login", "echo hunter2", hello, NULL));
	g_free(play(token, "xoauth2", "echo hunter2", hello, NULL));
	g_free(play(chosen, "auto", "echo hunter2", hello, NULL));
}

static void
kerberos_is_not_insisted_on(void)
{
	static const fake_step steps[] = {{NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 AUTH GSSAPI PLAIN"},
					  {"AUTH GSSAPI", "334 "},
					  COMES_AGAIN,
					  {NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 AUTH GSSAPI PLAIN"},
					  {"AUTH PLAIN", "334 "},
					  {"AGFubmFAZXhhbXBsZS5jb20AaHVudGVyMg==", "235 welcome"},
					  NOOP,
					  END};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp");
	const net_account account = {.url = url,
				     .auth = "auto",
				     .login = "anna@example.com",
				     .secret.command = "echo hunter2",
				     .timeout = 5};
	smtp *s = smtp_new(&account, NULL);

	hello(s, NULL);
	smtp_free(s);
	g_free(fake_end(f));
}

static void
a_refused_login_is_told_without_the_password(void)
{
	static const refused_row rows[] = {
		{.said = "535 5.7.8 no", .reason = REASON_MAIL_LOGIN, .part = "535 5.7.8 no; see"},
		{.said = "454 4.7.0 down", .reason = REASON_MAIL_LATER, .part = "454 4.7.0 down"},
		{.said = "535 no hunter2 here", .reason = REASON_MAIL_LOGIN, .part = "refused;"},
		{.said = "501 what is AGFubmEAaHVudGVyMg==?",
		 .reason = REASON_MAIL_LOGIN,
		 .part = "refused;"},
		{.said = "501 \"AGFubmEAaHVudGVyMg\"",
		 .reason = REASON_MAIL_LOGIN,
		 .part = "refused;"},
	};
	static const fake_step none[] = {
		{NULL, "220 fake"}, {"EHLO ", "250-fake\r\n250 AUTH LOGIN"}, END};
	const refused_row no_way = {.reason = REASON_MAIL_LOGIN, .part = "no way to log in"};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {AUTH_HELLO,
					   {"AUTH PLAIN", "334 "},
					   {"AGFubmEAaHVudGVyMg==", rows[i].said},
					   END};
		g_free(play(steps, "plain", "echo hunter2", no_hello, &rows[i]));
	}
	g_free(play(none, "plain", "echo hunter2", no_hello, &no_way));
}

static void
without_a_password_nobody_is_asked(void)
{
	g_autoptr(mail_url) url = mail_url_parse("smtps://anna@mail.example.com", NULL);
	const net_account account = {.url = url, .timeout = 5};
	g_autoptr(GError) why = NULL;

	g_assert_null(smtp_new(&account, &why));
	g_assert_true(fail_is(why, FAIL_CONFIG));
}

static void
a_missing_ca_file_is_named(void)
{
	static const fake_step steps[] = {END};
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtps");
	const net_account account = {.url = url,
				     .secret.command = "echo x",
				     .ca_file = "/nonexistent/ca.pem",
				     .timeout = 5};
	const refused_row row = {.reason = FAIL_CONFIG, .part = "/nonexistent/ca.pem"};
	smtp *s = smtp_new(&account, NULL);

	no_hello(s, &row);
	smtp_free(s);
	g_free(fake_end(f));
}

static void
two_hellos(smtp *s, gconstpointer unused)
{
	hello(s, unused);
	g_usleep(200000);
	hello(s, unused);
}

static void
a_token_that_has_run_out_is_asked_for_again(void)
{
	static const fake_step steps[] = {{NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 AUTH PLAIN"},
					  {"AUTH PLAIN", "334 "},
					  {"AGFubmEAMQ==", "235 welcome"}, /* NUL anna NUL 1 */
					  NOOP,
					  {NULL, FAKE_HANG_UP},
					  COMES_AGAIN,
					  {NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 AUTH PLAIN"},
					  {"AUTH PLAIN", "334 "},
					  {"AGFubmEAMQ==", "535 run out"},
					  COMES_AGAIN,
					  {NULL, "220 fake"},
					  {"EHLO ", "250-fake\r\n250 AUTH PLAIN"},
					  {"AUTH PLAIN", "334 "},
					  {"AGFubmEAMTE=", "235 welcome"}, /* NUL anna NUL 11 */
					  NOOP,
					  END};
	g_autofree char *dir = g_dir_make_tmp("smtp-t-XXXXXX", NULL);
	g_autofree char *command = g_strdup_printf("printf 1 >> %s/n; cat %s/n", dir, dir);

	g_free(play(steps, "plain", command, two_hellos, NULL));
	fsio_remove_tree(dir, NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/smtp_login/a_greeting_may_refuse", a_greeting_may_refuse);
	g_test_add_func("/smtp_login/without_starttls_nothing_is_said",
			without_starttls_nothing_is_said);
	g_test_add_func("/smtp_login/a_server_that_is_not_there_is_away",
			a_server_that_is_not_there_is_away);
	g_test_add_func("/smtp_login/a_silent_server_is_away", a_silent_server_is_away);
	g_test_add_func("/smtp_login/the_login_is_as_set", the_login_is_as_set);
	g_test_add_func("/smtp_login/kerberos_is_not_insisted_on", kerberos_is_not_insisted_on);
	g_test_add_func("/smtp_login/a_refused_login_is_told_without_the_password",
			a_refused_login_is_told_without_the_password);
	g_test_add_func("/smtp_login/without_a_password_nobody_is_asked",
			without_a_password_nobody_is_asked);
	g_test_add_func("/smtp_login/a_missing_ca_file_is_named", a_missing_ca_file_is_named);
	g_test_add_func("/smtp_login/a_token_that_has_run_out_is_asked_for_again",
			a_token_that_has_run_out_is_asked_for_again);
	return g_test_run();
}
