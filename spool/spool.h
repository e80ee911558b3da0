/*
 * spool - the directories of a link in which envelopes live
 *
 * An envelope's state is the directory it lies in: outbox (ours, not yet done), inbox (theirs,
 * durable, not yet done), quarantine (refused), archive (done).  tmp is private and swept at start.
 * content holds files of records that wait (named by SHA-256).  Knows nothing of what it carries.
 */
#pragma once
#include "spool/name.h"

typedef enum {
	SPOOL_OUTBOX,
	SPOOL_INBOX,
	SPOOL_QUARANTINE,
	SPOOL_ARCHIVE,
	SPOOL_CONTENT,
	SPOOL_PARTS,
	SPOOL_TMP,
	SPOOL_DIRS
} spool_dir;

typedef struct spool spool;
/* Opens the directories below LINK_DIR, making them (0700); SWEEP empties tmp (only the lock's
 * holder may). */
spool *spool_open(const char *link_dir, gboolean sweep, GError **error);
void spool_close(spool *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(spool, spool_close)
/* A descriptor of the directory; borrowed. */
int spool_fd(const spool *, spool_dir);
const char *spool_dir_name(spool_dir);
/*
 * Moves tmp file TMP into DIR as NAME, replacing a leftover of the same name.  The bytes are
 * synced; the directory is synced by spool_flush(), which several moves share.
 */
gboolean spool_place(spool *, const char *tmp, spool_dir, const char *name, GError **error);
/* Syncs the directories that changed since the last flush. */
gboolean spool_flush(spool *, GError **error);
/* Moves NAME between directories, replacing; flushed like spool_place. */
gboolean spool_move(spool *, spool_dir from, const char *name, spool_dir to, const char *to_name,
		    GError **error);
gboolean spool_drop(spool *, spool_dir, const char *name, GError **error);
/* Opens to read; *RET_SIZE may be NULL. -1 on error. */
int spool_read(const spool *, spool_dir, const char *name, guint64 *ret_size, GError **error);
/* Names, sorted. */
GPtrArray *spool_names(const spool *, spool_dir, GError **error);
/* Removes files of DIR older than SECONDS. */
gboolean spool_expire(spool *, spool_dir, gint64 seconds, GError **error);
