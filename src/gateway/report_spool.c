#include "gateway/report.h"

#include <unistd.h>

#include "gateway/inspect.h"
#include "gateway/look.h"
#include "gateway/private.h"
#include "spool/parts.h"
#include "spool/quarantine.h"

typedef struct {
	gateway *g;
	char *link8;
	char me, partner; /* role letters */
	GPtrArray *sent;  /* names that still lie in SEND; NULL: can't be told */
	json_t *all;
} lister;

static void
lister_init(lister *l, gateway *g)
{
	*l = (lister){.g = g, .me = g->master ? 'm' : 's', .partner = g->master ? 's' : 'm'};
	l->link8 = g_strndup(g->id, NAME_LINK_LEN);
	l->sent = g->channel_ops->sent(g->channel, NULL);
	l->all = json_array();
}

static void
lister_clear(lister *l)
{
	g_free(l->link8);
	g_clear_pointer(&l->sent, g_ptr_array_unref);
	json_decref(l->all);
}

/* A row of the list; what is not known yet is null. */
static json_t *
add(lister *l, const char *id, const char *kind, spool_dir where, const char *file)
{
	json_t *one = json_object();

	look_put(one, "id", id);
	look_put(one, "kind", kind);
	look_put(one, "where", spool_dir_name(where));
	look_put(one, "file", file);
	look_put(one, "size", NULL);
	look_put(one, "age", NULL);
	look_put(one, "changes", NULL);
	look_put(one, "reason", NULL);
	json_array_append_new(l->all, one);
	return one;
}

static void
put_age(json_t *one, gint64 since)
{
	if (since > 0)
		look_put_u64(one, "age", (guint64)MAX(clock_now() - since, 0));
}

static void
put_size(lister *l, json_t *one, spool_dir dir, const char *file)
{
	guint64 size;
	int fd = spool_read(l->g->spool, dir, file, &size, NULL);

	if (fd < 0)
		return;
	close(fd);
	look_put_u64(one, "size", size);
}

/* ---- outbox ---- */

/* How many files of the envelope in FILE still lie in SEND; *RET_PARTS: of how many. */
static guint
still_there(const lister *l, const char *file, guint *ret_parts)
{
	envelope_name whole, name;
	guint count = 0;

	*ret_parts = 1;
	if (!name_find(file, l->link8, l->me, &whole))
		return 0;
	for (guint i = 0; i < l->sent->len; i++) {
		if (!name_find(l->sent->pdata[i], l->link8, l->me, &name) ||
		    name.series != whole.series || name.number != whole.number ||
		    g_ascii_strcasecmp(name.hash, whole.hash) != 0)
			continue;
		if (name.parts > 0)
			*ret_parts = name.parts;
		count++;
	}
	return count;
}

static void
put_outgoing_state(const lister *l, json_t *one, const store_outgoing *row)
{
	guint parts;

	if (row->state == OUT_STORED) {
		look_put(one, "state", "stored by the partner");
	} else if (row->state == OUT_SEALED) {
		look_put(one, "state", "not yet in SEND");
	} else if (l->sent == NULL) {
		look_put(one, "state", "offered");
	} else {
		guint left = still_there(l, row->file, &parts);

		if (left == 0)
			look_put(one, "state", "carried, not yet stored there");
		else if (parts > 1)
			look_printf(one, "state", "carried %u of %u parts",
				    parts - MIN(left, parts), parts);
		else
			look_put(one, "state", "in SEND");
	}
}

static json_t *
add_outgoing(lister *l, const store_outgoing *row)
{
	g_autofree char *id = gateway_my_id(l->g, row->number);
	json_t *one = add(l, id, row->kind, SPOOL_OUTBOX, row->file);

	look_put_u64(one, "size", row->size);
	put_age(one, row->made);
	look_put_u64(one, "changes", row->changes);
	put_outgoing_state(l, one, row);
	return one;
}

