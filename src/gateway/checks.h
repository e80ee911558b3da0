/*
 * checks - what check and test try alike
 *
 * Each adds one or more {"what","ok","text","command"}.
 */
#pragma once
#include "gateway/gateway.h"

typedef struct {
	gateway *g;
	json_t *all;
} checks;

/* COMMAND (taken over, may be NULL) helps when it is not OK. */
void checks_add(checks *, const char *what, gboolean ok, char *command, const char *format, ...)
	G_GNUC_PRINTF(5, 6);
/* "handsel WORDS NAME OPTIONS"; caller frees. */
char *checks_command(const checks *, const char *words, const char *options);

/* Is the partner's key there, and does our own sign, encrypt and open? */
void checks_keys(checks *);
/* Of a channel that goes over a network: are its settings whole, and does it work, both ways? */
void checks_channel(checks *);
/* Can the tracker be read, and does it have what the contract speaks of? */
void checks_tracker(checks *);
/* Is the time plausible? */
void checks_clock(checks *);
