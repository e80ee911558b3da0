/*
 * zip_of - zips of entries that need not tell the truth
 */
#pragma once
#include <glib.h>

typedef struct {
	const char *name;
	gsize name_len;
	const void *data; /* packed, if METHOD is not 0 */
	gsize size;
	guint method, flags;
	guint64 claims; /* of its size unpacked */
	guint32 crc;    /* that it claims */
	guint64 at;     /* of its header; set by zip_of() */
} zip_entry;

/* An entry that tells the truth: stored. */
zip_entry zip_entry_of(const char *name, const void *data, gsize size);
/* A good manifest.json. */
zip_entry zip_manifest(void);
/* Caller frees. */
GByteArray *zip_of(zip_entry *, guint count);
