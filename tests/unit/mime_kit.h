/*
 * mime_kit - mails without files
 */
#pragma once
#include <string.h>

#include "base/fail.h"
#include "memory_file.h"
#include "spool/mime.h"

/* The mapping outlives the descriptor. */
static inline mime *
kit_open(const char *bytes, gsize len)
{
	g_autoptr(GError) error = NULL;
	int fd = memory_file(bytes, len);
	mime *m = mime_open(fd, &error);

	g_assert_no_error(error);
	close(fd);
	return m;
}

static inline mime *
kit_open_text(const char *text)
{
	return kit_open(text, strlen(text));
}

/* The bytes of part I. */
static inline GString *
kit_part(const mime *m, guint i)
{
	g_autoptr(GError) error = NULL;
	int fd = memory_file("", 0);

	g_assert_cmpuint(i, <, mime_parts(m));
	g_assert_true(mime_part_save(m, i, fd, G_MAXUINT64, &error));
	g_assert_no_error(error);
	GString *ret = memory_file_bytes(fd);
	close(fd);
	return ret;
}

static inline void
kit_assert_part(const mime *m, guint i, const char *expected)
{
	g_autoptr(GString) bytes = kit_part(m, i);

	g_assert_cmpmem(bytes->str, bytes->len, expected, strlen(expected));
}

/* The name of the only part of a mail with these two fields (NULL: without). */
static inline char *
kit_name(const char *disposition, const char *type)
{
	g_autofree char *text =
		g_strdup_printf("From: a@example.com\r\n%s%s%s%s\r\n\r\nx", type ? type : "",
				type ? "\r\n" : "", disposition ? disposition : "X: y", "");
	g_autoptr(mime) m = kit_open_text(text);

	return g_strdup(mime_part_name(m, 0));
}
