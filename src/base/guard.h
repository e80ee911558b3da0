/*
 * guard - what others than its user may reach is refused, with the command that closes it
 *
 * Of what is open, so that what was examined is what is read.  All errors are of class CONFIG.
 */
#pragma once
#include <glib.h>
#include <sys/stat.h>

#define GUARD_SECRET 0077 /* nobody else may do anything with it */
#define GUARD_OWN    0066 /* nobody else may read or change it */
#define GUARD_SHOWN  0022 /* nobody else may change it */

/* Is the file ST, at PATH, free of the rights FORBIDDEN?  Only regular files are asked: what is a
 * pipe or a terminal has no content that stays. */
gboolean guard_mode(const struct stat *st, const char *path, mode_t forbidden, GError **error);
/* The same of what is open as FD. */
gboolean guard_fd(int fd, const char *path, mode_t forbidden, GError **error);
/*
 * May user UID build on directory ST, at PATH?  It belongs to UID or to root, and only its owner
 * can write to it.  Root may look into anybody's: he can become its owner anyway.
 */
gboolean guard_home(const struct stat *st, const char *path, uid_t uid, GError **error);
