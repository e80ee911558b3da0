#include <unistd.h>

#include "gateway/private.h"

#define LINES_BYTES (16 * 1024 * 1024) /* text of one envelope's lines */

manifest *
gate_manifest(gateway *g, envelope_kind kind, guint64 number)
{
	manifest *m = manifest_new();
	g_autoptr(keys) mine = gate_keys(g, TRUE);
	/* What takes the place of an earlier number is signed as that was. */
	const link_key *key = keys_of(mine, number);

	m->major = MANIFEST_MAJOR;
	m->minor = MANIFEST_MINOR;
	m->link = g_strdup(g->id);
	m->from = g_strdup(key->fpr);
	m->to = g_strdup(g->partner);
	m->role = g->master ? 'm' : 's';
	m->epoch = g_strdup(g->n.epoch);
	m->with = g_strdup(g->n.with);
	m->kind = kind;
	m->number = number;
	m->prev = number > 1 ? g_strdup(g->n.last_hash) : NULL;
	m->contract = g_strdup(contract_hash(g->contract));
	m->encrypted = kind == KIND_HANDSHAKE || kind == KIND_REFUSED ||
		       g_str_equal(conf_text(g->conf, "protect"), "encrypt");
	m->key_from = key->from;
	return m;
}

/* Seals PLAIN into a new tmp file, synced; its name and SHA-256 are the caller's. */
static gboolean
seal_tmp(gateway *g, int plain, const manifest *m, const char *to, char **ret_tmp,
	 guint64 *ret_size, char **ret_sha, GError **error)
{
	const char *const both[] = {to, g->me, NULL};
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(spool_fd(g->spool, SPOOL_TMP), &tmp, error);

	if (fd < 0)
		return FALSE;
	g_autofree char *sha = NULL;
	/* To ourselves too, so that the sender's admin can open what lies in the outbox. */
	gboolean ok = pgp_seal(g->pgp, plain, fd, m->from, m->encrypted ? both : NULL, error) &&
		      fsio_sync(fd, error) && (sha = fsio_sha(fd, ret_size, error)) != NULL;
	close(fd);
	if (!ok) {
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), tmp, NULL);
		return FALSE;
	}
	*ret_tmp = g_steal_pointer(&tmp);
	*ret_sha = g_steal_pointer(&sha);
	return TRUE;
}

static envelope_name
own_name(gateway *g, char series, guint64 number, const char *sha)
{
	envelope_name name = {.role = g->master ? 'm' : 's', .series = series, .number = number};

	g_strlcpy(name.link, g->id, sizeof name.link);
	g_strlcpy(name.hash, sha, sizeof name.hash);
	return name;
}

/* The plain zip is built, sealed and gone again. */
static gboolean
build_and_seal(gateway *g, manifest *m, GPtrArray *lines, GPtrArray *files, const char *to,
	       char **ret_tmp, char **ret_plain, char **ret_sha, guint64 *ret_size, GError **error)
{
	g_autofree char *zip = NULL;
	g_autofree char *plain = NULL;
	int tmp_dir = spool_fd(g->spool, SPOOL_TMP);
	int fd = envelope_build(tmp_dir, m, lines, files, &zip, &plain, error);

	if (fd < 0)
		return FALSE;
	gboolean ok = seal_tmp(g, fd, m, to, ret_tmp, ret_size, ret_sha, error);
	close(fd);
	fsio_remove(tmp_dir, zip, NULL);
	if (ok)
		*ret_plain = g_steal_pointer(&plain);
	return ok;
}

/* Sealed and durable in the outbox; its name and the hash of its plain zip are the caller's. */
static gboolean
seal_to_outbox(gateway *g, manifest *m, GPtrArray *lines, GPtrArray *files, char **ret_file,
	       char **ret_plain, guint64 *ret_size, GError **error)
{
	g_autofree char *tmp = NULL, *plain = NULL, *sha = NULL;

	if (!build_and_seal(g, m, lines, files, g->partner, &tmp, &plain, &sha, ret_size, error))
		return FALSE;
	const envelope_name name = own_name(g, 0, m->number, sha);
	g_autofree char *file = name_format(&name);
	if (!spool_place(g->spool, tmp, SPOOL_OUTBOX, file, error) || !spool_flush(g->spool, error))
		return FALSE;
	*ret_file = g_steal_pointer(&file);
	*ret_plain = g_steal_pointer(&plain);
	return TRUE;
}

