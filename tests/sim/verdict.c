/*
 * When nobody types any more and the carrier is honest: both ends of each link agree on every item
 * and show it, or say what they wait for; and all that people typed is somewhere.
 */
#include "tests/sim/sim.h"

#include <string.h>

#include "adapter/desk.h"
#include "gateway/private.h"
#include "spool/quarantine.h"
#include "sync/sync_private.h"

typedef struct {
	sim *s;
	guint8 covered[VALUES_MAX];
	GHashTable *things;      /* uids shown anywhere */
	GHashTable *listed;      /* "uid register": what both sides need not show alike */
	GHashTable *held;        /* uids of items that wait */
	json_t *desk[SITES_MAX]; /* uid -> what desk_show tells */
} court;

/* ---- one end of a link ---- */

static sync_item *
load(store *s, const char *uid)
{
	store_item *row = store_load_item(s, uid, NULL);
	sync_item *it = row == NULL ? NULL : sync_item_from_json(uid, row->doc, NULL);

	store_item_free(row);
	return it;
}

/* An item that came through another link already waits for its operator. */
static gboolean
may_wait(const court *c, const sync_item *it)
{
	return c->s->sites > 2 && it->why == REASON_ALREADY_HERE;
}

/* Edits that are not captured: but of an item that waits at the other end, whose window is full. */
static gboolean
forgotten(const court *c, store *theirs, const GPtrArray *dirty)
{
	for (guint i = 0; i < dirty->len; i++) {
		g_autoptr(sync_item) b = load(theirs, dirty->pdata[i]);

		if (b == NULL || json_array_size(b->inq) == 0 || !may_wait(c, b))
			return TRUE;
	}
	return FALSE;
}

static void
judge_rest(court *c, const end *e, gateway *g, store *theirs)
{
	g_auto(store_numbers) t = {0};
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_STORED, NULL);
	g_autoptr(GPtrArray) intents = store_intents(g->store, NULL);
	guint64 lines = 0, seq;
	g_autoptr(GPtrArray) dirty = store_dirty(g->store, 0, 1000, &seq, NULL);
	const char *name = e->at->name;

	if (g->state != PAIR_RUNNING)
		sim_bad(c->s, "%s: not paired with %s in the end", name, e->peer->at->name);
	if (!store_load_numbers(theirs, &t, NULL) || g->n.done != t.last || g->n.stored != t.last)
		sim_bad(c->s, "%s: has not all that %s sealed", name, e->peer->at->name);
	if (open == NULL || open->len > 0)
		sim_bad(c->s, "%s: envelopes are not done in the end", name);
	if (!store_count_lines(g->store, &lines, NULL) || lines > 0)
		sim_bad(c->s, "%s: lines are not sealed in the end", name);
	if (intents == NULL || intents->len > 0)
		sim_bad(c->s, "%s: intents are open in the end", name);
	if (dirty == NULL || forgotten(c, theirs, dirty))
		sim_bad(c->s, "%s: edits are not captured in the end", name);
}

/* What was genuine has been taken, however often it came. */
static void
judge_quarantine(court *c, const end *e, gateway *g)
{
	g_autoptr(GPtrArray) bad = quarantine_list(g->spool, NULL);

	for (guint i = 0; bad != NULL && i < bad->len; i++) {
		const char *name = json_str(bad->pdata[i], "name");
		const char *sha = json_str(bad->pdata[i], "sha256");
		g_autofree char *path = g_build_filename(e->peer->seen, name, NULL);
		g_autofree char *data = NULL;
		gsize len;

		c->s->book->f.quarantined++;
		if (!g_file_get_contents(path, &data, &len, NULL))
			continue;
		g_autofree char *was =
			g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guint8 *)data, len);
		/* An old copy has good reasons to refuse. */
		if (g_strcmp0(was, sha) == 0 && !c->s->restores)
			sim_bad(c->s, "%s: genuine %s lies in quarantine: %s", e->at->name, name,
				json_str(bad->pdata[i], "text"));
	}
}

