#include "base/mail_url.h"

#include <string.h>

#include "base/fail.h"

static void
a_url_is_read(void)
{
	static const struct {
		const char *text;
		mail_protocol protocol;
		mail_tls tls;
		const char *login, *host;
		guint port;
		const char *folder;
	} rows[] = {
		{"imaps://mail.example.com", MAIL_IMAP, MAIL_TLS, NULL, "mail.example.com", 993,
		 "INBOX"},
		{"IMAPS://erika@Mail.Example.com:1993/in/handsel", MAIL_IMAP, MAIL_TLS, "erika",
		 "mail.example.com", 1993, "in/handsel"},
		{"imap+starttls://erika@example.com@mail.example.com/", MAIL_IMAP, MAIL_STARTTLS,
		 "erika@example.com", "mail.example.com", 143, "INBOX"},
		{"imaps://a%3Ab%2f@h/Gel%C3%B6scht%20x", MAIL_IMAP, MAIL_TLS, "a:b/", "h", 993,
		 "Gelöscht x"},
		{"pop3s://e@h", MAIL_POP3, MAIL_TLS, "e", "h", 995, NULL},
		{"pop3+starttls://e@h/", MAIL_POP3, MAIL_STARTTLS, "e", "h", 110, NULL},
		{"smtps://e@[2001:DB8::1]:4650", MAIL_SMTP, MAIL_TLS, "e", "2001:db8::1", 4650,
		 NULL},
		{"smtp+starttls://h", MAIL_SMTP, MAIL_STARTTLS, NULL, "h", 587, NULL},
		{"smtp://localhost", MAIL_SMTP, MAIL_PLAIN, NULL, "localhost", 25, NULL},
		{"imap://e@127.0.0.1:1143", MAIL_IMAP, MAIL_PLAIN, "e", "127.0.0.1", 1143, "INBOX"},
		{"imap://[::1]", MAIL_IMAP, MAIL_PLAIN, NULL, "::1", 143, "INBOX"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) why = NULL;
		g_autoptr(mail_url) u = mail_url_parse(rows[i].text, &why);

		g_assert_no_error(why);
		g_assert_cmpint(u->protocol, ==, rows[i].protocol);
		g_assert_cmpint(u->tls, ==, rows[i].tls);
		g_assert_cmpstr(u->login, ==, rows[i].login);
		g_assert_cmpstr(u->host, ==, rows[i].host);
		g_assert_cmpuint(u->port, ==, rows[i].port);
		g_assert_cmpstr(u->folder, ==, rows[i].folder);
		g_assert_true(mail_url_sends(rows[i].text) == (u->protocol == MAIL_SMTP));
		g_assert_true(mail_url_receives(rows[i].text) == (u->protocol != MAIL_SMTP));
	}
}

static void
another_text_is_refused(void)
{
	g_autofree char *long_one = g_strnfill(1001, 'a');
	const char *const texts[] = {
		"",
		"mail.example.com",
		"http://h",
		"imaps:h",
		"imaps://",
		"imaps://e@",
		"imaps://@h",
		"imaps://e:secret@h",
		"imaps://h:0",
		"imaps://h:65536",
		"imaps://h:x",
		"imaps://h_x",
		"imaps://-h",
		"imaps://[::1",
		"imaps://[::1]x",
		"imaps://h/a%00b",
		"imaps://h/a%0Db",
		"imaps://h/%FF",
		"imaps://a%0Ab@h",
		"imaps://h /x",
		"imaps://h\r\n",
		"imap://mail.example.com",
		"smtp://192.0.2.1",
		"smtps://h/folder",
		"pop3s://h/folder",
		long_one,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) why = NULL;

		g_assert_null(mail_url_parse(texts[i], &why));
		g_assert_true(fail_is(why, FAIL_USAGE));
		g_assert_false(mail_url_sends(texts[i]) || mail_url_receives(texts[i]));
	}
}

static void
no_error_shows_a_password(void)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"imaps://erika:hunter@2@h/in", "imaps://...@h/in"},
		{"imaps://erika:hun/ter2@h/in", "imaps://...@h/in"},
		{"imaps://erika@h:hun/ter2@h", "imaps://...@h"},
		{"erika:hunter2@h", "...@h"},
		{"imaps://h/a@b", "imaps://...@b"},
		{"imaps://h:993/in", "imaps://h:993/in"},
		{"erika@h", "erika@h"},
	};
	g_autoptr(GError) why = NULL;

	g_assert_null(mail_url_parse("imaps://erika:hunter2@h", &why));
	g_assert_null(strstr(why->message, "hunter2"));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *shown = mail_url_shown(rows[i].text);

		g_assert_cmpstr(shown, ==, rows[i].shown);
	}
}

static void
an_address_is_local_at_domain(void)
{
	static const char *const good[] = {"a@b", "erika.m+x@example.com", "a/b=c@x-y.example.com"};
	static const char *const bad[] = {"",        "a",      "@b",   "a@",   "a b@c",  "a@b c",
					  "\"a\"@b", "<a@b>",  ".a@b", "a.@b", "a..b@c", "a@b@c",
					  "a@[::1]", "a@\r\n", "ä@b",  "a,b@c"};
	g_autofree char *local = g_strnfill(65, 'a');
	g_autofree char *long_one = g_strconcat(local, "@b", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(mail_address_valid(good[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(mail_address_valid(bad[i]));
	g_assert_false(mail_address_valid(long_one));
	g_assert_true(mail_addresses_valid("a@b  c@d"));
	g_assert_false(mail_addresses_valid(" "));
	g_assert_false(mail_addresses_valid("a@b, c@d"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail_url/a_url_is_read", a_url_is_read);
	g_test_add_func("/mail_url/another_text_is_refused", another_text_is_refused);
	g_test_add_func("/mail_url/no_error_shows_a_password", no_error_shows_a_password);
	g_test_add_func("/mail_url/an_address_is_local_at_domain", an_address_is_local_at_domain);
	return g_test_run();
}