gboolean
gate_seal(gateway *g, manifest *m, GPtrArray *lines, GPtrArray *files, guint64 changes,
	  GError **error)
{
	g_autofree char *file = NULL, *plain = NULL;
	guint64 size;

	/* Before the commit that counts it; a file beyond the last number is removed at start. */
	if (!seal_to_outbox(g, m, lines, files, &file, &plain, &size, error))
		return FALSE;
	const store_outgoing row = {
		.number = m->number,
		.kind = (char *)kind_name(m->kind),
		.hash = plain,
		.file = file,
		.size = size,
		.changes = changes,
		.made = clock_now(),
		.state = OUT_SEALED,
	};
	g->n.last = m->number;
	g_free(g->n.last_hash);
	g->n.last_hash = g_strdup(plain);
	g->n.last_out = clock_now();
	g_autofree char *id = gateway_my_id(g, m->number);
	gate_note(g, "sealed", NULL, id,
		  "%s, %" G_GUINT64_FORMAT " changes, %" G_GUINT64_FORMAT " bytes",
		  kind_name(m->kind), changes, size);
	return store_add_outgoing(g->store, &row, error) && gate_save_numbers(g, error);
}

gboolean
gate_seal_again(gateway *g, manifest *m, GPtrArray *lines, store_outgoing *row, GError **error)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *file = NULL, *unused = NULL;
	guint64 size;

	if (!seal_to_outbox(g, m, lines, none, &file, &unused, &size, error))
		return FALSE;
	g_free(row->kind);
	g_free(row->file);
	row->kind = g_strdup(kind_name(m->kind));
	row->file = g_steal_pointer(&file);
	row->size = size;
	row->changes = row->tries = 0;
	row->next = 0;
	row->state = OUT_SEALED;
	return TRUE;
}

gboolean
gate_send_lines(gateway *g, manifest *m, char series, guint64 counter, GPtrArray *lines,
		char **ret_file, GError **error)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *tmp = NULL, *plain = NULL, *sha = NULL;
	guint64 size;

	if (!build_and_seal(g, m, lines, none, m->to, &tmp, &plain, &sha, &size, error))
		return FALSE;
	const envelope_name name = own_name(g, series, counter, sha);
	g_autofree char *file = name_format(&name);
	int fd = spool_read(g->spool, SPOOL_TMP, tmp, NULL, error);
	gboolean ok = fd >= 0 && gate_carry(g, &name, fd, size, error);
	if (fd >= 0)
		close(fd);
	fsio_remove(spool_fd(g->spool, SPOOL_TMP), tmp, NULL);
	if (ok && ret_file != NULL)
		*ret_file = g_steal_pointer(&file);
	return ok;
}

gboolean
gate_send_loose(gateway *g, manifest *m, char series, guint64 counter, char **ret_file,
		GError **error)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	return gate_send_lines(g, m, series, counter, none, ret_file, error);
}

/* ---- changes ---- */

static void
file_close(gpointer p)
{
	envelope_file *f = p;

	close(f->fd);
	g_free((char *)f->sha256);
	g_free(f);
}

/* *RET_FD: the bytes of a file, -1 if the tracker no longer has them.  FALSE: who knows. */
static gboolean
open_if_there(gateway *g, const char *sha, int *ret_fd, guint64 *ret_size, GError **error)
{
	g_autoptr(GError) why = NULL;
	int fd = g->tracker_ops->open_file(g->tracker, sha, ret_size, &why);

	/* Trouble of the moment must not tell the partner that the file is gone. */
	if (fd < 0 && !fail_is(why, REASON_NO_CONTENT)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return FALSE;
	}
	*ret_fd = fd;
	return TRUE;
}

/*
 * The files the lines speak of: small ones go along, big ones get an envelope of their own behind,
 * so that they hold up nothing.  What the tracker no longer has is said in a line, or the partner
 * would wait for it.
 */
static gboolean
collect_files(gateway *g, GPtrArray *hashes, GPtrArray *lines, GPtrArray *files, GError **error)
{
	guint64 big = (guint64)conf_int(g->conf, "sync.big_file"), sum = 0;

	for (guint i = 0; i < hashes->len; i++) {
		const char *sha = hashes->pdata[i];
		guint64 size = 0;
		int fd;

		if (!open_if_there(g, sha, &fd, &size, error))
			return FALSE;
		if (fd < 0) {
			g_ptr_array_add(
				lines,
				g_strdup_printf("{\"sha256\":\"%s\",\"t\":\"missing\"}", sha));
			continue;
		}
		if (size > big || sum + size > big || files->len >= ENVELOPE_FILES_MAX) {
			close(fd);
			if (!store_add_big(g->store, sha, error))
				return FALSE;
			continue;
		}
		sum += size;
		envelope_file *f = g_new(envelope_file, 1);
		*f = (envelope_file){.sha256 = g_strdup(sha), .fd = fd, .size = size};
		g_ptr_array_add(files, f);
	}
	return TRUE;
}

