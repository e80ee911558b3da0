#include "gateway/events.h"

#include <string.h>

#include "base/rand.h"

#define PORTION 256 /* events of a link in memory */

typedef struct {
	char *name, *uid; /* UID NULL: all */
	store *store;
	guint64 after; /* number of the last one fetched */
	GPtrArray *events;
	guint next; /* of EVENTS */
} source;

struct events {
	events_filter filter;
	char *item;
	GPtrArray *sources;
};

static void
source_free(gpointer data)
{
	source *s = data;

	g_free(s->name);
	g_free(s->uid);
	store_close(s->store);
	g_clear_pointer(&s->events, g_ptr_array_unref);
	g_free(s);
}

events *
events_new(const events_filter *filter)
{
	events *e = g_new0(events, 1);

	e->filter = *filter;
	e->item = g_strdup(filter->item);
	e->sources = g_ptr_array_new_with_free_func(source_free);
	return e;
}

void
events_free(events *e)
{
	if (e == NULL)
		return;
	g_ptr_array_unref(e->sources);
	g_free(e->item);
	g_free(e);
}

/* The uid of what people call ID; NULL without error: the link does not know it. */
static char *
find_uid(store *s, const char *id, GError **error)
{
	if (rand_id_valid(id) && store_item_known(s, id))
		return g_strdup(id);
	return store_find_uid(s, id, error);
}

gboolean
events_add(events *e, const site *site, const char *name, GError **error)
{
	g_autofree char *dir = site_link_dir(site, name);
	g_autoptr(store) s = store_open_readonly(dir, error);
	g_autoptr(GError) inner = NULL;

	if (s == NULL)
		return FALSE;
	g_autofree char *uid = e->item == NULL ? NULL : find_uid(s, e->item, &inner);
	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	if (e->item != NULL && uid == NULL)
		return TRUE;
	source *one = g_new0(source, 1);
	one->name = g_strdup(name);
	one->uid = g_steal_pointer(&uid);
	one->store = g_steal_pointer(&s);
	g_ptr_array_add(e->sources, one);
	return TRUE;
}

guint
events_count(const events *e)
{
	return e->sources->len;
}

/* *RET: the next event of S, NULL if there is none now. */
static gboolean
peek(const events *e, source *s, const store_event **ret, GError **error)
{
	if (s->events == NULL || s->next >= s->events->len) {
		g_clear_pointer(&s->events, g_ptr_array_unref);
		s->next = 0;
		s->events = store_events(s->store, s->after, e->filter.since, e->filter.until,
					 s->uid, PORTION, error);
		if (s->events == NULL)
			return FALSE;
	}
	if (s->events->len == 0) {
		*ret = NULL;
		return TRUE;
	}
	*ret = s->events->pdata[s->next];
	s->after = (*ret)->number;
	return TRUE;
}

/* Takes the sources that have nothing more for now out of LEFT. */
static gboolean
fill(const events *e, GPtrArray *left, GError **error)
{
	for (guint i = left->len; i > 0; i--) {
		const store_event *head;

		if (!peek(e, left->pdata[i - 1], &head, error))
			return FALSE;
		if (head == NULL)
			g_ptr_array_remove_index(left, i - 1);
	}
	return TRUE;
}

static const store_event *
head_of(const source *s)
{
	return s->events->pdata[s->next];
}

static source *
earliest(const GPtrArray *left)
{
	source *best = left->pdata[0];

	for (guint i = 1; i < left->len; i++) {
		source *s = left->pdata[i];

		if (head_of(s)->at < head_of(best)->at)
			best = s;
	}
	return best;
}

gboolean
events_read(events *e, events_each *each, gpointer data, GError **error)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new();

	for (guint i = 0; i < e->sources->len; i++)
		g_ptr_array_add(left, e->sources->pdata[i]);
	if (!fill(e, left, error))
		return FALSE;
	while (left->len > 0) {
		const store_event *head;
		source *s = earliest(left);

		gboolean more = each(s->name, head_of(s), data);
		s->next++;
		if (!more)
			return TRUE;
		if (!peek(e, s, &head, error))
			return FALSE;
		if (head == NULL)
			g_ptr_array_remove(left, s);
	}
	return TRUE;
}

static int
compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
events_kinds(events *e, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < e->sources->len; i++) {
		const source *s = e->sources->pdata[i];
		g_autoptr(GPtrArray) kinds = store_event_kinds(s->store, error);

		if (kinds == NULL)
			return NULL;
		for (guint k = 0; k < kinds->len; k++)
			if (!g_ptr_array_find_with_equal_func(all, kinds->pdata[k], g_str_equal,
							      NULL))
				g_ptr_array_add(all, g_strdup(kinds->pdata[k]));
	}
	g_ptr_array_sort(all, compare);
	return g_steal_pointer(&all);
}
