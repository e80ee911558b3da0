#include "gateway/make.h"

#include <unistd.h>

#include "gateway/password.h"
#include "gateway/private.h"
#include "handshake/message.h"
#include "handshake/proof.h"

/* What a link is made of before it is put in place. */
typedef struct {
	site *site;
	const link_request *req;
	char *dir; /* prepared, under a temporary name */
	conf *conf;
	pgp *pgp;
	store *store;
	char *me;
	offer *offer;
} maker;

static void
maker_clear(maker *m)
{
	store_close(m->store);
	pgp_stop(m->pgp);
	conf_free(m->conf);
	offer_free(m->offer);
	g_free(m->me);
	g_free(m->dir);
}

static gboolean
check_name(site *s, const char *name, GError **error)
{
	if (!site_name_valid(name))
		fail_set(error, FAIL_USAGE, "\"%s\" is no name for a link; use a-z 0-9 . _ -",
			 name);
	else if (site_has_link(s, name))
		fail_set(error, FAIL_CONFIG, "there is a link %s already; choose another name",
			 name);
	else
		return TRUE;
	return FALSE;
}

gboolean
link_complete(const conf *conf, const char *name, GError **error)
{
	const channel_ops *ops = channel_find(conf_text(conf, "channel"));

	if (ops == NULL) {
		fail_set(error, FAIL_CONFIG, "there is no channel \"%s\"",
			 conf_text(conf, "channel"));
		return FALSE;
	}
	return ops->complete == NULL || ops->complete(conf, name, error);
}

static gboolean
write_conf(maker *m, const char *role, const char *partner, GError **error)
{
	const link_request *req = m->req;
	g_autofree char *path = g_build_filename(m->dir, "link.conf", NULL);
	g_autofree char *user =
		req->user != NULL ? g_strdup(req->user) : g_strdup_printf("%s-sync", req->name);
	const struct {
		const char *key, *value;
	} rows[] = {
		{"link.id", m->offer->link},
		{"link.role", role},
		{"link.partner", partner},
		{"link.description", m->offer->description},
		{"channel", m->offer->channel},
		{"adapter", req->adapter != NULL ? req->adapter : "desk"},
		{"scope", req->scope},
		{"user", user},
		{"protect", m->offer->protect},
	};

	m->conf = conf_new(path, SET_LINK);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].value != NULL && *rows[i].value != '\0' &&
		    !conf_set(m->conf, rows[i].key, rows[i].value, error))
			return FALSE;
	for (guint i = 0; req->settings != NULL && req->settings[i] != NULL; i++)
		if (!conf_set_pair(m->conf, req->settings[i], error))
			return FALSE;
	return password_keep(m->site, m->dir, req, m->conf, error) &&
	       link_complete(m->conf, req->name, error) && conf_save(m->conf, error);
}

static gboolean
make_key(maker *m, GError **error)
{
	g_autofree char *home = g_build_filename(m->dir, "keys", NULL);
	g_autofree char *uid = g_strdup_printf("handsel %s %s", site_name(m->site), m->req->name);

	m->pgp = pgp_start(home, NULL, error);
	return m->pgp != NULL && (m->me = pgp_make_key(m->pgp, uid, error)) != NULL;
}

static gboolean
fill_store(maker *m, pair_state state, GError **error)
{
	g_autofree char *contract = json_text(m->offer->contract);

	m->store = store_open(m->dir, TRUE, error);
	return m->store != NULL && store_put(m->store, "contract", contract, error) &&
	       store_put(m->store, "me", m->me, error) &&
	       store_put(m->store, "pairing", pair_state_name(state), error) &&
	       store_put(m->store, "scope", conf_text(m->conf, "scope"), error);
}

/* The adapter is asked before anything is in place: what it can't hold is said now, not at 3 a.m.
 */
static gboolean
prepare_tracker(maker *m, GError **error)
{
	const adapter_ops *ops = adapter_find(conf_text(m->conf, "adapter"));
	g_autoptr(contract) c = contract_from_json(m->offer->contract, error);
	g_autoptr(GPtrArray) lacks = NULL;

	if (c == NULL)
		return FALSE;
	if (ops == NULL) {
		fail_set(error, FAIL_USAGE, "there is no adapter \"%s\"",
			 conf_text(m->conf, "adapter"));
		return FALSE;
	}
	adapter *tracker = ops->open(site_dir(m->site), conf_text(m->conf, "user"), error);
	if (tracker == NULL)
		return FALSE;
	gboolean ok = ops->prepare(tracker, c, &lacks, error);
	ops->close(tracker);
	if (ok && lacks->len > 0) {
		fail_set(error, FAIL_CONFIG, "the tracker can't hold this contract: %s",
			 (const char *)lacks->pdata[0]);
		return FALSE;
	}
	return ok;
}

