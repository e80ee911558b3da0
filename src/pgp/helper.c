#include "pgp/helper.h"
#include "pgp/pgp.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/fail.h"
#include "base/fence.h"

/* Fewer fields or descriptors than these, and a request is malformed. */
static const struct {
	helper_op *run;
	guint fields;
	guint fds;
	gboolean gpgme; /* is it done by GPGME? */
} ops[] = {
	[WIRE_MAKE_KEY] = {helper_make_key, 1, 0, TRUE},
	[WIRE_EXPORT] = {helper_export, 1, 1, TRUE},
	[WIRE_IMPORT] = {helper_import, 0, 1, TRUE},
	[WIRE_FORGET] = {helper_forget, 1, 0, TRUE},
	[WIRE_SEAL] = {helper_seal, 1, 2, FALSE},
	[WIRE_UNSEAL] = {helper_unseal, 2, 2, FALSE},
	[WIRE_DECRYPT] = {helper_decrypt, 1, 2, FALSE},
	[WIRE_SIGN] = {helper_sign, 1, 2, TRUE},
	[WIRE_VERIFY] = {helper_verify, 1, 2, TRUE},
	[WIRE_UNSEAL_MANY] = {helper_unseal_many, 3, 1, FALSE},
};

/* What a pass that finds nothing to do needs not have. */
static gboolean
wake(helper *h, GError **error)
{
	if (h->gpg != NULL)
		return TRUE;
	if (!helper_home_wake(h->home, error))
		return FALSE;
	g_setenv("GNUPGHOME", helper_home_name(h->home), TRUE);
	h->gpg = g_find_program_in_path("gpg");
	if (h->gpg == NULL)
		fail_set(error, FAIL_CONFIG, "there is no gpg in %s; install GnuPG",
			 g_getenv("PATH"));
	return h->gpg != NULL;
}

static gboolean
run(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	gsize op = m->code < 0 ? 0 : (gsize)m->code;

	if (op >= G_N_ELEMENTS(ops) || ops[op].run == NULL ||
	    g_strv_length(m->fields) < ops[op].fields ||
	    (ops[op].fds > 0 && m->fds[ops[op].fds - 1] < 0)) {
		fail_set(error, FAIL_BUG, "handsel-pgp: malformed request");
		return FALSE;
	}
	/* Only the next of many seals was prepared for; what else is asked may change the keys. */
	if (op != WIRE_SEAL)
		helper_ahead_end(h);
	return wake(h, error) && (!ops[op].gpgme || helper_gpgme_open(h, error)) &&
	       ops[op].run(h, m, ret_text, error);
}

static gboolean
answer(gboolean ok, const char *text, const GError *error)
{
	const char *good[] = {text, NULL};
	const char *bad[] = {ok ? NULL : error->message, text, NULL};

	return wire_send(WIRE_SOCKET, ok ? 0 : error->code, ok ? good : bad, NULL, NULL);
}

/* Until the client closes its end. */
static void
serve(helper *h)
{
	for (;;) {
		g_auto(wire_message) m = WIRE_MESSAGE_INIT;
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;

		if (wire_receive(WIRE_SOCKET, &m, NULL) != WIRE_RECEIVED)
			return;
		gboolean ok = run(h, &m, &text, &error);
		if (!answer(ok, text, error))
			return;
		helper_ahead_start(h);
	}
}

/* All that gpg and its agent change is the key ring, the short name that leads to it, and what they
 * open many envelopes into (WORK, may be NULL). */
static void
fence_off(const char *ring, const char *work)
{
	g_autoptr(fence) f = fence_new();

	if (f == NULL)
		return;
	fence_allow(f, ring, FENCE_ALL);
	fence_allow(f, PGP_SHORT_ROOT, FENCE_NAMES);
	fence_allow(f, "/dev/null", FENCE_ALL);
	if (work != NULL)
		fence_allow(f, work, FENCE_ALL);
	(void)fence_enter(f);
}

/* The ring may have to be made first: a gap is left only at what is there. */
static int
serve_home(const char *path, const char *work)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(helper_home) home = helper_home_open(path, &error);
	helper h = {.home = home};

	fence_off(path, work);
	if (!answer(home != NULL, NULL, error) || home == NULL)
		return 1;
	serve(&h);
	helper_ahead_end(&h);
	helper_gpgme_close(&h);
	g_free(h.gpg);
	return 0;
}

/*
 * A terminal's or service manager's signal goes to us as well as to the client: it shall finish
 * what it does and then close the socket.  gpg, which inherits this, shall see a file that becomes
 * too large as an error.
 */
static void
ignore_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};

	for (gsize i = 0; i < G_N_ELEMENTS(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

int
main(int argc, char **argv)
{
	int type = 0;
	socklen_t len = sizeof type;

	if (argc == 3 && g_str_equal(argv[1], "hold")) {
		ignore_signals();
		return helper_hold(argv[2]);
	}
	if (argc < 3 || argc > 4 || !g_str_equal(argv[1], "serve") ||
	    getsockopt(WIRE_SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != SOCK_SEQPACKET) {
		fputs("handsel-pgp holds the keys of a link; handsel starts it\n", stderr);
		return 2;
	}
	/* The socket tells when the client ends; this, when it ends while gpg works. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ignore_signals();
	fcntl(WIRE_SOCKET, F_SETFD, FD_CLOEXEC);
	close_range(WIRE_SOCKET + 1, ~0U, 0);
	umask(077);
	/* A kernel that cannot is no reason to let a link stand still. */
	(void)confine_to_local();
	return serve_home(argv[2], argv[3]);
}
