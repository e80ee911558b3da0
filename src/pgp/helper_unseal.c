#include <string.h>

#include "base/fail.h"
#include "base/u64.h"
#include "pgp/helper.h"
#include "pgp/pgp.h"

/* What a message of a shape is, where the link wants another. */
typedef struct {
	int reason; /* 0: as wanted */
	const char *text;
} verdict;

static const verdict verdicts[][SHAPE_PLAIN + 1] = {
	[PGP_ENCRYPT] =
		{
			[SHAPE_OTHER] =
				{REASON_CANNOT_DECRYPT,
				 "not a binary OpenPGP message, or damaged at its beginning"},
			[SHAPE_PASSPHRASE] =
				{REASON_PROTECTION,
				 "a passphrase opens the message; it must be encrypted to our "
				 "key alone"},
			[SHAPE_COMPRESSED] = {REASON_PROTECTION, "the message is not encrypted"},
			[SHAPE_SIGNED] = {REASON_PROTECTION, "the message is not encrypted"},
			[SHAPE_PLAIN] = {REASON_PROTECTION,
					 "the message is neither encrypted nor signed"},
		},
	[PGP_SIGN] =
		{
			[SHAPE_OTHER] =
				{REASON_UNSIGNED,
				 "not a binary OpenPGP message, or damaged at its beginning"},
			[SHAPE_ENCRYPTED] = {REASON_PROTECTION,
					     "the message is encrypted, but the link signs only"},
			[SHAPE_PASSPHRASE] =
				{REASON_PROTECTION,
				 "the message is encrypted by a passphrase, but the link signs "
				 "only"},
			[SHAPE_COMPRESSED] =
				{REASON_UNSIGNED,
				 "the message is compressed; a signed one must not be"},
			[SHAPE_PLAIN] = {REASON_UNSIGNED, "the message is not signed"},
		},
};

static gboolean
check_shape(int fd, pgp_protect protect, GError **error)
{
	helper_shape shape;

	if (!helper_shape_of(fd, &shape, error))
		return FALSE;
	const verdict *v = &verdicts[protect][shape];
	if (v->reason != 0)
		fail_set(error, v->reason, "%s", v->text);
	return v->reason == 0;
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
 * else gpg complains of.  CODE: what it is if there is an error, but no bad signature.
 */
static gboolean
judge_result(helper *h, gpgme_error_t e, const helper_sink *sink, int code, char **signers,
	     char **ret_signer, GError **error)
{
	gpgme_verify_result_t r = gpgme_op_verify_result(h->gpg);
	gpgme_signature_t s = r == NULL ? NULL : r->signatures;

	if (sink != NULL && (sink->over || sink->errnum != 0)) {
		helper_failed(error, e, sink, code, "cannot unpack");
		return FALSE;
	}
	gboolean bad = s != NULL && gpgme_err_code(s->status) != GPG_ERR_NO_ERROR;
	if (bad || (e == 0 && !h->unsound))
		return judge(h, s, signers, ret_signer, error);
	if (e == 0)
		e = gpgme_error(GPG_ERR_UNEXPECTED);
	helper_failed(error, e, sink, code,
		      code == REASON_CANNOT_DECRYPT ? "cannot decrypt" : "cannot verify");
	return FALSE;
}

/* Did gpg find what the shape promised? */
static gboolean
check_encrypted(helper *h, GError **error)
{
	gpgme_decrypt_result_t r = gpgme_op_decrypt_result(h->gpg);

	if (r == NULL || r->recipients == NULL || r->legacy_cipher_nomdc) {
		fail_set(error, REASON_PROTECTION, "the message is not encrypted to our key");
		return FALSE;
	}
	return TRUE;
}

gboolean
helper_unseal(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	helper_sink sink = {.fd = m->fds[1]};
	gboolean encrypted = g_str_equal(m->fields[0], "encrypt");

	if (!u64_parse(m->fields[1], G_MAXUINT64, &sink.left)) {
		fail_set(error, FAIL_BUG, "%s is no limit", m->fields[1]);
		return FALSE;
	}
	if (!check_shape(m->fds[0], encrypted ? PGP_ENCRYPT : PGP_SIGN, error))
		return FALSE;
	g_autoptr(helper_data) in = helper_source(m->fds[0], error);
	g_autoptr(helper_data) out = in == NULL ? NULL : helper_sink_data(&sink, error);
	if (out == NULL)
		return FALSE;
	h->unsound = FALSE;
	gpgme_error_t e = encrypted ? gpgme_op_decrypt_verify(h->gpg, in, out)
				    : gpgme_op_verify(h->gpg, in, NULL, out);
	if (e == 0 && encrypted && !check_encrypted(h, error))
		return FALSE;
	return judge_result(h, e, &sink, encrypted ? REASON_CANNOT_DECRYPT : REASON_BAD_SIGNATURE,
			    m->fields + 2, ret_text, error);
}

gboolean
helper_decrypt(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[1]};

	if (!u64_parse(m->fields[0], G_MAXUINT64, &sink.left)) {
		fail_set(error, FAIL_BUG, "%s is no limit", m->fields[0]);
		return FALSE;
	}
	if (!check_shape(m->fds[0], PGP_ENCRYPT, error))
		return FALSE;
	g_autoptr(helper_data) in = helper_source(m->fds[0], error);
	g_autoptr(helper_data) out = in == NULL ? NULL : helper_sink_data(&sink, error);
	if (out == NULL)
		return FALSE;
	h->unsound = FALSE;
	gpgme_error_t e = gpgme_op_decrypt(h->gpg, in, out);
	if (e == 0 && h->unsound)
		e = gpgme_error(GPG_ERR_UNEXPECTED);
	if (e != 0) {
		helper_failed(error, e, &sink, REASON_CANNOT_DECRYPT, "cannot decrypt");
		return FALSE;
	}
	return check_encrypted(h, error);
}

gboolean
helper_verify(helper *h, const wire_message *m, char **ret_text, GError **error)
{
	g_autoptr(helper_data) data = helper_source(m->fds[0], error);
	g_autoptr(helper_data) signature = data == NULL ? NULL : helper_source(m->fds[1], error);

	if (signature == NULL)
		return FALSE;
	h->unsound = FALSE;
	gpgme_error_t e = gpgme_op_verify(h->gpg, signature, data, NULL);
	return judge_result(h, e, NULL, REASON_BAD_SIGNATURE, m->fields, ret_text, error);
}