static gboolean
put_in_place(maker *m, GError **error)
{
	g_clear_pointer(&m->store, store_close);
	g_clear_pointer(&m->pgp, pgp_stop);
	return site_link_ready(m->site, m->dir, m->req->name, error);
}

/* ---- the handshake file ---- */

static gboolean
write_file(const char *path, const char *text, GError **error)
{
	g_autofree char *dir_name = g_path_get_dirname(path);
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *tmp = NULL;
	int dir = fsio_open_dir(dir_name, error);

	if (dir < 0)
		return FALSE;
	int fd = fsio_tmp(dir, &tmp, error);
	gboolean ok =
		fd >= 0 && fsio_write_all(fd, text, strlen(text), error) && fsio_sync(fd, error);
	if (fd >= 0)
		close(fd);
	/* Without replacing: an older handshake file under that name may be on its way to somebody.
	 */
	g_autoptr(GError) inner = NULL;
	if (ok && !fsio_rename(dir, tmp, dir, base, FSIO_SYNC, &inner)) {
		ok = FALSE;
		/* Renamed, but not durably. */
		if (!fsio_exists(dir, tmp))
			fsio_remove(dir, base, NULL);
		if (fsio_exists_error(inner))
			fail_set(error, FAIL_CONFIG, "%s exists already; choose another with --out",
				 path);
		else
			g_propagate_error(error, g_steal_pointer(&inner));
	}
	if (!ok && tmp != NULL)
		fsio_remove(dir, tmp, NULL);
	close(dir);
	return ok;
}

static contract *
read_contract(const char *path, GError **error)
{
	gsize len;

	if (path == NULL)
		return contract_default();
	g_autofree char *text = fsio_read(AT_FDCWD, path, CONTRACT_MAX, &len, error);
	contract *c = text == NULL ? NULL : contract_read(text, len, error);
	if (c == NULL)
		g_prefix_error(error, "%s: ", path);
	return c;
}

static gboolean
sign_offer(maker *m, gint64 lifetime, char **ret_text, GError **error)
{
	offer *o = m->offer;

	g_free(o->id);
	g_free(o->secret);
	g_free(o->salt);
	o->id = rand_id();
	o->secret = rand_hex(32);
	o->salt = m->req->passphrase == NULL ? NULL : rand_hex(16);
	o->made = clock_now();
	o->expires = o->made + lifetime;
	*ret_text = offer_write(o, m->pgp, error);
	return *ret_text != NULL;
}

static gboolean
keep_offer(maker *m, store *s, GError **error)
{
	g_autoptr(json_ref) doc = offer_to_json(m->offer);
	g_autofree char *text = json_text(doc);
	g_autofree char *pass = NULL;

	return proof_passphrase_key(m->offer, m->req->passphrase, &pass, error) &&
	       store_put(s, "offer", text, error) && store_put(s, "passphrase_key", pass, error) &&
	       store_put(s, "wrong_proofs", NULL, error);
}

static gboolean
fill_offer(maker *m, GError **error)
{
	const link_request *req = m->req;
	g_autoptr(contract) c = read_contract(req->contract, error);

	if (c == NULL)
		return FALSE;
	offer *o = m->offer = offer_new();
	o->link = rand_id();
	o->site = g_strdup(site_name(m->site));
	o->site_id = g_strdup(site_id(m->site));
	o->description = g_strdup(req->description != NULL ? req->description : "");
	o->channel = g_strdup(req->channel != NULL ? req->channel : "folder");
	o->contract = contract_to_json(c);
	o->protect = g_strdup(req->protect != NULL ? req->protect : "encrypt");
	o->major = MANIFEST_MAJOR;
	o->minor = MANIFEST_MINOR;
	return TRUE;
}

