#include "gateway/join.h"

#include <unistd.h>

#include "base/mail_url.h"
#include "gateway/password.h"
#include "gateway/private.h"
#include "handshake/message.h"
#include "handshake/proof.h"

offer *
join_read_offer(const char *path, pgp *keys, GError **error)
{
	gsize len;
	g_autoptr(GError) inner = NULL;
	g_autofree char *text = fsio_read(AT_FDCWD, path, OFFER_FILE_MAX, &len, &inner);
	offer *o = text == NULL ? NULL : offer_read(text, len, keys, &inner);

	if (o == NULL)
		g_propagate_prefixed_error(error, g_steal_pointer(&inner), "%s: ", path);
	return o;
}

offer *
link_inspect(const char *path, GError **error)
{
	/* A key ring that lives as long as this look: nothing of a stranger's file gets into a real
	 * one. */
	g_autofree char *scratch = g_dir_make_tmp("handsel-inspect-XXXXXX", error);
	offer *o = NULL;

	if (scratch == NULL)
		return NULL;
	pgp *keys = pgp_start(scratch, NULL, error);
	if (keys != NULL)
		o = join_read_offer(path, keys, error);
	pgp_stop(keys);
	fsio_remove_tree(scratch, NULL);
	return o;
}

/* ---- may it be joined? ---- */

gboolean
join_check_offer(site *s, const char *path, const offer *o, gboolean same_site, GError **error)
{
	if (g_str_equal(o->site_id, site_id(s)) && !same_site)
		fail_set(error, REASON_SAME_SITE,
			 "%s: it was made by this very site; give it to the partner, or pair the "
			 "site with itself by "
			 "--same-site",
			 path);
	else if (!g_str_equal(o->site_id, site_id(s)) && same_site)
		fail_set(error, FAIL_USAGE,
			 "%s: it was made by another site; leave out --same-site", path);
	else if (clock_now() > o->expires) {
		g_autofree char *when = clock_stamp(o->expires);

		fail_set(
			error, REASON_OFFER_EXPIRED,
			"%s: expired %s; ask site %s for a new one (they run: handsel link invite)",
			path, when, o->site);
	} else if (o->major > MANIFEST_MAJOR)
		fail_set(error, REASON_FORMAT, "%s: made by a newer handsel; update this one",
			 path);
	else
		return TRUE;
	return FALSE;
}

/* For people: "22 Nov 2026", or NULL for what is not known; caller frees. */
static char *
day_of(const store_outgoing *s1)
{
	g_autoptr(GDateTime) made = s1 == NULL ? NULL : g_date_time_new_from_unix_utc(s1->made);

	return made == NULL ? NULL : g_date_time_format(made, "%-d %b %Y");
}

/* The answer to the file was number 1, which is kept as long as the link. */
static void
refuse_used(const gateway *g, const char *path, const offer *o, GError **error)
{
	g_autoptr(store_outgoing) s1 = store_find_outgoing(g->store, 1, NULL);
	g_autofree char *day = day_of(s1);

	fail_set(error, REASON_OFFER_USED,
		 "%s: already used by site \"%s\"%s%s, for link %s; one file pairs one site. For "
		 "another link ask %s for a new one (they run: handsel link new)",
		 path, site_name(g->site), day != NULL ? " on " : "", day != NULL ? day : "",
		 g->name, o->site);
}

/* Another file for a link that is here: nothing is to be asked but whether it is meant. */
static void
refuse_again(const gateway *g, const char *path, const offer *o, GError **error)
{
	g_autofree char *used = store_get(g->store, "offer_used");

	if (!g->rebase->again && g_strcmp0(used, o->id) == 0)
		refuse_used(g, path, o, error);
	else
		fail_set(error, FAIL_CONFIG,
			 "%s: it is for link %s, which is here; handsel link join %s", path,
			 g->name, path);
}

/*
 * A link of this very handshake file (or an earlier one of the same link) that is not accepted yet
 * may be made again; *RET_NAME is its name.  One that is paired is a mistake.
 */
