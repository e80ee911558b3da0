/*
 * csv - reading comma-separated values as RFC 4180 has them
 *
 * Quoted cells may hold line breaks; CRLF and LF end a record; a byte order mark is
 * skipped.  Streams: memory holds one record.
 */
#pragma once
#include <glib.h>

#define CSV_RECORD_MAX  (64 * 1024 * 1024)
#define CSV_COLUMNS_MAX 1000

typedef struct csv csv;
/* Reads from PATH. */
csv *csv_open(const char *path, GError **error);
void csv_close(csv *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(csv, csv_close)
/* The next record as strings, borrowed until the next call; *RET NULL at the end.  Errors (REJECT)
 * name the line. */
gboolean csv_next(csv *, GPtrArray **ret, GError **error);
/* Line on which the last record began, from 1. */
guint csv_line(const csv *);
