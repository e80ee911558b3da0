#include "store/store.h"
#include "store/store_private.h"

void
store_event_free(store_event *e)
{
	if (e == NULL)
		return;
	g_free(e->what);
	g_free(e->uid);
	g_free(e->item);
	g_free(e->envelope);
	g_free(e->text);
	g_free(e);
}

static store_event *
read_event(db_stmt *q)
{
	store_event *e = g_new0(store_event, 1);

	e->number = (guint64)db_i64(q, 0);
	e->at = db_i64(q, 1);
	e->what = g_strdup(db_text(q, 2));
	e->uid = g_strdup(db_text(q, 3));
	e->envelope = g_strdup(db_text(q, 4));
	e->text = g_strdup(db_text(q, 5));
	e->item = g_strdup(db_text(q, 6));
	return e;
}

#define COLUMNS                                                                                    \
	"SELECT n.id, n.at, n.what, n.uid, n.envelope, n.text, i.id FROM note n"                   \
	" LEFT JOIN item i ON i.uid = n.uid WHERE n.id > ? AND n.at >= ? AND n.at < ?"

GPtrArray *
store_events(store *s, guint64 after, gint64 since, gint64 until, const char *uid, guint limit,
	     GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)store_event_free);
	db_stmt *q =
		uid == NULL ? db_query(s->db, error, COLUMNS " ORDER BY n.id LIMIT ?", "uiiu",
				       after, since, until, (guint64)limit)
			    : db_query(s->db, error, COLUMNS " AND n.uid = ? ORDER BY n.id LIMIT ?",
				       "uiisu", after, since, until, uid, (guint64)limit);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, read_event(q));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

GPtrArray *
store_event_kinds(store *s, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	db_stmt *q = db_query(s->db, error,
			      "SELECT DISTINCT what FROM note ORDER BY what LIMIT 100", "");
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, g_strdup(db_text(q, 0)));
	return more < 0 ? NULL : g_steal_pointer(&all);
}
