#include "gateway/inspect.h"

#include <unistd.h>

#include "gateway/look.h"
#include "gateway/private.h"

enum {
	CHECK_NAME,
	CHECK_COMPLETE,
	CHECK_DECRYPT,
	CHECK_SIGNATURE,
	CHECK_ZIP,
	CHECK_MANIFEST,
	CHECK_LINK,
	CHECK_PAIR,
	CHECK_NUMBER,
	CHECK_CONTRACT,
	CHECK_LINES,
	CHECKS
};

static const char *const check_names[CHECKS] = {
	[CHECK_NAME] = "name",       [CHECK_COMPLETE] = "complete",
	[CHECK_DECRYPT] = "decrypt", [CHECK_SIGNATURE] = "signature",
	[CHECK_ZIP] = "zip",         [CHECK_MANIFEST] = "manifest",
	[CHECK_LINK] = "link",       [CHECK_PAIR] = "pair",
	[CHECK_NUMBER] = "number",   [CHECK_CONTRACT] = "contract",
	[CHECK_LINES] = "lines",
};

typedef enum { NOT_LOOKED_AT, OK, FAILED } result;

typedef struct {
	gateway *g;
	spool_dir dir;
	const char *file;
	gboolean own; /* made here */
	gboolean keep;
	envelope_name name;
	result results[CHECKS];
	inspection *ret;
} look;

void
inspection_clear(inspection *i)
{
	json_decref(i->checks);
	json_decref(i->manifest);
	json_decref(i->lines);
	g_clear_error(&i->why);
	g_free(i->sha256);
	*i = (inspection){0};
}

/* Remembers the outcome of CHECK; the first failure says WHY. */
static gboolean
judge(look *l, int check, gboolean ok, int reason, const char *why)
{
	l->results[check] = ok ? OK : FAILED;
	if (!ok && l->ret->why == NULL)
		fail_set(&l->ret->why, reason, "%s", why);
	return ok;
}

/* *WHY is the envelope's fault and goes to CHECK, or it is trouble of ours. */
static gboolean
blame(look *l, int check, GError *why, GError **error)
{
	if (fail_class(why) != FAIL_REJECT && fail_class(why) != FAIL_TRUST) {
		g_propagate_error(error, why);
		return FALSE;
	}
	judge(l, check, FALSE, why->code, why->message);
	g_error_free(why);
	return TRUE;
}

/* ---- outside ---- */

static gboolean
check_name(look *l)
{
	g_autofree char *link8 = g_strndup(l->g->id, NAME_LINK_LEN);
	char me = l->g->master ? 'm' : 's', partner = l->g->master ? 's' : 'm';
	gboolean own = name_find(l->file, link8, me, &l->name);

	l->own = own;
	return judge(l, CHECK_NAME, own || name_find(l->file, link8, partner, &l->name),
		     REASON_OTHER_LINK, "its name is not that of an envelope of this link");
}

static gboolean
measure(look *l, GError **error)
{
	int fd = spool_read(l->g->spool, l->dir, l->file, &l->ret->size, error);

	if (fd < 0)
		return FALSE;
	l->ret->sha256 = fsio_sha(fd, &l->ret->size, error);
	close(fd);
	return l->ret->sha256 != NULL;
}

/* ---- keys ---- */

static pgp_protect
protection_of(const look *l)
{
	gboolean s1 = l->name.series == 0 && l->name.role == 's' && l->name.number == 1;

	return s1 || l->name.series == 'x' ||
			       g_str_equal(conf_text(l->g->conf, "protect"), "encrypt")
		       ? PGP_ENCRYPT
		       : PGP_SIGN;
}

