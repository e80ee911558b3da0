#include "adapter/mirror.h"
#include "gateway/private.h"

/* ---- what sync asks of the site ---- */

/* Who asks cannot be told of trouble: nothing that is done by the answer becomes durable. */
static gboolean
exists(gateway *g, const char *uid)
{
	GError *why = NULL;
	gboolean ret = FALSE;

	if (!g->tracker_ops->exists(g->tracker, uid, &ret, &why))
		store_doubt(g->store, why);
	return ret;
}

static gboolean
shares(const char *uid, gpointer data)
{
	gateway *g = data;

	return store_item_shared(g->store, uid) && exists(g, uid);
}

static item *
view(const char *uid, gpointer data)
{
	gateway *g = data;
	GError *why = NULL;
	g_autoptr(sync_item) it = gate_load(g, uid, &why);
	item *now = NULL;

	if (it == NULL || !gate_view(g, it, &now, &why))
		store_doubt(g->store, why);
	return now;
}

sync_ctx
gate_ctx(gateway *g)
{
	return (sync_ctx){
		.master = g->master,
		.contract = g->contract,
		.now = g->now,
		.by = conf_text(g->conf, "user"),
		.epoch = g->n.epoch,
		.shares = shares,
		.view = view,
		.data = g,
	};
}

/* ---- items in and out of the store ---- */

sync_item *
gate_load(gateway *g, const char *uid, GError **error)
{
	g_autoptr(GError) inner = NULL;
	store_item *row = store_load_item(g->store, uid, &inner);

	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return NULL;
	}
	if (row == NULL)
		return sync_item_new(uid, NULL);
	sync_item *it = sync_item_from_json(uid, row->doc, error);
	store_item_free(row);
	return it;
}

/* The other end of reference REG whose value is V; NULL for none. Caller frees. */
static char *
target_of(const char *reg, const json_t *v)
{
	char *target = NULL;

	switch (item_reg_type(reg)) {
	case REG_RELATION:
		item_relation_parts(reg, NULL, NULL, &target);
		return target;
	case REG_PARENT:
		return g_strdup(json_string_value(v));
	default:
		return NULL;
	}
}

/*
 * Other ends of references that are agreed but not shown yet, or shown by the tracker but not to
 * this link. One agreed while its other end was still being made has come too late to be planned.
 */
static GPtrArray *
dangling_targets(gateway *g, const sync_item *it, const item *now)
{
	GPtrArray *targets = g_ptr_array_new_with_free_func(g_free);
	const char *reg;
	json_t *unused, *entry;

	json_object_foreach (it->rows, reg, unused) {
		json_t *top = sync_top(it, reg);
		char *target = top == NULL ? NULL : target_of(reg, json_object_get(top, "v"));
		gboolean planned = json_object_get(it->shadow, reg) != NULL ||
				   json_object_get(it->listed, reg) != NULL;

		if (target != NULL && (!planned || !shares(target, g)))
			g_ptr_array_add(targets, g_steal_pointer(&target));
		g_free(target);
	}
	json_object_foreach (now == NULL ? NULL : now->regs, reg, entry) {
		char *target = target_of(reg, json_object_get(entry, "v"));

		if (target != NULL && !shares(target, g))
			g_ptr_array_add(targets, g_steal_pointer(&target));
		g_free(target);
	}
	return targets;
}

static gboolean
has_references(const sync_item *it, const item *now)
{
	const char *reg;
	json_t *unused;

	json_object_foreach (it->rows, reg, unused)
		if (item_reg_type(reg) == REG_RELATION || item_reg_type(reg) == REG_PARENT)
			return TRUE;
	if (now == NULL)
		return FALSE;
	json_object_foreach (now->regs, reg, unused)
		if (item_reg_type(reg) == REG_RELATION || item_reg_type(reg) == REG_PARENT)
			return TRUE;
	return FALSE;
}

