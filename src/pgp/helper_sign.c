#include <string.h>

#include "base/fail.h"
#include "pgp/helper.h"
#include "pgp/pgp.h"

/* What gpg has against the first key of LIST, as an error. */
static gboolean
invalid_key(gpgme_invalid_key_t list, const char *what, GError **error)
{
	if (list == NULL)
		return FALSE;
	g_autofree char *text = g_strdup_printf("%s by key %s", what, list->fpr);
	helper_failed(error, list->reason, NULL, FAIL_CONFIG, text);
	return TRUE;
}

static gboolean
set_signer(helper *h, const char *fpr, GError **error)
{
	gpgme_key_t key = helper_key(h, fpr, error);

	if (key == NULL)
		return FALSE;
	gpgme_signers_clear(h->gpgme);
	gpgme_error_t e = gpgme_signers_add(h->gpgme, key);
	if (e != 0)
		helper_failed(error, e, NULL, FAIL_RETRY, "cannot sign");
	return e == 0;
}

gboolean
helper_sign(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[1], .left = WIRE_MESSAGE_MAX};

	if (!set_signer(h, m->fields[0], error))
		return FALSE;
	g_autoptr(helper_data) in = helper_source(m->fds[0], error);
	g_autoptr(helper_data) out = in == NULL ? NULL : helper_sink_data(&sink, error);
	if (out == NULL)
		return FALSE;
	gpgme_set_armor(h->gpgme, 1);
	gpgme_error_t e = gpgme_op_sign(h->gpgme, in, out, GPGME_SIG_MODE_DETACH);
	gpgme_set_armor(h->gpgme, 0);
	if (e == 0)
		return TRUE;
	gpgme_sign_result_t by = gpgme_op_sign_result(h->gpgme);
	if (!invalid_key(by == NULL ? NULL : by->invalid_signers, "cannot sign", error))
		helper_failed(error, e, &sink, FAIL_RETRY, "cannot sign");
	return FALSE;
}

/*
 * One signature, good, by a key whose primary fingerprint is in SIGNERS; *RET_SIGNER is that
 * fingerprint.  With REASON_UNKNOWN_SIGNER it names who signed, as far as known.
 */
static gboolean
judge(helper *h, gpgme_signature_t s, char **signers, char **ret_signer, GError **error)
{
	if (s == NULL || s->next != NULL) {
		fail_set(error, s == NULL ? REASON_UNSIGNED : REASON_BAD_SIGNATURE,
			 s == NULL ? "there is no signature" : "more than one signature");
		return FALSE;
	}
	int code = (int)gpgme_err_code(s->status);
	if (code != GPG_ERR_NO_ERROR && code != GPG_ERR_NO_PUBKEY) {
		helper_failed(error, s->status, NULL, REASON_BAD_SIGNATURE, "the signature");
		return FALSE;
	}
	const char *fpr = s->fpr == NULL ? "" : s->fpr;
	if (code == GPG_ERR_NO_ERROR) {
		gpgme_key_t key = helper_key(h, fpr, error);
		if (key == NULL)
			return FALSE;
		fpr = key->fpr;
		if (g_strv_contains((const char *const *)signers, fpr)) {
			*ret_signer = g_strdup(fpr);
			return TRUE;
		}
	}
	fail_set(error, REASON_UNKNOWN_SIGNER, "signed by %s, which is not the partner's key",
		 *fpr == '\0' ? "an unknown key" : fpr);
	if (strlen(fpr) == PGP_FPR_LEN)
		*ret_signer = g_strdup(fpr);
	return FALSE;
}

/*
 * Judges what the operation that ended with E found.  A bad signature is told as such, whatever
 * else gpg complains of.
 */
static gboolean
judge_result(helper *h, gpgme_error_t e, char **signers, char **ret_signer, GError **error)
{
	gpgme_verify_result_t r = gpgme_op_verify_result(h->gpgme);
	gpgme_signature_t s = r == NULL ? NULL : r->signatures;

	gboolean bad = s != NULL && gpgme_err_code(s->status) != GPG_ERR_NO_ERROR;
	if (bad || (e == 0 && !h->unsound))
		return judge(h, s, signers, ret_signer, error);
	if (e == 0)
		e = gpgme_error(GPG_ERR_UNEXPECTED);
	helper_failed(error, e, NULL, REASON_BAD_SIGNATURE, "cannot verify");
	return FALSE;
}

gboolean
helper_verify(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	g_autoptr(helper_data) data = helper_source(m->fds[0], error);
	g_autoptr(helper_data) signature = data == NULL ? NULL : helper_source(m->fds[1], error);

	if (signature == NULL)
		return FALSE;
	h->unsound = FALSE;
	gpgme_error_t e = gpgme_op_verify(h->gpgme, signature, data, NULL);
	return judge_result(h, e, m->fields, ret_text, error);
}
