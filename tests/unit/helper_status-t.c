#include "pgp/helper_status.h"

#include <string.h>

#include "base/fail.h"

#define G       "[GNUPG:] "
#define PRIMARY "30B5F72D98FC5EA8DC172C348A89CC2D601BE7EE"
#define SUBKEY  "68AB2A2F1D78AEABC73867E2DF9FB3D3D2D65A7C"
#define ANOTHER "D08D4F23D81BA5D2F2173726ABFFECBFF9E4D078"

#define ENC_TO     G "ENC_TO ABFFECBFF9E4D078 18 0\n"
#define BEGIN      G "BEGIN_DECRYPTION\n"
#define INFO       G "DECRYPTION_INFO 2 9 0\n"
#define PLAIN      G "PLAINTEXT 62 1795400274 \n"
#define NEWSIG     G "NEWSIG\n"
#define GOODSIG    G "GOODSIG DF9FB3D3D2D65A7C handsel a b\n"
#define VALID_REST " 2026-11-23 1795400274 0 4 0 22 8 00 "
#define VALIDSIG   G "VALIDSIG " SUBKEY VALID_REST PRIMARY "\n"
#define OKAY       G "DECRYPTION_OKAY\n"
#define GOODMDC    G "GOODMDC\n"
#define END        G "END_DECRYPTION\n"

#define IN_FRONT  ENC_TO BEGIN INFO PLAIN
#define SIGNATURE NEWSIG GOODSIG VALIDSIG
#define BEHIND    OKAY GOODMDC END
#define SEALED    IN_FRONT SIGNATURE BEHIND
#define SIGNED    PLAIN SIGNATURE

static char *const signers[] = {(char *)ANOTHER, (char *)PRIMARY, NULL};

/* Why TEXT does not make a good message; 0: it does. */
static int
verdict(const char *text, gsize len, gboolean clean, gboolean encrypted)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *signer = NULL;
	helper_status s;

	helper_status_read(text, len, &s);
	gboolean ok = helper_status_judge(&s, clean, encrypted, signers, &signer, &error);
	g_assert_true(ok == (error == NULL));
	if (ok)
		g_assert_cmpstr(signer, ==, PRIMARY);
	return ok ? 0 : error->code;
}

static int
of_sealed(const char *text)
{
	return verdict(text, strlen(text), TRUE, TRUE);
}

static int
of_signed(const char *text)
{
	return verdict(text, strlen(text), TRUE, FALSE);
}

static void
what_gpg_says_of_a_good_message_is_good(void)
{
	g_assert_cmpint(of_sealed(SEALED), ==, 0);
	g_assert_cmpint(of_signed(SIGNED), ==, 0);
	g_assert_cmpint(of_sealed(G "KEY_CONSIDERED " PRIMARY " 0\n" ENC_TO SEALED), ==, 0);
	g_assert_cmpint(of_sealed(IN_FRONT NEWSIG G "TRUST_UNDEFINED\n" GOODSIG VALIDSIG BEHIND),
			==, 0);
	g_assert_cmpint(of_sealed(ENC_TO BEGIN G "DECRYPTION_INFO 0 9 2\n" PLAIN SIGNATURE BEHIND),
			==, 0);
}

static void
no_line_may_be_missing(void)
{
	static const char *const lines[] = {ENC_TO,   BEGIN, PLAIN,   GOODSIG,
					    VALIDSIG, OKAY,  GOODMDC, END};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GString) text = g_string_new(SEALED);

		g_assert_cmpuint(g_string_replace(text, lines[i], "", 1), ==, 1);
		g_test_message("without %s", lines[i]);
		g_assert_cmpint(reason_of(of_sealed(text->str))->class, ==, FAIL_TRUST);
	}
	g_assert_cmpint(of_signed(SIGNATURE), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_signed(PLAIN NEWSIG GOODSIG), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_signed(PLAIN NEWSIG VALIDSIG), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_signed(PLAIN), ==, REASON_UNSIGNED);
	g_assert_cmpint(of_sealed(IN_FRONT BEHIND), ==, REASON_UNSIGNED);
	g_assert_cmpint(of_signed(""), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_sealed(""), ==, REASON_CANNOT_DECRYPT);
}

