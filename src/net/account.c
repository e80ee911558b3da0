#include "net/account.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/guard.h"
#include "base/proc.h"

#define SECRET_MAX      ((gsize)64 * 1024)
#define COMMAND_SECONDS 60

void
account_secret_free(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	g_free(secret);
}

/* ---- reading ---- */

/* Reads until the end, the deadline or one byte more than there may be; FALSE with errno. */
static gboolean
fill(int fd, char *buf, gint64 deadline, gsize *ret_len)
{
	gsize len = 0;

	while (len <= SECRET_MAX) {
		gint64 left = deadline - clock_mono_us();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int ready = left <= 0 ? 0 : poll(&p, 1, (int)(left / 1000) + 1);

		if (ready == 0)
			errno = ETIMEDOUT;
		gssize n = ready <= 0 ? -1 : read(fd, buf + len, SECRET_MAX + 1 - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return FALSE;
		if (n == 0)
			break;
		len += (gsize)n;
	}
	*ret_len = len;
	return TRUE;
}

static char *
first_line(const char *buf, gsize len, const char *where, GError **error)
{
	const char *end = memchr(buf, '\n', len);
	gsize line = end != NULL ? (gsize)(end - buf) : len;

	if (line > 0 && buf[line - 1] == '\r')
		line--;
	if (len > SECRET_MAX)
		fail_set(error, FAIL_CONFIG, "%s gives more than 64 KiB: that is no password",
			 where);
	else if (line == 0)
		fail_set(error, FAIL_CONFIG, "%s gives no password: its first line is empty",
			 where);
	else if (memchr(buf, '\0', line) != NULL)
		fail_set(error, FAIL_CONFIG, "%s gives no password: there is a NUL in it", where);
	else
		return g_strndup(buf, line);
	return NULL;
}

/* ---- files ---- */

/* systemd lets only the service into the directory, and shows an ACL as a group's right. */
static gboolean
is_private(int fd, const char *path, gboolean credential, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fail_set(error, FAIL_CONFIG, "%s is no regular file", path);
		return FALSE;
	}
	return credential || guard_mode(&st, path, GUARD_SECRET, error);
}

static char *
of_file(const char *path, gboolean credential, GError **error)
{
	/* A FIFO in its place would block. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	gint64 deadline = clock_mono_us() + COMMAND_SECONDS * G_USEC_PER_SEC;
	gsize len = 0;
	char *ret = NULL;

	if (fd < 0) {
		fail_set(error, FAIL_CONFIG, "%s: %s", path, g_strerror(errno));
		return NULL;
	}
	if (is_private(fd, path, credential, error)) {
		g_autofree char *buf = g_malloc(SECRET_MAX + 1);

		if (!fill(fd, buf, deadline, &len))
			fail_set(error, FAIL_CONFIG, "%s: %s", path, g_strerror(errno));
		else
			ret = first_line(buf, len, path, error);
		explicit_bzero(buf, SECRET_MAX + 1);
	}
	close(fd);
	return ret;
}

static char *
of_credential(const char *name, GError **error)
{
	const char *dir = g_getenv("CREDENTIALS_DIRECTORY");

	if (!fsio_name_safe(name)) {
		fail_set(error, FAIL_CONFIG, "a credential's name is a plain file name");
		return NULL;
	}
	if (dir == NULL || *dir != '/') {
		fail_set(error, FAIL_CONFIG,
			 "credential %s: $CREDENTIALS_DIRECTORY is not set; systemd sets it for "
			 "units with LoadCredential=",
			 name);
		return NULL;
	}
	g_autofree char *path = g_build_filename(dir, name, NULL);
	return of_file(path, TRUE, error);
}

/* ---- commands ---- */

/* What it printed is not shown: it may be the secret. */
static gboolean
ended_well(int status, GError **error)
{
	if (status == 0)
		return TRUE;
	if (status == -1)
		fail_set(error, FAIL_CONFIG, "the password command does not end within %d s",
			 COMMAND_SECONDS);
	else if (WIFSIGNALED(status))
		fail_set(error, FAIL_CONFIG, "the password command ended by signal %d",
			 WTERMSIG(status));
	else
		fail_set(error, FAIL_CONFIG, "the password command ended with status %d",
			 WEXITSTATUS(status));
	return FALSE;
}

static char *
of_command(const char *command, GError **error)
{
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
	gint64 deadline = clock_mono_us() + COMMAND_SECONDS * G_USEC_PER_SEC;
	g_autoptr(GError) why = NULL;
	gsize len = 0;
	GPid pid;
	int out;

	if (!g_spawn_async_with_pipes(NULL, argv, NULL,
				      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
				      proc_lead_group, NULL, &pid, NULL, &out, NULL, &why)) {
		fail_set(error, FAIL_CONFIG, "the password command can't be started");
		return NULL;
	}
	g_autofree char *buf = g_malloc(SECRET_MAX + 1);
	gboolean all = fill(out, buf, deadline, &len);
	/* Whoever still writes gets an error. */
	close(out);
	int status = proc_wait(pid, all && len <= SECRET_MAX ? deadline : 0);
	char *ret = NULL;
	if (len > SECRET_MAX || ended_well(status, error))
		ret = first_line(buf, len, "the password command", error);
	explicit_bzero(buf, SECRET_MAX + 1);
	return ret;
}

char *
account_secret(const secret_source *source, GError **error)
{
	if (source->file != NULL)
		return of_file(source->file, FALSE, error);
	if (source->credential != NULL)
		return of_credential(source->credential, error);
	if (source->command != NULL)
		return of_command(source->command, error);
	fail_set(error, FAIL_CONFIG,
		 "no password is set; `handsel link set NAME mail.password_file=FILE`");
	return NULL;
}
