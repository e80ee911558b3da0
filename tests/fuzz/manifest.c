/*
 * manifest.json: what is taken is written and taken again as the same.
 */
#include "spool/manifest.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(json_ref) j = json_read((const char *)data, MIN(size, MANIFEST_MAX), NULL);

	if (j == NULL)
		return 0;
	g_autoptr(manifest) m = manifest_from_json(j, &why);
	fuzz_outcome(m != NULL, &why);
	if (m == NULL)
		return 0;
	g_assert_true(m->role == 'm' || m->role == 's');
	g_assert_cmpuint(m->kind, <, KIND_COUNT);
	g_assert_cmpuint(m->ack.gaps_len, <=, MANIFEST_GAPS_MAX);
	g_autoptr(json_ref) written = manifest_to_json(m);
	g_autoptr(manifest) same = manifest_from_json(written, &why);
	g_assert_no_error(why);
	g_autoptr(json_ref) again = manifest_to_json(same);
	g_assert_true(json_equal(written, again));
	return 0;
}
