/*
 * grow - memory that what is read from outside may need much of
 *
 * The caller bounds it; that there is less than that is an error like a full disk, and passes the
 * fault point "alloc".  GLib's own allocations, which end the process, are for what is small.
 */
#pragma once
#include <glib.h>

/* LEN bytes of zeros to g_free; NULL is class RETRY. */
gpointer grow_try(gsize len, GError **error);

/* Bytes that come piece by piece; begins as {0}. */
typedef struct {
	char *str; /* LEN bytes and a NUL behind, or NULL if there was never any room */
	gsize len;
	gsize size;
} grow;

/* Makes room for MORE bytes behind LEN, and the NUL.  A failure leaves it as it was. */
gboolean grow_room(grow *, gsize more, GError **error);
/* MORE bytes were written there. */
void grow_add(grow *, gsize more);
/* Takes the first N bytes away. */
void grow_drop(grow *, gsize n);
void grow_clear(grow *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(grow, grow_clear)
