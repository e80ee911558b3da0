#include "gateway/gateway.h"

#include <stdarg.h>
#include <unistd.h>

#include "adapter/mirror.h"
#include "gateway/private.h"

#define PATIENCE_MS 15000 /* for a pass to come to its next step, and for a helper to end */

static gboolean
load_rebase(gateway *g, GError **error)
{
	g_autofree char *text = store_get(g->store, "rebase");
	g_autoptr(json_ref) doc = text == NULL ? NULL : json_read(text, strlen(text), error);

	g->rebase = text == NULL ? rebase_new() : rebase_from_json(doc);
	if (g->rebase == NULL && doc != NULL)
		fail_set(error, FAIL_CONFIG, "link %s: its state is damaged; restore a backup",
			 g->name);
	return g->rebase != NULL;
}

gboolean
gate_load_state(gateway *g, GError **error)
{
	g_autofree char *text = store_get(g->store, "contract");
	g_autofree char *state = store_get(g->store, "pairing");

	store_numbers_clear(&g->n);
	g_clear_pointer(&g->me, g_free);
	g_clear_pointer(&g->partner, g_free);
	g_clear_pointer(&g->stopped, g_free);
	g_clear_pointer(&g->contract, contract_free);
	g_clear_pointer(&g->rebase, rebase_free);
	if (!load_rebase(g, error) || !store_load_numbers(g->store, &g->n, error))
		return FALSE;
	g->me = store_get(g->store, "me");
	g->partner = store_get(g->store, "partner");
	g->stopped = store_get(g->store, "stopped");
	if (!store_heard(g->store, error))
		return FALSE;
	if (text == NULL || g->me == NULL || !pair_state_from_name(state, &g->state)) {
		fail_set(error, FAIL_CONFIG, "link %s: its state is damaged; restore a backup",
			 g->name);
		return FALSE;
	}
	g->contract = contract_read(text, strlen(text), error);
	return g->contract != NULL;
}

/* The lock, though somebody may have to let go of it first; or -1. */
static int
wait_for_lock(int dir)
{
	int lock = fsio_lock(dir, "lock", 0, NULL);

	if (lock >= 0)
		return lock;
	int ask = fsio_lock_shared(dir, "wake", NULL);
	lock = fsio_lock(dir, "lock", PATIENCE_MS, NULL);
	if (ask >= 0)
		close(ask);
	return lock;
}

static int
lock_of(const char *path, const char *name, gboolean patient, GError **error)
{
	int dir = fsio_open_dir(path, error);

	if (dir < 0)
		return -1;
	int lock = patient ? wait_for_lock(dir) : fsio_lock(dir, "lock", 0, NULL);
	close(dir);
	if (lock < 0)
		fail_set(error, FAIL_RETRY,
			 "link %s is busy: another handsel works on it; try again", name);
	return lock;
}

int
gateway_lock(const char *dir, const char *name, GError **error)
{
	return lock_of(dir, name, TRUE, error);
}

static gboolean
open_tracker(gateway *g, GError **error)
{
	const char *name = conf_text(g->conf, "adapter");

	g->tracker_ops = adapter_find(name);
	if (g->tracker_ops == NULL) {
		fail_set(error, FAIL_CONFIG, "link %s: no adapter \"%s\"", g->name, name);
		return FALSE;
	}
	g->tracker = g->tracker_ops->open(site_dir(g->site), conf_text(g->conf, "user"), error);
	if (g->tracker == NULL || !conf_bool(g->conf, "link.same_site"))
		return g->tracker != NULL;
	g->tracker = mirror_new(g->tracker_ops, g->tracker, g->id);
	g->tracker_ops = &adapter_mirror;
	return TRUE;
}

static gboolean
open_channel(gateway *g, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);

	g->channel_ops = channel_find(conf_text(g->conf, "channel"));
	if (g->channel_ops == NULL) {
		fail_set(error, FAIL_CONFIG, "link %s: no channel \"%s\"", g->name,
			 conf_text(g->conf, "channel"));
		return FALSE;
	}
	g->channel = g->channel_ops->open(g->dir, g->conf, link8, g->master ? 's' : 'm', error);
	/* Who does something by hand does not want to wait; who only looks changes nothing. */
	if (g->channel != NULL && !g->resident && g->mode != GATE_LOOK &&
	    g->channel_ops->hurry != NULL)
		g->channel_ops->hurry(g->channel);
	return g->channel != NULL;
}

gboolean
gate_find_address(gateway *g, GError **error)
{
	g_autofree char *address = store_get(g->store, "partner_address");

	return address == NULL || conf_given(g->conf, "mail.partner") ||
	       conf_set(g->conf, "mail.partner", address, error);
}

static gboolean
open_parts(gateway *g, GError **error)
{
	g_autofree char *keys = g_build_filename(g->dir, "keys", NULL);
	g_autofree char *tmp = g_build_filename(g->dir, "tmp", NULL);

	if (g->mode != GATE_LOOK && (g->lock = lock_of(g->dir, g->name, !g->resident, error)) < 0)
		return FALSE;
	/* The helper first, while this process is small: it is forked off. */
	if (g->mode == GATE_WORK && (g->pgp = pgp_start_for(keys, tmp, NULL, error)) == NULL)
		return FALSE;
	g->store = g->mode == GATE_LOOK ? store_open_readonly(g->dir, error)
					: store_open(g->dir, FALSE, error);
	if (g->store == NULL || !gate_load_state(g, error) || !gate_find_address(g, error))
		return FALSE;
	g->spool = spool_open(g->dir, g->mode == GATE_WORK, error);
	if (g->spool == NULL || !open_channel(g, error))
		return FALSE;
	return g->mode == GATE_LOOK || open_tracker(g, error);
}

