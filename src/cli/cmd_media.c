#include "base/fail.h"
#include "base/u64.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/media.h"

#define TOLD 10 /* files that need somebody, told one by one */

static const char *const outcome_words[MEDIA_OUTCOMES] = {
	[MEDIA_CARRIED] = "carried", [MEDIA_THERE] = "there",     [MEDIA_BEFORE] = "delivered",
	[MEDIA_LEFT] = "left",       [MEDIA_DAMAGED] = "damaged", [MEDIA_AWAY] = "away",
};

typedef struct {
	char *link;
	guint64 count[MEDIA_OUTCOMES], bytes;
} tally;

typedef struct {
	call *c;
	GPtrArray *tallies;  /* tally *, one a link */
	GPtrArray *problems; /* lines */
	guint64 more;        /* problems that were left out */
} output;

static void
tally_free(gpointer data)
{
	tally *t = data;

	g_free(t->link);
	g_free(t);
}

static tally *
tally_of(output *o, const char *link)
{
	for (guint i = 0; i < o->tallies->len; i++) {
		tally *t = o->tallies->pdata[i];

		if (g_str_equal(t->link, link))
			return t;
	}
	tally *t = g_new0(tally, 1);
	t->link = g_strdup(link);
	g_ptr_array_add(o->tallies, t);
	return t;
}

static void
print_file(const media_file *f)
{
	g_autoptr(json_ref) one = json_object();

	show_put(one, "link", f->link);
	show_put(one, "id", f->id);
	show_put(one, "file", f->file);
	json_object_set_new(one, "size",
			    f->file != NULL ? json_integer((json_int_t)f->size) : json_null());
	show_put(one, "outcome", outcome_words[f->outcome]);
	show_put(one, "text", f->text);
	print_json(one);
}

static void
note_file(const media_file *f, gpointer data)
{
	output *o = data;
	tally *t = tally_of(o, f->link);

	t->count[f->outcome]++;
	if (f->outcome == MEDIA_CARRIED)
		t->bytes += f->size;
	if (f->outcome == MEDIA_AWAY)
		call_worsen(o->c, STATUS_FAILED);
	else if (f->outcome == MEDIA_LEFT || f->outcome == MEDIA_DAMAGED)
		call_worsen(o->c, STATUS_WAITS);
	if (o->c->json) {
		print_file(f);
		return;
	}
	if (o->c->verbose && f->file != NULL)
		call_say(o->c, "%s  %s  %s", f->link, f->file, outcome_words[f->outcome]);
	if (f->text == NULL)
		return;
	if (o->problems->len >= TOLD) {
		o->more++;
		return;
	}
	g_ptr_array_add(o->problems,
			g_strdup_printf("! %s  %s%s%s", f->link, f->id != NULL ? f->id : "",
					f->id != NULL ? ": " : "", f->text));
}

static void
print_tally(print_table *table, const tally *t)
{
	static const media_outcome counted[] = {MEDIA_CARRIED, MEDIA_THERE, MEDIA_BEFORE,
						MEDIA_LEFT, MEDIA_DAMAGED};
	char *n[G_N_ELEMENTS(counted)];
	g_autofree char *size = u64_size_text(t->bytes);

	for (gsize i = 0; i < G_N_ELEMENTS(counted); i++)
		n[i] = g_strdup_printf("%" G_GUINT64_FORMAT, t->count[counted[i]]);
	print_table_row(table, t->link, n[0], size, n[1], n[2], n[3], n[4]);
	for (gsize i = 0; i < G_N_ELEMENTS(counted); i++)
		g_free(n[i]);
}