static void
list_reg(court *c, const char *uid, const char *reg)
{
	g_hash_table_add(c->listed, g_strdup_printf("%s %s", uid, reg));
}

static void
judge_tops(court *c, const end *e, const sync_item *a, const sync_item *b)
{
	const char *reg;
	json_t *row;

	json_object_foreach (a->rows, reg, row) {
		if (!value_eq(sync_top(a, reg), sync_top(b, reg)))
			sim_bad(c->s, "%s and %s do not agree on %s of %s", e->at->name,
				e->peer->at->name, reg, a->uid);
		if (value_form_of(sync_top(a, reg)) == VALUE_CONFLICT)
			list_reg(c, a->uid, reg);
	}
	if (sync_k(a) > 0)
		sim_bad(c->s, "%s: records of %s are not settled", e->at->name, a->uid);
}

/* One register of a live item is captured, and shown as agreed. */
static void
judge_shown(court *c, const end *e, gateway *g, const sync_item *it, const sync_view *view,
	    const char *reg)
{
	sync_ctx ctx = gate_ctx(g);
	json_t *v = view_value(view, reg), *top = sync_top(it, reg);
	const char *how = listed_how(it, reg);
	gboolean alone;

	if (how != NULL)
		list_reg(c, it->uid, reg);
	if (strcmp(reg, ITEM_LIFE) == 0 || value_form_of(top) == VALUE_UNSHARED)
		return;
	if (!value_same(v, json_object_get(it->shadow, reg)))
		sim_bad(c->s, "%s: not captured: %s of %s", e->at->name, reg, it->uid);
	if (how != NULL && strcmp(how, HOW_AS) != 0)
		return;
	/* Of a thing single fields may be shown otherwise. */
	if (!sim_alike(shown_of(&ctx, it, reg, top, &alone), v) && item_reg_type(reg) != REG_THING)
		sim_bad(c->s, "%s does not show what was agreed: %s of %s", e->at->name, reg,
			it->uid);
}

static void
judge_live(court *c, const end *e, gateway *g, sync_item *it)
{
	sync_ctx ctx = gate_ctx(g);
	g_autoptr(item) now = NULL;

	if (!gate_view(g, it, &now, NULL)) {
		sim_bad(c->s, "%s: %s cannot be read", e->at->name, it->uid);
		return;
	}
	g_autoptr(sync_view) view = view_new(&ctx, it, now);
	const char *reg;
	json_t *any;
	if (view == NULL) {
		if (listed_how(it, ITEM_LIFE) == NULL)
			sim_bad(c->s, "%s: %s lives and is not shown", e->at->name, it->uid);
		list_reg(c, it->uid, ITEM_LIFE);
		return;
	}
	json_object_foreach (view->regs, reg, any)
		judge_shown(c, e, g, it, view, reg);
	json_object_foreach (it->rows, reg, any)
		judge_shown(c, e, g, it, view, reg);
}

static gboolean
shows(gateway *g, const char *uid)
{
	gboolean ret;

	return g->tracker_ops->exists(g->tracker, uid, &ret, NULL) && ret;
}

