#include "contract/type.h"

#include "base/fail.h"

#include <string.h>

#define LIMIT 1024

/* What TYPE makes of the JSON text IN must be WANT; NULL: refused with REASON. */
static void
assert_canon(value_type type, const char *in, const char *want, int reason)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_ref) value = json_loads(in, JSON_DECODE_ANY, NULL);
	g_autoptr(json_ref) out = type_canon(type, "field", value, LIMIT, &error);
	g_autofree char *text = json_text(out);

	g_assert_nonnull(value);
	g_assert_cmpstr(text, ==, want);
	if (want == NULL) {
		g_assert_error(error, FAIL, reason);
		g_assert_true(g_str_has_prefix(error->message, "field: "));
		return;
	}
	g_assert_no_error(error);
	g_autoptr(json_ref) again = type_canon(type, "field", out, LIMIT, &error);
	g_assert_true(json_equal(out, again));
}

typedef struct {
	value_type type;
	const char *in, *want;
} row;

static void
run_canon(const row *rows, gsize count)
{
	for (gsize i = 0; i < count; i++)
		assert_canon(rows[i].type, rows[i].in, rows[i].want, REASON_BAD_VALUE);
}

static void
run_parse(const row *rows, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_ref) out =
			type_parse(rows[i].type, "field", rows[i].in, LIMIT, &error);
		g_autofree char *text = json_text(out);

		g_assert_cmpstr(text, ==, rows[i].want);
		if (rows[i].want == NULL)
			g_assert_error(error, FAIL, REASON_BAD_VALUE);
		else
			g_assert_no_error(error);
	}
}

static void
test_names(void)
{
	value_type type = TYPE_COUNT;

	for (int i = 0; i < TYPE_COUNT; i++) {
		g_assert_true(type_from_name(type_name((value_type)i), &type));
		g_assert_cmpint(type, ==, i);
	}
	g_assert_false(type_from_name("Text", &type));
	g_assert_false(type_from_name(NULL, &type));
	g_assert_cmpint(type, ==, TYPE_COUNT - 1);
}

static void
test_nothing(void)
{
	for (int i = 0; i < TYPE_COUNT; i++) {
		assert_canon((value_type)i, "null", "null", 0);
		if (i != TYPE_YESNO && i != TYPE_MULTI)
			assert_canon((value_type)i, "\"\"", "null", 0);
	}
	assert_canon(TYPE_MULTI, "[]", "null", 0);
	assert_canon(TYPE_MULTI, "[\"\",\" \"]", "null", 0);
	assert_canon(TYPE_USER, "\"  \"", "null", 0);
}

static void
test_text(void)
{
	static const row rows[] = {
		{TYPE_TEXT, "\" Pump leaks\\t\"", "\" Pump leaks\\t\""},
		{TYPE_TEXT, "\"a\\nb\"", NULL},
		{TYPE_TEXT, "\"a\\rb\"", NULL},
		{TYPE_TEXT, "7", NULL},
		{TYPE_TEXT, "[\"a\"]", NULL},
		{TYPE_LONGTEXT, "\"a\\r\\nb\\rc\\n\"", "\"a\\nb\\nc\\n\""},
		{TYPE_LONGTEXT, "\"\\r\\r\\n\"", "\"\\n\\n\""},
		/* A with ring as one and as two characters: both stay as they came. */
		{TYPE_TEXT, "\"\\u00c5\"", "\"\xc3\x85\""},
		{TYPE_TEXT, "\"A\\u030a\"", "\"A\xcc\x8a\""},
	};

	run_canon(rows, G_N_ELEMENTS(rows));
}

