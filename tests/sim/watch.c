/*
 * What must be true of a link at any moment, whatever has happened to it (handsel-protocol(7)).
 */
#include "tests/sim/sim.h"

#include <string.h>

#include "base/fsio.h"
#include "spool/name.h"
#include "sync/sync.h"

typedef struct {
	sim *s;
	end *e;
	store *store, *theirs;
	store_numbers n, t;
} look;

/* Each is a number that only grows. */
#define NUMBER(member)                                                                             \
	{                                                                                          \
#member, G_STRUCT_OFFSET(store_numbers, member)                                    \
	}
static const struct {
	const char *name;
	glong offset;
} growing[] = {
	NUMBER(last),   NUMBER(serial),  NUMBER(heard),  NUMBER(p_stored),
	NUMBER(p_done), NUMBER(settled), NUMBER(stored), NUMBER(done),
};

static void
watch_growth(look *l)
{
	for (gsize i = 0; i < G_N_ELEMENTS(growing); i++) {
		guint64 was = G_STRUCT_MEMBER(guint64, &l->e->before, growing[i].offset);
		guint64 is = G_STRUCT_MEMBER(guint64, &l->n, growing[i].offset);

		if (is < was)
			sim_bad(l->s,
				"%s: %s goes back from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
				l->e->at->name, growing[i].name, was, is);
	}
	store_numbers_clear(&l->e->before);
	l->e->before = l->n;
	l->e->before.last_hash = l->e->before.done_hash = NULL;
	l->e->before.epoch = l->e->before.with = NULL;
}

static void
at_most(look *l, const char *what, guint64 a, guint64 b)
{
	if (a > b)
		sim_bad(l->s, "%s: %s: %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
			l->e->at->name, what, a, b);
}

static void
watch_numbers(look *l)
{
	at_most(l, "done beyond stored", l->n.done, l->n.stored);
	at_most(l, "the partner's done beyond its stored", l->n.p_done, l->n.p_stored);
	at_most(l, "settled beyond done", l->n.settled, l->n.p_done);
	at_most(l, "acknowledged beyond the last", l->n.p_stored, l->n.last);
	at_most(l, "stored more than was sealed there", l->n.stored, l->t.last);
	at_most(l, "thinks more is done there than is", l->n.p_done, l->t.done);
	at_most(l, "thinks more is stored there than is", l->n.p_stored, l->t.stored);
	at_most(l, "heard more than was said", l->n.heard, l->t.serial);
}

/* Every envelope lies in one place, and each that is not done there can be offered again. */
static void
watch_files(look *l)
{
	static const char *const dirs[] = {"inbox", "archive"};
	g_autoptr(GHashTable) lies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) open = store_outgoings(l->store, 1, OUT_STORED, NULL);

	for (guint d = 0; d < G_N_ELEMENTS(dirs); d++) {
		g_autofree char *dir = g_build_filename(l->e->dir, dirs[d], NULL);
		g_autoptr(GPtrArray) names = carrier_names(dir);

		for (guint i = 0; i < names->len; i++)
			if (!g_hash_table_add(lies, g_strdup(names->pdata[i])))
				sim_bad(l->s, "%s: %s lies in two places", l->e->at->name,
					(char *)names->pdata[i]);
	}
	/* A file goes before the commit that says so: one that the partner has may be missing. */
	for (guint i = 0; open != NULL && i < open->len; i++) {
		const store_outgoing *row = open->pdata[i];
		g_autofree char *path = g_build_filename(l->e->dir, "outbox", row->file, NULL);

		if (row->number > l->t.done && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
			sim_bad(l->s, "%s: %s is not done and not in the outbox", l->e->at->name,
				row->file);
	}
}

/* All rows of an item are as long as its records that are on their way. */
static void
watch_rows(look *l, const sync_item *it)
{
	const char *reg;
	json_t *row;

	json_object_foreach (it->rows, reg, row)
		if (json_array_size(row) != sync_k(it) + 1)
			sim_bad(l->s, "%s: %s of %s: %d values and %d records", l->e->at->name, reg,
				it->uid, (int)json_array_size(row), (int)sync_k(it));
	/* Each record of the partner may find an edit that nobody has captured yet. */
	at_most(l, "a row longer than both windows", sync_k(it), 2 * (guint64)l->s->window + 2);
}

/* What both say of the same generation of an item. */
static void
watch_counters(look *l, const sync_item *it)
{
	store_item *row = store_load_item(l->theirs, it->uid, NULL);

	if (row != NULL && row->gen == it->gen) {
		at_most(l, "saw more records than were made", it->seen, row->own);
		at_most(l, "cut what was not merged there", it->acked, row->seen);
	}
	store_item_free(row);
}

static void
watch_items(look *l)
{
	g_autoptr(GPtrArray) all = store_items(l->store, NULL, 1000, NULL);

	for (guint i = 0; all != NULL && i < all->len && !sim_is_bad(l->s); i++) {
		const char *uid = ((const store_item *)all->pdata[i])->uid;
		store_item *row = store_load_item(l->store, uid, NULL);
		g_autoptr(sync_item) it =
			row == NULL ? NULL : sync_item_from_json(uid, row->doc, NULL);

		if (it == NULL)
			sim_bad(l->s, "%s: %s cannot be read", l->e->at->name, uid);
		else {
			watch_rows(l, it);
			watch_counters(l, it);
		}
		store_item_free(row);
	}
}

static void
watch_all(look *l)
{
	watch_numbers(l);
	watch_files(l);
	watch_items(l);
	watch_growth(l);
}

void
watch(sim *s, end *e)
{
	look l = {.s = s, .e = e};
	g_autoptr(GError) why = NULL;

	l.store = store_open_readonly(e->dir, &why);
	l.theirs = l.store == NULL ? NULL : store_open_readonly(e->peer->dir, &why);
	if (l.theirs == NULL || !store_load_numbers(l.store, &l.n, &why) ||
	    !store_load_numbers(l.theirs, &l.t, &why)) {
		sim_bad(s, "the states of %s and %s cannot be read: %s", e->at->name,
			e->peer->at->name, why->message);
	} else {
		g_autofree char *stopped = store_get(l.store, "stopped");

		if (stopped != NULL && !s->restores)
			sim_bad(s, "%s has stopped: %s", e->at->name, stopped);
		if (!s->restores || !restore_unsettled(e, stopped != NULL))
			watch_all(&l);
		g_clear_pointer(&l.n.last_hash, g_free);
		g_clear_pointer(&l.n.done_hash, g_free);
		g_clear_pointer(&l.n.epoch, g_free);
		g_clear_pointer(&l.n.with, g_free);
		store_numbers_clear(&l.t);
	}
	store_close(l.store);
	store_close(l.theirs);
}
