#include "base/u64.h"
#include "gateway/look.h"
#include "gateway/private.h"
#include "gateway/rekey.h"

typedef struct {
	gateway *g;
	json_t *problems;
	gint64 next; /* in so many seconds the first of what is still in time is overdue */
} overdue;

/* Is what began at SINCE (0: it did not) over the time that setting KEY gives it?  *RET_AGE. */
static gboolean
is_over(overdue *o, const char *key, gint64 since, gint64 *ret_age)
{
	gint64 limit = conf_int(o->g->conf, key);

	if (limit == 0 || since == 0)
		return FALSE;
	*ret_age = clock_now() - since;
	if (*ret_age <= limit)
		o->next = MIN(o->next, limit - *ret_age + 1);
	return *ret_age > limit;
}

static void
judge_backlog(overdue *o, const GPtrArray *out)
{
	const store_outgoing *first = out->len > 0 ? out->pdata[0] : NULL;
	gint64 age;

	if (first == NULL || !is_over(o, "alert.backlog", first->made, &age))
		return;
	g_autofree char *since = u64_age_text(age), *id = gateway_my_id(o->g, first->number);
	look_tell(o->problems, "backlog",
		  g_strdup_printf("%s has not been acknowledged for %s", id, since),
		  look_command(o->g, "spool list %s", o->g->name));
}

/* When the link came to be: its first envelope belongs to the pairing and is remembered. */
static gint64
began(gateway *g)
{
	g_autoptr(store_outgoing) first = store_find_outgoing(g->store, 1, NULL);

	return first != NULL ? first->made : 0;
}

static void
judge_silence(overdue *o, gint64 begin)
{
	gateway *g = o->g;
	gint64 heard = (gint64)store_get_u64(g->store, "heard_at"), age;
	gint64 last = MAX(MAX(heard, g->n.last_in), begin);

	if (g->state != PAIR_RUNNING || !is_over(o, "alert.expect_every", last, &age))
		return;
	g_autofree char *since = u64_age_text(age);
	look_tell(o->problems, "silence",
		  g_strdup_printf("nothing has come from the partner for %s", since),
		  look_command(g, "link show %s", g->name));
}

/* What came ahead of its turn waits for the envelopes before it. */
static gboolean
judge_gap(overdue *o, GError **error)
{
	gateway *g = o->g;
	g_autoptr(GPtrArray) ahead = store_incomings(g->store, g->n.stored + 1, error);
	const store_incoming *first = ahead != NULL && ahead->len > 0 ? ahead->pdata[0] : NULL;
	gint64 age;

	if (first == NULL || !is_over(o, "alert.gap", first->taken, &age))
		return ahead != NULL;
	g_autofree char *since = u64_age_text(age);
	g_autofree char *id = gateway_their_id(g, first->number);
	g_autofree char *missing = gateway_their_id(g, g->n.stored + 1);
	look_tell(o->problems, "gap",
		  g_strdup_printf("%s has waited for %s for %s; the partner has been asked for it",
				  id, missing, since),
		  look_command(g, "spool list %s", g->name));
	return TRUE;
}

static void
judge_keys(overdue *o, gint64 begin)
{
	gint64 age, mine, theirs;

	rekey_since(o->g, &mine, &theirs);
	/* Of the two keys the older one. */
	gint64 since = MIN(MAX(mine, begin), MAX(theirs, begin));
	if (o->g->state != PAIR_RUNNING || !is_over(o, "alert.key_age", since, &age))
		return;
	g_autofree char *text = u64_age_text(age);
	look_tell(o->problems, "keys", g_strdup_printf("the keys of the link are %s old", text),
		  look_command(o->g, "link rekey %s", o->g->name));
}

gboolean
report_overdue(gateway *g, const GPtrArray *out, json_t *problems, gint64 *ret_next, GError **error)
{
	overdue o = {.g = g, .problems = problems, .next = G_MAXINT64};
	gint64 begin = began(g);

	judge_backlog(&o, out);
	judge_silence(&o, begin);
	if (!judge_gap(&o, error))
		return FALSE;
	judge_keys(&o, begin);
	*ret_next = o.next;
	return TRUE;
}
