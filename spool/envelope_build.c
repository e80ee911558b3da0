#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/envelope.h"
#include "spool/zipfd.h"

#define DEFLATE_LEVEL 1
#define SAMPLE_SIZE   (64 * 1024)
#define SAMPLE_MIN    4096
#define BUFFER_SIZE   (64 * 1024)
/* Every entry bears the first day that zips can write: the same content makes the same bytes. */
#define FIXED_DATE ((0 << 9) | (1 << 5) | 1)

/* What a zip is being made of; libzip reads from it until the very end. */
typedef struct {
	zip_t *zip;
	zipfd out, lines;
	zipfd *files;
	char *manifest;
} build;

static gboolean
failed(build *b, const char *what, GError **error)
{
	int errnum = b->out.errnum != 0 ? b->out.errnum : b->lines.errnum;

	if (errnum != 0)
		fail_errno(error, errnum, "cannot %s of the envelope", what);
	else
		fail_set(error, FAIL_BUG, "cannot %s of the envelope: %s", what,
			 zip_strerror(b->zip));
	return FALSE;
}

/* Owns SOURCE. */
static gboolean
add(build *b, const char *name, zip_source_t *source, gboolean stored, GError **error)
{
	zip_int64_t i = source == NULL ? -1 : zip_file_add(b->zip, name, source, 0);

	if (i < 0) {
		zip_source_free(source);
		return failed(b, "add to the zip", error);
	}
	if (zip_file_set_dostime(b->zip, (zip_uint64_t)i, 0, FIXED_DATE, 0) != 0 ||
	    zip_set_file_compression(b->zip, (zip_uint64_t)i,
				     stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE,
				     stored ? 0 : DEFLATE_LEVEL) != 0)
		return failed(b, "describe an entry", error);
	return TRUE;
}

static gboolean
add_manifest(build *b, const manifest *m, GError **error)
{
	g_autoptr(json_ref) j = manifest_to_json(m);
	g_autofree char *text = json_text(j);

	b->manifest = g_strconcat(text, "\n", NULL);
	gsize len = strlen(b->manifest);
	if (len > MANIFEST_MAX) {
		fail_set(error, FAIL_BUG, "a manifest of %zu bytes is too large", len);
		return FALSE;
	}
	return add(b, "manifest.json", zip_source_buffer(b->zip, b->manifest, len, 0), FALSE,
		   error);
}

static gboolean
check_line(const char *line, GError **error)
{
	gsize len = strlen(line);

	if (len < ENVELOPE_LINE_MAX && memchr(line, '\n', len) == NULL)
		return TRUE;
	fail_set(error, FAIL_BUG, "a change of %zu bytes is no line of an envelope", len);
	return FALSE;
}

static gboolean
write_lines(int fd, GPtrArray *lines, GError **error)
{
	g_autoptr(GString) buf = g_string_sized_new(BUFFER_SIZE);

	for (guint i = 0; i < lines->len; i++) {
		const char *line = g_ptr_array_index(lines, i);

		if (!check_line(line, error))
			return FALSE;
		g_string_append(buf, line);
		g_string_append_c(buf, '\n');
		if (buf->len < BUFFER_SIZE && i + 1 < lines->len)
			continue;
		if (!fsio_write_all(fd, buf->str, buf->len, error))
			return FALSE;
		g_string_truncate(buf, 0);
	}
	return TRUE;
}

/* The lines go through a file without a name: they may be larger than memory should be. */
static gboolean
add_lines(build *b, int dir, GPtrArray *lines, GError **error)
{
	g_autofree char *name = NULL;

	if (lines == NULL || lines->len == 0)
		return TRUE;
	if (lines->len > ENVELOPE_LINES_MAX) {
		fail_set(error, FAIL_BUG, "%u changes are too many for an envelope", lines->len);
		return FALSE;
	}
	int fd = fsio_tmp(dir, &name, error);
	if (fd < 0)
		return FALSE;
	zipfd_init(&b->lines, fd, 0);
	if (!fsio_remove(dir, name, error) || !write_lines(fd, lines, error))
		return FALSE;
	off_t size = lseek(fd, 0, SEEK_CUR);
	zipfd_init(&b->lines, fd, (guint64)size);
	return add(b, "changes.jsonl", zipfd_source(&b->lines, FALSE), FALSE, error);
}

