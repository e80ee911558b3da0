#include "gateway/private.h"

#define PAGE 1000

static const char *
sum_of(const store_summary *s)
{
	return s != NULL ? s->sum : "";
}

static void
count(rebase_count *c, const store_summary *mine, const store_summary *theirs)
{
	gboolean here = sync_sum_live(sum_of(mine)), there = sync_sum_live(sum_of(theirs));

	if (here && there && g_str_equal(mine->sum, theirs->sum))
		c->same++;
	else if (here && there)
		c->differing++;
	else if (here)
		c->here++;
	else if (there)
		c->there++;
}

/* What IT, frozen, is in a summary; caller frees.  NULL: nothing is known of it. */
static store_summary *
summarize(const sync_item *it)
{
	g_autofree char *sum = sync_sum(it);

	if (*sum == '\0' && it->gen == 0)
		return NULL;
	store_summary *s = g_new(store_summary, 1);
	*s = (store_summary){.uid = g_strdup(it->uid),
			     .sum = g_steal_pointer(&sum),
			     .id = g_strdup(it->id),
			     .gen = it->gen};
	return s;
}

/* Loads UID and freezes it, in memory; NULL for what is unknown and not to be shared. */
static sync_item *
frozen(gateway *g, const char *uid, item **ret_view, GError **error)
{
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);

	if (it == NULL || !gate_view(g, it, &now, error))
		return NULL;
	/* What the site has by another link, and the partner has told of, too, is still held apart.
	 */
	if (it->gen == 0 && now != NULL && !gate_in_scope(g, now))
		g_clear_pointer(&now, item_free);
	sync_freeze(&ctx, it, now);
	if (ret_view != NULL)
		*ret_view = g_steal_pointer(&now);
	return g_steal_pointer(&it);
}

/* ---- all that this side has ---- */

typedef gboolean each_uid(gateway *, const char *uid, gpointer data, GError **error);

static gboolean
each_known(gateway *g, each_uid *each, gpointer data, GError **error)
{
	g_autofree char *from = NULL;

	for (;;) {
		g_autoptr(GPtrArray) page = store_items(g->store, from, PAGE, error);

		if (page == NULL)
			return FALSE;
		for (guint i = 0; i < page->len; i++)
			if (!each(g, ((store_item *)page->pdata[i])->uid, data, error))
				return FALSE;
		if (page->len < PAGE)
			return TRUE;
		g_free(from);
		from = g_strdup(((store_item *)page->pdata[page->len - 1])->uid);
	}
}

/* Is UID, which the link does not know, to be shared? */
static gboolean
is_new(gateway *g, const char *uid, gboolean *ret, GError **error)
{
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autoptr(item) now = NULL;

	*ret = FALSE;
	if (it == NULL || it->gen != 0)
		return it != NULL;
	if (!gate_view(g, it, &now, error))
		return FALSE;
	*ret = now != NULL && gate_in_scope(g, now);
	return TRUE;
}

static gboolean
each_new(gateway *g, each_uid *each, gpointer data, GError **error)
{
	guint64 seq = 0;

	for (;;) {
		g_autoptr(GPtrArray) page = store_dirty(g->store, seq, PAGE, &seq, error);

		if (page == NULL)
			return FALSE;
		for (guint i = 0; i < page->len; i++) {
			gboolean new;

			if (store_item_known(g->store, page->pdata[i]))
				continue;
			if (!is_new(g, page->pdata[i], &new, error) ||
			    (new && !each(g, page->pdata[i], data, error)))
				return FALSE;
		}
		if (page->len == 0)
			return TRUE;
	}
}

/* A tracker that was put back would be told by its cursor; here all of it is looked at anyway. */
static gboolean
each_item(gateway *g, each_uid *each, gpointer data, GError **error)
{
	return store_put(g->store, "cursor", NULL, error) && gate_collect(g, error) &&
	       each_known(g, each, data, error) && each_new(g, each, data, error);
}

static gboolean
freeze_one(gateway *g, const char *uid, gpointer data, GError **error)
{
	g_autoptr(item) view = NULL;
	g_autoptr(sync_item) it = frozen(g, uid, &view, error);
	g_autoptr(store_summary) s = it == NULL ? NULL : summarize(it);

	(void)data;
	return it != NULL && gate_save(g, it, view, NULL, error) &&
	       (s == NULL || store_add_summary(g->store, TRUE, s, error));
}

gboolean
gate_freeze(gateway *g, GError **error)
{
	return store_clear_summary(g->store, TRUE, error) && each_item(g, freeze_one, NULL, error);
}

/* ---- what the partner has ---- */

