#include "handshake/shape.h"

#include <string.h>

#include "base/fail.h"
#include "base/name.h"
#include "base/rand.h"
#include "pgp/pgp.h"

#define LINE_MAX_LEN 1024

static gboolean
is_hex(const char *text, gsize min, gsize max)
{
	gsize len = strlen(text);

	return len >= min && len <= max && len % 2 == 0 && strspn(text, "0123456789abcdef") == len;
}

gboolean
shape_id(const char *text)
{
	return rand_id_valid(text);
}

gboolean
shape_hash(const char *text)
{
	return is_hex(text, 64, 64);
}

gboolean
shape_salt(const char *text)
{
	return is_hex(text, 32, 128);
}

gboolean
shape_fpr(const char *text)
{
	return strlen(text) == PGP_FPR_LEN && strspn(text, "0123456789ABCDEF") == PGP_FPR_LEN;
}

gboolean
shape_site(const char *text)
{
	return name_site_valid(text);
}

gboolean
shape_word(const char *text)
{
	return name_word_valid(text);
}

gboolean
shape_text(const char *text)
{
	if (strlen(text) > LINE_MAX_LEN || !g_utf8_validate(text, -1, NULL))
		return FALSE;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return FALSE;
	return TRUE;
}

gboolean
shape_line(const char *text)
{
	return *text != '\0' && shape_text(text);
}

gboolean
shape_key(const char *text)
{
	return *text != '\0' && strlen(text) <= PGP_KEY_MAX;
}

static char **
slot(const shape_member *m, gpointer of)
{
	return (char **)((char *)of + m->offset);
}

static gboolean
check(const json_t *object, const shape_member *m, const char *what, int reason, GError **error)
{
	const json_t *j = json_object_get(object, m->name);

	if (j == NULL && m->optional)
		return TRUE;
	if (j == NULL) {
		fail_set(error, reason, "%s: \"%s\" is missing", what, m->name);
		return FALSE;
	}
	if (!json_is_string(j)) {
		fail_set(error, reason, "%s: \"%s\" is not a text", what, m->name);
		return FALSE;
	}
	/* A NUL inside would hide what follows from the test. */
	if (strlen(json_string_value(j)) != json_string_length(j) ||
	    !m->fits(json_string_value(j))) {
		fail_set(error, reason, "%s: \"%s\" is not of the form it must have", what,
			 m->name);
		return FALSE;
	}
	return TRUE;
}

gboolean
shape_read(const json_t *object, const shape_member *table, gpointer ret, const char *what,
	   int reason, GError **error)
{
	if (!json_is_object(object)) {
		fail_set(error, reason, "%s is not a JSON object", what);
		return FALSE;
	}
	for (const shape_member *m = table; m->name != NULL; m++)
		if (!check(object, m, what, reason, error))
			return FALSE;
	for (const shape_member *m = table; m->name != NULL; m++)
		*slot(m, ret) = g_strdup(json_str(object, m->name));
	return TRUE;
}

void
shape_write(json_t *object, const shape_member *table, gconstpointer from)
{
	for (const shape_member *m = table; m->name != NULL; m++)
		json_put(object, m->name, *slot(m, (gpointer)from));
}

void
shape_clear(const shape_member *table, gpointer of)
{
	for (const shape_member *m = table; m->name != NULL; m++)
		g_clear_pointer(slot(m, of), g_free);
}

gboolean
shape_has(const shape_member *table, const char *name)
{
	for (const shape_member *m = table; m->name != NULL; m++)
		if (g_str_equal(m->name, name))
			return TRUE;
	return FALSE;
}
