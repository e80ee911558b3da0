/*
 * cage - who works on links gives up what that never needs, before bytes of a partner are read
 */
#pragma once
#include "conf/site.h"

/*
 * For good, for this process and what it starts: other processes cannot look into it, and no core
 * file is written; no program gains rights, and calls of administrators and debuggers fail (base/
 * confine.h).  The latter two are left out if one of the links NAMES (ended by NULL), with
 * OVERRIDES of its settings, has a command to be started, which may need its rights.  Nothing is
 * done if run.confine is "no" for one of them.  A link whose settings cannot be read counts for
 * nothing: it is not worked on.
 */
void cage_enter(site *, const char *const *names, const char *const *overrides);
