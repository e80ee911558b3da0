#include "contract/contract.h"

#include "base/fail.h"

#include <string.h>

#define A   "0000000000000000000000000a"
#define B   "0000000000000000000000000b"
#define SHA "9f3a11c200d1e4aa9f3a11c200d1e4aa9f3a11c200d1e4aa9f3a11c200d1e4aa"

static contract *
read_text(const char *text, GError **error)
{
	return contract_read(text, strlen(text), error);
}

/* A contract with one field F of issue, else as by default. */
static contract *
with_field(const char *field, GError **error)
{
	g_autofree char *text = g_strdup_printf(
		"{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{\"f\":%s}}}}", field);

	return read_text(text, error);
}

static void
test_default(void)
{
	g_autoptr(contract) c = contract_default();
	static const struct {
		const char *name;
		value_type type;
		policy policy;
		gboolean learn;
	} rows[] = {
		{"assignee", TYPE_USER, POLICY_LATEST, FALSE},
		{"created", TYPE_TIME, POLICY_FIRST, FALSE},
		{"description", TYPE_LONGTEXT, POLICY_LATEST, FALSE},
		{"due", TYPE_DATE, POLICY_LATEST, FALSE},
		{"key", TYPE_TEXT, POLICY_FIRST, FALSE},
		{"labels", TYPE_MULTI, POLICY_MERGE, FALSE},
		{"priority", TYPE_LIST, POLICY_LATEST, TRUE},
		{"resolution", TYPE_LIST, POLICY_LATEST, TRUE},
		{"resolved", TYPE_TIME, POLICY_LATEST, FALSE},
		{"state", TYPE_LIST, POLICY_LATEST, TRUE},
		{"title", TYPE_TEXT, POLICY_LATEST, FALSE},
	};
	g_autoptr(GPtrArray) fields = contract_fields(c, "issue");

	g_assert_cmpuint(fields->len, ==, G_N_ELEMENTS(rows));
	for (guint i = 0; i < fields->len; i++) {
		const contract_field *f = fields->pdata[i];

		g_assert_cmpstr(f->name, ==, rows[i].name);
		g_assert_cmpint(f->type, ==, rows[i].type);
		g_assert_cmpint(f->policy, ==, rows[i].policy);
		g_assert_cmpint(f->learn, ==, rows[i].learn);
		g_assert_cmpint(f->on_refused, ==, REFUSED_HOLD);
		g_assert_true(contract_field_of(c, "issue", rows[i].name) == f);
	}
	g_assert_cmpuint(contract_version(c), ==, 1);
	g_assert_cmpint(contract_tolerance(c), ==, 2);
	g_assert_cmpuint(contract_limit_field(c), ==, 1 << 20);
	g_assert_cmpuint(contract_limit_file(c), ==, G_GUINT64_CONSTANT(4294967296));
	g_assert_cmpuint(contract_limit_things(c), ==, 10000);
	g_assert_true(contract_has_kind(c, "issue"));
	g_assert_false(contract_has_kind(c, "document"));
	g_assert_null(contract_field_of(c, "issue", "nope"));
	g_assert_null(contract_field_of(c, "document", "title"));
	g_assert_true(contract_allows(c, "issue", "files"));
	g_assert_false(contract_allows(c, "issue", "title"));
	g_autofree char *summary = contract_summary(c);
	g_assert_cmpstr(summary, ==,
			"key title description state priority resolution assignee labels created "
			"resolved due, parent, relations, comments, files, rows");
}

