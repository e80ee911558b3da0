#include "base/guard.h"

#include <errno.h>

#include "base/fail.h"

/* What others can do by MODE, in words. */
static const char *
deeds(mode_t mode)
{
	gboolean read = (mode & 0044) != 0, change = (mode & 0022) != 0;

	return read && change ? "read and change" : read ? "read" : change ? "change" : "run";
}

gboolean
guard_mode(const struct stat *st, const char *path, mode_t forbidden, GError **error)
{
	if (!S_ISREG(st->st_mode) || (st->st_mode & forbidden) == 0)
		return TRUE;
	g_autofree char *quoted = g_shell_quote(path);
	fail_set(error, FAIL_CONFIG, "%s: others than its owner may %s it; chmod 600 %s", path,
		 deeds(st->st_mode & forbidden), quoted);
	return FALSE;
}

gboolean
guard_fd(int fd, const char *path, mode_t forbidden, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		return guard_mode(&st, path, forbidden, error);
	fail_errno(error, errno, "cannot examine %s", path);
	return FALSE;
}

gboolean
guard_home(const struct stat *st, const char *path, uid_t uid, GError **error)
{
	g_autofree char *quoted = g_shell_quote(path);

	if (uid != 0 && st->st_uid != uid && st->st_uid != 0) {
		fail_set(
			error, FAIL_CONFIG,
			"%s: belongs to another user (uid %u); call handsel as that user, or chown "
			"-R %u %s",
			path, (guint)st->st_uid, (guint)uid, quoted);
		return FALSE;
	}
	if ((st->st_mode & GUARD_SHOWN) == 0)
		return TRUE;
	fail_set(error, FAIL_CONFIG,
		 "%s: others than its owner may change what is in it; chmod go-w %s", path, quoted);
	return FALSE;
}
