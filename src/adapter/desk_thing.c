#include "adapter/desk_private.h"

#include "base/fail.h"
#include "base/fsio.h"
#include "base/u64.h"

#include <string.h>

/* The kinds of things and the letters their ids begin with. */
static const struct {
	const char *name;
	char letter;
} kinds[] = {{"comment", 'c'}, {"file", 'f'}, {"row", 'r'}};

static char
letter_of(const char *kind)
{
	for (gsize i = 0; kind != NULL && i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kinds[i].name, kind) == 0)
			return kinds[i].letter;
	return '\0';
}

void
desk_thing_free(desk_thing *t)
{
	if (t == NULL)
		return;
	g_free(t->uid);
	g_free(t->kind);
	g_free(t->via);
	json_decref(t->doc);
	g_free(t);
}

/* The thing in the row that S stands on. */
static desk_thing *
take_row(db_stmt *s, GError **error)
{
	g_autoptr(desk_thing) t = g_new0(desk_thing, 1);

	t->tid = db_i64(s, 0);
	t->uid = g_strdup(db_text(s, 1));
	t->lid = db_i64(s, 2);
	t->kind = g_strdup(db_text(s, 3));
	t->via = g_strdup(db_text(s, 4));
	t->doc = json_read(db_text(s, 5), strlen(db_text(s, 5)), error);
	return t->doc != NULL ? g_steal_pointer(&t) : NULL;
}

gboolean
desk_thing_by_uid(desk *d, const char *uid, desk_thing **ret, GError **error)
{
	db_stmt *s = db_query(d->db, error,
			      "SELECT tid, uid, item, kind, via, doc FROM thing WHERE uid = ?", "s",
			      uid);
	int step = s != NULL ? db_next(d->db, s, error) : -1;

	if (step < 0)
		return FALSE;
	desk_thing *t = step == 1 ? take_row(s, error) : NULL;
	desk_done(s);
	if (step == 1 && t == NULL)
		return FALSE;
	*ret = t;
	return TRUE;
}

desk_thing *
desk_thing_by_id(desk *d, const char *id, GError **error)
{
	guint64 tid = 0;
	g_autoptr(desk_thing) t = NULL;

	if (id[0] != '\0' && u64_parse(id + 1, G_MAXINT64, &tid)) {
		db_stmt *s = db_query(
			d->db, error,
			"SELECT tid, uid, item, kind, via, doc FROM thing WHERE tid = ?", "u", tid);
		int step = s != NULL ? db_next(d->db, s, error) : -1;
		if (step < 0)
			return NULL;
		t = step == 1 ? take_row(s, error) : NULL;
		desk_done(s);
		if (step == 1 && t == NULL)
			return NULL;
	}
	if (t != NULL && letter_of(t->kind) == id[0])
		return g_steal_pointer(&t);
	fail_set(error, REASON_NO_ITEM,
		 "no comment, file or row \"%s\"; handsel desk show ITEM lists them", id);
	return NULL;
}

char *
desk_thing_id(const desk_thing *t)
{
	return g_strdup_printf("%c%" G_GINT64_FORMAT, letter_of(t->kind), t->tid);
}

GPtrArray *
desk_things_of(desk *d, gint64 lid, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)desk_thing_free);
	db_stmt *s = db_query(
		d->db, error,
		"SELECT tid, uid, item, kind, via, doc FROM thing WHERE item = ? ORDER BY tid", "i",
		lid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		desk_thing *t = take_row(s, error);
		if (t == NULL) {
			desk_done(s);
			return NULL;
		}
		g_ptr_array_add(all, t);
	}
	return step == 0 ? g_steal_pointer(&all) : NULL;
}

static gboolean
check_file(const json_t *map, GError **error)
{
	const char *name = json_str(map, "name");
	guint64 size = 0;

	if (name == NULL || !fsio_name_safe(name)) {
		fail_set(error, REASON_FILE_NAME, "\"%s\" is no safe file name",
			 name != NULL ? name : "");
		return FALSE;
	}
	if (!json_u64(map, "size", &size) || !desk_sha_valid(json_str(map, "sha256"))) {
		fail_set(error, REASON_BAD_VALUE, "file %s: its size or sha256 is malformed", name);
		return FALSE;
	}
	if (size > DESK_FILE_MAX) {
		fail_set(error, REASON_VALUE_TOO_LARGE, "file %s is too large for the desk", name);
		return FALSE;
	}
	return TRUE;
}

gboolean
desk_thing_check(const json_t *map, GError **error)
{
	const char *kind = json_str(map, "kind"), *field;
	json_t *v;
	gsize size = 0;

	if (letter_of(kind) == '\0') {
		fail_set(error, REASON_BAD_VALUE,
			 "a thing is a comment, a file or a row, not \"%s\"",
			 kind != NULL ? kind : "");
		return FALSE;
	}
	json_object_foreach ((json_t *)map, field, v) {
		if (!json_is_string(v) && strcmp(field, "size") != 0) {
			fail_set(error, REASON_BAD_VALUE, "%s: %s is no text", kind, field);
			return FALSE;
		}
		size += strlen(field) + json_string_length(v);
	}
	if (size > DESK_VALUE_MAX) {
		fail_set(error, REASON_VALUE_TOO_LARGE, "the %s has more than %d bytes", kind,
			 DESK_VALUE_MAX);
		return FALSE;
	}
	return strcmp(kind, "file") != 0 || check_file(map, error);
}

