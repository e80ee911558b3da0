#include "gateway/brake.h"

#include <string.h>

#include "base/mutant.h"
#include "gateway/look.h"
#include "gateway/private.h"

/*
 * A tracker that was emptied, or put back as it was long ago, must not empty the partner's.  The
 * sweep leaves out what would be deleted or emptied there, until all that is dirty has been seen;
 * then it is captured after all, or, if it is too much, waits: it stays dirty and stands in the
 * table `brake` until somebody says yes, or the tracker shows it again.
 */

#define LOOK        1000 /* items looked at in one go */
#define COUNT_LIMIT 400  /* more items do not raise the limit */
#define CODE_LEN    6    /* hex digits */

/* ---- looking ---- */

/* What a capture would take away and nobody has said yes to, or NULL; caller frees. */
static char *
loss_of(gateway *g, const sync_item *it, const item *now)
{
	g_autofree char *what = sync_loss(it, now);

	return what == NULL || store_is_released(g->store, it->uid, what) ? NULL
									  : g_steal_pointer(&what);
}

gboolean
gate_loses(gateway *g, const sync_item *it, const item *now)
{
	char *what = loss_of(g, it, now);

	if (what == NULL)
		return FALSE;
	store_braked *loss = g_new0(store_braked, 1);
	loss->uid = g_strdup(it->uid);
	loss->what = what;
	g_ptr_array_add(g->losses, loss);
	return TRUE;
}

gint64
gate_brake_most(gateway *g)
{
	return g_str_equal(conf_text(g->conf, "sync.brake"), "auto")
		       ? SYNC_BRAKE_AUTO
		       : conf_int(g->conf, "sync.brake");
}

/* Are so many LOSSES too many? */
static gboolean
too_many(gateway *g, guint64 losses, gboolean *ret, GError **error)
{
	guint64 items;

	if (!store_count_shared(g->store, MAX(losses + 1, COUNT_LIMIT), &items, error))
		return FALSE;
	*ret = !mutant("brake") && losses > sync_brake_limit(gate_brake_most(g), items);
	return TRUE;
}

/* The uids of the losses of this look, borrowed. */
static GHashTable *
lost(gateway *g)
{
	GHashTable *uids = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < g->losses->len; i++)
		g_hash_table_add(uids, ((const store_braked *)g->losses->pdata[i])->uid);
	return uids;
}

/* Those of WAITING that are not among the losses wait no more: they are shown again, or went by the
 * yes. */
