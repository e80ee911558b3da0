#include "spool/take.h"

#include <string.h>
#include <unistd.h>

#include "base/fsio.h"

gboolean
take_copy(spool *s, const envelope_name *name, int fd, guint64 limit, char **ret_tmp,
	  char **ret_sha, gboolean *ret_complete, GError **error)
{
	g_autofree char *tmp = NULL;
	g_autofree char *sha = NULL;
	int dir = spool_fd(s, SPOOL_TMP);
	int to = fsio_tmp(dir, &tmp, error);

	if (to < 0)
		return FALSE;
	/* The hash is of what was written, not of a second reading. */
	gboolean ok = fsio_copy(fd, to, limit, NULL, &sha, error);
	close(to);
	if (!ok) {
		fsio_remove(dir, tmp, NULL);
		return FALSE;
	}
	*ret_complete = strncmp(sha, name_own_hash(name), NAME_HASH_LEN) == 0;
	*ret_tmp = g_steal_pointer(&tmp);
	*ret_sha = g_steal_pointer(&sha);
	return TRUE;
}
