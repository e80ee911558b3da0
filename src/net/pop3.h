/*
 * pop3 - takes mails from a mailbox by POP3 (RFC 1939)
 *
 * Errors as in smtp.h.  A server without UIDL can't be used: class CONFIG.
 */
#pragma once
#include "net/account.h"

typedef struct {
	guint number; /* in this session */
	char *uid;    /* printable ASCII, 70 bytes at most */
	guint64 size; /* as the server says */
} pop3_mail;

typedef struct pop3 pop3;
/* Connects, verifies and logs in. */
pop3 *pop3_open(const net_account *, GError **error);
/* Ends the session without what was marked being removed. */
void pop3_abandon(pop3 *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pop3, pop3_abandon)
/* pop3_mail of the whole mailbox, in its order; caller frees. */
GPtrArray *pop3_list(pop3 *, GError **error);
/* Appends mail NUMBER to FD, dots taken away; more than LIMIT bytes: REASON_TOO_LARGE.  On failure
 * FD holds rubbish. */
gboolean pop3_fetch(pop3 *, guint number, int fd, guint64 limit, GError **error);
gboolean pop3_mark(pop3 *, guint number, GError **error);
/* Ends the session: what was marked is removed now, and only if this succeeds.  Owns the session.
 */
gboolean pop3_quit(pop3 *, GError **error);
