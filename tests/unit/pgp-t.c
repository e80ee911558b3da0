#include "tests/unit/pgp_kit.h"

/* Two sites, each with a helper and a key, that know each other's key. */
typedef struct {
	char *dir;
	char *a_home;
	pgp *a, *b;
	char *a_fpr, *b_fpr;
} sites;

static void
meet(pgp *from, const char *fpr, pgp *to)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *key = pgp_export(from, fpr, &error);

	g_assert_no_error(error);
	g_autofree char *got = pgp_import(to, key, strlen(key), &error);
	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, fpr);
}

static void
set_up(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	s->dir = g_dir_make_tmp("pgp-t-XXXXXX", &error);
	g_assert_no_error(error);
	s->a_home = g_build_filename(s->dir, "a", NULL);
	g_autofree char *b_home = g_build_filename(s->dir, "b", NULL);
	s->a = pgp_start(s->a_home, NULL, &error);
	g_assert_no_error(error);
	s->b = pgp_start(b_home, NULL, &error);
	g_assert_no_error(error);
	s->a_fpr = pgp_make_key(s->a, "Acme <handsel@acme.example.com>", &error);
	g_assert_no_error(error);
	s->b_fpr = pgp_make_key(s->b, "B\303\244r (2nd site)", &error);
	g_assert_no_error(error);
	meet(s->a, s->a_fpr, s->b);
	meet(s->b, s->b_fpr, s->a);
}

static void
tear_down(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	pgp_stop(s->a);
	pgp_stop(s->b);
	g_assert_true(fsio_remove_tree(s->dir, NULL));
	g_free(s->a_home);
	g_free(s->a_fpr);
	g_free(s->b_fpr);
	g_free(s->dir);
}

static GBytes *
seal(pgp *p, const char *signer, const char *recipient)
{
	g_autoptr(GError) error = NULL;
	const char *recipients[] = {recipient, NULL};
	int in = file_of(TEXT, strlen(TEXT));
	int out = file_of("", 0);

	g_assert_true(pgp_seal(p, in, out, signer, recipient == NULL ? NULL : recipients, &error));
	g_assert_no_error(error);
	GBytes *sealed = all_of(out);
	close(in);
	close(out);
	return sealed;
}

static const char *
find(GBytes *message, const char *text)
{
	return memmem(g_bytes_get_data(message, NULL), g_bytes_get_size(message), text,
		      strlen(text));
}

static void
a_sealed_file_comes_out_as_it_was(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) sealed = seal(s->a, s->a_fpr, s->b_fpr);
	g_autofree char *signer = NULL;

	g_assert_null(find(sealed, "pump"));
	g_assert_cmpint(unseal(s->b, sealed, PGP_ENCRYPT, s->a_fpr, strlen(TEXT), &signer), ==, 0);
	g_assert_cmpstr(signer, ==, s->a_fpr);
}

static void
a_signed_file_is_readable_and_comes_out_as_it_was(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) sealed = seal(s->a, s->a_fpr, NULL);
	g_autofree char *signer = NULL;

	g_assert_nonnull(find(sealed, TEXT));
	g_assert_cmpint(unseal(s->b, sealed, PGP_SIGN, s->a_fpr, NO_LIMIT, &signer), ==, 0);
	g_assert_cmpstr(signer, ==, s->a_fpr);
}

static void
files_are_read_and_written_from_their_offsets(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	const char *recipients[] = {s->a_fpr, s->b_fpr, NULL};
	const char *signers[] = {s->a_fpr, NULL};
	int plain = file_of("skipped" TEXT, 7 + strlen(TEXT));
	int sealed = file_of("", 0);
	int back = file_of("kept", 4);

	lseek(plain, 7, SEEK_SET);
	g_assert_true(pgp_seal(s->a, plain, sealed, s->a_fpr, recipients, &error));
	lseek(sealed, 0, SEEK_SET);
	lseek(back, 4, SEEK_SET);
	g_assert_true(pgp_unseal(s->b, sealed, back, PGP_ENCRYPT, signers, NO_LIMIT, NULL, &error));
	g_autoptr(GBytes) text = all_of(back);
	g_assert_cmpmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), "kept" TEXT,
			4 + strlen(TEXT));
	close(plain);
	close(sealed);
	close(back);
}

static void
an_empty_list_of_recipients_seals_nothing(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	const char *nobody[] = {NULL};
	int in = file_of(TEXT, strlen(TEXT));
	int out = file_of("", 0);

	g_assert_false(pgp_seal(s->a, in, out, s->a_fpr, nobody, &error));
	g_assert_error(error, FAIL, FAIL_BUG);
	g_assert_cmpint(lseek(out, 0, SEEK_END), ==, 0);
	close(in);
	close(out);
}

