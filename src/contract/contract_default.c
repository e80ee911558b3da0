#include "contract/contract_parts.h"

/* `first` mirrors what never changes after creation. */
const contract_row contract_rows[] = {
	{"key", TYPE_TEXT, POLICY_FIRST, FALSE},
	{"title", TYPE_TEXT, POLICY_LATEST, FALSE},
	{"description", TYPE_LONGTEXT, POLICY_LATEST, FALSE},
	{"state", TYPE_LIST, POLICY_LATEST, TRUE},
	{"priority", TYPE_LIST, POLICY_LATEST, TRUE},
	{"resolution", TYPE_LIST, POLICY_LATEST, TRUE},
	{"assignee", TYPE_USER, POLICY_LATEST, FALSE},
	{"labels", TYPE_MULTI, POLICY_MERGE, FALSE},
	{"created", TYPE_TIME, POLICY_FIRST, FALSE},
	{"resolved", TYPE_TIME, POLICY_LATEST, FALSE},
	{"due", TYPE_DATE, POLICY_LATEST, FALSE},
};
const guint contract_rows_count = G_N_ELEMENTS(contract_rows);

static json_t *
default_kind(void)
{
	json_t *kind = json_object(), *fields = json_object();

	for (guint i = 0; i < contract_rows_count; i++) {
		const contract_row *row = &contract_rows[i];
		json_t *f = json_object();

		json_put(f, "type", type_name(row->type));
		json_put(f, "policy", policy_name(row->policy));
		if (row->learn)
			json_object_set_new(f, "learn", json_true());
		json_object_set_new(fields, row->name, f);
	}
	json_object_set_new(kind, "fields", fields);
	for (int i = 0; i < ALLOW_COUNT; i++)
		json_object_set_new(kind, contract_allow_name((contract_allow)i), json_true());
	return kind;
}

contract *
contract_default(void)
{
	g_autoptr(json_ref) j = json_object();
	json_t *kinds = json_object();

	json_object_set_new(j, "version", json_integer(1));
	json_object_set_new(kinds, "issue", default_kind());
	json_object_set_new(j, "kinds", kinds);

	contract *c = contract_from_json(j, NULL);
	g_assert(c != NULL);
	return c;
}
