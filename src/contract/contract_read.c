#include "contract/contract_parts.h"

#include "base/fail.h"
#include "base/name.h"

#include <string.h>

#define WORD_SHOWN 40 /* characters of a foreign word in a message */

/* Sets *ERROR for WHERE with VALUE shown between BEFORE and AFTER; always FALSE. */
static gboolean
wrong(GError **error, const char *where, const char *before, const json_t *value, const char *after)
{
	g_autofree char *shown = type_show(value, WORD_SHOWN);

	fail_set(error, FAIL_REJECT, "contract: %s: %s \"%s\"%s", where, before, shown, after);
	return FALSE;
}

static gboolean
wrong_key(GError **error, const char *where, const char *key, const char *before, const char *after)
{
	g_autoptr(json_ref) word = json_string(key);

	return wrong(error, where, before, word, after);
}

/*
 * Is J an object that has none but KEYS (ended by NULL)?  A key from a newer version would
 * change what is agreed on, so it is refused, not skipped.
 */
static gboolean
only_keys(const json_t *j, const char *where, const char *const *keys, GError **error)
{
	if (!json_is_object(j)) {
		fail_set(error, FAIL_REJECT, "contract: %s: missing or no object", where);
		return FALSE;
	}
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)j, key, value)
		if (!g_strv_contains(keys, key))
			return wrong_key(error, where, key, "unknown key",
					 "; it may need a newer version here");
	return TRUE;
}

/* Reads member KEY, FALLBACK if it is missing. */
static gboolean
read_number(const json_t *j, const char *key, guint64 min, guint64 max, guint64 fallback,
	    guint64 *ret, GError **error)
{
	guint64 n = fallback;

	if (json_object_get(j, key) != NULL && (!json_u64(j, key, &n) || n < min || n > max)) {
		fail_set(error, FAIL_REJECT,
			 "contract: %s: must be a whole number from %" G_GUINT64_FORMAT
			 " to %" G_GUINT64_FORMAT,
			 key, min, max);
		return FALSE;
	}
	*ret = n;
	return TRUE;
}

/* Reads member KEY, FALSE if it is missing. */
static gboolean
read_flag(const json_t *j, const char *where, const char *key, gboolean *ret, GError **error)
{
	const json_t *flag = json_object_get(j, key);

	if (flag != NULL && !json_is_boolean(flag)) {
		fail_set(error, FAIL_REJECT, "contract: %s: %s must be true or false", where, key);
		return FALSE;
	}
	*ret = json_is_true(flag);
	return TRUE;
}

/* The words a list knows, each canonical and once. */
static gboolean
read_values(const json_t *in, const char *where, contract_field *f, guint64 limit, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gsize i;
	json_t *value;

	if (!json_is_array(in) || json_array_size(in) == 0) {
		fail_set(
			error, FAIL_REJECT,
			"contract: %s: values must be an array of texts; leave it out to allow any",
			where);
		return FALSE;
	}
	f->values = json_array();
	json_array_foreach (in, i, value) {
		g_autoptr(json_ref) word = type_canon(TYPE_LIST, where, value, limit, error);

		if (word == NULL)
			return FALSE;
		if (json_is_null(word) || !json_equal(word, value))
			return wrong(error, where, "value", value,
				     " has outer blanks, or is empty");
		if (!g_hash_table_add(seen, (gpointer)json_string_value(value)))
			return wrong(error, where, "value", value, " is there twice");
		json_array_append(f->values, word);
	}
	return TRUE;
}

static gboolean
read_owner(const json_t *in, const char *where, contract_field *f, GError **error)
{
	const char *owner = json_str(in, "owner");

	if (f->policy != POLICY_OWNER) {
		if (json_object_get(in, "owner") == NULL)
			return TRUE;
		fail_set(error, FAIL_REJECT, "contract: %s: owner needs the policy owner", where);
		return FALSE;
	}
	f->owner_master = g_strcmp0(owner, "master") == 0;
	if (f->owner_master || g_strcmp0(owner, "slave") == 0)
		return TRUE;
	fail_set(error, FAIL_REJECT,
		 "contract: %s: policy owner needs an owner; either master or slave", where);
	return FALSE;
}

