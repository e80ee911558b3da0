/*
 * cage - who works on links gives up what that never needs, before bytes of a partner are read
 */
#pragma once
#include "conf/site.h"
#include "spool/anchor.h"

/*
 * For good, for this process and what it starts: other processes cannot look into it, and no core
 * file is written; no program gains rights, calls of administrators and debuggers fail
 * (base/confine.h), and files can be changed only in the home and in the directories of the channel
 * of link NAME (base/fence.h).  All but the first two are left out if the link, with OVERRIDES of
 * its settings, or the site has a command to be started, which may need its rights.  Nothing is
 * done if run.confine is "no" for it.  Settings of the link that cannot be read count for nothing:
 * it is not worked on.
 *
 * What lies at a channel's directories now is in reach, and only that: they are added to REACH (may
 * be NULL) if there is a fence.
 */
void cage_enter(site *, const char *name, const char *const *overrides, anchor *reach);

/* What cage_enter() would do for link NAME, and what this kernel lacks for it: one line, for
 * people; caller frees. */
char *cage_text(site *, const char *name, const char *const *overrides);
/* What this kernel lacks, as the end of a sentence; NULL: nothing.  Caller frees. */
char *cage_lacks(void);
