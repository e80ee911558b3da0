#include <errno.h>
#include <unistd.h>

#include "base/fail.h"
#include "pgp/helper.h"

#define BUFFER "65536" /* bytes; gpgme's own 512 make bulk data twice as slow */

static gpgme_data_t
ready(gpgme_data_t data, gpgme_error_t e, GError **error)
{
	if (e == 0)
		e = gpgme_data_set_flag(data, "io-buffer-size", BUFFER);
	if (e == 0)
		return data;
	helper_failed(error, e, NULL, FAIL_RETRY, "cannot hand a file to gpg");
	gpgme_data_release(data);
	return NULL;
}

gpgme_data_t
helper_source(int fd, GError **error)
{
	gpgme_data_t data = NULL;
	gpgme_error_t e = gpgme_data_new_from_fd(&data, fd);

	return ready(data, e, error);
}

gboolean
helper_sink_write(helper_sink *sink, const void *buf, gsize len)
{
	const char *from = buf;

	if (len > sink->left) {
		sink->over = TRUE;
		return FALSE;
	}
	while (len > 0) {
		ssize_t n = write(sink->fd, from, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			sink->errnum = errno;
			return FALSE;
		}
		from += n;
		len -= (gsize)n;
		sink->left -= (guint64)n;
	}
	return TRUE;
}

gboolean
helper_sink_fine(const helper_sink *sink, const char *what, GError **error)
{
	if (sink->over)
		fail_set(error, REASON_BOMB, "%s: the output is longer than it may be", what);
	else if (sink->errnum != 0)
		fail_errno(error, sink->errnum, "%s", what);
	return !sink->over && sink->errnum == 0;
}

/* For gpgme. */
static ssize_t
sink_write(void *handle, const void *buf, size_t size)
{
	helper_sink *sink = handle;

	if (helper_sink_write(sink, buf, size))
		return (ssize_t)size;
	errno = sink->over ? EFBIG : sink->errnum;
	return -1;
}

gpgme_data_t
helper_sink_data(helper_sink *sink, GError **error)
{
	static const struct gpgme_data_cbs callbacks = {.write = sink_write};
	gpgme_data_t data = NULL;
	gpgme_error_t e = gpgme_data_new_from_cbs(&data, (gpgme_data_cbs_t)&callbacks, sink);

	return ready(data, e, error);
}

void
helper_failed(GError **error, gpgme_error_t e, const helper_sink *sink, int code, const char *what)
{
	int errnum = gpgme_err_code_to_errno(gpgme_err_code(e));

	if (sink != NULL && !helper_sink_fine(sink, what, error))
		return;
	if (errnum != 0) {
		fail_errno(error, errnum, "%s", what);
	} else {
		g_autofree char *text = g_strdup(gpgme_strerror(e));

		text[0] = g_ascii_tolower(text[0]);
		fail_set(error, code, "%s: %s", what, text);
	}
}
