/*
 * imap_kit - a session with an IMAP server that says what a test wants
 */
#pragma once
#include <string.h>

#include "base/fail.h"
#include "fake_server.h"
#include "spool/imap.h"

/* Rows of a script: login, with what the server can; folder "in", to look or to write. */
#define HELLO(can)                                                                                 \
	{NULL, "* OK fake"}, {"CAPABILITY", "* CAPABILITY IMAP4rev1\r\n%T OK done"},               \
		{"LOGIN anna hunter2", "%T OK welcome"},                                           \
	{                                                                                          \
		"CAPABILITY", "* CAPABILITY IMAP4rev1" can "\r\n%T OK done"                        \
	}
#define STATE                                                                                      \
	"* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n"                               \
	"* OK [UIDVALIDITY 77] valid\r\n* OK [UIDNEXT 9] next\r\n"
#define LOOK                                                                                       \
	{                                                                                          \
		"EXAMINE \"in\"", STATE "%T OK [READ-ONLY] done"                                   \
	}
#define WRITE                                                                                      \
	{                                                                                          \
		"SELECT \"in\"", STATE "%T OK [READ-WRITE] done"                                   \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, NULL                                                                         \
	}

/* A session with F; the folder "in" is open, unless MODE is 0: 'r' to look, 'w' to write. */
static inline imap *
kit_open(fake *f, char mode)
{
	g_autoptr(mail_url) url = fake_url(f, "imap");
	g_autoptr(GError) why = NULL;
	imap_folder folder;
	net_account account = {
		.url = url, .auth = "auto", .secret.command = "echo hunter2", .timeout = 2};
	imap *m = imap_open(&account, &why);

	g_assert_no_error(why);
	g_assert_nonnull(m);
	if (mode != 0) {
		g_assert_true(imap_select(m, "in", mode == 'w', &folder, &why));
		g_assert_no_error(why);
	}
	return m;
}

/* WHY is REASON, names the server, has PART in it, and is one line. */
static inline void
kit_failed(const GError *why, int reason, const char *part)
{
	g_assert_nonnull(why);
	g_test_message("%s", why->message);
	g_assert_cmpint(why->code, ==, reason);
	g_assert_true(g_str_has_prefix(why->message, "127.0.0.1:"));
	g_assert_nonnull(strstr(why->message, part));
	g_assert_null(strchr(why->message, '\n'));
	g_assert_null(strstr(why->message, "hunter2"));
}

/* What the client said; it never says what would remove mails of others, or mark them as read. */
static inline char *
kit_end(imap *m, fake *f)
{
	imap_close(m);
	char *said = fake_end(f);

	g_assert_null(strstr(said, " CLOSE"));
	g_assert_null(strstr(said, "EXPUNGE\r"));
	g_assert_null(strstr(said, " BODY["));
	g_assert_null(strstr(said, "(BODY["));
	g_assert_null(strstr(said, "RFC822 "));
	g_assert_null(strstr(said, "RFC822]"));
	return said;
}
