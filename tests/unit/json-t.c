#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

static void
refuse(const char *text, gsize len, const char *why)
{
	g_autoptr(GError) e = NULL;

	g_assert_null(json_read(text, len, &e));
	g_assert_true(fail_is(e, FAIL_REJECT));
	g_assert_true(g_utf8_validate(e->message, -1, NULL));
	g_assert_nonnull(strstr(e->message, why));
}

static json_t *
read_ok(const char *text)
{
	g_autoptr(GError) e = NULL;
	json_t *j = json_read(text, strlen(text), &e);

	g_assert_no_error(e);
	g_assert_nonnull(j);
	return j;
}

static void
check_canonical(const char *text, const char *want)
{
	g_autoptr(json_ref) j = read_ok(text);
	g_autofree char *got = json_text(j);

	g_assert_cmpstr(got, ==, want);
	g_autoptr(json_ref) again = read_ok(got);
	g_assert_true(json_equal(j, again));
}

static void
every_kind_of_value_is_read(void)
{
	check_canonical("null", "null");
	check_canonical(" true ", "true");
	check_canonical("-12", "-12");
	check_canonical("\"a\"", "\"a\"");
	check_canonical("[ ]", "[]");
	check_canonical("9223372036854775807", "9223372036854775807");
}

static void
the_text_is_sorted_and_without_space(void)
{
	check_canonical("{ \"b\" : 1, \"a\" : [1, {\"d\": null, \"c\": \"x\"}] }\n",
			"{\"a\":[1,{\"c\":\"x\",\"d\":null}],\"b\":1}");
	check_canonical("\"\\u00e4\\/\\u20ac\\ud83d\\ude00\\n\"", "\"ä/€😀\\n\"");
}

static void
what_is_malformed_is_named_by_its_place(void)
{
	refuse("{\"a\":1,\n \"b\":}", 13, "line 2, column ");
	refuse("", 0, "line 1, column 1");
	refuse("[1,]", 4, "malformed");
	refuse("{a:1}", 5, "malformed");
	refuse("'a'", 3, "malformed");
	refuse("[1", 2, "malformed");
	refuse("\"\\", 2, "malformed");
	refuse("NaN", 3, "malformed");
	refuse("01", 2, "malformed");
	refuse("1e999", 5, "malformed");
	refuse("99999999999999999999", 20, "malformed");
	refuse("\xef\xbb\xbf{}", 5, "malformed");
	refuse("\"\\ud800\"", 8, "malformed");
}

static void
nothing_may_stand_behind_the_end(void)
{
	refuse("{} {}", 5, "line 1");
	refuse("1 x", 3, "line 1");
	refuse("{}]", 3, "line 1");
}

static void
a_key_may_come_once(void)
{
	refuse("{\"a\":1,\"a\":1}", 13, "duplicate");
	refuse("{\"a\":1,\"\\u0061\":2}", 18, "duplicate");
	refuse("[{\"b\":{\"x\":0,\"x\":1}}]", 21, "duplicate");
}

static void
no_nul_gets_in(void)
{
	refuse("\"a\0b\"", 5, "a NUL byte");
	refuse("{}\0", 3, "a NUL byte");
	refuse("\"\\u0000\"", 8, "malformed");
	refuse("{\"\\u0000\":1}", 12, "malformed");
}

static void
only_utf8_is_read(void)
{
	refuse("\"\xff\"", 3, "line 1, column 2: not UTF-8");
	refuse("\n\"a\xc0\x80\"", 6, "line 2, column 3: not UTF-8");
	refuse("\"\xed\xa0\x80\"", 5, "not UTF-8");
	refuse("\"\xe4\"", 3, "not UTF-8");
	refuse("\"\xe2\x82", 3, "not UTF-8");
}

static char *
nested(gsize depth, const char *open, const char *close)
{
	GString *s = g_string_new(NULL);

	for (gsize i = 0; i < depth; i++)
		g_string_append(s, open);
	g_string_append(s, "1");
	for (gsize i = 0; i < depth; i++)
		g_string_append(s, close);
	return g_string_free(s, FALSE);
}

