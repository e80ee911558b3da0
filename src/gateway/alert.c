#include "gateway/alert.h"

#include <string.h>

#include "gateway/alert_private.h"
#include "gateway/look.h"
#include "gateway/report.h"

#define AGAIN_SECONDS 300             /* until what failed is tried again */
#define SUCCESS       "alert_success" /* what the last success told: "at","stored","done" */

typedef struct {
	gateway *g;
	const alert_way *way;
	json_t *known; /* what was told */
	gboolean changed;
	gint64 wait;
} alerts;

static const alert_way *const ways[] = {&alert_by_command, &alert_by_mail};

const char *
alert_setting(gateway *g, const char *key)
{
	const char *own = conf_text(g->conf, key);

	return own != NULL ? own : conf_text(site_conf(g->site), key);
}

char *
alert_letter(const alert_news *n)
{
	const char *command = json_str(n->about, "command");

	return g_strdup_printf("handsel, site %s, link %s: %s, since %s\n\n%s\n%s%s%s",
			       site_name(n->g->site), n->g->name, n->what,
			       json_str(n->about, "since"), json_str(n->about, "text"),
			       command != NULL ? "\n    " : "", command != NULL ? command : "",
			       command != NULL ? "\n" : "");
}

static gboolean
tell(alerts *a, const char *kind, const char *what, const json_t *about)
{
	const alert_news news = {a->g, kind, what, about};
	g_autoptr(GError) why = NULL;
	g_autofree char *how = NULL;

	if (clock_now() < (gint64)store_get_u64(a->g->store, a->way->next))
		return FALSE;
	if (a->way->tell(&news, &how, &why)) {
		gate_note(a->g, "alert", NULL, NULL, "%s: %s%s%s", what, json_str(about, "text"),
			  how != NULL ? "; " : "", how != NULL ? how : "");
		return TRUE;
	}
	gate_note(a->g, "trouble", NULL, NULL, "%s", why->message);
	store_put_u64(a->g->store, a->way->next, (guint64)clock_now() + AGAIN_SECONDS, NULL);
	a->wait = MIN(a->wait, AGAIN_SECONDS);
	return FALSE;
}

/* ---- what has begun and ended ---- */

/* Problems by kind; of those of one kind the first stands for all. */
static json_t *
by_kind(const json_t *status)
{
	json_t *all = json_object(), *one;
	size_t i;

	json_array_foreach (json_object_get(status, "problems"), i, one) {
		const char *kind = json_str(one, "kind");

		if (g_strcmp0(kind, "paused") != 0 && json_object_get(all, kind) == NULL)
			json_object_set(all, kind, one);
	}
	return all;
}

static void
begin_one(alerts *a, const char *kind, const json_t *problem)
{
	json_t *known = json_object_get(a->known, kind);

	if (known != NULL) {
		a->changed |= json_object_del(known, "gone") == 0;
		return;
	}
	g_autoptr(json_ref) trouble = json_copy((json_t *)problem);
	json_put(trouble, "since", a->g->now);
	if (!tell(a, kind, "trouble", trouble))
		return;
	json_object_set(a->known, kind, trouble);
	a->changed = TRUE;
}

static void
end_one(alerts *a, const char *kind, json_t *known)
{
	gint64 now = clock_now(), over = conf_int(a->g->conf, "alert.over");
	gint64 gone = json_num(known, "gone", 0);

	if (gone == 0) {
		gone = now;
		json_object_set_new(known, "gone", json_integer(now));
		a->changed = TRUE;
	}
	if (now < gone + over) {
		a->wait = MIN(a->wait, gone + over - now);
	} else if (tell(a, kind, "over", known)) {
		json_object_del(a->known, kind);
		a->changed = TRUE;
	}
}

static void
compare(alerts *a, const json_t *now)
{
	const char *kind;
	json_t *one;
	void *next;

	json_object_foreach ((json_t *)now, kind, one)
		begin_one(a, kind, one);
	json_object_foreach_safe (a->known, next, kind, one)
		if (json_object_get(now, kind) == NULL)
			end_one(a, kind, one);
}

