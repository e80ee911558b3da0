#include "adapter/desk_private.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/mutant.h"

#include <string.h>

/* A plan being carried out. */
typedef struct {
	desk *d;
	const char *uid;
	const char *kind;
	desk_rec *rec; /* the item, once it was needed; NULL after something was undone */
	json_t *left;  /* fields a create went without, and why; NULL for none */
	adapter_content *content;
	gpointer data;
} run;

typedef gboolean op_fn(run *, const json_t *op, GError **error);

/* The item, or NULL with REASON_NO_ITEM. */
static desk_rec *
item_of(run *r, GError **error)
{
	if (r->rec == NULL)
		r->rec = desk_rec_by_uid(r->d, r->uid, error);
	return r->rec;
}

static void
forget_item(run *r)
{
	g_clear_pointer(&r->rec, desk_rec_free);
}

/* *RET is NULL, without an error, when the item is not here. */
static gboolean
item_if_here(run *r, desk_rec **ret, GError **error)
{
	g_autoptr(GError) e = NULL;

	*ret = item_of(r, &e);
	if (*ret != NULL || fail_is(e, REASON_NO_ITEM))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&e));
	return FALSE;
}

static gboolean
put_field(run *r, desk_rec *rec, const char *field, const json_t *v, const char *at, GError **error)
{
	g_autoptr(json_ref) value = desk_field_canon(r->d, field, v, error);

	if (value == NULL)
		return FALSE;
	g_autofree char *now = at == NULL ? doc_stamp_after(doc_at(rec->doc, field)) : NULL;
	return desk_rec_put(r->d, rec, field, value, at != NULL ? at : now, LEARN_AS_PREPARED,
			    error);
}

/* Reasons are what the desk does not want; bare classes are trouble of its own. */
static gboolean
is_refusal(const GError *e)
{
	return e->domain == FAIL && e->code > FAIL_USAGE;
}

/* A value that the desk does not want is left out and told: it shall not keep the item from coming.
 */
static gboolean
put_or_leave(run *r, desk_rec *rec, const char *field, const json_t *entry, GError **error)
{
	g_autoptr(GError) e = NULL;
	json_t *was = json_object_get(rec->doc, field);
	g_autoptr(json_ref) kept = was != NULL ? json_incref(was) : NULL;

	if (put_field(r, rec, field, json_object_get(entry, "v"), json_str(entry, "at"), &e))
		return TRUE;
	if (!is_refusal(e)) {
		g_propagate_error(error, g_steal_pointer(&e));
		return FALSE;
	}
	if (kept != NULL)
		json_object_set(rec->doc, field, kept);
	else
		json_object_del(rec->doc, field);
	json_t *why = json_object();
	json_object_set_new(why, "reason", json_integer(e->code));
	json_put(why, "text", e->message);
	if (r->left == NULL)
		r->left = json_object();
	json_object_set_new(r->left, field, why);
	return TRUE;
}

/* An item that is here already is changed: the plan says what it shall show. */
static gboolean
op_create(run *r, const json_t *op, GError **error)
{
	desk_rec *rec;
	const char *field;
	json_t *entry;

	if (!item_if_here(r, &rec, error))
		return FALSE;
	if (rec == NULL)
		rec = r->rec = desk_rec_new(r->uid, r->kind);
	json_object_foreach (json_object_get(op, "set"), field, entry)
		if (!put_or_leave(r, rec, field, entry, error))
			return FALSE;
	return desk_rec_save(r->d, rec, error);
}

static gboolean
op_set(run *r, const json_t *op, GError **error)
{
	desk_rec *rec = item_of(r, error);

	return rec != NULL &&
	       put_field(r, rec, plan_op_reg(op), json_object_get(op, "v"), json_str(op, "at"),
			 error) &&
	       desk_rec_save(r->d, rec, error);
}

static gboolean
op_parent(run *r, const json_t *op, GError **error)
{
	desk_rec *rec = item_of(r, error);
	const char *at = json_str(op, "at");

	if (rec == NULL)
		return FALSE;
	g_autofree char *now = at == NULL ? doc_stamp_after(rec->parent_at) : NULL;
	return desk_rec_parent(r->d, rec, json_str(op, "v"), at != NULL ? at : now, error) &&
	       desk_rec_save(r->d, rec, error);
}

static gboolean
op_relate(run *r, const json_t *op, GError **error)
{
	desk_rec *rec = item_of(r, error);
	const char *at = json_str(op, "at");

	if (rec == NULL)
		return FALSE;
	g_autofree char *now = clock_stamp_now();
	return desk_relation_put(r->d, rec, plan_op_reg(op), json_is_true(json_object_get(op, "v")),
				 at != NULL ? at : now, error);
}

static gboolean
is_file(const json_t *map)
{
	return g_strcmp0(json_str(map, "kind"), "file") == 0;
}

