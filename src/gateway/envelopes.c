#include "gateway/envelopes.h"

#include <unistd.h>

#include "gateway/look.h"
#include "gateway/private.h"
#include "spool/quarantine.h"

#define ALL "ALL"

static void
report(json_t *all, const char *id, const char *file, const char *outcome, const char *text)
{
	json_t *one = json_object();

	look_put(one, "id", id);
	look_put(one, "file", file);
	look_put(one, "outcome", outcome);
	look_put(one, "text", text);
	json_array_append_new(all, one);
}

static gboolean
is_running(gateway *g, GError **error)
{
	if (g->stopped == NULL)
		return TRUE;
	fail_set(error, FAIL_CONFIG, "link %s has stopped: %s", g->name, g->stopped);
	return FALSE;
}

/* ALL means all that there are now; together with others it is a slip. */
static gboolean
means_all(const char *const *ids, gboolean *ret, GError **error)
{
	*ret = g_strv_contains(ids, ALL);
	if (!*ret || ids[1] == NULL)
		return TRUE;
	fail_set(error, FAIL_USAGE, ALL " stands alone, without ids");
	return FALSE;
}

/* ---- quarantine ---- */

static gboolean
is_called(const json_t *note, const char *id)
{
	return g_strcmp0(json_str(note, "id"), id) == 0 ||
	       g_strcmp0(json_str(note, "name"), id) == 0;
}

/* Adds the notes that ID means to RET; an id may mean several files. */
static gboolean
add_called(gateway *g, GPtrArray *notes, const char *id, GPtrArray *ret, GError **error)
{
	gboolean found = FALSE;

	for (guint i = 0; i < notes->len; i++) {
		json_t *note = notes->pdata[i];

		if (!is_called(note, id))
			continue;
		found = TRUE;
		if (!g_ptr_array_find(ret, note, NULL))
			g_ptr_array_add(ret, json_incref(note));
	}
	if (!found)
		fail_set(error, FAIL_CONFIG,
			 "link %s has no %s in quarantine; handsel spool list %s shows what it has",
			 g->name, id, g->name);
	return found;
}

static GPtrArray *
chosen(gateway *g, const char *const *ids, GError **error)
{
	g_autoptr(GPtrArray) notes = NULL;
	g_autoptr(GPtrArray) ret = g_ptr_array_new_with_free_func((GDestroyNotify)json_ref_drop);
	gboolean all;

	if (!means_all(ids, &all, error) || (notes = quarantine_list(g->spool, error)) == NULL)
		return NULL;
	if (all)
		return g_steal_pointer(&notes);
	for (guint i = 0; ids[i] != NULL; i++)
		if (!add_called(g, notes, ids[i], ret, error))
			return NULL;
	return g_steal_pointer(&ret);
}

json_t *
envelopes_drop(gateway *g, const char *const *ids, const char *note, GError **error)
{
	g_autoptr(GPtrArray) files = chosen(g, ids, error);
	g_autoptr(json_ref) all = json_array();

	for (guint i = 0; files != NULL && i < files->len; i++) {
		const char *name = json_str(files->pdata[i], "name");
		const char *id = json_str(files->pdata[i], "id");

		if (!quarantine_remove(g->spool, name, error))
			return NULL;
		gate_note(g, "dropped", NULL, id, "%s from quarantine, by the operator%s%s", name,
			  note != NULL ? ": " : "", note != NULL ? note : "");
		report(all, id, name, "dropped", NULL);
	}
	if (files == NULL || !spool_flush(g->spool, error))
		return NULL;
	return g_steal_pointer(&all);
}

/* ---- taking again ---- */

/* Why nothing could be said of an envelope that was left; caller frees. */
static char *
why_left(gateway *g, const envelope_name *name)
{
	if (g->stopped != NULL)
		return g_strdup_printf("the link has stopped: %s", g->stopped);
	if (g->quarantine_full)
		return g_strdup("quarantine is full; drop or retry what is in it");
	if (g->n.with == NULL)
		return g_strdup("pairing is not done yet");
	if (name->parts > 0)
		return g_strdup("parts that are not whole yet leave no room for it; see "
				"limit.parts");
	if (name->series == 0 && name->number > g->n.stored)
		return g_strdup("it is larger than limit.envelope, or its number is far ahead");
	return g_strdup("it is larger than limit.envelope");
}

