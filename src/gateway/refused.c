#include <sys/stat.h>

#include "base/u64.h"
#include "gateway/private.h"
#include "spool/quarantine.h"

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