/* Does thing REG of the item have the file that MAP describes? */
static gboolean
has_file(run *r, const char *reg, const json_t *map)
{
	g_autoptr(desk_thing) t = NULL;
	g_autoptr(json_ref) now = NULL;

	if (!desk_thing_by_uid(r->d, reg + 1, &t, NULL) || t == NULL ||
	    t->lid != desk_lid(r->d, r->uid, NULL))
		return FALSE;
	now = doc_values(t->doc);
	return g_strcmp0(json_str(now, "sha256"), json_str(map, "sha256")) == 0;
}

/* Gets the bytes of the file that MAP, which was checked, describes for thing REG. */
static gboolean
stage_file(run *r, const char *reg, const json_t *map, GError **error)
{
	guint64 size = 0;

	return has_file(r, reg, map) ||
	       (json_u64(map, "size", &size) &&
		desk_file_stage(r->d, json_str(map, "sha256"), size, r->content, r->data, error));
}

static gboolean
need_file(run *r, const char *reg, const json_t *map, GError **error)
{
	guint64 size = 0;

	/* Staged once more, for it may have been swept away before the transaction began. */
	return desk_thing_check(map, error) && stage_file(r, reg, map, error) &&
	       json_u64(map, "size", &size) &&
	       desk_file_place(r->d, json_str(map, "sha256"), size, error);
}

static gboolean
op_thing(run *r, const json_t *op, GError **error)
{
	const char *reg = plan_op_reg(op);
	const json_t *map = json_object_get(op, "v");
	desk_rec *rec = item_of(r, error);

	if (rec == NULL)
		return FALSE;
	if (item_reg_type(reg) != REG_THING) {
		fail_set(error, REASON_BAD_VALUE, "\"%s\" names no comment, file or row", reg);
		return FALSE;
	}
	if (is_file(map) && !need_file(r, reg, map, error))
		return FALSE;
	return desk_thing_put(r->d, rec->lid, reg + 1, map, json_object_get(op, "at"), error);
}

static gboolean
op_delete(run *r, const json_t *op G_GNUC_UNUSED, GError **error)
{
	desk_rec *rec;

	if (!item_if_here(r, &rec, error))
		return FALSE;
	if (rec == NULL)
		return TRUE;
	gboolean ok = desk_rec_delete(r->d, rec, error);
	forget_item(r);
	return ok;
}

static gboolean
show_relation(run *r, const char *reg, json_t **ret, GError **error)
{
	g_autofree char *type = NULL, *a = NULL, *b = NULL;

	if (!item_relation_parts(reg, &type, &a, &b))
		return TRUE;
	int has = desk_relation_has(r->d, type, a, b, error);
	if (has > 0)
		*ret = json_true();
	return has >= 0;
}

static gboolean
show_thing(run *r, const char *reg, json_t **ret, GError **error)
{
	g_autoptr(desk_thing) t = NULL;

	if (!desk_thing_by_uid(r->d, reg + 1, &t, error))
		return FALSE;
	if (t != NULL && r->rec != NULL && t->lid == r->rec->lid)
		*ret = doc_values(t->doc);
	return TRUE;
}

/* What the desk shows of the register OP writes; *RET stays NULL for nothing. */
static gboolean
show_back(run *r, const json_t *op, json_t **ret, GError **error)
{
	const char *reg = plan_op_reg(op);
	desk_rec *rec;

	if (!item_if_here(r, &rec, error))
		return FALSE;
	if (rec == NULL)
		return TRUE;
	switch (item_reg_type(reg)) {
	case REG_LIFE:
		*ret = doc_values(rec->doc);
		return TRUE;
	case REG_FIELD:
		*ret = json_incref(doc_value(rec->doc, reg));
		return TRUE;
	case REG_PARENT:
		*ret = rec->parent != NULL ? json_string(rec->parent) : NULL;
		return TRUE;
	case REG_RELATION:
		return show_relation(r, reg, ret, error);
	case REG_THING:
		return show_thing(r, reg, ret, error);
	case REG_INVALID:
		break;
	}
	return TRUE;
}

static const struct {
	const char *name;
	op_fn *carry_out;
} ops[] = {
	{"create", op_create}, {"set", op_set},     {"parent", op_parent},
	{"relate", op_relate}, {"thing", op_thing}, {"delete", op_delete},
};

static gboolean
carry_out(run *r, const json_t *op, GError **error)
{
	const char *name = json_str(op, "op");

	for (gsize i = 0; name != NULL && i < G_N_ELEMENTS(ops); i++) {
		if (strcmp(ops[i].name, name) != 0)
			continue;
		if (!desk_enter(r->d, error))
			return FALSE;
		return desk_leave(r->d, ops[i].carry_out(r, op, error), error);
	}
	fail_set(error, REASON_UNKNOWN_RECORD, "the desk knows no operation \"%s\"",
		 name != NULL ? name : "");
	return FALSE;
}

