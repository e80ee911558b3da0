/*
 * daemon - the gateway that stays: one supervisor watches for all links and starts a worker for a
 * link that has something to do
 *
 * The supervisor reads nothing that arrives; workers do, each for its own link only.  Killing any
 * of them at any moment loses nothing.
 */
#pragma once
#include "base/json.h"
#include "conf/site.h"

typedef enum {
	SAY_TROUBLE, /* somebody may have to do something */
	SAY_EVENT,   /* something was done */
	SAY_DETAIL
} daemon_level;
/* EVENT: {"at","event"} and, as far as it has them, "link", "text" and numbers. */
typedef void daemon_say(daemon_level, const json_t *event, gpointer data);

typedef struct {
	const char *const *links; /* only these, NULL-ended; NULL: all there are and will be */
	/* "KEY=VALUE", NULL-ended, for the links and for the site; hold instead of their files; may
	 * be NULL. */
	const char *const *overrides, *const *site_overrides;
	daemon_say *say;
	gpointer data;
} daemon_options;

/*
 * Runs until SIGTERM or SIGINT; a second one ends the workers at once.  SIGHUP reads all settings
 * again.  RETRY if another one runs on this site.
 */
gboolean daemon_run(site *, const daemon_options *, GError **error);
