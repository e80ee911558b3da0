#include "gateway/report.h"

#include "gateway/inspect.h"
#include "gateway/look.h"
#include "gateway/private.h"
#include "gateway/rows.h"
#include "spool/quarantine.h"

/* ---- foreign files ---- */

static gboolean
list_foreign(gateway *g, json_t **ret, GError **error)
{
	g_autoptr(GError) inner = NULL;
	GPtrArray *names = g->channel_ops->foreign(g->channel, &inner);

	/* A folder that is away has nothing to show, and status tells that it is. */
	if (names == NULL && fail_class(inner) != FAIL_RETRY) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	*ret = json_array();
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_auto(GStrv) parts = g_strsplit(names->pdata[i], "\t", 2);
		json_t *one = json_object();

		look_put(one, "file", parts[0]);
		look_put(one, "reason", parts[0] == NULL ? NULL : parts[1]);
		json_array_append_new(*ret, one);
	}
	return TRUE;
}

/* ---- of one direction, of one item ---- */

static gboolean
note_envelope(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	      gpointer data)
{
	(void)at;
	(void)what;
	(void)uid;
	(void)text;
	if (envelope != NULL)
		g_hash_table_add(data, g_strdup(envelope));
	return TRUE;
}

/* Ids of the envelopes that the log of ITEM names; caller frees. */
static GHashTable *
envelopes_of(gateway *g, const char *item, GError **error)
{
	g_autofree char *uid = look_uid(g, item, error);
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (uid == NULL || !store_notes(g->store, uid, 0, note_envelope, ids, error))
		return NULL;
	return g_steal_pointer(&ids);
}

/* Has nobody looked at the lines of ONE yet?  Those in quarantine never were. */
static gboolean
is_unread(gateway *g, const json_t *one)
{
	const char *where = json_str(one, "where");
	guint64 number;
	char role;

	if (g_strcmp0(where, spool_dir_name(SPOOL_QUARANTINE)) == 0)
		return TRUE;
	return g_strcmp0(where, spool_dir_name(SPOOL_INBOX)) == 0 &&
	       name_parse_id(json_str(one, "id"), &role, &number) && number > g->n.done;
}

/* Those of ALL that FILTER lets pass; IDS are those of its item. */
static json_t *
pick(gateway *g, json_t *all, const report_filter *filter, GHashTable *ids, guint *ret_unread)
{
	json_t *ret = json_array(), *one;
	gsize i;

	*ret_unread = 0;
	json_array_foreach (all, i, one) {
		const char *id = json_str(one, "id");

		if (filter->direction != NULL &&
		    g_strcmp0(json_str(one, "direction"), filter->direction) != 0)
			continue;
		if (ids != NULL && is_unread(g, one))
			*ret_unread += 1;
		else if (ids == NULL || (id != NULL && g_hash_table_contains(ids, id)))
			json_array_append(ret, one);
	}
	return ret;
}

json_t *
report_spool(gateway *g, const report_filter *filter, json_t **ret_foreign, guint *ret_unread,
	     GError **error)
{
	g_autoptr(GHashTable) ids = NULL;
	g_auto(rows) r = {0};

	rows_init(&r, g);
	if (filter->item != NULL && (ids = envelopes_of(g, filter->item, error)) == NULL)
		return NULL;
	if (!rows_outbox(&r, error) || !rows_quarantine(&r, error) || !rows_stored(&r, error) ||
	    !rows_parts(&r, error) || (filter->all && !rows_archive(&r, error)) ||
	    (ret_foreign != NULL && !list_foreign(g, ret_foreign, error)))
		return NULL;
	return pick(g, r.all, filter, ids, ret_unread);
}

/* ---- one of them ---- */

/* What quarantine knows of the envelope; NOTE is NULL for one that lies elsewhere. */
static void
add_note(json_t *one, const json_t *note)
{
	static const char *const keys[] = {"name",      "sha256", "first_seen",
					   "last_seen", "seen",   "text"};
	int why = (int)json_num(note, "reason", 0);

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		json_t *v = json_object_get(note, keys[i]);

		json_object_set_new(one, keys[i], v == NULL ? json_null() : json_incref(v));
	}
	look_put(one, "advice", why == 0 ? NULL : reason_of(why)->advice);
}

/* By file name, or the first one with that id; *RET stays NULL if none is there. */
static gboolean
find_quarantined(rows *r, const char *id, json_t **ret, GError **error)
{
	g_autoptr(GPtrArray) notes = quarantine_list(r->g->spool, error);

	for (guint i = 0; notes != NULL && i < notes->len && *ret == NULL; i++) {
		const json_t *note = notes->pdata[i];

		if (g_strcmp0(json_str(note, "name"), id) != 0 &&
		    g_strcmp0(json_str(note, "id"), id) != 0)
			continue;
		*ret = rows_add_quarantined(r, note);
		add_note(*ret, note);
	}
	return notes != NULL;
}

