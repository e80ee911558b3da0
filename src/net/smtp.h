/*
 * smtp - hands mails to a mail server (RFC 5321)
 *
 * One connection serves all mails of a session; one that has ended in between is made anew.  Errors
 * have a REASON_MAIL_ number, name the server and say what it answered; none holds a secret.
 */
#pragma once
#include "net/account.h"

typedef struct smtp smtp;
/* Touches no network. */
smtp *smtp_new(const net_account *, GError **error);
void smtp_free(smtp *); /* says goodbye; NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(smtp, smtp_free)
/* Connects, verifies and logs in, if it is not so already; *RET_SIZE is the largest mail that the
 * server takes (RFC 1870), 0 where it does not say. */
gboolean smtp_hello(smtp *, guint64 *ret_size, GError **error);
/*
 * Sends the mail that FD holds from its start (lines end with CR LF) to all of TO (NULL-ended).
 * Success: the server has taken it upon itself.  A failure behind the last byte leaves open whether
 * it has: the same mail is sent again.
 */
gboolean smtp_send(smtp *, const char *from, const char *const *to, int fd, GError **error);
