/* confine: what a process gives up before it reads foreign bytes */
#pragma once

#include <glib.h>

/* For good: other processes of this user cannot look into this one's memory, and neither it nor
 * what it starts leaves a core file. */
void confine_memory(void);
/*
 * For good, and for everything that this process starts: no program gives it more rights than it
 * has, and calls fail that only administrators and debuggers make (confine.c lists them).  FALSE:
 * the kernel or the machine lacks a filter of calls; what else there is holds all the same.
 */
gboolean confine_calls(void);
/* Would it be TRUE here? */
gboolean confine_known(void);
/* Both, and no socket is made but of AF_UNIX. */
gboolean confine_to_local(void);
