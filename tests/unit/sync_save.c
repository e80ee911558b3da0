#include "sync_side.h"

void
state_init(side_state *st)
{
	*st = (side_state){0};
	st->items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					  (GDestroyNotify)sync_item_free);
	st->queue = json_array();
	st->inbox = json_object();
	st->outbox = json_object();
	st->sent = json_object();
	st->waiting = json_array();
	st->logged = g_byte_array_new();
}

void
state_clear(side_state *st)
{
	g_hash_table_unref(st->items);
	json_decref(st->queue);
	json_decref(st->inbox);
	json_decref(st->outbox);
	json_decref(st->sent);
	json_decref(st->waiting);
	json_decref(st->intent);
	g_byte_array_unref(st->logged);
}

static json_t *
number(guint64 n)
{
	return json_integer((json_int_t)n);
}

json_t *
state_save(const side_state *st)
{
	json_t *items = json_object(), *logged = json_array();
	GHashTableIter iter;
	gpointer uid, it;

	g_hash_table_iter_init(&iter, st->items);
	while (g_hash_table_iter_next(&iter, &uid, &it))
		json_object_set_new(items, uid, sync_item_to_json(it));
	for (guint i = 0; i < st->logged->len; i++)
		if (st->logged->data[i])
			json_array_append_new(logged, number(i));

	json_t *j = json_object();
	json_object_set_new(j, "items", items);
	json_object_set_new(j, "logged", logged);
	json_object_set_new(j, "num", number(st->num));
	json_object_set_new(j, "done", number(st->done));
	json_object_set_new(j, "line", number(st->line));
	json_object_set_new(j, "serial", number(st->serial));
	json_object_set_new(j, "peer_serial", number(st->peer_serial));
	json_object_set_new(j, "queue", json_copy(st->queue));
	json_object_set_new(j, "inbox", json_copy(st->inbox));
	json_object_set_new(j, "outbox", json_copy(st->outbox));
	json_object_set_new(j, "sent", json_copy(st->sent));
	json_object_set_new(j, "waiting", json_copy(st->waiting));
	if (st->intent != NULL)
		json_object_set(j, "intent", st->intent);
	return j;
}

static void
load_copy(const json_t *j, const char *key, json_t **place)
{
	json_decref(*place);
	*place = json_copy(json_object_get(j, key));
}

static void
load_logged(side_state *st, const json_t *logged)
{
	gsize i;
	json_t *n;

	g_byte_array_set_size(st->logged, 0);
	json_array_foreach (logged, i, n) {
		guint at = (guint)json_integer_value(n), old = st->logged->len;
		g_byte_array_set_size(st->logged, at + 1);
		for (guint k = old; k < at; k++)
			st->logged->data[k] = 0;
		st->logged->data[at] = 1;
	}
}

void
state_load(side_state *st, const json_t *j)
{
	const char *uid;
	json_t *doc;

	state_clear(st);
	state_init(st);
	json_object_foreach (json_object_get(j, "items"), uid, doc) {
		sync_item *it = sync_item_from_json(uid, doc, NULL);
		g_assert_nonnull(it);
		g_hash_table_insert(st->items, it->uid, it);
	}
	load_logged(st, json_object_get(j, "logged"));
	st->num = (guint64)json_num(j, "num", 0);
	st->done = (guint64)json_num(j, "done", 0);
	st->line = (guint64)json_num(j, "line", 0);
	st->serial = (guint64)json_num(j, "serial", 0);
	st->peer_serial = (guint64)json_num(j, "peer_serial", 0);
	load_copy(j, "queue", &st->queue);
	load_copy(j, "inbox", &st->inbox);
	load_copy(j, "outbox", &st->outbox);
	load_copy(j, "sent", &st->sent);
	load_copy(j, "waiting", &st->waiting);
	st->intent = json_incref(json_object_get(j, "intent"));
}