/* The words of a field: type, policy, on_refused, owner. */
static gboolean
read_words(const json_t *in, const char *where, contract_field *f, GError **error)
{
	const json_t *refused = json_object_get(in, "on_refused");

	if (!type_from_name(json_str(in, "type"), &f->type))
		return wrong(error, where, "unknown type", json_object_get(in, "type"),
			     "; one of text longtext number date time yesno user list multi link");
	if (!policy_from_name(json_str(in, "policy"), &f->policy))
		return wrong(error, where, "unknown policy", json_object_get(in, "policy"),
			     "; one of latest first master slave owner merge hold");
	if (refused != NULL && !on_refused_from_name(json_string_value(refused), &f->on_refused))
		return wrong(error, where, "unknown on_refused", refused,
			     "; one of hold revert keep");
	if (f->policy == POLICY_MERGE && f->type != TYPE_MULTI) {
		fail_set(error, FAIL_REJECT,
			 "contract: %s: policy merge is for sets only; use type multi or policy "
			 "hold",
			 where);
		return FALSE;
	}
	return read_owner(in, where, f, error);
}

static contract_field *
read_field(const json_t *in, const char *where, const char *name, guint64 limit, GError **error)
{
	static const char *const keys[] = {"type",  "policy", "on_refused", "owner",
					   "learn", "values", NULL};
	g_autoptr(contract_field) f = g_new0(contract_field, 1);
	const json_t *values = json_object_get(in, "values");

	f->name = g_strdup(name);
	if (!only_keys(in, where, keys, error) || !read_words(in, where, f, error) ||
	    !read_flag(in, where, "learn", &f->learn, error) ||
	    (values != NULL && !read_values(values, where, f, limit, error)))
		return NULL;
	if ((f->learn || values != NULL) && f->type != TYPE_LIST && f->type != TYPE_MULTI) {
		fail_set(error, FAIL_REJECT,
			 "contract: %s: values and learn are for the types list and multi", where);
		return NULL;
	}
	return g_steal_pointer(&f);
}

static int
compare_fields(gconstpointer a, gconstpointer b)
{
	return strcmp((*(contract_field *const *)a)->name, (*(contract_field *const *)b)->name);
}

static int
compare_kinds(gconstpointer a, gconstpointer b)
{
	return strcmp((*(contract_kind *const *)a)->name, (*(contract_kind *const *)b)->name);
}

static gboolean
read_fields(const json_t *fields, const char *where, contract_kind *k, guint64 limit,
	    GError **error)
{
	const char *name;
	json_t *value;

	if (!json_is_object(fields) || json_object_size(fields) > CONTRACT_FIELDS_MAX) {
		fail_set(error, FAIL_REJECT,
			 "contract: %s: fields must be an object of at most %d fields", where,
			 CONTRACT_FIELDS_MAX);
		return FALSE;
	}
	json_object_foreach ((json_t *)fields, name, value) {
		if (!name_word_valid(name) || strcmp(name, "life") == 0 ||
		    strcmp(name, "parent") == 0)
			return wrong_key(error, where, name, "a field cannot be called",
					 "; use a-z, 0-9 and _, 32 at most");
		g_autofree char *inner = g_strdup_printf("%s.%s", where, name);
		contract_field *f = read_field(value, inner, name, limit, error);
		if (f == NULL)
			return FALSE;
		g_ptr_array_add(k->fields, f);
	}
	g_ptr_array_sort(k->fields, compare_fields);
	return TRUE;
}

