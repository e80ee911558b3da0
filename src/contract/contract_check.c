#include "contract/contract_parts.h"

#include "base/fail.h"
#include "base/fsio.h"
#include "base/name.h"
#include "base/rand.h"
#include "base/u64.h"

#include <string.h>

#define SHOWN 60 /* characters of a foreign value in a message */

/* Sets *ERROR to REASON_BAD_VALUE; always NULL. */
static json_t *
bad(GError **error, const char *reg, const char *what)
{
	fail_set(error, REASON_BAD_VALUE, "%s: %s", reg, what);
	return NULL;
}

static json_t *
not_agreed(GError **error, const char *reg, const char *what)
{
	fail_set(error, REASON_NO_FIELD, "%s: the contract does not exchange %s", reg, what);
	return NULL;
}

static gboolean
known_word(const contract_field *f, const json_t *word, GError **error)
{
	gsize i;
	json_t *value;

	json_array_foreach (f->values, i, value)
		if (json_equal(value, word))
			return TRUE;
	g_autofree char *shown = type_show(word, SHOWN);
	fail_set(error, REASON_NO_VALUE, "%s: the contract knows no value \"%s\"", f->name, shown);
	return FALSE;
}

static json_t *
check_field(const contract *c, const contract_field *f, const json_t *in, GError **error)
{
	g_autoptr(json_ref) value = type_canon(f->type, f->name, in, c->limit_field, error);

	if (value == NULL || f->values == NULL || f->learn || json_is_null(value))
		return g_steal_pointer(&value);
	if (json_is_string(value))
		return known_word(f, value, error) ? g_steal_pointer(&value) : NULL;

	gsize i;
	json_t *word;
	json_array_foreach (value, i, word)
		if (!known_word(f, word, error))
			return NULL;
	return g_steal_pointer(&value);
}

static json_t *
check_parent(const contract_kind *k, const json_t *in, GError **error)
{
	if (!k->allows[ALLOW_PARENT])
		return not_agreed(error, "parent", "parents");
	if (json_is_null(in))
		return json_null();
	if (!json_is_string(in) || !rand_id_valid(json_string_value(in)))
		return bad(error, "parent", "is no uid");
	return json_string(json_string_value(in));
}

static json_t *
check_relation(const contract_kind *k, const char *reg, const json_t *in, GError **error)
{
	if (!name_relation_parts(reg, NULL, NULL, NULL))
		return bad(error, "relation", "its name is not of the form TYPE:UID:UID");
	if (!k->allows[ALLOW_RELATIONS])
		return not_agreed(error, reg, "relations");
	if (json_is_null(in))
		return json_null();
	return json_is_true(in) ? json_true() : bad(error, reg, "is neither true nor null");
}

/* Puts member KEY of IN, canonical as TYPE, into OUT; nothing if there is nothing. */
static gboolean
take(const contract *c, const char *reg, const json_t *in, const char *key, value_type type,
     json_t *out, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s %s", reg, key);
	g_autoptr(json_ref) value =
		type_canon(type, name, json_object_get(in, key), c->limit_field, error);

	if (value == NULL)
		return FALSE;
	if (!json_is_null(value))
		json_object_set(out, key, value);
	return TRUE;
}

static gboolean
take_comment(const contract *c, const char *reg, const json_t *in, json_t *out, GError **error)
{
	return take(c, reg, in, "text", TYPE_LONGTEXT, out, error) &&
	       take(c, reg, in, "by", TYPE_USER, out, error) &&
	       take(c, reg, in, "created", TYPE_TIME, out, error);
}

static gboolean
sha_valid(const char *sha)
{
	return sha != NULL && strlen(sha) == FSIO_SHA_LEN &&
	       strspn(sha, "0123456789abcdef") == FSIO_SHA_LEN;
}

static gboolean
take_file(const contract *c, const char *reg, const json_t *in, json_t *out, GError **error)
{
	const char *name = json_str(in, "name"), *sha = json_str(in, "sha256");
	guint64 size;

	if (name == NULL || !fsio_name_safe(name)) {
		g_autofree char *shown = type_show(json_object_get(in, "name"), SHOWN);

		fail_set(error, REASON_FILE_NAME, "%s: \"%s\" is no safe file name", reg, shown);
		return FALSE;
	}
	if (!json_u64(in, "size", &size))
		return bad(error, reg, "size is no whole number") != NULL;
	if (size > c->limit_file) {
		g_autofree char *has = u64_size_text(size), *may = u64_size_text(c->limit_file);

		fail_set(error, REASON_VALUE_TOO_LARGE,
			 "%s: the file has %s; the contract allows %s", reg, has, may);
		return FALSE;
	}
	if (!sha_valid(sha))
		return bad(error, reg, "sha256 is not 64 lower-case hex digits") != NULL;
	json_put(out, "name", name);
	json_object_set_new(out, "size", json_integer((json_int_t)size));
	json_put(out, "sha256", sha);
	return take(c, reg, in, "by", TYPE_USER, out, error) &&
	       take(c, reg, in, "created", TYPE_TIME, out, error);
}

