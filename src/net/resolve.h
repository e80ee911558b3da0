/*
 * resolve - the addresses of a host, for who wants to know where a connection fails
 */
#pragma once
#include <glib.h>

/* "192.0.2.1, 2001:db8::1", eight at most; caller frees.  NULL: REASON_MAIL_AWAY. */
char *net_resolve(const char *host, GError **error);
