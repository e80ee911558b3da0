/*
 * memory_file - files without a name
 */
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include "base/fsio.h"

/* A file at its start with these bytes; the caller closes it. */
static inline int
memory_file(const void *bytes, gsize len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(fsio_write_all(fd, bytes, len, NULL));
	g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
	return fd;
}

/* All of FD's file; caller frees. */
static inline GString *
memory_file_bytes(int fd)
{
	GString *ret = g_string_new(NULL);
	char buf[4096];
	gssize n;

	for (off_t at = 0; (n = pread(fd, buf, sizeof buf, at)) > 0; at += n)
		g_string_append_len(ret, buf, n);
	return ret;
}