static void
test_round_trip(void)
{
	static const char all[] =
		"{\"version\":3,\"merge\":1,\"tolerance\":0,"
		"\"limits\":{\"field\":100,\"file\":200,\"things\":3},"
		"\"kinds\":{\"document\":{\"fields\":{},\"files\":true},"
		"\"issue\":{\"comments\":true,\"fields\":{"
		"\"owned\":{\"type\":\"text\",\"policy\":\"owner\",\"owner\":\"slave\"},"
		"\"state\":{\"type\":\"list\",\"policy\":\"latest\",\"learn\":true,"
		"\"values\":[\"open\",\"done\"],\"on_refused\":\"keep\"}}}}}";
	g_autoptr(GError) error = NULL;
	g_autoptr(contract) c = read_text(all, &error);
	g_assert_no_error(error);
	g_autoptr(json_ref) j = contract_to_json(c);
	g_autoptr(contract) again = contract_from_json(j, &error);
	g_assert_no_error(error);
	g_autoptr(json_ref) j2 = contract_to_json(again);

	g_assert_true(json_equal(j, j2));
	g_assert_cmpstr(contract_hash(c), ==, contract_hash(again));
	g_assert_cmpuint(strlen(contract_hash(c)), ==, 64);
	const contract_field *f = contract_field_of(again, "issue", "owned");
	g_assert_cmpint(f->policy, ==, POLICY_OWNER);
	g_assert_false(f->owner_master);
	f = contract_field_of(again, "issue", "state");
	g_assert_cmpint(f->on_refused, ==, REFUSED_KEEP);
	g_assert_cmpuint(json_array_size(f->values), ==, 2);
	g_autofree char *summary = contract_summary(c);
	g_assert_cmpstr(summary, ==, "document: files; issue: state owned, comments");
}

static void
test_hash(void)
{
	g_autoptr(contract) terse = read_text("{\"kinds\":{\"issue\":{\"fields\":{\"f\":{\"type\":"
					      "\"text\",\"policy\":\"latest\"}}}},"
					      "\"version\":1}",
					      NULL);
	g_autoptr(contract) wordy = read_text(
		"{\"version\":1, \"merge\":1, \"tolerance\":2, \"limits\":{\"things\":10000},"
		"\"kinds\":{\"issue\":{\"rows\":false,\"fields\":{\"f\":{\"policy\":\"latest\","
		"\"type\":\"text\",\"learn\":false,\"on_refused\":\"hold\"}}}}}",
		NULL);
	g_autoptr(contract) other = with_field("{\"type\":\"text\",\"policy\":\"first\"}", NULL);

	g_assert_cmpstr(contract_hash(terse), ==, contract_hash(wordy));
	g_assert_cmpstr(contract_hash(terse), !=, contract_hash(other));
}

static void
test_wrong_fields(void)
{
	static const char *const rows[] = {
		"{\"type\":\"text\"}",
		"{\"policy\":\"latest\"}",
		"{\"type\":\"blob\",\"policy\":\"latest\"}",
		"{\"type\":\"text\",\"policy\":\"both\"}",
		"{\"type\":\"text\",\"policy\":\"merge\"}",
		"{\"type\":\"text\",\"policy\":\"owner\"}",
		"{\"type\":\"text\",\"policy\":\"owner\",\"owner\":\"me\"}",
		"{\"type\":\"text\",\"policy\":\"latest\",\"owner\":\"master\"}",
		"{\"type\":\"text\",\"policy\":\"latest\",\"on_refused\":\"drop\"}",
		"{\"type\":\"text\",\"policy\":\"latest\",\"learn\":true}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"learn\":1}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[]}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[\" a\"]}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[\"a\",\"a\"]}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[\"\"]}",
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[1]}",
		"{\"type\":\"text\",\"policy\":\"latest\",\"future\":1}",
		"[]",
		"null",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(with_field(rows[i], &error));
		g_assert_nonnull(error);
		g_assert_cmpint(fail_class(error), ==, FAIL_REJECT);
		g_assert_nonnull(strstr(error->message, "issue.f"));
	}
}

