#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "pgp/helper.h"
#include "pgp/helper_status.h"

#define ROW      3     /* so many alike, and there will probably be another */
#define SMALL    65536 /* bytes that a pipe takes before anybody reads */
#define SEAL_MAX (2 * SMALL)

void
helper_ahead_end(helper *h)
{
	helper_ahead *a = &h->ahead;

	g_clear_pointer(&a->args, g_strfreev);
	a->row = 0;
	if (a->pid == 0)
		return;
	kill(a->pid, SIGKILL);
	helper_gpg_wait(a->pid);
	close(a->in);
	close(a->out);
	close(a->status);
	a->pid = 0;
}

static gboolean
is_same(const helper_ahead *a, const char *const *args)
{
	return a->args != NULL && g_strv_equal((const char *const *)a->args, args);
}

void
helper_ahead_note(helper *h, char **args)
{
	helper_ahead *a = &h->ahead;

	if (is_same(a, (const char *const *)args)) {
		g_strfreev(args);
	} else {
		helper_ahead_end(h);
		a->args = args;
	}
	a->row++;
}

void
helper_ahead_start(helper *h)
{
	helper_ahead *a = &h->ahead;
	int in[2], out[2];

	if (a->pid != 0 || a->row < ROW || pipe2(in, O_CLOEXEC) < 0)
		return;
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return;
	}
	const helper_run run = {.args = (const char *const *)a->args, .in = in[0], .dir = -1};
	pid_t pid = helper_gpg_start(h, &run, out[1], &a->status, NULL);
	close(in[0]);
	close(out[1]);
	a->in = in[1];
	a->out = out[0];
	if (pid > 0) {
		a->pid = pid;
		return;
	}
	close(a->in);
	close(a->out);
}

/* The rest of file FD, if it is SMALL; else NULL. */
static GByteArray *
small_rest(int fd)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	off_t from = lseek(fd, 0, SEEK_CUR);
	ssize_t n = 1;

	g_byte_array_set_size(all, SMALL + 1);
	guint len = 0;
	while (from >= 0 && n > 0 && len <= SMALL) {
		n = pread(fd, all->data + len, SMALL + 1 - len, from + len);
		len += n > 0 ? (guint)n : 0;
	}
	if (from < 0 || n < 0 || len > SMALL)
		return NULL;
	g_byte_array_set_size(all, len);
	return g_steal_pointer(&all);
}

/* All that comes from FD; NULL if that is more than a small message can become. */
static GByteArray *
collect(int fd)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	guint len = 0;

	for (;;) {
		g_byte_array_set_size(all, SEAL_MAX);
		ssize_t n = len < SEAL_MAX ? read(fd, all->data + len, SEAL_MAX - len) : -1;

		if (n < 0 && len < SEAL_MAX && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		len += (guint)n;
	}
	g_byte_array_set_size(all, len);
	return g_steal_pointer(&all);
}

/* Lets the one that waits seal TEXT, and takes leave of it. */
static GByteArray *
let_seal(helper_ahead *a, const GByteArray *text, gboolean encrypt)
{
	g_auto(helper_said) said = {0};
	helper_sink to = {.fd = a->in, .left = SMALL};
	helper_status status;

	gboolean ok = helper_sink_write(&to, text->data, text->len);
	close(a->in);
	g_autoptr(GByteArray) sealed = ok ? collect(a->out) : NULL;
	close(a->out);
	if (sealed == NULL)
		kill(a->pid, SIGKILL);
	said.clean = helper_gpg_wait(a->pid) == 0;
	a->pid = 0;
	ok = sealed != NULL && helper_said_read(a->status, &said, NULL);
	close(a->status);
	if (!ok)
		return NULL;
	helper_status_read(said.text, said.len, &status);
	return helper_status_sealed(&status, said.clean, encrypt, NULL) ? g_steal_pointer(&sealed)
									: NULL;
}

GByteArray *
helper_ahead_seal(helper *h, const char *const *args, int in, gboolean encrypt)
{
	helper_ahead *a = &h->ahead;

	if (a->pid == 0 || !is_same(a, args))
		return NULL;
	g_autoptr(GByteArray) text = small_rest(in);
	return text == NULL ? NULL : let_seal(a, text, encrypt);
}
