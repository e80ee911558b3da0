#include "adapter/desk_private.h"

#include "base/fail.h"
#include "base/u64.h"

#include <string.h>

static desk *
desk_of(adapter *a)
{
	return (desk *)a;
}

static adapter *
ad_open(const char *home, const char *user, GError **error)
{
	return (adapter *)desk_open(home, user, FALSE, error);
}

static void
ad_close(adapter *a)
{
	desk_close(desk_of(a));
}

static gboolean
ad_prepare(adapter *a, const contract *c, GPtrArray **ret_lacks, GError **error)
{
	return desk_prepare(desk_of(a), c, ret_lacks, error);
}

static gboolean
read_cursor(const char *cursor, guint64 *ret, GError **error)
{
	*ret = 0;
	if (cursor == NULL || u64_parse(cursor, G_MAXINT64, ret))
		return TRUE;
	fail_set(error, FAIL_BUG, "\"%s\" is no cursor of the desk", cursor);
	return FALSE;
}

/* A number that was never given out here: somebody put back an older desk. */
static gboolean
check_cursor(desk *d, guint64 from, GError **error)
{
	gint64 seq = 0;

	if (!db_get_i64(d->db, &seq, error, "SELECT seq FROM counter", ""))
		return FALSE;
	if (from <= (guint64)seq)
		return TRUE;
	fail_set(error, FAIL_CONFIG,
		 "the desk is at change %" G_GINT64_FORMAT ", but its change %" G_GUINT64_FORMAT
		 " was seen before: it is an old copy; put the newer desk back, or begin the link "
		 "anew (handsel rebase)",
		 seq, from);
	return FALSE;
}

static gboolean
ad_changes(adapter *a, const char *link, const char *cursor, guint limit, GPtrArray **ret_uids,
	   char **ret_cursor, GError **error)
{
	desk *d = desk_of(a);
	g_autoptr(GPtrArray) uids = g_ptr_array_new_with_free_func(g_free);
	guint64 from;

	if (!read_cursor(cursor, &from, error) || !check_cursor(d, from, error))
		return FALSE;
	db_stmt *s = db_query(d->db, error,
			      "SELECT uid, seq, seq_via IS NOT NULL AND seq_via IS ?3 AND "
			      "other_seq <= ?1 FROM item WHERE seq > ?1 UNION ALL "
			      "SELECT uid, seq, 0 FROM removed WHERE seq > ?1 ORDER BY 2 LIMIT ?2",
			      "uis", from, (gint64)limit, link);
	int step = s != NULL ? 1 : -1;
	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		if (db_i64(s, 2) == 0)
			g_ptr_array_add(uids, g_strdup(db_text(s, 0)));
		from = (guint64)db_i64(s, 1);
	}
	if (step < 0)
		return FALSE;
	*ret_uids = g_steal_pointer(&uids);
	*ret_cursor = g_strdup_printf("%" G_GUINT64_FORMAT, from);
	return TRUE;
}

static gboolean
put_relations(desk *d, item *it, GError **error)
{
	db_stmt *s = db_query(d->db, error, "SELECT type, b, at, via FROM relation WHERE a = ?",
			      "s", it->uid);
	int step = s != NULL ? 1 : -1;

	while (step == 1 && (step = db_next(d->db, s, error)) == 1) {
		g_autofree char *reg = item_relation_reg(db_text(s, 0), it->uid, db_text(s, 1));
		item_put(it, reg, json_true(), db_text(s, 2));
		json_put(json_object_get(it->regs, reg), "via", db_text(s, 3));
	}
	return step == 0;
}

static gboolean
put_things(desk *d, gint64 lid, item *it, GError **error)
{
	g_autoptr(GPtrArray) all = desk_things_of(d, lid, error);

	if (all == NULL)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const desk_thing *t = all->pdata[i];
		g_autofree char *reg = item_thing_reg(t->uid);
		json_t *entry = json_object();
		json_object_set_new(entry, "v", doc_values(t->doc));
		json_object_set_new(entry, "at", doc_stamps(t->doc));
		json_put(entry, "via", t->via);
		json_object_set_new(it->regs, reg, entry);
	}
	return TRUE;
}

