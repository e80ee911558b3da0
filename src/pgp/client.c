#include "pgp/pgp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "pgp/ring.h"
#include "pgp/wire.h"

#ifndef HANDSEL_LIBEXECDIR
#define HANDSEL_LIBEXECDIR "/usr/local/libexec/handsel"
#endif

#define STOP_WAIT_MS 15000 /* far more than ending gpg-agent takes */
#define STEP_MS      1

struct pgp {
	char *home, *work; /* WORK may be NULL */
	char *program;
	int socket; /* -1: not running */
	pid_t pid;
};

/* What gpg needs and nothing else; times and texts are the same everywhere. */
static char **
helper_environment(void)
{
	static const char *const kept[] = {"PATH", "HOME"};
	char **env = NULL;

	env = g_environ_setenv(env, "PATH", "/usr/local/bin:/usr/bin:/bin", TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		const char *value = g_getenv(kept[i]);

		if (value != NULL)
			env = g_environ_setenv(env, kept[i], value, TRUE);
	}
	env = g_environ_setenv(env, "LC_ALL", "C", TRUE);
	return g_environ_setenv(env, "TZ", "UTC", TRUE);
}

/* A group of its own, so that a terminal's signals pass it by; signals as at login. */
static void
set_attributes(posix_spawnattr_t *attr)
{
	sigset_t set;

	posix_spawnattr_init(attr);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attr, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(attr, &set);
}

