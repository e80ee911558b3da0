#include <unistd.h>

#include "gateway/private.h"

#define TRIES 10 /* to write what somebody else is changing */

/*
 * Records are merged in batches: all intents of a batch become durable in one transaction of the
 * state, all plans are applied in one of the tracker, and what came of them is committed with the
 * next batch's intents.  A crash leaves intents, and gate_recover() asks the tracker for each
 * token.
 *
 * What people or other links write between our reading and our writing changes the item's mark: its
 * plan is not carried out, and its record is merged again from a fresh read.
 */

void
gate_forget_batch(gateway *g)
{
	g_ptr_array_set_size(g->batch, 0);
	g_hash_table_remove_all(g->batched);
}

/* What is kept of an intent of a new item; a new reference. */
static json_t *
seed_of(const json_t *intent)
{
	static const char *const members[] = {"uid", "token", "record", "fresh", "inq", "envelope"};
	json_t *seed = json_object();

	for (guint i = 0; i < G_N_ELEMENTS(members); i++)
		if (json_object_get(intent, members[i]) != NULL)
			json_object_set(seed, members[i], json_object_get(intent, members[i]));
	return seed;
}

gboolean
gate_add_intent(gateway *g, sync_item *it, const item *view, json_t *intent, GError **error)
{
	json_put(sync_intent_plan(intent), "mark", view == NULL ? "" : view->mark);
	g_autoptr(json_ref) kept =
		json_flag(intent, "fresh") ? seed_of(intent) : json_incref(intent);

	if (!store_add_intent(g->store, it->uid, json_str(intent, "token"), kept, error))
		return FALSE;
	g_ptr_array_add(g->batch, json_incref(intent));
	g_hash_table_insert(g->batched, g_strdup(it->uid), NULL);
	return TRUE;
}

/* Bytes of a file, as this link's partner sent them. */
static int
content(const char *sha256, gpointer data, GError **error)
{
	gateway *g = data;

	if (fsio_exists(spool_fd(g->spool, SPOOL_CONTENT), sha256))
		return spool_read(g->spool, SPOOL_CONTENT, sha256, NULL, error);
	fail_set(error, REASON_NO_CONTENT, "the bytes of file %.8s are not here", sha256);
	return -1;
}

/* A removed thing no longer says what it was. */
static void
add_things(GString *text, const json_t *things)
{
	static const struct {
		const char *kind, *one, *many;
	} words[] = {{"comment", "comment", "comments"},
		     {"file", "file", "files"},
		     {"row", "row", "rows"},
		     {NULL, "removal", "removals"}};

	for (guint k = 0; k < G_N_ELEMENTS(words); k++) {
		guint count = 0;
		size_t i;
		json_t *thing;

		json_array_foreach (things, i, thing)
			if (g_strcmp0(json_str(thing, "kind"), words[k].kind) == 0)
				count++;
		if (count > 0)
			g_string_append_printf(text, "%s%u %s", text->len > 0 ? ", " : "", count,
					       count == 1 ? words[k].one : words[k].many);
	}
}

char *
gate_record_text(const json_t *record)
{
	GString *text = g_string_new(NULL);
	const char *life = json_str(record, "life"), *reg;
	json_t *entry;

	if (life != NULL && !g_str_has_prefix(life, "live"))
		g_string_append(text, life);
	/* A whole item would fill the line. */
	gboolean names_only = json_flag(record, "full");
	json_object_foreach (json_object_get(record, "set"), reg, entry) {
		gsize len = strcspn(reg, ":");

		g_string_append_printf(text, "%s%.*s", text->len > 0 ? ", " : "", (int)len, reg);
		if (names_only || reg[len] != '\0')
			continue;
		g_autofree char *value = type_show(json_object_get(entry, "v"), 24);
		g_string_append_printf(text, "=%s", value);
	}
	add_things(text, json_object_get(record, "things"));
	if (json_str(record, "why") != NULL)
		g_string_append_printf(text, " (%s)", json_str(record, "why"));
	return g_string_free(text, FALSE);
}

void
gate_note_held(gateway *g, const sync_item *it)
{
	gate_note(g, "held", it->uid, g->working, "%d %s", it->why,
		  it->why_text != NULL ? it->why_text : reason_of(it->why)->text);
}

