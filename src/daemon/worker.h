/*
 * worker - the process that works on one link, for the supervisor that started it
 */
#pragma once
#include "conf/site.h"

/*
 * Makes a pass over link NAME whenever the supervisor says so, over the socket TALK_SOCKET, and
 * ends when it says so or ends itself.  SIGTERM ends it too, at the next step.  A failure has been
 * told to the supervisor; FALSE only if there is none: class USAGE.
 */
gboolean worker_run(site *, const char *name, const char *const *overrides, GError **error);
