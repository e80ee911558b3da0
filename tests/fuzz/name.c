/*
 * Names of envelopes among those of other files: what is found is written and found again.  Each
 * line is a name.
 */
#include "spool/name.h"

#include "fuzz.h"

#define LINK "01j9x4ab"

static void
check(const envelope_name *name)
{
	g_autofree char *file = name_format(name);
	g_autofree char *id = name_id(name);
	envelope_name same;
	guint64 number;
	char role;

	g_assert_cmpuint(name->number, >, 0);
	g_assert_cmpuint(name->part, <=, name->parts);
	g_assert_cmpuint(name->parts, <=, NAME_PARTS_MAX);
	g_assert_true(name_find(file, LINK, name->role, &same));
	g_autofree char *again = name_format(&same);
	g_assert_cmpstr(file, ==, again);
	g_assert_cmpuint(strlen(name_own_hash(&same)), ==, NAME_HASH_LEN);
	if (name->series == 0) {
		g_assert_true(name_parse_id(id, &role, &number));
		g_assert_cmpint(role, ==, name->role);
		g_assert_cmpuint(number, ==, name->number);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i] != NULL; i++) {
		envelope_name name;
		guint64 number;
		char role;

		if (name_find(lines[i], LINK, 'm', &name))
			check(&name);
		if (name_find(lines[i], LINK, 's', &name))
			check(&name);
		name_parse_id(lines[i], &role, &number);
	}
	return 0;
}
