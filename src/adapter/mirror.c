#include "adapter/mirror.h"

#include <string.h>

#include "base/rand.h"

typedef struct {
	const adapter_ops *ops;
	adapter *tracker;
	guint8 turn[16];
} mirror;

static mirror *
of(adapter *a)
{
	return (mirror *)a;
}

/* Only the lower half: which of two ids is the smaller stays as it is, and with it who owns a
 * relation. */
static void
turn_of(const char *link, guint8 turn[16])
{
	g_autofree char *seed = g_strdup_printf("handsel-same-site %s", link);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize len = sizeof digest;

	g_checksum_update(sum, (const guchar *)seed, (gssize)strlen(seed));
	g_checksum_get_digest(sum, digest, &len);
	memset(turn, 0, 8);
	memcpy(turn + 8, digest, 8);
}

adapter *
mirror_new(const adapter_ops *ops, adapter *tracker, const char *link)
{
	mirror *m = g_new0(mirror, 1);

	turn_of(link, m->turn);
	m->ops = ops;
	m->tracker = tracker;
	return (adapter *)m;
}

static void
mirror_close(adapter *a)
{
	of(a)->ops->close(of(a)->tracker);
	g_free(a);
}

/* ---- turning ids over ---- */

static char *
turned(const guint8 turn[16], const char *uid)
{
	guint8 raw[16];

	if (uid == NULL || !rand_id_bytes(uid, raw))
		return g_strdup(uid);
	for (guint i = 0; i < sizeof raw; i++)
		raw[i] ^= turn[i];
	return rand_id_from(raw);
}

static char *
turn_uid(mirror *m, const char *uid)
{
	return turned(m->turn, uid);
}

char *
mirror_uid(const char *link, const char *uid)
{
	guint8 turn[16];

	turn_of(link, turn);
	return turned(turn, uid);
}

static char *
turn_reg(mirror *m, const char *reg)
{
	g_autofree char *type = NULL, *first = NULL, *second = NULL;

	if (item_reg_type(reg) == REG_THING) {
		g_autofree char *uid = turn_uid(m, reg + 1);
		return item_thing_reg(uid);
	}
	if (!item_relation_parts(reg, &type, &first, &second))
		return g_strdup(reg);
	g_autofree char *a = turn_uid(m, first);
	g_autofree char *b = turn_uid(m, second);
	return g_strdup_printf("%s:%s:%s", type, a, b);
}

static json_t *
turn_value(mirror *m, const char *reg, json_t *v)
{
	if (!g_str_equal(reg, ITEM_PARENT) || !json_is_string(v))
		return json_incref(v);
	g_autofree char *uid = turn_uid(m, json_string_value(v));
	return json_string(uid);
}

static void
turn_item(mirror *m, item *it)
{
	json_t *regs = json_object();
	const char *reg;
	json_t *entry;

	json_object_foreach (it->regs, reg, entry) {
		g_autofree char *turned = turn_reg(m, reg);

		json_object_set_new(entry, "v", turn_value(m, reg, json_object_get(entry, "v")));
		json_object_set(regs, turned, entry);
	}
	json_decref(it->regs);
	it->regs = regs;
	char *uid = turn_uid(m, it->uid);
	g_free(it->uid);
	it->uid = uid;
}

/* A copy of PLAN with every id turned over. */
static json_t *
turn_plan(mirror *m, const json_t *plan)
{
	json_t *copy = json_deep_copy(plan);
	g_autofree char *uid = turn_uid(m, json_str(copy, "uid"));
	size_t i;
	json_t *op;

	json_put(copy, "uid", uid);
	json_array_foreach (plan_ops(copy), i, op) {
		const char *reg = json_str(op, "reg");

		if (reg == NULL)
			continue;
		json_object_set_new(op, "v", turn_value(m, reg, json_object_get(op, "v")));
		g_autofree char *turned = turn_reg(m, reg);
		json_put(op, "reg", turned);
	}
	return copy;
}

