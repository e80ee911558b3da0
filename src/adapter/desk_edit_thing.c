#include "adapter/desk_private.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/name.h"
#include "base/rand.h"

#include <string.h>
#include <unistd.h>

/* A map that says who made it, and when. */
static json_t *
new_map(const desk *d, const char *kind)
{
	g_autofree char *now = clock_stamp_now();
	json_t *map = json_object();

	json_put(map, "kind", kind);
	json_put(map, "created", now);
	if (d->user != NULL && *d->user != '\0')
		json_put(map, "by", d->user);
	return map;
}

/* Adds a new thing to item LID; *RET is its id. */
static gboolean
add_thing(desk *d, gint64 lid, const json_t *map, char **ret, GError **error)
{
	g_autofree char *uid = rand_id();
	g_autoptr(desk_thing) t = NULL;

	if (!desk_thing_put(d, lid, uid, map, NULL, error) || !desk_thing_by_uid(d, uid, &t, error))
		return FALSE;
	*ret = desk_thing_id(t);
	return TRUE;
}

/* Sets field NAME of MAP to what was typed; nothing removes it. */
static gboolean
put_text(const desk *d, json_t *map, const char *name, const char *text, GError **error)
{
	g_autoptr(json_ref) v = type_parse(TYPE_LONGTEXT, name, text, d->field_max, error);

	if (v == NULL)
		return FALSE;
	if (json_is_null(v))
		json_object_del(map, name);
	else
		json_object_set(map, name, v);
	return TRUE;
}

static gboolean
put_comment_text(const desk *d, json_t *map, const char *text, GError **error)
{
	if (!put_text(d, map, "text", text, error))
		return FALSE;
	if (json_object_get(map, "text") == NULL) {
		fail_set(error, FAIL_USAGE, "a comment must not be empty");
		return FALSE;
	}
	return TRUE;
}

static gboolean
add_comment(desk *d, const char *id, const char *text, char **ret, GError **error)
{
	g_autoptr(json_ref) map = new_map(d, "comment");
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);

	return r != NULL && put_comment_text(d, map, text, error) &&
	       add_thing(d, r->lid, map, ret, error);
}

char *
desk_comment(desk *d, const char *id, const char *text, GError **error)
{
	g_autofree char *comment = NULL;

	if (!desk_enter(d, error))
		return NULL;
	gboolean ok = add_comment(d, id, text, &comment, error);
	return desk_leave(d, ok, error) ? g_steal_pointer(&comment) : NULL;
}

static gboolean
set_comment(desk *d, const char *comment, const char *text, GError **error)
{
	g_autoptr(desk_thing) t = desk_thing_by_id(d, comment, error);

	if (t == NULL)
		return FALSE;
	if (strcmp(t->kind, "comment") != 0) {
		fail_set(error, FAIL_USAGE, "%s is no comment", comment);
		return FALSE;
	}
	g_autoptr(json_ref) map = doc_values(t->doc);
	return put_comment_text(d, map, text, error) &&
	       desk_thing_put(d, t->lid, t->uid, map, NULL, error);
}

gboolean
desk_comment_set(desk *d, const char *comment, const char *text, GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, set_comment(d, comment, text, error), error);
}

