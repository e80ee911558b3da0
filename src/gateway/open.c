#include <unistd.h>

#include "gateway/private.h"

#define GROWTH_MAX 65536 /* bytes: what is decrypted hardly grows, or it is a bomb */

guint64
gate_plain_limit(gateway *g, guint64 sealed)
{
	return MIN((guint64)conf_int(g->conf, "limit.envelope"), sealed + GROWTH_MAX);
}

int
gate_open_signed(gateway *g, spool_dir from, const char *file, pgp_protect protect,
		 const char *const *signers, char **ret_plain, char **ret_signer, GError **error)
{
	g_autofree char *plain = NULL;
	g_autofree char *signer = NULL;
	guint64 size = 0;
	int dir = spool_fd(g->spool, SPOOL_TMP);
	int in = spool_read(g->spool, from, file, &size, error);

	if (in < 0)
		return -1;
	int out = fsio_tmp(dir, &plain, error);
	guint64 limit = gate_plain_limit(g, size);
	gboolean ok = out >= 0 && (signers == NULL ? pgp_decrypt(g->pgp, in, out, limit, error)
						   : pgp_unseal(g->pgp, in, out, protect, signers,
								limit, &signer, error));
	close(in);
	if (ok && lseek(out, 0, SEEK_SET) == 0) {
		*ret_plain = g_steal_pointer(&plain);
		*ret_signer = g_steal_pointer(&signer);
		return out;
	}
	if (out >= 0) {
		close(out);
		fsio_remove(dir, plain, NULL);
	}
	return -1;
}

int
gate_open_file(gateway *g, spool_dir from, const char *file, pgp_protect protect,
	       const char *const *signers, char **ret_plain, GError **error)
{
	g_autofree char *signer = NULL;

	return gate_open_signed(g, from, file, protect, signers, ret_plain, &signer, error);
}

int
gate_open_plain(gateway *g, const char *tmp, pgp_protect protect, const char *const *signers,
		char **ret_plain, GError **error)
{
	return gate_open_file(g, SPOOL_TMP, tmp, protect, signers, ret_plain, error);
}

pgp_protect
gate_protection(gateway *g)
{
	return g_str_equal(conf_text(g->conf, "protect"), "encrypt") ? PGP_ENCRYPT : PGP_SIGN;
}
