/*
 * mime_kit - mails without files
 */
#pragma once
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mime.h"

/* A file at its start with these bytes. */
static inline int
kit_file(const void *bytes, gsize len)
{
	int fd = memfd_create("mime", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(fsio_write_all(fd, bytes, len, NULL));
	g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
	return fd;
}

static inline GString *
kit_bytes(int fd)
{
	GString *ret = g_string_new(NULL);
	char buf[4096];
	gssize n;

	for (off_t at = 0; (n = pread(fd, buf, sizeof buf, at)) > 0; at += n)
		g_string_append_len(ret, buf, n);
	return ret;
}

/* The mapping outlives the descriptor. */
static inline mime *
kit_open(const char *bytes, gsize len)
{
	g_autoptr(GError) error = NULL;
	int fd = kit_file(bytes, len);
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
	int fd = kit_file("", 0);

	g_assert_cmpuint(i, <, mime_parts(m));
	g_assert_true(mime_part_save(m, i, fd, G_MAXUINT64, &error));
	g_assert_no_error(error);
	GString *ret = kit_bytes(fd);
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
