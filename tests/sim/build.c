#include "tests/sim/sim.h"

#include <string.h>

#include "adapter/desk.h"
#include "base/clock.h"
#include "base/fsio.h"
#include "gateway/make.h"

/* Fields and what the policies of their types may be; the others are as by default. */
static const struct {
	const char *name, *type;
	gboolean learn;
} fields[] = {
	{"title", "text", FALSE},      {"description", "longtext", FALSE},
	{"key", "text", FALSE},        {"assignee", "user", FALSE},
	{"state", "list", TRUE},       {"priority", "list", TRUE},
	{"resolution", "list", FALSE},
};

static json_t *
field_json(sim *s, const char *type, gboolean learn)
{
	static const char *const policies[] = {"latest", "latest", "first", "master",
					       "slave",  "owner",  "hold"};
	static const char *const refused[] = {"hold", "revert", "keep"};
	const char *policy = policies[sim_below(s, G_N_ELEMENTS(policies))];
	json_t *f = json_object();

	json_put(f, "type", type);
	json_put(f, "policy", policy);
	json_put(f, "on_refused", refused[sim_below(s, G_N_ELEMENTS(refused))]);
	if (strcmp(policy, "owner") == 0)
		json_put(f, "owner", sim_below(s, 2) == 0 ? "master" : "slave");
	if (learn)
		json_object_set_new(f, "learn", json_true());
	return f;
}

/* A contract drawn for one link, as a file; caller frees the path. */
static char *
write_contract(sim *s, const end *e)
{
	g_autoptr(json_ref) c = json_object();
	json_t *kind = json_object(), *all = json_object(), *kinds = json_object(),
	       *labels = json_object(), *due = json_object();
	static const char *const allowed[] = {"parent", "relations", "comments", "files", "rows"};

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		json_object_set_new(all, fields[i].name,
				    field_json(s, fields[i].type, fields[i].learn));
	json_put(labels, "type", "multi");
	json_put(labels, "policy", sim_below(s, 4) == 0 ? "latest" : "merge");
	json_object_set_new(all, "labels", labels);
	json_put(due, "type", "date");
	json_put(due, "policy", "latest");
	json_object_set_new(all, "due", due);
	json_object_set_new(kind, "fields", all);
	for (gsize i = 0; i < G_N_ELEMENTS(allowed); i++)
		json_object_set_new(kind, allowed[i], json_true());
	json_object_set_new(kinds, "issue", kind);
	json_object_set_new(c, "version", json_integer(1));
	json_object_set_new(c, "tolerance", json_integer(sim_below(s, 2) == 0 ? 2 : 0));
	json_object_set_new(c, "kinds", kinds);
	g_autofree char *text = json_text(c);
	g_autofree char *name = g_strdup_printf("%s-%s.contract", e->at->name, e->peer->at->name);
	char *path = g_build_filename(s->dir, name, NULL);
	carrier_put(s, s->dir, name, text, strlen(text));
	return path;
}

/* Settings that make the gateway go by its less used ways; NULL-ended. */
static GPtrArray *
settings_of(sim *s)
{
	GPtrArray *set = g_ptr_array_new_with_free_func(g_free);
	static const char *const batches[] = {"1", "3", "1000"};
	static const char *const unacked[] = {"1", "3", "100", "100"};
	static const char *const delays[] = {"0 s", "0 s", "5 min"};

	g_ptr_array_add(set, g_strdup_printf("sync.relay=%s", s->relay ? "yes" : "no"));
	g_ptr_array_add(set, g_strdup_printf("sync.window=%d", (int)s->window));
	g_ptr_array_add(set, g_strdup_printf("sync.batch=%s", batches[sim_below(s, 3)]));
	g_ptr_array_add(set, g_strdup_printf("sync.max_unacked=%s", unacked[sim_below(s, 4)]));
	g_ptr_array_add(set, g_strdup_printf("sync.ack_delay=%s", delays[sim_below(s, 3)]));
	if (sim_below(s, 3) == 0)
		g_ptr_array_add(set, g_strdup("folder.part=64 KiB"));
	if (sim_below(s, 3) == 0)
		g_ptr_array_add(set, g_strdup("sync.big_file=64 KiB"));
	g_ptr_array_add(set, g_strdup("log.keep=100000"));
	g_ptr_array_add(set, NULL);
	return set;
}

/* ---- in a process of the site ---- */

static gboolean
make_site(sim *s G_GNUC_UNUSED, gpointer data, GError **error)
{
	const place *at = data;
	g_autoptr(site) made = site_init(at->home, at->name, error);
	g_autoptr(desk) d = made == NULL ? NULL : desk_open(at->home, at->name, TRUE, error);

	return d != NULL;
}

static char *
handshake_file(const sim *s, const end *master)
{
	g_autofree char *name =
		g_strdup_printf("%s-%s.handshake", master->at->name, master->peer->at->name);

	return g_build_filename(s->dir, name, NULL);
}