static gboolean
find_numbered(rows *r, const char *id, json_t **ret, GError **error)
{
	g_autoptr(GError) inner = NULL;
	guint64 number;
	char role;

	if (!name_parse_id(id, &role, &number))
		return TRUE;
	if (role == r->me) {
		g_autoptr(store_outgoing) row = store_find_outgoing(r->g->store, number, &inner);

		if (row != NULL && row->state == OUT_DONE)
			fail_set(
				&inner, FAIL_CONFIG,
				"%s has been taken over by the partner; its file is no longer kept",
				id);
		else if (row != NULL)
			*ret = rows_add_outgoing(r, row);
	} else {
		g_autoptr(store_incoming) row = store_find_incoming(r->g->store, number, &inner);

		if (row != NULL)
			*ret = rows_add_incoming(
				r, row, number > r->g->n.done ? SPOOL_INBOX : SPOOL_ARCHIVE);
	}
	if (*ret != NULL)
		add_note(*ret, NULL);
	if (inner == NULL)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&inner));
	return FALSE;
}

static spool_dir
dir_of(const json_t *one)
{
	for (guint i = 0; i < SPOOL_DIRS; i++)
		if (g_strcmp0(json_str(one, "where"), spool_dir_name((spool_dir)i)) == 0)
			return (spool_dir)i;
	return SPOOL_TMP;
}

/* Numbers that came after a missing one. */
static gboolean
add_waiting(gateway *g, json_t *one, GError **error)
{
	g_autofree char *missing = gateway_their_id(g, g->n.stored + 1);
	json_t *waits = json_array();

	json_object_set_new(one, "waits", waits);
	if (g_strcmp0(json_str(one, "id"), missing) != 0)
		return TRUE;
	g_autoptr(GPtrArray) behind = store_incomings(g->store, g->n.stored + 2, error);
	for (guint i = 0; behind != NULL && i < behind->len; i++) {
		const store_incoming *row = behind->pdata[i];
		g_autofree char *id = gateway_their_id(g, row->number);

		json_array_append_new(waits, json_string(id));
	}
	return behind != NULL;
}

/* For people; caller frees. */
static char *
expected_signer(gateway *g, const char *file)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	envelope_name name;
	const char *fpr = name_find(file, link8, g->master ? 'm' : 's', &name) ? g->me : g->partner;

	return fpr == NULL ? NULL : pgp_fpr_text(fpr);
}

static gboolean
add_inspection(gateway *g, json_t *one, GError **error)
{
	const char *file = json_str(one, "file");
	g_auto(inspection) in = {0};
	g_autofree char *path = g_build_filename(g->dir, json_str(one, "where"), file, NULL);
	g_autofree char *expected = expected_signer(g, file);

	if (dir_of(one) == SPOOL_ARCHIVE && !fsio_exists(spool_fd(g->spool, SPOOL_ARCHIVE), file)) {
		fail_set(error, FAIL_CONFIG, "%s is no longer kept (archive.keep)",
			 json_str(one, "id"));
		return FALSE;
	}
	if (!inspect_file(g, dir_of(one), file, TRUE, &in, error))
		return FALSE;
	look_put(one, "file", path);
	look_put(one, "sha256", in.sha256);
	look_put_u64(one, "size", in.size);
	look_put(one, "expected_signer", expected);
	json_object_set(one, "checks", in.checks);
	look_put(one, "found", in.why == NULL ? NULL : in.why->message);
	json_object_set_new(one, "manifest",
			    in.manifest == NULL ? json_null() : json_incref(in.manifest));
	json_object_set_new(one, "lines", in.lines == NULL ? json_null() : json_incref(in.lines));
	json_object_set_new(one, "more_lines", json_boolean(in.more));
	return TRUE;
}

json_t *
report_envelope(gateway *g, const char *id, GError **error)
{
	g_auto(rows) r = {0};
	json_t *one = NULL, *ret = NULL;

	rows_init(&r, g);
	/* What was refused is asked for more often than what bears the same number and is fine. */
	if (find_quarantined(&r, id, &one, error) &&
	    (one != NULL || find_numbered(&r, id, &one, error))) {
		if (one == NULL)
			fail_set(error, FAIL_CONFIG,
				 "link %s has no envelope %s; handsel spool list %s shows them",
				 g->name, id, g->name);
		else if (add_waiting(g, one, error) && add_inspection(g, one, error))
			ret = json_incref(one);
	}
	return ret;
}

/* ---- all of them ---- */

static gboolean
verify(gateway *g, json_t *one, json_t *ret, GError **error)
{
	g_auto(inspection) in = {0};
	json_t *row = json_object();

	json_array_append_new(ret, row);
	look_put(row, "id", json_str(one, "id"));
	look_put(row, "where", json_str(one, "where"));
	look_put(row, "file", json_str(one, "file"));
	if (!fsio_exists(spool_fd(g->spool, dir_of(one)), json_str(one, "file"))) {
		json_object_set_new(row, "ok", json_false());
		look_put(row, "text", "its file is missing");
		return TRUE;
	}
	if (!inspect_file(g, dir_of(one), json_str(one, "file"), FALSE, &in, error))
		return FALSE;
	json_object_set_new(row, "ok", json_boolean(in.why == NULL));
	look_put(row, "text", in.why == NULL ? "ok" : in.why->message);
	return TRUE;
}

json_t *
report_verify(gateway *g, GError **error)
{
	g_auto(rows) r = {0};
	g_autoptr(json_ref) ret = json_array();
	gboolean ok;
	size_t i;
	json_t *one;

	rows_init(&r, g);
	ok = rows_outbox(&r, error) && rows_quarantine(&r, error) && rows_stored(&r, error);
	json_array_foreach (r.all, i, one)
		ok = ok && verify(g, one, ret, error);
	return ok ? g_steal_pointer(&ret) : NULL;
}