static gboolean
spawn(pgp *p, int socket, GError **error)
{
	const char *argv[] = {p->program, "serve", p->home, p->work, NULL};
	g_auto(GStrv) env = helper_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;

	set_attributes(&attr);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, socket, WIRE_SOCKET);
	for (int fd = 0; fd < WIRE_SOCKET; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	int errnum = posix_spawn(&p->pid, p->program, &actions, &attr,
				 (char *const *)(gpointer)argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (errnum != 0)
		fail_set(error, FAIL_CONFIG, "cannot start %s: %s; set HANDSEL_PGP to where it is",
			 p->program, g_strerror(errnum));
	return errnum == 0;
}

/* Waits for the helper to end by itself, but not for ever. */
static void
reap(pid_t pid)
{
	for (int ms = 0; ms < STOP_WAIT_MS; ms += STEP_MS) {
		pid_t got = waitpid(pid, NULL, WNOHANG);

		if (got == pid || (got < 0 && errno != EINTR))
			return;
		g_usleep(STEP_MS * 1000);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void
end(pgp *p)
{
	if (p->socket < 0)
		return;
	close(p->socket);
	p->socket = -1;
	reap(p->pid);
}

/* The next answer; whatever is wrong with it, the helper can't be asked any more. */
static gboolean
receive(pgp *p, wire_message *ret, GError **error)
{
	wire_result r = wire_receive(p->socket, ret, error);

	if (r == WIRE_ENDED)
		fail_set(error, FAIL_RETRY, "handsel-pgp ended while it worked on %s", p->home);
	if (r != WIRE_RECEIVED)
		end(p);
	return r == WIRE_RECEIVED;
}

static gboolean
succeeded(const wire_message *m, GError **error)
{
	if (m->code == 0)
		return TRUE;
	fail_set(error, m->code, "%s", m->fields[0] == NULL ? "handsel-pgp failed" : m->fields[0]);
	return FALSE;
}

static gboolean
start(pgp *p, GError **error)
{
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fail_errno(error, errno, "cannot make a socket pair");
		return FALSE;
	}
	gboolean ok = spawn(p, pair[1], error);
	close(pair[1]);
	if (!ok) {
		close(pair[0]);
		return FALSE;
	}
	p->socket = pair[0];
	if (!receive(p, &m, error))
		return FALSE;
	/* It has the ring for itself now, and has not looked at it yet. */
	if (succeeded(&m, error) && ring_recover(p->home, error))
		return TRUE;
	end(p);
	return FALSE;
}

pgp *
pgp_start(const char *home, const char *program, GError **error)
{
	return pgp_start_for(home, NULL, program, error);
}

pgp *
pgp_start_for(const char *home, const char *work, const char *program, GError **error)
{
	g_autoptr(pgp) p = g_new0(pgp, 1);

	if (program == NULL)
		program = g_getenv("HANDSEL_PGP");
	p->home = g_canonicalize_filename(home, NULL);
	p->work = work == NULL ? NULL : g_canonicalize_filename(work, NULL);
	p->program = g_strdup(program != NULL ? program : HANDSEL_LIBEXECDIR "/handsel-pgp");
	p->socket = -1;
	return start(p, error) ? g_steal_pointer(&p) : NULL;
}

void
pgp_stop(pgp *p)
{
	if (p == NULL)
		return;
	end(p);
	g_free(p->home);
	g_free(p->work);
	g_free(p->program);
	g_free(p);
}

/*
 * Sends a request and waits for its answer, of which *RET_TEXT (may be NULL) is the field.  On
 * failure *RET_TEXT is written only if the answer names a signer.  A helper that died, as the
 * kernel's memory killer lets it, is started again by the next request.
 */
static gboolean
ask(pgp *p, wire_op op, const char *const *fields, int in, int out, char **ret_text, GError **error)
{
	g_auto(wire_message) m = WIRE_MESSAGE_INIT;
	int fds[WIRE_FDS] = {in, out};

	if (p->socket < 0 && !start(p, error))
		return FALSE;
	g_autoptr(GError) e = NULL;
	if (!wire_send(p->socket, (int)op, fields, fds, &e)) {
		if (!fail_is(e, FAIL_REJECT))
			end(p);
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	if (!receive(p, &m, error))
		return FALSE;
	gboolean ok = succeeded(&m, error);
	const char *text = ok || m.fields[0] == NULL ? m.fields[0] : m.fields[1];
	if (ret_text != NULL && text != NULL)
		*ret_text = g_strdup(text);
	return ok;
}

/* As ask(), for what changes the ring: an answer of success is durable.  Started before it is
 * guarded, as a start takes what was kept back for a change that was cut off. */
static gboolean
ask_to_change(pgp *p, wire_op op, const char *const *fields, int in, char **ret_text,
	      GError **error)
{
	g_autofree char *text = NULL;

	if ((p->socket < 0 && !start(p, error)) || !ring_guard(p->home, error) ||
	    !ask(p, op, fields, in, -1, &text, error) || !ring_settle(p->home, error))
		return FALSE;
	if (ret_text != NULL)
		*ret_text = g_steal_pointer(&text);
	return TRUE;
}

/* Large texts travel as files that lie nowhere. */
static int
memory_file(const char *text, gsize len, GError **error)
{
	int fd = memfd_create("handsel", MFD_CLOEXEC);

	if (fd < 0) {
		fail_errno(error, errno, "cannot make a file in memory");
		return -1;
	}
	if (!fsio_write_all(fd, text, len, error)) {
		close(fd);
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* All text of the memory file FD, which is closed; caller frees.  The helper limits it. */
static char *
take_text(int fd, GError **error)
{
	struct stat st;
	g_autofree char *text = NULL;

	if (fstat(fd, &st) == 0 && st.st_size <= PGP_KEY_MAX) {
		text = g_malloc0((gsize)st.st_size + 1);
		if (pread(fd, text, (gsize)st.st_size, 0) != st.st_size)
			g_clear_pointer(&text, g_free);
	}
	close(fd);
	if (text == NULL)
		fail_set(error, FAIL_BUG, "handsel-pgp: an answer that can't be read");
	return g_steal_pointer(&text);
}

char *
pgp_make_key(pgp *p, const char *name, GError **error)
{
	const char *fields[] = {name, NULL};
	char *fpr = NULL;

	return ask_to_change(p, WIRE_MAKE_KEY, fields, -1, &fpr, error) ? fpr : NULL;
}

char *
pgp_export(pgp *p, const char *fpr, GError **error)
{
	const char *fields[] = {fpr, NULL};
	int out = memory_file("", 0, error);

	if (out < 0)
		return NULL;
	if (ask(p, WIRE_EXPORT, fields, out, -1, NULL, error))
		return take_text(out, error);
	close(out);
	return NULL;
}

char *
pgp_import(pgp *p, const char *key, gsize len, GError **error)
{
	char *fpr = NULL;

	if (len > PGP_KEY_MAX) {
		fail_set(error, FAIL_REJECT, "a key of %" G_GSIZE_FORMAT " bytes; %d at most", len,
			 PGP_KEY_MAX);
		return NULL;
	}
	int in = memory_file(key, len, error);
	if (in < 0)
		return NULL;
	gboolean ok = ask_to_change(p, WIRE_IMPORT, NULL, in, &fpr, error);
	close(in);
	return ok ? fpr : NULL;
}

gboolean
pgp_forget(pgp *p, const char *fpr, GError **error)
{
	const char *fields[] = {fpr, NULL};

	return ask_to_change(p, WIRE_FORGET, fields, -1, NULL, error);
}

/* FIRST, SECOND (may be NULL) and REST (may be NULL) in one list; the strings stay whose they are.
 */
static const char **
fields_of(const char *first, const char *second, const char *const *rest)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	g_ptr_array_add(list, (gpointer)first);
	if (second != NULL)
		g_ptr_array_add(list, (gpointer)second);
	for (; rest != NULL && *rest != NULL; rest++)
		g_ptr_array_add(list, (gpointer)*rest);
	g_ptr_array_add(list, NULL);
	return (const char **)g_ptr_array_steal(list, NULL);
}

gboolean
pgp_seal(pgp *p, int in, int out, const char *signer, const char *const *recipients, GError **error)
{
	/* What was to be encrypted must not go out readable because a list came out empty. */
	if (recipients != NULL && recipients[0] == NULL) {
		fail_set(error, FAIL_BUG, "nobody to encrypt to");
		return FALSE;
	}
	g_autofree const char **fields = fields_of(signer, NULL, recipients);
	return ask(p, WIRE_SEAL, fields, in, out, NULL, error);
}

gboolean
pgp_unseal(pgp *p, int in, int out, pgp_protect protect, const char *const *signers, guint64 limit,
	   char **ret_signer, GError **error)
{
	g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, limit);
	g_autofree const char **fields =
		fields_of(protect == PGP_SIGN ? "sign" : "encrypt", bytes, signers);

	return ask(p, WIRE_UNSEAL, fields, in, out, ret_signer, error);
}

static gboolean
are_opened(const char *text, guint n, gboolean *ret, GError **error)
{
	if (text == NULL || strlen(text) != n || strspn(text, "01") != n) {
		fail_set(error, FAIL_BUG, "handsel-pgp: malformed answer");
		return FALSE;
	}
	for (guint i = 0; i < n; i++)
		ret[i] = text[i] == '1';
	return TRUE;
}

gboolean
pgp_unseal_many(pgp *p, int dir, const char *const *names, guint n, pgp_protect protect,
		const char *const *signers, guint64 limit, gboolean *ret_opened, GError **error)
{
	g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, limit);
	g_autofree char *count = g_strdup_printf("%u", n);
	g_autoptr(GPtrArray) fields = g_ptr_array_new();
	g_autofree char *opened = NULL;

	g_ptr_array_add(fields, (gpointer)(protect == PGP_SIGN ? "sign" : "encrypt"));
	g_ptr_array_add(fields, bytes);
	g_ptr_array_add(fields, count);
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(fields, (gpointer)names[i]);
	for (; *signers != NULL; signers++)
		g_ptr_array_add(fields, (gpointer)*signers);
	g_ptr_array_add(fields, NULL);
	return ask(p, WIRE_UNSEAL_MANY, (const char *const *)fields->pdata, dir, -1, &opened,
		   error) &&
	       are_opened(opened, n, ret_opened, error);
}

gboolean
pgp_decrypt(pgp *p, int in, int out, guint64 limit, GError **error)
{
	g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, limit);
	const char *fields[] = {bytes, NULL};

	return ask(p, WIRE_DECRYPT, fields, in, out, NULL, error);
}

char *
pgp_sign(pgp *p, const char *data, gsize len, const char *signer, GError **error)
{
	const char *fields[] = {signer, NULL};
	int in = memory_file(data, len, error);
	int out = in < 0 ? -1 : memory_file("", 0, error);
	char *signature = NULL;

	if (out >= 0 && ask(p, WIRE_SIGN, fields, in, out, NULL, error)) {
		signature = take_text(out, error);
		out = -1;
	}
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return signature;
}

gboolean
pgp_verify(pgp *p, const char *data, gsize len, const char *signature, const char *fpr,
	   GError **error)
{
	const char *fields[] = {fpr, NULL};
	int in = memory_file(data, len, error);
	int by = in < 0 ? -1 : memory_file(signature, strlen(signature), error);
	gboolean ok = by >= 0 && ask(p, WIRE_VERIFY, fields, in, by, NULL, error);

	if (in >= 0)
		close(in);
	if (by >= 0)
		close(by);
	return ok;
}
