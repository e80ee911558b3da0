/*
 * mail_url - how a mail server and an address are written in settings
 *
 *   imaps://login@host:port/folder     smtp+starttls://login@host:port     pop3s://login@host
 *
 * SCHEME is one of imap, pop3, smtp with s (TLS from the first byte), +starttls, or nothing behind
 * (no TLS: loopback only).  What is not plain in a login or folder is written %XX (RFC 3986); an @
 * in a login may stand as it is.
 */
#pragma once
#include <glib.h>

typedef enum { MAIL_IMAP, MAIL_POP3, MAIL_SMTP } mail_protocol;
typedef enum { MAIL_TLS, MAIL_STARTTLS, MAIL_PLAIN } mail_tls;

typedef struct {
	mail_protocol protocol;
	mail_tls tls;
	char *login;  /* NULL: none is given */
	char *host;   /* lower case; an IPv6 address without its brackets */
	guint port;   /* the scheme's where none is given */
	char *folder; /* IMAP only: never NULL, "INBOX" where none is given */
} mail_url;

/* NULL, with what is wrong (class USAGE): another scheme, a password in it, no TLS and not
 * loopback, control characters, more than 1,000 bytes. */
mail_url *mail_url_parse(const char *text, GError **error);
/* TEXT, which may be anything, without the login and the password that may stand in it, and all
 * else before the last @; caller frees. */
char *mail_url_shown(const char *text);
void mail_url_free(mail_url *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mail_url, mail_url_free)
/* For settings: one to receive by (IMAP or POP3), one to send by (SMTP). */
gboolean mail_url_receives(const char *text);
gboolean mail_url_sends(const char *text);
/* An address as local@domain: ASCII, no blanks, quotes or brackets, 254 bytes at most (RFC 5321
 * 4.5.3.1.3). */
gboolean mail_address_valid(const char *text);
/* One or more addresses with blanks between them. */
gboolean mail_addresses_valid(const char *text);