static void
test_wrong_documents(void)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"version\":1}",
		"{\"version\":1,\"kinds\":{}}",
		"{\"version\":1,\"kinds\":{\"issue\":{}}}",
		"{\"version\":0,\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"merge\":2,\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"tolerance\":-1,\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"limits\":{\"field\":0},\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"limits\":{\"all\":0},\"kinds\":{\"issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"kinds\":{\"Issue\":{\"fields\":{}}}}",
		"{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{},\"wings\":true}}}",
		"{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{},\"rows\":\"yes\"}}}",
		"{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{\"life\":"
		"{\"type\":\"text\",\"policy\":\"latest\"}}}}}",
		"{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{\"A b\":"
		"{\"type\":\"text\",\"policy\":\"latest\"}}}}}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(read_text(rows[i], &error));
		g_assert_nonnull(error);
		g_assert_true(g_str_has_prefix(error->message, "contract: "));
	}
}

static void
test_too_large(void)
{
	g_autofree char *blanks = g_strnfill(CONTRACT_MAX + 1, ' ');
	g_autoptr(GError) error = NULL;
	GString *fields = g_string_new("{\"version\":1,\"kinds\":{\"issue\":{\"fields\":{");

	g_assert_null(contract_read(blanks, CONTRACT_MAX + 1, &error));
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_clear_error(&error);
	for (int i = 0; i <= CONTRACT_FIELDS_MAX; i++)
		g_string_append_printf(fields,
				       "%s\"f%d\":{\"type\":\"text\",\"policy\":\"latest\"}",
				       i == 0 ? "" : ",", i);
	g_string_append(fields, "}}}}");
	g_assert_null(contract_read(fields->str, fields->len, &error));
	g_assert_error(error, FAIL, FAIL_REJECT);
	g_string_free(fields, TRUE);
}

/* contract_check of the JSON text IN must give WANT; NULL: refused with REASON. */
static void
assert_check(const contract *c, const char *reg, const char *in, const char *want, int reason)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_ref) value = json_loads(in, JSON_DECODE_ANY, NULL);
	g_autoptr(json_ref) out = contract_check(c, "issue", reg, value, &error);
	g_autofree char *text = json_text(out);

	g_assert_nonnull(value);
	g_assert_cmpstr(text, ==, want);
	if (want == NULL)
		g_assert_error(error, FAIL, reason);
	else
		g_assert_no_error(error);
}

static void
test_check_fields(void)
{
	g_autoptr(contract) c = contract_default();

	assert_check(c, "title", "\"Pump leaks\"", "\"Pump leaks\"", 0);
	assert_check(c, "title", "\"a\\nb\"", NULL, REASON_BAD_VALUE);
	assert_check(c, "state", "\"any word\"", "\"any word\"", 0);
	assert_check(c, "labels", "[\"b\",\"a\"]", "[\"a\",\"b\"]", 0);
	assert_check(c, "due", "null", "null", 0);
	assert_check(c, "nope", "\"x\"", NULL, REASON_NO_FIELD);
	assert_check(c, "life", "\"gone\"", NULL, REASON_NO_FIELD);
	assert_check(c, "Title", "\"x\"", NULL, REASON_NO_FIELD);
	g_autoptr(GError) error = NULL;
	g_autoptr(json_ref) title = json_string("t");
	g_assert_null(contract_check(c, "document", "title", title, &error));
	g_assert_error(error, FAIL, REASON_NO_FIELD);
}

static void
test_check_values(void)
{
	g_autoptr(contract) closed = with_field(
		"{\"type\":\"list\",\"policy\":\"latest\",\"values\":[\"open\",\"done\"]}", NULL);
	g_autoptr(contract) open = with_field("{\"type\":\"list\",\"policy\":\"latest\","
					      "\"values\":[\"open\"],\"learn\":true}",
					      NULL);
	g_autoptr(contract) set = with_field(
		"{\"type\":\"multi\",\"policy\":\"merge\",\"values\":[\"a\",\"b\"]}", NULL);

	assert_check(closed, "f", "\" open \"", "\"open\"", 0);
	assert_check(closed, "f", "null", "null", 0);
	assert_check(closed, "f", "\"new\"", NULL, REASON_NO_VALUE);
	assert_check(open, "f", "\"new\"", "\"new\"", 0);
	assert_check(set, "f", "[\"b\",\"a\"]", "[\"a\",\"b\"]", 0);
	assert_check(set, "f", "[\"a\",\"c\"]", NULL, REASON_NO_VALUE);
}

