/*
 * proc - programs that are started for somebody, and must not stay for ever
 */
#pragma once
#include <glib.h>

/* For g_spawn_*(): the program leads a process group, so that what it starts can be ended with it.
 */
void proc_lead_group(gpointer unused);
/* Waits for PID, which leads a group, until DEADLINE (clock_mono_us()); then it is killed with its
 * group.  Its wait status, or -1 if it had to be. */
int proc_wait(GPid, gint64 deadline);