static json_t *
load(gateway *g, const char *key)
{
	g_autofree char *text = store_get(g->store, key);
	json_t *known = text != NULL ? json_read(text, strlen(text), NULL) : NULL;

	return json_is_object(known) ? known : json_object();
}

static gboolean
save(gateway *g, const char *key, const json_t *known, GError **error)
{
	g_autofree char *text = json_text(known);

	return store_put(g->store, key, json_object_size(known) > 0 ? text : NULL, error);
}

/* ---- success ---- */

static json_t *
success_now(gateway *g)
{
	json_t *now = json_object();

	json_object_set_new(now, "at", json_integer(clock_now()));
	json_object_set_new(now, "stored", json_integer((json_int_t)g->n.stored));
	json_object_set_new(now, "done", json_integer((json_int_t)g->n.p_done));
	return now;
}

/* "12 envelopes came in, 3 of ours were taken over", or NULL: nothing happened; caller frees. */
static char *
success_text(gateway *g, const json_t *last)
{
	gint64 in = (gint64)g->n.stored - json_num(last, "stored", 0);
	gint64 out = (gint64)g->n.p_done - json_num(last, "done", 0);

	return in <= 0 && out <= 0
		       ? NULL
		       : g_strdup_printf("%" G_GINT64_FORMAT
					 " envelopes of the partner came in, %" G_GINT64_FORMAT
					 " of ours were taken over there",
					 MAX(in, 0), MAX(out, 0));
}

/* That all is well, for who asked to be told. */
static gboolean
tell_success(alerts *a, GError **error)
{
	gint64 every = conf_int(a->g->conf, "alert.success");
	g_autofree char *key = g_strconcat(SUCCESS, ".", a->way->told, NULL);
	g_autoptr(json_ref) last = load(a->g, key);
	g_autoptr(json_ref) now = success_now(a->g);
	gint64 at = json_num(last, "at", 0);
	g_autofree char *text = at == 0 ? NULL : success_text(a->g, last);

	if (every == 0)
		return TRUE;
	/* The first one is about what happens from now on. */
	if (at == 0)
		return save(a->g, key, now, error);
	if (clock_now() < at + every)
		a->wait = MIN(a->wait, at + every - clock_now());
	if (clock_now() < at + every || text == NULL)
		return TRUE;
	g_autoptr(json_ref) about = json_object();
	g_autofree char *since = clock_stamp(at);
	json_put(about, "text", text);
	json_put(about, "since", since);
	return !tell(a, "success", "done", about) || save(a->g, key, now, error);
}

/* When there may be more, though nothing happens. */
static gboolean
next_overdue(gateway *g, gint64 *ret, GError **error)
{
	g_autoptr(GPtrArray) out = store_outgoings(g->store, 1, OUT_STORED, error);
	g_autoptr(json_ref) unused = json_array();

	return out != NULL && report_overdue(g, out, unused, ret, error);
}

static gboolean
tell_all(alerts *a, const json_t *now, GError **error)
{
	g_autoptr(json_ref) known = a->known = load(a->g, a->way->told);

	a->changed = FALSE;
	compare(a, now);
	return (!a->changed || save(a->g, a->way->told, known, error)) && tell_success(a, error);
}

gboolean
gateway_alert(gateway *g, gint64 *ret_wait, GError **error)
{
	g_autoptr(json_ref) now = NULL;
	alerts a = {.g = g};

	*ret_wait = a.wait = G_MAXINT64;
	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
		a.way = ways[i];
		if (!a.way->wanted(g))
			continue;
		if (now == NULL) {
			g_autoptr(json_ref) status = report_status(g, error);

			if (status == NULL || !next_overdue(g, &a.wait, error))
				return FALSE;
			now = by_kind(status);
		}
		if (!tell_all(&a, now, error))
			return FALSE;
	}
	*ret_wait = a.wait;
	return TRUE;
}
