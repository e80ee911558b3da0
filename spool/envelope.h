/*
 * envelope - the zip inside: manifest.json, changes.jsonl, files/SHA256
 *
 * Built and read as a file in a private directory, since zips are only readable with their end at
 * hand. Nothing here knows keys.  A reader trusts nothing: names, counts, sizes and ratios are
 * bounded before bytes are read, and nothing is ever extracted under a name of the zip's choosing.
 */
#pragma once
#include "spool/manifest.h"

#define ENVELOPE_FILES_MAX 10000
#define ENVELOPE_LINE_MAX  (64 * 1024 * 1024)
#define ENVELOPE_LINES_MAX 1000000

typedef struct {
	const char *sha256; /* 64 hex digits */
	int fd;             /* read from its start by pread or seek; stays the caller's */
	guint64 size;
} envelope_file;

/*
 * Builds a zip in directory DIR as new file; *RET_NAME (caller frees) and its plain SHA-256.  LINES
 * are JSON texts (char *), written in order; FILES are envelope_file *.  Returns a descriptor open
 * for reading at 0, or -1. Deflate level 1; files that look like noise are stored.  Not synced: it
 * lives only until it is sealed.
 */
int envelope_build(int dir, const manifest *, GPtrArray *lines, GPtrArray *files, char **ret_name,
		   char **ret_sha, GError **error);

typedef struct envelope envelope;
/* Opens the zip behind FD (stays the caller's). LIMIT bounds what it may unpack to in all.
 * REASON_ZIP, REASON_MANIFEST, REASON_FORMAT. */
envelope *envelope_open(int fd, guint64 limit, GError **error);
void envelope_close(envelope *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(envelope, envelope_close)
const manifest *envelope_manifest(const envelope *);
/* The next line as JSON object, new reference; *RET NULL at the end. REASON_LINES names the line.
 */
gboolean envelope_next(envelope *, json_t **ret, GError **error);
/* Goes back before the first line. */
gboolean envelope_rewind(envelope *, GError **error);
/* Hashes of the files in it; borrowed. */
GPtrArray *envelope_files(const envelope *);
/* Writes file SHA256 into directory DIR under that name, checked and synced (not DIR). One that is
 * there already is left. REASON_CONTENT. */
gboolean envelope_extract(envelope *, const char *sha256, int dir, GError **error);