/* Puts FIELDS as typed into MAP, a row's. */
static gboolean
put_row_fields(const desk *d, json_t *map, const json_t *fields, GError **error)
{
	const char *name;
	json_t *v;

	json_object_foreach ((json_t *)fields, name, v) {
		if (!name_word_valid(name) || strcmp(name, "kind") == 0 ||
		    strcmp(name, "type") == 0) {
			fail_set(error, FAIL_USAGE, "\"%s\" is no name for a field of a row", name);
			return FALSE;
		}
		if (!json_is_string(v) && !json_is_null(v)) {
			fail_set(error, FAIL_USAGE, "%s: its value is no text", name);
			return FALSE;
		}
		if (!put_text(d, map, name, json_string_value(v), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_row(desk *d, const desk_rec *r, const char *type, const json_t *fields, char **ret,
	GError **error)
{
	g_autoptr(json_ref) map = json_object();

	if (!name_word_valid(type)) {
		fail_set(error, FAIL_USAGE, "a row needs a type of a-z, 0-9 and _");
		return FALSE;
	}
	json_put(map, "kind", "row");
	json_put(map, "type", type);
	return put_row_fields(d, map, fields, error) && add_thing(d, r->lid, map, ret, error);
}

static gboolean
set_row(desk *d, const desk_rec *r, const char *row, const char *type, const json_t *fields,
	GError **error)
{
	g_autoptr(desk_thing) t = desk_thing_by_id(d, row, error);

	if (t == NULL)
		return FALSE;
	if (t->lid != r->lid || strcmp(t->kind, "row") != 0) {
		fail_set(error, REASON_NO_ITEM, "item %" G_GINT64_FORMAT " has no row %s", r->lid,
			 row);
		return FALSE;
	}
	g_autoptr(json_ref) map = doc_values(t->doc);
	if (name_word_valid(type))
		json_put(map, "type", type);
	return put_row_fields(d, map, fields, error) &&
	       desk_thing_put(d, t->lid, t->uid, map, NULL, error);
}

static gboolean
put_row(desk *d, const char *id, const char *row, const char *type, const json_t *fields,
	char **ret, GError **error)
{
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);

	if (r == NULL)
		return FALSE;
	if (row == NULL)
		return add_row(d, r, type, fields, ret, error);
	if (!set_row(d, r, row, type, fields, error))
		return FALSE;
	*ret = g_strdup(row);
	return TRUE;
}

char *
desk_row(desk *d, const char *id, const char *row, const char *type, const json_t *fields,
	 GError **error)
{
	g_autofree char *made = NULL;

	if (!desk_enter(d, error))
		return NULL;
	gboolean ok = put_row(d, id, row, type, fields, &made, error);
	return desk_leave(d, ok, error) ? g_steal_pointer(&made) : NULL;
}

static gboolean
remove_thing(desk *d, const char *thing, GError **error)
{
	g_autoptr(desk_thing) t = desk_thing_by_id(d, thing, error);

	return t != NULL && desk_thing_put(d, t->lid, t->uid, NULL, NULL, error);
}

gboolean
desk_thing_remove(desk *d, const char *thing, GError **error)
{
	if (!desk_enter(d, error))
		return FALSE;
	return desk_leave(d, remove_thing(d, thing, error), error);
}

static gboolean
add_file(desk *d, const char *id, const char *name, const char *sha, guint64 size, char **ret,
	 GError **error)
{
	g_autoptr(json_ref) map = new_map(d, "file");
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);

	if (r == NULL)
		return FALSE;
	json_put(map, "name", name);
	json_put(map, "sha256", sha);
	json_object_set_new(map, "size", json_integer((json_int_t)size));
	return desk_file_place(d, sha, size, error) && add_thing(d, r->lid, map, ret, error);
}

/* Copies PATH to tmp while others may still write to the desk. */
static char *
stage_path(desk *d, const char *path, guint64 *ret_size, GError **error)
{
	int fd = fsio_open_own(AT_FDCWD, path, error);
	char *sha = NULL;

	if (fd < 0)
		return NULL;
	gboolean ok = desk_file_stage_fd(d, fd, &sha, ret_size, error);
	close(fd);
	return ok ? sha : NULL;
}

char *
desk_attach(desk *d, const char *id, const char *path, const char *name, GError **error)
{
	g_autofree char *file = NULL;
	guint64 size = 0;

	if (!fsio_name_safe(name)) {
		fail_set(error, REASON_FILE_NAME, "\"%s\" is no safe file name", name);
		return NULL;
	}
	/* Before the bytes are copied for nothing. */
	g_autoptr(desk_rec) r = desk_rec_by_id(d, id, error);
	g_autofree char *sha = r != NULL ? stage_path(d, path, &size, error) : NULL;
	if (sha == NULL)
		return NULL;
	if (!desk_enter(d, error)) {
		desk_file_unstage(d);
		return NULL;
	}
	gboolean ok = add_file(d, id, name, sha, size, &file, error);
	desk_file_unstage(d);
	return desk_leave(d, ok, error) ? g_steal_pointer(&file) : NULL;
}