static gboolean
find_earlier(site *s, const char *path, const offer *o, char **ret_name, GError **error)
{
	g_autoptr(GPtrArray) names = site_links(s, error);

	*ret_name = NULL;
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autoptr(gateway) g = gateway_open(s, names->pdata[i], GATE_LOOK, NULL, NULL);

		if (g == NULL || !g_str_equal(g->id, o->link) || g->master)
			continue;
		if (g->rebase->again || (g->state != PAIR_JOINING && g->state != PAIR_REFUSED)) {
			refuse_again(g, path, o, error);
			return FALSE;
		}
		*ret_name = g_strdup(g->name);
	}
	return names != NULL;
}

gboolean
link_may_join(site *s, const char *path, const offer *o, gboolean same_site, char **ret_earlier,
	      GError **error)
{
	return join_check_offer(s, path, o, same_site, error) &&
	       find_earlier(s, path, o, ret_earlier, error);
}

/* ---- making it ---- */

static gboolean
write_conf(site *s, const char *dir, conf *c, const offer *o, const link_request *req,
	   GError **error)
{
	g_autofree char *user =
		req->user != NULL ? g_strdup(req->user) : g_strdup_printf("%s-sync", req->name);
	const struct {
		const char *key, *value;
	} rows[] = {
		{"link.id", o->link},
		{"link.role", "slave"},
		{"link.partner", o->site},
		{"link.description", o->description},
		{"link.same_site", req->same_site ? "yes" : NULL},
		{"channel", o->channel},
		{"adapter", req->adapter != NULL ? req->adapter : "desk"},
		{"scope", req->scope},
		{"user", user},
		{"protect", o->protect},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].value != NULL && *rows[i].value != '\0' &&
		    !conf_set(c, rows[i].key, rows[i].value, error))
			return FALSE;
	for (guint i = 0; req->settings != NULL && req->settings[i] != NULL; i++)
		if (!conf_set_pair(c, req->settings[i], error))
			return FALSE;
	return password_keep(s, dir, req, c, error) && link_complete(c, req->name, error) &&
	       conf_save(c, error);
}

static const char *
valid_address(const offer *o)
{
	return o->address != NULL && mail_address_valid(o->address) ? o->address : NULL;
}

gboolean
join_keep_offer(store *s, const offer *o, const char *passphrase, GError **error)
{
	g_autoptr(json_ref) doc = offer_to_json(o);
	g_autofree char *text = json_text(doc);
	g_autofree char *pass = NULL;

	return proof_passphrase_key(o, passphrase, &pass, error) &&
	       store_put(s, "partner_site", o->site, error) &&
	       store_put(s, "partner_address", valid_address(o), error) &&
	       store_put(s, "offer", text, error) && store_put(s, "offer_used", o->id, error) &&
	       store_put(s, "passphrase_key", pass, error);
}

static gboolean
fill_store(store *s, const offer *o, const char *me, const char *passphrase, GError **error)
{
	g_autofree char *contract_text = json_text(o->contract);
	g_auto(store_numbers) n = {0};

	n.epoch = rand_id();
	return store_put(s, "contract", contract_text, error) && store_put(s, "me", me, error) &&
	       store_put(s, "partner", o->master, error) &&
	       join_keep_offer(s, o, passphrase, error) &&
	       store_put(s, "pairing", pair_state_name(PAIR_JOINING), error) &&
	       store_save_numbers(s, &n, error);
}

static gboolean
prepare_dir(site *s, const char *dir, const char *path, const link_request *req, GError **error)
{
	g_autofree char *conf_path = g_build_filename(dir, "link.conf", NULL);
	g_autofree char *home = g_build_filename(dir, "keys", NULL);
	g_autofree char *uid = g_strdup_printf("handsel %s %s", site_name(s), req->name);
	g_autoptr(pgp) keys = pgp_start(home, NULL, error);
	g_autoptr(offer) o = keys == NULL ? NULL : join_read_offer(path, keys, error);
	g_autofree char *me = o == NULL ? NULL : pgp_make_key(keys, uid, error);

	if (me == NULL)
		return FALSE;
	g_autoptr(conf) c = conf_new(conf_path, SET_LINK);
	if (!write_conf(s, dir, c, o, req, error))
		return FALSE;
	g_autoptr(store) state = store_open(dir, TRUE, error);
	return state != NULL && fill_store(state, o, me, req->passphrase, error) &&
	       store_put(state, "scope", conf_text(c, "scope"), error);
}