static void
note_applied(gateway *g, const char *uid, const char *envelope, const json_t *record)
{
	g_autofree char *text = gate_record_text(record);

	g->applied++;
	gate_note(g, "applied", uid, envelope, "%s", text);
}

/*
 * The item as it was when INTENT was made, and the whole of it.  One that was new then is not in
 * the store yet, and of its intent only the record is: the same merge of it into nothing brings the
 * same again.
 */
static sync_item *
item_of_intent(gateway *g, json_t *intent, json_t **ret_whole, GError **error)
{
	const char *uid = json_str(intent, "uid");
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (!json_flag(intent, "fresh")) {
		*ret_whole = json_incref(intent);
		return gate_load(g, uid, error);
	}
	g_autoptr(sync_item) it = sync_item_new(uid, NULL);
	g_autoptr(json_ref) same = NULL;
	sync_out_init(&out);
	gboolean ok = sync_merge(&ctx, it, NULL, json_object_get(intent, "record"), FALSE, &out,
				 &same, error);
	sync_out_clear(&out);
	if (!ok)
		return NULL;
	json_put(same, "envelope", json_str(intent, "envelope"));
	*ret_whole = g_steal_pointer(&same);
	return g_steal_pointer(&it);
}

static gboolean
finish(gateway *g, sync_item *it, const json_t *intent, const json_t *results, GError **error)
{
	const json_t *record = json_object_get(intent, "record");
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (!store_drop_intent(g->store, it->uid, error))
		return FALSE;
	sync_out_init(&out);
	sync_finish(&ctx, it, intent, results, &out);
	/* Acknowledged while it was held, or on its way into the tracker. */
	sync_cut(it);
	if (json_is_object(record))
		note_applied(g, it->uid, json_str(intent, "envelope"), record);
	if (it->id == NULL)
		it->id = g->tracker_ops->id_of(g->tracker, it->uid);
	gboolean ok = gate_save(g, it, NULL, &out, error) && gate_ask_content(g, it, error);
	sync_out_clear(&out);
	return ok;
}

