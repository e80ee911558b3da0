#include "gateway/report.h"

#include "gateway/look.h"
#include "gateway/private.h"

/* ---- trace ---- */

static const char *
life_of(const sync_item *it)
{
	const char *life = json_str(sync_top(it, ITEM_LIFE), "v");

	if (it->gen == 0 || life == NULL)
		return "unknown";
	return g_str_has_prefix(life, "live") ? "live" : life;
}

static gboolean
collect(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	gpointer data)
{
	json_t *one = json_object();

	(void)uid;
	look_put_time(one, "at", at);
	look_put(one, "what", what);
	look_put(one, "envelope", envelope);
	look_put(one, "text", text);
	g_ptr_array_add(data, one);
	return TRUE;
}

/* The first time of each step of an envelope. */
static gboolean
note_step(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	  gpointer data)
{
	json_t *times = data;

	(void)uid;
	(void)envelope;
	(void)text;
	if (json_is_null(json_object_get(times, what)))
		look_put_time(times, what, at);
	return TRUE;
}

/* When an envelope was carried, stored and done; of one of the partner's, when it was stored here.
 */
static gboolean
add_steps(gateway *g, json_t *event, GError **error)
{
	const char *envelope = json_str(event, "envelope");
	static const char *const steps[] = {"carried", "stored", "done"};
	guint64 number;
	char role;

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
		look_put(event, steps[i], NULL);
	if (envelope == NULL || !name_parse_id(envelope, &role, &number))
		return TRUE;
	if (!store_envelope_notes(g->store, envelope, note_step, event, error))
		return FALSE;
	/* One acknowledgement may say both. */
	if (json_is_null(json_object_get(event, "stored")))
		json_object_set(event, "stored", json_object_get(event, "done"));
	if ((role == 'm') != g->master || !json_is_null(json_object_get(event, "carried")))
		return TRUE;
	/* The notes of long ago are gone. */
	g_autoptr(store_outgoing) row = store_find_outgoing(g->store, number, NULL);
	if (row != NULL)
		look_put_time(event, "carried", row->carried);
	return TRUE;
}

static char *
conflict_text(const json_t *doc)
{
	g_autofree char *value = type_show(json_object_get(doc, "value"), 40);
	g_autofree char *mine = type_show(json_object_get(doc, "mine"), 40);
	g_autofree char *theirs = type_show(json_object_get(doc, "theirs"), 40);
	const char *reg = json_str(doc, "reg"), *policy = json_str(doc, "policy");

	if (policy == NULL)
		return g_strdup_printf("%s: %s lost: %s", reg, value, json_str(doc, "why"));
	return g_strdup_printf("%s: mine=%s theirs=%s, %s", reg, mine, theirs, policy);
}

static gboolean
add_conflicts(gateway *g, const char *uid, GPtrArray *events, GError **error)
{
	g_autoptr(GPtrArray) all = store_conflicts(g->store, uid, error);

	/* They come newest first. */
	for (guint i = all == NULL ? 0 : all->len; i > 0; i--) {
		const store_conflict *c = all->pdata[i - 1];
		g_autofree char *text = conflict_text(c->doc);
		json_t *one = json_object();

		look_put_time(one, "at", c->at);
		look_put(one, "what", "conflict");
		look_put(one, "envelope", NULL);
		look_put(one, "text", text);
		look_put_u64(one, "conflict", c->id);
		g_ptr_array_add(events, one);
	}
	return all != NULL;
}

static int
by_time(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(json_str(*(json_t *const *)a, "at"), json_str(*(json_t *const *)b, "at"));
}

static json_t *
events_of(gateway *g, const char *uid, GError **error)
{
	g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

	if (!store_notes(g->store, uid, 0, collect, events, error))
		return NULL;
	/* The conflict log knows more than the notes of it. */
	for (guint i = events->len; i > 0; i--)
		if (g_strcmp0(json_str(events->pdata[i - 1], "what"), "conflict") == 0)
			g_ptr_array_remove_index(events, i - 1);
	if (!add_conflicts(g, uid, events, error))
		return NULL;
	g_ptr_array_sort(events, by_time);
	g_autoptr(json_ref) ret = json_array();
	for (guint i = 0; i < events->len; i++) {
		if (!add_steps(g, events->pdata[i], error))
			return NULL;
		json_array_append(ret, events->pdata[i]);
	}
	return g_steal_pointer(&ret);
}

