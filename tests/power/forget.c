/*
 * forget - a file system that forgets what was not synced, to be preloaded
 *
 * With LD_PRELOAD=forget and HANDSEL_TEST_PLATTER=DIR a program syncs to the platter DIR
 * (platter.h) instead of a disk, whoever in it calls: base or SQLite.  Writes and names go where
 * they always go; it is tests/power/cut that later takes away what did not reach the platter.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/power/platter.h"

int fsync(int fd);
int fdatasync(int fd);
int syncfs(int fd);
void sync(void);

/* A test whose platter misses something would find faults where none are, or none where some are.
 */
static void
refuse(const char *what)
{
	perror(what);
	abort();
}

int
fsync(int fd)
{
	const char *platter = getenv("HANDSEL_TEST_PLATTER");

	if (platter == NULL)
		refuse("forget: HANDSEL_TEST_PLATTER");
	if (platter_keep(platter, fd) != 0)
		refuse("forget: fsync");
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

/* Nothing here knows which files those are. */
int
syncfs(int fd)
{
	(void)fd;
	refuse("forget: syncfs");
	return -1;
}

void
sync(void)
{
	refuse("forget: sync");
}