static gboolean
list_outbox(lister *l, GError **error)
{
	g_autoptr(GPtrArray) rows = store_outgoings(l->g->store, 1, OUT_STORED, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		add_outgoing(l, rows->pdata[i]);
	return rows != NULL;
}

/* ---- inbox ---- */

static json_t *
add_incoming(lister *l, const store_incoming *row, spool_dir dir)
{
	gateway *g = l->g;
	g_autofree char *id = gateway_their_id(g, row->number);
	json_t *one = add(l, id, row->kind, dir, row->file);

	put_size(l, one, dir, row->file);
	put_age(one, row->taken);
	if (row->number <= g->n.done) {
		look_put(one, "state", "done");
	} else if (row->number > g->n.stored) {
		g_autofree char *missing = gateway_their_id(g, g->n.stored + 1);

		look_printf(one, "state", "waits for %s", missing);
	} else if (row->line > 0) {
		look_printf(one, "state", "worked off up to line %" G_GUINT64_FORMAT, row->line);
	} else {
		look_put(one, "state", "to be worked off");
	}
	return one;
}

/* What has come of an envelope that is cut in parts. */
static gboolean
list_parts(lister *l, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(l->g->spool, SPOOL_PARTS, error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		envelope_name name;
		guint of;

		if (!name_find(names->pdata[i], l->link8, l->partner, &name))
			continue;
		name.part = name.parts = 0;
		g_autofree char *whole = name_format(&name), *id = name_id(&name);
		if (!g_hash_table_add(seen, g_strdup(whole)))
			continue;
		guint have = parts_have(l->g->spool, &name, &of);
		json_t *one = add(l, id, NULL, SPOOL_INBOX, whole);
		look_printf(one, "state", "%u of %u parts are here", have, of);
	}
	return names != NULL;
}

static gboolean
list_stored(lister *l, GError **error)
{
	g_autoptr(GPtrArray) rows = store_incomings(l->g->store, l->g->n.done + 1, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		add_incoming(l, rows->pdata[i], SPOOL_INBOX);
	return rows != NULL;
}

static gboolean
list_archive(lister *l, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(l->g->spool, SPOOL_ARCHIVE, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *file = names->pdata[i];
		envelope_name name;

		if (!name_find(file, l->link8, l->partner, &name))
			continue;
		g_autoptr(store_incoming) row =
			store_find_incoming(l->g->store, name.number, error);
		if (row == NULL && error != NULL && *error != NULL)
			return FALSE;
		if (row != NULL && g_str_equal(row->file, file))
			add_incoming(l, row, SPOOL_ARCHIVE);
	}
	return names != NULL;
}

/* ---- quarantine ---- */

static json_t *
add_quarantined(lister *l, const json_t *note)
{
	int why = (int)json_num(note, "reason", 0);
	gint64 first = 0;
	json_t *one = add(l, json_str(note, "id"), NULL, SPOOL_QUARANTINE, json_str(note, "name"));

	look_put_u64(one, "size", (guint64)json_num(note, "size", 0));
	if (json_str(note, "first_seen") != NULL &&
	    clock_parse(json_str(note, "first_seen"), &first))
		put_age(one, first);
	look_put_reason(one, "reason", why);
	if (why == 0)
		look_put(one, "state", "why is no longer known");
	else
		look_printf(one, "state", "%d %s", why, reason_of(why)->text);
	return one;
}

static gboolean
list_quarantine(lister *l, GError **error)
{
	g_autoptr(GPtrArray) notes = quarantine_list(l->g->spool, error);

	for (guint i = 0; notes != NULL && i < notes->len; i++)
		add_quarantined(l, notes->pdata[i]);
	return notes != NULL;
}

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

json_t *
report_spool(gateway *g, gboolean all, json_t **ret_foreign, GError **error)
{
	lister l;
	json_t *ret = NULL, *foreign = NULL;

	lister_init(&l, g);
	if (list_outbox(&l, error) && list_quarantine(&l, error) && list_stored(&l, error) &&
	    list_parts(&l, error) && (!all || list_archive(&l, error)) &&
	    (ret_foreign == NULL || list_foreign(g, &foreign, error))) {
		ret = json_incref(l.all);
		if (ret_foreign != NULL)
			*ret_foreign = foreign;
	}
	lister_clear(&l);
	return ret;
}

/* ---- one of them ---- */

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
find_quarantined(lister *l, const char *id, json_t **ret, GError **error)
{
	g_autoptr(GPtrArray) notes = quarantine_list(l->g->spool, error);

	for (guint i = 0; notes != NULL && i < notes->len && *ret == NULL; i++) {
		const json_t *note = notes->pdata[i];

		if (g_strcmp0(json_str(note, "name"), id) != 0 &&
		    g_strcmp0(json_str(note, "id"), id) != 0)
			continue;
		*ret = add_quarantined(l, note);
		add_note(*ret, note);
	}
	return notes != NULL;
}

static gboolean
find_numbered(lister *l, const char *id, json_t **ret, GError **error)
{
	g_autoptr(GError) inner = NULL;
	guint64 number;
	char role;

	if (!name_parse_id(id, &role, &number))
		return TRUE;
	if (role == l->me) {
		g_autoptr(store_outgoing) row = store_find_outgoing(l->g->store, number, &inner);

		if (row != NULL && row->state == OUT_DONE)
			fail_set(
				&inner, FAIL_USAGE,
				"%s has been taken over by the partner; its file is no longer kept",
				id);
		else if (row != NULL)
			*ret = add_outgoing(l, row);
	} else {
		g_autoptr(store_incoming) row = store_find_incoming(l->g->store, number, &inner);

		if (row != NULL)
			*ret = add_incoming(l, row,
					    number > l->g->n.done ? SPOOL_INBOX : SPOOL_ARCHIVE);
	}
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
	g_autoptr(GPtrArray) rows = store_incomings(g->store, g->n.stored + 2, error);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const store_incoming *row = rows->pdata[i];
		g_autofree char *id = gateway_their_id(g, row->number);

		json_array_append_new(waits, json_string(id));
	}
	return rows != NULL;
}

static gboolean
add_inspection(gateway *g, json_t *one, GError **error)
{
	const char *file = json_str(one, "file");
	g_auto(inspection) in = {0};
	g_autofree char *path = g_build_filename(g->dir, json_str(one, "where"), file, NULL);
	g_autofree char *expected = g->partner == NULL ? NULL : pgp_fpr_text(g->partner);

	if (dir_of(one) == SPOOL_ARCHIVE && !fsio_exists(spool_fd(g->spool, SPOOL_ARCHIVE), file)) {
		fail_set(error, FAIL_USAGE, "%s is no longer kept (archive.keep)",
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
	lister l;
	json_t *one = NULL, *ret = NULL;

	lister_init(&l, g);
	/* What was refused is asked for more often than what bears the same number and is fine. */
	if (find_quarantined(&l, id, &one, error) &&
	    (one != NULL || find_numbered(&l, id, &one, error))) {
		if (one == NULL)
			fail_set(error, FAIL_USAGE,
				 "link %s has no envelope %s; handsel spool list %s shows them",
				 g->name, id, g->name);
		else if (add_waiting(g, one, error) && add_inspection(g, one, error))
			ret = json_incref(one);
	}
	lister_clear(&l);
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
	lister l;
	g_autoptr(json_ref) ret = json_array();
	gboolean ok;
	size_t i;
	json_t *one;

	lister_init(&l, g);
	ok = list_outbox(&l, error) && list_quarantine(&l, error) && list_stored(&l, error);
	json_array_foreach (l.all, i, one)
		ok = ok && verify(g, one, ret, error);
	lister_clear(&l);
	return ok ? g_steal_pointer(&ret) : NULL;
}