static void
put_names(json_t *o, const store_item *row)
{
	look_put(o, "id", row != NULL ? row->id : NULL);
	look_put(o, "title", row != NULL ? row->title : NULL);
}

static gboolean
is_agreed(const sync_item *it, guint64 unsealed)
{
	g_autoptr(GPtrArray) open = look_retryables(it);

	return it->gen > 0 && sync_k(it) == 0 && unsealed == 0 && it->pheld == 0 &&
	       json_array_size(it->inq) == 0 && open->len == 0;
}

json_t *
report_trace(gateway *g, const char *id, GError **error)
{
	g_autofree char *uid = look_uid(g, id, error);
	g_auto(look_item) i = {0};
	guint64 unsealed;

	if (uid == NULL || !look_load(g, uid, &i, error) ||
	    !store_count_records(g->store, uid, &unsealed, error))
		return NULL;
	json_t *events = events_of(g, uid, error);
	if (events == NULL)
		return NULL;
	json_t *ret = json_object();
	put_names(ret, i.row);
	look_put(ret, "uid", uid);
	look_put(ret, "partner_id", i.row->partner_id);
	look_put(ret, "state", life_of(i.it));
	json_object_set_new(ret, "agreed", json_boolean(is_agreed(i.it, unsealed)));
	look_put_u64(ret, "held", json_array_size(i.it->inq));
	json_object_set_new(ret, "listed", look_listed(g, i.it));
	look_put_u64(ret, "unsealed", unsealed);
	json_object_set_new(ret, "events", events);
	return ret;
}

/* ---- holds ---- */

static gboolean
keep_held(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	  gpointer data)
{
	(void)uid;
	(void)envelope;
	(void)text;
	if (g_strcmp0(what, "held") == 0)
		*(gint64 *)data = at;
	return TRUE;
}

/* The stamp since when I waits, or NULL; caller frees. */
static char *
since(gateway *g, const look_item *i)
{
	const char *first = NULL, *reg;
	json_t *e;
	gint64 at = 0;

	if (json_array_size(i->it->inq) > 0 &&
	    store_notes(g->store, i->row->uid, 0, keep_held, &at, NULL) && at != 0)
		return clock_stamp(at);
	json_object_foreach (i->it->listed, reg, e)
		if (first == NULL || g_strcmp0(json_str(e, "at"), first) < 0)
			first = json_str(e, "at");
	return g_strdup(first);
}

static gboolean
count_retried(gint64 at, const char *what, const char *uid, const char *envelope, const char *text,
	      gpointer data)
{
	(void)at;
	(void)uid;
	(void)envelope;
	(void)text;
	if (g_strcmp0(what, "retried") == 0)
		++*(guint64 *)data;
	return TRUE;
}

/* How often the operator has tried again since stamp SINCE. */
static guint64
tries(gateway *g, const look_item *i, const char *since)
{
	gint64 from = 0;
	guint64 count = 0;

	clock_parse(since, &from);
	store_notes(g->store, i->row->uid, from, count_retried, &count, NULL);
	return count;
}

/* What the held records would change, in words. */
static json_t *
record_texts(const sync_item *it)
{
	json_t *ret = json_array(), *record;
	gsize n;

	json_array_foreach (it->inq, n, record) {
		g_autofree char *text = gate_record_text(record);
		g_autofree char *valid = g_utf8_make_valid(text, -1);

		json_array_append_new(ret, json_string(valid));
	}
	return ret;
}

/* The reason of the first register that is listed as refused, 0 if none. */
static int
listed_reason(const sync_item *it, const char **ret_text)
{
	const char *reg;
	json_t *e;

	json_object_foreach (it->listed, reg, e)
		if (g_strcmp0(json_str(e, "how"), "as") != 0) {
			*ret_text = json_str(e, "text");
			return (int)json_num(e, "reason", 0);
		}
	return 0;
}

