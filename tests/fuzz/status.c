/*
 * What gpg says of a message.  A message is good only if the text has every line that makes it so.
 */
#include "pgp/helper_status.h"

#include "fuzz.h"

#define SIGNER "0123456789ABCDEF0123456789ABCDEF01234567"

/* Is there a line of KEYWORD? */
static gboolean
says(const char *text, const char *keyword)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *start = g_strconcat("[GNUPG:] ", keyword, " ", NULL);
	gboolean found = FALSE;

	for (guint i = 0; lines[i] != NULL; i++) {
		g_autofree char *line = g_strconcat(lines[i], " ", NULL);

		found = found || g_str_has_prefix(line, start);
	}
	return found;
}

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
	g_assert_true(says(text, "GOODSIG") && says(text, "VALIDSIG") && !says(text, "BADSIG"));
	g_assert_true(!encrypted || says(text, "DECRYPTION_OKAY"));
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
