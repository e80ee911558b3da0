#include "base/fail.h"
#include "pgp/helper.h"

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
	gpgme_signers_clear(h->gpg);
	gpgme_error_t e = gpgme_signers_add(h->gpg, key);
	if (e != 0)
		helper_failed(error, e, NULL, FAIL_RETRY, "cannot sign");
	return e == 0;
}

/* Keys of the fingerprints FPRS, NULL-ended; caller frees the array, not the keys. */
static gpgme_key_t *
find_recipients(helper *h, char **fprs, GError **error)
{
	g_autofree gpgme_key_t *keys = g_new0(gpgme_key_t, g_strv_length(fprs) + 1);

	for (guint i = 0; fprs[i] != NULL; i++)
		if ((keys[i] = helper_key(h, fprs[i], error)) == NULL)
			return NULL;
	return g_steal_pointer(&keys);
}

gboolean
helper_seal(helper *h, const wire_message *m, char **ret_text G_GNUC_UNUSED, GError **error)
{
	helper_sink sink = {.fd = m->fds[1], .left = G_MAXUINT64};
	gboolean encrypt = m->fields[1] != NULL;
	g_autofree gpgme_key_t *keys = find_recipients(h, m->fields + 1, error);

	if (keys == NULL || !set_signer(h, m->fields[0], error))
		return FALSE;
	g_autoptr(helper_data) in = helper_source(m->fds[0], error);
	g_autoptr(helper_data) out = in == NULL ? NULL : helper_sink_data(&sink, error);
	if (out == NULL)
		return FALSE;
	/* Signed only is uncompressed by gpg.conf. */
	gpgme_error_t e = encrypt ? gpgme_op_encrypt_sign(h->gpg, keys,
							  GPGME_ENCRYPT_ALWAYS_TRUST |
								  GPGME_ENCRYPT_NO_COMPRESS,
							  in, out)
				  : gpgme_op_sign(h->gpg, in, out, GPGME_SIG_MODE_NORMAL);
	if (e == 0)
		return TRUE;
	gpgme_encrypt_result_t to = encrypt ? gpgme_op_encrypt_result(h->gpg) : NULL;
	gpgme_sign_result_t by = gpgme_op_sign_result(h->gpg);
	if (!invalid_key(to == NULL ? NULL : to->invalid_recipients, "cannot encrypt", error) &&
	    !invalid_key(by == NULL ? NULL : by->invalid_signers, "cannot sign", error))
		helper_failed(error, e, &sink, FAIL_RETRY, "cannot seal");
	return FALSE;
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
	gpgme_set_armor(h->gpg, 1);
	gpgme_error_t e = gpgme_op_sign(h->gpg, in, out, GPGME_SIG_MODE_DETACH);
	gpgme_set_armor(h->gpg, 0);
	if (e == 0)
		return TRUE;
	gpgme_sign_result_t by = gpgme_op_sign_result(h->gpg);
	if (!invalid_key(by == NULL ? NULL : by->invalid_signers, "cannot sign", error))
		helper_failed(error, e, &sink, FAIL_RETRY, "cannot sign");
	return FALSE;
}
