#include "gateway/rebase_wire.h"

#include <string.h>

#include "base/fail.h"
#include "base/rand.h"
#include "sync/sync.h"

#define ID_MAX 256 /* bytes of what people call an item */

/* ---- its head ---- */

json_t *
rebase_body(gboolean open)
{
	json_t *body = json_object();

	json_object_set_new(body, "open", json_boolean(open));
	return body;
}

gboolean
rebase_word_read(const manifest *m, rebase_word *ret, GError **error)
{
	if (!json_is_boolean(json_object_get(m->body, "open"))) {
		fail_set(error, REASON_MANIFEST, "it does not say whether its sender is open");
		return FALSE;
	}
	*ret = (rebase_word){m->epoch, m->with, json_flag(m->body, "open")};
	return TRUE;
}

/* ---- its lines ---- */

json_t *
rebase_line(const store_summary *s)
{
	json_t *line = json_object();

	json_put(line, "t", "item");
	json_put(line, "uid", s->uid);
	json_object_set_new(line, "gen", json_integer((json_int_t)s->gen));
	json_put(line, "sum", s->sum);
	json_put(line, "id", s->id);
	return line;
}

static gboolean
sum_valid(const char *sum)
{
	if (sum == NULL || *sum == '\0' || !sync_sum_live(sum))
		return sum != NULL;
	return strlen(sum) == JSON_HASH_LEN && strspn(sum, "0123456789abcdef") == JSON_HASH_LEN;
}

gboolean
rebase_line_read(const json_t *line, store_summary *ret)
{
	const char *uid = json_str(line, "uid"), *sum = json_str(line, "sum");
	const char *id = json_str(line, "id");
	guint64 gen;

	if (g_strcmp0(json_str(line, "t"), "item") != 0 || !rand_id_valid(uid) || !sum_valid(sum) ||
	    !json_u64(line, "gen", &gen) || gen >= G_MAXINT64 / 2 ||
	    (id != NULL && strlen(id) > ID_MAX))
		return FALSE;
	*ret = (store_summary){
		.uid = (char *)uid, .sum = (char *)sum, .id = (char *)id, .gen = gen};
	return TRUE;
}
