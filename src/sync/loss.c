#include "sync/sync_private.h"

#include <string.h>

#define LEAST_FIELDS 2  /* a single field is an edit */
#define AT_MOST      20 /* what SYNC_BRAKE_AUTO lets go at once, however many items there are, */
#define AT_LEAST     5  /* however few, */
#define PER_CENT     5  /* and between the two */
#define ALL_ITEMS    3  /* of so many items or more, all at once never go */

/* Does NOW show anything for REG? */
static gboolean
is_shown(const item *now, const char *reg)
{
	const json_t *v = item_value(now, reg);

	return v != NULL && !json_is_null(v) && !(json_is_array(v) && json_array_size(v) == 0) &&
	       !(json_is_string(v) && json_string_length(v) == 0);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "emptied: …", or NULL. */
static char *
emptied(const sync_item *it, const item *now)
{
	g_autoptr(GPtrArray) fields = g_ptr_array_new();
	g_autoptr(GString) text = g_string_new(NULL);
	guint filled = 0, things = 0, removed = 0;
	const char *reg;
	json_t *unused;

	json_object_foreach (it->shadow, reg, unused) {
		reg_type type = item_reg_type(reg);

		if (type == REG_FIELD) {
			filled++;
			if (!is_shown(now, reg))
				g_ptr_array_add(fields, (gpointer)reg);
		} else if (type == REG_THING) {
			things++;
			removed += is_shown(now, reg) ? 0 : 1;
		}
	}
	g_ptr_array_sort(fields, by_name);
	/* Title and state are hardly ever empty. */
	gboolean most = fields->len >= LEAST_FIELDS && 2 * fields->len >= filled;
	for (guint i = 0; most && i < fields->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
				       (const char *)fields->pdata[i]);
	if (2 * removed > things)
		g_string_append_printf(text, "%s%u of %u comments, files and rows",
				       text->len > 0 ? ", " : "", removed, things);
	return text->len == 0 ? NULL : g_strdup_printf("%s: %s", SYNC_EMPTIED, text->str);
}

char *
sync_loss(const sync_item *it, const item *now)
{
	if (it->gen == 0 || !it->here || !sync_alive(it))
		return NULL;
	return now == NULL ? g_strdup(SYNC_DELETED) : emptied(it, now);
}

guint64
sync_brake_limit(gint64 most, guint64 items)
{
	guint64 limit =
		most >= 0 ? (guint64)most : CLAMP(items * PER_CENT / 100, AT_LEAST, AT_MOST);

	return items >= ALL_ITEMS ? MIN(limit, items - 1) : limit;
}
