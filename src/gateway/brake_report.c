#include "gateway/brake.h"
#include "gateway/look.h"
#include "gateway/private.h"

#define EXAMPLES 3 /* told in one line */

static json_t *
describe(const store_braked *b)
{
	json_t *one = json_object();

	look_put(one, "id", b->id);
	look_put(one, "uid", b->uid);
	look_put(one, "title", b->title);
	look_put(one, "what", g_str_equal(b->what, SYNC_DELETED) ? SYNC_DELETED : SYNC_EMPTIED);
	look_put(one, "text", b->what);
	look_put_time(one, "at", b->at);
	json_object_set_new(one, "released", json_boolean(b->released));
	return one;
}

json_t *
brake_report(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) waiting = store_braked_items(g->store, error);
	guint64 items, unused1, unused2, deleted = 0, emptied_items = 0;

	if (waiting == NULL || !store_count_items(g->store, &items, &unused1, &unused2, error))
		return NULL;
	g_autofree char *code = brake_code(waiting);
	json_t *ret = json_object(), *all = json_array();
	for (guint i = 0; i < waiting->len; i++) {
		const store_braked *b = waiting->pdata[i];

		json_array_append_new(all, describe(b));
		if (b->released)
			continue;
		if (g_str_equal(b->what, SYNC_DELETED))
			deleted++;
		else
			emptied_items++;
	}
	look_put(ret, "link", g->name);
	look_put(ret, "code", code);
	look_put_u64(ret, "deleted", deleted);
	look_put_u64(ret, "emptied", emptied_items);
	look_put_u64(ret, "items", items);
	look_put_u64(ret, "limit", sync_brake_limit(gate_brake_most(g), items));
	json_object_set_new(ret, "waits", all);
	return ret;
}

/* "3 deletions and 1 emptied item" */
static char *
count_text(guint64 deleted, guint64 emptied_items)
{
	g_autofree char *gone = g_strdup_printf("%" G_GUINT64_FORMAT " deletion%s", deleted,
						deleted == 1 ? "" : "s");
	g_autofree char *empty = g_strdup_printf("%" G_GUINT64_FORMAT " emptied item%s",
						 emptied_items, emptied_items == 1 ? "" : "s");

	if (emptied_items == 0)
		return g_steal_pointer(&gone);
	return deleted == 0 ? g_steal_pointer(&empty) : g_strdup_printf("%s and %s", gone, empty);
}

/* Names of the first that wait; caller frees. */
static char *
examples(const json_t *waits)
{
	GString *text = g_string_new(NULL);
	guint count = 0;
	gsize i;
	json_t *one;

	json_array_foreach (waits, i, one) {
		const char *id = json_str(one, "id");

		if (json_flag(one, "released"))
			continue;
		if (count++ < EXAMPLES)
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
					       id != NULL ? id : json_str(one, "uid"));
	}
	if (count > EXAMPLES)
		g_string_append(text, " ...");
	return g_string_free(text, FALSE);
}

char *
brake_text(const json_t *report)
{
	guint64 deleted = (guint64)json_num(report, "deleted", 0);
	guint64 emptied_items = (guint64)json_num(report, "emptied", 0);
	gint64 limit = json_num(report, "limit", 0);
	g_autofree char *count = count_text(deleted, emptied_items);
	g_autofree char *some = examples(json_object_get(report, "waits"));

	if (deleted + emptied_items == 0)
		return NULL;
	return g_strdup_printf("%s wait%s for your yes, of %" G_GINT64_FORMAT
			       " items (at most %" G_GINT64_FORMAT " at once need none): %s",
			       count, deleted + emptied_items == 1 ? "s" : "",
			       json_num(report, "items", 0), limit, some);
}
