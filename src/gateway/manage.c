#include <errno.h>
#include <unistd.h>

#include "gateway/make.h"
#include "gateway/pass.h"
#include "gateway/private.h"
#include "handshake/proof.h"

/* ---- words ---- */

char *
link_words(gateway *g)
{
	const char *master = g->master ? g->me : g->partner,
		   *slave = g->master ? g->partner : g->me;
	const char *nm = g->master ? g->n.epoch : g->n.with,
		   *ns = g->master ? g->n.with : g->n.epoch;

	if (g->n.with == NULL || g->partner == NULL)
		return NULL;
	return proof_words(g->id, master, slave, ns, nm);
}

static char *
plain_words(const char *text)
{
	g_auto(GStrv) all = g_strsplit_set(text, " \t\r\n,;", -1);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; all[i] != NULL; i++) {
		g_autofree char *lower = g_ascii_strdown(all[i], -1);

		if (*lower != '\0')
			g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", lower);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

gboolean
link_verify(gateway *g, const char *words, GError **error)
{
	g_autofree char *ours = link_words(g);
	g_autofree char *given = plain_words(words);

	if (ours == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "link %s is not paired yet; there is nothing to compare", g->name);
		return FALSE;
	}
	g_autofree char *wanted = plain_words(ours);
	if (!g_str_equal(wanted, given)) {
		fail_set(error, REASON_PROOF,
			 "link %s: the words differ; if your partner read them right, somebody is "
			 "in between",
			 g->name);
		return FALSE;
	}
	gate_note(g, "verified", NULL, NULL, "the words were compared");
	return store_put(g->store, "verified", g->now, error);
}

gboolean
link_verified(gateway *g)
{
	g_autofree char *when = store_get(g->store, "verified");

	return when != NULL;
}

/* ---- accept ---- */

gboolean
link_asked(gateway *g, char **ret_site, char **ret_fpr)
{
	g_autofree char *asked = store_get(g->store, "asked");
	g_autofree char *accepted = store_get(g->store, "accepted");

	/* A link that has a partner goes on meanwhile. */
	if (g->state != PAIR_CONFIRM &&
	    (asked == NULL || !gate_invites(g) || g_strcmp0(asked, accepted) == 0))
		return FALSE;
	*ret_site = store_get(g->store, "asked_site");
	*ret_fpr = store_get(g->store, "asked");
	return TRUE;
}

gboolean
link_accept(gateway *g, GError **error)
{
	g_autofree char *site = NULL, *fpr = NULL;

	if (!link_asked(g, &site, &fpr)) {
		fail_set(error, FAIL_CONFIG, "link %s: nobody waits for a yes", g->name);
		return FALSE;
	}
	gate_note(g, "accepted", NULL, "s1", "site %s with key %s", site, fpr);
	return store_put(g->store, "accepted", fpr, error);
}

/* ---- assign ---- */

gboolean
link_assign(gateway *g, const char *const *ids, guint *ret_new, GError **error)
{
	g_autoptr(GPtrArray) uids = g_ptr_array_new_with_free_func(g_free);

	/* All of them or none. */
	for (guint i = 0; ids[i] != NULL; i++) {
		char *uid = g->tracker_ops->find(g->tracker, ids[i], error);

		if (uid == NULL)
			return FALSE;
		g_ptr_array_add(uids, uid);
	}
	if (!store_begin(g->store, error))
		return FALSE;
	*ret_new = 0;
	for (guint i = 0; i < uids->len; i++) {
		const char *uid = uids->pdata[i];

		if (store_assigned(g->store, uid))
			continue;
		if (!store_assign(g->store, uid, error) || !store_add_dirty(g->store, uid, error)) {
			store_rollback(g->store);
			return FALSE;
		}
		(*ret_new)++;
	}
	return store_commit(g->store, error);
}

/* ---- the end ---- */

static gboolean
say_goodbye(gateway *g, GError **error)
{
	g_autoptr(manifest) m = NULL;
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	if (g->n.with != NULL) {
		if (!gate_seal_lines(g, error))
			return FALSE;
		m = gate_manifest(g, KIND_BYE, g->n.last + 1);
		gate_fill_ack(g, m, TRUE);
		if (!gate_seal(g, m, none, none, 0, error))
			return FALSE;
	}
	return store_put_u64(g->store, "closing", g->n.last, error);
}

