/*
 * fake_server - a mail server that says what a test wants, on loopback, in a thread of its own
 */
#pragma once
#include "base/mail_url.h"

typedef struct {
	/* What a line of the client holds; NULL: nothing is waited for; FAKE_MAIL: lines up
	 * to a single dot; FAKE_CONNECT: the client hangs up, or is hung up on, and comes again. */
	const char *wait;
	/* What is said then, CR LF behind; "%T" is the first word of the client's last line.  NULL:
	 * nothing; FAKE_HANG_UP: the connection is ended. */
	const char *say;
} fake_step;

#define FAKE_MAIL    "\001mail"
#define FAKE_CONNECT "\001connect"
#define FAKE_HANG_UP "\001hang up"

typedef struct fake fake;
/* STEPS ends with an empty row and outlives the server. */
fake *fake_start(const fake_step *steps);
/* "SCHEME://anna@127.0.0.1:PORT"; caller frees. */
mail_url *fake_url(const fake *, const char *scheme);
/* Ends the server.  All that the client said (caller frees); a line that was not waited for, and a
 * step that was not reached, fail the test. */
char *fake_end(fake *);
