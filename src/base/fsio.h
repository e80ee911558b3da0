/*
 * fsio - file operations that survive power loss
 *
 * The only place that calls fsync(2) and rename(2).  Names are single path
 * components inside an open directory (a descriptor), so that nothing can be
 * redirected by a symbolic link put in between.  A DIR of AT_FDCWD makes NAME
 * an ordinary path.
 */
#pragma once
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>

#define FSIO_SHA_LEN 64 /* SHA-256 in lower-case hex */

/* mkdir -p with MODE for what is made; an existing directory keeps its mode. */
gboolean fsio_mkdirs(const char *path, mode_t mode, GError **error);
/* A descriptor of directory PATH (symbolic links followed), or -1. */
int fsio_open_dir(const char *path, GError **error);
/*
 * Opens a file somebody else may have put there: O_NOFOLLOW, O_NONBLOCK,
 * O_CLOEXEC, read only.  Anything but a regular file with one link is refused with
 * REASON_NOT_REGULAR.  -1 on error.  ST may be NULL.
 */
int fsio_open_foreign(int dir, const char *name, struct stat *st, GError **error);
/* Opens a file of our own to read, or -1. */
int fsio_open_own(int dir, const char *name, GError **error);
/*
 * A new file (O_EXCL, 0600) with a random name of form ".tmp-HEX" in DIR, open to
 * read and write; *RET_NAME is the caller's.  -1 on error.
 */
int fsio_tmp(int dir, char **ret_name, GError **error);
/* Writes all of BUF. */
gboolean fsio_write_all(int fd, const void *buf, gsize len, GError **error);
/*
 * Copies FROM (at its offset) to TO until the end, LIMIT bytes at most: more is
 * REASON_TOO_LARGE.  RET_SIZE and RET_SHA (FSIO_SHA_LEN characters, caller frees) may be NULL.
 * Memory: one 64 KiB buffer.
 */
gboolean fsio_copy(int from, int to, guint64 limit, guint64 *ret_size, char **ret_sha,
		   GError **error);
/* SHA-256 of the whole file behind FD, by pread: the offset stays. */
char *fsio_sha(int fd, guint64 *ret_size, GError **error);
/* The bytes of the file NAME (LIMIT at most) with a NUL behind; caller frees. */
char *fsio_read(int dir, const char *name, gsize limit, gsize *ret_len, GError **error);
/* The same of what is open as FD, from its offset on; it need not be a file. */
char *fsio_read_open(int fd, gsize limit, gsize *ret_len, GError **error);
/* fsync(2) of a file or directory. */
gboolean fsio_sync(int fd, GError **error);
/* fsync(2) of all files and directories in PATH, and of PATH: what other programs wrote.  Symbolic
 * links are not followed; what disappears meanwhile is left out. */
gboolean fsio_sync_tree(const char *path, GError **error);
/*
 * Renames; fsyncs both directories if SYNC.  The file's own bytes must be
 * synced already.  An existing target is replaced only with REPLACE, else
 * fails with EEXIST (fsio_exists_error tells).
 */
typedef enum { FSIO_REPLACE = 1, FSIO_SYNC = 2 } fsio_flags;
gboolean fsio_rename(int from_dir, const char *from, int to_dir, const char *to, fsio_flags,
		     GError **error);
gboolean fsio_exists_error(const GError *);
/* Makes NAME hold exactly BUF, durably and at once (temporary, fsync, rename, fsync of DIR). */
gboolean fsio_store(int dir, const char *name, const void *buf, gsize len, mode_t mode,
		    GError **error);
/* Removes NAME; it not being there is success.  No sync: a file that comes back is harmless
 * everywhere. */
gboolean fsio_remove(int dir, const char *name, GError **error);
gboolean fsio_exists(int dir, const char *name);
/* Names of directory DIR but "." and "..", sorted; LIMIT names at most, the rest is left out. */
GPtrArray *fsio_list(int dir, guint limit, GError **error);
/* Removes PATH with all below it; symbolic links are removed, never followed. */
gboolean fsio_remove_tree(const char *path, GError **error);
/* Free bytes for us on the file system of DIR; G_MAXUINT64 where it can't be told. */
guint64 fsio_free_space(int dir);
/*
 * Takes an exclusive flock on NAME, making it if need be; WAIT_MS is how long to
 * try.  A descriptor to close, or -1 (class RETRY: somebody else has it).
 */
int fsio_lock(int dir, const char *name, guint wait_ms, GError **error);
/*
 * Touches NAME, making it if need be, and takes a shared flock on it: who watches the directory
 * sees the one and fsio_locked() the other, for as long as the descriptor (to close; -1 on error)
 * is open.
 */
int fsio_lock_shared(int dir, const char *name, GError **error);
/* Does somebody hold a flock of either kind on NAME? */
gboolean fsio_locked(int dir, const char *name);
/* Is PATH a plain file name: not empty, no slash, no control character, not "." or "..", 255 bytes
 * at most, UTF-8? */
gboolean fsio_name_safe(const char *path);