static void
depth_has_a_limit(void)
{
	g_autofree char *fits = nested(JSON_DEPTH_MAX, "[", "]");
	g_autofree char *over = nested(JSON_DEPTH_MAX + 1, "[", "]");
	g_autofree char *objects = nested(JSON_DEPTH_MAX + 1, "{\"[\":", "}");
	g_autofree char *far = nested(10000, "[", "]");
	g_autofree char *open = g_strnfill(1000000, '[');

	json_decref(read_ok(fits));
	refuse(over, strlen(over), "column 65: nested too deeply");
	refuse(objects, strlen(objects), "nested too deeply");
	refuse(far, strlen(far), "line 1, column 65: nested too deeply");
	refuse(open, strlen(open), "nested too deeply");
}

static void
brackets_in_strings_are_no_depth(void)
{
	g_autofree char *many = g_strnfill(1000, '[');
	g_autofree char *text = g_strdup_printf("[\"\\\"%s\\\\\",\"%s\"]", many, many);
	g_autoptr(json_ref) j = read_ok(text);

	g_assert_cmpuint(json_array_size(j), ==, 2);
	g_autoptr(GString) side = g_string_new("[1");
	for (int i = 0; i < 1000; i++)
		g_string_append(side, ",[{}]");
	g_string_append_c(side, ']');
	g_autoptr(json_ref) wide = read_ok(side->str);
	g_assert_cmpuint(json_array_size(wide), ==, 1001);
}

static void
messages_carry_no_control_characters(void)
{
	g_autoptr(GError) e = NULL;
	static const char text[] = "{\"a\": \x1b[31mred}";

	g_assert_null(json_read(text, strlen(text), &e));
	g_assert_null(strchr(e->message, '\x1b'));
}

static void
equal_values_have_equal_hashes(void)
{
	g_autoptr(json_ref) a = read_ok("{\"x\":1,\"y\":[true]}");
	g_autoptr(json_ref) b = read_ok("{ \"y\" : [true], \"x\" : 1 }");
	g_autoptr(json_ref) c = read_ok("{\"x\":1,\"y\":[false]}");
	g_autofree char *ha = json_hash(a), *hb = json_hash(b), *hc = json_hash(c);

	g_assert_cmpuint(strlen(ha), ==, JSON_HASH_LEN);
	g_assert_cmpstr(ha, ==, hb);
	g_assert_cmpstr(ha, !=, hc);
}