/* The result of OP; NULL when the desk itself failed. */
static json_t *
do_op(run *r, const json_t *op, GError **error)
{
	g_autoptr(GError) e = NULL;
	json_t *back = NULL;

	if (!carry_out(r, op, &e)) {
		forget_item(r);
		if (!is_refusal(e)) {
			g_propagate_error(error, g_steal_pointer(&e));
			return NULL;
		}
	}
	if (!show_back(r, op, &back, error))
		return NULL;
	if (e != NULL)
		return result_refused(op, e->code, e->message, back);
	json_t *result = result_ok(op, back);
	if (r->left != NULL)
		json_object_set_new(result, "refused", g_steal_pointer(&r->left));
	return result;
}

static gboolean
failed_create(const json_t *op, const json_t *result)
{
	return g_strcmp0(json_str(op, "op"), "create") == 0 &&
	       g_strcmp0(json_str(result, "code"), "ok") != 0;
}

static json_t *
do_ops(run *r, const json_t *plan, GError **error)
{
	g_autoptr(json_ref) results = json_array();
	gboolean skip = FALSE;
	size_t i;
	json_t *op;

	json_array_foreach (plan_ops(plan), i, op) {
		json_t *result = skip ? result_skip(op) : do_op(r, op, error);
		if (result == NULL)
			return NULL;
		json_array_append_new(results, result);
		skip = skip || failed_create(op, result);
	}
	return g_steal_pointer(&results);
}

static gboolean
keep_token(run *r, const char *link, const char *token, const json_t *results, GError **error)
{
	g_autofree char *text = json_text_unsorted(results);

	return db_run(r->d->db, error,
		      "INSERT INTO token(link, uid, token, results) VALUES(?, ?, ?, ?) "
		      "ON CONFLICT(uid, link) DO UPDATE SET token = excluded.token, "
		      "results = excluded.results",
		      "ssss", link, r->uid, token, text);
}

/* Did somebody change the item since the plan was made? */
static gboolean
changed_since(run *r, const json_t *plan, gboolean *ret, GError **error)
{
	const char *mark = json_str(plan, "mark");
	gint64 seq = 0;

	if (!db_get_i64(r->d->db, &seq, error, "SELECT seq FROM item WHERE uid = ?", "s", r->uid))
		return FALSE;
	g_autofree char *now = seq == 0 ? g_strdup("") : desk_mark(seq);
	*ret = mark != NULL && strcmp(mark, now) != 0;
	return TRUE;
}

/* A token that was applied already gets the answer it got then. */
static gboolean
run_plan(run *r, const char *link, const char *token, const json_t *plan, json_t **ret,
	 GError **error)
{
	g_autoptr(json_ref) results = NULL;
	gboolean changed = FALSE;

	if (!desk_applied(r->d, link, token, &results, error) ||
	    (results == NULL && !changed_since(r, plan, &changed, error)))
		return FALSE;
	if (changed) {
		*ret = json_null();
		return TRUE;
	}
	if (results == NULL) {
		results = do_ops(r, plan, error);
		if (results == NULL || !keep_token(r, link, token, results, error))
			return FALSE;
	}
	*ret = g_steal_pointer(&results);
	return TRUE;
}

/* Fetches the bytes before the transaction begins; what fails here fails again where it counts. */
static void
stage_files(run *r, const json_t *plan)
{
	size_t i;
	json_t *op;

	json_array_foreach (plan_ops(plan), i, op) {
		const json_t *map = json_object_get(op, "v");
		const char *reg = plan_op_reg(op);
		if (is_file(map) && item_reg_type(reg) == REG_THING && desk_thing_check(map, NULL))
			stage_file(r, reg, map, NULL);
	}
}

json_t *
desk_apply(desk *d, const char *link, const char *token, const json_t *plan,
	   adapter_content *content, gpointer data, GError **error)
{
	run r = {.d = d,
		 .uid = json_str(plan, "uid"),
		 .kind = json_str(plan, "kind"),
		 .content = content,
		 .data = data};
	g_autoptr(json_ref) results = NULL;

	if (r.uid == NULL || r.kind == NULL || !json_is_array(plan_ops(plan))) {
		fail_set(error, FAIL_BUG, "a plan without uid, kind or ops");
		return NULL;
	}
	if (d->depth == 0)
		stage_files(&r, plan);
	d->via = link;
	d->via_uid = r.uid;
	gboolean ok = desk_enter(d, error) &&
		      desk_leave(d, run_plan(&r, link, token, plan, &results, error), error);
	d->via = d->via_uid = NULL;
	forget_item(&r);
	json_decref(r.left);
	desk_file_unstage(d);
	return ok ? g_steal_pointer(&results) : NULL;
}

gboolean
desk_applied(desk *d, const char *link, const char *token, json_t **ret, GError **error)
{
	db_stmt *s =
		db_query(d->db, error, "SELECT results FROM token WHERE link = ? AND token = ?",
			 "ss", link, mutant("token") ? "" : token);
	int step = s != NULL ? db_next(d->db, s, error) : -1;
	json_t *results = NULL;

	if (step < 0)
		return FALSE;
	if (step == 1)
		results = json_read(db_text(s, 0), strlen(db_text(s, 0)), error);
	desk_done(s);
	if (step == 1 && results == NULL)
		return FALSE;
	*ret = results;
	return TRUE;
}
