#include "spool/zipfd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"

void
zipfd_init(zipfd *z, int fd, guint64 size)
{
	*z = (zipfd){.fd = fd, .size = size};
	zip_error_init(&z->error);
}

static zip_int64_t
broken(zipfd *z, int code, int errnum)
{
	z->errnum = errnum;
	zip_error_set(&z->error, code, errnum);
	return -1;
}

static zip_int64_t
read_some(zipfd *z, guint8 *buf, guint64 len)
{
	guint64 want = MIN(len, z->size - MIN(z->at, z->size));
	ssize_t n;

	if (want == 0)
		return 0;
	if (!fault_look("read", NULL))
		return broken(z, ZIP_ER_READ, EIO);
	do {
		n = pread(z->fd, buf, want, (off_t)z->at);
	} while (n < 0 && errno == EINTR);
	/* The end before SIZE: somebody made the file shorter. */
	if (n <= 0)
		return broken(z, ZIP_ER_READ, n < 0 ? errno : ENODATA);
	if (z->at < z->hidden)
		memset(buf, 0, MIN((guint64)n, z->hidden - z->at));
	z->at += (guint64)n;
	return n;
}

static zip_int64_t
write_all(zipfd *z, const guint8 *buf, guint64 len)
{
	if (!fault_pass("write", NULL))
		return broken(z, ZIP_ER_WRITE, EIO);
	for (guint64 done = 0; done < len;) {
		ssize_t n = pwrite(z->fd, buf + done, len - done, (off_t)z->write_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return broken(z, ZIP_ER_WRITE, errno);
		done += (guint64)n;
		z->write_at += (guint64)n;
	}
	z->size = MAX(z->size, z->write_at);
	return (zip_int64_t)len;
}

static zip_int64_t
seek(zipfd *z, guint64 *at, void *args, guint64 len)
{
	zip_int64_t to = zip_source_seek_compute_offset(*at, z->size, args, len, &z->error);

	if (to < 0)
		return -1;
	*at = (guint64)to;
	return 0;
}

static zip_int64_t
tell_size(const zipfd *z, zip_stat_t *ret)
{
	zip_stat_init(ret);
	ret->size = z->size;
	ret->valid = ZIP_STAT_SIZE;
	return sizeof *ret;
}

static zip_int64_t
call_read(void *data, void *buf, zip_uint64_t len, zip_source_cmd_t command)
{
	zipfd *z = data;

	switch (command) {
	case ZIP_SOURCE_OPEN:
		z->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return read_some(z, buf, len);
	case ZIP_SOURCE_SEEK:
		return seek(z, &z->at, buf, len);
	case ZIP_SOURCE_TELL:
		return (zip_int64_t)z->at;
	case ZIP_SOURCE_STAT:
		return tell_size(z, buf);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&z->error, buf, len);
	case ZIP_SOURCE_CLOSE:
	case ZIP_SOURCE_FREE:
		return 0;
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_SEEKABLE;
	default:
		zip_error_set(&z->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
}

static zip_int64_t
call_write(void *data, void *buf, zip_uint64_t len, zip_source_cmd_t command)
{
	zipfd *z = data;

	switch (command) {
	case ZIP_SOURCE_WRITE:
		return write_all(z, buf, len);
	case ZIP_SOURCE_SEEK_WRITE:
		return seek(z, &z->write_at, buf, len);
	case ZIP_SOURCE_TELL_WRITE:
		return (zip_int64_t)z->write_at;
	case ZIP_SOURCE_BEGIN_WRITE:
	case ZIP_SOURCE_COMMIT_WRITE:
	case ZIP_SOURCE_ROLLBACK_WRITE:
	case ZIP_SOURCE_REMOVE:
		/* The file is a temporary of the caller, who removes it when writing failed. */
		return 0;
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_WRITABLE;
	default:
		return call_read(data, buf, len, command);
	}
}

zip_source_t *
zipfd_source(zipfd *z, gboolean writable)
{
	return zip_source_function_create(writable ? call_write : call_read, z, &z->error);
}

/* Sizes of the records that end a zip (APPNOTE.TXT 4.3.14 to 4.3.16). */
#define END_SIZE     22
#define LOCATOR_SIZE 20
#define END64_SIZE   56
#define TAIL_SIZE    (END64_SIZE + LOCATOR_SIZE + END_SIZE)
/* A central header with a name of ours and room for extra fields; it bounds what libzip reads. */
#define HEADER_MAX 256

static guint64
little(const guint8 *p, guint bytes)
{
	guint64 n = 0;

	for (guint i = bytes; i > 0; i--)
		n = n << 8 | p[i - 1];
	return n;
}

/* The last LEN bytes of the file into BUF. */
static gboolean
read_tail(const zipfd *z, guint8 *buf, gsize len, GError **error)
{
	if (!fault_look("read", error))
		return FALSE;
	ssize_t n = pread(z->fd, buf, len, (off_t)(z->size - len));

	if (n == (ssize_t)len)
		return TRUE;
	fail_errno(error, n < 0 ? errno : ENODATA, "cannot read the end of the zip");
	return FALSE;
}

typedef struct {
	guint64 entries, size, offset; /* of the central directory */
	guint64 end;                   /* where the records behind it begin */
} directory;

/* Reads it from the TAIL_SIZE bytes of TAIL, of which zeros stand for what is before the file. */
static gboolean
find_directory(const guint8 tail[TAIL_SIZE], guint64 file_size, directory *ret)
{
	const guint8 *end64 = tail;
	const guint8 *locator = end64 + END64_SIZE;
	const guint8 *end = locator + LOCATOR_SIZE;
	guint64 comment = little(end + 20, 2);

	if (memcmp(end, "PK\5\6", 4) != 0 || comment != 0)
		return FALSE;
	if (memcmp(locator, "PK\6\7", 4) != 0) {
		*ret = (directory){little(end + 10, 2), little(end + 12, 4), little(end + 16, 4),
				   file_size - END_SIZE};
		return TRUE;
	}
	*ret = (directory){little(end64 + 32, 8), little(end64 + 40, 8), little(end64 + 48, 8),
			   file_size - TAIL_SIZE};
	return memcmp(end64, "PK\6\6", 4) == 0 && little(locator + 8, 8) == ret->end;
}

gboolean
zipfd_check_end(zipfd *z, guint64 entries, GError **error)
{
	guint8 tail[TAIL_SIZE] = {0};
	gsize len = MIN(z->size, TAIL_SIZE);
	directory d;

	if (z->size >= END_SIZE && !read_tail(z, tail + TAIL_SIZE - len, len, error))
		return FALSE;
	if (z->size < END_SIZE || !find_directory(tail, z->size, &d)) {
		fail_set(error, REASON_ZIP, "the zip has no end");
		return FALSE;
	}
	if (d.entries > entries || d.size > entries * HEADER_MAX) {
		fail_set(error, REASON_ZIP, "the zip has too many entries");
		return FALSE;
	}
	if (d.offset > d.end || d.size != d.end - d.offset) {
		fail_set(error, REASON_ZIP, "the zip's directory is not at its end");
		return FALSE;
	}
	z->hidden = d.offset;
	return TRUE;
}