/* Calls EACH for what the partner has and MINE, if that is TRUE, does or does not. */
static gboolean
each_of(gateway *g, gboolean mine, gate_each_pair *each, gpointer data, GError **error)
{
	g_autofree char *from = NULL;

	for (;;) {
		g_autoptr(GPtrArray) page = store_summaries(g->store, mine, from, PAGE, error);

		if (page == NULL)
			return FALSE;
		for (guint i = 0; i < page->len; i++) {
			const store_summary *one = page->pdata[i];
			g_autoptr(GError) inner = NULL;
			g_autoptr(store_summary) other =
				store_find_summary(g->store, !mine, one->uid, &inner);

			if (inner != NULL) {
				g_propagate_error(error, g_steal_pointer(&inner));
				return FALSE;
			}
			/* Those of both are told once, by the partner's. */
			if (mine && other != NULL)
				continue;
			if (!each(g, one->uid, mine ? one : other, mine ? NULL : one, data, error))
				return FALSE;
		}
		if (page->len < PAGE)
			return TRUE;
		g_free(from);
		from = g_strdup(((store_summary *)page->pdata[page->len - 1])->uid);
	}
}

typedef struct {
	rebase_count *count;
	gate_each_pair *each;
	gpointer data;
} comparison;

static gboolean
compare_one(gateway *g, const char *uid, gpointer data, GError **error)
{
	comparison *c = data;
	g_autoptr(GError) inner = NULL;
	g_autoptr(sync_item) it = frozen(g, uid, NULL, error);
	g_autoptr(store_summary) mine = it == NULL ? NULL : summarize(it);
	g_autoptr(store_summary) theirs =
		it == NULL ? NULL : store_find_summary(g->store, FALSE, uid, &inner);

	if (it == NULL)
		return FALSE;
	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return FALSE;
	}
	count(c->count, mine, theirs);
	return c->each == NULL || c->each(g, uid, mine, theirs, c->data, error);
}

/* What the partner has and this side does not know. */
static gboolean
compare_theirs(gateway *g, const char *uid, const store_summary *mine, const store_summary *theirs,
	       gpointer data, GError **error)
{
	comparison *c = data;
	gboolean new = FALSE;

	(void)mine;
	/* What is to be shared from now on has been compared. */
	if (store_item_known(g->store, uid))
		return TRUE;
	if (!is_new(g, uid, &new, error) || new)
		return new;
	count(c->count, NULL, theirs);
	return c->each == NULL || c->each(g, uid, NULL, theirs, c->data, error);
}

gboolean
gate_compare(gateway *g, rebase_count *ret, gate_each_pair *each, gpointer data, GError **error)
{
	comparison c = {ret, each, data};

	*ret = (rebase_count){0};
	return each_item(g, compare_one, &c, error) && each_of(g, FALSE, compare_theirs, &c, error);
}

/* ---- pairing ---- */

/*
 * What the state no longer knows, but the tracker has by this very link: the partner knows its uid,
 * so it is the same item.  To the partner this side has none, so it is stated.  *RET_SUM: caller
 * frees.
 */
static gboolean
find_again(gateway *g, sync_item *it, char **ret_sum, GError **error)
{
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);

	if (!gate_view(g, it, &now, error))
		return FALSE;
	if (now == NULL || g_strcmp0(now->via, g->name) != 0)
		return TRUE;
	sync_freeze(&ctx, it, now);
	it->joined = TRUE;
	*ret_sum = sync_sum(it);
	return TRUE;
}

static gboolean
pair_one(gateway *g, const char *uid, const store_summary *mine, const store_summary *theirs,
	 gpointer data, GError **error)
{
	guint64 gen = MAX(mine != NULL ? mine->gen : 0, theirs != NULL ? theirs->gen : 0) + 1;
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	g_autofree char *found = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (it == NULL || (mine == NULL && !find_again(g, it, &found, error)))
		return FALSE;
	if (theirs != NULL && theirs->id != NULL) {
		g_free(it->partner_id);
		it->partner_id = g_strdup(theirs->id);
	}
	count(data, mine, theirs);
	sync_out_init(&out);
	sync_pair(&ctx, it, gen, found != NULL ? found : sum_of(mine),
		  found != NULL ? "" : sum_of(theirs), &out);
	/* Of what neither side had told the other nothing is known until the partner's record is
	 * here. */
	gboolean ok = it->gen == 0 ||
		      (gate_save(g, it, NULL, &out, error) && gate_ask_content(g, it, error));
	sync_out_clear(&out);
	return ok;
}

gboolean
gate_pair_items(gateway *g, rebase_count *ret, GError **error)
{
	*ret = (rebase_count){0};
	return each_of(g, FALSE, pair_one, ret, error) && each_of(g, TRUE, pair_one, ret, error);
}
