#include "sync/sync_private.h"

#include <string.h>

value_form
value_form_of(const json_t *x)
{
	if (x == NULL || json_is_null(x))
		return VALUE_ABSENT;
	if (json_object_get(x, "v") != NULL)
		return VALUE_PLAIN;
	return json_object_get(x, "c") != NULL ? VALUE_CONFLICT : VALUE_UNSHARED;
}

gboolean
value_eq(const json_t *a, const json_t *b)
{
	if (a == b)
		return TRUE;

	value_form form = value_form_of(a);
	if (form != value_form_of(b))
		return FALSE;
	if (form == VALUE_PLAIN)
		return json_equal(json_object_get(a, "v"), json_object_get(b, "v"));
	if (form == VALUE_CONFLICT)
		return value_eq(value_cand(a, TRUE), value_cand(b, TRUE)) &&
		       value_eq(value_cand(a, FALSE), value_cand(b, FALSE));
	return TRUE;
}

gboolean
value_same(const json_t *a, const json_t *b)
{
	gboolean none_a = a == NULL || json_is_null(a), none_b = b == NULL || json_is_null(b);

	if (none_a || none_b)
		return none_a && none_b;
	return json_equal(a, b);
}

char *
value_hash(const json_t *x)
{
	value_form form = value_form_of(x);

	if (form == VALUE_ABSENT)
		return g_strdup("");
	if (form == VALUE_PLAIN)
		return json_hash(json_object_get(x, "v"));
	if (form == VALUE_UNSHARED)
		return json_hash(x);
	g_autoptr(json_ref) pair = json_object();
	json_t *c = json_array();
	for (int master = 1; master >= 0; master--)
		json_array_append(c, json_object_get(value_cand(x, master != 0), "v"));
	json_object_set_new(pair, "c", c);
	return json_hash(pair);
}

json_t *
value_ref(const json_t *x)
{
	return x == NULL ? json_null() : json_incref((json_t *)x);
}

const json_t *
value_cand(const json_t *x, gboolean master)
{
	if (value_form_of(x) != VALUE_CONFLICT)
		return x;
	return json_array_get(json_object_get(x, "c"), master ? 0 : 1);
}

json_t *
value_of(const json_t *x)
{
	json_t *v = json_object_get(x, "v");

	return json_is_null(v) ? NULL : v;
}

const char *
value_at(const json_t *x)
{
	return json_string_value(json_object_get(x, "at"));
}

json_t *
value_plain(json_t *v, const char *at)
{
	json_t *x = json_object();

	json_object_set_new(x, "v", v == NULL ? json_null() : json_incref(v));
	if (at != NULL)
		json_object_set_new(x, "at", json_string(at));
	return x;
}

json_t *
value_conflict(const json_t *master, const json_t *slave)
{
	json_t *x = json_object(), *c = json_array();

	json_array_append(c, (json_t *)master);
	json_array_append(c, (json_t *)slave);
	json_object_set_new(x, "c", c);
	return x;
}

json_t *
value_unshared(void)
{
	json_t *x = json_object();

	json_object_set_new(x, "u", json_true());
	return x;
}

const char *
stamp_max(const char *a, const char *b)
{
	return g_strcmp0(a, b) >= 0 ? a : b;
}

const char *
thing_at(const json_t *thing, const char *field)
{
	const json_t *at = json_object_get(thing, "at");

	return json_string_value(json_is_object(at) ? json_object_get(at, field) : at);
}

json_t *
thing_value(json_t *map, json_t *ats)
{
	json_t *x = json_object();
	const char *key, *first = NULL;
	json_t *at;
	gboolean differ = json_object_size(ats) != json_object_size(map);

	json_object_foreach (ats, key, at) {
		if (first == NULL)
			first = json_string_value(at);
		else if (strcmp(first, json_string_value(at)) != 0)
			differ = TRUE;
	}
	if (first != NULL && differ)
		json_object_set(x, "at", ats);
	else if (first != NULL)
		json_object_set_new(x, "at", json_string(first));
	json_object_set_new(x, "v", map);
	json_decref(ats);
	return x;
}

json_t *
life_value(const char *life)
{
	json_t *x = json_object();

	json_object_set_new(x, "v", json_string(life));
	return x;
}

const char *
life_word(const json_t *x)
{
	const char *word = json_string_value(json_object_get(x, "v"));

	return word == NULL ? "" : word;
}

gboolean
life_live(const json_t *x)
{
	return g_str_has_prefix(life_word(x), "live#");
}

gboolean
life_valid(const char *word)
{
	static const gsize digits_max = 18; /* fits 64 bits */

	if (word == NULL)
		return FALSE;
	if (strcmp(word, LIFE_GONE) == 0 || strcmp(word, LIFE_UNSHARED) == 0)
		return TRUE;
	if (!g_str_has_prefix(word, "live#"))
		return FALSE;
	word += strlen("live#");
	gsize m = strspn(word, "0123456789");
	if (m == 0 || m > digits_max || word[m] != ',')
		return FALSE;
	gsize s = strspn(word + m + 1, "0123456789");
	return s > 0 && s <= digits_max && word[m + 1 + s] == '\0';
}
