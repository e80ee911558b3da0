/*
 * stream - a connection to an IMAP server, verified and logged in, for who speaks IMAP over it
 *
 * Errors have a REASON_MAIL_ number, name the server and say what was wrong.
 */
#pragma once
#include "net/account.h"

typedef struct net_stream net_stream;
net_stream *net_stream_open(const net_account *, GError **error);
void net_stream_close(net_stream *); /* NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(net_stream, net_stream_close)
/* Bytes read, 1 at least; 0 at the end; -1 after the account's timeout or on error. */
gssize net_stream_read(net_stream *, void *buf, gsize len);
/* All of BUF, or -1. */
gssize net_stream_write(net_stream *, const void *buf, gsize len);
/* Waits until there is something to read (what TLS holds already counts): 1, 0 after MS, -1 on
 * error. */
int net_stream_wait(net_stream *, int ms);
int net_stream_fd(const net_stream *);