static void
judge_item(court *c, const end *e, gateway *g, store *theirs, const char *uid)
{
	g_autoptr(sync_item) a = load(g->store, uid);
	g_autoptr(sync_item) b = load(theirs, uid);
	const char *reg;
	json_t *row;

	if (a == NULL || b == NULL) {
		sim_bad(c->s, "%s: only one side knows %s", e->at->name, uid);
		return;
	}
	json_object_foreach (a->rows, reg, row)
		sim_cover(c->s, c->covered, sync_top(a, reg));
	sim_cover(c->s, c->covered, a->inq);
	c->s->book->f.differs += json_object_size(a->listed);
	json_object_foreach (a->listed, reg, row)
		list_reg(c, uid, reg);
	if (json_array_size(a->inq) + json_array_size(b->inq) > 0) {
		c->s->book->f.held += json_array_size(a->inq) > 0;
		g_hash_table_add(c->held, g_strdup(uid));
		if (json_array_size(a->inq) > 0 && !may_wait(c, a))
			sim_bad(c->s, "%s: %s is held for ever: %d", e->at->name, uid, a->why);
		return;
	}
	if (a->gen != b->gen || a->own != b->seen || b->own != a->seen)
		sim_bad(c->s, "%s: the counters of %s differ", e->at->name, uid);
	judge_tops(c, e, a, b);
	if (sync_alive(a))
		judge_live(c, e, g, a);
	else if (strcmp(life_word(sync_top(a, ITEM_LIFE)), LIFE_GONE) == 0 && shows(g, uid) &&
		 listed_how(a, ITEM_LIFE) == NULL)
		sim_bad(c->s, "%s: %s is gone and still shown", e->at->name, uid);
}

static void
judge_end(court *c, const end *e)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(site) at = site_open(e->at->home, &error);
	g_autoptr(gateway) g =
		at == NULL ? NULL : gateway_open(at, e->peer->at->name, GATE_TRACKER, NULL, &error);
	g_autoptr(store) theirs = store_open_readonly(e->peer->dir, NULL);

	if (g == NULL || theirs == NULL) {
		sim_bad(c->s, "%s cannot be opened: %s", e->dir,
			error == NULL ? "?" : error->message);
		return;
	}
	judge_rest(c, e, g, theirs);
	judge_quarantine(c, e, g);
	g_autoptr(GPtrArray) mine = store_items(g->store, NULL, 1000, NULL);
	for (guint i = 0; mine != NULL && i < mine->len && !sim_is_bad(c->s); i++)
		judge_item(c, e, g, theirs, ((const store_item *)mine->pdata[i])->uid);
	g_autoptr(GPtrArray) losses = store_conflicts(g->store, NULL, NULL);
	for (guint i = 0; losses != NULL && i < losses->len; i++) {
		c->s->book->f.conflicts++;
		sim_cover(c->s, c->covered, ((const store_conflict *)losses->pdata[i])->doc);
	}
}

/* ---- desks ---- */

typedef struct {
	court *c;
	const place *at;
	json_t *all;
	GHashTable *once; /* "comment 17", "title 17": nothing may be there twice */
} reading;

static void
only_once(reading *r, const char *what, const char *value)
{
	if (!g_hash_table_add(r->once, g_strdup_printf("%s %s", what, value)))
		sim_bad(r->c->s, "%s: the %s %s is there twice", r->at->name, what, value);
}

static void
read_things(reading *r, const json_t *it)
{
	static const char *const lists[] = {"comments", "files", "rows"};
	json_t *one;
	gsize i;

	for (guint n = 0; n < G_N_ELEMENTS(lists); n++)
		json_array_foreach (json_object_get(it, lists[n]), i, one) {
			const char *text = json_str(one, "text");
			g_hash_table_add(r->c->things, g_strdup(json_str(one, "uid")));
			if (text != NULL && sim_number(json_object_get(one, "text")) > 0) {
				g_autofree char *low = g_ascii_strdown(text, -1);
				only_once(r, "comment", low);
			}
			if (json_str(one, "sha256") != NULL && json_num(one, "size", 0) > 8)
				only_once(r, "file", json_str(one, "sha256"));
		}
}

static gboolean
read_item(const json_t *it, gpointer data)
{
	reading *r = data;
	json_t *title = json_object_get(json_object_get(it, "fields"), "title");

	json_object_set(r->all, json_str(it, "uid"), (json_t *)it);
	sim_cover(r->c->s, r->c->covered, it);
	read_things(r, it);
	if (sim_number(title) > 0) {
		g_autofree char *low = g_ascii_strdown(json_string_value(title), -1);
		only_once(r, "title", low);
	}
	return TRUE;
}