static void
test_bytes(void)
{
	static const struct {
		const char *bytes;
		gsize len;
	} rows[] = {{"a\0b", 3}, {"\xff", 1}, {"a\xc3", 2}, {"\xed\xa0\x80", 3}, {"\xc0\x80", 2}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		for (int type = 0; type < TYPE_COUNT; type++) {
			g_autoptr(GError) error = NULL;
			g_autoptr(json_ref) in = json_stringn_nocheck(rows[i].bytes, rows[i].len);
			g_autoptr(json_ref) many = json_pack("[O]", in);

			g_assert_null(type_canon((value_type)type, "field",
						 type == TYPE_MULTI ? many : in, LIMIT, &error));
			g_assert_error(error, FAIL, REASON_BAD_VALUE);
		}
	g_assert_null(type_parse(TYPE_TEXT, "field", "\xff", LIMIT, NULL));
	g_assert_null(type_parse(TYPE_MULTI, "field", "a,\xff", LIMIT, NULL));
}

static void
test_number(void)
{
	static const row rows[] = {
		{TYPE_NUMBER, "\"-012.50\"", "\"-12.5\""},
		{TYPE_NUMBER, "\"+7\"", "\"7\""},
		{TYPE_NUMBER, "\"0.0\"", "\"0\""},
		{TYPE_NUMBER, "\"-0\"", "\"0\""},
		{TYPE_NUMBER, "\".5\"", "\"0.5\""},
		{TYPE_NUMBER, "\"5.\"", "\"5\""},
		{TYPE_NUMBER, "-7", "\"-7\""},
		{TYPE_NUMBER, "12.5", NULL},
		{TYPE_NUMBER, "\"1e3\"", NULL},
		{TYPE_NUMBER, "\".\"", NULL},
		{TYPE_NUMBER, "\"-\"", NULL},
		{TYPE_NUMBER, "\"1 000\"", NULL},
		{TYPE_NUMBER, "\"1,5\"", NULL},
		{TYPE_NUMBER, "true", NULL},
		{TYPE_NUMBER, "\"100\"", "\"100\""},
	};

	run_canon(rows, G_N_ELEMENTS(rows));
	g_autofree char *digits = g_strnfill(200, '7');
	g_assert_null(type_parse(TYPE_NUMBER, "field", digits, LIMIT, NULL));
}

static void
test_dates(void)
{
	static const row rows[] = {
		{TYPE_DATE, "\"2020-02-29\"", "\"2020-02-29\""},
		{TYPE_DATE, "\"2021-02-29\"", NULL},
		{TYPE_DATE, "\"2021-13-01\"", NULL},
		{TYPE_DATE, "\"0000-01-01\"", NULL},
		{TYPE_DATE, "\"2021-1-1\"", NULL},
		{TYPE_DATE, "\"2021-01-01T00:00:00Z\"", NULL},
		{TYPE_DATE, "\"2021\"", NULL},
	};

	run_canon(rows, G_N_ELEMENTS(rows));
}

static void
test_times(void)
{
	static const row rows[] = {
		{TYPE_TIME, "2020-01-04 02:32:49+00:00", "\"2020-01-04T02:32:49Z\""},
		{TYPE_TIME, "2020-01-04T02:32:49Z", "\"2020-01-04T02:32:49Z\""},
		{TYPE_TIME, "2020-01-04t02:32:49z", "\"2020-01-04T02:32:49Z\""},
		{TYPE_TIME, "2020-01-04 02:32:49", "\"2020-01-04T02:32:49Z\""},
		{TYPE_TIME, " 2020-01-04T02:32:49.999+05:30 ", "\"2020-01-03T21:02:49Z\""},
		{TYPE_TIME, "2019-12-31T23:00:00-02:00", "\"2020-01-01T01:00:00Z\""},
		{TYPE_TIME, "2020-01-04 02:32:49 +0100", "\"2020-01-04T01:32:49Z\""},
		{TYPE_TIME, "0001-01-01T00:00:00+00:01", NULL},
		{TYPE_TIME, "9999-12-31T23:59:59-00:01", NULL},
		{TYPE_TIME, "2020-01-04", NULL},
		{TYPE_TIME, "2020-01-04T24:00:00Z", NULL},
		{TYPE_TIME, "2020-01-04T02:32:61Z", NULL},
		{TYPE_TIME, "2020-01-04T02:32:49.Z", NULL},
		{TYPE_TIME, "2020-01-04T02:32:49+1", NULL},
		{TYPE_TIME, "2020-01-04T02:32:49+24:00", NULL},
		{TYPE_TIME, "2020-01-04T02:32:49 UTC", NULL},
		{TYPE_TIME, "2020-02-30T02:32:49Z", NULL},
		{TYPE_TIME, "yesterday", NULL},
	};

	run_parse(rows, G_N_ELEMENTS(rows));
}

static void
test_yesno(void)
{
	static const row typed[] = {
		{TYPE_YESNO, "yes", "true"},  {TYPE_YESNO, " No ", "false"},
		{TYPE_YESNO, "TRUE", "true"}, {TYPE_YESNO, "0", "false"},
		{TYPE_YESNO, "maybe", NULL},  {TYPE_YESNO, "", "null"},
	};
	static const row rows[] = {
		{TYPE_YESNO, "true", "true"},
		{TYPE_YESNO, "false", "false"},
		{TYPE_YESNO, "\"yes\"", NULL},
		{TYPE_YESNO, "1", NULL},
	};

	run_parse(typed, G_N_ELEMENTS(typed));
	run_canon(rows, G_N_ELEMENTS(rows));
}

static void
test_choices(void)
{
	static const row rows[] = {
		{TYPE_USER, "\" erika \"", "\"erika\""},
		{TYPE_LIST, "\"in progress\\r\\n\"", "\"in progress\""},
		{TYPE_LIST, "\"a\\nb\"", NULL},
		{TYPE_MULTI, "[\"b\",\" a\",\"b\",\"\",\"B\"]", "[\"B\",\"a\",\"b\"]"},
		{TYPE_MULTI, "[\"z\",\"\\u00e4\"]", "[\"z\",\"\xc3\xa4\"]"},
		{TYPE_MULTI, "[\"a\\nb\"]", NULL},
		{TYPE_MULTI, "[1]", NULL},
		{TYPE_MULTI, "\"a\"", NULL},
	};
	static const row typed[] = {
		{TYPE_MULTI, "b, a;b ,,", "[\"a\",\"b\"]"},
		{TYPE_MULTI, " , ", "null"},
		{TYPE_USER, " erika ", "\"erika\""},
	};

	run_canon(rows, G_N_ELEMENTS(rows));
	run_parse(typed, G_N_ELEMENTS(typed));
}

static void
test_links(void)
{
	static const row rows[] = {
		{TYPE_LINK, "\"https://example.com/a?b=%20\"", "\"https://example.com/a?b=%20\""},
		{TYPE_LINK, "\"/srv/doc\"", "\"/srv/doc\""},
		{TYPE_LINK, "\"a b\"", NULL},
		{TYPE_LINK, "\"a\\u0007\"", NULL},
		{TYPE_LINK, "\"a\\u0085\"", NULL},
	};

	run_canon(rows, G_N_ELEMENTS(rows));
}

static void
test_limit(void)
{
	g_autofree char *fits = g_strnfill(LIMIT, 'a');
	g_autofree char *over = g_strnfill(LIMIT + 1, 'a');
	g_autoptr(json_ref) value = type_parse(TYPE_LONGTEXT, "field", fits, LIMIT, NULL);
	static const value_type texts[] = {TYPE_TEXT, TYPE_LONGTEXT, TYPE_USER,
					   TYPE_LIST, TYPE_LINK,     TYPE_MULTI};

	g_assert_cmpuint(json_string_length(value), ==, LIMIT);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(type_parse(texts[i], "field", over, LIMIT, &error));
		g_assert_error(error, FAIL, REASON_VALUE_TOO_LARGE);
	}
	g_autoptr(GError) error = NULL;
	g_autoptr(json_ref) many = json_pack("[ss]", fits, "b");
	g_assert_null(type_canon(TYPE_MULTI, "field", many, LIMIT, &error));
	g_assert_error(error, FAIL, REASON_VALUE_TOO_LARGE);
}

