#include "gateway/rows.h"

#include <unistd.h>

#include "gateway/look.h"
#include "gateway/private.h"
#include "spool/parts.h"
#include "spool/quarantine.h"

void
rows_init(rows *r, gateway *g)
{
	*r = (rows){.g = g, .me = g->master ? 'm' : 's', .partner = g->master ? 's' : 'm'};
	r->link8 = g_strndup(g->id, NAME_LINK_LEN);
	r->sent = g->channel_ops->sent(g->channel, NULL);
	r->all = json_array();
}

void
rows_clear(rows *r)
{
	g_free(r->link8);
	g_clear_pointer(&r->sent, g_ptr_array_unref);
	json_decref(r->all);
}

/* A row of the list; what is not known yet is null. */
static json_t *
add(rows *r, const char *id, const char *kind, spool_dir where, const char *file)
{
	json_t *one = json_object();

	look_put(one, "id", id);
	look_put(one, "direction", where == SPOOL_OUTBOX ? "out" : "in");
	look_put(one, "kind", kind);
	look_put(one, "where", spool_dir_name(where));
	look_put(one, "file", file);
	look_put(one, "size", NULL);
	look_put(one, "age", NULL);
	look_put(one, "changes", NULL);
	look_put(one, "reason", NULL);
	json_array_append_new(r->all, one);
	return one;
}

static void
put_age(json_t *one, gint64 since)
{
	if (since > 0)
		look_put_u64(one, "age", (guint64)MAX(clock_now() - since, 0));
}

static void
put_size(rows *r, json_t *one, spool_dir dir, const char *file)
{
	guint64 size;
	int fd = spool_read(r->g->spool, dir, file, &size, NULL);

	if (fd < 0)
		return;
	close(fd);
	look_put_u64(one, "size", size);
}

/* ---- outbox ---- */

/* How many files of the envelope in FILE still lie in SEND; *RET_PARTS: of how many. */
static guint
still_there(const rows *r, const char *file, guint *ret_parts)
{
	envelope_name whole, name;
	guint count = 0;

	*ret_parts = 1;
	if (!name_find(file, r->link8, r->me, &whole))
		return 0;
	for (guint i = 0; i < r->sent->len; i++) {
		if (!name_find(r->sent->pdata[i], r->link8, r->me, &name) ||
		    name.series != whole.series || name.number != whole.number ||
		    g_ascii_strcasecmp(name.hash, whole.hash) != 0)
			continue;
		if (name.parts > 0)
			*ret_parts = name.parts;
		count++;
	}
	return count;
}

/* Mails are out of sight once a server has taken them; parts are counted until all of them are. */
static void
put_mailed_state(const rows *r, json_t *one, const store_outgoing *row)
{
	guint parts = 0, sent = r->sent == NULL ? 0 : still_there(r, row->file, &parts);

	if (row->state != OUT_SEALED)
		look_put(one, "state", "mailed, not yet stored there");
	else if (sent > 0 && parts > 1)
		look_printf(one, "state", "mailed %u of %u parts", MIN(sent, parts), parts);
	else
		look_put(one, "state", "not yet mailed");
}

static void
put_outgoing_state(const rows *r, json_t *one, const store_outgoing *row)
{
	guint parts;

	if (row->state == OUT_STORED) {
		look_put(one, "state", "stored by the partner");
	} else if (g_strcmp0(conf_text(r->g->conf, "channel"), "mail") == 0) {
		put_mailed_state(r, one, row);
	} else if (row->state == OUT_SEALED) {
		look_put(one, "state", "not yet in SEND");
	} else if (r->sent == NULL) {
		look_put(one, "state", "offered");
	} else {
		guint left = still_there(r, row->file, &parts);

		if (left == 0)
			look_put(one, "state", "carried, not yet stored there");
		else if (parts > 1)
			look_printf(one, "state", "carried %u of %u parts",
				    parts - MIN(left, parts), parts);
		else
			look_put(one, "state", "in SEND");
	}
}

json_t *
rows_add_outgoing(rows *r, const store_outgoing *row)
{
	g_autofree char *id = gateway_my_id(r->g, row->number);
	json_t *one = add(r, id, row->kind, SPOOL_OUTBOX, row->file);

	look_put_u64(one, "size", row->size);
	put_age(one, row->made);
	look_put_u64(one, "changes", row->changes);
	put_outgoing_state(r, one, row);
	return one;
}

gboolean
rows_outbox(rows *r, GError **error)
{
	g_autoptr(GPtrArray) rows = store_outgoings(r->g->store, 1, OUT_STORED, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		rows_add_outgoing(r, rows->pdata[i]);
	return rows != NULL;
}

/* ---- inbox ---- */

json_t *
rows_add_incoming(rows *r, const store_incoming *row, spool_dir dir)
{
	gateway *g = r->g;
	g_autofree char *id = gateway_their_id(g, row->number);
	json_t *one = add(r, id, row->kind, dir, row->file);

	put_size(r, one, dir, row->file);
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
gboolean
rows_parts(rows *r, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(r->g->spool, SPOOL_PARTS, error);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		envelope_name name;
		guint of;

		if (!name_find(names->pdata[i], r->link8, r->partner, &name))
			continue;
		name.part = name.parts = 0;
		g_autofree char *whole = name_format(&name), *id = name_id(&name);
		if (!g_hash_table_add(seen, g_strdup(whole)))
			continue;
		guint have = parts_have(r->g->spool, &name, &of);
		json_t *one = add(r, id, NULL, SPOOL_INBOX, whole);
		look_printf(one, "state", "%u of %u parts are here", have, of);
	}
	return names != NULL;
}

gboolean
rows_stored(rows *r, GError **error)
{
	g_autoptr(GPtrArray) rows = store_incomings(r->g->store, r->g->n.done + 1, error);

	for (guint i = 0; rows != NULL && i < rows->len; i++)
		rows_add_incoming(r, rows->pdata[i], SPOOL_INBOX);
	return rows != NULL;
}

gboolean
rows_archive(rows *r, GError **error)
{
	g_autoptr(GPtrArray) names = spool_names(r->g->spool, SPOOL_ARCHIVE, error);

	for (guint i = 0; names != NULL && i < names->len; i++) {
		const char *file = names->pdata[i];
		envelope_name name;

		if (!name_find(file, r->link8, r->partner, &name))
			continue;
		g_autoptr(store_incoming) row =
			store_find_incoming(r->g->store, name.number, error);
		if (row == NULL && error != NULL && *error != NULL)
			return FALSE;
		if (row != NULL && g_str_equal(row->file, file))
			rows_add_incoming(r, row, SPOOL_ARCHIVE);
	}
	return names != NULL;
}

/* ---- quarantine ---- */

json_t *
rows_add_quarantined(rows *r, const json_t *note)
{
	int why = (int)json_num(note, "reason", 0);
	gint64 first = 0;
	json_t *one = add(r, json_str(note, "id"), NULL, SPOOL_QUARANTINE, json_str(note, "name"));

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

gboolean
rows_quarantine(rows *r, GError **error)
{
	g_autoptr(GPtrArray) notes = quarantine_list(r->g->spool, error);

	for (guint i = 0; notes != NULL && i < notes->len; i++)
		rows_add_quarantined(r, notes->pdata[i]);
	return notes != NULL;
}