static void
read_desk(court *c, guint i)
{
	const place *at = &c->s->site[i];
	g_autoptr(desk) d = desk_open(at->home, at->name, FALSE, NULL);
	reading r = {c, at, json_object(),
		     g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};

	if (d == NULL || !desk_export(d, read_item, &r, NULL))
		sim_bad(c->s, "the desk of %s cannot be read", at->name);
	g_hash_table_unref(r.once);
	c->desk[i] = r.all;
}

static gboolean
is_listed(court *c, const char *uid, const char *reg)
{
	g_autofree char *key = g_strdup_printf("%s %s", uid, reg);

	return g_hash_table_contains(c->listed, key);
}

static void
compare_fields(court *c, const char *uid, const json_t *a, const json_t *b)
{
	const json_t *mine = json_object_get(a, "fields"), *theirs = json_object_get(b, "fields");
	const char *field;
	json_t *v;

	/* What the contract does not have is each side's own. */
	json_object_foreach ((json_t *)mine, field, v)
		if (strcmp(field, "created") != 0 && strcmp(field, "resolved") != 0 &&
		    !sim_alike(v, json_object_get(theirs, field)) && !is_listed(c, uid, field))
			sim_bad(c->s, "desks differ in %s of %s", field, uid);
}

/* Two sites that share all show the same, whatever the code under test thinks of it. */
static void
compare_desks(court *c, guint from, guint to)
{
	const char *uid;
	json_t *it;

	json_object_foreach (c->desk[from], uid, it) {
		const json_t *other = json_object_get(c->desk[to], uid);

		if (g_hash_table_contains(c->held, uid))
			continue;
		if (other != NULL)
			compare_fields(c, uid, it, other);
		else if (!is_listed(c, uid, ITEM_LIFE))
			sim_bad(c->s, "%s has %s and %s has not", c->s->site[from].name, uid,
				c->s->site[to].name);
	}
}

/* ---- what people did ---- */

static gboolean
item_was_deleted(const court *c, const char *uid)
{
	const notebook *b = c->s->book;

	for (guint i = 0; i < b->gone; i++)
		if (strcmp(b->item_gone[i], uid) == 0)
			return TRUE;
	return FALSE;
}

static void
judge_people(court *c)
{
	const notebook *b = c->s->book;

	/* What a log told is gone with the state that was put back. */
	for (guint n = 1; n <= b->values && !c->s->restores; n++)
		if (!c->covered[n] && !b->fine[n])
			sim_bad(c->s, "v%u is lost without a trace", n);
	for (guint i = 0; i < b->things; i++) {
		const made_thing *t = &b->thing[i];

		if (!t->deleted && !g_hash_table_contains(c->things, t->uid) &&
		    !item_was_deleted(c, t->owner))
			sim_bad(c->s, "thing %s of %s is gone", t->uid, t->owner);
	}
}

static gboolean
hold_court(sim *s, gpointer data G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
	court *c = g_new0(court, 1);

	c->s = s;
	c->things = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	c->listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	c->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < s->ends && !sim_is_bad(s); i++)
		judge_end(c, &s->end[i]);
	for (guint i = 0; i < s->sites; i++)
		read_desk(c, i);
	for (guint i = 1; i < s->sites && (s->sites == 2 || s->relay); i++) {
		compare_desks(c, 0, i);
		compare_desks(c, i, 0);
	}
	if (!sim_is_bad(s))
		judge_people(c);
	for (guint i = 0; i < s->sites; i++)
		json_decref(c->desk[i]);
	g_hash_table_unref(c->things);
	g_hash_table_unref(c->listed);
	g_hash_table_unref(c->held);
	g_free(c);
	return TRUE;
}

void
verdict(sim *s)
{
	if (machine_run(s, &s->site[0], (mishap){0}, hold_court, NULL) != END_OK)
		sim_bad(s, "no verdict: %s", s->book->said);
}
