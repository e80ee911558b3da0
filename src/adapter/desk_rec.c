#include "adapter/desk_private.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/rand.h"
#include "base/u64.h"

#include <string.h>

desk_rec *
desk_rec_new(const char *uid, const char *kind)
{
	desk_rec *r = g_new0(desk_rec, 1);

	r->uid = g_strdup(uid);
	r->kind = g_strdup(kind);
	r->doc = json_object();
	r->dirty = TRUE;
	return r;
}

void
desk_rec_free(desk_rec *r)
{
	if (r == NULL)
		return;
	g_free(r->uid);
	g_free(r->kind);
	g_free(r->parent);
	g_free(r->parent_at);
	g_free(r->parent_via);
	g_free(r->via);
	g_free(r->by);
	json_decref(r->doc);
	g_free(r);
}

/* The item in the row that S stands on; lets go of S. */
static desk_rec *
take_row(db_stmt *s, GError **error)
{
	g_autoptr(desk_rec) r = g_new0(desk_rec, 1);

	r->lid = db_i64(s, 0);
	r->uid = g_strdup(db_text(s, 1));
	r->kind = g_strdup(db_text(s, 2));
	r->parent = g_strdup(db_text(s, 3));
	r->parent_at = g_strdup(db_text(s, 4));
	r->parent_via = g_strdup(db_text(s, 5));
	r->via = g_strdup(db_text(s, 6));
	r->by = g_strdup(db_text(s, 7));
	r->doc = json_read(db_text(s, 8), strlen(db_text(s, 8)), error);
	r->seq = db_i64(s, 9);
	desk_done(s);
	return r->doc != NULL ? g_steal_pointer(&r) : NULL;
}

desk_rec *
desk_rec_by_uid(desk *d, const char *uid, GError **error)
{
	db_stmt *s =
		db_query(d->db, error,
			 "SELECT lid, uid, kind, parent, parent_at, parent_via, via, who, doc, seq "
			 "FROM item "
			 "WHERE uid = ?",
			 "s", uid);
	int step = s != NULL ? db_next(d->db, s, error) : -1;

	if (step == 1)
		return take_row(s, error);
	if (step == 0)
		fail_set(error, REASON_NO_ITEM, "no item %s here", uid);
	return NULL;
}

desk_rec *
desk_rec_by_id(desk *d, const char *id, GError **error)
{
	guint64 lid;

	if (!u64_parse(id, G_MAXINT64, &lid)) {
		if (rand_id_valid(id))
			return desk_rec_by_uid(d, id, error);
		fail_set(error, REASON_NO_ITEM,
			 "no item \"%s\"; items of the desk are called 1, 2, 3 ...", id);
		return NULL;
	}

	db_stmt *s =
		db_query(d->db, error,
			 "SELECT lid, uid, kind, parent, parent_at, parent_via, via, who, doc, seq "
			 "FROM item "
			 "WHERE lid = ?",
			 "u", lid);
	int step = s != NULL ? db_next(d->db, s, error) : -1;
	if (step == 1)
		return take_row(s, error);
	if (step == 0)
		fail_set(error, REASON_NO_ITEM, "no item %s", id);
	return NULL;
}

char *
desk_mark(gint64 seq)
{
	return g_strdup_printf("%" G_GINT64_FORMAT, seq);
}

char *
desk_rec_id(const desk_rec *r)
{
	return g_strdup_printf("%" G_GINT64_FORMAT, r->lid);
}

gint64
desk_lid(desk *d, const char *uid, GError **error)
{
	gint64 lid = 0;

	if (!db_get_i64(d->db, &lid, error, "SELECT lid FROM item WHERE uid = ?", "s", uid))
		return -1;
	return lid;
}

gboolean
desk_rec_put(desk *d, desk_rec *r, const char *field, json_t *v, const char *at, desk_learn learn,
	     GError **error)
{
	json_t *was = doc_value(r->doc, field);
	g_autoptr(json_ref) old_value = was != NULL ? json_incref(was) : NULL;

	if (!doc_put(r->doc, field, v, at, d->via))
		return TRUE;
	r->dirty = TRUE;
	/* A value that is there already need not be known. */
	if (!desk_field_admit(d, field, v, learn, error))
		return FALSE;
	/* What an item was made with is no change of it. */
	return r->lid == 0 || desk_history(d, r->lid, field, old_value, v, error);
}

/* Would R lie below itself under PARENT? */
static gboolean
makes_cycle(desk *d, const desk_rec *r, const char *parent, gboolean *ret, GError **error)
{
	gint64 found = 0;

	if (!db_get_i64(d->db, &found, error,
			"WITH RECURSIVE up(uid) AS (VALUES(?1) UNION SELECT i.parent FROM up "
			"JOIN item i ON i.uid = up.uid WHERE i.parent IS NOT NULL) "
			"SELECT 1 FROM up WHERE uid = ?2",
			"ss", parent, r->uid))
		return FALSE;
	*ret = found != 0;
	return TRUE;
}

static gboolean
check_parent(desk *d, const desk_rec *r, const char *parent, GError **error)
{
	gboolean cycle = FALSE;

	if (!makes_cycle(d, r, parent, &cycle, error))
		return FALSE;
	if (cycle) {
		fail_set(error, REASON_PARENT_CYCLE, "item %s would lie below itself", r->uid);
		return FALSE;
	}
	gint64 lid = desk_lid(d, parent, error);
	if (lid == 0)
		fail_set(error, REASON_NO_PARENT, "the parent %s is not here", parent);
	return lid > 0;
}

