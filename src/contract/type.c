#include "contract/type.h"

#include "base/fail.h"
#include "contract/type_scan.h"

#include <string.h>

typedef json_t *canon_fn(const char *name, const json_t *in, gsize limit, GError **error);

static json_t *
bad(GError **error, const char *name, const char *what)
{
	fail_set(error, REASON_BAD_VALUE, "%s: %s", name, what);
	return NULL;
}

static gboolean
within(const char *name, gsize len, gsize limit, GError **error)
{
	if (len <= limit)
		return TRUE;
	fail_set(error, REASON_VALUE_TOO_LARGE,
		 "%s: the value has %" G_GSIZE_FORMAT " bytes; %" G_GSIZE_FORMAT " are allowed",
		 name, len, limit);
	return FALSE;
}

/* "" and NULL are nothing.  Takes over TEXT. */
static json_t *
text_or_nothing(char *text)
{
	g_autofree char *own = text;

	return own == NULL || *own == '\0' ? json_null() : json_string_nocheck(own);
}

/*
 * The text of IN with LF line ends; caller frees.  Unicode is left as it is: rewriting it
 * (NFC) would change the partner's bytes, so that his tracker shows something he never
 * wrote, and would do so differently with each version of the tables.
 */
static char *
text_of(const char *name, const json_t *in, GError **error)
{
	if (!json_is_string(in)) {
		bad(error, name, "is no text");
		return NULL;
	}
	const char *text = json_string_value(in);
	gsize len = json_string_length(in);
	/* Refuses a NUL within LEN and surrogates, too. */
	if (!g_utf8_validate_len(text, len, NULL)) {
		bad(error, name, "is no valid UTF-8; convert it before it is handed over");
		return NULL;
	}

	char *out = g_malloc(len + 1);
	gsize at = 0;
	for (gsize i = 0; i < len; i++) {
		if (text[i] == '\r' && text[i + 1] == '\n')
			continue;
		out[at++] = text[i] == '\r' ? '\n' : text[i];
	}
	out[at] = '\0';
	return out;
}

static json_t *
canon_longtext(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autofree char *text = text_of(name, in, error);

	if (text == NULL || !within(name, strlen(text), limit, error))
		return NULL;
	return text_or_nothing(g_steal_pointer(&text));
}

static json_t *
canon_text(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autofree char *text = text_of(name, in, error);

	if (text == NULL || !within(name, strlen(text), limit, error))
		return NULL;
	if (strchr(text, '\n') != NULL)
		return bad(error, name,
			   "has a line break; several lines need a field of type longtext");
	return text_or_nothing(g_steal_pointer(&text));
}

/* One word of a list: no LF, outer blanks (ASCII) removed. */
static char *
choice_of(const char *name, const json_t *in, GError **error)
{
	g_autofree char *text = text_of(name, in, error);

	if (text == NULL)
		return NULL;
	if (strchr(g_strstrip(text), '\n') != NULL) {
		bad(error, name, "has a line break; a value is one line");
		return NULL;
	}
	return g_steal_pointer(&text);
}

static json_t *
canon_choice(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autofree char *text = choice_of(name, in, error);

	if (text == NULL || !within(name, strlen(text), limit, error))
		return NULL;
	return text_or_nothing(g_steal_pointer(&text));
}

static int
compare_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *
canon_multi(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	gsize size = 0;

	if (!json_is_array(in))
		return bad(error, name, "is no array of texts");
	for (gsize i = 0; i < json_array_size(in); i++) {
		g_autofree char *word = choice_of(name, json_array_get(in, i), error);

		if (word == NULL || !within(name, size += strlen(word), limit, error))
			return NULL;
		if (*word != '\0')
			g_ptr_array_add(words, g_steal_pointer(&word));
	}
	if (words->len == 0)
		return json_null();

	g_ptr_array_sort(words, compare_bytes);
	json_t *out = json_array();
	for (guint i = 0; i < words->len; i++)
		if (i == 0 || strcmp(words->pdata[i], words->pdata[i - 1]) != 0)
			json_array_append_new(out, json_string_nocheck(words->pdata[i]));
	return out;
}

static json_t *
canon_link(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autofree char *text = text_of(name, in, error);

	if (text == NULL || !within(name, strlen(text), limit, error))
		return NULL;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c <= 0x20 || (c >= 0x7f && c <= 0x9f))
			return bad(error, name,
				   "has a blank or control character; write %20 for a blank");
	}
	return text_or_nothing(g_steal_pointer(&text));
}

/* What SCAN makes of a text, or HINT. */
static json_t *
canon_scanned(const char *name, const json_t *in, gsize limit, char *(*scan)(const char *),
	      const char *hint, GError **error)
{
	g_autofree char *text = text_of(name, in, error);

	if (text == NULL || !within(name, strlen(text), limit, error))
		return NULL;
	if (*text == '\0')
		return json_null();
	char *out = scan(text);
	return out == NULL ? bad(error, name, hint) : text_or_nothing(out);
}

static json_t *
canon_number(const char *name, const json_t *in, gsize limit, GError **error)
{
	g_autoptr(json_ref) whole = NULL;

	if (json_is_integer(in))
		in = whole = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(in));
	if (json_is_real(in))
		return bad(error, name,
			   "is a floating-point number; write it as a text like \"12.5\"");
	return canon_scanned(name, in, limit, scan_number,
			     "is no number; write it like -12.5, up to 100 characters", error);
}

static json_t *
canon_date(const char *name, const json_t *in, gsize limit, GError **error)
{
	return canon_scanned(name, in, limit, scan_date, "is no date; write it like 2020-01-04",
			     error);
}

static json_t *
canon_time(const char *name, const json_t *in, gsize limit, GError **error)
{
	return canon_scanned(name, in, limit, scan_time,
			     "is no time; write it like 2020-01-04T02:32:49Z", error);
}

static json_t *
canon_yesno(const char *name, const json_t *in, G_GNUC_UNUSED gsize limit, GError **error)
{
	return json_is_boolean(in) ? json_boolean(json_is_true(in))
				   : bad(error, name, "is neither true nor false");
}

static const struct {
	const char *name;
	canon_fn *canon;
} types[TYPE_COUNT] = {
	[TYPE_TEXT] = {"text", canon_text},       [TYPE_LONGTEXT] = {"longtext", canon_longtext},
	[TYPE_NUMBER] = {"number", canon_number}, [TYPE_DATE] = {"date", canon_date},
	[TYPE_TIME] = {"time", canon_time},       [TYPE_YESNO] = {"yesno", canon_yesno},
	[TYPE_USER] = {"user", canon_choice},     [TYPE_LIST] = {"list", canon_choice},
	[TYPE_MULTI] = {"multi", canon_multi},    [TYPE_LINK] = {"link", canon_link},
};

const char *
type_name(value_type type)
{
	return types[type].name;
}

gboolean
type_from_name(const char *name, value_type *ret)
{
	for (int i = 0; name != NULL && i < TYPE_COUNT; i++)
		if (strcmp(types[i].name, name) == 0) {
			*ret = (value_type)i;
			return TRUE;
		}
	return FALSE;
}

json_t *
type_canon(value_type type, const char *name, const json_t *in, gsize limit, GError **error)
{
	if (in == NULL || json_is_null(in))
		return json_null();
	return types[type].canon(name, in, limit, error);
}