/* *RET_FD stays -1 when the envelope is to blame. */
static gboolean
open_sealed(look *l, int *ret_fd, char **ret_plain, GError **error)
{
	g_auto(GStrv) known = gate_signers(l->g, l->own);
	g_autoptr(GPtrArray) signers = g_ptr_array_new();
	g_autoptr(store_incoming) row = NULL;
	g_autoptr(GError) why = NULL;

	if (!l->own && l->name.series == 0)
		row = store_find_incoming(l->g->store, l->name.number, NULL);
	/* What was taken before the keys changed is still judged by the key of then. */
	if (l->dir != SPOOL_QUARANTINE && row != NULL && row->signer != NULL && known[0] != NULL)
		g_ptr_array_add(signers, row->signer);
	for (guint i = 0; known[i] != NULL; i++)
		g_ptr_array_add(signers, known[i]);
	g_ptr_array_add(signers, NULL);
	*ret_fd = gate_open_file(l->g, l->dir, l->file, protection_of(l),
				 (const char *const *)signers->pdata, ret_plain, &why);
	if (*ret_fd >= 0) {
		l->results[CHECK_DECRYPT] = l->results[CHECK_SIGNATURE] = OK;
		return TRUE;
	}
	gboolean opened = fail_is(why, REASON_UNKNOWN_SIGNER) ||
			  fail_is(why, REASON_BAD_SIGNATURE) || fail_is(why, REASON_UNSIGNED);
	if (opened)
		l->results[CHECK_DECRYPT] = OK;
	return blame(l, opened ? CHECK_SIGNATURE : CHECK_DECRYPT, g_steal_pointer(&why), error);
}

/* ---- the cover ---- */

static gboolean
is_pairing(const manifest *m)
{
	return m->kind == KIND_HANDSHAKE || m->kind == KIND_REFUSED || m->kind == KIND_PING;
}

static void
check_link(look *l, const manifest *m)
{
	gateway *g = l->g;
	g_auto(GStrv) from = gate_signers(g, l->own);
	g_auto(GStrv) to = gate_signers(g, !l->own);
	gboolean to_us =
		m->to == NULL ? to[0] == NULL : g_strv_contains((const char *const *)to, m->to);

	if (!judge(l, CHECK_LINK, g_str_equal(m->link, g->id) && m->role == l->name.role,
		   REASON_OTHER_LINK, "it is an envelope of another link"))
		return;
	judge(l, CHECK_LINK,
	      g_strv_contains((const char *const *)from, m->from) &&
		      (to_us || (l->own && m->kind == KIND_REFUSED)),
	      REASON_ADDRESSEE, "it is from or to another key than this link's");
}

static void
check_pair(look *l, const manifest *m)
{
	const store_numbers *n = &l->g->n;
	const char *epoch = l->own ? n->epoch : n->with, *with = l->own ? n->with : n->epoch;

	if (n->with == NULL || m->with == NULL) {
		judge(l, CHECK_PAIR, is_pairing(m), REASON_NOT_PAIRED,
		      "it came before pairing is done");
		return;
	}
	judge(l, CHECK_PAIR, g_strcmp0(m->epoch, epoch) == 0 && g_strcmp0(m->with, with) == 0,
	      REASON_OTHER_PAIR, "it belongs to an earlier pairing");
}

/* The plain hash of the number before; NULL if it is not known.  Caller frees. */
static char *
hash_before(const look *l, guint64 number)
{
	g_autoptr(store_outgoing) out = NULL;
	g_autoptr(store_incoming) in = NULL;

	if (number <= 1)
		return NULL;
	if (l->own) {
		out = store_find_outgoing(l->g->store, number - 1, NULL);
		return out == NULL ? NULL : g_strdup(out->hash);
	}
	in = store_find_incoming(l->g->store, number - 1, NULL);
	return in == NULL ? NULL : g_strdup(in->hash);
}

static void
check_number(look *l, const manifest *m)
{
	guint64 named = l->name.series == 0 ? l->name.number : 0;
	g_autofree char *before = hash_before(l, m->number);

	if (judge(l, CHECK_NUMBER, m->number == named, REASON_MANIFEST,
		  "its number is not the one in its name"))
		judge(l, CHECK_NUMBER, before == NULL || g_strcmp0(before, m->prev) == 0,
		      REASON_PREV, "it does not follow the envelope before it");
}