static void
test_check_references(void)
{
	g_autoptr(contract) c = contract_default();
	g_autoptr(contract) none = with_field("{\"type\":\"text\",\"policy\":\"latest\"}", NULL);

	assert_check(c, "parent", "\"" A "\"", "\"" A "\"", 0);
	assert_check(c, "parent", "null", "null", 0);
	assert_check(c, "parent", "\"../x\"", NULL, REASON_BAD_VALUE);
	assert_check(c, "parent", "true", NULL, REASON_BAD_VALUE);
	assert_check(none, "parent", "null", NULL, REASON_NO_FIELD);
	assert_check(c, "blocks:" B ":" A, "true", "true", 0);
	assert_check(c, "blocks:" B ":" A, "null", "null", 0);
	assert_check(c, "blocks:" B ":" A, "false", NULL, REASON_BAD_VALUE);
	assert_check(c, "blocks:" B ":" A, "\"x\"", NULL, REASON_BAD_VALUE);
	assert_check(c, "relates:" B ":" A, "true", NULL, REASON_BAD_VALUE);
	assert_check(c, "blocks:x:y", "true", NULL, REASON_BAD_VALUE);
	assert_check(none, "blocks:" A ":" B, "true", NULL, REASON_NO_FIELD);
}

static void
test_check_comments(void)
{
	g_autoptr(contract) c = contract_default();

	assert_check(c, "@" A, "null", "null", 0);
	assert_check(c, "@" A,
		     "{\"kind\":\"comment\",\"text\":\"a\\r\\nb\",\"by\":\" erika\","
		     "\"created\":\"2020-01-04 02:32:49\"}",
		     "{\"by\":\"erika\",\"created\":\"2020-01-04T02:32:49Z\",\"kind\":\"comment\","
		     "\"text\":\"a\\nb\"}",
		     0);
	assert_check(c, "@" A, "{\"kind\":\"comment\",\"text\":\"a\",\"by\":null}",
		     "{\"kind\":\"comment\",\"text\":\"a\"}", 0);
	assert_check(c, "@" A, "{\"kind\":\"comment\",\"text\":7}", NULL, REASON_BAD_VALUE);
	assert_check(c, "@" A, "{\"kind\":\"comment\",\"mood\":\"x\"}", NULL, REASON_NO_FIELD);
	assert_check(c, "@" A, "{\"kind\":\"poll\"}", NULL, REASON_BAD_VALUE);
	assert_check(c, "@" A, "{}", NULL, REASON_BAD_VALUE);
	assert_check(c, "@" A, "true", NULL, REASON_BAD_VALUE);
	assert_check(c, "@short", "null", NULL, REASON_BAD_VALUE);
}

static void
test_check_files(void)
{
	g_autoptr(contract) c = contract_default();
	static const char *const unsafe[] = {"../a", "a/b", "", ".", "..", "a\\u0007"};

	assert_check(c, "@" A,
		     "{\"kind\":\"file\",\"name\":\"a.png\",\"size\":812,\"sha256\":\"" SHA
		     "\",\"by\":\"erika\"}",
		     "{\"by\":\"erika\",\"kind\":\"file\",\"name\":\"a.png\",\"sha256\":\"" SHA
		     "\",\"size\":812}",
		     0);
	for (gsize i = 0; i < G_N_ELEMENTS(unsafe); i++) {
		g_autofree char *in = g_strdup_printf(
			"{\"kind\":\"file\",\"name\":\"%s\",\"size\":1,\"sha256\":\"" SHA "\"}",
			unsafe[i]);

		assert_check(c, "@" A, in, NULL, REASON_FILE_NAME);
	}
	assert_check(c, "@" A, "{\"kind\":\"file\",\"size\":1,\"sha256\":\"" SHA "\"}", NULL,
		     REASON_FILE_NAME);
	assert_check(c, "@" A,
		     "{\"kind\":\"file\",\"name\":\"a\",\"size\":-1,\"sha256\":\"" SHA "\"}", NULL,
		     REASON_BAD_VALUE);
	assert_check(c, "@" A,
		     "{\"kind\":\"file\",\"name\":\"a\",\"size\":4294967297,\"sha256\":\"" SHA
		     "\"}",
		     NULL, REASON_VALUE_TOO_LARGE);
	assert_check(c, "@" A, "{\"kind\":\"file\",\"name\":\"a\",\"size\":1,\"sha256\":\"9F3A\"}",
		     NULL, REASON_BAD_VALUE);
}

