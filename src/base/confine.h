/* confine: what a process gives up before it reads foreign bytes */
#pragma once

#include <glib.h>

/*
 * For good, and for everything that this process starts: no program gives it more rights than it
 * has, no core file is written, no socket is made but of AF_UNIX, and calls fail that only
 * administrators and debuggers make (confine.c lists them).  FALSE: the kernel or the machine
 * lacks a filter of calls; what else there is holds all the same.
 */
gboolean confine_to_local(void);
