/* offer_kit - what the tests of the handshake file share */
#pragma once
#include <string.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "handshake/offer.h"

/* Keys are slow to make: all tests share two rings, the master's and the scratch ring. */
typedef struct {
	char *dir;
	pgp *keys, *scratch;
	char *fpr, *key;             /* the master's */
	char *other_fpr, *other_key; /* of somebody else, in the same ring */
} world;

static inline void
world_open(world *w)
{
	w->dir = g_dir_make_tmp("offer-XXXXXX", NULL);
	g_autofree char *keys = g_build_filename(w->dir, "keys", NULL);
	g_autofree char *scratch = g_build_filename(w->dir, "scratch", NULL);
	g_autoptr(GError) e = NULL;

	w->keys = pgp_start(keys, NULL, &e);
	g_assert_no_error(e);
	w->scratch = pgp_start(scratch, NULL, &e);
	g_assert_no_error(e);
	w->fpr = pgp_make_key(w->keys, "berlin", &e);
	g_assert_no_error(e);
	w->key = pgp_export(w->keys, w->fpr, &e);
	g_assert_no_error(e);
	w->other_fpr = pgp_make_key(w->keys, "somebody else", &e);
	g_assert_no_error(e);
	w->other_key = pgp_export(w->keys, w->other_fpr, &e);
	g_assert_no_error(e);
}

static inline void
world_close(world *w)
{
	pgp_stop(w->keys);
	pgp_stop(w->scratch);
	g_assert_true(fsio_remove_tree(w->dir, NULL));
	g_free(w->dir);
	g_free(w->fpr);
	g_free(w->key);
	g_free(w->other_fpr);
	g_free(w->other_key);
}

static inline offer *
make_offer(const world *w)
{
	offer *o = offer_new();

	o->link = rand_id();
	o->id = rand_id();
	o->site = g_strdup("berlin");
	o->site_id = rand_id();
	o->description = g_strdup("Widget project, bugs & wünsche");
	o->channel = g_strdup("folder");
	o->address = g_strdup("sync@example.com");
	o->contract = json_pack("{s:i, s:{s:{s:{}}}}", "version", 1, "kinds", "issue", "fields");
	o->protect = g_strdup("encrypt");
	o->made = 1795377170;
	o->expires = o->made + 30 * 86400;
	o->secret = rand_hex(32);
	o->salt = rand_hex(16);
	o->master = g_strdup(w->fpr);
	o->key = g_strdup(w->key);
	o->major = 1;
	o->minor = 0;
	return o;
}

static inline char *
write_text(const world *w, const offer *o)
{
	g_autoptr(GError) e = NULL;
	char *text = offer_write(o, w->keys, &e);

	g_assert_no_error(e);
	g_assert_nonnull(text);
	return text;
}
