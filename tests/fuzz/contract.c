/*
 * A contract that is taken is written and taken again as the same, by its hash.
 */
#include "contract/contract.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(contract) c = contract_read((const char *)data, size, &why);

	fuzz_outcome(c != NULL, &why);
	if (c == NULL)
		return 0;
	g_assert_cmpuint(strlen(contract_hash(c)), ==, 64);
	g_autofree char *summary = contract_summary(c);
	g_assert_true(g_utf8_validate(summary, -1, NULL));
	g_autoptr(json_ref) j = contract_to_json(c);
	g_autoptr(contract) same = contract_from_json(j, &why);
	g_assert_no_error(why);
	g_assert_cmpstr(contract_hash(c), ==, contract_hash(same));
	return 0;
}
