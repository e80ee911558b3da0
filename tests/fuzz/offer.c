/*
 * The handshake file, with a key ring that takes any key for MASTER's and any signature for good:
 * what holds signatures back must not hide what is behind them.
 */
#include "handshake/offer.h"

#include "contract/contract.h"
#include "fuzz.h"
#include "handshake/proof.h"

#define MASTER "0123456789ABCDEF0123456789ABCDEF01234567"

/* In place of the client of handsel-pgp. */

char *
pgp_import(pgp *ring, const char *key, gsize len, GError **error)
{
	(void)ring, (void)key, (void)error;
	g_assert_cmpuint(len, <=, PGP_KEY_MAX);
	return g_strdup(MASTER);
}

gboolean
pgp_verify(pgp *ring, const char *data, gsize len, const char *signature, const char *fpr,
	   GError **error)
{
	(void)ring, (void)signature, (void)error;
	g_assert_cmpstr(fpr, ==, MASTER);
	g_assert_cmpuint(strlen(data), ==, len);
	return TRUE;
}

char *
pgp_sign(pgp *ring, const char *data, gsize len, const char *signer, GError **error)
{
	(void)ring, (void)signer, (void)error;
	g_assert_cmpuint(strlen(data), ==, len);
	return g_strdup("signature");
}

/* What the other side would do with it. */
static void
use(const offer *o)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(contract) c = contract_from_json(o->contract, &why);
	const proof_parts parts = {MASTER, MASTER, o->link, o->address};

	fuzz_outcome(c != NULL, &why);
	if (c != NULL)
		g_free(contract_summary(c));
	if (o->salt != NULL)
		return;
	g_autofree char *proof = proof_make(o, &parts, NULL, NULL);
	g_assert_cmpuint(strlen(proof), ==, PROOF_LEN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);
	g_autoptr(GError) why = NULL;
	g_autoptr(offer) o = offer_read(text, size, NULL, &why);

	fuzz_outcome(o != NULL, &why);
	if (o == NULL)
		return 0;
	use(o);
	g_autofree char *written = offer_write(o, NULL, &why);
	/* The contract of one that just fits may be longer in our form. */
	if (written == NULL) {
		fuzz_refused(why);
		return 0;
	}
	g_autoptr(offer) same = offer_read(written, strlen(written), NULL, &why);
	g_assert_no_error(why);
	g_autofree char *hash = offer_hash(o);
	g_autofree char *again = offer_hash(same);
	g_assert_cmpstr(hash, ==, again);
	return 0;
}
