/*
 * session - what sessions of SMTP, IMAP and POP3 share: a libcurl handle that verifies, logs in,
 * and says in one line what went wrong
 */
#pragma once
#include <curl/curl.h>

#include "net/account.h"
#include "net/reply.h"

typedef struct {
	net_account account; /* its strings are borrowed */
	const char *login;   /* NULL: none */
	char *secret;
	char *place; /* host:port, for people */
	CURL *curl;
	char curl_error[CURL_ERROR_SIZE];
	reply *reply;
} session;

/* "host:port" or "[2001:db8::1]:port", for people and URLs; caller frees. */
char *session_place(const mail_url *);
/* Touches no network; NULL where libcurl or the account can't be used (class CONFIG). */
session *session_new(const net_account *, GError **error);
void session_free(session *); /* NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(session, session_free)
/* Reads the secret, again if it has been read: it may have changed. */
gboolean session_login(session *, GError **error);
/* curl_easy_perform().  Failures have a REASON_MAIL_ number and name the server. */
gboolean session_perform(session *, GError **error);

/* ---- curl.c ---- */
/* libcurl itself, which is loaded when it is needed; FALSE: it is not installed (class CONFIG). */
gboolean session_load(GError **error);

/* ---- session_fail.c ---- */
void session_fail(const session *, CURLcode, GError **error);
/* TEXT, a server's words: may they be shown?  Not with the secret in them. */
gboolean session_may_show(const session *, const char *text);
