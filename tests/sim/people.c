#include "tests/sim/sim.h"

#include <stdio.h>
#include <string.h>

#include "adapter/desk.h"
#include "base/fail.h"
#include "base/fsio.h"

#define ITEMS_MOST 7 /* of one desk, about */

static const char *const texts[] = {"title", "description", "key",        "assignee",
				    "state", "priority",    "resolution", "title"};

/* What somebody at a desk looks at while typing. */
typedef struct {
	sim *s;
	const place *at;
	desk *d;
	json_t *rows;            /* of the list */
	json_t *it;              /* the item that is being edited, as it is shown */
	guint fresh[4], fresh_n; /* values typed in this edit: they count when it is done */
	guint things;            /* how many there were before */
} person;

/* ---- values ---- */

/* A new value that replaces OLD knowingly; caller frees. */
static char *
type_value(person *p, const json_t *old)
{
	notebook *b = p->s->book;

	if (b->values + 1 >= VALUES_MAX || p->fresh_n == G_N_ELEMENTS(p->fresh)) {
		sim_cover(p->s, b->fine, old);
		return g_strdup("common");
	}
	guint n = ++b->values;
	b->prev[n] = sim_number(old);
	b->fine[n] = 1; /* until it is stored */
	p->fresh[p->fresh_n++] = n;
	return g_strdup_printf("v%u", n);
}

/* All that is typed and made here is stored. */
static void
stored(person *p)
{
	for (guint i = p->things; i < p->s->book->things; i++)
		p->s->book->thing[i].deleted = FALSE;
	for (guint i = 0; i < p->fresh_n; i++)
		p->s->book->fine[p->fresh[i]] = 0;
}

static void
remember_thing(person *p, const char *uid, const char *owner)
{
	notebook *b = p->s->book;

	if (b->things == NAMES_MAX)
		return;
	made_thing *t = &b->thing[b->things++];
	g_strlcpy(t->uid, uid, sizeof t->uid);
	g_strlcpy(t->owner, owner, sizeof t->owner);
	t->deleted = TRUE; /* until it is stored */
}

static void
thing_is_gone(person *p, const char *uid)
{
	notebook *b = p->s->book;

	for (guint i = 0; i < b->things; i++)
		if (strcmp(b->thing[i].uid, uid) == 0)
			b->thing[i].deleted = TRUE;
}

static void
item_is_gone(person *p, const char *uid)
{
	notebook *b = p->s->book;

	if (b->gone < NAMES_MAX)
		g_strlcpy(b->item_gone[b->gone++], uid, sizeof b->item_gone[0]);
}

/* ---- what can be done ---- */

static const char *
item_id(const person *p)
{
	return json_str(p->it, "id");
}

static json_t *
some(person *p, json_t *list)
{
	gsize n = json_array_size(list);

	return n == 0 ? NULL : json_array_get(list, sim_below(p->s, (guint)n));
}

static gboolean
edit_new(person *p, GError **error)
{
	g_autoptr(json_ref) fields = json_object();

	for (guint i = 0; i < 3; i++) {
		const char *field = texts[sim_below(p->s, 5)];
		if (json_object_get(fields, field) != NULL)
			continue;
		g_autofree char *v = type_value(p, NULL);
		json_put(fields, field, v);
	}
	if (json_array_size(p->rows) > 0 && sim_below(p->s, 4) == 0)
		json_put(fields, "parent", json_str(some(p, p->rows), "id"));
	g_autofree char *id = desk_new(p->d, "issue", fields, error);
	return id != NULL;
}

static gboolean
edit_field(person *p, GError **error)
{
	static const char *const known[] = {"open", "done", "waiting"};
	g_autoptr(json_ref) fields = json_object();
	const char *field = texts[sim_below(p->s, G_N_ELEMENTS(texts))];
	json_t *old = json_object_get(json_object_get(p->it, "fields"), field);
	g_autofree char *v = NULL;
	double x = sim_chance(p->s);

	if (x < 0.08 || (strcmp(field, "resolution") == 0 && x < 0.5)) {
		sim_cover(p->s, p->s->book->fine, old);
		v = g_strdup(x < 0.03 && strcmp(field, "title") != 0 ? ""
								     : known[sim_below(p->s, 3)]);
	} else {
		v = type_value(p, old);
	}
	json_put(fields, field, v);
	return desk_set(p->d, item_id(p), fields, error);
}