static void
put_parent(item *it, const desk_rec *r)
{
	item_put(it, ITEM_PARENT, r->parent != NULL ? json_string(r->parent) : json_null(),
		 r->parent_at);
	json_put(json_object_get(it->regs, ITEM_PARENT), "via", r->parent_via);
}

static item *
item_of(desk *d, const desk_rec *r, GError **error)
{
	g_autofree char *id = desk_rec_id(r);
	g_autoptr(item) it = item_new(r->uid, id, r->kind);
	const char *field;
	json_t *entry;

	it->by = g_strdup(r->by);
	it->via = g_strdup(r->via);
	it->mark = desk_mark(r->seq);
	/* What was emptied is null: when, and by which link. */
	json_object_foreach (r->doc, field, entry)
		json_object_set(it->regs, field, entry);
	if (r->parent_at != NULL)
		put_parent(it, r);
	if (!put_relations(d, it, error) || !put_things(d, r->lid, it, error))
		return NULL;
	return g_steal_pointer(&it);
}

static gboolean
read_item(desk *d, const char *uid, item **ret, GError **error)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk_rec) r = desk_rec_by_uid(d, uid, &e);

	if (r == NULL && !fail_is(e, REASON_NO_ITEM)) {
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	item *it = r != NULL ? item_of(d, r, error) : NULL;
	if (r != NULL && it == NULL)
		return FALSE;
	*ret = it;
	return TRUE;
}

static gboolean
ad_get(adapter *a, const char *uid, item **ret, GError **error)
{
	desk *d = desk_of(a);

	if (!desk_look(d, error))
		return FALSE;
	gboolean ok = read_item(d, uid, ret, error);
	desk_looked(d);
	return ok;
}

static gboolean
ad_exists(adapter *a, const char *uid, gboolean *ret, GError **error)
{
	gint64 lid = desk_lid(desk_of(a), uid, error);

	*ret = lid > 0;
	return lid >= 0;
}

static char *
ad_find(adapter *a, const char *id, GError **error)
{
	g_autoptr(desk_rec) r = desk_rec_by_id(desk_of(a), id, error);

	return r != NULL ? g_steal_pointer(&r->uid) : NULL;
}

static char *
ad_id_of(adapter *a, const char *uid)
{
	gint64 lid = desk_lid(desk_of(a), uid, NULL);

	return lid > 0 ? g_strdup_printf("%" G_GINT64_FORMAT, lid) : NULL;
}

static gboolean
ad_count(adapter *a, const char *field, const char *value, guint64 *ret, GError **error)
{
	return desk_count(desk_of(a), field, value, ret, error);
}

static gboolean
ad_begin(adapter *a, GError **error)
{
	return desk_begin(desk_of(a), error);
}

static gboolean
ad_commit(adapter *a, GError **error)
{
	return desk_commit(desk_of(a), error);
}

static void
ad_rollback(adapter *a)
{
	desk_rollback(desk_of(a));
}

static json_t *
ad_apply(adapter *a, const char *link, const char *token, const json_t *plan,
	 adapter_content *content, gpointer data, GError **error)
{
	return desk_apply(desk_of(a), link, token, plan, content, data, error);
}

static gboolean
ad_applied(adapter *a, const char *link, const char *token, json_t **ret, GError **error)
{
	return desk_applied(desk_of(a), link, token, ret, error);
}

static int
ad_open_file(adapter *a, const char *sha256, guint64 *ret_size, GError **error)
{
	return desk_file_open(desk_of(a), sha256, ret_size, error);
}

/* All that is written goes there first; what then happens to desk.db is no change. */
static const char *const files[] = {"desk.db-wal", NULL};

const adapter_ops adapter_desk = {
	.name = "desk",
	.files = files,
	.open = ad_open,
	.close = ad_close,
	.prepare = ad_prepare,
	.changes = ad_changes,
	.get = ad_get,
	.exists = ad_exists,
	.find = ad_find,
	.id_of = ad_id_of,
	.count = ad_count,
	.begin = ad_begin,
	.commit = ad_commit,
	.rollback = ad_rollback,
	.apply = ad_apply,
	.applied = ad_applied,
	.open_file = ad_open_file,
};
