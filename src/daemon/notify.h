/*
 * notify - tells the service manager how it is (sd_notify of systemd, by hand)
 */
#pragma once
#include <glib.h>

/* Sends STATE ("READY=1") to $NOTIFY_SOCKET, a path or an abstract "@name".  Without one, or if
 * nobody listens, nothing happens. */
void notify_send(const char *state);
/* "RELOADING=1", with the time that systemd wants beside it. */
void notify_reloading(void);
/* Microseconds within which it wants to hear "WATCHDOG=1"; 0: it does not. */
guint64 notify_watchdog(void);