static gboolean
edit_set(person *p, GError **error)
{
	g_autoptr(json_ref) fields = json_object();
	json_t *old = json_object_get(json_object_get(p->it, "fields"), "labels"), *one;
	g_autoptr(GString) text = g_string_new(NULL);
	guint flip = sim_below(p->s, 6), had = 0;
	gsize i;

	json_array_foreach (old, i, one)
		had |= 1u << (json_string_value(one)[1] - '0');
	for (guint n = 0; n < 6; n++)
		if (((had >> n) & 1) != (n == flip))
			g_string_append_printf(text, "%sl%u", text->len > 0 ? "," : "", n);
	json_put(fields, "labels", text->str);
	return desk_set(p->d, item_id(p), fields, error);
}

static gboolean
edit_date(person *p, GError **error)
{
	g_autoptr(json_ref) fields = json_object();
	g_autofree char *day = g_strdup_printf("2015-03-%02u", 1 + sim_below(p->s, 28));

	json_put(fields, "due", day);
	return desk_set(p->d, item_id(p), fields, error);
}

/* The uid of thing ID of the item as it is now. */
static gboolean
made(person *p, const char *list, const char *id, GError **error)
{
	g_autoptr(json_ref) now = NULL;
	json_t *one;
	gsize i;

	if (!desk_show(p->d, item_id(p), FALSE, &now, error))
		return FALSE;
	json_array_foreach (json_object_get(now, list), i, one)
		if (g_strcmp0(json_str(one, "id"), id) == 0)
			remember_thing(p, json_str(one, "uid"), json_str(p->it, "uid"));
	return TRUE;
}

static gboolean
edit_comment(person *p, GError **error)
{
	const json_t *old = some(p, json_object_get(p->it, "comments"));
	double x = sim_chance(p->s);

	if (old != NULL && x < 0.2) {
		sim_cover(p->s, p->s->book->fine, old);
		thing_is_gone(p, json_str(old, "uid"));
		return desk_thing_remove(p->d, json_str(old, "id"), error);
	}
	if (old != NULL && x < 0.45) {
		g_autofree char *text = type_value(p, json_object_get(old, "text"));
		return desk_comment_set(p->d, json_str(old, "id"), text, error);
	}
	g_autofree char *text = type_value(p, NULL);
	g_autofree char *id = desk_comment(p->d, item_id(p), text, error);
	return id != NULL && made(p, "comments", id, error);
}

static gboolean
edit_file(person *p, GError **error)
{
	json_t *old = some(p, json_object_get(p->it, "files"));

	if (old != NULL && sim_below(p->s, 3) == 0) {
		thing_is_gone(p, json_str(old, "uid"));
		return desk_thing_remove(p->d, json_str(old, "id"), error);
	}
	guint size =
		sim_below(p->s, 8) == 0 ? 66000 + sim_below(p->s, 90000) : sim_below(p->s, 3000);
	g_autofree char *bytes = g_malloc(size + 1);
	for (guint i = 0; i < size; i += 4) {
		guint32 x = g_rand_int(p->s->rand);
		memcpy(bytes + i, &x, MIN(4, size - i));
	}
	g_autofree char *source = g_strdup_printf("photo-%s", p->at->name);
	g_autofree char *path = g_build_filename(p->s->dir, source, NULL);
	if (!carrier_put(p->s, p->s->dir, source, bytes, size)) {
		fail_set(error, FAIL_RETRY, "the disk is full");
		return FALSE;
	}
	g_autofree char *name = g_strdup_printf("f%u.bin", sim_below(p->s, 5));
	g_autofree char *id = desk_attach(p->d, item_id(p), path, name, error);
	return id != NULL && made(p, "files", id, error);
}

