#include "handshake/proof.h"

#include <string.h>

#include "base/fail.h"
#include "handshake/secret.h"

#define FPR_M "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FPR_S "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define LINK  "0000000000000000000000000a"
#define NS    "0000000000000000000000000d"
#define NM    "0000000000000000000000000e"

static offer *
make_offer(void)
{
	offer *o = offer_new();

	o->link = g_strdup(LINK);
	o->id = g_strdup("0000000000000000000000000b");
	o->site = g_strdup("berlin");
	o->site_id = g_strdup("0000000000000000000000000c");
	o->description = g_strdup("Widget project, bugs");
	o->channel = g_strdup("folder");
	o->contract = json_pack("{s:i}", "version", 1);
	o->protect = g_strdup("encrypt");
	o->made = 1795377170;
	o->expires = o->made + 30 * 86400;
	o->secret = g_strdup("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	o->master = g_strdup(FPR_M);
	o->key = g_strdup("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n"
			  "-----END PGP PUBLIC KEY BLOCK-----\n");
	o->major = 1;
	o->minor = 0;
	return o;
}

static offer *
make_offer_with_salt(void)
{
	offer *o = make_offer();

	o->salt = g_strdup("000102030405060708090a0b0c0d0e0f");
	o->address = g_strdup("sync@example.com");
	return o;
}

/* RFC 7914, section 12, the third vector: r is 8 as here. */
static void
test_scrypt_vector(void)
{
	guint8 key[64];

	g_assert_true(secret_scrypt("pleaseletmein", (const guint8 *)"SodiumChloride", 14, 16384, 1,
				    key, sizeof key, NULL));
	g_autofree char *hex = secret_to_hex(key, sizeof key);
	g_assert_cmpstr(hex, ==,
			"7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
			"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

/* RFC 7914, section 12, the second vector: p is not 1. */
static void
test_scrypt_vector_parallel(void)
{
	guint8 key[64];

	g_assert_true(secret_scrypt("password", (const guint8 *)"NaCl", 4, 1024, 16, key,
				    sizeof key, NULL));
	g_autofree char *hex = secret_to_hex(key, sizeof key);
	g_assert_cmpstr(hex, ==,
			"fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
			"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
}

/* RFC 4231, test case 2. */
static void
test_mac_vector(void)
{
	static const char data[] = "what do ya want for nothing?";
	guint8 mac[SECRET_MAC_LEN];

	g_assert_true(secret_mac((const guint8 *)"Jefe", 4, data, sizeof data - 1, mac, NULL));
	g_autofree char *hex = secret_to_hex(mac, sizeof mac);
	g_assert_cmpstr(hex, ==,
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* Worked out from the description by another program. */
static void
test_known_proof(void)
{
	g_autoptr(offer) o = make_offer();
	const proof_parts parts = {FPR_M, FPR_S, NS, NULL};
	g_autoptr(GError) e = NULL;
	g_autofree char *key = NULL;

	g_autofree char *hash = offer_hash(o);
	g_assert_cmpstr(hash, ==,
			"c51a4af0c6752c5d4874decd8d05d461f68017e4f27b55d0bd926c92e2f99b2f");
	g_assert_true(proof_passphrase_key(o, NULL, &key, &e));
	g_assert_no_error(e);
	g_assert_null(key);
	g_autofree char *proof = proof_make(o, &parts, key, &e);
	g_assert_no_error(e);
	g_assert_cmpstr(proof, ==,
			"d37d692839b63bb635d7375ae01b771846d1527c15ce53821a34d44a5a442194");
}

static void
test_known_proof_with_passphrase(void)
{
	g_autoptr(offer) o = make_offer_with_salt();
	const proof_parts parts = {FPR_M, FPR_S, NS, "slave@example.com"};
	g_autoptr(GError) e = NULL;
	g_autofree char *key = NULL;

	g_assert_true(proof_passphrase_key(o, "correct horse", &key, &e));
	g_assert_no_error(e);
	g_assert_cmpstr(key, ==,
			"5c662628ac4eb1068a287e2aa2a202ae248e98db04d61d3327e7342db6ec7097");
	g_autofree char *proof = proof_make(o, &parts, key, &e);
	g_assert_no_error(e);
	g_assert_cmpstr(proof, ==,
			"7ee20e1406782c1e5b0c34506cdd9ccb4a7c3abdc520096f441bee87be52d8df");
}

static void
test_passphrase_wanted_or_not(void)
{
	g_autoptr(offer) without = make_offer(), with = make_offer_with_salt();
	g_autofree char *longer = g_strnfill(1025, 'x');
	const struct {
		const offer *o;
		const char *passphrase;
	} rows[] = {{without, "one"}, {without, ""}, {with, NULL}, {with, ""}, {with, longer}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) e = NULL;
		char *untouched = (char *)"untouched";

		g_assert_false(proof_passphrase_key(rows[i].o, rows[i].passphrase, &untouched, &e));
		g_assert_error(e, FAIL, REASON_PASSPHRASE);
		g_assert_cmpstr(untouched, ==, "untouched");
	}
}

/* A proof for one thing must be worth nothing for any other. */
static void
test_every_part_counts(void)
{
	g_autoptr(offer) o = make_offer();
	const proof_parts parts[] = {
		{FPR_M, FPR_S, NS, NULL}, {FPR_S, FPR_S, NS, NULL}, {FPR_M, FPR_M, NS, NULL},
		{FPR_M, FPR_S, NM, NULL}, {FPR_M, FPR_S, NS, "a"},  {FPR_M, FPR_S, "", NS},
	};
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		g_assert_true(g_hash_table_add(seen, proof_make(o, &parts[i], NULL, NULL)));
	o->secret[0] = '1';
	g_assert_true(g_hash_table_add(seen, proof_make(o, &parts[0], NULL, NULL)));
	o->description[0] = 'w';
	g_assert_true(g_hash_table_add(seen, proof_make(o, &parts[0], NULL, NULL)));
	json_object_set_new(o->contract, "version", json_integer(2));
	g_assert_true(g_hash_table_add(seen, proof_make(o, &parts[0], NULL, NULL)));
	o->id[0] = '1';
	g_assert_true(g_hash_table_add(seen, proof_make(o, &parts[0], NULL, NULL)));
}

/* Parts must not run into each other. */
static void
test_borders_count(void)
{
	g_autoptr(offer) o = make_offer();
	const proof_parts one = {FPR_M, FPR_S, "ab", "c"}, other = {FPR_M, FPR_S, "a", "bc"};

	g_autofree char *a = proof_make(o, &one, NULL, NULL);
	g_autofree char *b = proof_make(o, &other, NULL, NULL);
	g_assert_cmpstr(a, !=, b);
}

static void
test_malformed_secrets(void)
{
	g_autoptr(offer) o = make_offer_with_salt();
	const proof_parts parts = {FPR_M, FPR_S, NS, NULL};
	g_autoptr(GError) e = NULL;

	g_assert_null(proof_make(o, &parts, NULL, &e));
	g_assert_error(e, FAIL, FAIL_BUG);
	g_clear_error(&e);
	g_assert_null(proof_make(o, &parts, "0123", &e));
	g_assert_error(e, FAIL, FAIL_BUG);
	g_clear_error(&e);
	g_clear_pointer(&o->salt, g_free);
	o->secret[0] = 'G';
	g_assert_null(proof_make(o, &parts, NULL, &e));
	g_assert_error(e, FAIL, FAIL_BUG);
}

static void
test_equal(void)
{
	g_autofree char *a = g_strnfill(PROOF_LEN, 'a'), *b = g_strnfill(PROOF_LEN, 'a');

	g_assert_true(proof_equal(a, b));
	for (gsize i = 0; i < PROOF_LEN; i++) {
		b[i] = 'b';
		g_assert_false(proof_equal(a, b));
		b[i] = 'a';
	}
	b[PROOF_LEN - 1] = '\0';
	g_assert_false(proof_equal(a, b));
	g_assert_false(proof_equal(b, b));
	g_assert_false(proof_equal("", ""));
	g_assert_false(proof_equal(a, NULL));
	g_assert_false(proof_equal(NULL, NULL));
}

static void
test_words(void)
{
	g_autofree char *words = proof_words(LINK, FPR_M, FPR_S, NS, NM);
	g_assert_cmpstr(words, ==, "uncut photograph accrue enterprise pheasant coherence");

	g_autofree char *swapped = proof_words(LINK, FPR_S, FPR_M, NS, NM);
	g_autofree char *other = proof_words(LINK, FPR_M, FPR_S, NM, NS);
	g_assert_cmpstr(words, !=, swapped);
	g_assert_cmpstr(words, !=, other);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proof/scrypt_gives_the_vector_of_the_standard", test_scrypt_vector);
	g_test_add_func("/proof/scrypt_gives_the_parallel_vector_of_the_standard",
			test_scrypt_vector_parallel);
	g_test_add_func("/proof/the_mac_gives_the_vector_of_the_standard", test_mac_vector);
	g_test_add_func("/proof/a_proof_is_what_the_description_says", test_known_proof);
	g_test_add_func("/proof/a_passphrase_goes_into_the_proof",
			test_known_proof_with_passphrase);
	g_test_add_func("/proof/a_passphrase_is_there_exactly_when_it_is_wanted",
			test_passphrase_wanted_or_not);
	g_test_add_func("/proof/every_part_changes_the_proof", test_every_part_counts);
	g_test_add_func("/proof/parts_do_not_run_into_each_other", test_borders_count);
	g_test_add_func("/proof/malformed_secrets_make_no_proof", test_malformed_secrets);
	g_test_add_func("/proof/only_equal_proofs_are_equal", test_equal);
	g_test_add_func("/proof/both_sides_read_the_same_words", test_words);
	return g_test_run();
}
