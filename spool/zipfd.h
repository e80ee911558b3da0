/*
 * zipfd - descriptors as sources of libzip
 *
 * libzip's own file sources buffer, close what they are given, and write through a temporary
 * file that they rename.  Here it reads and writes a descriptor in place: no second file, nothing
 * to sweep but what the caller made.  For spool's files alone.
 */
#pragma once
#include <glib.h>
#include <zip.h>

typedef struct {
	int fd;         /* stays the caller's */
	guint64 size;   /* bytes of the source; grows as it is written */
	guint64 hidden; /* so many bytes at its start read as zeros */
	int errnum;     /* why reading or writing failed; 0 if it did not */
	guint64 at, write_at;
	zip_error_t error;
} zipfd;

/* *Z must outlive the source made of it.  SIZE bytes of FD are the source. */
void zipfd_init(zipfd *z, int fd, guint64 size);
/* A source to add or to open a zip from; WRITABLE: a zip can be written to it.  NULL: no memory. */
zip_source_t *zipfd_source(zipfd *z, gboolean writable);
/*
 * Checks the end of the zip Z: nothing behind it, one disk, ENTRIES at most.  Hides all before
 * the central directory: libzip tries every end record it finds near the end, and one inside a
 * stored file could claim any number of entries.  To be shown again once the zip is open.
 * REASON_ZIP.
 */
gboolean zipfd_check_end(zipfd *z, guint64 entries, GError **error);