static gboolean
edit_row(person *p, GError **error)
{
	g_autoptr(json_ref) fields = json_object();
	json_t *old = some(p, json_object_get(p->it, "rows"));
	const char *id = old != NULL && sim_below(p->s, 2) == 0 ? json_str(old, "id") : NULL;

	g_autofree char *v = type_value(
		p, id == NULL ? NULL : json_object_get(json_object_get(old, "fields"), "hours"));
	json_put(fields, "hours", v);
	g_autofree char *row = desk_row(p->d, item_id(p), id, "work", fields, error);
	return row != NULL && (id != NULL || made(p, "rows", row, error));
}

static gboolean
edit_reference(person *p, GError **error)
{
	const json_t *other = some(p, p->rows);
	const char *id = json_str(other, "id");

	if (strcmp(id, item_id(p)) == 0)
		return TRUE;
	if (sim_below(p->s, 2) == 0)
		return desk_relate(p->d, item_id(p), sim_below(p->s, 2) == 0 ? "blocks" : "relates",
				   id, sim_below(p->s, 3) == 0, error);
	g_autoptr(json_ref) fields = json_object();
	json_put(fields, "parent", sim_below(p->s, 3) == 0 ? "" : id);
	return desk_set(p->d, item_id(p), fields, error);
}

static gboolean
edit_delete(person *p, GError **error)
{
	static const char *const lists[] = {"comments", "files", "rows"};
	json_t *one;
	gsize at;

	sim_cover(p->s, p->s->book->fine, p->it);
	item_is_gone(p, json_str(p->it, "uid"));
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		json_array_foreach (json_object_get(p->it, lists[i]), at, one)
			thing_is_gone(p, json_str(one, "uid"));
	return desk_delete(p->d, item_id(p), error);
}

/* ---- one edit ---- */

static const struct {
	guint weight;
	gboolean (*edit)(person *, GError **);
} edits[] = {
	{45, edit_field}, {4, edit_set}, {3, edit_date},       {20, edit_comment},
	{8, edit_file},   {5, edit_row}, {11, edit_reference}, {4, edit_delete},
};

static gboolean
choose_and_edit(person *p, GError **error)
{
	gsize n = json_array_size(p->rows);
	int x = (int)sim_below(p->s, 100);

	if (n == 0 || (n < ITEMS_MOST && sim_below(p->s, 8) == 0))
		return edit_new(p, error);
	if (!desk_show(p->d, json_str(some(p, p->rows), "id"), FALSE, &p->it, error))
		return FALSE;
	gsize i = 0;
	while (i + 1 < G_N_ELEMENTS(edits) && (x -= (int)edits[i].weight) >= 0)
		i++;
	gboolean ok = edits[i].edit(p, error);
	g_clear_pointer(&p->it, json_decref);
	return ok;
}

static gboolean
add_row(const json_t *row, gpointer data)
{
	json_array_append((json_t *)data, (json_t *)row);
	return TRUE;
}

/* Looks and types in one transaction: what is replaced was seen. */
static gboolean
edit_once(person *p, GError **error)
{
	g_autoptr(GError) why = NULL;

	p->fresh_n = 0;
	p->things = p->s->book->things;
	if (!desk_begin(p->d, error))
		return FALSE;
	p->rows = json_array();
	gboolean ok = desk_list(p->d, NULL, NULL, add_row, p->rows, &why) &&
		      choose_and_edit(p, &why) && desk_commit(p->d, &why);
	g_clear_pointer(&p->rows, json_decref);
	if (ok) {
		p->s->book->f.edits++;
		stored(p);
		return TRUE;
	}
	desk_rollback(p->d);
	/* A reason is what the desk does not want of people: an unknown value, a circle. */
	if (why->code > FAIL_USAGE || why->code == FAIL_USAGE)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

gboolean
people_edit(sim *s, const place *at, guint count, GError **error)
{
	g_autoptr(desk) d = desk_open(at->home, at->name, FALSE, error);
	person p = {.s = s, .at = at, .d = d};

	if (d == NULL)
		return FALSE;
	for (guint i = 0; i < count; i++)
		if (!edit_once(&p, error))
			return FALSE;
	return TRUE;
}