static gboolean
seal_some(gateway *g, GPtrArray *waiting, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_close);
	const store_line *last = waiting->pdata[waiting->len - 1];
	g_autoptr(GPtrArray) hashes = store_line_files(g->store, last->seq, error);
	g_autoptr(manifest) m = gate_manifest(g, KIND_CHANGES, g->n.last + 1);
	g_autofree char *id = gateway_my_id(g, m->number);
	guint64 changes = 0, left;

	if (hashes == NULL)
		return FALSE;
	for (guint i = 0; i < waiting->len; i++) {
		const store_line *l = waiting->pdata[i];

		g_ptr_array_add(lines, g_strdup(l->text));
		if (l->type != LINE_RECORD)
			continue;
		changes++;
		gate_note(g, "sealed", l->uid, id, "%s", l->note != NULL ? l->note : "");
		if (!store_add_sent(g->store, m->number, l->uid, l->gen, l->own, error))
			return FALSE;
	}
	if (!collect_files(g, hashes, lines, files, error) ||
	    !store_drop_lines_upto(g->store, last->seq, error) ||
	    !store_count_lines(g->store, &left, error))
		return FALSE;
	gate_fill_ack(g, m, left == 0);
	return gate_seal(g, m, lines, files, changes, error);
}

static gboolean
seal_big(gateway *g, const char *sha, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(file_close);
	g_autoptr(manifest) m = gate_manifest(g, KIND_CHANGES, g->n.last + 1);
	guint64 size = 0;
	int fd;

	if (!open_if_there(g, sha, &fd, &size, error))
		return FALSE;
	if (fd >= 0) {
		envelope_file *f = g_new(envelope_file, 1);

		*f = (envelope_file){.sha256 = g_strdup(sha), .fd = fd, .size = size};
		g_ptr_array_add(files, f);
	} else {
		g_ptr_array_add(lines,
				g_strdup_printf("{\"sha256\":\"%s\",\"t\":\"missing\"}", sha));
	}
	gate_fill_ack(g, m, TRUE);
	return store_drop_big(g->store, sha, error) && gate_seal(g, m, lines, files, 0, error);
}

/* Each envelope is its own transaction; called with one open, leaves one open. */
static gboolean
next_transaction(gateway *g, GError **error)
{
	return store_commit(g->store, error) && store_begin(g->store, error);
}

gboolean
gate_seal_lines(gateway *g, GError **error)
{
	while (gate_go_on(g)) {
		g_autoptr(GPtrArray) waiting = store_lines(
			g->store, (guint)conf_int(g->conf, "sync.batch"), LINES_BYTES, error);

		if (waiting == NULL)
			return FALSE;
		if (waiting->len == 0)
			break;
		if (!seal_some(g, waiting, error) || !next_transaction(g, error))
			return FALSE;
	}
	while (gate_go_on(g)) {
		g_autofree char *sha = store_next_big(g->store);

		if (sha == NULL)
			return TRUE;
		if (!seal_big(g, sha, error) || !next_transaction(g, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- acks alone ---- */

gboolean
gate_seal_ack(gateway *g, GError **error)
{
	guint64 waiting;
	g_autoptr(GError) away = NULL;

	gint64 since = clock_now() - g->n.ack_at;
	/* Since before the last one: the clock has been set back, and must not hold it. */
	if (!g->n.ack_due || (since >= 0 && since < conf_int(g->conf, "sync.ack_delay")))
		return TRUE;
	/* What waits to be sealed goes first, or `at` would promise too much. */
	if (!store_count_lines(g->store, &waiting, error))
		return FALSE;
	if (waiting > 0)
		return TRUE;
	g_autoptr(manifest) m = gate_manifest(g, KIND_ACK, 0);
	g_autofree char *old = store_get(g->store, "ack_file");
	g_autofree char *file = NULL;
	gate_fill_ack(g, m, TRUE);
	/*
	 * The serial is ours before anybody can hear it, or we would seem restored; the ack stays
	 * due until it is on its way, or a crash would lose it.
	 */
	g->n.ack_due = TRUE;
	if (!gate_save_numbers(g, error) || !store_commit(g->store, error) ||
	    !store_begin(g->store, error))
		return FALSE;
	if (!gate_send_loose(g, m, 'a', g->n.serial, &file, &away)) {
		/* Not sent is not lost: the next pass makes another. */
		if (fail_class(away) == FAIL_RETRY)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&away));
		return FALSE;
	}
	g->n.ack_due = FALSE;
	if (old != NULL && g_strcmp0(old, file) != 0)
		g->channel_ops->retract(g->channel, old, NULL);
	return store_put(g->store, "ack_file", file, error) && gate_save_numbers(g, error);
}
