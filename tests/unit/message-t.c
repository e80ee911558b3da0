#include "handshake/message.h"

#include <string.h>

#include "base/fail.h"

#define ID1   "0000000000000000000000000a"
#define ID2   "0000000000000000000000000b"
#define ID3   "0000000000000000000000000c"
#define FPR_M "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FPR_S "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define HASH  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const message_s1 s1 = {
	.offer = (char *)ID1,
	.site = (char *)"hamburg",
	.site_id = (char *)ID2,
	.ns = (char *)ID3,
	.key = (char *)"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZ\n",
	.fpr = (char *)FPR_S,
	.address = (char *)"sync@example.com",
	.proof = (char *)HASH,
};

static void
test_s1(void)
{
	g_autoptr(json_ref) j = message_s1_to_json(&s1);
	g_auto(message_s1) m = {0};
	g_autoptr(GError) e = NULL;

	g_assert_true(message_s1_read(j, &m, &e));
	g_assert_no_error(e);
	g_assert_cmpstr(m.offer, ==, s1.offer);
	g_assert_cmpstr(m.site, ==, s1.site);
	g_assert_cmpstr(m.site_id, ==, s1.site_id);
	g_assert_cmpstr(m.ns, ==, s1.ns);
	g_assert_cmpstr(m.key, ==, s1.key);
	g_assert_cmpstr(m.fpr, ==, s1.fpr);
	g_assert_cmpstr(m.address, ==, s1.address);
	g_assert_cmpstr(m.proof, ==, s1.proof);
}

static void
test_s1_without_address(void)
{
	message_s1 folder = s1;

	folder.address = NULL;
	g_autoptr(json_ref) j = message_s1_to_json(&folder);
	g_auto(message_s1) m = {0};
	g_assert_null(json_object_get(j, "address"));
	g_assert_true(message_s1_read(j, &m, NULL));
	g_assert_null(m.address);
}

static void
test_m1(void)
{
	const message_m1 in = {(char *)ID1, (char *)ID2, (char *)HASH, (char *)FPR_M,
			       (char *)FPR_S};
	g_autoptr(json_ref) j = message_m1_to_json(&in);
	g_auto(message_m1) m = {0};

	g_assert_true(message_m1_read(j, &m, NULL));
	g_assert_cmpstr(m.ns, ==, ID1);
	g_assert_cmpstr(m.nm, ==, ID2);
	g_assert_cmpstr(m.s1_hash, ==, HASH);
	g_assert_cmpstr(m.master, ==, FPR_M);
	g_assert_cmpstr(m.slave, ==, FPR_S);
}

static void
test_s2(void)
{
	const message_s2 in = {(char *)ID2, (char *)HASH};
	g_autoptr(json_ref) j = message_s2_to_json(&in);
	g_auto(message_s2) m = {0};

	g_assert_true(message_s2_read(j, &m, NULL));
	g_assert_cmpstr(m.nm, ==, ID2);
	g_assert_cmpstr(m.m1_hash, ==, HASH);
}

static void
test_refused(void)
{
	const message_refused in = {(char *)HASH, REASON_OFFER_USED, (char *)"used already"};
	g_autoptr(json_ref) j = message_refused_to_json(&in);
	g_auto(message_refused) m = {0};

	g_assert_true(message_refused_read(j, &m, NULL));
	g_assert_cmpstr(m.s1_hash, ==, HASH);
	g_assert_cmpint(m.reason, ==, REASON_OFFER_USED);
	g_assert_cmpstr(m.text, ==, "used already");
}

static void
assert_malformed(gboolean ok, GError **e, const char *member)
{
	g_assert_false(ok);
	g_assert_error(*e, FAIL, REASON_MANIFEST);
	if (member != NULL)
		g_assert_nonnull(strstr((*e)->message, member));
	g_clear_error(e);
}