static void
turn_results(mirror *m, json_t *results)
{
	size_t i;
	json_t *result;

	json_array_foreach (results, i, result) {
		g_autofree char *reg = g_strdup(json_str(result, "reg"));
		json_t *back = json_object_get(result, "back");

		if (reg == NULL)
			continue;
		if (back != NULL)
			json_object_set_new(result, "back", turn_value(m, reg, back));
		g_autofree char *turned = turn_reg(m, reg);
		json_put(result, "reg", turned);
	}
}

/* ---- the calls ---- */

static gboolean
mirror_prepare(adapter *a, const contract *c, GPtrArray **ret_lacks, GError **error)
{
	return of(a)->ops->prepare(of(a)->tracker, c, ret_lacks, error);
}

static gboolean
mirror_changes(adapter *a, const char *link, const char *cursor, guint limit, GPtrArray **ret_uids,
	       char **ret_cursor, GError **error)
{
	if (!of(a)->ops->changes(of(a)->tracker, link, cursor, limit, ret_uids, ret_cursor, error))
		return FALSE;
	for (guint i = 0; i < (*ret_uids)->len; i++) {
		char *uid = turn_uid(of(a), (*ret_uids)->pdata[i]);

		g_free((*ret_uids)->pdata[i]);
		(*ret_uids)->pdata[i] = uid;
	}
	return TRUE;
}

static gboolean
mirror_get(adapter *a, const char *uid, item **ret, GError **error)
{
	g_autofree char *turned = turn_uid(of(a), uid);

	if (!of(a)->ops->get(of(a)->tracker, turned, ret, error))
		return FALSE;
	if (*ret != NULL)
		turn_item(of(a), *ret);
	return TRUE;
}

static gboolean
mirror_exists(adapter *a, const char *uid, gboolean *ret, GError **error)
{
	g_autofree char *turned = turn_uid(of(a), uid);

	return of(a)->ops->exists(of(a)->tracker, turned, ret, error);
}

static char *
mirror_find(adapter *a, const char *id, GError **error)
{
	g_autofree char *uid = of(a)->ops->find(of(a)->tracker, id, error);

	return turn_uid(of(a), uid);
}

static char *
mirror_id_of(adapter *a, const char *uid)
{
	g_autofree char *turned = turn_uid(of(a), uid);

	return of(a)->ops->id_of(of(a)->tracker, turned);
}

static gboolean
mirror_count(adapter *a, const char *field, const char *value, guint64 *ret, GError **error)
{
	return of(a)->ops->count(of(a)->tracker, field, value, ret, error);
}

static gboolean
mirror_begin(adapter *a, GError **error)
{
	return of(a)->ops->begin(of(a)->tracker, error);
}

static gboolean
mirror_commit(adapter *a, GError **error)
{
	return of(a)->ops->commit(of(a)->tracker, error);
}

static void
mirror_rollback(adapter *a)
{
	of(a)->ops->rollback(of(a)->tracker);
}

static json_t *
mirror_apply(adapter *a, const char *link, const char *token, const json_t *plan,
	     adapter_content *content, gpointer data, GError **error)
{
	g_autoptr(json_ref) turned = turn_plan(of(a), plan);
	json_t *results =
		of(a)->ops->apply(of(a)->tracker, link, token, turned, content, data, error);

	turn_results(of(a), results);
	return results;
}

static gboolean
mirror_applied(adapter *a, const char *link, const char *token, json_t **ret, GError **error)
{
	if (!of(a)->ops->applied(of(a)->tracker, link, token, ret, error))
		return FALSE;
	turn_results(of(a), *ret);
	return TRUE;
}

static int
mirror_open_file(adapter *a, const char *sha256, guint64 *ret_size, GError **error)
{
	return of(a)->ops->open_file(of(a)->tracker, sha256, ret_size, error);
}

/* For trackers with transactions, which the desk is; the others come with their own marker search.
 */
const adapter_ops adapter_mirror = {
	.name = "mirror",
	.close = mirror_close,
	.prepare = mirror_prepare,
	.changes = mirror_changes,
	.get = mirror_get,
	.exists = mirror_exists,
	.find = mirror_find,
	.id_of = mirror_id_of,
	.count = mirror_count,
	.begin = mirror_begin,
	.commit = mirror_commit,
	.rollback = mirror_rollback,
	.apply = mirror_apply,
	.applied = mirror_applied,
	.open_file = mirror_open_file,
};
