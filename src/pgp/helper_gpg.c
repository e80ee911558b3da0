/*
 * gpg, run directly: GPGME forks twice and copies every byte twice, which costs as much as a small
 * message.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "pgp/helper.h"

#define STATUS_FD  3 /* as gpg has it */
#define STATUS_ARG "3"
#define STATUS_MAX (1024 * 1024) /* bytes; a message has 2000, a hostile one a few times that */
#define BUFFER     65536

extern char **environ;

/* These operations write nothing into the key ring, so they need no locks; the rest of what gpg is
 * told stands in its gpg.conf. */
static const char *const common[] = {
	"gpg",         "--batch",  "--no-tty", "--quiet", "--lock-never", "--no-random-seed-file",
	"--status-fd", STATUS_ARG,
};

/* What the new process needs; nothing is allocated there. */
typedef struct {
	const char *program;
	char *const *argv;
	int fds[STATUS_FD + 1]; /* become 0, 1, ...; -1: stays /dev/null, as ours is */
	int dir;
	rlim_t file_max;
	pid_t parent;
	int errnum; /* why it could not be started */
} launch;

/* In the new process, which shares our memory until it is gpg. */
static void
become_gpg(launch *l)
{
	const struct rlimit limit = {l->file_max, l->file_max};
	gboolean ok = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == l->parent &&
		      setrlimit(RLIMIT_FSIZE, &limit) == 0 && (l->dir < 0 || fchdir(l->dir) == 0);

	for (int fd = 0; ok && fd <= STATUS_FD; fd++)
		ok = l->fds[fd] < 0 || dup2(l->fds[fd], fd) == fd;
	if (ok)
		execve(l->program, l->argv, environ);
	l->errnum = errno;
	_exit(127);
}

/* posix_spawn() can't ask that the child dies with us. */
static pid_t
fork_gpg(launch *l, GError **error)
{
	pid_t pid = vfork();

	if (pid == 0)
		become_gpg(l);
	if (pid > 0 && l->errnum == 0)
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	else
		l->errnum = errno;
	fail_set(error, FAIL_CONFIG, "cannot start %s: %s; install GnuPG", l->program,
		 g_strerror(l->errnum));
	return -1;
}

/* Copies what comes from FROM into SINK. */
static void
drain(int from, helper_sink *sink)
{
	g_autofree char *buf = g_malloc(BUFFER);

	for (;;) {
		ssize_t n = read(from, buf, BUFFER);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		if (!helper_sink_write(sink, buf, (gsize)n))
			return;
	}
}

int
helper_gpg_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

gboolean
helper_said_read(int fd, helper_said *ret, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		fail_errno(error, errno, "cannot read what gpg says");
		return FALSE;
	}
	gsize len = (gsize)MIN(st.st_size, STATUS_MAX);
	ret->text = g_malloc(len + 1);
	ssize_t n = pread(fd, ret->text, len, 0);
	if (n != (ssize_t)len) {
		fail_errno(error, n < 0 ? errno : EIO, "cannot read what gpg says");
		return FALSE;
	}
	ret->text[len] = '\0';
	ret->len = len;
	/* One that long was cut off. */
	ret->clean = ret->clean && len < STATUS_MAX;
	return TRUE;
}

/* Large enough for what gpg says, and for BYTES; never more than we may ourselves. */
static rlim_t
file_limit(guint64 bytes)
{
	struct rlimit ours = {RLIM_INFINITY, RLIM_INFINITY};

	getrlimit(RLIMIT_FSIZE, &ours);
	return MIN(ours.rlim_max, (rlim_t)MAX(bytes, STATUS_MAX));
}

pid_t
helper_gpg_start(helper *h, const helper_run *run, int out, int *ret_status, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	/* A file, not a pipe: nobody wakes for each line, and nobody waits for us to read. */
	int status = memfd_create("handsel-status", MFD_CLOEXEC);

	if (status < 0) {
		fail_errno(error, errno, "cannot make a file in memory");
		return -1;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(common); i++)
		g_ptr_array_add(argv, (gpointer)common[i]);
	for (gsize i = 0; run->args[i] != NULL; i++)
		g_ptr_array_add(argv, (gpointer)run->args[i]);
	g_ptr_array_add(argv, NULL);
	launch l = {
		.program = h->gpg,
		.argv = (char *const *)argv->pdata,
		.fds = {run->in, out, -1, status},
		.dir = run->dir,
		.file_max = file_limit(run->file_max),
		.parent = getpid(),
	};
	pid_t pid = fork_gpg(&l, error);
	if (pid < 0)
		close(status);
	else
		*ret_status = status;
	return pid;
}

/* Its output, if anybody wants it, comes through a pipe, so that we know why and when there is no
 * room for it. */
static gboolean
wait_with_output(pid_t pid, int from, const helper_run *run, helper_said *ret, GError **error)
{
	helper_sink *sink = run->sink;

	if (sink != NULL)
		drain(from, sink);
	gboolean full = sink != NULL && (sink->over || sink->errnum != 0);
	if (full)
		kill(pid, SIGKILL);
	int status = helper_gpg_wait(pid);
	if (full)
		return helper_sink_fine(sink, run->what, error);
	if (status < 0)
		fail_set(error, FAIL_RETRY, "gpg was ended by a signal");
	ret->clean = status == 0;
	return status >= 0;
}

gboolean
helper_gpg(helper *h, const helper_run *run, helper_said *ret, GError **error)
{
	int tube[2] = {-1, -1}, status = -1;

	if (run->sink != NULL && pipe2(tube, O_CLOEXEC) < 0) {
		fail_errno(error, errno, "cannot make a pipe");
		return FALSE;
	}
	pid_t pid = helper_gpg_start(h, run, tube[1], &status, error);
	if (tube[1] >= 0)
		close(tube[1]);
	gboolean ok = pid >= 0 && wait_with_output(pid, tube[0], run, ret, error) &&
		      helper_said_read(status, ret, error);
	if (tube[0] >= 0)
		close(tube[0]);
	if (status >= 0)
		close(status);
	return ok;
}

void
helper_said_clear(helper_said *said)
{
	g_clear_pointer(&said->text, g_free);
}
