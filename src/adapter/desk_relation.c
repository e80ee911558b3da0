#include "adapter/desk_private.h"

#include "base/fail.h"

#include <string.h>

int
desk_relation_has(desk *d, const char *type, const char *a, const char *b, GError **error)
{
	gint64 n = 0;

	if (!db_get_i64(d->db, &n, error,
			"SELECT 1 FROM relation WHERE a = ? AND type = ? AND b = ?", "sss", a, type,
			b))
		return -1;
	return n != 0;
}

/* TYPE of item A to item B came or went: history and a new seq for A. */
static gboolean
note(desk *d, gint64 a, gint64 b, const char *type, gboolean on, GError **error)
{
	g_autoptr(json_ref) other = json_sprintf("%" G_GINT64_FORMAT, b);

	return desk_history(d, a, type, on ? NULL : other, on ? other : NULL, error) &&
	       desk_rec_touch(d, a, error);
}

static gboolean
put(desk *d, const desk_rec *r, const char *type, const char *b, gboolean on, const char *at,
    GError **error)
{
	int has = desk_relation_has(d, type, r->uid, b, error);

	if (has < 0 || (has != 0) == on)
		return has >= 0;

	gint64 other = desk_lid(d, b, error);
	if (other == 0)
		fail_set(error, REASON_NO_ITEM, "%s relates to item %s, which is not here", type,
			 b);
	if (other <= 0)
		return FALSE;
	gboolean ok =
		on ? db_run(d->db, error,
			    "INSERT INTO relation(type, a, b, at, via) VALUES(?, ?, ?, ?, ?)",
			    "sssss", type, r->uid, b, at, d->via)
		   : db_run(d->db, error, "DELETE FROM relation WHERE a = ? AND type = ? AND b = ?",
			    "sss", r->uid, type, b);
	return ok && note(d, r->lid, other, type, on, error);
}

gboolean
desk_relation_put(desk *d, const desk_rec *r, const char *reg, gboolean on, const char *at,
		  GError **error)
{
	g_autofree char *type = NULL, *a = NULL, *b = NULL;

	if (!item_relation_parts(reg, &type, &a, &b) || strcmp(a, r->uid) != 0) {
		fail_set(error, REASON_BAD_VALUE, "\"%s\" is no relation of item %s", reg, r->uid);
		return FALSE;
	}
	return put(d, r, type, b, on, at, error);
}

gboolean
desk_relation_clear(desk *d, const desk_rec *r, GError **error)
{
	g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) firsts = g_array_new(FALSE, FALSE, sizeof(gint64));
	db_stmt *s = db_query(d->db, error,
			      "SELECT r.type, i.lid FROM relation r JOIN item i ON i.uid = r.a "
			      "WHERE r.b = ? ORDER BY i.lid",
			      "s", r->uid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		gint64 lid = db_i64(s, 1);
		g_ptr_array_add(types, g_strdup(db_text(s, 0)));
		g_array_append_val(firsts, lid);
	}
	if (step < 0)
		return FALSE;
	for (guint i = 0; i < types->len; i++)
		if (!note(d, g_array_index(firsts, gint64, i), r->lid, types->pdata[i], FALSE,
			  error))
			return FALSE;
	return db_run(d->db, error, "DELETE FROM relation WHERE a = ?1 OR b = ?1", "s", r->uid);
}
