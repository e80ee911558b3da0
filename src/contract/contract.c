#include "contract/contract.h"

#include "contract/contract_parts.h"

#include <string.h>

static const char *const policies[POLICY_COUNT] = {
	[POLICY_LATEST] = "latest", [POLICY_FIRST] = "first", [POLICY_MASTER] = "master",
	[POLICY_SLAVE] = "slave",   [POLICY_OWNER] = "owner", [POLICY_MERGE] = "merge",
	[POLICY_HOLD] = "hold",
};

static const char *const refusals[] = {
	[REFUSED_HOLD] = "hold",
	[REFUSED_REVERT] = "revert",
	[REFUSED_KEEP] = "keep",
};

static const char *const allows[ALLOW_COUNT] = {
	[ALLOW_PARENT] = "parent", [ALLOW_RELATIONS] = "relations", [ALLOW_COMMENTS] = "comments",
	[ALLOW_FILES] = "files",   [ALLOW_ROWS] = "rows",
};

/* The index of NAME in TABLE, or -1. */
static int
index_of(const char *const *table, gsize count, const char *name)
{
	for (gsize i = 0; name != NULL && i < count; i++)
		if (strcmp(table[i], name) == 0)
			return (int)i;
	return -1;
}

const char *
policy_name(policy p)
{
	return policies[p];
}

gboolean
policy_from_name(const char *name, policy *ret)
{
	int i = index_of(policies, POLICY_COUNT, name);

	if (i >= 0)
		*ret = (policy)i;
	return i >= 0;
}

const char *
on_refused_name(on_refused r)
{
	return refusals[r];
}

gboolean
on_refused_from_name(const char *name, on_refused *ret)
{
	int i = index_of(refusals, G_N_ELEMENTS(refusals), name);

	if (i >= 0)
		*ret = (on_refused)i;
	return i >= 0;
}

const char *
contract_allow_name(contract_allow a)
{
	return allows[a];
}

void
contract_field_free(contract_field *f)
{
	if (f == NULL)
		return;
	g_free(f->name);
	json_decref(f->values);
	g_free(f);
}

contract_kind *
contract_kind_new(const char *name)
{
	contract_kind *k = g_new0(contract_kind, 1);

	k->name = g_strdup(name);
	k->fields = g_ptr_array_new_with_free_func((GDestroyNotify)contract_field_free);
	return k;
}

static void
kind_free(gpointer p)
{
	contract_kind *k = p;

	g_free(k->name);
	g_ptr_array_unref(k->fields);
	g_free(k);
}

contract *
contract_new(void)
{
	contract *c = g_new0(contract, 1);

	c->kinds = g_ptr_array_new_with_free_func(kind_free);
	return c;
}

void
contract_free(contract *c)
{
	if (c == NULL)
		return;
	g_ptr_array_unref(c->kinds);
	g_free(c->hash);
	g_free(c);
}

static json_t *
field_to_json(const contract_field *f)
{
	json_t *j = json_object();

	json_put(j, "type", type_name(f->type));
	json_put(j, "policy", policy_name(f->policy));
	/* What is as by default is left out, so that saying it makes no other contract. */
	if (f->on_refused != REFUSED_HOLD)
		json_put(j, "on_refused", on_refused_name(f->on_refused));
	if (f->policy == POLICY_OWNER)
		json_put(j, "owner", f->owner_master ? "master" : "slave");
	if (f->learn)
		json_object_set_new(j, "learn", json_true());
	if (f->values != NULL)
		json_object_set(j, "values", f->values);
	return j;
}

static json_t *
kind_to_json(const contract_kind *k)
{
	json_t *j = json_object(), *fields = json_object();

	for (guint i = 0; i < k->fields->len; i++) {
		const contract_field *f = k->fields->pdata[i];

		json_object_set_new(fields, f->name, field_to_json(f));
	}
	json_object_set_new(j, "fields", fields);
	for (int i = 0; i < ALLOW_COUNT; i++)
		json_object_set_new(j, allows[i], json_boolean(k->allows[i]));
	return j;
}