static gboolean
save_row(gateway *g, sync_item *it, GError **error)
{
	const json_t *title = json_object_get(it->shadow, "title");

	if (json_is_string(title)) {
		g_free(it->title);
		it->title = g_strdup(json_string_value(title));
	}
	g_autoptr(json_ref) doc = sync_item_to_json(it);
	const store_item row = {
		.uid = it->uid,
		.id = it->id,
		.title = it->title,
		.partner_id = it->partner_id,
		.gen = it->gen,
		.own = it->own,
		.seen = it->seen,
		.k = sync_k(it),
		.live = sync_alive(it),
		.here = it->here,
		.joined = it->joined,
		.held = (guint)json_array_size(it->inq),
		.listed = (guint)json_object_size(it->listed),
		.why = it->why,
		.doc = doc,
	};
	return store_save_item(g->store, &row, error);
}

static gboolean
save_lines(gateway *g, const char *uid, sync_out *out, GError **error)
{
	if (out->drop_lines && !store_drop_lines(g->store, uid, error))
		return FALSE;
	for (guint i = 0; i < out->lines->len; i++) {
		json_t *line = out->lines->pdata[i];
		gboolean record = g_strcmp0(json_str(line, "t"), "change") == 0;

		if (record)
			g->captured++;
		if (g->dry != NULL)
			g_ptr_array_add(g->dry, json_incref(line));
		g_autoptr(GPtrArray) files = g_ptr_array_new();
		g_autofree char *text = json_text_unsorted(line);
		g_autofree char *note = record ? gate_record_text(line) : NULL;
		size_t at;
		json_t *thing;

		json_array_foreach (json_object_get(line, "things"), at, thing) {
			const char *sha = json_str(json_object_get(thing, "v"), "sha256");

			if (sha != NULL)
				g_ptr_array_add(files, (gpointer)sha);
		}
		if (!store_add_line(g->store, record ? LINE_RECORD : LINE_ANSWER, uid,
				    (guint64)json_num(line, "gen", 0),
				    (guint64)json_num(line, "own", 0), text, note, files, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
save_losses(gateway *g, sync_item *it, sync_out *out, GError **error)
{
	for (guint i = 0; i < out->losses->len; i++) {
		json_t *loss = out->losses->pdata[i];
		const char *reg = json_str(loss, "reg");
		g_autofree char *value = type_show(json_object_get(loss, "value"), 60);
		gboolean open = json_flag(loss, "open");

		/* A later choice between newer candidates replaces the earlier one. */
		if ((open && !store_close_conflicts(g->store, it->uid, reg, error)) ||
		    !store_add_conflict(g->store, it->uid, reg, open, loss, error))
			return FALSE;
		gate_note(g, "conflict", it->uid, NULL, "%s: %s lost", reg, value);
	}
	const char *reg;
	json_t *row;
	/* A plain top closes what was open, whoever resolved it. */
	if (!store_has_open_conflict(g->store, it->uid))
		return TRUE;
	json_object_foreach (it->rows, reg, row) {
		json_t *top = sync_top(it, reg);

		if (item_reg_type(reg) == REG_FIELD &&
		    (top == NULL || json_object_get(top, "c") == NULL) &&
		    !store_close_conflicts(g->store, it->uid, reg, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
gate_save(gateway *g, sync_item *it, const item *now, sync_out *out, GError **error)
{
	if (now != NULL && g_strcmp0(it->id, now->id) != 0) {
		g_free(it->id);
		it->id = g_strdup(now->id);
	}
	if (!save_row(g, it, error) || (out != NULL && (!save_lines(g, it->uid, out, error) ||
							!save_losses(g, it, out, error))))
		return FALSE;
	if (!has_references(it, now))
		return now == NULL && it->here ? TRUE
					       : store_set_dangling(g->store, it->uid, NULL, error);
	g_autoptr(GPtrArray) targets = dangling_targets(g, it, now);
	/* Without a fresh read, what dangles in the tracker is noted already and stays noted. */
	return now == NULL && it->here ? store_add_dangling(g->store, it->uid, targets, error)
				       : store_set_dangling(g->store, it->uid, targets, error);
}

/* ---- what the tracker shows, as far as it concerns this link ---- */

/* What another link wrote or emptied is no local edit: unless sync.relay says so, it is as if the
 * tracker still showed what we know. */
static void
mask_foreign(gateway *g, const sync_item *it, item *now)
{
	const char *reg;
	json_t *entry;
	void *next;

	json_object_foreach_safe (now->regs, next, reg, entry) {
		const char *via = json_str(entry, "via");

		if (via == NULL || g_str_equal(via, g->name))
			continue;
		json_t *known = json_object_get(it->shadow, reg);
		if (now->masked == NULL)
			now->masked = json_object();
		json_object_set(now->masked, reg, json_object_get(entry, "v"));
		if (known == NULL)
			json_object_del(now->regs, reg);
		else
			json_object_set(entry, "v", known);
	}
}

gboolean
gate_view(gateway *g, sync_item *it, item **ret, GError **error)
{
	g_autoptr(item) now = NULL;

	if (!g->tracker_ops->get(g->tracker, it->uid, &now, error))
		return FALSE;
	if (now != NULL && !conf_bool(g->conf, "sync.relay"))
		mask_foreign(g, it, now);
	*ret = g_steal_pointer(&now);
	return TRUE;
}

/* ---- the site's other links ---- */

typedef struct {
	store *store;
	char *mirror; /* the link's id if it sees the tracker in a mirror, else NULL */
} other;

static void
other_free(gpointer p)
{
	other *o = p;

	store_close(o->store);
	g_free(o->mirror);
	g_free(o);
}

static void
add_other(gateway *g, const char *name)
{
	g_autofree char *dir = site_link_dir(g->site, name);
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) settings = conf_load(path, SET_LINK, NULL);
	store *s = store_open_readonly(dir, NULL);

	if (s == NULL)
		return;
	other *o = g_new0(other, 1);
	o->store = s;
	if (settings != NULL && conf_bool(settings, "link.same_site"))
		o->mirror = g_strdup(conf_text(settings, "link.id"));
	g_ptr_array_add(g->others, o);
}

static void
open_others(gateway *g)
{
	g_autoptr(GPtrArray) names = site_links(g->site, NULL);

	g->others = g_ptr_array_new_with_free_func(other_free);
	for (guint i = 0; names != NULL && i < names->len; i++)
		if (!g_str_equal(names->pdata[i], g->name))
			add_other(g, names->pdata[i]);
}

/* What came by this very link and its state no longer knows is no stranger. */
static gboolean
is_stranger(gateway *g, const char *uid)
{
	g_autoptr(item) now = NULL;
	GError *why = NULL;

	if (!exists(g, uid))
		return FALSE;
	if (!g->tracker_ops->get(g->tracker, uid, &now, &why))
		store_doubt(g->store, why);
	return now == NULL || g_strcmp0(now->via, g->name) != 0;
}

/* A link that sees the tracker in a mirror knows an item by another uid than the tracker does. */
gboolean
gate_elsewhere(gateway *g, const char *uid)
{
	g_autofree char *there =
		conf_bool(g->conf, "link.same_site") ? mirror_uid(g->id, uid) : g_strdup(uid);
	GError *why = NULL;

	if (g->others == NULL)
		open_others(g);
	for (guint i = 0; i < g->others->len; i++) {
		const other *o = g->others->pdata[i];
		g_autofree char *turned = o->mirror != NULL ? mirror_uid(o->mirror, there) : NULL;

		if (store_item_known(o->store, turned != NULL ? turned : there))
			return TRUE;
		if (!store_heard(o->store, &why))
			store_doubt(g->store, g_steal_pointer(&why));
	}
	return is_stranger(g, uid);
}

gboolean
gate_in_scope(gateway *g, const item *now)
{
	const char *scope = conf_text(g->conf, "scope");
	const char *via = now->via;

	/* Default closed: what came in by another link is not passed on. */
	if (via != NULL && !g_str_equal(via, g->name) && !conf_bool(g->conf, "sync.relay"))
		return FALSE;
	if (store_assigned(g->store, now->uid) || g_str_equal(scope, "all"))
		return TRUE;
	const char *equals = strchr(scope, '=');
	if (equals == NULL)
		return FALSE;
	g_autofree char *field = g_strndup(scope, (gsize)(equals - scope));
	const json_t *v = item_value(now, field);
	if (json_is_string(v))
		return g_str_equal(json_string_value(v), equals + 1);
	size_t i;
	json_t *one;
	json_array_foreach (v, i, one)
		if (g_strcmp0(json_string_value(one), equals + 1) == 0)
			return TRUE;
	return json_is_true(v) && g_str_equal(equals + 1, "yes");
}
