/*
 * mail_guess - the mail server that a person means, who knows no more than an address or a host
 *
 * Callers free what is returned.
 */
#pragma once
#include <glib.h>

/* The server that usually keeps the mails of ADDRESS, or takes those that it sends, as a URL with
 * its port; NULL if ADDRESS is none. */
char *mail_guess_server(const char *address, gboolean sending);
/* TEXT, a URL or HOST[:PORT][/FOLDER], as a URL.  NULL, with class USAGE, if it is neither. */
char *mail_guess_url(const char *text, gboolean sending, GError **error);
/* The login in the URL, or NULL. */
char *mail_guess_login(const char *url);
/* URL with LOGIN (NULL: without any) in place of what it has. */
char *mail_guess_with_login(const char *url, const char *login);
