#include "sync/sync_private.h"

#include "base/clock.h"

#include <string.h>

/* One call of F: what is merged, and where losing values go. */
typedef struct {
	const contract *contract;
	const char *reg;
	const char *field; /* of a thing, else NULL */
	const json_t *base, *master, *slave;
	GPtrArray *losses;
} merge;

static void
put_value(json_t *entry, const char *key, const json_t *x)
{
	json_t *v = json_object_get(x, "v");

	if (value_form_of(x) == VALUE_CONFLICT)
		json_object_set(entry, key, (json_t *)x);
	else
		json_object_set_new(entry, key, v == NULL ? json_null() : json_incref(v));
}

static void
log_loss(const merge *f, const json_t *loser, const json_t *winner, policy p)
{
	if (f->losses == NULL)
		return;

	json_t *e = json_object();
	json_object_set_new(e, "reg", json_string(f->reg));
	json_put(e, "field", f->field);
	put_value(e, "value", loser);
	json_put(e, "at", value_at(loser));
	put_value(e, "winner", winner);
	put_value(e, "base", f->base);
	put_value(e, "master", f->master);
	put_value(e, "slave", f->slave);
	json_object_set_new(e, "policy", json_string(policy_name(p)));
	json_object_set_new(e, "open", json_boolean(winner == NULL));
	g_ptr_array_add(f->losses, e);
}

static gint64
seconds(const json_t *x, gboolean master)
{
	gint64 t;

	return clock_parse(value_at(value_cand(x, master)), &t) ? t : G_MININT64 / 2;
}

/* -1: the slave's is later, 1: the master's, 0: within the tolerance. */
static int
later(const merge *f)
{
	gint64 d = seconds(f->master, TRUE) - seconds(f->slave, FALSE);
	gint64 tolerance = contract_tolerance(f->contract);

	return d > tolerance ? 1 : d < -tolerance ? -1 : 0;
}

/* POLICY_FIRST is `latest` mirrored; times that are exactly equal are the master's in both. */
static gboolean
master_first(const merge *f)
{
	if (later(f) < 0)
		return TRUE;
	return seconds(f->master, TRUE) == seconds(f->slave, FALSE);
}

static json_t *
merge_winner(const merge *f, gboolean master, policy p)
{
	const json_t *winner = master ? f->master : f->slave;

	log_loss(f, master ? f->slave : f->master, winner, p);
	return value_ref(winner);
}

static const char *
element(const json_t *set, gsize i)
{
	return json_string_value(json_array_get(set, i));
}

/* Moves *I to the first element of SET not before E; is it E? */
static gboolean
reaches(const json_t *set, gsize *i, const char *e)
{
	while (*i < json_array_size(set) && g_strcmp0(element(set, *i), e) < 0)
		(*i)++;
	return *i < json_array_size(set) && g_strcmp0(element(set, *i), e) == 0;
}

/* (m and s) or (m less b) or (s less b); all three are sorted. */
static json_t *
merge_set(const merge *f)
{
	const json_t *b = value_of(f->base), *m = value_of(f->master), *s = value_of(f->slave);
	json_t *set = json_array();
	gsize i = 0, j = 0, l = 0;

	while (i < json_array_size(m) || j < json_array_size(s)) {
		const char *x = element(m, i), *y = element(s, j);
		gboolean in_m = y == NULL || (x != NULL && strcmp(x, y) <= 0);
		gboolean in_s = x == NULL || (y != NULL && strcmp(y, x) <= 0);
		json_t *e = in_m ? json_array_get(m, i) : json_array_get(s, j);

		if ((in_m && in_s) || !reaches(b, &l, json_string_value(e)))
			json_array_append(set, e);
		i += in_m ? 1 : 0;
		j += in_s ? 1 : 0;
	}
	json_t *ret = value_plain(json_array_size(set) > 0 ? set : NULL,
				  stamp_max(value_at(f->master), value_at(f->slave)));
	json_decref(set);
	return ret;
}

/* An open conflict: each side goes on showing its own. */
static json_t *
merge_hold(const merge *f)
{
	const json_t *m = value_cand(f->master, TRUE), *s = value_cand(f->slave, FALSE);

	if (value_eq(m, s))
		return value_ref(m);
	merge opened = *f;
	opened.master = m;
	opened.slave = s;
	log_loss(&opened, s, NULL, POLICY_HOLD);
	return value_conflict(m, s);
}

static json_t *
merge_policy(const merge *f, policy p, gboolean owner_master)
{
	switch (p) {
	case POLICY_LATEST:
		return merge_winner(f, later(f) >= 0, p);
	case POLICY_FIRST:
		return merge_winner(f, master_first(f), p);
	case POLICY_SLAVE:
		return merge_winner(f, FALSE, p);
	case POLICY_OWNER:
		return merge_winner(f, owner_master, p);
	case POLICY_MERGE:
		return merge_set(f);
	case POLICY_HOLD:
		return merge_hold(f);
	case POLICY_MASTER:
	case POLICY_COUNT:
		break;
	}
	return merge_winner(f, TRUE, POLICY_MASTER);
}

