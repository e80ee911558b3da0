#include "spool/quarantine.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"

#define NOTE_SUFFIX ".json"
#define NOTE_MAX    (64 * 1024)
#define TEXT_MAX    4096

static char *
note_name(const char *name)
{
	return g_strconcat(name, NOTE_SUFFIX, NULL);
}

/* *RET: the note of NAME, or NULL if it is missing or damaged. */
static gboolean
read_note(const spool *s, const char *name, json_t **ret, GError **error)
{
	g_autofree char *file = note_name(name);
	int dir = spool_fd(s, SPOOL_QUARANTINE);
	gsize len = 0;

	*ret = NULL;
	if (!fsio_exists(dir, file))
		return TRUE;
	g_autofree char *text = fsio_read(dir, file, NOTE_MAX, &len, error);
	if (text == NULL)
		return FALSE;
	g_autoptr(json_ref) j = json_read(text, len, NULL);
	if (json_is_object(j))
		*ret = g_steal_pointer(&j);
	return TRUE;
}

static gboolean
write_note(const spool *s, const char *name, const json_t *j, GError **error)
{
	g_autofree char *file = note_name(name);
	g_autofree char *text = json_text(j);

	/* Syncs the directory, and with it the name of the bytes. */
	return fsio_store(spool_fd(s, SPOOL_QUARANTINE), file, text, strlen(text), 0600, error);
}

static gboolean
measure(const spool *s, spool_dir dir, const char *name, char **ret_sha, guint64 *ret_size,
	GError **error)
{
	int fd = spool_read(s, dir, name, NULL, error);

	if (fd < 0)
		return FALSE;
	*ret_sha = fsio_sha(fd, ret_size, error);
	close(fd);
	return *ret_sha != NULL;
}

static void
describe(json_t *j, const envelope_name *name, int reason, const char *text)
{
	g_autofree char *file = name_format(name);
	g_autofree char *id = name_id(name);
	g_autofree char *now = clock_stamp_now();
	g_autofree char *valid = g_utf8_make_valid(text == NULL ? "" : text, -1);
	g_autofree char *part = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), TEXT_MAX));

	json_put(j, "name", file);
	json_put(j, "id", id);
	json_object_set_new(j, "reason", json_integer(reason));
	json_put(j, "text", part);
	if (json_str(j, "first_seen") == NULL)
		json_put(j, "first_seen", now);
	json_put(j, "last_seen", now);
	json_object_set_new(j, "seen", json_integer(json_num(j, "seen", 0) + 1));
}

static gboolean
fits(const char *sha, const envelope_name *name)
{
	return sha != NULL && strncmp(sha, name_own_hash(name), NAME_HASH_LEN) == 0;
}

gboolean
quarantine_add(spool *s, const char *tmp, const envelope_name *name, int reason, const char *text,
	       GError **error)
{
	g_autofree char *file = name_format(name);
	g_autofree char *sha = NULL;
	g_autoptr(json_ref) j = NULL;
	guint64 size = 0;

	if (!measure(s, SPOOL_TMP, tmp, &sha, &size, error) || !read_note(s, file, &j, error))
		return FALSE;
	const char *old = fsio_exists(spool_fd(s, SPOOL_QUARANTINE), file) && j != NULL
				  ? json_str(j, "sha256")
				  : NULL;
	/* What a carrier tore must not take the place of what can still be retried. */
	if (fits(old, name) && !fits(sha, name))
		return spool_drop(s, SPOOL_TMP, tmp, error);
	if (j == NULL || g_strcmp0(old, sha) != 0) {
		json_decref(j);
		j = json_object();
	}
	describe(j, name, reason, text);
	json_put(j, "sha256", sha);
	json_object_set_new(j, "size", json_integer((json_int_t)size));
	return spool_place(s, tmp, SPOOL_QUARANTINE, file, error) && write_note(s, file, j, error);
}

static json_t *
note_of(const spool *s, const char *name, GError **error)
{
	guint64 size = 0;
	json_t *j;

	if (!read_note(s, name, &j, error))
		return NULL;
	if (j != NULL)
		return j;
	int fd = spool_read(s, SPOOL_QUARANTINE, name, &size, error);
	if (fd < 0)
		return NULL;
	close(fd);
	j = json_object();
	json_put(j, "name", name);
	json_object_set_new(j, "size", json_integer((json_int_t)size));
	json_object_set_new(j, "reason", json_integer(0));
	return j;
}

static void
drop_note(gpointer j)
{
	json_decref(j);
}

GPtrArray *
quarantine_list(const spool *s, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(s, SPOOL_QUARANTINE, error);

	if (names == NULL)
		return NULL;
	g_autoptr(GPtrArray) ret = g_ptr_array_new_with_free_func(drop_note);
	for (guint i = 0; i < names->len; i++) {
		if (g_str_has_suffix(names->pdata[i], NOTE_SUFFIX))
			continue;
		json_t *j = note_of(s, names->pdata[i], error);
		if (j == NULL)
			return NULL;
		g_ptr_array_add(ret, j);
	}
	return g_steal_pointer(&ret);
}

json_t *
quarantine_get(const spool *s, const char *name, GError **error)
{
	if (fsio_name_safe(name) && !g_str_has_suffix(name, NOTE_SUFFIX) &&
	    fsio_exists(spool_fd(s, SPOOL_QUARANTINE), name))
		return note_of(s, name, error);
	fail_set(error, FAIL_USAGE, "\"%s\" is not in quarantine", name);
	return NULL;
}

gboolean
quarantine_remove(spool *s, const char *name, GError **error)
{
	g_autofree char *note = note_name(name);

	/* The bytes first: a note alone is not listed. */
	return spool_drop(s, SPOOL_QUARANTINE, name, error) &&
	       spool_drop(s, SPOOL_QUARANTINE, note, error);
}
