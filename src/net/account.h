/*
 * account - whom to connect to, as whom, and how to know that it is they
 *
 * What a session of SMTP, IMAP or POP3 is made from.  TLS is always verified: the chain and the
 * host's name, against the system's certificates or those of CA_FILE.
 */
#pragma once
#include "base/mail_url.h"

/* Where a password, or with XOAUTH2 an access token, comes from: the first that is set.  Its first
 * line counts. */
typedef struct {
	const char *file;       /* refused when others than its owner may read it */
	const char *credential; /* a name below $CREDENTIALS_DIRECTORY, as systemd has it */
	const char *command;    /* run by /bin/sh; what it prints */
} secret_source;

/* Borrowed strings, outliving what is made from it. */
typedef struct {
	const mail_url *url;
	const char *login; /* NULL: the one of the url; neither: no login */
	const char *auth;  /* "auto", "plain", "login" or "xoauth2" */
	secret_source secret;
	const char *ca_file; /* NULL: the system's */
	guint timeout;       /* seconds until something that does not move has failed */
} net_account;

/* The secret, wiped and freed by account_secret_free().  Class CONFIG where it can't be had. */
char *account_secret(const secret_source *, GError **error);
void account_secret_free(char *);
