#include <string.h>
#include <unistd.h>

#include "gateway/private.h"
#include "spool/take.h"

/*
 * What this side has sent says how far it was.  A state that is put back by a raw copy would give
 * the numbers of its later envelopes to other ones; as long as they still lie where the carrier
 * finds them, that is noticed before anything is sealed.
 *
 * Anybody may put a name there, and a pair that was left may have left files.  So what seems to be
 * ours is opened, and counts only if it is, and of this very pair.
 */

#define STRANGE   "strange_sent" /* what was looked at and is of no weight: names, one a line */
#define LOOKS_MAX 1000           /* files that are looked at, each once while it lies there */

/* Is NAME, in SEND, not what this state knows of its number?  Parts can't be opened alone. */
static gboolean
is_strange(gateway *g, const envelope_name *name)
{
	envelope_name known;

	if (name->series != 0 || name->parts != 0)
		return FALSE;
	if (name->number > g->n.last)
		return TRUE;
	g_autoptr(store_outgoing) row = store_find_outgoing(g->store, name->number, NULL);
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	return row != NULL && name_find(row->file, link8, name->role, &known) &&
	       g_ascii_strcasecmp(known.hash, name->hash) != 0;
}

/* Does the plain zip of FD say, in this pair, what this state does not know? */
static gboolean
is_later(gateway *g, int fd)
{
	g_autoptr(envelope) e =
		envelope_open(fd, (guint64)conf_int(g->conf, "limit.envelope"), NULL);
	g_autofree char *sha = e == NULL ? NULL : fsio_sha(fd, NULL, NULL);

	if (sha == NULL)
		return FALSE;
	const manifest *m = envelope_manifest(e);
	if (!g_str_equal(m->link, g->id) || g_strcmp0(m->epoch, g->n.epoch) != 0 || m->number == 0)
		return FALSE;
	g_autoptr(store_outgoing) row = store_find_outgoing(g->store, m->number, NULL);
	const char *hash = m->kind == KIND_VOID ? m->for_hash : sha;
	return m->number > g->n.last || (row != NULL && g_strcmp0(row->hash, hash) != 0);
}

/* A private copy of FILE in DIR is opened by our own keys; what can't be is not ours.  *RET_SURE
 * becomes FALSE where another try may say more. */
static gboolean
judge(gateway *g, int dir, const char *file, const envelope_name *name, gboolean *ret_sure)
{
	g_auto(GStrv) mine = gate_signers(g, TRUE);
	g_autofree char *tmp = NULL, *sha = NULL, *plain = NULL;
	g_autoptr(GError) why = NULL;
	guint64 most = (guint64)conf_int(g->conf, "limit.envelope");
	gboolean complete = FALSE, later = FALSE;
	struct stat st;
	int in = fsio_open_foreign(dir, file, &st, NULL), fd = -1;

	if (in < 0)
		return FALSE;
	if (take_copy(g->spool, name, in, most, &tmp, &sha, &complete, &why) && complete)
		fd = gate_open_file(g, SPOOL_TMP, tmp, gate_protection(g),
				    (const char *const *)mine, &plain, &why);
	close(in);
	if (fd >= 0) {
		later = is_later(g, fd);
		close(fd);
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), plain, NULL);
	}
	if (tmp != NULL)
		fsio_remove(spool_fd(g->spool, SPOOL_TMP), tmp, NULL);
	if (why != NULL && fail_class(why) == FAIL_RETRY)
		*ret_sure = FALSE;
	return later;
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of SEND that do not fit, sorted. */
static GPtrArray *
strange_names(gateway *g, const GPtrArray *sent)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	GPtrArray *ret = g_ptr_array_new();
	envelope_name name;

	for (guint i = 0; i < sent->len && ret->len < LOOKS_MAX; i++)
		if (name_find(sent->pdata[i], link8, g->master ? 'm' : 's', &name) &&
		    is_strange(g, &name))
			g_ptr_array_add(ret, sent->pdata[i]);
	g_ptr_array_sort(ret, by_name);
	return ret;
}

static gboolean
any_later(gateway *g, const char *place, const GPtrArray *strange, const char *const *looked,
	  gboolean *ret_sure)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	int dir = fsio_open_dir(place, NULL);
	gboolean later = FALSE;
	envelope_name name;

	*ret_sure = dir >= 0;
	if (dir < 0)
		return FALSE;
	for (guint i = 0; i < strange->len && !later; i++)
		later = !g_strv_contains(looked, strange->pdata[i]) &&
			name_find(strange->pdata[i], link8, g->master ? 'm' : 's', &name) &&
			judge(g, dir, strange->pdata[i], &name, ret_sure);
	close(dir);
	return later;
}

gboolean
gate_look_behind(gateway *g, GError **error)
{
	g_autofree char *send = NULL, *receive = NULL;
	gboolean sure;

	if (g->n.with == NULL || g->channel_ops->places == NULL)
		return TRUE;
	g_autoptr(GPtrArray) sent = g->channel_ops->sent(g->channel, NULL);
	if (sent == NULL)
		return TRUE; /* it is away */
	g_autoptr(GPtrArray) strange = strange_names(g, sent);
	if (strange->len == 0)
		return TRUE;
	g_ptr_array_add(strange, NULL);
	g_autofree char *now = g_strjoinv("\n", (char **)strange->pdata);
	g_autofree char *looked = store_get(g->store, STRANGE);
	if (g_strcmp0(now, looked) == 0)
		return TRUE;
	g_ptr_array_set_size(strange, (int)strange->len - 1);
	g_auto(GStrv) names = g_strsplit(looked != NULL ? looked : "", "\n", -1);
	g->channel_ops->places(g->dir, g->conf, &send, &receive);
	if (!any_later(g, send, strange, (const char *const *)names, &sure))
		return !sure || store_put(g->store, STRANGE, now, error);
	return gate_stop(g,
			 "what was sent and still waits to be carried is newer than this state: it "
			 "is an old copy",
			 error);
}
