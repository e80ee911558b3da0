/*
 * ring - the key ring on the disk, which gpg changes and never syncs
 *
 * gpg replaces the file of public keys by a new one without an fsync: a power cut soon after can
 * leave it empty, and with it the link without its own key.  So each change is put between
 * ring_guard and ring_settle; one that was cut off in between is undone by ring_recover.  Secret
 * keys are files of their own, which no change of others touches.
 *
 * Called by the client, on a ring that no other helper has.
 */
#pragma once
#include <glib.h>

/* Keeps a durable copy of the public keys in HOME; there being none yet is success. */
gboolean ring_guard(const char *home, GError **error);
/* Success means that all of HOME survives power loss as it is now; the copy goes. */
gboolean ring_settle(const char *home, GError **error);
/* Puts the copy back, if there is one: the change that it was kept for never came to its end. */
gboolean ring_recover(const char *home, GError **error);
