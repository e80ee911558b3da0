#include "base/clock.h"
#include "store/store_private.h"

static const char *const state_names[] = {
	[OUT_SEALED] = "sealed",
	[OUT_CARRIED] = "carried",
	[OUT_STORED] = "stored",
	[OUT_DONE] = "done",
};

const char *
out_state_name(out_state state)
{
	return state_names[state];
}

/* Where each counter lies in store_numbers, so that loading and saving can't disagree. */
static const struct {
	const char *key;
	gsize offset;
} counters[] = {
	{"last", G_STRUCT_OFFSET(store_numbers, last)},
	{"serial", G_STRUCT_OFFSET(store_numbers, serial)},
	{"heard", G_STRUCT_OFFSET(store_numbers, heard)},
	{"p_stored", G_STRUCT_OFFSET(store_numbers, p_stored)},
	{"p_done", G_STRUCT_OFFSET(store_numbers, p_done)},
	{"settled", G_STRUCT_OFFSET(store_numbers, settled)},
	{"stored", G_STRUCT_OFFSET(store_numbers, stored)},
	{"done", G_STRUCT_OFFSET(store_numbers, done)},
	{"ack_at", G_STRUCT_OFFSET(store_numbers, ack_at)},
	{"last_in", G_STRUCT_OFFSET(store_numbers, last_in)},
	{"last_out", G_STRUCT_OFFSET(store_numbers, last_out)},
};

static const struct {
	const char *key;
	gsize offset;
} names[] = {
	{"last_hash", G_STRUCT_OFFSET(store_numbers, last_hash)},
	{"done_hash", G_STRUCT_OFFSET(store_numbers, done_hash)},
	{"epoch", G_STRUCT_OFFSET(store_numbers, epoch)},
	{"with", G_STRUCT_OFFSET(store_numbers, with)},
};

/* One document: the numbers belong together and are written together. */
gboolean
store_load_numbers(store *s, store_numbers *ret, GError **error)
{
	g_autofree char *text = store_get(s, "numbers");
	g_autoptr(json_ref) doc = NULL;

	*ret = (store_numbers){0};
	if (text == NULL)
		return TRUE;
	doc = json_read(text, strlen(text), error);
	if (doc == NULL)
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
		G_STRUCT_MEMBER(gint64, ret, counters[i].offset) =
			json_num(doc, counters[i].key, 0);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		G_STRUCT_MEMBER(char *, ret, names[i].offset) =
			g_strdup(json_str(doc, names[i].key));
	ret->ack_due = json_flag(doc, "ack_due");
	return TRUE;
}

gboolean
store_save_numbers(store *s, const store_numbers *n, GError **error)
{
	g_autoptr(json_ref) doc = json_object();

	for (guint i = 0; i < G_N_ELEMENTS(counters); i++)
		json_object_set_new(doc, counters[i].key,
				    json_integer(G_STRUCT_MEMBER(gint64, n, counters[i].offset)));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		json_put(doc, names[i].key, G_STRUCT_MEMBER(char *, n, names[i].offset));
	json_object_set_new(doc, "ack_due", json_boolean(n->ack_due));
	g_autofree char *text = json_text(doc);
	return store_put(s, "numbers", text, error);
}

void
store_numbers_clear(store_numbers *n)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_free(G_STRUCT_MEMBER(char *, n, names[i].offset));
	*n = (store_numbers){0};
}

/* ---- outgoing ---- */

gboolean
store_add_outgoing(store *s, const store_outgoing *o, GError **error)
{
	return db_run(s->db, error, "INSERT INTO outgoing VALUES(?,?,?,?,?,?,?,?,?,?,?)",
		      "usssuuiiiui", o->number, o->kind, o->hash, o->file, o->size, o->changes,
		      o->made, o->carried, o->next, (guint64)o->tries, (gint64)o->state);
}

