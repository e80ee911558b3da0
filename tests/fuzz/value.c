/*
 * Values of each type: the canonical form of a canonical form is itself.  The first byte is the
 * type; behind it is JSON, or what a person types.
 */
#include "contract/type.h"

#include "fuzz.h"

#define LIMIT 4096

static void
check(value_type type, const json_t *canon)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) again = type_canon(type, "field", canon, LIMIT, &why);

	g_assert_no_error(why);
	g_assert_true(json_equal(canon, again));
	g_autofree char *shown = type_show(canon, 20);
	g_assert_true(g_utf8_validate(shown, -1, NULL));
	g_assert_null(strchr(shown, '\n'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	value_type type = data[0] % TYPE_COUNT;
	g_autofree char *text = fuzz_text(data + 1, size - 1);
	g_autoptr(json_ref) j = json_read(text, size - 1, NULL);
	if (j != NULL) {
		g_autoptr(GError) why = NULL;
		g_autoptr(json_ref) canon = type_canon(type, "field", j, LIMIT, &why);

		fuzz_outcome(canon != NULL, &why);
		if (canon != NULL)
			check(type, canon);
	}
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) typed = type_parse(type, "field", text, LIMIT, &why);
	if (typed != NULL)
		check(type, typed);
	else
		g_assert_nonnull(why);
	return 0;
}
