/*
 * backup_private - what backup and restore share
 *
 * Included by backup*.c only.
 */
#pragma once
#include "base/json.h"
#include "gateway/backup.h"

#define BACKUP_INDEX     "backup.json"
#define BACKUP_SITE      "site"
#define BACKUP_FORMAT    1
#define BACKUP_INDEX_MAX (256 * 1024 * 1024)

/* Copies the file FROM to the new file TO (0600), durably but for its name. */
gboolean backup_copy(const char *from, const char *to, guint64 *ret_size, char **ret_sha,
		     GError **error);
/* DIR + a random end, on the same file system; caller frees. */
char *backup_tmp(const char *dir);
/* Renames the directory FROM to TO, durably with all directories below it. */
gboolean backup_finish(const char *from, const char *to, GError **error);
