#include "sync_side.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static gboolean
shares(const char *uid, gpointer data)
{
	const side *s = data;
	const sync_item *it = side_item(s, uid);

	return it != NULL && sync_alive(it) && it->here && tracker_find(s->t, uid) != NULL;
}

static item *
view(const char *uid, gpointer data)
{
	const side *s = data;

	return tracker_view(s->t, uid);
}

void
side_init(side *s, world *w, tracker *t, gboolean master, const contract *c)
{
	*s = (side){.w = w, .t = t, .master = master, .fuse = -1};
	s->ctx = (sync_ctx){
		.master = master, .contract = c, .shares = shares, .view = view, .data = s};
	state_init(&s->st);
	s->wire = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	side_tick(s);
}

void
side_clear(side *s)
{
	state_clear(&s->st);
	json_decref(s->disk);
	g_ptr_array_unref(s->wire);
	g_free(s->now);
}

void
side_tick(side *s)
{
	g_free(s->now);
	s->now = tracker_clock(s->t);
	s->ctx.now = s->now;
}

sync_item *
side_item(const side *s, const char *uid)
{
	return g_hash_table_lookup(s->st.items, uid);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
side_uids(const side *s)
{
	GPtrArray *uids = g_ptr_array_new();
	GHashTableIter iter;
	gpointer uid;

	g_hash_table_iter_init(&iter, s->st.items);
	while (g_hash_table_iter_next(&iter, &uid, NULL))
		g_ptr_array_add(uids, uid);
	g_ptr_array_sort(uids, by_name);
	return uids;
}

static sync_item *
known_item(side *s, const char *uid)
{
	sync_item *it = side_item(s, uid);

	if (it == NULL) {
		it = sync_item_new(uid, NULL);
		g_hash_table_insert(s->st.items, it->uid, it);
	}
	return it;
}

/* ---- outbound ---- */

static void
capture(side *s, const char *uid)
{
	const tracker_item *there = tracker_find(s->t, uid);
	sync_item *it = side_item(s, uid);
	gboolean in_scope = it == NULL && there != NULL && there->pub;
	g_autoptr(item) raw = tracker_view(s->t, uid);
	sync_out out;

	if (s->st.intent != NULL || (it == NULL && !in_scope))
		return;
	it = known_item(s, uid);
	sync_out_init(&out);
	sync_capture(&s->ctx, it, raw, in_scope, &out);
	side_collect(s, it, &out);
}

static void
show_references(side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(s);

	for (guint i = 0; i < uids->len && s->st.intent == NULL; i++) {
		sync_item *it = side_item(s, uids->pdata[i]);
		g_autoptr(GPtrArray) regs =
			tracker_find(s->t, it->uid) ? sync_refs_due(&s->ctx, it) : NULL;
		if (regs == NULL)
			continue;
		capture(s, it->uid);
		g_autoptr(item) raw = tracker_view(s->t, it->uid);
		side_execute(s, sync_replan(&s->ctx, it, raw, regs));
	}
}

static void
sweep(side *s)
{
	g_autoptr(GPtrArray) there = tracker_uids(s->t), known = side_uids(s);

	if (s->st.intent != NULL)
		return;
	/* What the tracker lost first, then what it shows, oldest first. */
	for (guint i = 0; i < known->len + there->len; i++) {
		gboolean lost = i < known->len;
		const char *uid = lost ? known->pdata[i] : there->pdata[i - known->len];
		const sync_item *it = side_item(s, uid);
		if (lost && tracker_find(s->t, uid) != NULL)
			continue;
		if (it == NULL || sync_k(it) < s->w->o.window || (s->w->calm && sync_k(it) == 0))
			capture(s, uid);
	}
	side_commit(s);
	show_references(s);
}

static json_t *
ack_block(side *s, gboolean with_at)
{
	json_t *a = json_object();

	json_object_set_new(a, "serial", json_integer((json_int_t)++s->st.serial));
	json_object_set_new(a, "done", json_integer((json_int_t)s->st.done));
	if (with_at)
		json_object_set_new(a, "at", json_integer((json_int_t)s->st.num));
	return a;
}

static void
put_number(json_t *object, guint64 n, json_t *value)
{
	g_autofree char *key = g_strdup_printf("%" G_GUINT64_FORMAT, n);

	json_object_set_new(object, key, value);
}

/* The last record of each item in LINES. */
static json_t *
tops_of(const json_t *lines)
{
	json_t *tops = json_object(), *line;
	gsize i;

	json_array_foreach (lines, i, line) {
		if (strcmp(json_str(line, "t"), "change") != 0)
			continue;
		json_t *pair = json_array();
		json_array_append(pair, json_object_get(line, "gen"));
		json_array_append(pair, json_object_get(line, "own"));
		json_object_set_new(tops, json_str(line, "uid"), pair);
	}
	return tops;
}

static void
send_wire(side *s, const char *kind, json_t *body)
{
	json_t *m = json_object();

	json_put(m, "kind", kind);
	json_object_set(m, "body", body);
	g_ptr_array_add(s->wire, m);
}

void
side_pump(side *s)
{
	sweep(s);
	gsize n = json_array_size(s->st.queue);
	if (n == 0 || s->crashed) {
		side_commit(s);
		return;
	}
	if (!s->w->calm && n > 1 && world_chance(s->w) < s->w->o.part)
		n = 1 + world_below(s->w, (guint)n - 1);

	json_t *env = json_object(), *lines = json_array();
	for (; n > 0; n--) {
		json_array_append(lines, json_array_get(s->st.queue, 0));
		json_array_remove(s->st.queue, 0);
	}
	s->st.num++;
	json_object_set_new(env, "n", json_integer((json_int_t)s->st.num));
	json_object_set_new(env, "lines", lines);
	json_object_set_new(env, "ack", ack_block(s, json_array_size(s->st.queue) == 0));
	put_number(s->st.outbox, s->st.num, json_incref(env));
	put_number(s->st.sent, s->st.num, tops_of(lines));
	side_point(s);
	side_commit(s);
	if (!s->crashed) {
		s->traffic++;
		send_wire(s, "env", env);
	}
	json_decref(env);
}

static gboolean
answer_waits(const side *s)
{
	gsize i;
	json_t *line;

	json_array_foreach (s->st.queue, i, line) {
		if (strcmp(json_str(line, "t"), "answer") == 0)
			return TRUE;
	}
	return FALSE;
}

void
side_ack(side *s)
{
	if (answer_waits(s))
		return;
	g_autoptr(json_ref) a = ack_block(s, json_array_size(s->st.queue) == 0);
	side_commit(s);
	send_wire(s, "ack", a);
}

void
side_resend(side *s)
{
	const char *n;
	json_t *env;

	json_object_foreach (s->st.outbox, n, env)
		send_wire(s, "env", env);
}

/* ---- inbound ---- */

static void
settle(side *s, guint64 done)
{
	const char *n, *uid;
	json_t *tops, *top;
	void *next;

	json_object_foreach_safe (s->st.sent, next, n, tops) {
		if (strtoull(n, NULL, 10) > done)
			continue;
		json_object_foreach (tops, uid, top) {
			sync_item *it = side_item(s, uid);
			if (it != NULL)
				sync_settle(it, (guint64)json_integer_value(json_array_get(top, 0)),
					    (guint64)json_integer_value(json_array_get(top, 1)));
		}
		json_object_del(s->st.sent, n);
	}
}

static void
cut(side *s)
{
	GHashTableIter iter;
	gpointer it;

	for (gsize i = 0; i < json_array_size(s->st.waiting);) {
		const json_t *a = json_array_get(s->st.waiting, i);
		if ((guint64)json_num(a, "at", 0) > s->st.done && !s->w->o.no_at) {
			i++;
			continue;
		}
		settle(s, (guint64)json_num(a, "done", 0));
		json_array_remove(s->st.waiting, i);
	}
	g_hash_table_iter_init(&iter, s->st.items);
	while (g_hash_table_iter_next(&iter, NULL, &it))
		sync_cut(it);
}

static void
got_ack(side *s, json_t *a)
{
	guint64 serial = (guint64)json_num(a, "serial", 0), done = (guint64)json_num(a, "done", 0);
	gboolean with_at = json_object_get(a, "at") != NULL;
	const char *n;
	json_t *env;
	void *next;

	if (serial <= s->st.peer_serial && !with_at)
		return;
	s->st.peer_serial = MAX(s->st.peer_serial, serial);
	json_object_foreach_safe (s->st.outbox, next, n, env) {
		if (strtoull(n, NULL, 10) <= done)
			json_object_del(s->st.outbox, n);
	}
	if (!with_at)
		return;
	json_array_append(s->st.waiting, a);
	cut(s);
}

static void
merge(side *s, sync_item *it, json_t *record, gboolean from_inq)
{
	g_autoptr(item) raw = tracker_view(s->t, it->uid);
	json_t *intent = NULL;
	sync_out out;

	sync_out_init(&out);
	g_assert_true(sync_merge(&s->ctx, it, raw, record, from_inq, &out, &intent, NULL));
	side_collect(s, it, &out);
	if (it->why == REASON_BASES_DIFFER && s->w->o.differ == 0 && !s->crashed)
		world_bad(s->w, "bases differ: %s", it->why_text);
	else if (it->why != 0 && it->why != REASON_BASES_DIFFER && it->why != REASON_TRACKER &&
		 it->why != REASON_HOLE && it->why != REASON_ALREADY_HERE && !s->crashed)
		world_bad(s->w, "held %d: %s", it->why, it->why_text);
	if (intent == NULL && !from_inq)
		s->st.line++;
	side_commit(s);
	side_execute(s, intent);
}

static void
receive(side *s, json_t *record)
{
	const char *uid = json_str(record, "uid");
	sync_item *it = known_item(s, uid);
	gboolean rule = !s->w->calm && world_chance(s->w) < s->w->o.hold;
	sync_out out;

	sync_out_init(&out);
	sync_verdict verdict =
		sync_arrive(&s->ctx, it, record, tracker_find(s->t, uid) != NULL,
			    rule ? REASON_TRACKER : 0, rule ? "a rule is missing" : NULL, &out);
	side_collect(s, it, &out);
	if (verdict == SYNC_MERGE) {
		merge(s, it, record, FALSE);
		return;
	}
	s->st.line++;
	side_commit(s);
}

static void
answer(side *s, const json_t *line)
{
	sync_item *it = side_item(s, json_str(line, "uid"));
	sync_out out;

	s->st.line++;
	if (it == NULL)
		return;
	sync_out_init(&out);
	sync_answer(&s->ctx, it, line, &out);
	side_collect(s, it, &out);
}

/* A valid envelope that fails a later check: its answers count, its records are refused. */
static void
refuse_records(side *s, json_t *env)
{
	json_t *lines = json_object_get(env, "lines"), *answers = json_array(), *line;
	gsize i;

	json_array_foreach (lines, i, line) {
		if (strcmp(json_str(line, "t"), "answer") == 0) {
			json_array_append(answers, line);
			continue;
		}
		sync_item it = {.uid = (char *)json_str(line, "uid")};
		sync_out out;
		sync_out_init(&out);
		out_answer(&it, (guint64)json_num(line, "gen", 0),
			   (guint64)json_num(line, "own", 0), "refused", REASON_ENVELOPE_REFUSED,
			   NULL, NULL, &out);
		side_collect(s, &it, &out);
	}
	json_t *rest = json_copy(env);
	json_object_set_new(rest, "lines", answers);
	put_number(s->st.inbox, s->st.done + 1, rest);
}

void
side_drain(side *s)
{
	for (;;) {
		g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, s->st.done + 1);
		g_autoptr(json_ref) env = json_incref(json_object_get(s->st.inbox, n));
		if (env == NULL || s->crashed || s->w->bad != NULL ||
		    (s->st.intent != NULL && !side_recover(s)))
			return;
		if (s->st.line == 0 && !s->w->calm && world_chance(s->w) < s->w->o.whole) {
			refuse_records(s, env);
			json_decref(env);
			env = json_incref(json_object_get(s->st.inbox, n));
		}
		const json_t *lines = json_object_get(env, "lines");
		while (s->st.line < json_array_size(lines)) {
			json_t *line = json_array_get(lines, (gsize)s->st.line);
			if (strcmp(json_str(line, "t"), "change") == 0)
				receive(s, line);
			else
				answer(s, line);
			if (s->st.intent != NULL || s->crashed || s->w->bad != NULL)
				return;
		}
		s->st.done++;
		s->st.line = 0;
		json_object_del(s->st.inbox, n);
		got_ack(s, json_object_get(env, "ack"));
		cut(s);
		side_commit(s);
	}
}

void
side_take(side *s, json_t *message)
{
	json_t *body = json_object_get(message, "body");

	if (strcmp(json_str(message, "kind"), "ack") == 0) {
		got_ack(s, body);
		side_commit(s);
		return;
	}
	guint64 n = (guint64)json_num(body, "n", 0);
	if (n > s->st.done)
		put_number(s->st.inbox, n, json_incref(body));
	side_commit(s);
	side_drain(s);
}

void
side_release(side *s)
{
	g_autoptr(GPtrArray) uids = side_uids(s);

	for (guint i = 0; i < uids->len; i++) {
		sync_item *it = side_item(s, uids->pdata[i]);
		json_t *record;
		while (it->why != REASON_ALREADY_HERE &&
		       (record = sync_waiting(it, tracker_find(s->t, it->uid) != NULL)) != NULL) {
			gsize before = json_array_size(it->inq);
			merge(s, it, record, TRUE);
			if (s->st.intent != NULL || s->crashed || s->w->bad != NULL ||
			    json_array_size(it->inq) == before)
				return;
		}
		cut(s);
		side_commit(s);
	}
}
