#include <string.h>
#include <unistd.h>

#include "gateway/private.h"

/*
 * An item that was deleted here and edited there lives on, but the bytes of its files went with it:
 * they are asked for.  The partner sends them if he shows the file in that item, and what was
 * refused for the lack of them is tried again once they are here.
 */

#define FORGET_SECONDS (30 * 24 * 60 * 60) /* until what was said of a file may be said again */

static char *
asked_key(const char *sha)
{
	return g_strdup_printf("want.%s", sha);
}

static gboolean
is_known(gateway *g, const char *prefix, const char *sha)
{
	g_autofree char *key = g_strconcat(prefix, sha, NULL);
	g_autofree char *known = store_get(g->store, key);

	return known != NULL;
}

/* The hash that LINE names, or NULL if it is none; borrowed. */
static const char *
sha_of(const json_t *line)
{
	const char *sha = json_str(line, "sha256");

	return sha != NULL && strlen(sha) == FSIO_SHA_LEN &&
			       strspn(sha, "0123456789abcdef") == FSIO_SHA_LEN
		       ? sha
		       : NULL;
}

/* The hash of the file that REG agrees on, or NULL; borrowed. */
static const char *
agreed_sha(const sync_item *it, const char *reg)
{
	return reg[0] == '@' ? sha_of(json_object_get(sync_top(it, reg), "v")) : NULL;
}

/* The hash of the file for whose lack REG is not shown, or NULL; borrowed. */
static const char *
lacking_sha(const sync_item *it, const char *reg)
{
	const json_t *listed = json_object_get(it->listed, reg);

	return json_num(listed, "reason", 0) == REASON_NO_CONTENT ? agreed_sha(it, reg) : NULL;
}

static gboolean
add_line(gateway *g, line_type type, const char *word, const char *uid, const char *sha,
	 GError **error)
{
	g_autoptr(json_ref) line = json_object();
	g_autoptr(GPtrArray) files = g_ptr_array_new();

	json_put(line, "t", word);
	json_put(line, "uid", uid);
	json_put(line, "sha256", sha);
	if (type == LINE_FILE)
		g_ptr_array_add(files, (gpointer)sha);
	g_autofree char *text = json_text(line);
	return store_add_line(g->store, type, uid, 0, 0, text, NULL, files, error);
}

gboolean
gate_ask_content(gateway *g, const sync_item *it, GError **error)
{
	const char *reg;
	json_t *unused;

	json_object_foreach (it->listed, reg, unused) {
		const char *sha = lacking_sha(it, reg);

		/* Once: whoever no longer has it says so. */
		if (sha == NULL || is_known(g, "want.", sha) || is_known(g, "missing.", sha))
			continue;
		g_autofree char *key = asked_key(sha);
		if (!store_put_u64(g->store, key, (guint64)clock_now(), error) ||
		    !add_line(g, LINE_ANSWER, "want", it->uid, sha, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
gate_ask_again(gateway *g, const sync_item *it, const char *reg, GError **error)
{
	const char *sha = lacking_sha(it, reg);

	if (sha == NULL)
		return TRUE;
	g_autofree char *asked = asked_key(sha);
	g_autofree char *missing = g_strdup_printf("missing.%s", sha);
	return store_put(g->store, asked, NULL, error) && store_put(g->store, missing, NULL, error);
}

gboolean
gate_take_missing(gateway *g, const json_t *line, GError **error)
{
	const char *sha = sha_of(line);

	if (sha == NULL) {
		fail_set(error, REASON_LINES, "a line names no file");
		return FALSE;
	}
	g_autofree char *asked = asked_key(sha);
	g_autofree char *missing = g_strdup_printf("missing.%s", sha);
	return store_put(g->store, asked, NULL, error) &&
	       store_put_u64(g->store, missing, (guint64)clock_now(), error);
}

/*
 * Does the tracker show file SHA in the item?  That the item agrees on it would not do: the partner
 * may have named the hash of a file that he is not to see.
 */
static gboolean
shows_file(const sync_item *it, const char *sha)
{
	const char *reg;
	json_t *shown;

	json_object_foreach (it->shadow, reg, shown)
		if (reg[0] == '@' && g_strcmp0(sha_of(shown), sha) == 0)
			return TRUE;
	return FALSE;
}

gboolean
gate_take_want(gateway *g, const json_t *line, GError **error)
{
	const char *uid = json_str(line, "uid"), *sha = sha_of(line);

	if (sha == NULL || !rand_id_valid(uid)) {
		fail_set(error, REASON_LINES, "a line names no file of an item");
		return FALSE;
	}
	g_autoptr(sync_item) it = gate_load(g, uid, error);
	if (it == NULL)
		return FALSE;
	if (sync_alive(it) && it->here && shows_file(it, sha))
		return add_line(g, LINE_FILE, "file", uid, sha, error);
	return add_line(g, LINE_ANSWER, "missing", uid, sha, error);
}

/* A register of IT whose bytes are here now, or NULL; borrowed. */
static const char *
first_due(gateway *g, const sync_item *it)
{
	const char *reg;
	json_t *unused;

	json_object_foreach (it->listed, reg, unused) {
		const char *sha = lacking_sha(it, reg);

		if (sha != NULL && fsio_exists(spool_fd(g->spool, SPOOL_CONTENT), sha))
			return reg;
	}
	return NULL;
}

static gboolean
show(gateway *g, sync_item *it, const char *reg, GError **error)
{
	g_autofree char *asked = asked_key(agreed_sha(it, reg));
	g_autoptr(item) now = NULL;
	sync_ctx ctx = gate_ctx(g);
	sync_out out;

	if (!store_put(g->store, asked, NULL, error) || !gate_view(g, it, &now, error))
		return FALSE;
	sync_out_init(&out);
	g_autoptr(json_ref) intent = sync_retry(&ctx, it, now, reg, &out);
	gboolean ok = gate_save(g, it, now, &out, error) &&
		      (intent == NULL || gate_add_intent(g, it, now, intent, error)) &&
		      gate_flush(g, error);
	sync_out_clear(&out);
	return ok;
}

gboolean
gate_show_content(gateway *g, const char *uid, GError **error)
{
	gsize before = G_MAXSIZE;

	for (;;) {
		g_autoptr(sync_item) it = gate_load(g, uid, error);
		if (it == NULL)
			return FALSE;
		const char *reg = first_due(g, it);
		/* What the tracker refuses in spite of them stays listed. */
		if (reg == NULL || json_object_size(it->listed) >= before)
			return TRUE;
		before = json_object_size(it->listed);
		g_autofree char *name = g_strdup(reg);
		if (!show(g, it, name, error))
			return FALSE;
	}
}

/* The record that lacks a file comes with the line that says so, or right behind. */
gboolean
gate_forget_content(gateway *g, GError **error)
{
	gint64 before = clock_now() - FORGET_SECONDS;

	return store_expire(g->store, "want.", before, error) &&
	       store_expire(g->store, "missing.", before, error);
}
