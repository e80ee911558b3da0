/* smtp_kit - what the tests of smtp share */
#pragma once
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "fake_server.h"
#include "net/smtp.h"

#define MAIL "Subject: x\r\n\r\n.a dot\r\n..two\r\nend\r\n"

#define HELLO                                                                                      \
	{NULL, "220 fake"},                                                                        \
	{                                                                                          \
		"EHLO ", "250 fake"                                                                \
	}
#define NOOP                                                                                       \
	{                                                                                          \
		"NOOP", "250 ok"                                                                   \
	}
#define TO                                                                                         \
	{"MAIL FROM:<anna@example.com>", "250 ok"},                                                \
	{                                                                                          \
		"RCPT TO:<bert@example.com>", "250 ok"                                             \
	}
#define DATA                                                                                       \
	{                                                                                          \
		"DATA", "354 go on"                                                                \
	}
#define TAKEN                                                                                      \
	{                                                                                          \
		FAKE_MAIL, "250 taken"                                                             \
	}
#define AUTH_HELLO                                                                                 \
	{NULL, "220 fake"},                                                                        \
	{                                                                                          \
		"EHLO ", "250-fake\r\n250 AUTH PLAIN LOGIN"                                        \
	}
#define COMES_AGAIN                                                                                \
	{                                                                                          \
		FAKE_CONNECT, NULL                                                                 \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

static inline int
file_of(const char *bytes, gsize len)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("smtp-t-XXXXXX", &name, NULL);

	g_assert_cmpint(fd, >=, 0);
	unlink(name);
	g_assert_true(fsio_write_all(fd, bytes, len, NULL));
	return fd;
}

static inline gboolean
send_mail(smtp *s, const char *bytes, GError **error)
{
	const char *const to[] = {"bert@example.com", NULL};
	int fd = file_of(bytes, strlen(bytes));
	gboolean ok = smtp_send(s, "anna@example.com", to, fd, error);

	close(fd);
	return ok;
}

/* Runs BODY with a client of the server that plays STEPS; what the client said, caller frees. */
static inline char *
play(const fake_step *steps, const char *auth, const char *command,
     void (*body)(smtp *, gconstpointer), gconstpointer data)
{
	fake *f = fake_start(steps);
	g_autoptr(mail_url) url = fake_url(f, "smtp");
	g_autoptr(GError) why = NULL;
	const net_account account = {
		.url = url, .auth = auth, .secret.command = command, .timeout = 5};

	if (auth == NULL)
		g_clear_pointer(&url->login, g_free);
	smtp *s = smtp_new(&account, &why);
	g_assert_no_error(why);
	body(s, data);
	smtp_free(s);
	return fake_end(f);
}

typedef struct {
	const char *said;
	int reason;
	const char *part; /* of what we say about it */
} refused_row;

static inline void
check_refused(const refused_row *row, const GError *why)
{
	g_test_message("%s", why->message);
	g_assert_cmpint(why->code, ==, row->reason);
	g_assert_nonnull(strstr(why->message, row->part));
	g_assert_null(strchr(why->message, '\n'));
	g_assert_null(strstr(why->message, "hunter2"));
}

static inline void
no_hello(smtp *s, gconstpointer data)
{
	const refused_row *row = data;
	g_autoptr(GError) why = NULL;
	guint64 size;

	g_assert_false(smtp_hello(s, &size, &why));
	check_refused(row, why);
}

static inline void
hello(smtp *s, gconstpointer unused)
{
	g_autoptr(GError) why = NULL;
	guint64 size = 1;

	(void)unused;
	smtp_hello(s, &size, &why);
	g_assert_no_error(why);
	g_assert_cmpuint(size, ==, 0);
}
