/*
 * How mail servers and addresses are written in settings; what is shown of one tells no login.
 */
#include "base/mail_url.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);
	g_autoptr(GError) why = NULL;
	g_autoptr(mail_url) u = mail_url_parse(text, &why);
	g_autofree char *shown = mail_url_shown(text);

	fuzz_outcome(u != NULL, &why);
	g_assert_nonnull(shown);
	mail_addresses_valid(text);
	if (mail_address_valid(text))
		g_assert_cmpuint(strlen(text), <=, 254);
	g_assert_cmpint(u != NULL, ==, mail_url_receives(text) || mail_url_sends(text));
	if (u == NULL)
		return 0;
	g_assert_cmpuint(u->port, >, 0);
	g_assert_cmpuint(u->port, <=, 65535);
	g_assert_cmpint(u->protocol == MAIL_IMAP, ==, u->folder != NULL);
	if (u->login != NULL)
		g_assert_true(g_utf8_validate(u->login, -1, NULL));
	if (u->login != NULL)
		g_assert_true(g_str_has_prefix(strstr(shown, "://"), "://...@"));
	return 0;
}
