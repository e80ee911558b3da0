/*
 * backup - a whole site in a directory, and back
 *
 * A backup is DIR/backup.json, which names every file with its size and SHA-256, and DIR/site with
 * the files as they lie in the home: settings, desk, and for each link state, keys and queues. Left
 * out are temporaries, locks, and what lies in SEND and RECEIVE: the outbox has the one, and the
 * partner the other until it is acknowledged.  It holds the secret keys and is for the user alone.
 */
#pragma once
#include "conf/site.h"

typedef struct {
	guint64 files, bytes;
	GPtrArray *links; /* names */
	char *site;       /* its name */
	char *made;       /* stamp */
} backup_report;
void backup_report_clear(backup_report *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(backup_report, backup_report_clear)

/*
 * Copies SITE into the new directory DIR, or leaves nothing.  Each link stands still while it is
 * copied, and the desk comes last, so that no state knows of what the desk does not: the other way
 * round, what the desk lacks would look like an edit.
 */
gboolean backup_make(const site *, const char *dir, backup_report *ret, GError **error);
/*
 * Makes HOME, which must be missing or empty, from the backup in DIR, all of it or nothing.  Every
 * link is stopped with the reason that its state is an old copy.
 */
gboolean backup_restore(const char *dir, const char *home, backup_report *ret, GError **error);