/*
 * Would deflate find nothing?  In what is compressed or encrypted every byte is as frequent as any
 * other: the sum of the squared counts is then hardly above its minimum of n * n / 256.  The
 * sample is from the middle, since formats that compress begin with headers that do not.
 */
static gboolean
looks_like_noise(int fd, guint64 size)
{
	g_autofree guint8 *sample = g_malloc(SAMPLE_SIZE);
	guint64 counts[256] = {0}, sum = 0;
	ssize_t n = pread(fd, sample, SAMPLE_SIZE,
			  size > SAMPLE_SIZE ? (off_t)((size - SAMPLE_SIZE) / 2) : 0);

	if (n < SAMPLE_MIN)
		return FALSE;
	for (ssize_t i = 0; i < n; i++)
		counts[sample[i]]++;
	for (guint i = 0; i < 256; i++)
		sum += counts[i] * counts[i];
	return sum * 2560 < (guint64)n * (guint64)n * 11;
}

static gboolean
add_files(build *b, GPtrArray *files, GError **error)
{
	guint n = files == NULL ? 0 : files->len;

	if (n > ENVELOPE_FILES_MAX) {
		fail_set(error, FAIL_BUG, "%u files are too many for an envelope", n);
		return FALSE;
	}
	b->files = g_new0(zipfd, n);
	for (guint i = 0; i < n; i++) {
		const envelope_file *file = g_ptr_array_index(files, i);
		g_autofree char *name = g_strconcat("files/", file->sha256, NULL);

		zipfd_init(&b->files[i], file->fd, file->size);
		if (!add(b, name, zipfd_source(&b->files[i], FALSE),
			 looks_like_noise(file->fd, file->size), error))
			return FALSE;
	}
	return TRUE;
}

/* Only here are the bytes read, packed and written. */
static gboolean
finish(build *b, GPtrArray *files, GError **error)
{
	if (zip_close(b->zip) == 0) {
		b->zip = NULL;
		return TRUE;
	}
	for (guint i = 0; files != NULL && i < files->len; i++) {
		const envelope_file *file = g_ptr_array_index(files, i);

		if (b->files[i].errnum != 0) {
			fail_errno(error, b->files[i].errnum, "cannot read file %s", file->sha256);
			return FALSE;
		}
	}
	return failed(b, "write the zip", error);
}

static gboolean
open_zip(build *b, int fd, GError **error)
{
	zip_error_t why;

	zip_error_init(&why);
	zipfd_init(&b->out, fd, 0);
	zip_source_t *source = zipfd_source(&b->out, TRUE);
	if (source != NULL)
		b->zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &why);
	if (b->zip == NULL) {
		zip_source_free(source);
		fail_set(error, FAIL_BUG, "cannot begin a zip: %s", zip_error_strerror(&why));
	}
	zip_error_fini(&why);
	return b->zip != NULL;
}

static gboolean
build_zip(int fd, int dir, const manifest *m, GPtrArray *lines, GPtrArray *files, GError **error)
{
	build b = {.lines.fd = -1};

	gboolean ok = open_zip(&b, fd, error) && add_manifest(&b, m, error) &&
		      add_lines(&b, dir, lines, error) && add_files(&b, files, error) &&
		      finish(&b, files, error);
	if (b.zip != NULL)
		zip_discard(b.zip);
	if (b.lines.fd >= 0)
		close(b.lines.fd);
	g_free(b.files);
	g_free(b.manifest);
	return ok;
}

int
envelope_build(int dir, const manifest *m, GPtrArray *lines, GPtrArray *files, char **ret_name,
	       char **ret_sha, GError **error)
{
	g_autofree char *name = NULL;
	g_autofree char *sha = NULL;
	int fd = fsio_tmp(dir, &name, error);

	if (fd < 0)
		return -1;
	if (build_zip(fd, dir, m, lines, files, error))
		sha = fsio_sha(fd, NULL, error);
	if (sha == NULL) {
		close(fd);
		fsio_remove(dir, name, NULL);
		return -1;
	}
	*ret_name = g_steal_pointer(&name);
	*ret_sha = g_steal_pointer(&sha);
	return fd;
}