gboolean
link_close(gateway *g, GError **error)
{
	g_autofree char *closing = store_get(g->store, "closing");
	g_autoptr(GError) away = NULL;
	pass_report report = {0};

	if (closing != NULL)
		return TRUE;
	/* What has been edited up to now goes along. */
	gboolean ok = gateway_pass(g, &report, error);
	g_free(report.away);
	if (!ok || !store_begin(g->store, error))
		return FALSE;
	if (!say_goodbye(g, error) || !store_commit(g->store, error)) {
		store_rollback(g->store);
		return FALSE;
	}
	if (!store_begin(g->store, error))
		return FALSE;
	if (gate_offer(g, &away))
		return store_commit(g->store, error);
	store_rollback(g->store); /* the next pass offers */
	return TRUE;
}

gboolean
link_closed(gateway *g)
{
	g_autofree char *closing = store_get(g->store, "closing");

	return closing != NULL &&
	       (g->n.with == NULL || g->n.p_done >= store_get_u64(g->store, "closing"));
}

GPtrArray *
link_losses(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_STORED, error);
	guint64 lines, live, held, listed;

	if (open == NULL || !store_count_lines(g->store, &lines, error) ||
	    !store_count_items(g->store, &live, &held, &listed, error))
		return NULL;
	if (open->len > 0)
		g_ptr_array_add(
			texts,
			g_strdup_printf("%u envelopes the partner has not taken over", open->len));
	if (lines > 0)
		g_ptr_array_add(
			texts,
			g_strdup_printf("%" G_GUINT64_FORMAT " changes not yet sealed", lines));
	if (g->n.stored > g->n.done)
		g_ptr_array_add(texts, g_strdup_printf("%" G_GUINT64_FORMAT
						       " envelopes taken but not worked off",
						       g->n.stored - g->n.done));
	if (held > 0)
		g_ptr_array_add(texts,
				g_strdup_printf("what %" G_GUINT64_FORMAT " items hold", held));
	if (g->n.with != NULL && !link_closed(g))
		g_ptr_array_add(texts,
				g_strdup("the partner has not been told (handsel link close)"));
	return g_steal_pointer(&texts);
}

gboolean
link_remove(site *s, const char *name, GError **error)
{
	g_autofree char *dir = site_link_dir(s, name);
	g_autofree char *hex = rand_hex(6);
	g_autofree char *going = g_strdup_printf(".gone-%s", hex);
	g_autofree char *links = g_path_get_dirname(dir);
	g_autofree char *path = g_build_filename(links, going, NULL);
	int parent = fsio_open_dir(links, error);

	if (parent < 0)
		return FALSE;
	/* One rename takes the link away; a crash in the removal leaves no half link behind. */
	gboolean ok = fsio_rename(parent, name, parent, going, FSIO_SYNC, error);
	close(parent);
	return ok && fsio_remove_tree(path, error);
}

/* ---- connect ---- */

char *
link_send_dir(gateway *g)
{
	const char *given = conf_text(g->conf, "folder.send");

	return given != NULL ? g_strdup(given) : g_build_filename(g->dir, "exchange", "SEND", NULL);
}

char *
link_receive_dir(gateway *g)
{
	const char *given = conf_text(g->conf, "folder.receive");

	return given != NULL ? g_strdup(given)
			     : g_build_filename(g->dir, "exchange", "RECEIVE", NULL);
}

static gboolean
try_dir(const char *path, GError **error)
{
	g_autofree char *tmp = NULL;
	int dir = fsio_open_dir(path, error);

	if (dir < 0)
		return FALSE;
	int fd = fsio_tmp(dir, &tmp, error);
	gboolean ok = fd >= 0 && fsio_remove(dir, tmp, error);
	if (fd >= 0)
		close(fd);
	close(dir);
	return ok;
}

static gboolean
move_file(int from, int to, const char *name, GError **error)
{
	g_autofree char *tmp = NULL;
	struct stat st;
	int in = fsio_open_foreign(from, name, &st, error);

	if (in < 0)
		return FALSE;
	int out = fsio_tmp(to, &tmp, error);
	gboolean ok = out >= 0 && fsio_copy(in, out, G_MAXUINT64, NULL, NULL, error) &&
		      fsio_sync(out, error) && fsio_rename(to, tmp, to, name, FSIO_SYNC, error) &&
		      fsio_remove(from, name, error);
	close(in);
	if (out >= 0)
		close(out);
	if (!ok && tmp != NULL)
		fsio_remove(to, tmp, NULL);
	return ok;
}

