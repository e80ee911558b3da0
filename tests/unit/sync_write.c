#include "sync_side.h"

#include <string.h>

#define LAG 6 /* how long a request may still work after its answer was lost */

void
side_commit(side *s)
{
	if (s->fuse < 0 || s->crashed)
		return;
	json_decref(s->disk);
	s->disk = state_save(&s->st);
}

void
side_point(side *s)
{
	if (s->fuse < 0 || s->crashed)
		return;
	if (s->fuse-- == 0)
		s->crashed = TRUE;
}

void
side_run(side *s, void (*f)(side *))
{
	if (s->st.intent != NULL && !side_recover(s))
		return;
	if (!s->w->calm && world_chance(s->w) < s->w->o.crash) {
		s->fuse = 0;
		side_commit(s);
		s->fuse = (int)world_below(s->w, 7);
	}
	f(s);
	s->fuse = -1;
	if (!s->crashed)
		return;
	s->crashed = FALSE;
	state_load(&s->st, s->disk);
	for (guint n = world_below(s->w, 3); n > 0; n--)
		tracker_edit(s->t); /* people edit while it is down */
	s->wait = s->w->now + LAG;
}

static void
drop_unsealed(side *s, const char *uid)
{
	for (gsize i = json_array_size(s->st.queue); i > 0; i--) {
		const json_t *line = json_array_get(s->st.queue, i - 1);
		if (strcmp(json_str(line, "uid"), uid) == 0 &&
		    strcmp(json_str(line, "t"), "change") == 0)
			json_array_remove(s->st.queue, i - 1);
	}
}

/* Losing values are logged; an open conflict names both candidates. */
static void
log_loss(side *s, const json_t *loss)
{
	guint old = s->st.logged->len;

	if (old < s->w->prev->len) {
		g_byte_array_set_size(s->st.logged, s->w->prev->len);
		memset(s->st.logged->data + old, 0, s->w->prev->len - old);
	}
	world_cover(s->w, s->st.logged, json_object_get(loss, "value"));
	if (!json_flag(loss, "open"))
		return;
	world_cover(s->w, s->st.logged, json_object_get(loss, "mine"));
	world_cover(s->w, s->st.logged, json_object_get(loss, "theirs"));
}

void
side_collect(side *s, const sync_item *it, sync_out *out)
{
	if (out->drop_lines)
		drop_unsealed(s, it->uid);
	for (guint i = 0; i < out->lines->len; i++)
		json_array_append(s->st.queue, out->lines->pdata[i]);
	for (guint i = 0; i < out->losses->len; i++)
		log_loss(s, out->losses->pdata[i]);
	sync_out_clear(out);
}

/* ---- the tracker is written ---- */

static json_t *
apply_op(side *s, const json_t *op, const char *uid, gboolean *dead)
{
	if (*dead)
		return result_skip(op);
	json_t *result = tracker_do(s->t, uid, op);
	*dead = strcmp(json_str(op, "op"), "create") == 0 &&
		strcmp(json_str(result, "code"), "ok") != 0;
	return result;
}

/* With its token, in one transaction of the tracker. */
static json_t *
apply_desk(side *s, const json_t *intent)
{
	json_t *results = json_array(), *op;
	gboolean dead = FALSE;
	gsize i;

	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op)
		json_array_append_new(results, apply_op(s, op, json_str(intent, "uid"), &dead));
	g_hash_table_insert(s->t->tokens, g_strdup(json_str(intent, "token")),
			    json_incref(results));
	return results;
}

static void
answer_lost(side *s, const json_t *op, const char *uid)
{
	json_t *one = json_object();

	json_object_set_new(one, "when",
			    json_integer(s->w->now + 1 + (int)world_below(s->w, LAG - 1)));
	json_put(one, "uid", uid);
	json_object_set(one, "op", (json_t *)op);
	g_ptr_array_add(s->t->late, one);
}

/* Only what makes something new may take effect late: a late change would overwrite what people
 * typed meanwhile, and no rule can help that. */