static void
output_beyond_the_limit_is_a_bomb(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) sealed = seal(s->a, s->a_fpr, s->b_fpr);
	g_autoptr(GBytes) signed_only = seal(s->a, s->a_fpr, NULL);
	guint64 less = strlen(TEXT) - 1;

	g_assert_cmpint(unseal(s->b, sealed, PGP_ENCRYPT, s->a_fpr, less, NULL), ==, REASON_BOMB);
	g_assert_cmpint(unseal(s->b, signed_only, PGP_SIGN, s->a_fpr, less, NULL), ==, REASON_BOMB);
	g_assert_cmpint(unseal(s->b, sealed, PGP_ENCRYPT, s->a_fpr, less + 1, NULL), ==, 0);
}

static void
a_message_to_another_key_cannot_be_decrypted(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) to_self = seal(s->a, s->a_fpr, s->a_fpr);

	g_assert_cmpint(unseal(s->b, to_self, PGP_ENCRYPT, s->a_fpr, NO_LIMIT, NULL), ==,
			REASON_CANNOT_DECRYPT);
}

static void
a_good_signature_by_another_key_names_its_signer(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *reflected = NULL, *gone = NULL;
	g_autoptr(GBytes) own = seal(s->a, s->a_fpr, s->a_fpr);
	g_autoptr(GBytes) sealed = seal(s->b, s->b_fpr, s->a_fpr);

	g_assert_cmpint(unseal(s->a, own, PGP_ENCRYPT, s->b_fpr, NO_LIMIT, &reflected), ==,
			REASON_UNKNOWN_SIGNER);
	g_assert_cmpstr(reflected, ==, s->a_fpr);
	g_assert_true(pgp_forget(s->a, s->b_fpr, NULL));
	g_assert_cmpint(unseal(s->a, sealed, PGP_ENCRYPT, s->b_fpr, NO_LIMIT, &gone), ==,
			REASON_UNKNOWN_SIGNER);
	g_assert_cmpstr(gone, ==, s->b_fpr);
}

/* MESSAGE with the byte at AT changed. */
static GBytes *
damaged(GBytes *message, gsize at)
{
	gsize len;
	g_autoptr(GByteArray) copy = g_byte_array_new();
	const guint8 *data = g_bytes_get_data(message, &len);

	g_byte_array_append(copy, data, (guint)len);
	copy->data[at] ^= 0x10;
	return g_byte_array_free_to_bytes(g_steal_pointer(&copy));
}

static void
check_damage(pgp *p, GBytes *message, pgp_protect protect, const char *signer)
{
	gsize len = g_bytes_get_size(message);

	for (gsize at = 0; at < len; at += at < 4 ? 1 : len / 9) {
		g_autoptr(GBytes) bad = damaged(message, at);
		int reason = unseal(p, bad, protect, signer, NO_LIMIT, NULL);

		/* Before a signed text lie bytes that nothing depends on; unseal has seen the text.
		 */
		if (reason != 0 || protect == PGP_ENCRYPT)
			g_assert_cmpint(reason_of(reason)->class, ==, FAIL_TRUST);
	}
}

static void
a_flipped_bit_never_yields_another_text(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) sealed = seal(s->a, s->a_fpr, s->b_fpr);
	g_autoptr(GBytes) signed_only = seal(s->a, s->a_fpr, NULL);

	check_damage(s->b, sealed, PGP_ENCRYPT, s->a_fpr);
	check_damage(s->b, signed_only, PGP_SIGN, s->a_fpr);
}

static void
a_truncated_message_is_refused(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GBytes) sealed = seal(s->a, s->a_fpr, s->b_fpr);
	g_autoptr(GBytes) signed_only = seal(s->a, s->a_fpr, NULL);
	gsize len = g_bytes_get_size(sealed);

	for (gsize cut = 1; cut <= len; cut += cut < 3 ? 1 : len / 6) {
		g_autoptr(GBytes) part = g_bytes_new_from_bytes(sealed, 0, len - cut);
		g_assert_cmpint(unseal(s->b, part, PGP_ENCRYPT, s->a_fpr, NO_LIMIT, NULL), ==,
				REASON_CANNOT_DECRYPT);
	}
	len = g_bytes_get_size(signed_only);
	for (gsize cut = 1; cut <= len; cut += len / 5) {
		g_autoptr(GBytes) part = g_bytes_new_from_bytes(signed_only, 0, len - cut);
		int reason = unseal(s->b, part, PGP_SIGN, s->a_fpr, NO_LIMIT, NULL);

		g_assert_cmpint(reason_of(reason)->class, ==, FAIL_TRUST);
	}
}

