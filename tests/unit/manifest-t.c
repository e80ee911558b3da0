#include "spool/manifest.h"

#include <string.h>

#include "base/fail.h"

#define LINK  "01j9x4ab0123456789abcdefgh"
#define EPOCH "zzzzzzzzzz0123456789abcdef"
#define WITH  "11111111110123456789abcdef"
#define FROM  "0123456789ABCDEF0123456789ABCDEF01234567"
#define TO    "89ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define SHA   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static manifest *
sample(void)
{
	manifest *m = manifest_new();

	m->link = g_strdup(LINK);
	m->from = g_strdup(FROM);
	m->to = g_strdup(TO);
	m->role = 's';
	m->epoch = g_strdup(EPOCH);
	m->with = g_strdup(WITH);
	m->kind = KIND_CHANGES;
	m->number = 17;
	m->prev = g_strdup(SHA);
	m->contract = g_strdup(SHA);
	m->encrypted = TRUE;
	m->key_from = 1;
	m->has_ack = TRUE;
	m->ack = (manifest_ack){.serial = 412,
				.heard = 77,
				.stored = 131,
				.done = 129,
				.hash = g_strdup(SHA),
				.has_at = TRUE,
				.at = 57,
				.gaps_len = 2,
				.gaps = {{133, 133}, {140, 150}}};
	m->body = json_object();
	return m;
}

static void
every_member_comes_back(void)
{
	g_autoptr(manifest) m = sample();
	g_autoptr(json_ref) j = manifest_to_json(m);
	g_autoptr(GError) error = NULL;
	g_autoptr(manifest) back = manifest_from_json(j, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(back->link, ==, LINK);
	g_assert_cmpstr(back->to, ==, TO);
	g_assert_cmpstr(back->with, ==, WITH);
	g_assert_cmpint(back->role, ==, 's');
	g_assert_cmpint(back->kind, ==, KIND_CHANGES);
	g_assert_cmpuint(back->number, ==, 17);
	g_assert_true(back->encrypted);
	g_assert_true(back->ack.has_at);
	g_assert_cmpuint(back->ack.gaps_len, ==, 2);
	g_assert_cmpuint(back->ack.gaps[1].last, ==, 150);
	g_autoptr(json_ref) again = manifest_to_json(back);
	g_autofree char *a = json_text(j);
	g_autofree char *b = json_text(again);
	g_assert_cmpstr(a, ==, b);
}

static void
kinds_have_names(void)
{
	for (guint i = 0; i < KIND_COUNT; i++) {
		envelope_kind kind = KIND_COUNT;

		g_assert_true(kind_from_name(kind_name((envelope_kind)i), &kind));
		g_assert_cmpuint(kind, ==, i);
	}
	g_assert_false(kind_from_name("", &(envelope_kind){0}));
}

/* The error that TEXT in place of member KEY (of the ack if it begins with "ack.") makes. */
static int
error_with(const char *key, const char *text)
{
	g_autoptr(manifest) m = sample();
	g_autoptr(json_ref) j = manifest_to_json(m);
	g_autoptr(GError) error = NULL;
	json_t *object = j;

	if (g_str_has_prefix(key, "ack.")) {
		object = json_object_get(j, "ack");
		key += strlen("ack.");
	}
	if (text == NULL) {
		json_object_del(object, key);
	} else {
		json_t *value = json_read(text, strlen(text), &error);

		g_assert_no_error(error);
		json_object_set_new(object, key, value);
	}
	g_autoptr(manifest) back = manifest_from_json(j, &error);
	g_assert_true((back == NULL) == (error != NULL));
	return error == NULL ? 0 : error->code;
}

static void
what_is_missing_is_refused(void)
{
	static const char *const keys[] = {"format",    "link", "from",    "role",
					   "epoch",     "kind", "protect", "ack.serial",
					   "ack.heard", "prev", "number",  "ack.hash"};

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
		g_assert_cmpint(error_with(keys[i], NULL), ==, REASON_MANIFEST);
	g_assert_cmpint(error_with("to", NULL), ==, 0);
	g_assert_cmpint(error_with("with", NULL), ==, 0);
	g_assert_cmpint(error_with("contract", NULL), ==, 0);
	g_assert_cmpint(error_with("ack", NULL), ==, 0);
	g_assert_cmpint(error_with("ack.at", NULL), ==, 0);
	g_assert_cmpint(error_with("ack.gaps", NULL), ==, 0);
	g_assert_cmpint(error_with("body", NULL), ==, 0);
}

static void
what_is_malformed_is_refused(void)
{
	static const char *const pairs[][2] = {
		{"format", "1"},
		{"format", "\"1\""},
		{"format", "\"0.1\""},
		{"format", "\"1.0.0\""},
		{"link", "\"short\""},
		{"link", "\"../../../../../etc/passwd01\""},
		{"from", "\"0123456789abcdef0123456789abcdef01234567\""},
		{"to", "null"},
		{"role", "\"m\""},
		{"epoch", "17"},
		{"number", "-1"},
		{"number", "1.5"},
		{"number", "\"17\""},
		{"number", "1"},
		{"prev", "\"abc\""},
		{"for", "\"" SHA "\""},
		{"kind", "null"},
		{"kind", "\"ack\""},
		{"kind", "\"void\""},
		{"protect", "\"none\""},
		{"contract", "{}"},
		{"body", "[]"},
		{"ack", "[]"},
		{"ack.serial", "-7"},
		{"ack.done", "0"},
		{"ack.done", "132"},
		{"ack.gaps", "{}"},
		{"ack.gaps", "[[133]]"},
		{"ack.gaps", "[[133,132]]"},
		{"ack.gaps", "[[131,132]]"},
		{"ack.gaps", "[[140,141],[141,142]]"},
		{"ack.gaps", "[[-1,5]]"},
		{"ack.gaps", "[[\"133\",134]]"},
		{"ack.gaps",
		 "[[140,140],[142,142],[144,144],[146,146],[148,148],[150,150],[152,152],"
		 "[154,154],[156,156]]"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		g_assert_cmpint(error_with(pairs[i][0], pairs[i][1]), ==, REASON_MANIFEST);
}

static void
a_newer_major_version_is_told_apart(void)
{
	g_assert_cmpint(error_with("format", "\"2.0\""), ==, REASON_FORMAT);
	g_assert_cmpint(error_with("format", "\"1.9\""), ==, 0);
	g_assert_cmpint(error_with("kind", "\"parcel\""), ==, REASON_KIND);
	g_assert_cmpint(error_with("novelty", "[1,2]"), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/manifest/every_member_comes_back", every_member_comes_back);
	g_test_add_func("/manifest/kinds_have_names", kinds_have_names);
	g_test_add_func("/manifest/what_is_missing_is_refused", what_is_missing_is_refused);
	g_test_add_func("/manifest/what_is_malformed_is_refused", what_is_malformed_is_refused);
	g_test_add_func("/manifest/a_newer_major_version_is_told_apart",
			a_newer_major_version_is_told_apart);
	return g_test_run();
}