json_t *
contract_to_json(const contract *c)
{
	json_t *j = json_object(), *limits = json_object(), *kinds = json_object();

	json_object_set_new(j, "version", json_integer(c->version));
	json_object_set_new(j, "merge", json_integer(CONTRACT_MERGE));
	json_object_set_new(j, "tolerance", json_integer(c->tolerance));
	json_object_set_new(limits, "field", json_integer((json_int_t)c->limit_field));
	json_object_set_new(limits, "file", json_integer((json_int_t)c->limit_file));
	json_object_set_new(limits, "things", json_integer((json_int_t)c->limit_things));
	json_object_set_new(j, "limits", limits);
	for (guint i = 0; i < c->kinds->len; i++) {
		const contract_kind *k = c->kinds->pdata[i];

		json_object_set_new(kinds, k->name, kind_to_json(k));
	}
	json_object_set_new(j, "kinds", kinds);
	return j;
}

const char *
contract_hash(const contract *c)
{
	return c->hash;
}

guint
contract_version(const contract *c)
{
	return c->version;
}

gint64
contract_tolerance(const contract *c)
{
	return c->tolerance;
}

guint64
contract_limit_field(const contract *c)
{
	return c->limit_field;
}

guint64
contract_limit_file(const contract *c)
{
	return c->limit_file;
}

guint64
contract_limit_things(const contract *c)
{
	return c->limit_things;
}

const contract_kind *
contract_kind_of(const contract *c, const char *name)
{
	for (guint i = 0; name != NULL && i < c->kinds->len; i++) {
		const contract_kind *k = c->kinds->pdata[i];

		if (strcmp(k->name, name) == 0)
			return k;
	}
	return NULL;
}

gboolean
contract_has_kind(const contract *c, const char *kind)
{
	return contract_kind_of(c, kind) != NULL;
}

const contract_field *
contract_field_of(const contract *c, const char *kind, const char *name)
{
	const contract_kind *k = contract_kind_of(c, kind);

	/* Asked for every register of every record: halve the sorted fields. */
	for (guint low = 0, high = k == NULL ? 0 : k->fields->len; low < high;) {
		guint middle = low + (high - low) / 2;
		const contract_field *f = k->fields->pdata[middle];
		int order = strcmp(name, f->name);

		if (order == 0)
			return f;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

gboolean
contract_has_field(const contract *c, const char *name)
{
	for (guint i = 0; i < c->kinds->len; i++) {
		const contract_kind *k = c->kinds->pdata[i];

		if (contract_field_of(c, k->name, name) != NULL)
			return TRUE;
	}
	return FALSE;
}

GPtrArray *
contract_fields(const contract *c, const char *kind)
{
	const contract_kind *k = contract_kind_of(c, kind);
	GPtrArray *rows = g_ptr_array_new();

	for (guint i = 0; k != NULL && i < k->fields->len; i++)
		g_ptr_array_add(rows, k->fields->pdata[i]);
	return rows;
}

gboolean
contract_allows(const contract *c, const char *kind, const char *what)
{
	const contract_kind *k = contract_kind_of(c, kind);
	int i = index_of(allows, ALLOW_COUNT, what);

	return k != NULL && i >= 0 && k->allows[i];
}

static gboolean
is_default_field(const char *name)
{
	for (guint i = 0; i < contract_rows_count; i++)
		if (strcmp(contract_rows[i].name, name) == 0)
			return TRUE;
	return FALSE;
}

/* Well-known fields first and in their usual order, then the others. */
static void
add_summary(GString *out, const contract *c, const contract_kind *k)
{
	const char *gap = "";

	for (guint i = 0; i < contract_rows_count; i++)
		if (contract_field_of(c, k->name, contract_rows[i].name) != NULL) {
			g_string_append_printf(out, "%s%s", gap, contract_rows[i].name);
			gap = " ";
		}
	for (guint i = 0; i < k->fields->len; i++) {
		const contract_field *f = k->fields->pdata[i];

		if (!is_default_field(f->name)) {
			g_string_append_printf(out, "%s%s", gap, f->name);
			gap = " ";
		}
	}
	for (int i = 0; i < ALLOW_COUNT; i++)
		if (k->allows[i]) {
			g_string_append_printf(out, "%s%s", *gap == '\0' ? "" : ", ", allows[i]);
			gap = " ";
		}
}

char *
contract_summary(const contract *c)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < c->kinds->len; i++) {
		const contract_kind *k = c->kinds->pdata[i];

		if (c->kinds->len > 1)
			g_string_append_printf(out, "%s%s: ", i == 0 ? "" : "; ", k->name);
		add_summary(out, c, k);
	}
	return g_string_free(out, FALSE);
}