static gboolean
read_kind(contract *c, const char *name, const json_t *in, GError **error)
{
	static const char *const keys[] = {"fields", "parent", "relations", "comments",
					   "files",  "rows",   NULL};

	if (!name_word_valid(name))
		return wrong_key(error, "kinds", name, "a kind cannot be called",
				 "; use a-z, 0-9 and _, 32 at most");
	contract_kind *k = contract_kind_new(name);
	g_ptr_array_add(c->kinds, k);
	if (!only_keys(in, name, keys, error) ||
	    !read_fields(json_object_get(in, "fields"), name, k, c->limit_field, error))
		return FALSE;
	for (int i = 0; i < ALLOW_COUNT; i++)
		if (!read_flag(in, name, contract_allow_name((contract_allow)i), &k->allows[i],
			       error))
			return FALSE;
	return TRUE;
}

static gboolean
read_kinds(contract *c, const json_t *kinds, GError **error)
{
	const char *name;
	json_t *value;

	if (!json_is_object(kinds) || json_object_size(kinds) == 0 ||
	    json_object_size(kinds) > CONTRACT_FIELDS_MAX) {
		fail_set(error, FAIL_REJECT, "contract: kinds: must be an object of 1 to %d kinds",
			 CONTRACT_FIELDS_MAX);
		return FALSE;
	}
	json_object_foreach ((json_t *)kinds, name, value)
		if (!read_kind(c, name, value, error))
			return FALSE;
	g_ptr_array_sort(c->kinds, compare_kinds);
	return TRUE;
}

/* Version, tolerance and limits. */
static gboolean
read_numbers(contract *c, const json_t *in, GError **error)
{
	static const char *const keys[] = {"field", "file", "things", NULL};
	const json_t *limits = json_object_get(in, "limits");
	guint64 version, merge, tolerance;

	if (limits != NULL && !only_keys(limits, "limits", keys, error))
		return FALSE;
	if (!read_number(in, "version", 1, G_MAXINT32, 0, &version, error) ||
	    !read_number(in, "merge", 1, CONTRACT_MERGE, CONTRACT_MERGE, &merge, error) ||
	    !read_number(in, "tolerance", 0, CONTRACT_TOLERANCE_MAX, CONTRACT_TOLERANCE, &tolerance,
			 error) ||
	    !read_number(limits, "field", 1, CONTRACT_FIELD_MAX, CONTRACT_FIELD_LIMIT,
			 &c->limit_field, error) ||
	    !read_number(limits, "file", 0, CONTRACT_FILE_MAX, CONTRACT_FILE_LIMIT, &c->limit_file,
			 error) ||
	    !read_number(limits, "things", 0, CONTRACT_THINGS_MAX, CONTRACT_THINGS_LIMIT,
			 &c->limit_things, error))
		return FALSE;
	if (version == 0) {
		fail_set(error, FAIL_REJECT, "contract: version: missing; the first one is 1");
		return FALSE;
	}
	c->version = (guint)version;
	c->tolerance = (gint64)tolerance;
	return TRUE;
}

contract *
contract_from_json(const json_t *in, GError **error)
{
	static const char *const keys[] = {"version", "merge", "tolerance",
					   "limits",  "kinds", NULL};
	g_autoptr(contract) c = contract_new();

	if (!only_keys(in, "document", keys, error) || !read_numbers(c, in, error) ||
	    !read_kinds(c, json_object_get(in, "kinds"), error))
		return NULL;

	g_autoptr(json_ref) canonical = contract_to_json(c);
	g_autofree char *text = json_text(canonical);
	if (strlen(text) > CONTRACT_MAX) {
		fail_set(error, FAIL_REJECT, "contract: larger than %d bytes; name fewer values",
			 CONTRACT_MAX);
		return NULL;
	}
	c->hash = json_sha(canonical);
	return g_steal_pointer(&c);
}

contract *
contract_read(const char *text, gsize len, GError **error)
{
	if (len > CONTRACT_MAX) {
		fail_set(error, FAIL_REJECT, "contract: larger than %d bytes; name fewer values",
			 CONTRACT_MAX);
		return NULL;
	}
	g_autoptr(json_ref) j = json_read(text, len, error);
	if (j == NULL) {
		g_prefix_error(error, "contract: ");
		return NULL;
	}
	return contract_from_json(j, error);
}
