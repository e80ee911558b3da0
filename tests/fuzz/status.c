/*
 * What gpg says of a message.  A message is good only if the text has every line that makes it so.
 */
#include "pgp/helper_status.h"

#include "fuzz.h"

#define SIGNER "0123456789ABCDEF0123456789ABCDEF01234567"

static void
judge(const helper_status *s, const char *text, gboolean encrypted)
{
	char *signers[] = {SIGNER, NULL};
	g_autoptr(GError) why = NULL;
	g_autofree char *signer = NULL;
	gboolean ok = helper_status_judge(s, TRUE, encrypted, signers, &signer, &why);

	fuzz_outcome(ok, &why);
	if (!ok)
		return;
	g_assert_cmpstr(signer, ==, SIGNER);
	g_assert_nonnull(strstr(text, "[GNUPG:] GOODSIG"));
	g_assert_nonnull(strstr(text, "[GNUPG:] VALIDSIG"));
	g_assert_null(strstr(text, "[GNUPG:] BADSIG"));
	if (encrypted)
		g_assert_nonnull(strstr(text, "[GNUPG:] DECRYPTION_OKAY"));
	g_assert_false(helper_status_judge(s, FALSE, encrypted, signers, &signer, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);
	helper_status s;
	gsize at = 0;

	helper_status_read(text, size, &s);
	judge(&s, text, TRUE);
	judge(&s, text, FALSE);
	for (gboolean encrypted = FALSE; encrypted <= TRUE; encrypted++) {
		g_autoptr(GError) why = NULL;

		fuzz_outcome(helper_status_sealed(&s, TRUE, encrypted, &why), &why);
	}
	g_autoptr(GError) why = NULL;
	fuzz_outcome(helper_status_decrypted(&s, TRUE, &why), &why);
	while (at < size) {
		gsize before = at;

		if (!helper_status_read_file(text, size, &at, "a", &s))
			break;
		g_assert_cmpuint(at, >, before);
		g_assert_cmpuint(at, <=, size);
	}
	return 0;
}