static gboolean
forget_others(gateway *g, const GPtrArray *waiting, GError **error)
{
	g_autoptr(GHashTable) uids = lost(g);

	for (guint i = 0; i < waiting->len; i++) {
		const store_braked *b = waiting->pdata[i];

		if (!g_hash_table_contains(uids, b->uid) && !store_unbrake(g->store, b->uid, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
hold_all(gateway *g, GError **error)
{
	for (guint i = 0; i < g->losses->len; i++) {
		const store_braked *loss = g->losses->pdata[i];

		if (!store_brake(g->store, loss->uid, loss->what, error))
			return FALSE;
	}
	return TRUE;
}

/* Of those that wait and of the losses of a look at only some items, each once. */
static guint
count_all(gateway *g, const GPtrArray *waiting)
{
	g_autoptr(GHashTable) uids = lost(g);
	guint count = g->losses->len;

	for (guint i = 0; i < waiting->len; i++) {
		const store_braked *b = waiting->pdata[i];

		if (!b->released && !g_hash_table_contains(uids, b->uid))
			count++;
	}
	return count;
}

/* The log tells when something begins to wait, and when nothing does any more. */
static gboolean
note_change(gateway *g, const GPtrArray *before, GError **error)
{
	g_autoptr(GPtrArray) after = store_braked_items(g->store, error);

	if (after == NULL)
		return FALSE;
	g_autofree char *was = brake_code(before), *is = brake_code(after);
	if (g_strcmp0(was, is) == 0)
		return TRUE;
	if (is == NULL)
		gate_note(g, "brake", NULL, NULL, "nothing waits for a yes any more");
	else
		gate_note(g, "brake", NULL, NULL, "%u deletions or emptied items wait for a yes",
			  after->len);
	return TRUE;
}

GPtrArray *
gate_brake(gateway *g, gboolean whole, GError **error)
{
	g_autoptr(GPtrArray) few = g_ptr_array_new_with_free_func(g_free);
	gboolean hold = FALSE;

	if (g->losses->len == 0 && !store_any_braked(g->store))
		return g_steal_pointer(&few);
	/* Half a look proves nothing: all stays as it is. */
	if (g->halted)
		return g_steal_pointer(&few);
	g_autoptr(GPtrArray) waiting = store_braked_items(g->store, error);
	if (waiting == NULL ||
	    !too_many(g, whole ? g->losses->len : count_all(g, waiting), &hold, error) ||
	    (whole && !forget_others(g, waiting, error)) || (hold && !hold_all(g, error)))
		return NULL;
	for (guint i = 0; i < g->losses->len && !hold; i++) {
		const store_braked *loss = g->losses->pdata[i];

		if (!store_unbrake(g->store, loss->uid, error))
			return NULL;
		g_ptr_array_add(few, g_strdup(loss->uid));
	}
	return note_change(g, waiting, error) ? g_steal_pointer(&few) : NULL;
}

/* Judges what is dirty without capturing it. */
static gboolean
look(gateway *g, GError **error)
{
	guint64 seq = 0;

	if (!gate_collect(g, error))
		return FALSE;
	g_ptr_array_set_size(g->losses, 0);
	for (;;) {
		g_autoptr(GPtrArray) uids = store_dirty(g->store, seq, LOOK, &seq, error);

		if (uids == NULL)
			return FALSE;
		if (uids->len == 0)
			break;
		for (guint i = 0; i < uids->len; i++) {
			g_autoptr(sync_item) it = gate_load(g, uids->pdata[i], error);
			g_autoptr(item) now = NULL;

			if (it == NULL || (it->gen > 0 && !gate_view(g, it, &now, error)))
				return FALSE;
			gate_loses(g, it, now);
		}
	}
	g_autoptr(GPtrArray) unused = gate_brake(g, TRUE, error);
	return unused != NULL;
}

gboolean
gate_brake_crossed(gateway *g, const sync_item *it, const item *now, gboolean *ret, GError **error)
{
	/* A deletion that a record crosses is none: live wins. */
	g_autofree char *what = now == NULL ? NULL : loss_of(g, it, now);

	*ret = FALSE;
	if (what == NULL)
		return TRUE;
	/* The sweep may come much later. */
	if (!g->brake_looked && !look(g, error))
		return FALSE;
	g->brake_looked = TRUE;
	*ret = store_is_braked(g->store, it->uid);
	return TRUE;
}

gboolean
gate_braked(gateway *g, const char *uid, GError **error)
{
	if (!store_is_braked(g->store, uid))
		return FALSE;
	g_autoptr(store_item) row = store_load_item(g->store, uid, NULL);
	fail_set(error, REASON_BRAKED,
		 "item %s was deleted or emptied here along with many others, and waits for a yes; "
		 "handsel brake show %s",
		 row != NULL && row->id != NULL ? row->id : uid, g->name);
	return TRUE;
}

/* ---- the yes ---- */

char *
brake_code(const GPtrArray *waiting)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gboolean any = FALSE;

	for (guint i = 0; i < waiting->len; i++) {
		const store_braked *b = waiting->pdata[i];

		if (b->released)
			continue;
		any = TRUE;
		g_checksum_update(sum, (const guchar *)b->uid, -1);
		g_checksum_update(sum, (const guchar *)b->what, (gssize)strlen(b->what) + 1);
	}
	return any ? g_strndup(g_checksum_get_string(sum), CODE_LEN) : NULL;
}

static gboolean
release(gateway *g, const char *code, guint *ret, GError **error)
{
	g_autoptr(GPtrArray) waiting = store_braked_items(g->store, error);

	if (waiting == NULL)
		return FALSE;
	g_autofree char *is = brake_code(waiting);
	if (is == NULL) {
		fail_set(error, FAIL_CONFIG, "nothing waits for a yes on link %s", g->name);
		return FALSE;
	}
	if (g_ascii_strcasecmp(code, is) != 0) {
		fail_set(error, FAIL_CONFIG,
			 "%s is not what waits on link %s now; look again: handsel brake show %s",
			 code, g->name, g->name);
		return FALSE;
	}
	gate_note(g, "released", NULL, NULL, "%u deletions or emptied items, by the operator",
		  waiting->len);
	*ret = waiting->len;
	return store_release_braked(g->store, error);
}

gboolean
brake_release(gateway *g, const char *code, guint *ret_count, GError **error)
{
	if (!store_begin(g->store, error))
		return FALSE;
	if (release(g, code, ret_count, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}