/* The id of item UID as a JSON string, for the history; NULL for none. */
static json_t *
id_json(desk *d, const char *uid)
{
	gint64 lid = uid != NULL ? desk_lid(d, uid, NULL) : 0;

	return lid > 0 ? json_sprintf("%" G_GINT64_FORMAT, lid) : NULL;
}

gboolean
desk_rec_parent(desk *d, desk_rec *r, const char *parent, const char *at, GError **error)
{
	if (g_strcmp0(parent, r->parent) == 0)
		return TRUE;
	if (parent != NULL && !check_parent(d, r, parent, error))
		return FALSE;

	g_autoptr(json_ref) was = id_json(d, r->parent), now = id_json(d, parent);
	g_free(r->parent);
	r->parent = g_strdup(parent);
	g_free(r->parent_at);
	r->parent_at = g_strdup(at);
	g_free(r->parent_via);
	r->parent_via = g_strdup(d->via);
	r->dirty = TRUE;
	return r->lid == 0 || desk_history(d, r->lid, ITEM_PARENT, was, now, error);
}

static gboolean
next_seq(desk *d, GError **error)
{
	return db_run(d->db, error, "UPDATE counter SET seq = seq + 1", "");
}

/* Who changes item UID: a plan's link its own item only; what happens to others by it is news to
 * the link. */
static const char *
seq_via(const desk *d, const char *uid)
{
	return g_strcmp0(d->via_uid, uid) == 0 ? d->via : NULL;
}

#define STAMP                                                                                      \
	"who = ?1, other_seq = CASE WHEN seq_via IS ?2 THEN other_seq ELSE seq END, "              \
	"seq_via = ?2, seq = (SELECT seq FROM counter)"

/* A new item; one that was here before gets its old id again. */
static gboolean
insert_rec(desk *d, desk_rec *r, const char *key, const char *doc, GError **error)
{
	if (!db_run(d->db, error,
		    "INSERT INTO item(lid, uid, kind, ikey, parent, parent_at, parent_via, via, "
		    "who, "
		    "seq_via, seq, doc) VALUES((SELECT lid FROM removed WHERE uid = ?1), ?1, ?2, "
		    "?3, ?4, "
		    "?5, ?6, ?7, ?8, ?9, (SELECT seq FROM counter), ?10)",
		    "ssssssssss", r->uid, r->kind, key, r->parent, r->parent_at, r->parent_via,
		    d->via, d->user, seq_via(d, r->uid), doc))
		return FALSE;
	r->lid = db_last_id(d->db);
	return db_run(d->db, error, "DELETE FROM removed WHERE uid = ?", "s", r->uid) &&
	       desk_history(d, r->lid, "created", NULL, NULL, error);
}

static gboolean
update_rec(desk *d, desk_rec *r, const char *key, const char *doc, GError **error)
{
	return db_run(d->db, error,
		      "UPDATE item SET " STAMP ", ikey = ?3, parent = ?4, parent_at = ?5, "
		      "parent_via = ?6, doc = ?7 WHERE lid = ?8",
		      "sssssssi", d->user, seq_via(d, r->uid), key, r->parent, r->parent_at,
		      r->parent_via, doc, r->lid);
}

gboolean
desk_rec_save(desk *d, desk_rec *r, GError **error)
{
	if (!r->dirty)
		return TRUE;

	const char *key = json_string_value(doc_value(r->doc, "key"));
	g_autofree char *doc = json_text_unsorted(r->doc);
	if (!next_seq(d, error))
		return FALSE;
	gboolean ok =
		r->lid == 0 ? insert_rec(d, r, key, doc, error) : update_rec(d, r, key, doc, error);
	r->dirty = !ok;
	return ok;
}

gboolean
desk_rec_touch(desk *d, gint64 lid, GError **error)
{
	gint64 own = 0;

	if (d->via_uid != NULL && (own = desk_lid(d, d->via_uid, error)) < 0)
		return FALSE;
	return next_seq(d, error) &&
	       db_run(d->db, error, "UPDATE item SET " STAMP " WHERE lid = ?3", "ssi", d->user,
		      own == lid ? d->via : NULL, lid);
}

static GPtrArray *
children_of(desk *d, const char *uid, GError **error)
{
	g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(g_free);
	db_stmt *s = db_query(d->db, error, "SELECT uid FROM item WHERE parent = ? ORDER BY lid",
			      "s", uid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1)
		g_ptr_array_add(children, g_strdup(db_text(s, 0)));
	return step == 0 ? g_steal_pointer(&children) : NULL;
}

static gboolean
orphan_children(desk *d, const desk_rec *r, GError **error)
{
	g_autoptr(GPtrArray) children = children_of(d, r->uid, error);

	if (children == NULL)
		return FALSE;
	for (guint i = 0; i < children->len; i++) {
		g_autoptr(desk_rec) child = desk_rec_by_uid(d, children->pdata[i], error);
		if (child == NULL)
			return FALSE;
		g_autofree char *at = doc_stamp_after(child->parent_at);
		if (!desk_rec_parent(d, child, NULL, at, error) || !desk_rec_save(d, child, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
desk_rec_delete(desk *d, desk_rec *r, GError **error)
{
	return orphan_children(d, r, error) && desk_relation_clear(d, r, error) &&
	       desk_thing_clear(d, r->lid, error) &&
	       desk_history(d, r->lid, "deleted", doc_value(r->doc, "title"), NULL, error) &&
	       next_seq(d, error) &&
	       db_run(d->db, error, "DELETE FROM item WHERE lid = ?", "i", r->lid) &&
	       db_run(d->db, error,
		      "INSERT INTO removed(uid, lid, seq) VALUES(?, ?, (SELECT seq FROM counter))",
		      "si", r->uid, r->lid);
}