gboolean
store_save_outgoing(store *s, const store_outgoing *o, GError **error)
{
	return db_run(s->db, error,
		      "UPDATE outgoing SET kind = ?, file = ?, size = ?, changes = ?, carried = ?, "
		      "next = ?,"
		      " tries = ?, state = ? WHERE number = ?",
		      "ssuuiiuiu", o->kind, o->file, o->size, o->changes, o->carried, o->next,
		      (guint64)o->tries, (gint64)o->state, o->number);
}

static store_outgoing *
read_outgoing(db_stmt *q)
{
	store_outgoing *o = g_new0(store_outgoing, 1);

	o->number = (guint64)db_i64(q, 0);
	o->kind = g_strdup(db_text(q, 1));
	o->hash = g_strdup(db_text(q, 2));
	o->file = g_strdup(db_text(q, 3));
	o->size = (guint64)db_i64(q, 4);
	o->changes = (guint64)db_i64(q, 5);
	o->made = db_i64(q, 6);
	o->carried = db_i64(q, 7);
	o->next = db_i64(q, 8);
	o->tries = (guint)db_i64(q, 9);
	o->state = (out_state)db_i64(q, 10);
	return o;
}

void
store_outgoing_free(store_outgoing *o)
{
	if (o == NULL)
		return;
	g_free(o->kind);
	g_free(o->hash);
	g_free(o->file);
	g_free(o);
}

GPtrArray *
store_outgoings(store *s, guint64 first, out_state most, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_outgoing_free);
	db_stmt *q = db_query(
		s->db, error,
		most < OUT_DONE
			? "SELECT * FROM outgoing WHERE number >= ? AND state <= ? AND state < 3 "
			  "ORDER BY number"
			: "SELECT * FROM outgoing WHERE number >= ? AND state <= ? ORDER BY number",
		"ui", first, (gint64)most);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, read_outgoing(q));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

store_outgoing *
store_find_outgoing(store *s, guint64 number, GError **error)
{
	db_stmt *q = db_query(s->db, error, "SELECT * FROM outgoing WHERE number = ?", "u", number);

	return q != NULL && db_next(s->db, q, error) == 1 ? read_outgoing(q) : NULL;
}

gboolean
store_unsettled(store *s, guint64 settled, guint64 *ret_count, guint64 *ret_bytes, GError **error)
{
	db_stmt *q = db_query(s->db, error,
			      "SELECT count(*), coalesce(sum(size), 0) FROM outgoing"
			      " WHERE number > ? AND kind = 'changes' AND changes > 0",
			      "u", settled);

	if (q == NULL || db_next(s->db, q, error) != 1)
		return FALSE;
	*ret_count = (guint64)db_i64(q, 0);
	*ret_bytes = (guint64)db_i64(q, 1);
	return TRUE;
}

gboolean
store_add_sent(store *s, guint64 number, const char *uid, guint64 gen, guint64 own, GError **error)
{
	return db_run(s->db, error, "INSERT OR IGNORE INTO sent VALUES(?,?,?,?)", "usuu", number,
		      uid, gen, own);
}

typedef struct {
	char *uid;
	guint64 gen, own;
} sent_row;

static void
sent_row_free(gpointer p)
{
	g_free(((sent_row *)p)->uid);
	g_free(p);
}

gboolean
store_take_sent(store *s, guint64 upto, store_each_sent *each, gpointer data, GError **error)
{
	/* Read out first: EACH writes through the same database. */
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(sent_row_free);
	db_stmt *q =
		db_query(s->db, error,
			 "SELECT uid, gen, max(own) FROM sent WHERE number <= ? GROUP BY uid, gen",
			 "u", upto);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1) {
		sent_row *row = g_new(sent_row, 1);

		*row = (sent_row){g_strdup(db_text(q, 0)), (guint64)db_i64(q, 1),
				  (guint64)db_i64(q, 2)};
		g_ptr_array_add(rows, row);
	}
	if (more < 0)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		sent_row *row = rows->pdata[i];

		if (!each(row->uid, row->gen, row->own, data, error))
			return FALSE;
	}
	return db_run(s->db, error, "DELETE FROM sent WHERE number <= ?", "u", upto);
}

static GPtrArray *
texts(store *s, db_stmt *q, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, g_strdup(db_text(q, 0)));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