/* What pairing proves itself by, and armoured keys, are no reading matter. */
static json_t *
shown_manifest(const manifest *m)
{
	json_t *doc = manifest_to_json(m);
	json_t *body = json_object_get(doc, "body");

	json_object_del(body, "proof");
	json_object_del(body, "key");
	return doc;
}

static void
check_manifest(look *l, const manifest *m)
{
	gboolean encrypted = protection_of(l) == PGP_ENCRYPT;

	l->ret->manifest = shown_manifest(m);
	judge(l, CHECK_MANIFEST, m->encrypted == encrypted, REASON_PROTECTION,
	      "it is not protected as this link has it");
	check_link(l, m);
	check_pair(l, m);
	check_number(l, m);
	judge(l, CHECK_CONTRACT,
	      m->contract == NULL || g_str_equal(m->contract, contract_hash(l->g->contract)),
	      REASON_KIND, "it speaks of another contract");
}

/* ---- inside ---- */

static gboolean
read_lines(look *l, envelope *e, GError **error)
{
	g_autoptr(GError) why = NULL;
	gsize bytes = 0;

	l->ret->lines = json_array();
	for (;;) {
		g_autoptr(json_ref) line = NULL;

		if (!envelope_next(e, &line, &why))
			return blame(l, CHECK_LINES, g_steal_pointer(&why), error);
		if (line == NULL)
			break;
		if (!l->keep)
			continue;
		g_autofree char *text = json_text(line);
		bytes += strlen(text);
		if (json_array_size(l->ret->lines) < INSPECT_LINES && bytes <= INSPECT_BYTES)
			json_array_append(l->ret->lines, line);
		else
			l->ret->more = TRUE;
	}
	return judge(l, CHECK_LINES, TRUE, 0, NULL);
}

static gboolean
look_inside(look *l, int fd, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(l->g->conf, "limit.envelope"), &why);

	if (e != NULL) {
		l->results[CHECK_ZIP] = OK;
		check_manifest(l, envelope_manifest(e));
		return read_lines(l, e, error);
	}
	gboolean unzipped = fail_is(why, REASON_MANIFEST) || fail_is(why, REASON_FORMAT) ||
			    fail_is(why, REASON_KIND);
	if (unzipped)
		l->results[CHECK_ZIP] = OK;
	return blame(l, unzipped ? CHECK_MANIFEST : CHECK_ZIP, g_steal_pointer(&why), error);
}

static gboolean
run(look *l, GError **error)
{
	g_autofree char *plain = NULL;
	int fd = -1;

	if (!measure(l, error))
		return FALSE;
	if (!check_name(l))
		return TRUE;
	if (!judge(l, CHECK_COMPLETE,
		   strncmp(l->ret->sha256, name_own_hash(&l->name), NAME_HASH_LEN) == 0,
		   REASON_INCOMPLETE,
		   "its bytes are not those its name promises: cut short or damaged"))
		return TRUE;
	/* A part is no message of its own. */
	if (l->g->pgp == NULL || l->name.parts > 0)
		return TRUE;
	if (!open_sealed(l, &fd, &plain, error))
		return FALSE;
	if (fd < 0)
		return TRUE;
	gboolean ok = look_inside(l, fd, error);
	close(fd);
	fsio_remove(spool_fd(l->g->spool, SPOOL_TMP), plain, NULL);
	return ok;
}

gboolean
inspect_file(gateway *g, spool_dir dir, const char *file, gboolean keep, inspection *ret,
	     GError **error)
{
	static const char *const words[] = {
		[NOT_LOOKED_AT] = "not looked at", [OK] = "ok", [FAILED] = "FAILED"};
	g_auto(inspection) found = {0};
	look l = {.g = g, .dir = dir, .file = file, .keep = keep, .ret = &found};

	if (!run(&l, error))
		return FALSE;
	found.checks = json_array();
	for (int i = 0; i < CHECKS; i++) {
		json_t *one = json_object();

		look_put(one, "check", check_names[i]);
		look_put(one, "result", words[l.results[i]]);
		json_array_append_new(found.checks, one);
	}
	*ret = found;
	found = (inspection){0};
	return TRUE;
}