gateway *
gateway_open(site *s, const char *name, gate_mode mode, const char *const *overrides,
	     GError **error)
{
	if (!site_has_link(s, name)) {
		fail_set(error, FAIL_CONFIG, "there is no link %s; `handsel link list` shows them",
			 name);
		return NULL;
	}
	g_autoptr(gateway) g = g_new0(gateway, 1);
	g->site = s;
	g->lock = -1;
	g->resident = mode == GATE_RUN;
	g->mode = g->resident ? GATE_WORK : mode;
	g->name = g_strdup(name);
	g->dir = site_link_dir(s, name);
	g->now = clock_stamp_now();
	g->batch = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	g->losses = g_ptr_array_new_with_free_func((GDestroyNotify)store_braked_free);
	g->batched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					   (GDestroyNotify)sync_item_free);
	g_autofree char *path = g_build_filename(g->dir, "link.conf", NULL);
	g->conf = conf_load(path, SET_LINK, error);
	if (g->conf == NULL)
		return NULL;
	for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++)
		if (!conf_set_pair(g->conf, overrides[i], error))
			return NULL;
	g->master = g_strcmp0(conf_text(g->conf, "link.role"), "master") == 0;
	g->id = g_strdup(conf_text(g->conf, "link.id"));
	if (!rand_id_valid(g->id) || conf_text(g->conf, "link.role") == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "%s: link.id or link.role is missing; restore a backup", path);
		return NULL;
	}
	return open_parts(g, error) ? g_steal_pointer(&g) : NULL;
}

void
gateway_close(gateway *g)
{
	if (g == NULL)
		return;
	if (g->channel != NULL)
		g->channel_ops->close(g->channel);
	if (g->tracker != NULL)
		g->tracker_ops->close(g->tracker);
	g_clear_pointer(&g->others, g_ptr_array_unref);
	spool_close(g->spool);
	store_close(g->store);
	pgp_stop(g->pgp);
	if (g->lock >= 0)
		close(g->lock);
	contract_free(g->contract);
	rebase_free(g->rebase);
	store_numbers_clear(&g->n);
	g_clear_pointer(&g->batch, g_ptr_array_unref);
	g_clear_pointer(&g->batched, g_hash_table_unref);
	g_clear_pointer(&g->losses, g_ptr_array_unref);
	g_clear_pointer(&g->only, g_hash_table_unref);
	conf_free(g->conf);
	g_free(g->name);
	g_free(g->dir);
	g_free(g->id);
	g_free(g->me);
	g_free(g->partner);
	g_free(g->stopped);
	g_free(g->working);
	g_free(g->now);
	g_free(g);
}

void
gateway_on_step(gateway *g, gate_step *step, gpointer data)
{
	g->step = step;
	g->step_data = data;
}

gboolean
gate_go_on(gateway *g)
{
	if (!g->halted && g->step != NULL)
		g->halted = !g->step(g->step_data);
	return !g->halted;
}

const char *
gateway_name(const gateway *g)
{
	return g->name;
}

const char *
gateway_dir(const gateway *g)
{
	return g->dir;
}

conf *
gateway_conf(gateway *g)
{
	return g->conf;
}

store *
gateway_store(gateway *g)
{
	return g->store;
}

spool *
gateway_spool(gateway *g)
{
	return g->spool;
}

contract *
gateway_contract(gateway *g)
{
	return g->contract;
}

const store_numbers *
gateway_numbers(const gateway *g)
{
	return &g->n;
}

gboolean
gateway_is_master(const gateway *g)
{
	return g->master;
}

pair_state
gateway_state(const gateway *g)
{
	return g->state;
}

const char *
gateway_me(const gateway *g)
{
	return g->me;
}

const char *
gateway_partner(const gateway *g)
{
	return g->partner;
}

const char *
gateway_stopped(const gateway *g)
{
	return g->stopped;
}

char *
gateway_my_id(const gateway *g, guint64 number)
{
	return g_strdup_printf("%c%" G_GUINT64_FORMAT, g->master ? 'm' : 's', number);
}

char *
gateway_their_id(const gateway *g, guint64 number)
{
	return g_strdup_printf("%c%" G_GUINT64_FORMAT, g->master ? 's' : 'm', number);
}

gboolean
gateway_only(gateway *g, const char *const *ids, GError **error)
{
	g_autoptr(GHashTable) only = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (; *ids != NULL; ids++) {
		char *uid = gateway_find_item(g, *ids, error);

		if (uid == NULL)
			return FALSE;
		g_hash_table_add(only, uid);
	}
	g_clear_pointer(&g->only, g_hash_table_unref);
	g->only = g_steal_pointer(&only);
	return TRUE;
}

char *
gateway_find_item(gateway *g, const char *id, GError **error)
{
	return g->tracker_ops->find(g->tracker, id, error);
}

gboolean
gate_save_numbers(gateway *g, GError **error)
{
	return store_save_numbers(g->store, &g->n, error);
}

gboolean
gate_set_state(gateway *g, pair_state state, GError **error)
{
	if (!store_put(g->store, "pairing", pair_state_name(state), error))
		return FALSE;
	g->state = state;
	return TRUE;
}

gboolean
gate_stop(gateway *g, const char *why, GError **error)
{
	if (!store_put(g->store, "stopped", why, error))
		return FALSE;
	g_free(g->stopped);
	g->stopped = g_strdup(why);
	gate_note(g, "stopped", NULL, NULL, "%s", why);
	return TRUE;
}

void
gate_note(gateway *g, const char *what, const char *uid, const char *envelope, const char *format,
	  ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	/* A note that can't be written must not stop the work: the next database call reports the
	 * trouble. */
	store_note(g->store, what, uid, envelope, text, NULL);
}