GPtrArray *
store_sent_uids(store *s, guint64 number, GError **error)
{
	return texts(s,
		     db_query(s->db, error, "SELECT DISTINCT uid FROM sent WHERE number = ?", "u",
			      number),
		     error);
}

/* ---- incoming ---- */

gboolean
store_add_incoming(store *s, const store_incoming *i, GError **error)
{
	return db_run(s->db, error, "INSERT INTO incoming VALUES(?,?,?,?,?,?,?,?,?,?)",
		      "usssssuuui", i->number, i->kind, i->hash, i->prev, i->file, i->signer,
		      i->size, i->changes, i->line, i->taken);
}

gboolean
store_set_line(store *s, guint64 number, guint64 line, GError **error)
{
	return db_run(s->db, error, "UPDATE incoming SET line = ? WHERE number = ?", "uu", line,
		      number);
}

static store_incoming *
read_incoming(db_stmt *q)
{
	store_incoming *i = g_new0(store_incoming, 1);

	i->number = (guint64)db_i64(q, 0);
	i->kind = g_strdup(db_text(q, 1));
	i->hash = g_strdup(db_text(q, 2));
	i->prev = g_strdup(db_text(q, 3));
	i->file = g_strdup(db_text(q, 4));
	i->signer = g_strdup(db_text(q, 5));
	i->size = (guint64)db_i64(q, 6);
	i->changes = (guint64)db_i64(q, 7);
	i->line = (guint64)db_i64(q, 8);
	i->taken = db_i64(q, 9);
	return i;
}

void
store_incoming_free(store_incoming *i)
{
	if (i == NULL)
		return;
	g_free(i->kind);
	g_free(i->hash);
	g_free(i->prev);
	g_free(i->file);
	g_free(i->signer);
	g_free(i);
}

store_incoming *
store_find_incoming(store *s, guint64 number, GError **error)
{
	db_stmt *q = db_query(s->db, error, "SELECT * FROM incoming WHERE number = ?", "u", number);

	return q != NULL && db_next(s->db, q, error) == 1 ? read_incoming(q) : NULL;
}

gboolean
store_trim_numbers(store *s, guint64 settled, guint64 done, guint64 keep, GError **error)
{
	guint64 mine = settled > keep ? settled - keep : 0, theirs = done > keep ? done - keep : 0;

	return db_run(s->db, error,
		      "DELETE FROM outgoing WHERE number > 1 AND number <= ? AND state = ?", "ui",
		      mine, (gint64)OUT_DONE) &&
	       db_run(s->db, error, "DELETE FROM incoming WHERE number > 1 AND number <= ?", "u",
		      theirs);
}

gboolean
store_has_incoming(store *s, guint64 number)
{
	gint64 n = 0;

	return db_get_i64(s->db, &n, NULL, "SELECT 1 FROM incoming WHERE number = ?", "u",
			  number) &&
	       n == 1;
}

GPtrArray *
store_incomings(store *s, guint64 first, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)store_incoming_free);
	db_stmt *q =
		db_query(s->db, error, "SELECT * FROM incoming WHERE number >= ? ORDER BY number",
			 "u", first);
	int more = -1;

	while (q != NULL && (more = db_next(s->db, q, error)) == 1)
		g_ptr_array_add(all, read_incoming(q));
	return more < 0 ? NULL : g_steal_pointer(&all);
}

gboolean
store_add_ack(store *s, guint64 done, guint64 at, GError **error)
{
	return db_run(s->db, error, "INSERT INTO ack(at, done) VALUES(?,?)", "uu", at, done);
}

gboolean
store_take_acks(store *s, guint64 processed, guint64 *ret_done, GError **error)
{
	gint64 done = 0;

	if (!db_get_i64(s->db, &done, error, "SELECT coalesce(max(done), 0) FROM ack WHERE at <= ?",
			"u", processed) ||
	    !db_run(s->db, error, "DELETE FROM ack WHERE at <= ?", "u", processed))
		return FALSE;
	*ret_done = (guint64)done;
	return TRUE;
}
