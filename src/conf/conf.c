#include "conf/conf.h"

#include "base/fail.h"
#include "base/fsio.h"
#include "base/guard.h"

#include <string.h>
#include <unistd.h>

#define CONF_MAX (256 * 1024) /* bytes of a file */

struct conf {
	char *path;
	setting_where where;
	gboolean stored;    /* FIXED values cannot be chosen any more */
	GKeyFile *file;     /* what is stored, with people's comments */
	GHashTable *values; /* key -> value as written */
};

conf *
conf_new(const char *path, setting_where where)
{
	conf *c = g_new0(conf, 1);

	c->path = g_strdup(path);
	c->where = where & (SET_SITE | SET_LINK);
	c->file = g_key_file_new();
	c->values = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	return c;
}

void
conf_free(conf *c)
{
	if (c == NULL)
		return;
	g_free(c->path);
	g_key_file_unref(c->file);
	g_hash_table_unref(c->values);
	g_free(c);
}

static const char *
main_group(setting_where where)
{
	return where & SET_SITE ? "site" : "link";
}

/* The row of NAME in GROUP, or NULL. */
static const setting *
find_in_group(setting_where where, const char *group, const char *name)
{
	g_autofree char *key = g_strconcat(group, ".", name, NULL);
	const setting *s = setting_find(key, where);

	if (s == NULL && strcmp(group, main_group(where)) == 0 && strchr(name, '.') == NULL)
		s = setting_find(name, where);
	return s;
}

/* Where row S stands in the file; caller frees. */
static char *
group_of(const conf *c, const setting *s, const char **ret_name)
{
	const char *dot = strchr(s->key, '.');

	*ret_name = dot == NULL ? s->key : dot + 1;
	return dot == NULL ? g_strdup(main_group(c->where))
			   : g_strndup(s->key, (gsize)(dot - s->key));
}

static gboolean
take_value(conf *c, const char *group, const char *name, GError **error)
{
	const setting *s = find_in_group(c->where, group, name);
	g_autoptr(GError) why = NULL;

	if (s == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "%s: unknown setting %s in [%s]; handsel.conf(5) lists all", c->path, name,
			 group);
		return FALSE;
	}
	g_autofree char *value = g_key_file_get_string(c->file, group, name, &why);
	if (value == NULL || !setting_check(s, g_strchomp(value), &why)) {
		fail_set(error, FAIL_CONFIG, "%s: [%s] %s", c->path, group, why->message);
		return FALSE;
	}
	g_hash_table_replace(c->values, (gpointer)s->key, g_steal_pointer(&value));
	return TRUE;
}

static gboolean
take_group(conf *c, const char *group, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(c->file, group, NULL, NULL);

	for (gsize i = 0; names != NULL && names[i] != NULL; i++)
		if (!take_value(c, group, names[i], error))
			return FALSE;
	return TRUE;
}

/*
 * Does TEXT give no setting twice?  GLib takes the last one silently; what the operator reads
 * first in the file would not be what is in force.
 */