/* What became of the batch; the intents of items that had changed meanwhile join CHANGED. */
static gboolean
finish_batch(gateway *g, GPtrArray *results, GPtrArray *changed, GError **error)
{
	for (guint i = 0; i < g->batch->len; i++) {
		json_t *intent = g->batch->pdata[i];
		sync_item *it = g_hash_table_lookup(g->batched, json_str(intent, "uid"));
		g_autoptr(sync_item) loaded = NULL;

		if (json_is_null((json_t *)results->pdata[i])) {
			g_ptr_array_add(changed, json_incref(intent));
			continue;
		}
		if (it == NULL)
			it = loaded = gate_load(g, json_str(intent, "uid"), error);
		if (it == NULL || !finish(g, it, intent, results->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
apply_one(gateway *g, const json_t *intent, GPtrArray *all, GError **error)
{
	json_t *results = g->tracker_ops->apply(g->tracker, g->name, json_str(intent, "token"),
						sync_intent_plan(intent), content, g, error);

	if (results == NULL)
		return FALSE;
	g_ptr_array_add(all, results);
	return TRUE;
}

static gboolean
apply_batch(gateway *g, GPtrArray *all, GError **error)
{
	gboolean grouped = g->tracker_ops->begin != NULL;

	if (grouped && !g->tracker_ops->begin(g->tracker, error))
		return FALSE;
	for (guint i = 0; i < g->batch->len; i++)
		if (!apply_one(g, g->batch->pdata[i], all, error)) {
			if (grouped)
				g->tracker_ops->rollback(g->tracker);
			return FALSE;
		}
	return !grouped || g->tracker_ops->commit(g->tracker, error);
}

/* Does the item agree with the partner on file SHA in REG already? */
static gboolean
agrees_on(const sync_item *it, const char *thing, const char *sha)
{
	g_autofree char *reg = g_strconcat("@", thing, NULL);
	const json_t *top = sync_top(it, reg);

	return g_strcmp0(json_str(json_object_get(top, "v"), "sha256"), sha) == 0;
}

/*
 * The bytes of a file must have come by this link.  That the tracker has a file of that hash proves
 * nothing: it may be an item's that the partner is not to see, and whoever names a hash would get
 * the bytes.
 */
int
gate_block(gateway *g, const sync_item *it, const json_t *record)
{
	size_t i;
	json_t *thing;

	if (store_is_braked(g->store, it->uid))
		return REASON_BRAKED;
	json_array_foreach (json_object_get(record, "things"), i, thing) {
		const char *sha = json_str(json_object_get(thing, "v"), "sha256");
		const char *uid = json_str(thing, "uid");

		if (sha == NULL || fsio_exists(spool_fd(g->spool, SPOOL_CONTENT), sha) ||
		    (uid != NULL && agrees_on(it, uid, sha)))
			continue;
		/* Its sender no longer has it: the file alone is refused. */
		g_autofree char *missing = g_strdup_printf("missing.%s", sha);
		g_autofree char *known = store_get(g->store, missing);
		if (known == NULL)
			return REASON_NO_CONTENT;
	}
	return 0;
}

/* RECORD finds the item emptied here, which waits: so has the record. */
static gboolean
hold_crossed(gateway *g, sync_item *it, json_t *record, GError **error)
{
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	sync_out_init(&out);
	if (sync_arrive(&ctx, it, record, FALSE, REASON_BRAKED, NULL, &out) == SYNC_HELD)
		gate_note_held(g, it);
	gboolean ok = gate_save(g, it, NULL, &out, error);
	sync_out_clear(&out);
	return ok;
}

/* Merges RECORD; *RET_INTENT is what is left to write into the tracker, NULL for nothing, made from
 * *RET_VIEW. */
static gboolean
merge(gateway *g, sync_item *it, json_t *record, gboolean from_inq, item **ret_view,
      json_t **ret_intent, GError **error)
{
	g_autoptr(item) now = NULL;
	g_autoptr(json_ref) intent = NULL;
	sync_ctx ctx = gate_ctx(g);
	gboolean fresh = it->gen == 0 && json_array_size(it->inq) == 0;
	gboolean crossed;
	guint64 seen = it->seen, gen = it->gen;
	sync_out out;

	if (!gate_view(g, it, &now, error) || !gate_brake_crossed(g, it, now, &crossed, error))
		return FALSE;
	if (crossed)
		return from_inq || hold_crossed(g, it, record, error);
	sync_out_init(&out);
	size_t waiting = json_array_size(it->inq);
	gboolean ok = sync_merge(&ctx, it, now, record, from_inq, &out, &intent, error);
	if (ok && json_array_size(it->inq) > waiting)
		gate_note_held(g, it);
	if (ok && intent != NULL && plan_empty(sync_intent_plan(intent))) {
		g_autoptr(json_ref) none = json_array();

		/* Nothing to write: no intent needs to be durable. */
		sync_finish(&ctx, it, intent, none, &out);
		sync_cut(it);
		g_clear_pointer(&intent, json_decref);
		if (it->seen != seen || it->gen != gen)
			note_applied(g, it->uid, g->working, record);
	}
	/* Of an item that was not here the intent tells all; it is written once, when it is
	 * finished. */
	fresh = fresh && intent != NULL && now == NULL && out.lines->len == 0;
	if (fresh)
		json_object_set_new(intent, "fresh", json_true());
	ok = ok && (fresh || gate_save(g, it, now, &out, error));
	sync_out_clear(&out);
	*ret_view = g_steal_pointer(&now);
	*ret_intent = g_steal_pointer(&intent);
	return ok;
}

gboolean
gate_merge(gateway *g, sync_item *taken, json_t *record, gboolean from_inq, GError **error)
{
	g_autoptr(sync_item) it = taken;
	g_autoptr(json_ref) intent = NULL;
	g_autoptr(item) view = NULL;

	if (!merge(g, it, record, from_inq, &view, &intent, error))
		return FALSE;
	if (intent == NULL)
		return TRUE;
	json_put(intent, "envelope", g->working);
	if (!gate_add_intent(g, it, view, intent, error))
		return FALSE;
	char *uid = g_strdup(it->uid);
	g_hash_table_insert(g->batched, uid, g_steal_pointer(&it));
	return TRUE;
}

/* What an intent was to write; borrowed names. */
static GPtrArray *
registers_of(const json_t *intent)
{
	GPtrArray *regs = g_ptr_array_new();
	size_t i;
	json_t *op;

	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op)
		g_ptr_array_add(regs, (gpointer)plan_op_reg(op));
	return regs;
}

/* What IT is to be merged with by INTENT; NULL: it waits no more. */
static json_t *
record_of(const sync_item *it, const json_t *intent)
{
	json_t *record = json_object_get(intent, "record");

	if (!json_flag(intent, "inq"))
		return record;
	/* What waits is merged from where it waits; the intent has a copy. */
	json_t *first = json_array_get(it->inq, 0);
	return json_equal(first, record) ? first : NULL;
}

/* An intent that was not carried out: its record is merged again, from a fresh read. */
static gboolean
again(gateway *g, const json_t *intent, GError **error)
{
	const char *uid = json_str(intent, "uid");
	g_autoptr(sync_item) it = gate_load(g, uid, error);

	if (it == NULL || !store_drop_intent(g->store, uid, error))
		return FALSE;
	if (json_is_object(json_object_get(intent, "record"))) {
		json_t *record = record_of(it, intent);

		return record == NULL ||
		       gate_merge(g, g_steal_pointer(&it), record, json_flag(intent, "inq"), error);
	}
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;
	if (!gate_view(g, it, &now, error))
		return FALSE;
	/* What may have to wait is for the sweep to judge. */
	if (gate_loses(g, it, now))
		return store_add_dirty(g->store, uid, error);
	sync_out_init(&out);
	sync_capture(&ctx, it, now, TRUE, &out);
	g_autoptr(GPtrArray) regs = registers_of(intent);
	g_autoptr(json_ref) plan = sync_replan(&ctx, it, now, regs);
	gboolean ok = gate_save(g, it, now, &out, error) &&
		      (plan == NULL || gate_add_intent(g, it, now, plan, error));
	sync_out_clear(&out);
	return ok;
}

/*
 * Called inside a transaction of the state and leaves one open: commits the intents, applies,
 * finishes.  After a failure the intents stay for gate_recover().
 */
static gboolean
flush_once(gateway *g, GPtrArray *changed, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

	if (!store_commit(g->store, error) || !fault_pass("tracker-before", error) ||
	    !apply_batch(g, all, error) || !fault_pass("tracker-after", error) ||
	    !store_begin(g->store, error)) {
		gate_forget_batch(g);
		return FALSE;
	}
	gboolean ok = finish_batch(g, all, changed, error);
	gate_forget_batch(g);
	return ok;
}

gboolean
gate_flush(gateway *g, GError **error)
{
	for (guint i = 0; g->batch->len > 0; i++) {
		g_autoptr(GPtrArray) changed =
			g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

		if (i == TRIES) {
			gate_forget_batch(g);
			fail_set(error, FAIL_RETRY,
				 "what is to be written changes in the tracker again and again");
			return FALSE;
		}
		if (!flush_once(g, changed, error))
			return FALSE;
		for (guint j = 0; j < changed->len; j++)
			if (!again(g, changed->pdata[j], error))
				return FALSE;
	}
	return TRUE;
}

static gboolean
finish_late(gateway *g, json_t *intent, const json_t *results, GError **error)
{
	g_autoptr(json_ref) whole = NULL;
	g_autoptr(sync_item) it = item_of_intent(g, intent, &whole, error);

	return it != NULL && finish(g, it, whole, results, error);
}

gboolean
gate_recover(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) open = store_intents(g->store, error);

	if (open == NULL)
		return FALSE;
	for (guint i = 0; i < open->len; i++) {
		json_t *intent = open->pdata[i];
		g_autoptr(json_ref) results = NULL;

		if (g->tracker_ops->applied != NULL &&
		    !g->tracker_ops->applied(g->tracker, g->name, json_str(intent, "token"),
					     &results, error))
			return FALSE;
		if (!(results != NULL ? finish_late(g, intent, results, error)
				      : again(g, intent, error)))
			return FALSE;
	}
	return gate_flush(g, error);
}
