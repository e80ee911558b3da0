#include "pgp/helper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"

/* Fewer fields or descriptors than these, and a request is malformed. */
static const struct {
	helper_op *run;
	guint fields;
	guint fds;
} ops[] = {
	[WIRE_MAKE_KEY] = {helper_make_key, 1, 0}, [WIRE_EXPORT] = {helper_export, 1, 1},
	[WIRE_IMPORT] = {helper_import, 0, 1},     [WIRE_FORGET] = {helper_forget, 1, 0},
	[WIRE_SEAL] = {helper_seal, 1, 2},         [WIRE_UNSEAL] = {helper_unseal, 2, 2},
	[WIRE_DECRYPT] = {helper_decrypt, 1, 2},   [WIRE_SIGN] = {helper_sign, 1, 2},
	[WIRE_VERIFY] = {helper_verify, 1, 2},
};

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
	return ops[op].run(h, m, ret_text, error);
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
	}
}

/*
 * gpgme tells a good signature even where gpg goes on to complain that more follows: junk, or
 * another message.
 */
static gpgme_error_t
heed_status(void *data, const char *keyword, const char *args)
{
	helper *h = data;

	if (g_str_equal(keyword, "NODATA") || g_str_equal(keyword, "UNEXPECTED") ||
	    (g_str_equal(keyword, "ERROR") &&
	     (g_str_has_prefix(args, "proc_pkt.") || g_str_has_prefix(args, "decryption."))))
		h->unsound = TRUE;
	return 0;
}

/* One context for the whole life: a new one costs four gpg operations. */
static gpgme_ctx_t
make_context(const char *home, GError **error)
{
	gpgme_ctx_t gpg = NULL;

	/* gpg is where the system has it; asking gpgconf costs four processes at every start. */
	gpgme_set_global_flag("disable-gpgconf", "1");
	gpgme_check_version(NULL);
	gpgme_error_t e = gpgme_new(&gpg);
	if (e == 0)
		e = gpgme_ctx_set_engine_info(gpg, GPGME_PROTOCOL_OpenPGP, NULL, home);
	if (e == 0)
		e = gpgme_set_protocol(gpg, GPGME_PROTOCOL_OpenPGP);
	if (e == 0)
		e = gpgme_set_ctx_flag(gpg, "full-status", "1");
	if (e == 0)
		return gpg;
	helper_failed(error, e, NULL, FAIL_CONFIG, "cannot use gpg");
	if (gpg != NULL)
		gpgme_release(gpg);
	return NULL;
}

static int
serve_home(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(helper_home) home = helper_home_open(path, &error);
	helper h = {.home = home};

	if (home != NULL) {
		g_setenv("GNUPGHOME", helper_home_name(home), TRUE);
		h.gpg = make_context(helper_home_name(home), &error);
	}
	if (!answer(h.gpg != NULL, NULL, error) || h.gpg == NULL)
		return 1;
	gpgme_set_status_cb(h.gpg, heed_status, &h);
	h.keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
				       (GDestroyNotify)gpgme_key_unref);
	serve(&h);
	g_hash_table_unref(h.keys);
	gpgme_release(h.gpg);
	return 0;
}

/* A terminal's or service manager's signal goes to us as well as to the client: it shall finish
 * what it does and then close the socket. */
static void
ignore_signals(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};

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
	if (argc != 3 || !g_str_equal(argv[1], "serve") ||
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
	return serve_home(argv[2]);
}