static gboolean
prepare_tracker(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) lacks = NULL;

	if (!g->tracker_ops->prepare(g->tracker, g->contract, &lacks, error))
		return FALSE;
	if (lacks->len == 0)
		return TRUE;
	fail_set(error, FAIL_CONFIG, "the tracker can't hold this contract: %s",
		 (const char *)lacks->pdata[0]);
	return FALSE;
}

/* s1 is number 1: an ordinary envelope, resent and deduplicated like all. */
gboolean
join_seal_s1(gateway *g, GError **error)
{
	g_autofree char *text = store_get(g->store, "offer");
	g_autofree char *pass = store_get(g->store, "passphrase_key");
	g_autoptr(json_ref) doc = json_read(text, strlen(text), error);
	g_autoptr(offer) o = doc == NULL ? NULL : offer_from_json(doc, error);

	if (o == NULL)
		return FALSE;
	const char *address = conf_text(g->conf, "mail.address");
	const proof_parts parts = {o->master, g->me, g->n.epoch, address};
	g_autofree char *proof = proof_make(o, &parts, pass, error);
	g_autofree char *key = pgp_export(g->pgp, g->me, error);
	if (proof == NULL || key == NULL)
		return FALSE;
	const message_s1 s1 = {.offer = o->id,
			       .site = (char *)site_name(g->site),
			       .site_id = (char *)site_id(g->site),
			       .ns = g->n.epoch,
			       .key = key,
			       .fpr = g->me,
			       .address = (char *)address,
			       .proof = proof};
	g_autoptr(manifest) m = gate_manifest(g, KIND_HANDSHAKE, 1);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	m->body = message_s1_to_json(&s1);
	/* The secret has done its work. */
	return gate_seal(g, m, none, none, 0, error) && store_put(g->store, "offer", NULL, error) &&
	       store_put(g->store, "passphrase_key", NULL, error);
}

gboolean
join_offer_s1(gateway *g, GError **error)
{
	g_autoptr(GError) away = NULL;

	/* A folder that is not there yet is no failure: the next pass offers. */
	if (!store_begin(g->store, error))
		return FALSE;
	if (gate_offer(g, &away))
		return store_commit(g->store, error);
	store_rollback(g->store);
	return TRUE;
}

static gboolean
seal_and_offer(site *s, const char *name, GError **error)
{
	g_autoptr(gateway) g = gateway_open(s, name, GATE_WORK, NULL, error);

	if (g == NULL || !prepare_tracker(g, error) || !store_begin(g->store, error))
		return FALSE;
	if (!join_seal_s1(g, error) || !store_commit(g->store, error)) {
		store_rollback(g->store);
		return FALSE;
	}
	return join_offer_s1(g, error);
}

gboolean
link_join(site *s, const char *path, const link_request *req, GError **error)
{
	g_autoptr(offer) o = link_inspect(path, error);
	g_autofree char *earlier = NULL;
	link_request r = *req;

	if (o == NULL)
		return FALSE;
	if (r.name == NULL)
		r.name = o->site;
	if (!link_may_join(s, path, o, r.same_site, &earlier, error))
		return FALSE;
	if (!site_name_valid(r.name)) {
		fail_set(error, FAIL_USAGE, "\"%s\" is no name for a link; use a-z 0-9 . _ -",
			 r.name);
		return FALSE;
	}
	if (g_strcmp0(earlier, r.name) != 0 && site_has_link(s, r.name)) {
		fail_set(error, FAIL_CONFIG,
			 "there is a link %s already; choose another name with --as", r.name);
		return FALSE;
	}
	g_autofree char *dir = site_link_prepare(s, error);
	if (dir == NULL)
		return FALSE;
	if (!prepare_dir(s, dir, path, &r, error) ||
	    (earlier != NULL && !link_remove(s, earlier, error)) ||
	    !site_link_ready(s, dir, r.name, error)) {
		site_link_abandon(dir);
		return FALSE;
	}
	g_autoptr(GError) inner = NULL;
	if (seal_and_offer(s, r.name, &inner))
		return TRUE;
	/* Nothing has left this machine: as if it had not been. */
	link_remove(s, r.name, NULL);
	g_propagate_error(error, g_steal_pointer(&inner));
	return FALSE;
}
