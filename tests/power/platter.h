/*
 * platter - what of a directory tree would survive a power cut
 *
 * A disk that keeps no more than it must: the bytes of a file survive as they were at the last
 * fsync of the file, the names in a directory as they were at the last fsync of the directory, and
 * all else is gone.  Both are kept by inode, not by name, so that no rename, link, write or
 * truncation has to be followed: it is enough to look when something is synced.
 *
 * A platter is a directory beside the tree.  In it, KEY is the content of a regular file, the list
 * of a directory, or a symbolic link itself; KEY is made of an inode and its time of birth, as
 * inodes are used again.  Neither owners, times of directories nor a second name of a file are
 * kept.  Sockets and pipes are forgotten.
 *
 * All functions return 0, or -1 and errno.
 */
#pragma once

/* FD, a regular file or a directory (not what is below it), survives as it is now.  Never opens
 * anew a file that FD can read: closing it would drop the locks of SQLite.  May be called by
 * several processes at once. */
int platter_keep(const char *platter, int fd);

/* What platter_keep_all keeps of a tree. */
enum { PLATTER_BYTES = 1, PLATTER_NAMES = 2 };
int platter_keep_all(const char *platter, const char *tree, int what);

/* Makes the new directory TO out of what survived of TREE, whose own name is taken to be there. */
int platter_restore(const char *platter, const char *tree, const char *to);