static void
test_show(void)
{
	static const struct {
		const char *in;
		guint width;
		const char *want;
	} rows[] = {
		{"null", 0, "-"},
		{"\"\"", 0, "-"},
		{"true", 0, "yes"},
		{"false", 0, "no"},
		{"12", 0, "12"},
		{"\"a\\nb\\u001b[1m\"", 0, "a b [1m"},
		{"\"a\\u202eb\"", 0, "a b"},
		{"\"abcdef\"", 6, "abcdef"},
		{"\"abcdefg\"", 6, "abcde…"},
		{"\"\\u00e4\\u00e4\\u00e4\"", 2, "ä…"},
		{"[\"a\",\"b\"]", 0, "a, b"},
		{"{\"kind\":\"comment\",\"text\":\"seen again\"}", 0, "seen again"},
		{"{\"kind\":\"file\",\"name\":\"a.png\"}", 0, "a.png"},
		{"{\"x\":\"y\"}", 0, "{\"x\":\"y\"}"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(json_ref) value = json_loads(rows[i].in, JSON_DECODE_ANY, NULL);
		g_autofree char *shown = type_show(value, rows[i].width);

		g_assert_cmpstr(shown, ==, rows[i].want);
	}
	g_autofree char *none = type_show(NULL, 0);
	g_assert_cmpstr(none, ==, "-");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/type/each_type_has_a_name", test_names);
	g_test_add_func("/type/nothing_is_null", test_nothing);
	g_test_add_func("/type/text_keeps_all_but_line_ends", test_text);
	g_test_add_func("/type/bytes_that_are_no_text_are_refused", test_bytes);
	g_test_add_func("/type/a_number_has_one_form", test_number);
	g_test_add_func("/type/a_date_is_a_day_that_exists", test_dates);
	g_test_add_func("/type/times_become_stamps", test_times);
	g_test_add_func("/type/yes_and_no_are_read_in_many_words", test_yesno);
	g_test_add_func("/type/words_lose_outer_blanks_and_sets_are_sorted", test_choices);
	g_test_add_func("/type/a_link_has_no_blanks", test_links);
	g_test_add_func("/type/what_is_over_the_limit_is_refused", test_limit);
	g_test_add_func("/type/a_value_is_shown_on_one_safe_line", test_show);
	return g_test_run();
}
