#include "base/json.h"

#include <string.h>

#include "base/fail.h"

/* What goes into a message may come from a stranger: no control characters, valid UTF-8. */
static char *
printable(const char *text)
{
	char *clean = g_utf8_make_valid(text, -1);

	for (char *p = clean; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return clean;
}

/* Sets *ERROR for the byte AT of TEXT. */
static void
set_error_at(GError **error, const char *text, const char *at, const char *what)
{
	guint line = 1, column = 1;

	for (const char *p = text; p < at; p++) {
		column++;
		if (*p == '\n') {
			line++;
			column = 1;
		}
	}
	fail_set(error, FAIL_REJECT, "JSON is malformed at line %u, column %u: %s", line, column,
		 what);
}

/* The end of the string that begins behind the quote P - 1; END if it never ends. */
static const char *
skip_string(const char *p, const char *end)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p;
}

/* Only brackets are looked at: jansson, which recurses, must not meet too many of them. */
static gboolean
check_depth(const char *text, gsize len, GError **error)
{
	const char *end = text + len;
	gsize depth = 0;

	for (const char *p = text; p < end; p++) {
		if (*p == '"') {
			p = skip_string(p + 1, end);
		} else if (*p == '[' || *p == '{') {
			if (++depth > JSON_DEPTH_MAX) {
				set_error_at(error, text, p, "nested too deeply");
				return FALSE;
			}
		} else if ((*p == ']' || *p == '}') && depth > 0) {
			depth--;
		}
	}
	return TRUE;
}

static gboolean
check_bytes(const char *text, gsize len, GError **error)
{
	const char *bad = NULL;

	if (g_utf8_validate_len(text, len, &bad))
		return TRUE;
	set_error_at(error, text, bad, *bad == '\0' ? "a NUL byte" : "not UTF-8");
	return FALSE;
}

/*
 * Jansson tells an allocation that failed in the middle of a text as a mistake of the text there.
 * So it is noted here; its allocator takes no data, and there is one for the whole process.
 */
static json_malloc_t allocate;
static gboolean ran_out;

static void *
allocate_noted(size_t size)
{
	void *memory = allocate(size);

	if (memory == NULL)
		ran_out = TRUE;
	return memory;
}

static json_t *
parse(const char *text, gsize len, json_error_t *e)
{
	json_free_t release;

	json_get_alloc_funcs(&allocate, &release);
	ran_out = FALSE;
	json_set_alloc_funcs(allocate_noted, release);
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, e);
	json_set_alloc_funcs(allocate, release);
	return j;
}

json_t *
json_read(const char *text, gsize len, GError **error)
{
	json_error_t e;

	if (!check_bytes(text, len, error) || !check_depth(text, len, error))
		return NULL;
	json_t *j = parse(text, len, &e);
	if (j == NULL && ran_out) {
		fail_set(error, FAIL_RETRY, "no memory for %" G_GSIZE_FORMAT " bytes of JSON", len);
	} else if (j == NULL) {
		g_autofree char *why = printable(e.text);

		fail_set(error, FAIL_REJECT, "JSON is malformed at line %d, column %d: %s",
			 MAX(e.line, 1), MAX(e.column, 1), why);
	}
	return j;
}

static char *
print(const json_t *j, size_t flags)
{
	if (j == NULL)
		return NULL;
	/* GLib frees with free(3), so the caller need not care who allocated it. */
	char *text = json_dumps(j, flags | JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL)
		g_error("a JSON value that contains itself, or no memory to print it");
	return text;
}

char *
json_text(const json_t *j)
{
	return print(j, JSON_SORT_KEYS);
}

char *
json_text_unsorted(const json_t *j)
{
	return print(j, 0);
}

char *
json_sha(const json_t *j)
{
	g_autofree char *text = json_text(j);

	return text == NULL ? g_strdup("")
			    : g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

char *
json_hash(const json_t *j)
{
	char *sha = json_sha(j);

	if (*sha != '\0')
		sha[JSON_HASH_LEN] = '\0';
	return sha;
}

const char *
json_str(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

gboolean
json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

gint64
json_num(const json_t *object, const char *key, gint64 fallback)
{
	const json_t *j = json_object_get(object, key);

	return json_is_integer(j) ? json_integer_value(j) : fallback;
}

gboolean
json_u64(const json_t *object, const char *key, guint64 *ret)
{
	const json_t *j = json_object_get(object, key);

	if (!json_is_integer(j) || json_integer_value(j) < 0)
		return FALSE;
	*ret = (guint64)json_integer_value(j);
	return TRUE;
}

void
json_put(json_t *object, const char *key, const char *value)
{
	if (value == NULL) {
		json_object_del(object, key);
		return;
	}
	g_autofree char *valid = g_utf8_make_valid(value, -1);
	json_object_set_new(object, key, json_string(valid));
}