/* Copies, for the new place may be on another file system; a name that is there already stays in
 * the old place. */
static gboolean
move_all(const char *from_path, const char *to_path, GError **error)
{
	int from = fsio_open_dir(from_path, NULL);
	int to = fsio_open_dir(to_path, error);
	gboolean ok = to >= 0;
	g_autoptr(GPtrArray) names = from < 0 || !ok ? NULL : fsio_list(from, G_MAXUINT, NULL);
	struct stat a, b;

	if (names != NULL && fstat(from, &a) == 0 && fstat(to, &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev)
		g_ptr_array_set_size(names, 0);
	for (guint i = 0; names != NULL && ok && i < names->len; i++) {
		g_autoptr(GError) inner = NULL;

		if (!move_file(from, to, names->pdata[i], &inner) && !fsio_exists_error(inner) &&
		    !fail_is(inner, REASON_NOT_REGULAR)) {
			g_propagate_error(error, g_steal_pointer(&inner));
			ok = FALSE;
		}
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return ok;
}

/* exchange/WHAT becomes a symbolic link to TARGET; the directory that was there is kept beside it
 * unless empty. */
static gboolean
replace_by_symlink(gateway *g, const char *what, const char *target, GError **error)
{
	g_autofree char *path = g_build_filename(g->dir, "exchange", what, NULL);
	g_autofree char *old = g_strdup_printf("%s.before", path);

	if (rmdir(path) != 0 && unlink(path) != 0 && errno != ENOENT &&
	    !fsio_rename(AT_FDCWD, path, AT_FDCWD, old, 0, error))
		return FALSE;
	if (symlink(target, path) == 0)
		return TRUE;
	fail_errno(error, errno, "%s", path);
	return FALSE;
}

static gboolean
point(gateway *g, const char *key, const char *what, const char *old, const char *dir,
      gboolean link, GError **error)
{
	if (!move_all(old, dir, error))
		return FALSE;
	if (!link)
		return conf_set(g->conf, key, dir, error);
	return replace_by_symlink(g, what, dir, error) && conf_set(g->conf, key, NULL, error);
}

gboolean
link_connect(gateway *g, const char *send, const char *receive, gboolean symlink, GError **error)
{
	g_autofree char *old_send = link_send_dir(g), *old_receive = link_receive_dir(g);
	const char *const dirs[] = {send, receive};

	if (g_strcmp0(conf_text(g->conf, "channel"), "folder") != 0) {
		fail_set(error, FAIL_CONFIG,
			 "link %s goes by mail and has no folders; `handsel link set %s` with "
			 "mail.send=... or mail.receive=... sets other servers, and with "
			 "channel=folder it goes by folders",
			 g->name, g->name);
		return FALSE;
	}
	for (guint i = 0; i < 2; i++) {
		if (dirs[i] == NULL)
			continue;
		if (!g_path_is_absolute(dirs[i])) {
			fail_set(error, FAIL_USAGE, "%s is no absolute path", dirs[i]);
			return FALSE;
		}
		if (!try_dir(dirs[i], error))
			return FALSE;
	}
	if (g_strcmp0(send != NULL ? send : old_send, receive != NULL ? receive : old_receive) ==
	    0) {
		fail_set(error, FAIL_USAGE, "SEND and RECEIVE can't be the same directory, %s",
			 send != NULL ? send : receive);
		return FALSE;
	}
	return (send == NULL || point(g, "folder.send", "SEND", old_send, send, symlink, error)) &&
	       (receive == NULL ||
		point(g, "folder.receive", "RECEIVE", old_receive, receive, symlink, error)) &&
	       conf_save(g->conf, error);
}

static gboolean
reset_offers(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) open = store_outgoings(g->store, 1, OUT_CARRIED, error);

	for (guint i = 0; open != NULL && i < open->len; i++) {
		store_outgoing *row = open->pdata[i];

		row->state = OUT_SEALED;
		row->next = 0;
		if (!store_save_outgoing(g->store, row, error))
			return FALSE;
	}
	return open != NULL;
}

gboolean
link_offer_again(gateway *g, GError **error)
{
	if (!store_begin(g->store, error))
		return FALSE;
	if (reset_offers(g, error) && store_commit(g->store, error))
		return TRUE;
	store_rollback(g->store);
	return FALSE;
}