/* The three answers that need no policy; NULL: it is a conflict. */
static json_t *
merge_plainly(const merge *f)
{
	if (value_eq(f->master, f->slave) || value_eq(f->slave, f->base))
		return value_ref(f->master);
	if (value_eq(f->master, f->base))
		return value_ref(f->slave);
	return NULL;
}

static guint64
life_count(const char *word, gboolean second)
{
	const char *p = word + strlen("live#");

	return g_ascii_strtoull(second ? strchr(p, ',') + 1 : p, NULL, 10);
}

static int
life_rank(const json_t *x)
{
	if (strcmp(life_word(x), LIFE_UNSHARED) == 0)
		return 2;
	return life_live(x) ? 1 : 0;
}

static json_t *
merge_life(const merge *f)
{
	if (!life_live(f->master) || !life_live(f->slave) || mutant("life-join"))
		return value_ref(life_rank(f->master) >= life_rank(f->slave) ? f->master
									     : f->slave);

	/* Both touched it: the join differs from both, so that a later `gone` of either still
	 * sees that it was crossed. */
	guint64 n[2];
	for (int i = 0; i < 2; i++)
		n[i] = MAX(life_count(life_word(f->master), i == 1),
			   life_count(life_word(f->slave), i == 1));
	g_autofree char *word =
		g_strdup_printf("live#%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT, n[0], n[1]);
	return life_value(word);
}

/* A field of a thing as a row value of its own; NULL if it has none. */
static json_t *
thing_field(const json_t *thing, const char *field)
{
	json_t *v = json_object_get(value_of(thing), field);

	return v == NULL ? NULL : value_plain(v, thing_at(thing, field));
}

static void
merge_thing_field(const merge *f, const char *field, json_t *map, json_t *ats)
{
	g_autoptr(json_ref) b = thing_field(f->base, field);
	g_autoptr(json_ref) m = thing_field(f->master, field);
	g_autoptr(json_ref) s = thing_field(f->slave, field);
	merge one = {f->contract, f->reg, field, b, m, s, f->losses};
	g_autoptr(json_ref) r = merge_plainly(&one);

	if (r == NULL && (m == NULL || s == NULL))
		r = value_ref(m == NULL ? s : m);
	if (r == NULL)
		r = merge_policy(&one, POLICY_LATEST, FALSE);
	if (value_form_of(r) == VALUE_ABSENT)
		return;
	json_object_set(map, field, json_object_get(r, "v"));
	if (value_at(r) != NULL)
		json_object_set(ats, field, json_object_get(r, "at"));
}

/* The bytes of a file are one value: their size goes with their hash. */
static void
size_follows_hash(const merge *f, json_t *map)
{
	const json_t *sha = json_object_get(map, "sha256");

	if (sha == NULL || json_object_get(map, "size") == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		const json_t *side = value_of(i == 0 ? f->master : f->slave);
		json_t *size = json_object_get(side, "size");
		if (size != NULL && value_same(json_object_get(side, "sha256"), sha)) {
			json_object_set(map, "size", size);
			return;
		}
	}
}

/* An edit beats absence, unshared beats all. */
static json_t *
merge_thing(const merge *f)
{
	value_form m = value_form_of(f->master), s = value_form_of(f->slave);

	if (m == VALUE_UNSHARED || s == VALUE_UNSHARED)
		return value_unshared();
	if (m == VALUE_ABSENT || s == VALUE_ABSENT)
		return value_ref(m == VALUE_ABSENT ? f->slave : f->master);

	json_t *map = json_object(), *ats = json_object(), *v;
	const json_t *sides[2] = {value_of(f->master), value_of(f->slave)};
	const char *field;
	json_object_foreach ((json_t *)sides[0], field, v)
		merge_thing_field(f, field, map, ats);
	json_object_foreach ((json_t *)sides[1], field, v) {
		if (json_object_get(sides[0], field) == NULL)
			merge_thing_field(f, field, map, ats);
	}
	size_follows_hash(f, map);
	return thing_value(map, ats);
}

json_t *
sync_merge_value(const contract *c, const char *kind, const char *reg, const json_t *base,
		 const json_t *master, const json_t *slave, GPtrArray *losses)
{
	merge f = {c, reg, NULL, base, master, slave, losses};
	json_t *plain = merge_plainly(&f);

	if (plain != NULL)
		return plain;
	if (strcmp(reg, ITEM_LIFE) == 0)
		return merge_life(&f);
	if (reg[0] == '@')
		return merge_thing(&f);
	/* What was never stated loses to what was. */
	if (value_form_of(master) == VALUE_ABSENT || value_form_of(slave) == VALUE_ABSENT)
		return value_ref(value_form_of(master) == VALUE_ABSENT ? slave : master);

	const contract_field *field =
		strcmp(reg, ITEM_PARENT) == 0 ? NULL : contract_field_of(c, kind, reg);
	return field == NULL ? merge_policy(&f, POLICY_MASTER, FALSE)
			     : merge_policy(&f, field->policy, field->owner_master);
}