static void
test_members_are_checked(void)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"offer", "0000000000000000000000000"},
		{"offer", "0000000000000000000000000I"},
		{"site", "Ham burg"},
		{"site", "../hamburg"},
		{"site_id", ""},
		{"ns", "x"},
		{"key", ""},
		{"fpr", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
		{"fpr", "BBBBBBBBBBBBBBBB"},
		{"address", ""},
		{"address", "sync@example.com\r\nbcc: x@example.com"},
		{"address", "\033[2Jx"},
		{"proof", "00112233"},
		{"proof", "Z0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(json_ref) j = message_s1_to_json(&s1);
		g_auto(message_s1) m = {0};
		g_autoptr(GError) e = NULL;

		json_put(j, rows[i].name, rows[i].value);
		assert_malformed(message_s1_read(j, &m, &e), &e, rows[i].name);
		g_assert_null(m.offer);
	}
}

static void
test_missing_and_mistyped(void)
{
	g_autoptr(json_ref) whole = message_s1_to_json(&s1);
	const char *name;
	json_t *value;

	json_object_foreach (whole, name, value) {
		g_autoptr(json_ref) j = json_copy(whole);
		g_auto(message_s1) m = {0};
		g_autoptr(GError) e = NULL;

		json_object_set_new(j, name, json_integer(7));
		assert_malformed(message_s1_read(j, &m, &e), &e, name);
		json_object_set_new(j, name, json_null());
		assert_malformed(message_s1_read(j, &m, &e), &e, name);
		json_object_del(j, name);
		if (!g_str_equal(name, "address"))
			assert_malformed(message_s1_read(j, &m, &e), &e, name);
	}
}

static void
test_no_object(void)
{
	g_autoptr(json_ref) array = json_array();
	g_autoptr(GError) e = NULL;
	message_s1 a = {0};
	message_m1 b = {0};
	message_s2 c = {0};
	message_refused d = {0};

	assert_malformed(message_s1_read(array, &a, &e), &e, NULL);
	assert_malformed(message_s1_read(NULL, &a, &e), &e, NULL);
	assert_malformed(message_m1_read(array, &b, &e), &e, NULL);
	assert_malformed(message_s2_read(NULL, &c, &e), &e, NULL);
	assert_malformed(message_refused_read(array, &d, &e), &e, NULL);
}

static void
test_long_texts(void)
{
	g_autofree char *key = g_strnfill(64 * 1024 + 1, 'x');
	g_autofree char *line = g_strnfill(1025, 'x');
	g_autoptr(json_ref) j = message_s1_to_json(&s1);
	g_autoptr(GError) e = NULL;
	message_s1 m = {0};

	json_put(j, "key", key);
	assert_malformed(message_s1_read(j, &m, &e), &e, "key");
	json_put(j, "key", s1.key);
	json_put(j, "address", line);
	assert_malformed(message_s1_read(j, &m, &e), &e, "address");
}

static void
test_refusal_numbers(void)
{
	const message_refused in = {(char *)HASH, 0, (char *)""};
	g_autoptr(json_ref) j = message_refused_to_json(&in);
	g_autoptr(GError) e = NULL;
	message_refused m = {0};

	json_object_set_new(j, "reason", json_integer(-1));
	assert_malformed(message_refused_read(j, &m, &e), &e, "reason");
	json_object_set_new(j, "reason", json_integer(G_MAXINT64));
	assert_malformed(message_refused_read(j, &m, &e), &e, "reason");
	json_object_set_new(j, "reason", json_string("405"));
	assert_malformed(message_refused_read(j, &m, &e), &e, "reason");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/message/an_s1_is_read_as_written", test_s1);
	g_test_add_func("/message/an_s1_over_folders_has_no_address", test_s1_without_address);
	g_test_add_func("/message/an_m1_is_read_as_written", test_m1);
	g_test_add_func("/message/an_s2_is_read_as_written", test_s2);
	g_test_add_func("/message/a_refusal_is_read_as_written", test_refused);
	g_test_add_func("/message/a_member_of_another_alphabet_is_refused",
			test_members_are_checked);
	g_test_add_func("/message/a_missing_or_mistyped_member_is_refused",
			test_missing_and_mistyped);
	g_test_add_func("/message/a_body_that_is_no_object_is_refused", test_no_object);
	g_test_add_func("/message/a_member_that_is_too_long_is_refused", test_long_texts);
	g_test_add_func("/message/a_refusal_names_a_number", test_refusal_numbers);
	return g_test_run();
}