static void
print_outcome(const output *o)
{
	static const print_column columns[] = {{"LINK", FALSE, 0},     {"CARRIED", TRUE, 0},
					       {"SIZE", TRUE, 0},      {"THERE", TRUE, 0},
					       {"DELIVERED", TRUE, 0}, {"LEFT", TRUE, 0},
					       {"DAMAGED", TRUE, 0},   {0}};
	print_table *table = print_table_new(columns);

	for (guint i = 0; i < o->tallies->len; i++)
		print_tally(table, o->tallies->pdata[i]);
	print_table_end(table);
	for (guint i = 0; i < o->problems->len; i++)
		print_line("%s", (const char *)o->problems->pdata[i]);
	if (o->more > 0)
		print_line("! and %" G_GUINT64_FORMAT " more; -v shows each file", o->more);
	if (o->tallies->len == 0)
		print_line("nothing to carry");
}

/* The links in all arguments but the last, or all. */
static GPtrArray *
links_of(call *c, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	guint count = call_len(c) - 1;
	const site *s = call_site(c, error);

	if (s == NULL)
		return NULL;
	if (count == 1 && g_str_equal(call_arg(c, 0), "ALL"))
		return site_links(s, error);
	for (guint i = 0; i < count; i++) {
		if (!call_check_link(s, call_arg(c, i), error))
			return NULL;
		if (!g_ptr_array_find_with_equal_func(names, call_arg(c, i), g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(call_arg(c, i)));
	}
	return g_steal_pointer(&names);
}

static gboolean
read_space(const call *c, guint64 *ret, GError **error)
{
	const char *space = call_value(c, "space");

	*ret = G_MAXUINT64;
	if (space == NULL || u64_parse_size(space, G_MAXINT64, ret))
		return TRUE;
	fail_set(error, FAIL_USAGE, "--space %s: not a size; write 500 MiB or 4GiB", space);
	return FALSE;
}

static gboolean
carry(call *c, gboolean in, GError **error)
{
	output o = {.c = c};
	media_run run = {.in = in, .again = call_has(c, "again"), .each = note_file, .data = &o};

	if (!read_space(c, &run.space, error))
		return FALSE;
	g_autoptr(GPtrArray) links = links_of(c, error);
	if (links == NULL)
		return FALSE;
	g_autoptr(GPtrArray) tallies = o.tallies = g_ptr_array_new_with_free_func(tally_free);
	g_autoptr(GPtrArray) problems = o.problems = g_ptr_array_new_with_free_func(g_free);
	gboolean ok = media_carry(c->site, links, call_arg(c, call_len(c) - 1), &run, error);
	if (!c->json && !c->quiet && (ok || tallies->len > 0))
		print_outcome(&o);
	return ok;
}

static gboolean
run_out(call *c, GError **error)
{
	return carry(c, FALSE, error);
}

static gboolean
run_in(call *c, GError **error)
{
	return carry(c, TRUE, error);
}

static const command_option out_options[] = {
	{"space", "SIZE", "copies so much at most, like 500MiB; all that is free if not given",
	 FALSE},
	{"again", NULL, "what the stick has delivered before, too", FALSE},
	{0},
};

const command commands_media[] = {
	{"media out", "NAME... DIR [--space SIZE] [--again]", "load envelopes onto a stick",
	 "Copies what lies in SEND of the links, or of ALL, onto the stick mounted at DIR, oldest "
	 "first,\n"
	 "as far as there is room. Each copy is read back and compared before it counts. What the "
	 "stick\n"
	 "has delivered before is not loaded again. Needs no keys: SEND keeps every file until the "
	 "partner\n"
	 "has acknowledged it, so a stick may get lost. Ends with 3 if something was left.",
	 2, ANY_NUMBER, out_options, run_out},
	{"media in", "NAME... DIR", "unload envelopes from a stick",
	 "Copies what the stick mounted at DIR brings for the links, or for ALL, into RECEIVE. "
	 "Each "
	 "copy is\n"
	 "read back and compared, then the file is taken off the stick and noted there as "
	 "delivered. A\n"
	 "damaged file stays on the stick. Needs no keys; the next handsel sync takes the "
	 "envelopes "
	 "in.",
	 2, ANY_NUMBER, NULL, run_in},
	{0},
};
