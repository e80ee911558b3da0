/*
 * runlock - one `handsel run` a site: HOME/run.lock, held as long as it runs
 */
#pragma once
#include "conf/site.h"

/* A descriptor to close, or -1: class RETRY, with who has it. */
int runlock_take(const site *, GError **error);
/* Does one run?  *RET_PID and *RET_SINCE (seconds since 1970) are 0 where they can't be told. */
gboolean runlock_look(const site *, gint64 *ret_pid, gint64 *ret_since);
