#include "pgp/ring.h"

#include <unistd.h>

#include "base/fsio.h"

#define RING "pubring.kbx"
#define KEPT "pubring.kept"

static gboolean
copy_to(int dir, int from, int to, const char *tmp, GError **error)
{
	return fsio_copy(from, to, G_MAXUINT64, NULL, NULL, error) && fsio_sync(to, error) &&
	       fsio_rename(dir, tmp, dir, KEPT, FSIO_REPLACE | FSIO_SYNC, error);
}

static gboolean
guard(int dir, GError **error)
{
	g_autofree char *tmp = NULL;

	if (!fsio_exists(dir, RING))
		return TRUE;
	int from = fsio_open_own(dir, RING, error);
	int to = from < 0 ? -1 : fsio_tmp(dir, &tmp, error);
	gboolean ok = to >= 0 && copy_to(dir, from, to, tmp, error);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (!ok && tmp != NULL)
		fsio_remove(dir, tmp, NULL);
	return ok;
}

gboolean
ring_guard(const char *home, GError **error)
{
	int dir = fsio_open_dir(home, error);

	if (dir < 0)
		return FALSE;
	gboolean ok = guard(dir, error);
	close(dir);
	return ok;
}

gboolean
ring_settle(const char *home, GError **error)
{
	if (!fsio_sync_tree(home, error))
		return FALSE;
	int dir = fsio_open_dir(home, error);
	if (dir < 0)
		return FALSE;
	/* A copy that came back would undo what is told to be done. */
	gboolean ok =
		!fsio_exists(dir, KEPT) || (fsio_remove(dir, KEPT, error) && fsio_sync(dir, error));
	close(dir);
	return ok;
}

gboolean
ring_recover(const char *home, GError **error)
{
	int dir = fsio_open_dir(home, error);

	if (dir < 0)
		return FALSE;
	gboolean ok = !fsio_exists(dir, KEPT) ||
		      fsio_rename(dir, KEPT, dir, RING, FSIO_REPLACE | FSIO_SYNC, error);
	close(dir);
	return ok;
}