static gboolean
take_row(const contract *c, const char *reg, const json_t *in, json_t *out, GError **error)
{
	const char *key;
	json_t *value;

	if (!name_word_valid(json_str(in, "type")))
		return bad(error, reg, "a row needs a type of a-z, 0-9 and _") != NULL;
	if (json_object_size(in) > CONTRACT_FIELDS_MAX)
		return bad(error, reg, "a row has too many fields") != NULL;
	json_put(out, "type", json_str(in, "type"));
	json_object_foreach ((json_t *)in, key, value) {
		if (strcmp(key, "kind") == 0 || strcmp(key, "type") == 0)
			continue;
		if (!name_word_valid(key))
			return bad(error, reg,
				   "a row has a field of another name than a-z, 0-9, _") != NULL;
		if (!take(c, reg, in, key, TYPE_LONGTEXT, out, error))
			return FALSE;
	}
	return TRUE;
}

typedef gboolean take_fn(const contract *c, const char *reg, const json_t *in, json_t *out,
			 GError **error);

static const struct thing_kind {
	const char *name;
	contract_allow allow;
	take_fn *take;
	const char *const *keys; /* NULL: any */
} thing_kinds[] = {
	{"comment", ALLOW_COMMENTS, take_comment,
	 (const char *const[]){"kind", "text", "by", "created", NULL}},
	{"file", ALLOW_FILES, take_file,
	 (const char *const[]){"kind", "name", "size", "sha256", "by", "created", NULL}},
	{"row", ALLOW_ROWS, take_row, NULL},
};

static const struct thing_kind *
thing_kind_of(const char *name)
{
	for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(thing_kinds); i++)
		if (strcmp(thing_kinds[i].name, name) == 0)
			return &thing_kinds[i];
	return NULL;
}

/* A newer partner's field must not be lost silently. */
static gboolean
keys_known(const char *reg, const struct thing_kind *t, const json_t *in, GError **error)
{
	const char *key;
	json_t *value;

	if (t->keys == NULL)
		return TRUE;
	json_object_foreach ((json_t *)in, key, value)
		if (!g_strv_contains(t->keys, key)) {
			g_autoptr(json_ref) word = json_string(key);
			g_autofree char *shown = type_show(word, SHOWN);

			fail_set(error, REASON_NO_FIELD, "%s: a %s has no field \"%s\"", reg,
				 t->name, shown);
			return FALSE;
		}
	return TRUE;
}

static json_t *
check_thing(const contract *c, const contract_kind *k, const char *reg, const json_t *in,
	    GError **error)
{
	if (!rand_id_valid(reg + 1))
		return bad(error, "thing", "its name is no uid");
	if (json_is_null(in)) {
		if (!k->allows[ALLOW_COMMENTS] && !k->allows[ALLOW_FILES] && !k->allows[ALLOW_ROWS])
			return not_agreed(error, reg, "comments, files or rows");
		return json_null();
	}

	const struct thing_kind *t = thing_kind_of(json_str(in, "kind"));
	if (t == NULL)
		return bad(error, reg, "is no comment, file or row");
	if (!k->allows[t->allow])
		return not_agreed(error, reg, contract_allow_name(t->allow));
	g_autoptr(json_ref) out = json_object();
	json_put(out, "kind", t->name);
	if (!keys_known(reg, t, in, error) || !t->take(c, reg, in, out, error))
		return NULL;
	return g_steal_pointer(&out);
}

json_t *
contract_check(const contract *c, const char *kind, const char *reg, const json_t *value,
	       GError **error)
{
	const contract_kind *k = contract_kind_of(c, kind);

	if (k == NULL)
		return not_agreed(error, "item", "items of this kind");
	if (strcmp(reg, "parent") == 0)
		return check_parent(k, value, error);
	if (reg[0] == '@')
		return check_thing(c, k, reg, value, error);
	if (strchr(reg, ':') != NULL)
		return check_relation(k, reg, value, error);

	const contract_field *f = contract_field_of(c, kind, reg);
	if (f == NULL) {
		g_autoptr(json_ref) word = json_string(reg);
		g_autofree char *shown = type_show(word, SHOWN);

		return not_agreed(error, shown, "such a field");
	}
	return check_field(c, f, value, error);
}
