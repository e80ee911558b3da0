#include "handshake/offer.h"

#include "tests/unit/offer_kit.h"

/* TEXT is refused as a file, in one line that says EXPECTED. */
static void
assert_refused(const world *w, const char *text, gsize len, const char *expected)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(offer) o = offer_read(text, len, w->scratch, &e);

	g_assert_null(o);
	g_assert_error(e, FAIL, REASON_HANDSHAKE_FILE);
	g_assert_null(strchr(e->message, '\n'));
	if (expected != NULL && strstr(e->message, expected) == NULL)
		g_test_fail_printf("\"%s\" does not say \"%s\"", e->message, expected);
}

/* The file for PART as it stands, well signed by SIGNER. */
static char *
sign_part(const world *w, const json_t *part, const char *signer)
{
	g_autofree char *text = json_text(part);
	g_autofree char *signature = pgp_sign(w->keys, text, strlen(text), signer, NULL);
	g_autoptr(json_ref) file = json_copy((json_t *)part);

	g_assert_nonnull(signature);
	json_put(file, "handsel", "handshake");
	json_put(file, "signature", signature);
	return json_text(file);
}

static void
assert_part_refused(const world *w, const json_t *part, const char *expected)
{
	g_autofree char *text = sign_part(w, part, w->fpr);

	assert_refused(w, text, strlen(text), expected);
}

static void
test_flipped_bytes(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	g_autofree char *hash = offer_hash(o);
	gsize len = strlen(text);
	guint refused = 0, tried = 0;

	for (gsize at = 7; at < len; at += 50) {
		g_autofree char *bad = g_memdup2(text, len + 1);
		g_autoptr(GError) e = NULL;

		bad[at] ^= tried++ % 2 == 0 ? 0x01 : 0x20;
		g_autoptr(offer) read = offer_read(bad, len, w->scratch, &e);
		if (read == NULL) {
			g_assert_error(e, FAIL, REASON_HANDSHAKE_FILE);
			g_assert_null(strchr(e->message, '\n'));
			refused++;
			continue;
		}
		g_autofree char *same = offer_hash(read);
		g_assert_cmpstr(same, ==, hash);
	}
	g_assert_cmpuint(tried, >, 20);
	/* Only the armour of the signature has bytes without a meaning. */
	g_assert_cmpuint(refused, >, tried / 2);
}

static void
test_no_json(gconstpointer data)
{
	const world *w = data;
	static const char *const texts[] = {
		"", "hello", "{", "-----BEGIN PGP MESSAGE-----\n", "\xff\xfe", "{\"handsel\":",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_refused(w, texts[i], strlen(texts[i]), "not a handshake file");
}

static void
test_other_json(gconstpointer data)
{
	const world *w = data;
	static const char *const texts[] = {
		"{}",
		"[]",
		"7",
		"null",
		"\"handshake\"",
		"{\"handsel\":\"contract\"}",
		"{\"handsel\":1}",
		"[{\"handsel\":\"handshake\"}]",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_refused(w, texts[i], strlen(texts[i]), "not a handshake file");
}

static void
test_cut_short(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);

	for (gsize len = 0; len < strlen(text) - 2; len += 97)
		assert_refused(w, text, len, "damaged");
}

static void
test_nul_bytes(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	gsize len = strlen(text);
	g_autofree char *bad = g_memdup2(text, len + 1);

	assert_refused(w, text, len + 1, "damaged");
	bad[len / 2] = '\0';
	assert_refused(w, bad, len, "NUL");
	g_auto(GStrv) halves = g_strsplit(text, "berlin", 2);
	g_autofree char *escaped = g_strconcat(halves[0], "ber\\u0000lin", halves[1], NULL);
	assert_refused(w, escaped, strlen(escaped), "damaged");
}

static void
test_too_large(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	g_autofree char *blanks = g_strnfill(OFFER_FILE_MAX, ' ');
	g_autofree char *large = g_strconcat(text, blanks, NULL);

	assert_refused(w, large, strlen(large), "larger than 512 KiB");
}

static void
test_newer_format(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(json_ref) part = offer_to_json(o);
	json_t *j = json_object_get(part, "offer");

	json_object_set_new(j, "format", json_string("2.0"));
	assert_part_refused(w, part, "newer format 2.0");
	/* It says so even where all else has changed. */
	static const char alien[] =
		"{\"handsel\":\"handshake\",\"offer\":{\"format\":\"3.1\",\"x\":[]}}";
	assert_refused(w, alien, strlen(alien), "newer format 3.1");
	json_object_set_new(j, "format", json_string("1.0"));
	json_object_set_new(j, "quota", json_integer(5));
	assert_part_refused(w, part, "\"quota\" is unknown to this version");
}

static void
test_missing_members(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(json_ref) whole = offer_to_json(o);
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(whole, "offer"), name, value) {
		g_autoptr(json_ref) part = json_deep_copy(whole);

		if (g_str_equal(name, "address") || g_str_equal(name, "salt"))
			continue;
		json_object_del(json_object_get(part, "offer"), name);
		/* A file that names no key is found out while its key is looked at. */
		assert_part_refused(w, part, g_str_equal(name, "master") ? "another key" : name);
	}
}