/* How often the bytes called NAME came into quarantine. */
static gint64
times_seen(gateway *g, const char *name)
{
	g_autoptr(json_ref) note = quarantine_get(g->spool, name, NULL);

	return json_num(note, "seen", note != NULL ? 1 : 0);
}

/* Is what bears NAME durable here, or heard? */
static gboolean
is_here(gateway *g, const envelope_name *name)
{
	g_autofree char *file = name_format(name);

	if (name->series == 'a')
		return name->number <= g->n.heard;
	if (name->series != 0)
		return TRUE;
	return store_has_incoming(g->store, name->number) ||
	       (name->parts > 0 && fsio_exists(spool_fd(g->spool, SPOOL_PARTS), file));
}

/* What became of a file whose verdict is VERDICT; *RET_TEXT, if there is more to say, is the
 * caller's. */
static const char *
outcome_of(gateway *g, const envelope_name *name, take_verdict verdict, gboolean had, gint64 seen,
	   char **ret_text)
{
	g_autofree char *file = name_format(name);
	g_autoptr(json_ref) note = quarantine_get(g->spool, file, NULL);

	if (verdict == TAKE_LEAVE) {
		*ret_text = why_left(g, name);
		return "left";
	}
	/* Torn bytes do not take the place of whole ones in quarantine. */
	if (times_seen(g, file) > seen || !is_here(g, name)) {
		*ret_text = g_strdup(json_str(note, "text"));
		return "quarantined";
	}
	return had ? "copy" : "taken";
}

/* Takes FD under its name FILE and tells *RET_OUTCOME. */
static gboolean
take(gateway *g, const char *file, const envelope_name *name, int fd, json_t *all,
     const char **ret_outcome, GError **error)
{
	g_autofree char *canonical = name_format(name);
	g_autofree char *id = name_id(name);
	g_autofree char *text = NULL;
	gint64 seen = times_seen(g, canonical);
	gboolean had = name->series != 'x' && is_here(g, name);
	take_verdict verdict;

	if (!gate_take_one(g, file, name, fd, &verdict, error))
		return FALSE;
	*ret_outcome = outcome_of(g, name, verdict, had, seen, &text);
	report(all, id, file, *ret_outcome, text);
	return TRUE;
}

static gboolean
retry_one(gateway *g, const json_t *note, json_t *all, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);
	const char *file = json_str(note, "name"), *outcome;
	envelope_name name;

	if (!name_find(file, link8, g->master ? 's' : 'm', &name)) {
		report(all, json_str(note, "id"), file, "left", "its name is none of this link");
		return TRUE;
	}
	int fd = spool_read(g->spool, SPOOL_QUARANTINE, file, NULL, error);
	if (fd < 0)
		return FALSE;
	g_autofree char *id = name_id(&name);
	gate_note(g, "retried", NULL, id, "%s, by the operator", file);
	gboolean ok = take(g, file, &name, fd, all, &outcome, error);
	close(fd);
	if (!ok || g_str_equal(outcome, "quarantined") || g_str_equal(outcome, "left"))
		return ok;
	/* Its bytes are durable elsewhere by now; until they are gone here it would be a copy. */
	return quarantine_remove(g->spool, file, error);
}

json_t *
envelopes_retry(gateway *g, const char *const *ids, GError **error)
{
	g_autoptr(GPtrArray) files = NULL;
	g_autoptr(json_ref) all = json_array();

	if (!is_running(g, error) || (files = chosen(g, ids, error)) == NULL)
		return NULL;
	/* Full or not: these are in it already. */
	g->quarantine_full = FALSE;
	for (guint i = 0; i < files->len; i++)
		if (!retry_one(g, files->pdata[i], all, error))
			return NULL;
	return spool_flush(g->spool, error) ? g_steal_pointer(&all) : NULL;
}

