/*
 * cmd_link - what the commands of links share
 */
#pragma once
#include "cli/call.h"
#include "gateway/gateway.h"

/* Words of a key: all of them, and those read out by phone against an exchanged file. */
#define WORDS_ALL  (PGP_FPR_LEN / 2)
#define WORDS_READ 4

/* Opens the link that argument 0 names, with the --set of the call. */
gateway *call_gateway(call *, gate_mode, GError **error);
/* Is there a link NAME? */
gboolean call_check_link(const site *, const char *name, GError **error);
/* The names in the arguments from 0 on, or all links; all of them exist.  Caller frees. */
GPtrArray *call_links(call *, GError **error);

/* Rows of option tables: how a passphrase is given. */
#define OPTIONS_PASSPHRASE                                                                         \
	{"passphrase", NULL, "asks for the passphrase on the terminal", FALSE},                    \
	{                                                                                          \
		"passphrase-file", "FILE",                                                         \
			"reads the passphrase from the first line of FILE, which nobody else may " \
			"read",                                                                    \
			FALSE                                                                      \
	}
/* How this side takes part in a link. */
#define OPTIONS_SIDE                                                                               \
	{"adapter", "A", "the tracker of this side; desk if not given", FALSE},                    \
		{"scope", "S",                                                                     \
		 "which items may leave: assigned, FIELD=VALUE or all; assigned if not given",     \
		 FALSE},                                                                           \
	{                                                                                          \
		"user", "LOGIN",                                                                   \
			"who writes the partner's changes here, fixed for good; NAME-sync if not " \
			"given",                                                                   \
			FALSE                                                                      \
	}
#define OPTION_SET(help)                                                                           \
	{                                                                                          \
		"set", "KEY=VALUE", help, TRUE                                                     \
	}

#define OPTION_YES(help)                                                                           \
	{                                                                                          \
		"yes", NULL, help, FALSE                                                           \
	}

/*
 * The passphrase that the options give, asked TWICE where a new one is made; NULL if they give
 * none.  The caller wipes it by ask_forget().
 */
gboolean call_passphrase(const call *, gboolean twice, char **ret, GError **error);
/* Is what can't be taken back meant?  By --yes, or by an answer to QUESTION; class USAGE if not. */
gboolean call_sure(const call *, const char *question, GError **error);
/* PATH as an absolute one; caller frees. */
char *call_path(const char *path);
/* Step NUMBER of what is next: how envelopes get from one side to the other, which is BY_MAIL. */
void call_say_carriers(const call *, guint number, const char *link, gboolean by_mail);
/* The handshake file to write: --out, else NAME.handshake here; caller frees. */
char *call_out(const call *, const char *name);
