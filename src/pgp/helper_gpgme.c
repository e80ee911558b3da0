#include "base/fail.h"
#include "pgp/helper.h"

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

gboolean
helper_gpgme_open(helper *h, GError **error)
{
	if (h->gpgme != NULL)
		return TRUE;
	h->gpgme = make_context(helper_home_name(h->home), error);
	if (h->gpgme == NULL)
		return FALSE;
	gpgme_set_status_cb(h->gpgme, heed_status, h);
	h->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)gpgme_key_unref);
	return TRUE;
}

void
helper_gpgme_close(helper *h)
{
	g_clear_pointer(&h->keys, g_hash_table_unref);
	g_clear_pointer(&h->gpgme, gpgme_release);
}