static void
test_wrong_types(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(json_ref) whole = offer_to_json(o);
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(whole, "offer"), name, value) {
		g_autoptr(json_ref) part = json_deep_copy(whole);
		const char *expected = g_str_equal(name, "master") ? "another key" : name;

		json_object_set_new(json_object_get(part, "offer"), name, json_integer(7));
		assert_part_refused(w, part, expected);
		json_object_set_new(json_object_get(part, "offer"), name, json_pack("[s]", "x"));
		assert_part_refused(w, part, expected);
	}
}

static void
test_whole_members(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autofree char *text = write_text(w, o);
	g_autoptr(json_ref) whole = json_read(text, strlen(text), NULL);
	const char *name;
	json_t *value;

	json_object_foreach (whole, name, value) {
		g_autoptr(json_ref) less = json_copy(whole), mistyped = json_copy(whole);

		json_object_del(less, name);
		g_autofree char *a = json_text(less);
		assert_refused(w, a, strlen(a), "handshake file");
		json_object_set_new(mistyped, name, json_true());
		g_autofree char *b = json_text(mistyped);
		assert_refused(w, b, strlen(b), "handshake file");
	}
	json_object_set_new(whole, "note", json_string("pay here"));
	g_autofree char *more = json_text(whole);
	assert_refused(w, more, strlen(more), "not signed");
}

static void
test_bad_values(gconstpointer data)
{
	const world *w = data;
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"link", "../../etc"},
		{"id", ""},
		{"site", "Berlin\033[31m"},
		{"description", "two\nlines"},
		{"channel", "folder; rm"},
		{"address", "a@example.com\r\nBcc: b@example.com"},
		{"protect", "none"},
		{"secret", "00"},
		{"salt", "0"},
		{"format", "1"},
		{"format", "0.1"},
		{"format", "1.0.0"},
		{"format", "1.-1"},
		{"made", "yesterday"},
		{"expires", "2026-13-01T00:00:00Z"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(offer) o = make_offer(w);
		g_autoptr(json_ref) part = offer_to_json(o);

		json_put(json_object_get(part, "offer"), rows[i].name, rows[i].value);
		assert_part_refused(w, part, rows[i].name);
	}
}

static void
test_other_key(gconstpointer data)
{
	const world *w = data;
	g_autoptr(offer) o = make_offer(w);
	g_autoptr(json_ref) part = offer_to_json(o);

	/* signed by a key that is not the one inside */
	g_autofree char *text = sign_part(w, part, w->other_fpr);
	assert_refused(w, text, strlen(text), "damaged or was changed");
	/* a stranger's key and signature under the master's name */
	json_put(part, "key", w->other_key);
	g_autofree char *forged = sign_part(w, part, w->other_fpr);
	assert_refused(w, forged, strlen(forged), "another key");
	json_put(part, "key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nno key at all\n");
	g_autofree char *nonsense = sign_part(w, part, w->fpr);
	assert_refused(w, nonsense, strlen(nonsense), "damaged or was changed");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		GTestDataFunc run;
	} tests[] = {
		{"/offer_refused/a_changed_byte_never_passes_as_other_content", test_flipped_bytes},
		{"/offer_refused/what_is_not_json_is_refused", test_no_json},
		{"/offer_refused/json_of_another_kind_is_refused", test_other_json},
		{"/offer_refused/a_file_cut_short_is_refused", test_cut_short},
		{"/offer_refused/nul_bytes_are_refused", test_nul_bytes},
		{"/offer_refused/a_file_too_large_is_refused", test_too_large},
		{"/offer_refused/a_newer_format_is_named", test_newer_format},
		{"/offer_refused/a_missing_member_is_named", test_missing_members},
		{"/offer_refused/a_mistyped_member_is_named", test_wrong_types},
		{"/offer_refused/the_whole_has_its_members_and_no_others", test_whole_members},
		{"/offer_refused/an_unusable_value_is_named", test_bad_values},
		{"/offer_refused/only_the_master_key_may_sign", test_other_key},
	};
	world w;

	g_test_init(&argc, &argv, NULL);
	world_open(&w);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_data_func(tests[i].name, &w, tests[i].run);
	int status = g_test_run();
	world_close(&w);
	return status;
}
