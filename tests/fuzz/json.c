/*
 * What is read is printed and read again as the same, and its canonical text is canonical.
 */
#include "base/json.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) j = json_read((const char *)data, size, &why);

	fuzz_outcome(j != NULL, &why);
	if (j == NULL)
		return 0;
	g_autofree char *text = json_text(j);
	g_autofree char *unsorted = json_text_unsorted(j);
	g_autoptr(json_ref) same = json_read(text, strlen(text), &why);
	g_assert_no_error(why);
	g_assert_true(json_equal(j, same));
	g_autofree char *again = json_text(same);
	g_assert_cmpstr(text, ==, again);
	g_autoptr(json_ref) other = json_read(unsorted, strlen(unsorted), &why);
	g_assert_no_error(why);
	g_autofree char *sha = json_sha(j);
	g_autofree char *sha_other = json_sha(other);
	g_assert_cmpstr(sha, ==, sha_other);
	return 0;
}