static gboolean
make_master(maker *m, char **ret_text, GError **error)
{
	if (!fill_offer(m, error) || (m->dir = site_link_prepare(m->site, error)) == NULL ||
	    !write_conf(m, "master", NULL, error) || !prepare_tracker(m, error) ||
	    !make_key(m, error))
		return FALSE;
	m->offer->address = g_strdup(conf_text(m->conf, "mail.address"));
	m->offer->master = g_strdup(m->me);
	m->offer->key = pgp_export(m->pgp, m->me, error);
	return m->offer->key != NULL && fill_store(m, PAIR_OFFERED, error) &&
	       sign_offer(m, conf_int(m->conf, "pairing.expires"), ret_text, error) &&
	       keep_offer(m, m->store, error);
}

gboolean
link_make(site *s, const link_request *req, GError **error)
{
	maker m = {.site = s, .req = req};
	g_autofree char *text = NULL;

	if (!check_name(s, req->name, error))
		return FALSE;
	gboolean ok = make_master(&m, &text, error) && write_file(req->out, text, error);
	if (ok && !put_in_place(&m, error)) {
		unlink(req->out);
		ok = FALSE;
	}
	if (!ok && m.dir != NULL) {
		g_clear_pointer(&m.store, store_close);
		g_clear_pointer(&m.pgp, pgp_stop);
		site_link_abandon(m.dir);
	}
	maker_clear(&m);
	return ok;
}

gboolean
link_may_invite(gateway *g, GError **error)
{
	g_autofree char *closing = store_get(g->store, "closing");
	g_autofree char *bye = store_get(g->store, "bye");

	if (!g->master)
		fail_set(error, FAIL_CONFIG, "link %s was joined here; its master invites",
			 g->name);
	else if (g->state == PAIR_CONFIRM)
		fail_set(error, FAIL_CONFIG,
			 "link %s: somebody has joined and waits for your yes (link accept)",
			 g->name);
	else if (closing != NULL || bye != NULL)
		fail_set(error, FAIL_CONFIG, "link %s is closed; nobody can be invited", g->name);
	else
		return TRUE;
	return FALSE;
}

/* The offer that was made first, or for a link whose partner has used it, the same once more, by a
 * new key. */
static gboolean
offer_again(maker *m, gateway *g, GError **error)
{
	g_autofree char *old = store_get(g->store, "offer");
	g_autoptr(json_ref) doc = old == NULL ? NULL : json_read(old, strlen(old), error);

	if (old != NULL)
		return doc != NULL && (m->offer = offer_from_json(doc, error)) != NULL;
	g_autofree char *uid = g_strdup_printf("handsel %s %s", site_name(m->site), g->name);
	offer *o = m->offer = offer_new();
	o->link = g_strdup(g->id);
	o->site = g_strdup(site_name(m->site));
	o->site_id = g_strdup(site_id(m->site));
	o->description = g_strdup(conf_text(g->conf, "link.description"));
	o->channel = g_strdup(conf_text(g->conf, "channel"));
	o->contract = contract_to_json(g->contract);
	o->protect = g_strdup(conf_text(g->conf, "protect"));
	o->major = MANIFEST_MAJOR;
	o->minor = MANIFEST_MINOR;
	o->master = pgp_make_key(g->pgp, uid, error);
	o->key = o->master == NULL ? NULL : pgp_export(g->pgp, o->master, error);
	return o->key != NULL;
}

gboolean
link_invite(site *s, const char *name, const char *passphrase, const char *out, GError **error)
{
	const link_request req = {.name = name, .passphrase = passphrase, .out = out};
	g_autoptr(gateway) g = gateway_open(s, name, GATE_WORK, NULL, error);
	maker m = {.site = s, .req = &req};
	g_autofree char *text = NULL;

	if (g == NULL || !link_may_invite(g, error))
		return FALSE;
	m.pgp = g->pgp;
	pair_step step = pairing_step(g->state, INVITED);
	gboolean ok = offer_again(&m, g, error) && step.legal;
	if (ok) {
		g_free(m.offer->address);
		m.offer->address = g_strdup(conf_text(g->conf, "mail.address"));
	}
	ok = ok && sign_offer(&m, conf_int(g->conf, "pairing.expires"), &text, error) &&
	     write_file(out, text, error) && store_begin(g->store, error);
	/* The file first: one that no offer stands behind is merely useless. */
	if (ok && !(keep_offer(&m, g->store, error) && gate_set_state(g, step.next, error) &&
		    store_commit(g->store, error))) {
		store_rollback(g->store);
		unlink(out);
		ok = FALSE;
	}
	m.pgp = NULL;
	maker_clear(&m);
	return ok;
}
