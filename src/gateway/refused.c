#include <sys/stat.h>

#include "base/u64.h"
#include "gateway/private.h"
#include "spool/parts.h"
#include "spool/quarantine.h"

#define PARTS_FULL "parts_full"

/* Nothing more may be judged when it is full, as it might have to be kept: all stays where it is.
 */
static void
judge_room(gateway *g)
{
	g->quarantine_full = g->bad_files >= (guint64)conf_int(g->conf, "quarantine.max") ||
			     g->bad_bytes >= (guint64)conf_int(g->conf, "quarantine.bytes");
}

static guint64
bytes_of(const GPtrArray *bad)
{
	guint64 bytes = 0;

	for (guint i = 0; i < bad->len; i++)
		bytes += (guint64)json_num(bad->pdata[i], "size", 0);
	return bytes;
}

gboolean
gate_measure_quarantine(gateway *g, GError **error)
{
	g_autoptr(GPtrArray) bad = quarantine_list(g->spool, error);

	if (bad == NULL)
		return FALSE;
	g->bad_files = bad->len;
	g->bad_bytes = bytes_of(bad);
	judge_room(g);
	return TRUE;
}

/* Noted once, until there is room again. */
static gboolean
tell_parts(gateway *g, const envelope_name *name, gboolean fits, guint64 most, GError **error)
{
	g_autofree char *told = store_get(g->store, PARTS_FULL), *id = name_id(name);
	g_autofree char *text = u64_size_text(most);

	if (fits == (told == NULL))
		return TRUE;
	if (!fits)
		gate_note(g, "left", NULL, id,
			  "parts of envelopes that are not whole yet have %s; more stay where they "
			  "are, see limit.parts",
			  text);
	return store_put(g->store, PARTS_FULL, fits ? NULL : "1", error);
}

gboolean
gate_part_fits(gateway *g, const envelope_name *name, guint64 size, gboolean *ret, GError **error)
{
	guint64 most = (guint64)conf_int(g->conf, "limit.parts");

	*ret = TRUE;
	/* Counted anew only when it matters: looking at all for each would take long. */
	if (g->parts_bytes > most || size > most - g->parts_bytes) {
		if (!parts_make_room(g->spool, name, size, most, &g->parts_bytes, ret, error) ||
		    !tell_parts(g, name, *ret, most, error))
			return FALSE;
	}
	if (*ret)
		g->parts_bytes += size;
	return TRUE;
}

char *
gate_quarantine_room(gateway *g, const GPtrArray *bad, gboolean *ret_full)
{
	guint64 files = (guint64)conf_int(g->conf, "quarantine.max"), has = bytes_of(bad);
	guint64 bytes = (guint64)conf_int(g->conf, "quarantine.bytes");
	g_autofree char *size = u64_size_text(has), *most = u64_size_text(bytes);

	*ret_full = bad->len >= files || has >= bytes;
	return g_strdup_printf("%u of %" G_GUINT64_FORMAT " files, %s of %s", bad->len, files, size,
			       most);
}

gboolean
gate_quarantine(gateway *g, const char *tmp, const envelope_name *name, const GError *why,
		GError **error)
{
	g_autofree char *id = name_id(name);
	struct stat st;

	if (fstatat(spool_fd(g->spool, SPOOL_TMP), tmp, &st, AT_SYMLINK_NOFOLLOW) == 0)
		g->bad_bytes += (guint64)st.st_size;
	g->bad_files++;
	judge_room(g);
	gate_note(g, "quarantined", NULL, id, "%d %s", why->code, why->message);
	return quarantine_add(g->spool, tmp, name, why->code, why->message, error);
}

gboolean
gate_came_whole(gateway *g, const envelope_name *name, GError **error)
{
	g_autofree char *file = name_format(name), *id = name_id(name);

	if (!fsio_exists(spool_fd(g->spool, SPOOL_QUARANTINE), file))
		return TRUE;
	g_autoptr(json_ref) note = quarantine_get(g->spool, file, NULL);
	if (json_num(note, "reason", 0) != REASON_INCOMPLETE)
		return TRUE;
	gate_note(g, "dropped", NULL, id, "a torn copy from quarantine: it came whole");
	return quarantine_remove(g->spool, file, error);
}