static void
what_comes_before_pinning_can_be_decrypted(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) sealed = seal(s->b, s->b_fpr, s->a_fpr);
	g_autoptr(GBytes) signed_only = seal(s->b, s->b_fpr, NULL);
	int in = file_of(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed));
	int bad = file_of(g_bytes_get_data(signed_only, NULL), g_bytes_get_size(signed_only));
	int out = file_of("", 0);

	g_assert_true(pgp_forget(s->a, s->b_fpr, NULL));
	g_assert_true(pgp_decrypt(s->a, in, out, strlen(TEXT), &error));
	g_assert_no_error(error);
	g_autoptr(GBytes) text = all_of(out);
	g_assert_cmpmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), TEXT, strlen(TEXT));
	lseek(in, 0, SEEK_SET);
	g_assert_false(pgp_decrypt(s->a, in, out, strlen(TEXT) - 1, &error));
	g_assert_error(error, FAIL, REASON_BOMB);
	g_clear_error(&error);
	g_assert_false(pgp_decrypt(s->a, bad, out, NO_LIMIT, &error));
	g_assert_error(error, FAIL, REASON_PROTECTION);
	close(in);
	close(bad);
	close(out);
}

static int
verify(pgp *p, const char *data, const char *signature, const char *fpr)
{
	g_autoptr(GError) error = NULL;

	return pgp_verify(p, data, strlen(data), signature, fpr, &error) ? 0 : error->code;
}

static void
a_detached_signature_is_good_for_its_data_and_key_alone(sites *s,
							gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *signature = pgp_sign(s->a, TEXT, strlen(TEXT), s->a_fpr, &error);

	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(signature, "-----BEGIN PGP SIGNATURE-----\n"));
	g_autofree char *two = g_strconcat(signature, signature, NULL);
	g_assert_cmpint(verify(s->b, TEXT, signature, s->a_fpr), ==, 0);
	g_assert_cmpint(verify(s->b, "other", signature, s->a_fpr), ==, REASON_BAD_SIGNATURE);
	g_assert_cmpint(verify(s->b, TEXT, signature, s->b_fpr), ==, REASON_UNKNOWN_SIGNER);
	g_assert_cmpint(reason_of(verify(s->b, TEXT, two, s->a_fpr))->class, ==, FAIL_TRUST);
	g_assert_cmpint(reason_of(verify(s->b, TEXT, "", s->a_fpr))->class, ==, FAIL_TRUST);
	g_assert_cmpint(reason_of(verify(s->b, TEXT, "nonsense", s->a_fpr))->class, ==, FAIL_TRUST);
}

static void
a_forgotten_key_is_gone_and_can_be_forgotten_again(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 2; i++) {
		g_assert_true(pgp_forget(s->a, s->b_fpr, &error) || error != NULL);
		g_assert_no_error(error);
	}
	g_assert_null(pgp_export(s->a, s->b_fpr, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
}

static void
an_own_key_is_never_forgotten(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) sealed = seal(s->b, s->b_fpr, s->a_fpr);

	g_assert_false(pgp_forget(s->a, s->a_fpr, &error));
	g_assert_error(error, FAIL, FAIL_CONFIG);
	g_clear_error(&error);
	g_assert_cmpint(unseal(s->a, sealed, PGP_ENCRYPT, s->b_fpr, NO_LIMIT, NULL), ==, 0);
	g_autofree char *signature = pgp_sign(s->a, TEXT, strlen(TEXT), s->a_fpr, &error);
	g_assert_no_error(error);
}

static void
add(const char *name, void (*test)(sites *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/pgp/", name, NULL);

	g_test_add(path, sites, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("a_sealed_file_comes_out_as_it_was", a_sealed_file_comes_out_as_it_was);
	add("a_signed_file_is_readable_and_comes_out_as_it_was",
	    a_signed_file_is_readable_and_comes_out_as_it_was);
	add("files_are_read_and_written_from_their_offsets",
	    files_are_read_and_written_from_their_offsets);
	add("an_empty_list_of_recipients_seals_nothing", an_empty_list_of_recipients_seals_nothing);
	add("output_beyond_the_limit_is_a_bomb", output_beyond_the_limit_is_a_bomb);
	add("a_message_to_another_key_cannot_be_decrypted",
	    a_message_to_another_key_cannot_be_decrypted);
	add("a_good_signature_by_another_key_names_its_signer",
	    a_good_signature_by_another_key_names_its_signer);
	add("a_flipped_bit_never_yields_another_text", a_flipped_bit_never_yields_another_text);
	add("a_truncated_message_is_refused", a_truncated_message_is_refused);
	add("what_comes_before_pinning_can_be_decrypted",
	    what_comes_before_pinning_can_be_decrypted);
	add("a_detached_signature_is_good_for_its_data_and_key_alone",
	    a_detached_signature_is_good_for_its_data_and_key_alone);
	add("an_own_key_is_never_forgotten", an_own_key_is_never_forgotten);
	add("a_forgotten_key_is_gone_and_can_be_forgotten_again",
	    a_forgotten_key_is_gone_and_can_be_forgotten_again);
	return g_test_run();
}