static gboolean
make_link(sim *s, gpointer data, GError **error)
{
	const end *e = data;
	g_autofree char *file = handshake_file(s, e->master ? e : e->peer);
	g_autofree char *contract = e->master ? write_contract(s, e) : NULL;
	g_autoptr(GPtrArray) set = settings_of(s);
	g_autoptr(site) at = site_open(e->at->home, error);
	const link_request req = {
		.name = e->peer->at->name,
		.channel = "folder",
		.scope = "all",
		.protect = sim_below(s, 4) == 0 ? "sign" : "encrypt",
		.contract = contract,
		.settings = (const char *const *)set->pdata,
		.out = file,
	};

	if (at == NULL)
		return FALSE;
	return e->master ? link_make(at, &req, error) : link_join(at, file, &req, error);
}

/* The tracker knows these states and no others; people there choose among them. */
static gboolean
close_list(sim *s G_GNUC_UNUSED, gpointer data, GError **error)
{
	static const char *const known[] = {"open", "done", "waiting", NULL};
	const place *at = data;
	g_autoptr(desk) d = desk_open(at->home, at->name, FALSE, error);

	return d != NULL && desk_value_add(d, "resolution", known, error);
}

static void
must(sim *s, const place *at, machine_task *task, gpointer data)
{
	if (!sim_is_bad(s) && machine_run(s, at, (mishap){0}, task, data) != END_OK)
		sim_bad(s, "%s cannot be set up: %s", at->name, s->book->said);
}

/* ---- the parts ---- */

static void
build_place(sim *s, place *at, const char *name)
{
	static const gint64 skews[] = {0, 0, 1, -2, 5, -300, 7200};
	static const char *const stubborn[] = {"key", "title", "priority", "description"};

	g_strlcpy(at->name, name, sizeof at->name);
	at->home = g_build_filename(s->dir, name, NULL);
	at->skew = skews[sim_below(s, G_N_ELEMENTS(skews))];
	at->will.shouts = sim_below(s, 5) == 0;
	if (sim_below(s, 5) == 0)
		at->will.refuse = stubborn[sim_below(s, G_N_ELEMENTS(stubborn))];
	at->will.mute = sim_below(s, 8) == 0;
	must(s, at, make_site, at);
	if (sim_below(s, 5) == 0)
		must(s, at, close_list, at);
}

static void
build_end(sim *s G_GNUC_UNUSED, end *e, place *at, end *peer, gboolean master)
{
	e->at = at;
	e->peer = peer;
	e->master = master;
	e->pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	e->offered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	store_numbers none = {0};
	e->before = none;
}

static void
build_ways(sim *s, end *e)
{
	g_autofree char *way = g_strdup_printf("way-%s-%s", e->at->name, e->peer->at->name);
	g_autofree char *seen = g_strdup_printf("seen-%s-%s", e->at->name, e->peer->at->name);

	e->dir = g_build_filename(e->at->home, "links", e->peer->at->name, NULL);
	e->send = g_build_filename(e->dir, "exchange", "SEND", NULL);
	e->receive = g_build_filename(e->dir, "exchange", "RECEIVE", NULL);
	e->way = g_build_filename(s->dir, way, NULL);
	e->seen = g_build_filename(s->dir, seen, NULL);
	if (!fsio_mkdirs(e->way, 0700, NULL) || !fsio_mkdirs(e->seen, 0700, NULL))
		sim_bad(s, "cannot make the carrier's directories");
}

static void
read_link8(sim *s, end *e)
{
	g_autofree char *path = g_build_filename(e->dir, "link.conf", NULL);
	g_autoptr(conf) c = conf_load(path, SET_LINK, NULL);

	if (c == NULL)
		sim_bad(s, "%s cannot be read", path);
	else
		g_strlcpy(e->link8, conf_text(c, "link.id"), sizeof e->link8);
}

static void
build_link(sim *s, place *a, place *b)
{
	end *one = &s->end[s->ends], *two = one + 1;
	gboolean master = sim_below(s, 2) == 0;

	s->ends += 2;
	build_end(s, one, a, two, master);
	build_end(s, two, b, one, !master);
	build_ways(s, one);
	build_ways(s, two);
	must(s, (master ? one : two)->at, make_link, master ? one : two);
	must(s, (master ? two : one)->at, make_link, master ? two : one);
	if (sim_is_bad(s))
		return;
	read_link8(s, one);
	read_link8(s, two);
}

void
build(sim *s)
{
	static const char *const names[SITES_MAX] = {"anna", "bert", "carl"};
	static const gint64 windows[] = {1, 2, 8, 8};

	s->sites = sim_below(s, 4) == 0 ? 3 : 2;
	s->relay = s->sites == 3 && sim_below(s, 3) > 0;
	s->window = windows[sim_below(s, G_N_ELEMENTS(windows))];
	for (guint i = 0; i < s->sites; i++)
		build_place(s, &s->site[i], names[i]);
	for (guint i = 1; i < s->sites; i++)
		build_link(s, &s->site[0], &s->site[i]);
	sim_say(s, "%u sites%s, window %d", s->sites, s->relay ? ", relayed" : "", (int)s->window);
}
