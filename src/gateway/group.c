#include "gateway/group.h"

#include <unistd.h>

#include "spool/take.h"

#define COPIES_MAX PGP_MANY_MAX
#define BYTES_MAX  (16 * 1024 * 1024) /* copies that wait; one may be as large as an envelope */
#define WORTH_IT   2                  /* so many cost less together */
#define SUFFIX     ".gpg"             /* as pgp_unseal_many() wants it */

struct group {
	gateway *g;
	GPtrArray *copies;
	guint64 bytes;
};

group *
group_new(gateway *g)
{
	group *all = g_new(group, 1);

	*all = (group){g, g_ptr_array_new(), 0};
	return all;
}

void
group_clear(group *all)
{
	int dir = spool_fd(all->g->spool, SPOOL_TMP);

	for (guint i = 0; i < all->copies->len; i++) {
		group_copy *c = all->copies->pdata[i];

		/* Those that went elsewhere are not there any more. */
		fsio_remove(dir, c->tmp, NULL);
		if (c->plain != NULL)
			fsio_remove(dir, c->plain, NULL);
		g_free(c->tmp);
		g_free(c->plain);
		g_free(c->signer);
		g_free(c);
	}
	g_ptr_array_set_size(all->copies, 0);
	all->bytes = 0;
}

void
group_free(group *all)
{
	if (all == NULL)
		return;
	group_clear(all);
	g_ptr_array_unref(all->copies);
	g_free(all);
}

void
group_add(group *all, group_copy copy)
{
	g_ptr_array_add(all->copies, g_memdup2(&copy, sizeof copy));
	all->bytes += copy.size;
}

gboolean
group_full(const group *all)
{
	return all->copies->len >= COPIES_MAX || all->bytes >= BYTES_MAX;
}

GPtrArray *
group_copies(group *all)
{
	return all->copies;
}

/* The first envelopes make the pairing, and what says "refused" is protected in its own way. */
static gboolean
may_open(const group_copy *c)
{
	return c->complete && c->name.parts == 0 && c->name.series != 'x' &&
	       !(c->name.series == 0 && c->name.number == 1) && c->size <= PGP_MANY_SIZE;
}

/* Gives C's copy the suffix, and notes its name without it in NAMES. */
static gboolean
rename_copy(int dir, group_copy *c, GPtrArray *names)
{
	g_autofree char *sealed = g_strconcat(c->tmp, SUFFIX, NULL);

	if (!fsio_rename(dir, c->tmp, dir, sealed, 0, NULL))
		return FALSE;
	g_ptr_array_add(names, c->tmp);
	c->tmp = g_steal_pointer(&sealed);
	return TRUE;
}

/* As if it had been opened alone, it must not be longer than it may. */
static gboolean
fits(gateway *g, int dir, const group_copy *c, const char *plain)
{
	struct stat st;

	return fstatat(dir, plain, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (guint64)st.st_size <= gate_plain_limit(g, c->size);
}

/* Opens COPIES, which lie under NAMES with the suffix. */
static void
open_them(gateway *g, int dir, GPtrArray *copies, GPtrArray *names, pgp_protect protect)
{
	g_autoptr(keys) theirs = gate_keys(g, FALSE);
	/* Only one, so that it is known who signed. */
	const char *const signers[] = {keys_current(theirs)->fpr, NULL};
	gboolean opened[COPIES_MAX] = {FALSE};

	if (!pgp_unseal_many(g->pgp, dir, (const char *const *)names->pdata, names->len, protect,
			     signers, gate_plain_limit(g, PGP_MANY_SIZE), opened, NULL))
		return;
	for (guint i = 0; i < names->len; i++) {
		group_copy *c = copies->pdata[i];

		if (!opened[i])
			continue;
		if (fits(g, dir, c, names->pdata[i])) {
			c->plain = g_strdup(names->pdata[i]);
			c->signer = g_strdup(signers[0]);
		} else {
			fsio_remove(dir, names->pdata[i], NULL);
		}
	}
}

void
group_open(group *all, pgp_protect protect)
{
	gateway *g = all->g;
	int dir = spool_fd(g->spool, SPOOL_TMP);
	g_autoptr(GPtrArray) fit = g_ptr_array_new(), renamed = g_ptr_array_new();
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (g->partner == NULL || g->n.with == NULL)
		return;
	for (guint i = 0; i < all->copies->len; i++)
		if (may_open(all->copies->pdata[i]))
			g_ptr_array_add(fit, all->copies->pdata[i]);
	if (fit->len < WORTH_IT)
		return;
	for (guint i = 0; i < fit->len; i++)
		if (rename_copy(dir, fit->pdata[i], names))
			g_ptr_array_add(renamed, fit->pdata[i]);
	open_them(g, dir, renamed, names, protect);
}
