#include "cli/mail_guess.h"

#include "base/fail.h"

static void
guesses(const char *address, const char *receive, const char *send)
{
	g_autofree char *in = mail_guess_server(address, FALSE);
	g_autofree char *out = mail_guess_server(address, TRUE);

	g_assert_cmpstr(in, ==, receive);
	g_assert_cmpstr(out, ==, send);
}

static void
servers_are_proposed_from_the_address(void)
{
	guesses("anna@example.com", "imaps://imap.example.com:993",
		"smtp+starttls://smtp.example.com:587");
	guesses("Anna.B@EXAMPLE.Com", "imaps://imap.example.com:993",
		"smtp+starttls://smtp.example.com:587");
}

static void
some_providers_are_known(void)
{
	guesses("anna@gmx.de", "imaps://imap.gmx.net:993", "smtp+starttls://mail.gmx.net:587");
	guesses("anna@t-online.de", "imaps://secureimap.t-online.de:993",
		"smtps://securesmtp.t-online.de:465");
}

static void
without_an_address_nothing_is_proposed(void)
{
	guesses(NULL, NULL, NULL);
	guesses("anna", NULL, NULL);
	guesses("anna@", NULL, NULL);
}

static void
means(const char *text, gboolean sending, const char *url)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *got = mail_guess_url(text, sending, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, url);
}

static void
a_bare_host_is_completed(void)
{
	means("mail.example.com", FALSE, "imaps://mail.example.com:993");
	means("mail.example.com", TRUE, "smtp+starttls://mail.example.com:587");
	means("[::1]", FALSE, "imaps://[::1]:993");
	means("localhost/handsel", FALSE, "imaps://localhost:993/handsel");
}

static void
the_port_tells_what_is_spoken(void)
{
	means("h.example:143", FALSE, "imap+starttls://h.example:143");
	means("h.example:995", FALSE, "pop3s://h.example:995");
	means("h.example:110", FALSE, "pop3+starttls://h.example:110");
	means("h.example:9930", FALSE, "imaps://h.example:9930");
	means("[::1]:143", FALSE, "imap+starttls://[::1]:143");
	means("h.example:143/handsel", FALSE, "imap+starttls://h.example:143/handsel");
	means("h.example:465", TRUE, "smtps://h.example:465");
	means("h.example:25", TRUE, "smtp+starttls://h.example:25");
}

static void
a_url_is_kept(void)
{
	means("imap+starttls://a@h.example/box", FALSE, "imap+starttls://a@h.example/box");
	means("smtps://h.example:4650", TRUE, "smtps://h.example:4650");
}

static void
refuses(const char *text, gboolean sending, const char *why)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(mail_guess_url(text, sending, &error));
	g_assert_true(fail_is(error, FAIL_USAGE));
	g_assert_nonnull(strstr(error->message, why));
}

static void
what_is_no_server_is_refused(void)
{
	refuses("", FALSE, "host");
	refuses("a b", FALSE, "no mail server");
	refuses("h.example:0", FALSE, "port");
	refuses("http://h.example", FALSE, "begins with");
	refuses("imap://h.example", FALSE, "TLS");
}

static void
the_wrong_direction_is_refused(void)
{
	refuses("smtps://h.example", FALSE, "received by imap");
	refuses("imaps://h.example", TRUE, "sent by smtp");
}

static void
a_password_in_it_is_refused_and_not_shown(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(mail_guess_url("imaps://anna:sesame@h.example", FALSE, &error));
	g_assert_null(strstr(error->message, "sesame"));
}

static void
has_login(const char *url, const char *login, const char *with_it)
{
	g_autofree char *got = mail_guess_with_login(url, login);
	g_autofree char *back = mail_guess_login(got);

	g_assert_cmpstr(got, ==, with_it);
	g_assert_cmpstr(back, ==, login);
}

static void
a_login_goes_in_and_comes_out(void)
{
	has_login("imaps://h.example:993/box", "anna", "imaps://anna@h.example:993/box");
	has_login("imaps://bert@h.example", "anna@example.com",
		  "imaps://anna@example.com@h.example");
	has_login("smtps://bert@h.example", NULL, "smtps://h.example");
	has_login("imaps://h.example/a@b", "anna", "imaps://anna@h.example/a@b");
	has_login("smtps://h.example", "DOM\\anna:1/é %",
		  "smtps://DOM%5Canna%3A1%2F%C3%A9%20%25@h.example");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define T(f) g_test_add_func("/mail_guess/" #f, f)
	T(servers_are_proposed_from_the_address);
	T(some_providers_are_known);
	T(without_an_address_nothing_is_proposed);
	T(a_bare_host_is_completed);
	T(the_port_tells_what_is_spoken);
	T(a_url_is_kept);
	T(what_is_no_server_is_refused);
	T(the_wrong_direction_is_refused);
	T(a_password_in_it_is_refused_and_not_shown);
	T(a_login_goes_in_and_comes_out);
	return g_test_run();
}
