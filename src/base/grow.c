#include "base/grow.h"

#include <string.h>

#include "base/fail.h"
#include "base/fault.h"

static void
no_memory(gsize len, GError **error)
{
	fail_set(error, FAIL_RETRY, "no memory for %" G_GSIZE_FORMAT " bytes", len);
}

gpointer
grow_try(gsize len, GError **error)
{
	if (!fault_look("alloc", error))
		return NULL;
	gpointer ret = g_try_malloc0(len);
	if (ret == NULL)
		no_memory(len, error);
	return ret;
}

gboolean
grow_room(grow *g, gsize more, GError **error)
{
	gsize want = g->len + more + 1;

	if (want <= g->size)
		return TRUE;
	if (!fault_look("alloc", error))
		return FALSE;
	/* Twice as much at least, lest each piece move all before it. */
	gsize size = MAX(want, 2 * g->size);
	char *str = g_try_realloc(g->str, size);
	if (str == NULL) {
		no_memory(size, error);
		return FALSE;
	}
	str[g->len] = '\0';
	g->str = str;
	g->size = size;
	return TRUE;
}

void
grow_add(grow *g, gsize more)
{
	g->len += more;
	g->str[g->len] = '\0';
}

void
grow_drop(grow *g, gsize n)
{
	if (n == 0)
		return;
	g->len -= n;
	memmove(g->str, g->str + n, g->len + 1);
}

void
grow_clear(grow *g)
{
	g_free(g->str);
	*g = (grow){0};
}
