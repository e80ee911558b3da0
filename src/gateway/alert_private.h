/*
 * alert_private - what the files of alert share: the ways to tell
 *
 * Included by alert*.c only.
 */
#pragma once
#include "gateway/alert.h"
#include "gateway/private.h"

/* What is told: WHAT is the state of the trouble, "trouble" or "over", or "done" for a success. */
typedef struct {
	gateway *g;
	const char *kind, *what;
	const json_t *about; /* "text", "command", "since" */
} alert_news;

/* A way to tell.  What it has told is its own: one that fails does not make the other repeat. */
typedef struct {
	const char *told; /* key in the state: {kind: {"text","command","since","gone": seconds}} */
	const char *next; /* key in the state: not tried again before */
	gboolean (*wanted)(gateway *);
	/* Sets *RET_HOW, caller frees, to what stands in the log behind the news; may leave it
	 * NULL. */
	gboolean (*tell)(const alert_news *, char **ret_how, GError **error);
} alert_way;

extern const alert_way alert_by_command, alert_by_mail;

/* The link's own setting KEY, else the site's; borrowed; NULL: neither. */
const char *alert_setting(gateway *, const char *key);
/* All of it as a text for people; caller frees. */
char *alert_letter(const alert_news *);