static void
test_check_rows(void)
{
	g_autoptr(contract) c = contract_default();
	g_autoptr(contract) none = with_field("{\"type\":\"text\",\"policy\":\"latest\"}", NULL);

	assert_check(c, "@" A, "{\"kind\":\"row\",\"type\":\"effort\",\"hours\":\"2\",\"x\":\"\"}",
		     "{\"hours\":\"2\",\"kind\":\"row\",\"type\":\"effort\"}", 0);
	assert_check(c, "@" A, "{\"kind\":\"row\"}", NULL, REASON_BAD_VALUE);
	assert_check(c, "@" A, "{\"kind\":\"row\",\"type\":\"a b\"}", NULL, REASON_BAD_VALUE);
	assert_check(c, "@" A, "{\"kind\":\"row\",\"type\":\"a\",\"B\":\"x\"}", NULL,
		     REASON_BAD_VALUE);
	assert_check(c, "@" A, "{\"kind\":\"row\",\"type\":\"a\",\"b\":1}", NULL, REASON_BAD_VALUE);
	assert_check(none, "@" A, "{\"kind\":\"row\",\"type\":\"a\"}", NULL, REASON_NO_FIELD);
	assert_check(none, "@" A, "null", NULL, REASON_NO_FIELD);
}

static void
test_check_limit(void)
{
	g_autoptr(contract) c = contract_default();
	gsize len = (gsize)contract_limit_field(c) + 1;
	g_autofree char *huge = g_strnfill(len, 'a');
	g_autofree char *text = g_strdup_printf("\"%s\"", huge);
	g_autofree char *comment = g_strdup_printf("{\"kind\":\"comment\",\"text\":\"%s\"}", huge);

	assert_check(c, "description", text, NULL, REASON_VALUE_TOO_LARGE);
	assert_check(c, "@" A, comment, NULL, REASON_VALUE_TOO_LARGE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/contract/the_default_is_an_issue_tracker", test_default);
	g_test_add_func("/contract/what_is_written_reads_back", test_round_trip);
	g_test_add_func("/contract/the_same_meaning_has_the_same_hash", test_hash);
	g_test_add_func("/contract/a_wrong_field_is_refused_by_name", test_wrong_fields);
	g_test_add_func("/contract/a_wrong_document_is_refused", test_wrong_documents);
	g_test_add_func("/contract/too_large_a_contract_is_refused", test_too_large);
	g_test_add_func("/contract/fields_are_checked_by_their_type", test_check_fields);
	g_test_add_func("/contract/a_closed_list_takes_its_values_only", test_check_values);
	g_test_add_func("/contract/references_are_checked_for_shape", test_check_references);
	g_test_add_func("/contract/comments_are_made_canonical", test_check_comments);
	g_test_add_func("/contract/files_need_a_safe_name_a_size_and_a_hash", test_check_files);
	g_test_add_func("/contract/rows_hold_named_texts", test_check_rows);
	g_test_add_func("/contract/limits_hold_for_fields_and_things", test_check_limit);
	return g_test_run();
}