static gboolean
makes(const tracker *t, const char *uid, const json_t *op)
{
	const char *verb = json_str(op, "op");
	const tracker_item *it = tracker_find(t, uid);

	if (strcmp(verb, "create") == 0)
		return TRUE;
	return strcmp(verb, "thing") == 0 && !json_is_null(json_object_get(op, "v")) &&
	       it != NULL && json_object_get(it->regs, json_str(op, "reg")) == NULL;
}

/* One request an op; people type in between. */
static json_t *
apply_rest(side *s, const json_t *intent)
{
	const char *uid = json_str(intent, "uid");
	json_t *results = json_array(), *op;
	gboolean dead = FALSE;
	gsize i;

	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op) {
		side_point(s);
		if (s->fuse == 0 && makes(s->t, uid, op) && world_below(s->w, 2) == 0) {
			answer_lost(s, op, uid);
			s->crashed = TRUE;
		}
		if (s->crashed)
			break;
		json_array_append_new(results, apply_op(s, op, uid, &dead));
		const char *reg = json_str(op, "reg");
		if (!s->w->calm && world_chance(s->w) < 0.05 && tracker_find(s->t, uid) != NULL &&
		    strcmp(json_str(op, "op"), "set") == 0 && strchr("abcd", reg[0]) != NULL)
			tracker_type(s->t, tracker_find(s->t, uid), reg);
	}
	return results;
}

static void
finish(side *s, const json_t *results)
{
	g_autoptr(json_ref) intent = g_steal_pointer(&s->st.intent);
	sync_item *it = side_item(s, json_str(intent, "uid"));
	sync_out out;

	sync_out_init(&out);
	sync_finish(&s->ctx, it, intent, results, &out);
	if (json_object_get(intent, "record") != NULL && !json_flag(intent, "inq"))
		s->st.line++;
	side_collect(s, it, &out);
	side_commit(s);
}

void
side_execute(side *s, json_t *intent)
{
	if (intent == NULL)
		return;
	s->st.intent = intent;
	side_commit(s);
	side_point(s);
	if (s->crashed)
		return;
	g_autoptr(json_ref) results = s->w->o.rest ? apply_rest(s, intent) : apply_desk(s, intent);
	side_point(s);
	if (!s->crashed)
		finish(s, results);
}

/* A write that no record caused is planned again. */
static void
again(side *s, const json_t *intent)
{
	const char *uid = json_str(intent, "uid");
	sync_item *it = side_item(s, uid);
	g_autoptr(item) raw = tracker_view(s->t, uid);
	g_autoptr(GPtrArray) regs = g_ptr_array_new();
	sync_out out;
	gsize i;
	json_t *op;

	side_commit(s);
	if (json_object_get(intent, "record") != NULL || !sync_alive(it) || raw == NULL)
		return;
	sync_out_init(&out);
	sync_capture(&s->ctx, it, raw, FALSE, &out);
	side_collect(s, it, &out);
	side_commit(s);
	json_array_foreach (plan_ops(sync_intent_plan(intent)), i, op)
		g_ptr_array_add(regs, (char *)plan_op_reg(op));
	side_execute(s, sync_replan(&s->ctx, it, raw, regs));
}

gboolean
side_recover(side *s)
{
	const char *token = json_str(s->st.intent, "token");
	json_t *results = token == NULL ? NULL : g_hash_table_lookup(s->t->tokens, token);

	if (s->st.intent == NULL)
		return TRUE;
	if (!s->w->o.rest && results != NULL) {
		finish(s, results);
		return TRUE;
	}
	if (s->w->o.rest && s->w->now < s->wait && !s->w->calm)
		return FALSE;
	g_autoptr(json_ref) intent = g_steal_pointer(&s->st.intent);
	if (s->w->o.rest) {
		sync_item *it = side_item(s, json_str(intent, "uid"));
		g_autoptr(item) raw = tracker_view(s->t, it->uid);
		sync_out out;
		sync_out_init(&out);
		sync_adopt(&s->ctx, it, intent, raw, &out);
		side_collect(s, it, &out);
	}
	again(s, intent);
	return TRUE;
}
