#include "handshake/keys.h"

#include <string.h>

#define KEYS_MAX 10000 /* of a document that only we write */

struct keys {
	GPtrArray *all; /* link_key *, in order */
};

static void
key_free(gpointer data)
{
	link_key *k = data;

	g_free(k->fpr);
	g_free(k);
}

static void
add(keys *all, const char *fpr, guint64 from, guint64 announced, gint64 since)
{
	link_key *k = g_new(link_key, 1);

	*k = (link_key){g_strdup(fpr), from, announced, since};
	g_ptr_array_add(all->all, k);
}

static keys *
empty(void)
{
	keys *all = g_new(keys, 1);

	all->all = g_ptr_array_new_with_free_func(key_free);
	return all;
}

keys *
keys_new(const char *fpr)
{
	keys *all = empty();

	add(all, fpr, 1, 0, 0);
	return all;
}

keys *
keys_again(const keys *before, const char *fpr)
{
	const link_key *known = keys_find(before, fpr);
	keys *all = empty();

	add(all, fpr, 1, 0, known != NULL ? known->since : 0);
	return all;
}

void
keys_free(keys *all)
{
	if (all == NULL)
		return;
	g_ptr_array_unref(all->all);
	g_free(all);
}

json_t *
keys_to_json(const keys *all)
{
	json_t *list = json_array();

	for (guint i = 0; i < all->all->len; i++) {
		const link_key *k = all->all->pdata[i];
		json_t *one = json_object();

		json_put(one, "key", k->fpr);
		json_object_set_new(one, "from", json_integer((json_int_t)k->from));
		json_object_set_new(one, "announced", json_integer((json_int_t)k->announced));
		json_object_set_new(one, "since", json_integer(k->since));
		json_array_append_new(list, one);
	}
	return list;
}

keys *
keys_from_json(const json_t *list)
{
	g_autoptr(keys) all = empty();
	size_t len = json_array_size(list);

	for (size_t i = 0; i < len && len <= KEYS_MAX; i++) {
		const json_t *one = json_array_get(list, i);
		const char *fpr = json_str(one, "key");
		guint64 from, announced;

		if (fpr == NULL || !json_u64(one, "from", &from) ||
		    !json_u64(one, "announced", &announced) || (from == 0 && i + 1 < len))
			return NULL;
		add(all, fpr, from, announced, json_num(one, "since", 0));
	}
	if (all->all->len == 0 || keys_of(all, 1)->from == 0)
		return NULL;
	return g_steal_pointer(&all);
}

const link_key *
keys_newest(const keys *all)
{
	return all->all->pdata[all->all->len - 1];
}

const link_key *
keys_pending(const keys *all)
{
	const link_key *k = keys_newest(all);

	return k->from == 0 ? k : NULL;
}

gboolean
keys_announce(keys *all, const char *fpr, guint64 number, gint64 now)
{
	if (keys_pending(all) != NULL || keys_find(all, fpr) != NULL)
		return FALSE;
	add(all, fpr, 0, number, now);
	return TRUE;
}

gboolean
keys_begin(keys *all, guint64 from)
{
	link_key *k = all->all->pdata[all->all->len - 1];

	if (k->from != 0 || from <= k->announced)
		return FALSE;
	k->from = from;
	return TRUE;
}

const link_key *
keys_of(const keys *all, guint64 number)
{
	const link_key *ret = all->all->pdata[0];

	for (guint i = 1; i < all->all->len; i++) {
		const link_key *k = all->all->pdata[i];

		if (k->from != 0 && (number == 0 || k->from <= number))
			ret = k;
	}
	return ret;
}

const link_key *
keys_current(const keys *all)
{
	return keys_of(all, 0);
}

const link_key *
keys_find(const keys *all, const char *fpr)
{
	for (guint i = 0; fpr != NULL && i < all->all->len; i++) {
		const link_key *k = all->all->pdata[i];

		if (g_str_equal(k->fpr, fpr))
			return k;
	}
	return NULL;
}

guint
keys_count(const keys *all)
{
	return all->all->len;
}

const char **
keys_fprs(const keys *all)
{
	const char **ret = g_new0(const char *, all->all->len + 1);

	for (guint i = 0; i < all->all->len; i++)
		ret[i] = ((const link_key *)all->all->pdata[i])->fpr;
	return ret;
}

/* The first number that the key behind K signs; G_MAXUINT64 where that is not known. */
static guint64
ends(const keys *all, const link_key *k)
{
	for (guint i = 0; i + 1 < all->all->len; i++) {
		const link_key *next = all->all->pdata[i + 1];

		if (all->all->pdata[i] == k && next->from != 0)
			return next->from;
	}
	return G_MAXUINT64;
}

gboolean
keys_good(const keys *all, const char *fpr, guint64 number, guint64 at, guint64 from)
{
	const link_key *k = keys_find(all, fpr);

	if (k == NULL)
		return FALSE;
	/* Something without a number may be the first thing that a new key signs. */
	guint64 first = k->from != 0 ? k->from : from;
	guint64 here = number != 0 ? number : at;
	guint64 most = number != 0 || at == G_MAXUINT64 ? here : at + 1;
	return first > k->announced && first <= most && here < ends(all, k);
}