static void
no_line_may_come_twice(void)
{
	static const char *const lines[] = {BEGIN, PLAIN, GOODSIG, VALIDSIG, OKAY, GOODMDC, END};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *twice = g_strconcat(lines[i], lines[i], NULL);
		g_autoptr(GString) text = g_string_new(SEALED);

		g_assert_cmpuint(g_string_replace(text, lines[i], twice, 1), ==, 1);
		g_test_message("twice %s", lines[i]);
		g_assert_cmpint(reason_of(of_sealed(text->str))->class, ==, FAIL_TRUST);
	}
	g_assert_cmpint(of_sealed(IN_FRONT SIGNATURE NEWSIG BEHIND), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_sealed(SEALED SEALED), !=, 0);
	g_assert_cmpint(of_signed(SIGNED SIGNED), !=, 0);
}

static void
any_complaint_makes_it_worthless(void)
{
	static const struct {
		const char *line;
		int sealed, signed_only;
	} rows[] = {
		{G "NODATA 3\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{G "UNEXPECTED 0\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{G "ERROR proc_pkt.plaintext 89_BAD_DATA\n", REASON_CANNOT_DECRYPT,
		 REASON_BAD_SIGNATURE},
		{G "DECRYPTION_FAILED\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{G "BADMDC\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{"gpg: something\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{"\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{"[GNUPG:]\n", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{"[GNUPG:] TRUST", REASON_CANNOT_DECRYPT, REASON_BAD_SIGNATURE},
		{G "BADSIG DF9FB3D3D2D65A7C x\n", REASON_BAD_SIGNATURE, REASON_BAD_SIGNATURE},
		{G "ERRSIG DF9FB3D3D2D65A7C 22 8 00 1 9 " ANOTHER "\n", REASON_BAD_SIGNATURE,
		 REASON_BAD_SIGNATURE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *sealed = g_strconcat(SEALED, rows[i].line, NULL);
		g_autofree char *signed_only = g_strconcat(SIGNED, rows[i].line, NULL);

		g_test_message("%s", rows[i].line);
		g_assert_cmpint(of_sealed(sealed), ==, rows[i].sealed);
		g_assert_cmpint(of_signed(signed_only), ==, rows[i].signed_only);
	}
	g_assert_cmpint(verdict(SEALED, strlen(SEALED), FALSE, TRUE), ==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(verdict(SIGNED, strlen(SIGNED), FALSE, FALSE), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(verdict(SEALED, sizeof SEALED, TRUE, TRUE), ==, REASON_CANNOT_DECRYPT);
}

static void
every_kind_of_bad_signature_has_its_verdict(void)
{
	static const struct {
		const char *lines;
		int reason;
	} rows[] = {
		{G "BADSIG DF9FB3D3D2D65A7C x\n", REASON_BAD_SIGNATURE},
		{G "EXPSIG DF9FB3D3D2D65A7C x\n" VALIDSIG, REASON_BAD_SIGNATURE},
		{G "EXPKEYSIG DF9FB3D3D2D65A7C x\n" VALIDSIG, REASON_BAD_SIGNATURE},
		{G "REVKEYSIG DF9FB3D3D2D65A7C x\n" VALIDSIG, REASON_BAD_SIGNATURE},
		{G "ERRSIG DF9FB3D3D2D65A7C 22 8 00 1 4 " SUBKEY "\n", REASON_BAD_SIGNATURE},
		{G "ERRSIG\n", REASON_BAD_SIGNATURE},
		{G "ERRSIG DF9FB3D3D2D65A7C 22 8 00 1 9\n", REASON_UNKNOWN_SIGNER},
		{G "VALIDSIG " ANOTHER VALID_REST PRIMARY "\n" GOODSIG, REASON_BAD_SIGNATURE},
		{G "GOODSIG A7C x\n" VALIDSIG, REASON_BAD_SIGNATURE},
		{G "GOODSIG\n" VALIDSIG, REASON_BAD_SIGNATURE},
		{GOODSIG G "VALIDSIG " SUBKEY VALID_REST ANOTHER "0\n", REASON_BAD_SIGNATURE},
		{GOODSIG G "VALIDSIG " SUBKEY " 0 0 0 4 0 22 8 10 " PRIMARY "\n",
		 REASON_BAD_SIGNATURE},
		{GOODSIG G "VALIDSIG " SUBKEY " 0 0 0 4 0 22 8 00\n", REASON_BAD_SIGNATURE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strconcat(PLAIN NEWSIG, rows[i].lines, NULL);

		g_test_message("%s", rows[i].lines);
		g_assert_cmpint(of_signed(text), ==, rows[i].reason);
	}
}

static void
another_good_signer_is_named(void)
{
	static const char *const texts[] = {
		PLAIN NEWSIG GOODSIG G "VALIDSIG " SUBKEY VALID_REST SUBKEY "\n",
		PLAIN NEWSIG G "ERRSIG DF9FB3D3D2D65A7C 22 8 00 1 9 " SUBKEY "\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *signer = NULL;
		helper_status s;

		helper_status_read(texts[i], strlen(texts[i]), &s);
		g_assert_false(helper_status_judge(&s, TRUE, FALSE, signers, &signer, &error));
		g_assert_error(error, FAIL, REASON_UNKNOWN_SIGNER);
		g_assert_cmpstr(signer, ==, SUBKEY);
	}
}

static void
protection_must_be_what_is_asked_for(void)
{
	g_assert_cmpint(of_sealed(SIGNED), ==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_signed(SEALED), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_sealed(ENC_TO BEGIN G "DECRYPTION_INFO 0 9\n" PLAIN SIGNATURE BEHIND),
			==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_sealed(ENC_TO BEGIN G "DECRYPTION_INFO 0 9 0\n" PLAIN SIGNATURE BEHIND),
			==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_sealed(BEGIN INFO PLAIN SIGNATURE BEHIND), ==, REASON_PROTECTION);
}

static void
text_and_signature_must_lie_inside_the_encryption(void)
{
	g_assert_cmpint(of_sealed(IN_FRONT BEHIND SIGNATURE), ==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_sealed(SIGNATURE IN_FRONT BEHIND), ==, REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_sealed(PLAIN ENC_TO BEGIN INFO SIGNATURE BEHIND), ==,
			REASON_CANNOT_DECRYPT);
	g_assert_cmpint(of_sealed(END IN_FRONT SIGNATURE OKAY GOODMDC), ==, REASON_CANNOT_DECRYPT);
}

/* gpg escapes what strangers wrote; but a name that reads like a keyword is none. */
static void
what_a_stranger_wrote_is_no_news(void)
{
	g_autofree char *name = g_strnfill(100000, 'x');
	g_autofree char *long_name =
		g_strconcat(PLAIN NEWSIG G "GOODSIG DF9FB3D3D2D65A7C ", name, "\n" VALIDSIG, NULL);

	g_assert_cmpint(of_signed(long_name), ==, 0);
	g_assert_cmpint(of_signed(G "PLAINTEXT 62 0 %0A[GNUPG:]%20GOODSIG\n"), ==, REASON_UNSIGNED);
	g_assert_cmpint(of_signed(G "PLAINTEXT 62 0 GOODSIG DF9FB3D3D2D65A7C\n"), ==,
			REASON_UNSIGNED);
	g_assert_cmpint(of_signed(PLAIN NEWSIG G
				  "GOODSIG DF9FB3D3D2D65A7C VALIDSIG " SUBKEY VALID_REST PRIMARY
				  "\n"),
			==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(of_signed(PLAIN G "goodsig DF9FB3D3D2D65A7C x\n" VALIDSIG), ==,
			REASON_BAD_SIGNATURE);
}

#define FILE_OF(name, text) G "FILE_START 3 " name "\n" text G "FILE_DONE\n"

static void
files_are_told_apart(void)
{
	static const char text[] =
		FILE_OF("a.gpg", SEALED) FILE_OF("b.gpg", G "NODATA 3\n") FILE_OF("c.gpg", SEALED);
	static const char *const names[] = {"a.gpg", "b.gpg", "c.gpg"};
	gsize at = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *signer = NULL;
		helper_status s;

		g_assert_true(helper_status_read_file(text, sizeof text - 1, &at, names[i], &s));
		g_assert_true(helper_status_judge(&s, TRUE, TRUE, signers, &signer, NULL) ==
			      (i != 1));
	}
	g_assert_cmpuint(at, ==, sizeof text - 1);
}

static void
parts_of_another_file_or_order_are_refused(void)
{
	static const char *const texts[] = {
		"",
		SEALED,
		FILE_OF("b.gpg", SEALED),
		SEALED FILE_OF("a.gpg", SEALED),
		FILE_OF("a.gpg.gpg", SEALED),
		G "FILE_START 3 a.gpg\n" SEALED,
		G "FILE_START 3 a.gpg\n" SEALED G "FILE_DONE",
		G "FILE_START 1 a.gpg\n" SEALED G "FILE_DONE\n",
	};
	helper_status s;

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		gsize at = 0;

		g_assert_false(
			helper_status_read_file(texts[i], strlen(texts[i]), &at, "a.gpg", &s));
	}
	/* Two files in one part are two messages. */
	static const char both[] = G "FILE_START 3 a.gpg\n" FILE_OF("b.gpg", SEALED SEALED);
	g_autofree char *signer = NULL;
	gsize at = 0;
	g_assert_true(helper_status_read_file(both, sizeof both - 1, &at, "a.gpg", &s));
	g_assert_false(helper_status_judge(&s, TRUE, TRUE, signers, &signer, NULL));
}

static void
decrypting_alone_asks_for_a_whole_message(void)
{
	static const struct {
		const char *text;
		gboolean clean;
		int reason;
	} rows[] = {
		{IN_FRONT BEHIND, TRUE, 0},
		{IN_FRONT BEHIND, FALSE, REASON_CANNOT_DECRYPT},
		{IN_FRONT END, TRUE, REASON_CANNOT_DECRYPT},
		{IN_FRONT PLAIN BEHIND, TRUE, REASON_CANNOT_DECRYPT},
		{BEGIN PLAIN BEHIND, TRUE, REASON_PROTECTION},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		helper_status s;

		helper_status_read(rows[i].text, strlen(rows[i].text), &s);
		g_assert_true(helper_status_decrypted(&s, rows[i].clean, &error) ==
			      (rows[i].reason == 0));
		g_assert_cmpint(error == NULL ? 0 : error->code, ==, rows[i].reason);
	}
}

#define CREATED   G "SIG_CREATED S 22 8 00 1795401229 " PRIMARY "\n"
#define ENCRYPTED G "BEGIN_ENCRYPTION 2 9\n" G "END_ENCRYPTION\n"

static void
sealing_succeeds_only_as_it_was_asked_for(void)
{
	static const struct {
		const char *text;
		gboolean clean, encrypt;
		int code;
	} rows[] = {
		{CREATED ENCRYPTED, TRUE, TRUE, 0},
		{CREATED, TRUE, FALSE, 0},
		{CREATED, TRUE, TRUE, FAIL_RETRY},
		{CREATED ENCRYPTED, TRUE, FALSE, FAIL_RETRY},
		{CREATED ENCRYPTED, FALSE, TRUE, FAIL_RETRY},
		{CREATED CREATED ENCRYPTED, TRUE, TRUE, FAIL_RETRY},
		{ENCRYPTED, TRUE, TRUE, FAIL_RETRY},
		{G "INV_RECP 1 " ANOTHER "\n" CREATED ENCRYPTED, TRUE, TRUE, FAIL_CONFIG},
		{G "INV_SGNR 9 " ANOTHER "\n", FALSE, FALSE, FAIL_CONFIG},
		{G "INV_SGNR 4711\n", FALSE, FALSE, FAIL_CONFIG},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		helper_status s;

		helper_status_read(rows[i].text, strlen(rows[i].text), &s);
		g_assert_true(helper_status_sealed(&s, rows[i].clean, rows[i].encrypt, &error) ==
			      (rows[i].code == 0));
		g_assert_cmpint(error == NULL ? 0 : error->code, ==, rows[i].code);
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(void);
	} tests[] = {
		{"what_gpg_says_of_a_good_message_is_good",
		 what_gpg_says_of_a_good_message_is_good},
		{"no_line_may_be_missing", no_line_may_be_missing},
		{"no_line_may_come_twice", no_line_may_come_twice},
		{"any_complaint_makes_it_worthless", any_complaint_makes_it_worthless},
		{"every_kind_of_bad_signature_has_its_verdict",
		 every_kind_of_bad_signature_has_its_verdict},
		{"another_good_signer_is_named", another_good_signer_is_named},
		{"protection_must_be_what_is_asked_for", protection_must_be_what_is_asked_for},
		{"text_and_signature_must_lie_inside_the_encryption",
		 text_and_signature_must_lie_inside_the_encryption},
		{"what_a_stranger_wrote_is_no_news", what_a_stranger_wrote_is_no_news},
		{"files_are_told_apart", files_are_told_apart},
		{"parts_of_another_file_or_order_are_refused",
		 parts_of_another_file_or_order_are_refused},
		{"decrypting_alone_asks_for_a_whole_message",
		 decrypting_alone_asks_for_a_whole_message},
		{"sealing_succeeds_only_as_it_was_asked_for",
		 sealing_succeeds_only_as_it_was_asked_for},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/helper_status/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].test);
	}
	return g_test_run();
}