static gboolean
check_twice(const char *path, const char *text, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
	const char *group = "";

	for (gsize i = 0; lines[i] != NULL; i++) {
		char *line = g_strstrip(lines[i]);
		char *equals = strchr(line, '=');

		if (*line == '[')
			group = line;
		if (*line == '[' || *line == '#' || equals == NULL)
			continue;
		*equals = '\0';
		g_strchomp(line);
		if (!g_hash_table_add(seen, g_strconcat(group, " ", line, NULL))) {
			fail_set(error, FAIL_CONFIG,
				 "%s: line %u gives %s of %s a second time; remove one of them",
				 path, (guint)i + 1, line, group);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
parse(conf *c, const char *text, gsize len, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (!g_utf8_validate_len(text, len, NULL)) {
		fail_set(error, FAIL_CONFIG, "%s: is no UTF-8 text", c->path);
		return FALSE;
	}
	if (!g_key_file_load_from_data(c->file, text, len,
				       G_KEY_FILE_KEEP_COMMENTS | G_KEY_FILE_KEEP_TRANSLATIONS,
				       &why)) {
		fail_set(error, FAIL_CONFIG, "%s: %s", c->path, why->message);
		return FALSE;
	}
	if (!check_twice(c->path, text, error))
		return FALSE;
	g_auto(GStrv) groups = g_key_file_get_groups(c->file, NULL);
	for (gsize i = 0; groups[i] != NULL; i++)
		if (!take_group(c, groups[i], error))
			return FALSE;
	return TRUE;
}

/* What the file at PATH holds.  A link's can name mailboxes and key files: it is nobody else's
 * business. */
static char *
read_guarded(const char *path, setting_where where, gsize *ret_len, GError **error)
{
	int fd = fsio_open_own(AT_FDCWD, path, error);

	if (fd < 0)
		return NULL;
	char *text = guard_fd(fd, path, where & SET_LINK ? GUARD_SECRET : GUARD_SHOWN, error)
			     ? fsio_read_open(fd, CONF_MAX, ret_len, error)
			     : NULL;
	close(fd);
	return text;
}

conf *
conf_load(const char *path, setting_where where, GError **error)
{
	gsize len;

	if (!fsio_exists(AT_FDCWD, path)) {
		fail_set(error, FAIL_CONFIG, "%s: is missing; restore it from a backup", path);
		return NULL;
	}
	g_autofree char *text = read_guarded(path, where, &len, error);
	if (text == NULL)
		return NULL;
	g_autoptr(conf) c = conf_new(path, where);
	if (!parse(c, text, len, error))
		return NULL;
	c->stored = TRUE;
	return g_steal_pointer(&c);
}

gboolean
conf_save(conf *c, GError **error)
{
	gsize len;
	g_autofree char *top = g_key_file_get_comment(c->file, NULL, NULL, NULL);

	if (top == NULL || *top == '\0')
		g_key_file_set_comment(c->file, NULL, NULL,
				       " Settings of handsel; handsel.conf(5) explains them all.",
				       NULL);
	g_autofree char *text = g_key_file_to_data(c->file, &len, NULL);
	if (!fsio_store(AT_FDCWD, c->path, text, len, 0600, error))
		return FALSE;
	c->stored = TRUE;
	return TRUE;
}

static const setting *
row_of(const conf *c, const char *key)
{
	const setting *s = setting_find(key, c->where);

	g_assert(s != NULL);
	return s;
}

static const char *
given(const conf *c, const setting *s)
{
	return g_hash_table_lookup(c->values, s->key);
}

const char *
conf_text(const conf *c, const char *key)
{
	const setting *s = row_of(c, key);
	const char *value = given(c, s);

	return value != NULL ? value : s->fallback;
}

gboolean
conf_bool(const conf *c, const char *key)
{
	return g_strcmp0(conf_text(c, key), "yes") == 0;
}

gint64
conf_int(const conf *c, const char *key)
{
	const char *value = conf_text(c, key);
	gint64 number = 0;

	/* Values are checked before they get in, so only a row without a default is 0. */
	if (value != NULL)
		setting_number(row_of(c, key), value, &number);
	return number;
}

gboolean
conf_given(const conf *c, const char *key)
{
	return given(c, row_of(c, key)) != NULL;
}

/* May S, which is FIXED, become VALUE? */
static gboolean
check_fixed(const conf *c, const setting *s, const char *value, GError **error)
{
	/* While a link is being made, a default is no choice yet. */
	const char *has = c->stored ? conf_text(c, s->key) : given(c, s);

	if (has == NULL || g_strcmp0(has, value) == 0)
		return TRUE;
	fail_set(error, FAIL_USAGE, "%s: is %s for the life of the %s; make a new one to change it",
		 s->key, has, main_group(c->where));
	return FALSE;
}

/* Takes VALUE over. */
static void
put(conf *c, const setting *s, char *value)
{
	const char *name;
	g_autofree char *group = group_of(c, s, &name);

	if (value == NULL) {
		g_hash_table_remove(c->values, s->key);
		g_key_file_remove_key(c->file, group, name, NULL);
		return;
	}
	g_key_file_set_string(c->file, group, name, value);
	g_hash_table_replace(c->values, (gpointer)s->key, value);
}

gboolean
conf_set(conf *c, const char *key, const char *value, GError **error)
{
	const setting *s = setting_find(key, c->where);

	if (s == NULL) {
		fail_set(error, FAIL_USAGE, "%s: unknown setting; handsel.conf(5) lists all", key);
		return FALSE;
	}
	/* In a file, blanks at its end are not of the value. */
	g_autofree char *kept = value == NULL ? NULL : g_strchomp(g_strdup(value));
	if (kept != NULL && !setting_check(s, kept, error))
		return FALSE;
	if (s->where & SET_FIXED && !check_fixed(c, s, kept, error))
		return FALSE;
	put(c, s, g_steal_pointer(&kept));
	return TRUE;
}

gboolean
conf_set_pair(conf *c, const char *pair, GError **error)
{
	const char *equals = strchr(pair, '=');

	if (equals == NULL || equals == pair) {
		fail_set(error, FAIL_USAGE, "%s: is no setting; write KEY=VALUE", pair);
		return FALSE;
	}
	g_autofree char *key = g_strndup(pair, (gsize)(equals - pair));
	return conf_set(c, g_strstrip(key), equals[1] == '\0' ? NULL : equals + 1, error);
}

GPtrArray *
conf_pairs(const conf *c, gboolean with_defaults)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func(g_free);

	for (const setting *s = setting_all(); s->key != NULL; s++) {
		const char *value = s->where & c->where ? given(c, s) : NULL;

		if (value == NULL && with_defaults && s->where & c->where)
			value = s->fallback;
		if (value == NULL)
			continue;
		g_ptr_array_add(pairs, g_strdup(s->key));
		g_ptr_array_add(pairs, g_strdup(value));
	}
	return pairs;
}
