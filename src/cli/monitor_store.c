#include <string.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "cli/monitor.h"

typedef enum { NUMBER, FLAG, STAMP } form;

/* One metric a row, with a sample for each link that knows the member. */
static const struct {
	const char *name, *key, *help;
	form form;
} metrics[] = {
	{"handsel_link_problems", "problems", "Problems that want the operator.", NUMBER},
	{"handsel_link_queued_changes", "queued", "Lines captured and not yet sealed.", NUMBER},
	{"handsel_link_unacknowledged_envelopes", "unacked",
	 "Envelopes the partner has not taken over.", NUMBER},
	{"handsel_link_oldest_unacknowledged_seconds", "oldest_unacked",
	 "Age of the oldest of them; 0 if there is none.", NUMBER},
	{"handsel_link_held_items", "held", "Items that wait for something.", NUMBER},
	{"handsel_link_braked_items", "braked", "Deleted or emptied items that wait for a yes.",
	 NUMBER},
	{"handsel_link_quarantined_envelopes", "quarantine", "Envelopes refused and kept.", NUMBER},
	{"handsel_link_conflicts", "conflicts", "Conflicts that are kept, open or not.", NUMBER},
	{"handsel_link_open_conflicts", "open_conflicts", "Conflicts that wait for a decision.",
	 NUMBER},
	{"handsel_link_items", "items", "Items that travel on the link.", NUMBER},
	{"handsel_link_verified", "verified", "1 if the words were compared with the partner.",
	 FLAG},
	{"handsel_link_last_in_timestamp_seconds", "last_in", "When an envelope last came.", STAMP},
	{"handsel_link_last_out_timestamp_seconds", "last_out", "When one was last sealed.", STAMP},
	{"handsel_link_free_bytes", "free", "Free space where the link's directory lies.", NUMBER},
	{"handsel_link_send_free_bytes", "send_free", "Free space where SEND lies.", NUMBER},
};

static const char *const states[] = {"handshake", "running", "paused", "stopped",
				     "closed",    "refused", "away",   "damaged"};

static void
add_head(GString *out, const char *name, const char *help)
{
	g_string_append_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* FALSE: this link can't tell. */
static gboolean
value_of(const json_t *link, const char *key, form form, gint64 *ret)
{
	const json_t *value = json_object_get(link, key);
	const char *stamp = json_str(link, key);

	if (form == STAMP)
		return stamp != NULL && clock_parse(stamp, ret);
	if (!json_is_integer(value) && !json_is_array(value) && !json_is_boolean(value))
		return FALSE;
	*ret = json_is_array(value)     ? (gint64)json_array_size(value)
	       : json_is_boolean(value) ? json_is_true(value)
					: json_integer_value(value);
	return TRUE;
}

/* Names of links and sites need no escaping: they are letters, digits, dots and dashes. */
static void
add_metric(GString *out, gsize row, const GPtrArray *links)
{
	add_head(out, metrics[row].name, metrics[row].help);
	for (guint i = 0; i < links->len; i++) {
		const json_t *link = links->pdata[i];
		gint64 value;

		if (value_of(link, metrics[row].key, metrics[row].form, &value))
			g_string_append_printf(out, "%s{link=\"%s\"} %" G_GINT64_FORMAT "\n",
					       metrics[row].name, json_str(link, "link"), value);
	}
}

static void
add_states(GString *out, const GPtrArray *links)
{
	add_head(out, "handsel_link_state", "1 for the state the link is in, else 0.");
	for (guint i = 0; i < links->len; i++)
		for (gsize s = 0; s < G_N_ELEMENTS(states); s++) {
			const json_t *link = links->pdata[i];

			g_string_append_printf(out,
					       "handsel_link_state{link=\"%s\",state=\"%s\"} %d\n",
					       json_str(link, "link"), states[s],
					       g_strcmp0(json_str(link, "state"), states[s]) == 0);
		}
}

gboolean
monitor_store(const char *path, const char *site, const GPtrArray *links, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);

	add_head(out, "handsel_info", "Always 1; the site, and the version that wrote this.");
	g_string_append_printf(out, "handsel_info{site=\"%s\",version=\"%s\"} 1\n", site,
			       HANDSEL_VERSION);
	add_head(out, "handsel_written_timestamp_seconds", "When this was written.");
	g_string_append_printf(out, "handsel_written_timestamp_seconds %" G_GINT64_FORMAT "\n",
			       clock_now());
	add_head(out, "handsel_links", "Links of the site that are told here.");
	g_string_append_printf(out, "handsel_links %u\n", links->len);
	add_states(out, links);
	for (gsize i = 0; i < G_N_ELEMENTS(metrics); i++)
		add_metric(out, i, links);
	g_string_append(out, "# EOF\n");
	/* The collector is another user and reads at any time: 0644, and replaced at once. */
	return fsio_store(AT_FDCWD, path, out->str, out->len, 0644, error);
}