static void
the_hash_begins_the_sha_of_the_text(void)
{
	g_autoptr(json_ref) j = read_ok("null");
	g_autofree char *hash = json_hash(j), *sha = json_sha(j);

	/* printf null | sha256sum */
	g_assert_cmpstr(sha, ==,
			"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
	g_assert_cmpstr(hash, ==, "74234e98afe7498f");
}

static void
an_absent_value_has_no_hash_and_no_text(void)
{
	g_autofree char *hash = json_hash(NULL), *sha = json_sha(NULL);

	g_assert_cmpstr(hash, ==, "");
	g_assert_cmpstr(sha, ==, "");
	g_assert_null(json_text(NULL));
}

static void
members_of_another_type_count_as_missing(void)
{
	g_autoptr(json_ref) j =
		read_ok("{\"s\":\"x\",\"n\":-3,\"t\":true,\"r\":1.5,\"u\":7,\"z\":null}");
	guint64 u = 99;

	g_assert_cmpstr(json_str(j, "s"), ==, "x");
	g_assert_null(json_str(j, "n"));
	g_assert_null(json_str(j, "none"));
	g_assert_null(json_str(NULL, "s"));
	g_assert_true(json_flag(j, "t"));
	g_assert_false(json_flag(j, "u"));
	g_assert_false(json_flag(j, "none"));
	g_assert_cmpint(json_num(j, "n", 5), ==, -3);
	g_assert_cmpint(json_num(j, "s", 5), ==, 5);
	g_assert_cmpint(json_num(j, "r", 5), ==, 5);
	g_assert_false(json_u64(j, "n", &u));
	g_assert_false(json_u64(j, "r", &u));
	g_assert_false(json_u64(j, "z", &u));
	g_assert_cmpuint(u, ==, 99);
	g_assert_true(json_u64(j, "u", &u));
	g_assert_cmpuint(u, ==, 7);
}

static void
putting_null_removes_the_member(void)
{
	g_autoptr(json_ref) j = json_object();

	json_put(j, "a", "1");
	g_assert_cmpstr(json_str(j, "a"), ==, "1");
	json_put(j, "a", "2");
	g_assert_cmpstr(json_str(j, "a"), ==, "2");
	json_put(j, "a", NULL);
	json_put(j, "never", NULL);
	g_assert_cmpuint(json_object_size(j), ==, 0);
	json_put(j, "b", "x\xffy");
	g_assert_cmpstr(json_str(j, "b"), ==, "x\xef\xbf\xbdy");
}

/* How many allocations there is memory for. */
static guint left;

static void *
scarce(size_t size)
{
	if (left == 0)
		return NULL;
	left--;
	return malloc(size);
}

static void
no_memory_is_nothing_wrong_with_the_text(void)
{
	static const char text[] =
		"{\"a\":[1,2.5,\"text\",true,null,{\"b\":\"\\u00e4\"}],\"c\":{}}";
	g_autoptr(json_ref) j = NULL;
	guint n = 0;

	for (; j == NULL; n++) {
		g_autoptr(GError) e = NULL;

		left = n;
		json_set_alloc_funcs(scarce, free);
		j = json_read(text, strlen(text), &e);
		json_set_alloc_funcs(malloc, free);
		if (j != NULL)
			break;
		g_assert_true(fail_is(e, FAIL_RETRY));
		g_assert_nonnull(strstr(e->message, "no memory"));
	}
	g_assert_cmpuint(n, >, 10);
	g_autofree char *read = json_text(j);
	g_assert_cmpstr(read, ==, "{\"a\":[1,2.5,\"text\",true,null,{\"b\":\"ä\"}],\"c\":{}}");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/every_kind_of_value_is_read", every_kind_of_value_is_read);
	g_test_add_func("/json/the_text_is_sorted_and_without_space",
			the_text_is_sorted_and_without_space);
	g_test_add_func("/json/what_is_malformed_is_named_by_its_place",
			what_is_malformed_is_named_by_its_place);
	g_test_add_func("/json/nothing_may_stand_behind_the_end", nothing_may_stand_behind_the_end);
	g_test_add_func("/json/a_key_may_come_once", a_key_may_come_once);
	g_test_add_func("/json/no_nul_gets_in", no_nul_gets_in);
	g_test_add_func("/json/only_utf8_is_read", only_utf8_is_read);
	g_test_add_func("/json/depth_has_a_limit", depth_has_a_limit);
	g_test_add_func("/json/brackets_in_strings_are_no_depth", brackets_in_strings_are_no_depth);
	g_test_add_func("/json/messages_carry_no_control_characters",
			messages_carry_no_control_characters);
	g_test_add_func("/json/equal_values_have_equal_hashes", equal_values_have_equal_hashes);
	g_test_add_func("/json/the_hash_begins_the_sha_of_the_text",
			the_hash_begins_the_sha_of_the_text);
	g_test_add_func("/json/an_absent_value_has_no_hash_and_no_text",
			an_absent_value_has_no_hash_and_no_text);
	g_test_add_func("/json/members_of_another_type_count_as_missing",
			members_of_another_type_count_as_missing);
	g_test_add_func("/json/putting_null_removes_the_member", putting_null_removes_the_member);
	g_test_add_func("/json/no_memory_is_nothing_wrong_with_the_text",
			no_memory_is_nothing_wrong_with_the_text);
	return g_test_run();
}