/* Is FILE called like an envelope that the partner sent on this link? */
static gboolean
find_name(gateway *g, const char *path, const char *file, envelope_name *ret, GError **error)
{
	g_autofree char *link8 = g_strndup(g->id, NAME_LINK_LEN);

	if (name_find(file, link8, g->master ? 's' : 'm', ret))
		return TRUE;
	if (name_find(file, link8, g->master ? 'm' : 's', ret))
		fail_set(error, FAIL_USAGE,
			 "%s was sent by this side; only what the partner sent can be taken", path);
	else
		fail_set(error, FAIL_USAGE,
			 "%s is no envelope of link %s; their names begin with %s-%c", path,
			 g->name, link8, g->master ? 's' : 'm');
	return FALSE;
}

json_t *
envelopes_take(gateway *g, const char *path, GError **error)
{
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *file = g_utf8_make_valid(base, -1);
	g_autoptr(json_ref) all = json_array();
	const char *outcome;
	envelope_name name;

	if (!is_running(g, error) || !find_name(g, path, file, &name, error))
		return NULL;
	int fd = fsio_open_foreign(AT_FDCWD, path, NULL, error);
	if (fd < 0)
		return NULL;
	gboolean ok = take(g, file, &name, fd, all, &outcome, error);
	close(fd);
	return ok ? g_steal_pointer(&all) : NULL;
}

/* ---- refusing ---- */

static char *
unwanted_key(guint64 number)
{
	return g_strdup_printf("unwanted %" G_GUINT64_FORMAT, number);
}

char *
gate_unwanted(gateway *g, guint64 number)
{
	g_autofree char *key = unwanted_key(number);

	return store_get(g->store, key);
}

gboolean
gate_forget_unwanted(gateway *g, guint64 number, GError **error)
{
	g_autofree char *key = unwanted_key(number);

	return store_put(g->store, key, NULL, error);
}

/* Only what is proven to be the partner's, and is not taken over yet, can be refused. */
static gboolean
may_refuse(gateway *g, const char *id, guint64 *ret, GError **error)
{
	g_autoptr(store_incoming) row = NULL;
	g_autoptr(GError) inner = NULL;
	guint64 number;
	char role;

	if (name_parse_id(id, &role, &number) && role == (g->master ? 's' : 'm'))
		row = store_find_incoming(g->store, number, &inner);
	if (inner != NULL)
		g_propagate_error(error, g_steal_pointer(&inner));
	else if (row == NULL)
		fail_set(error, FAIL_CONFIG,
			 "%s is not in the inbox; what is in quarantine can be dropped, as nobody "
			 "has proven to have sent it",
			 id);
	else if (number <= g->n.done || row->line > 0)
		fail_set(error, FAIL_CONFIG, "%s has been taken over already", id);
	else if (!g_str_equal(row->kind, kind_name(KIND_CHANGES)))
		fail_set(error, FAIL_CONFIG, "%s is %s and holds no changes", id, row->kind);
	else {
		*ret = number;
		return TRUE;
	}
	return FALSE;
}

json_t *
envelopes_refuse(gateway *g, const char *const *ids, const char *note, GError **error)
{
	g_autoptr(json_ref) all = json_array();
	guint64 number;

	if (!is_running(g, error))
		return NULL;
	for (guint i = 0; ids[i] != NULL; i++) {
		if (!may_refuse(g, ids[i], &number, error))
			return NULL;
		g_autofree char *key = unwanted_key(number);
		if (!store_put(g->store, key, note != NULL ? note : "", error))
			return NULL;
		gate_note(g, "unwanted", NULL, ids[i], "by the operator%s%s",
			  note != NULL ? ": " : "", note != NULL ? note : "");
		report(all, ids[i], NULL, "refused", NULL);
	}
	return g_steal_pointer(&all);
}
