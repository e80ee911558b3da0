/* What people type and read: text in, text out. */
#include "contract/type.h"

#include "base/fail.h"

#include <string.h>

static json_t *
parse_yesno(const char *name, const char *text, GError **error)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"n", "y"}, {"false", "true"}, {"off", "on"}, {"0", "1"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		for (int yes = 0; yes < 2; yes++)
			if (g_ascii_strcasecmp(text, words[i][yes]) == 0)
				return json_boolean(yes);
	fail_set(error, REASON_BAD_VALUE, "%s: is neither yes nor no", name);
	return NULL;
}

static json_t *
split_words(const char *text)
{
	g_auto(GStrv) word = g_strsplit_set(text, ",;", -1);
	json_t *words = json_array();

	for (gsize i = 0; word[i] != NULL; i++)
		json_array_append_new(words, json_stringn_nocheck(word[i], strlen(word[i])));
	return words;
}

json_t *
type_parse(value_type type, const char *name, const char *text, gsize limit, GError **error)
{
	if (text == NULL || *text == '\0')
		return json_null();
	if (type == TYPE_TEXT || type == TYPE_LONGTEXT) {
		g_autoptr(json_ref) whole = json_stringn_nocheck(text, strlen(text));
		return type_canon(type, name, whole, limit, error);
	}

	g_autofree char *bare = g_strstrip(g_strdup(text));
	if (*bare == '\0')
		return json_null();
	if (type == TYPE_YESNO)
		return parse_yesno(name, bare, error);
	g_autoptr(json_ref) value =
		type == TYPE_MULTI ? split_words(bare) : json_stringn_nocheck(bare, strlen(bare));
	return type_canon(type, name, value, limit, error);
}

static char *
join(const json_t *array)
{
	GString *out = g_string_new(NULL);

	for (gsize i = 0; i < json_array_size(array); i++) {
		g_autofree char *word = type_show(json_array_get(array, i), 0);

		g_string_append_printf(out, "%s%s", i == 0 ? "" : ", ", word);
	}
	return g_string_free(out, FALSE);
}

/* The text of VALUE as it is; caller frees. */
static char *
raw_text(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return g_utf8_make_valid(json_string_value(value),
					 (gssize)json_string_length(value));
	case JSON_ARRAY:
		return join(value);
	case JSON_TRUE:
		return g_strdup("yes");
	case JSON_FALSE:
		return g_strdup("no");
	case JSON_OBJECT: {
		/* A thing is known by what it says or is called. */
		const char *text = json_str(value, "text");
		text = text == NULL ? json_str(value, "name") : text;
		return text == NULL ? json_text(value) : g_strdup(text);
	}
	default:
		return json_text(value);
	}
}

/*
 * Would C change how the rest of a terminal line looks?  Controls, line separators, and what
 * turns the direction of writing.
 */
static gboolean
unprintable(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
}

char *
type_show(const json_t *value, guint width)
{
	if (value == NULL || json_is_null(value))
		return g_strdup("-");

	g_autofree char *text = raw_text(value);
	GString *out = g_string_new(NULL);
	guint shown = 0;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p), shown++) {
		gunichar c = g_utf8_get_char(p);

		if (width > 0 && shown == width) {
			const char *last = g_utf8_prev_char(out->str + out->len);
			g_string_truncate(out, (gsize)(last - out->str));
			g_string_append(out, "…");
			break;
		}
		g_string_append_unichar(out, unprintable(c) ? ' ' : c);
	}
	if (out->len == 0)
		g_string_assign(out, "-");
	return g_string_free(out, FALSE);
}
