/*
 * listener - what the process behind an ear does
 */
#pragma once
#include <glib.h>
#include <signal.h>

/* Waits at the channel of the link in LINK_DIR, and tells the supervisor, until that says anything
 * or is gone, or *ENDED. */
gboolean listener_run(const char *link_dir, const char *const *overrides,
		      const volatile sig_atomic_t *ended, GError **error);
