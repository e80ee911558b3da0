/*
 * Old copies: in some worlds the state of a link is put back as it was, while its desk, the carrier
 * and the partner go on.  It must be noticed, and operators on both sides must get out of it.
 */
#include "tests/sim/sim.h"

#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "gateway/rebase.h"

#define OPENS_UNASKED 0.05 /* an operator begins anew though nothing is wrong */

static char *
state_of(const end *e)
{
	return g_build_filename(e->dir, "state.db", NULL);
}

static char *
copy_of(const end *e)
{
	return g_strconcat(e->way, ".state", NULL);
}

/* "EPOCH WITH" of a link that is paired, or NULL; caller frees. */
static char *
pair_of(const end *e)
{
	g_autoptr(store) s = store_open_readonly(e->dir, NULL);
	g_auto(store_numbers) n = {0};

	if (s == NULL || !store_load_numbers(s, &n, NULL) || n.with == NULL)
		return NULL;
	return g_strdup_printf("%s %s", n.epoch, n.with);
}

static void
keep_copy(sim *s, end *e)
{
	g_autofree char *from = state_of(e), *to = copy_of(e), *pair = pair_of(e);
	g_autofree char *theirs = pair_of(e->peer);

	/* Who is put back to a time before the pairing is another one to the partner. */
	if (pair == NULL || theirs == NULL)
		return;
	sim_say(s, "%s keeps a copy of its state towards %s", e->at->name, e->peer->at->name);
	if (!store_copy(from, to, NULL))
		sim_bad(s, "%s cannot be copied", from);
}

/* Neither end is what the other thinks, until they are another pair. */
static void
tear(end *e)
{
	char *pair = pair_of(e);

	e->torn = TRUE;
	if (pair != NULL)
		g_hash_table_add(e->pairs, pair);
}

static void
put_back(sim *s, end *e)
{
	static const char *const beside[] = {"-wal", "-shm"};
	g_autofree char *to = state_of(e), *from = copy_of(e), *data = NULL;
	gsize len;

	if (!g_file_get_contents(from, &data, &len, NULL))
		return;
	tear(e);
	tear(e->peer);
	/* The state may be open by the name it had when the link was made. */
	pool_close(e->at->home);
	for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
		g_autofree char *path = g_strconcat(to, beside[i], NULL);
		unlink(path);
	}
	sim_say(s, "%s puts back its state towards %s", e->at->name, e->peer->at->name);
	s->book->f.restored++;
	if (!g_file_set_contents_full(to, data, (gssize)len, G_FILE_SET_CONTENTS_NONE, 0600, NULL))
		sim_bad(s, "%s cannot be put back", to);
}

/* ---- operators ---- */

typedef struct {
	const end *e;
	gboolean unasked;
} opening;

static gboolean
open_anew(sim *s G_GNUC_UNUSED, gpointer data, GError **error)
{
	opening *o = data;
	g_autoptr(site) at = site_open(o->e->at->home, error);
	g_autoptr(gateway) g =
		at == NULL ? NULL : gateway_open(at, o->e->peer->at->name, GATE_WORK, NULL, error);

	if (g == NULL)
		return FALSE;
	if ((gateway_stopped(g) == NULL && !o->unasked) || !rebase_may(g, NULL))
		return TRUE;
	return rebase_open(g, error);
}

void
restore_operator(sim *s, end *e, gboolean unasked)
{
	g_autofree char *before = pair_of(e);
	opening o = {.e = e, .unasked = unasked};
	outcome out = machine_run(s, e->at, (mishap){0}, open_anew, &o);
	g_autofree char *now = pair_of(e);

	if (g_strcmp0(before, now) != 0)
		sim_say(s, "%s begins anew with %s", e->at->name, e->peer->at->name);
	if (out != END_OK)
		sim_bad(s, "%s cannot begin anew: %s", e->at->name, s->book->said);
}

void
restore_step(sim *s, end *e)
{
	double x = sim_chance(s);

	if (x < 0.35)
		keep_copy(s, e);
	else if (x < 0.5)
		put_back(s, e);
	else
		restore_operator(s, e, sim_chance(s) < OPENS_UNASKED);
}

gboolean
restore_unsettled(end *e, gboolean stopped)
{
	g_autofree char *pair = pair_of(e), *theirs = pair_of(e->peer);
	g_auto(GStrv) parts = g_strsplit(theirs != NULL ? theirs : "", " ", 2);
	g_autofree char *turned = parts[0] != NULL && parts[1] != NULL
					  ? g_strdup_printf("%s %s", parts[1], parts[0])
					  : NULL;

	if (stopped || pair == NULL || g_strcmp0(pair, turned) != 0 ||
	    (e->torn && g_hash_table_contains(e->pairs, pair)))
		return TRUE;
	e->torn = FALSE;
	g_hash_table_add(e->pairs, g_strdup(pair));
	if (g_strcmp0(pair, e->pair) != 0) {
		/* All counts from the beginning. */
		store_numbers_clear(&e->before);
		e->before = (store_numbers){0};
		g_free(e->pair);
		e->pair = g_steal_pointer(&pair);
	}
	return FALSE;
}
