#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "cli/when.h"
#include "gateway/events.h"

#define FOLLOW_MS 500 /* between two looks at what is new */

static const print_column columns[] = {{"AT (UTC)", FALSE, 0},
				       {"LINK", FALSE, 0},
				       {"EVENT", FALSE, 0},
				       {"ITEM", FALSE, 30},
				       {"ENVELOPE", FALSE, 0},
				       {"TEXT", FALSE, 0},
				       {0}};

typedef struct {
	const call *c;
	const char *const *what; /* NULL: all */
	print_table *table;      /* NULL: JSON */
	guint64 count;
} output;

static void
print_event_json(const char *link, const store_event *e)
{
	g_autoptr(json_ref) one = json_object();
	g_autofree char *at = clock_stamp(e->at);

	show_put(one, "at", at);
	show_put(one, "link", link);
	json_object_set_new(one, "number", json_integer((json_int_t)e->number));
	show_put(one, "what", e->what);
	show_put(one, "id", e->item);
	show_put(one, "uid", e->uid);
	show_put(one, "envelope", e->envelope);
	show_put(one, "text", e->text);
	print_json(one);
}

static gboolean
print_event(const char *link, const store_event *e, gpointer data)
{
	output *o = data;

	if (o->what != NULL && !g_strv_contains(o->what, e->what))
		return TRUE;
	o->count++;
	if (o->table == NULL) {
		print_event_json(link, e);
		return print_alive();
	}
	g_autofree char *at = clock_stamp(e->at);
	at[10] = ' ';
	at[19] = '\0';
	print_table_row(o->table, at, link, e->what, e->item != NULL ? e->item : e->uid,
			e->envelope, e->text != NULL ? e->text : "");
	return print_alive();
}

/* Waits a moment; FALSE: nobody reads the output any more. */
static gboolean
wait_for_more(void)
{
	GPollFD out = {.fd = STDOUT_FILENO};

	g_poll(&out, 1, FOLLOW_MS);
	/* poll() returns at once where it fails; then the next write finds out. */
	return out.revents == 0;
}

static gboolean
follow(events *e, output *o, GError **error)
{
	do {
		if (!events_read(e, print_event, o, error))
			return FALSE;
		if (o->table != NULL)
			print_table_flush(o->table);
		if (!print_flush(error))
			return FALSE;
	} while (wait_for_more());
	return TRUE;
}

/* A word that is never used is more often misspelt than rare. */
static gboolean
say_nothing_found(const output *o, events *e, GError **error)
{
	g_autoptr(GPtrArray) kinds = events_kinds(e, error);

	if (kinds == NULL)
		return FALSE;
	g_ptr_array_add(kinds, NULL);
	for (guint i = 0; o->what != NULL && o->what[i] != NULL; i++)
		if (!g_strv_contains((const char *const *)kinds->pdata, o->what[i]) &&
		    !o->c->quiet) {
			g_autofree char *all = g_strjoinv(" ", (char **)kinds->pdata);

			print_note("no event is called %s; there are: %s", o->what[i], all);
		}
	call_say(o->c, "no events");
	return TRUE;
}

static gboolean
print_log(const call *c, events *e, GError **error)
{
	output o = {.c = c, .what = call_values(c, "what")};
	gboolean ok;

	o.table = c->json ? NULL : print_table_new(columns);
	if (call_has(c, "follow"))
		ok = follow(e, &o, error);
	else
		ok = events_read(e, print_event, &o, error);
	print_table_end(o.table);
	return ok && (o.count > 0 || call_has(c, "follow") || say_nothing_found(&o, e, error));
}

static gboolean
read_filter(const call *c, events_filter *ret, GError **error)
{
	const char *since = call_value(c, "since"), *until = call_value(c, "until");
	gint64 now = clock_now();
	events_filter f = {.since = call_has(c, "follow") ? now : 0,
			   .until = G_MAXINT64,
			   .item = call_value(c, "item")};

	if ((since != NULL && !when_parse("since", since, now, &f.since, error)) ||
	    (until != NULL && !when_parse("until", until, now, &f.until, error)))
		return FALSE;
	if (until != NULL && call_has(c, "follow")) {
		fail_set(error, FAIL_USAGE, "log: --follow has no end; leave --until out");
		return FALSE;
	}
	if (f.since >= f.until) {
		fail_set(error, FAIL_USAGE, "log: --until is not after --since");
		return FALSE;
	}
	*ret = f;
	return TRUE;
}

/* One log that can't be read does not keep the others from being read. */
static gboolean
add_links(call *c, const GPtrArray *names, events *e, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		g_autoptr(GError) why = NULL;

		if (events_add(e, c->site, names->pdata[i], &why))
			continue;
		if (call_len(c) > 0) {
			g_propagate_error(error, g_steal_pointer(&why));
			return FALSE;
		}
		print_error(why, NULL);
		call_worsen(c, STATUS_FAILED);
	}
	return TRUE;
}

static gboolean
run_log(call *c, GError **error)
{
	events_filter filter;

	if (!read_filter(c, &filter, error))
		return FALSE;
	g_autoptr(GPtrArray) names = call_links(c, error);
	g_autoptr(events) e = names != NULL ? events_new(&filter) : NULL;
	if (e == NULL || !add_links(c, names, e, error))
		return FALSE;
	if (filter.item != NULL && events_count(e) == 0) {
		fail_set(error, REASON_NO_ITEM, "item %s is not known on %s%s", filter.item,
			 call_len(c) > 0 ? "link " : "any link",
			 call_len(c) > 0 ? call_arg(c, 0) : "");
		return FALSE;
	}
	return print_log(c, e, error);
}

static const command_option options[] = {
	{"since", "T",
	 "not before T: 2026-11-24, 2026-11-24T09:14 (UTC), or so long ago: 30min, 2h, 3d", FALSE},
	{"until", "T", "only what happened before T", FALSE},
	{"item", "ID", "only what happened to this item", FALSE},
	{"what", "EVENT", "only events so called, like sealed, applied, held or quarantined", TRUE},
	{"follow", NULL, "goes on with what happens from now on, until stopped", FALSE},
	{0},
};

const command commands_log[] = {
	{"log", "[NAME...] [--since T] [--until T] [--item ID] [--what EVENT]... [--follow]",
	 "what happened",
	 "Shows what happened on a link, or on all of them merged by time: what was captured, "
	 "sealed,\n"
	 "carried, taken, applied, refused, and what an operator did. Each link keeps the newest "
	 "lines,\n"
	 "so many as its setting log.keep says.",
	 0, ANY_NUMBER, options, run_log},
	{0},
};