json_t *
report_holds(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) waiting = look_waiting(g, error);

	if (waiting == NULL)
		return NULL;
	json_t *ret = json_array();
	for (guint n = 0; n < waiting->len; n++) {
		const look_item *i = waiting->pdata[n];
		json_t *one = json_object();
		const char *text = i->it->why_text;
		int why =
			json_array_size(i->it->inq) > 0 ? i->it->why : listed_reason(i->it, &text);
		g_autofree char *at = since(g, i);

		put_names(one, i->row);
		look_put(one, "uid", i->row->uid);
		look_put_u64(one, "held", json_array_size(i->it->inq));
		look_put_reason(one, "reason", why);
		look_put(one, "text", text != NULL || why == 0 ? text : reason_of(why)->text);
		look_put(one, "since", at);
		look_put_u64(one, "tries", tries(g, i, at));
		json_object_set_new(one, "records", record_texts(i->it));
		json_object_set_new(one, "retry", json_boolean(reason_of(why)->retry));
		look_put(one, "advice", why == 0 ? NULL : reason_of(why)->advice);
		json_object_set_new(one, "listed", look_listed(g, i->it));
		json_array_append_new(ret, one);
	}
	return ret;
}

/* ---- conflicts ---- */

static void
put_value(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value == NULL ? json_null() : json_incref(value));
}

/* Whose value was taken; NULL: nobody's yet, or it was no choice between two. */
static const char *
winner_of(const json_t *doc)
{
	const json_t *winner = json_object_get(doc, "winner");

	/* Of what was held, both were kept. */
	if (winner == NULL || g_strcmp0(json_str(doc, "policy"), policy_name(POLICY_HOLD)) == 0)
		return NULL;
	return json_equal(winner, json_object_get(doc, "mine"))     ? "mine"
	       : json_equal(winner, json_object_get(doc, "theirs")) ? "theirs"
								    : NULL;
}

/* While a conflict is open, each side may go on editing its own: what it shows now is to be decided
 * on. */
static void
put_candidates(json_t *o, const gateway *g, const store_conflict *c, const store_item *row)
{
	g_autoptr(sync_item) it =
		c->open && row != NULL ? sync_item_from_json(row->uid, row->doc, NULL) : NULL;
	const json_t *both = it == NULL ? NULL : json_object_get(sync_top(it, c->reg), "c");
	gsize mine = g->master ? 0 : 1;

	if (json_array_size(both) != 2)
		return;
	put_value(o, "mine", json_object_get(json_array_get(both, mine), "v"));
	put_value(o, "theirs", json_object_get(json_array_get(both, 1 - mine), "v"));
	put_value(o, "value", json_object_get(o, "theirs"));
}

static json_t *
describe(const gateway *g, const store_conflict *c, const store_item *row)
{
	json_t *o = json_object();

	look_put_u64(o, "number", c->id);
	put_names(o, row);
	look_put(o, "uid", c->uid);
	look_put(o, "reg", c->reg);
	look_put(o, "field", json_str(c->doc, "field"));
	look_put_time(o, "at", c->at);
	json_object_set_new(o, "open", json_boolean(c->open));
	put_value(o, "mine", json_object_get(c->doc, "mine"));
	put_value(o, "theirs", json_object_get(c->doc, "theirs"));
	look_put(o, "winner", winner_of(c->doc));
	look_put(o, "policy", json_str(c->doc, "policy"));
	look_put(o, "why", json_str(c->doc, "why"));
	put_value(o, "value", json_object_get(c->doc, "value"));
	put_candidates(o, g, c, row);
	return o;
}

json_t *
report_conflicts(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) all = store_conflicts(g->store, NULL, error);
	g_autoptr(json_ref) ret = json_array();
	g_autoptr(store_item) row = NULL;

	if (all == NULL)
		return NULL;
	for (guint i = 0; i < all->len; i++) {
		const store_conflict *c = all->pdata[i];
		g_autoptr(GError) inner = NULL;

		/* The conflicts of one item often stand together. */
		if (row == NULL || !g_str_equal(row->uid, c->uid)) {
			store_item_free(row);
			row = store_load_item(g->store, c->uid, &inner);
		}
		if (inner != NULL) {
			g_propagate_error(error, g_steal_pointer(&inner));
			return NULL;
		}
		json_array_append_new(ret, describe(g, c, row));
	}
	return g_steal_pointer(&ret);
}

json_t *
report_conflict(gateway *g, guint64 number, GError **error)
{
	g_autoptr(store_conflict) c = look_conflict(g, number, error);
	g_autoptr(GError) inner = NULL;

	if (c == NULL)
		return NULL;
	g_autoptr(store_item) row = store_load_item(g->store, c->uid, &inner);
	if (inner != NULL) {
		g_propagate_error(error, g_steal_pointer(&inner));
		return NULL;
	}
	return describe(g, c, row);
}
