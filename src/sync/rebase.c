#include "sync/sync_private.h"

#include <string.h>

/* What only a person can have meant by an emptied register of VIEW, at the time the tracker knows.
 */
static void
put_emptied(json_t *full, const sync_view *view)
{
	const char *reg;
	json_t *at;

	json_object_foreach (view->emptied, reg, at) {
		if (json_is_string(at) &&
		    value_form_of(json_object_get(full, reg)) == VALUE_PLAIN &&
		    value_of(json_object_get(full, reg)) == NULL)
			json_object_set_new(full, reg, value_plain(NULL, json_string_value(at)));
	}
}

/* The shadow becomes what VIEW shows; an edit of a listed register is still to be captured. */
static void
take_shadow(sync_item *it, const sync_view *view)
{
	g_autoptr(json_ref) before = it->shadow;
	const char *reg;
	json_t *entry;

	it->shadow = json_object();
	json_object_foreach (view->regs, reg, entry) {
		if (listed_how(it, reg) == NULL)
			json_object_set(it->shadow, reg, json_object_get(entry, "v"));
	}
	json_object_foreach (it->listed, reg, entry) {
		if (json_object_get(before, reg) != NULL)
			json_object_set(it->shadow, reg, json_object_get(before, reg));
	}
}

/* Every row holds its value of FULL alone, and the item lives or not as WORD says. */
static void
set_rows(sync_item *it, const json_t *full, const char *word)
{
	const char *reg;
	json_t *x;

	json_object_clear(it->rows);
	json_object_foreach ((json_t *)full, reg, x) {
		if (strcmp(reg, ITEM_LIFE) != 0)
			json_object_set_new(it->rows, reg, json_pack("[O]", x));
	}
	if (word != NULL)
		json_object_set_new(it->rows, ITEM_LIFE, json_pack("[o]", life_value(word)));
	it->own = it->seen = it->acked = it->trimto = it->pheld = 0;
}

static void
drop_listed(sync_item *it, const json_t *full)
{
	const char *reg;
	json_t *any;
	void *next;

	json_object_foreach_safe (it->listed, next, reg, any) {
		if (json_object_get(full, reg) == NULL && strcmp(reg, ITEM_LIFE) != 0)
			json_object_del(it->listed, reg);
	}
}

/* The item is not shown, nor is anybody waiting for it to be: a tombstone, if it ever was. */
static void
freeze_dead(sync_item *it, const char *word)
{
	set_rows(it, NULL, word[0] == '\0' ? NULL : word);
	it->here = FALSE;
	json_object_clear(it->shadow);
	json_object_clear(it->listed);
}

static void
freeze_live(const sync_ctx *ctx, sync_item *it, const sync_view *view)
{
	g_autoptr(json_ref) full = capture_mine(ctx, it, view);

	if (view != NULL) {
		put_emptied(full, view);
		take_shadow(it, view);
		it->here = TRUE;
	}
	drop_listed(it, full);
	set_rows(it, full, LIFE_START);
}

void
sync_freeze(const sync_ctx *ctx, sync_item *it, const item *raw)
{
	g_autoptr(sync_view) view = view_new(ctx, it, raw);
	g_autofree char *life = g_strdup(life_word(sync_top(it, ITEM_LIFE)));
	gboolean live = life_live(sync_top(it, ITEM_LIFE));

	json_array_clear(it->inq);
	item_why(it, 0, NULL);
	if (strcmp(life, LIFE_UNSHARED) == 0)
		set_rows(it, NULL, LIFE_UNSHARED);
	else if (strcmp(life, LIFE_GONE) == 0 && view != NULL && it->here &&
		 view_untouched(it, view))
		set_rows(it, NULL, LIFE_GONE); /* its deletion was refused here */
	else if (view != NULL || (live && !it->here))
		freeze_live(ctx, it, view); /* without a view: the tracker has refused to make it */
	else
		freeze_dead(it, live ? LIFE_GONE : life);
}

char *
sync_sum(const sync_item *it)
{
	g_autoptr(json_ref) all = json_object();
	const char *reg;
	json_t *unused;

	if (!sync_alive(it))
		return g_strdup(life_word(sync_top(it, ITEM_LIFE)));
	json_object_foreach (it->rows, reg, unused) {
		const json_t *top = sync_top(it, reg);

		/* What was emptied is as if it had never been. */
		if (strcmp(reg, ITEM_LIFE) == 0 ||
		    (value_form_of(top) == VALUE_PLAIN && value_of(top) == NULL))
			continue;
		g_autofree char *hash = value_hash(top);
		json_put(all, reg, hash);
	}
	return json_hash(all);
}

gboolean
sync_sum_live(const char *sum)
{
	return sum != NULL && sum[0] != '\0' && strcmp(sum, LIFE_GONE) != 0 &&
	       strcmp(sum, LIFE_UNSHARED) != 0;
}

/* Both have it, and the same: what is emptied in one and was never there in the other has to be one
 * thing from now on. */
static void
agree(sync_item *it)
{
	const char *reg;
	json_t *row;
	void *next;

	json_object_foreach_safe (it->rows, next, reg, row) {
		const json_t *x = json_array_get(row, 0);

		if (value_form_of(x) == VALUE_PLAIN && value_of(x) == NULL)
			json_object_del(it->rows, reg);
	}
}

static void
state_again(const sync_ctx *ctx, sync_item *it, sync_out *out)
{
	g_autoptr(json_ref) full = json_object();
	const char *reg;
	json_t *row;

	json_object_foreach (it->rows, reg, row) {
		if (strcmp(reg, ITEM_LIFE) != 0)
			json_object_set(full, reg, json_array_get(row, 0));
	}
	json_object_clear(it->rows);
	record_make(ctx, it, full, NULL, TRUE, NULL, out);
}

void
sync_pair(const sync_ctx *ctx, sync_item *it, guint64 gen, const char *mine, const char *theirs,
	  sync_out *out)
{
	gboolean live = sync_sum_live(mine), theirs_live = sync_sum_live(theirs);

	/* What the partner alone has begins with its record: the tracker may show it by then. */
	it->gen = theirs_live && !live ? gen - 1 : gen;
	it->joined = it->joined || (mine[0] != '\0' && theirs[0] != '\0');
	if (live && g_strcmp0(mine, theirs) == 0) {
		agree(it);
	} else if (live) {
		state_again(ctx, it, out);
	} else if (theirs_live) {
		set_rows(it, NULL, NULL);
		json_object_clear(it->listed);
	} else {
		gboolean unshared =
			strcmp(mine, LIFE_UNSHARED) == 0 || strcmp(theirs, LIFE_UNSHARED) == 0;
		set_rows(it, NULL, unshared ? LIFE_UNSHARED : LIFE_GONE);
	}
}
