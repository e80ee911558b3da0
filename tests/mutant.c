/*
 * Linked into the programs below tests/mutant, never into what is installed.
 */
#include "base/mutant.h"

gboolean
mutant(const char *name)
{
	const char *left_out = g_getenv("HANDSEL_TEST_MUTANT");

	return left_out != NULL && g_str_equal(name, left_out);
}
