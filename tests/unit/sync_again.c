/* Both sides leave what travelled and begin anew: sync_freeze() and sync_pair() among all the rest.
 */
#include "sync_side.h"

#include <string.h>

typedef struct {
	guint64 gen;
	char *sum;
} known;

static void
known_free(gpointer p)
{
	known *k = p;

	g_free(k->sum);
	g_free(k);
}

/* Nothing of it has to arrive any more. */
static void
leave_pair(side *s)
{
	side_state *st = &s->st;

	json_array_clear(st->queue);
	json_object_clear(st->inbox);
	json_object_clear(st->outbox);
	json_object_clear(st->sent);
	json_array_clear(st->waiting);
	st->num = st->done = st->line = st->serial = st->peer_serial = 0;
	g_ptr_array_set_size(s->wire, 0);
}

/* All that S has, frozen: uid -> known. */
static GHashTable *
freeze(side *s)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
	g_autoptr(GPtrArray) shown = tracker_uids(s->t);

	for (guint i = 0; i < shown->len; i++) {
		const char *uid = shown->pdata[i];
		if (side_item(s, uid) == NULL && tracker_find(s->t, uid)->pub) {
			sync_item *it = sync_item_new(uid, NULL);
			g_hash_table_insert(s->st.items, it->uid, it);
		}
	}
	g_autoptr(GPtrArray) uids = side_uids(s);
	for (guint i = 0; i < uids->len; i++) {
		sync_item *it = side_item(s, uids->pdata[i]);
		g_autoptr(item) raw = tracker_view(s->t, it->uid);

		sync_freeze(&s->ctx, it, raw);
		g_autofree char *sum = sync_sum(it);
		if (*sum == '\0' && it->gen == 0)
			continue;
		known *k = g_new(known, 1);
		*k = (known){it->gen, g_steal_pointer(&sum)};
		g_hash_table_insert(all, g_strdup(it->uid), k);
	}
	return all;
}

static void
pair_item(side *s, const char *uid, const known *mine, const known *theirs)
{
	sync_item *it = side_item(s, uid);
	sync_out out;

	if (it == NULL) {
		it = sync_item_new(uid, NULL);
		g_hash_table_insert(s->st.items, it->uid, it);
	}
	sync_out_init(&out);
	sync_pair(&s->ctx, it,
		  1 + MAX(mine != NULL ? mine->gen : 0, theirs != NULL ? theirs->gen : 0),
		  mine != NULL ? mine->sum : "", theirs != NULL ? theirs->sum : "", &out);
	side_collect(s, it, &out);
}

static void
pair(side *s, GHashTable *mine, GHashTable *theirs)
{
	GHashTableIter iter;
	gpointer uid, k;

	g_hash_table_iter_init(&iter, mine);
	while (g_hash_table_iter_next(&iter, &uid, &k))
		pair_item(s, uid, k, g_hash_table_lookup(theirs, uid));
	g_hash_table_iter_init(&iter, theirs);
	while (g_hash_table_iter_next(&iter, &uid, &k))
		if (g_hash_table_lookup(mine, uid) == NULL)
			pair_item(s, uid, NULL, k);
}

/* What a person saw in the log stays seen. */
static void
put_back(side *s, const json_t *old)
{
	GByteArray *logged = g_byte_array_ref(s->st.logged);

	state_load(&s->st, old);
	for (guint i = 0; i < logged->len; i++) {
		if (i >= s->st.logged->len) {
			const guint8 none = 0;
			g_byte_array_append(s->st.logged, &none, 1);
		}
		s->st.logged->data[i] |= logged->data[i];
	}
	g_byte_array_unref(logged);
}

gboolean
sides_begin_again(side *a, side *b, side *restored, const json_t *old)
{
	/* What is being written is finished first, as at each start. */
	if (!side_recover(a) || !side_recover(b) || a->st.intent != NULL || b->st.intent != NULL)
		return FALSE;
	if (old != NULL)
		put_back(restored, old);
	if (restored->st.intent != NULL)
		g_clear_pointer(&restored->st.intent, json_decref);
	g_autoptr(GHashTable) as = freeze(a), bs = freeze(b);
	leave_pair(a);
	leave_pair(b);
	/* People go on meanwhile. */
	tracker_edit(a->t);
	tracker_edit(b->t);
	pair(a, as, bs);
	pair(b, bs, as);
	return TRUE;
}