/* One row of history for a thing of LID, and a new seq for its item. */
static gboolean
note(desk *d, const desk_thing *t, const json_t *was, const json_t *now, GError **error)
{
	g_autofree char *id = desk_thing_id(t);
	g_autofree char *what = g_strdup_printf("%s %s", t->kind, id);

	return desk_history(d, t->lid, what, was, now, error) && desk_rec_touch(d, t->lid, error);
}

static gboolean
drop(desk *d, const desk_thing *t, GError **error)
{
	const char *sha = json_string_value(doc_value(t->doc, "sha256"));

	return db_run(d->db, error, "DELETE FROM thing WHERE tid = ?", "i", t->tid) &&
	       (sha == NULL || desk_file_doom(d, sha, error));
}

static gboolean
remove_thing(desk *d, const desk_thing *t, GError **error)
{
	g_autoptr(json_ref) was = doc_values(t->doc);

	return drop(d, t, error) && note(d, t, was, NULL, error);
}

/* The stamp that AT (see desk_thing_put) has for FIELD of DOC; caller frees. */
static char *
stamp_for(const json_t *at, const json_t *doc, const char *field)
{
	const char *given = json_is_object(at) ? json_str(at, field) : json_string_value(at);

	return given != NULL ? g_strdup(given) : doc_stamp_after(doc_at(doc, field));
}

static gboolean
put_field(json_t *doc, const char *field, json_t *v, const json_t *at)
{
	g_autofree char *stamp = stamp_for(at, doc, field);

	return doc_put(doc, field, v, stamp, NULL);
}

/* Makes DOC hold exactly MAP; FALSE if it did. */
static gboolean
merge_map(json_t *doc, const json_t *map, const json_t *at)
{
	g_autoptr(json_ref) was = doc_values(doc);
	gboolean changed = FALSE;
	const char *field;
	json_t *v;

	json_object_foreach (was, field, v)
		if (json_object_get(map, field) == NULL)
			changed |= put_field(doc, field, NULL, at);
	json_object_foreach ((json_t *)map, field, v)
		changed |= put_field(doc, field, v, at);
	return changed;
}

static gboolean
insert_thing(desk *d, desk_thing *t, const json_t *map, GError **error)
{
	g_autofree char *doc = json_text_unsorted(t->doc);

	if (!db_run(d->db, error,
		    "INSERT INTO thing(uid, item, kind, sha256, via, doc) VALUES(?, ?, ?, ?, ?, ?)",
		    "sissss", t->uid, t->lid, t->kind, json_str(map, "sha256"), d->via, doc))
		return FALSE;
	t->tid = db_last_id(d->db);
	return note(d, t, NULL, map, error);
}

static gboolean
update_thing(desk *d, desk_thing *t, const json_t *map, const json_t *at, GError **error)
{
	g_autoptr(json_ref) was = doc_values(t->doc);

	if (!merge_map(t->doc, map, at))
		return TRUE;

	const char *old_sha = json_str(was, "sha256"), *sha = json_str(map, "sha256");
	if (old_sha != NULL && g_strcmp0(old_sha, sha) != 0 && !desk_file_doom(d, old_sha, error))
		return FALSE;
	g_autofree char *doc = json_text_unsorted(t->doc);
	return db_run(d->db, error, "UPDATE thing SET sha256 = ?, via = ?, doc = ? WHERE tid = ?",
		      "sssi", sha, d->via, doc, t->tid) &&
	       note(d, t, was, map, error);
}

gboolean
desk_thing_put(desk *d, gint64 lid, const char *uid, const json_t *map, const json_t *at,
	       GError **error)
{
	g_autoptr(desk_thing) t = NULL;

	if (!desk_thing_by_uid(d, uid, &t, error))
		return FALSE;
	if (t != NULL && t->lid != lid) {
		fail_set(error, REASON_BAD_VALUE, "%s %s is of another item", t->kind, uid);
		return FALSE;
	}
	if (map == NULL || json_is_null(map))
		return t == NULL || remove_thing(d, t, error);
	if (!desk_thing_check(map, error))
		return FALSE;
	if (t != NULL && strcmp(t->kind, json_str(map, "kind")) != 0) {
		fail_set(error, REASON_BAD_VALUE, "%s %s cannot become a %s", t->kind, uid,
			 json_str(map, "kind"));
		return FALSE;
	}
	if (t != NULL)
		return update_thing(d, t, map, at, error);

	t = g_new0(desk_thing, 1);
	t->uid = g_strdup(uid);
	t->lid = lid;
	t->kind = g_strdup(json_str(map, "kind"));
	t->doc = json_object();
	merge_map(t->doc, map, at);
	return insert_thing(d, t, map, error);
}

gboolean
desk_thing_clear(desk *d, gint64 lid, GError **error)
{
	g_autoptr(GPtrArray) all = desk_things_of(d, lid, error);

	if (all == NULL)
		return FALSE;
	for (guint i = 0; i < all->len; i++)
		if (!drop(d, all->pdata[i], error))
			return FALSE;
	return TRUE;
}
