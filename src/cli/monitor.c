#include "cli/monitor.h"

#include "cli/print.h"
#include "cli/show.h"

#define NAMED 3 /* problems that the line tells */

enum { OK, WARNING, CRITICAL, UNKNOWN };

static const char *const words[] = {
	[OK] = "OK", [WARNING] = "WARNING", [CRITICAL] = "CRITICAL", [UNKNOWN] = "UNKNOWN"};

/* ---- what is measured ---- */

/* Of all links: a member's sum, or where HIGHEST the greatest of them. */
static const struct {
	const char *label, *key, *unit;
	gboolean highest;
} measures[] = {
	{"queued", "queued", "", FALSE},
	{"unacked", "unacked", "", FALSE},
	{"held", "held", "", FALSE},
	{"quarantine", "quarantine", "", FALSE},
	{"conflicts", "open_conflicts", "", FALSE},
	{"oldest_unacked", "oldest_unacked", "s", TRUE},
};

static gint64
measure(const GPtrArray *links, const char *key, gboolean highest)
{
	gint64 ret = 0;

	for (guint i = 0; i < links->len; i++) {
		gint64 one = json_num(links->pdata[i], key, 0);

		ret = highest ? MAX(ret, one) : ret + one;
	}
	return ret;
}

/* ---- how bad it is ---- */

static int
level_of(const json_t *link)
{
	static const char *const broken[] = {"stopped", "damaged", "refused", "away", NULL};

	if (g_strv_contains(broken, json_str(link, "state")))
		return CRITICAL;
	return json_array_size(json_object_get(link, "problems")) > 0 ||
			       json_num(link, "held", 0) > 0 || json_num(link, "quarantine", 0) > 0
		       ? WARNING
		       : OK;
}

/* Adds "acme: 1 item waits" to TEXT; only the first NAMED of all. */
static void
add_problems(GString *text, const json_t *link, guint *count)
{
	const json_t *all = json_object_get(link, "problems"), *one;
	gsize i;

	json_array_foreach (all, i, one) {
		if ((*count)++ < NAMED)
			g_string_append_printf(text, "%s%s: %s", text->len > 0 ? ", " : "",
					       json_str(link, "link"), json_str(one, "text"));
	}
}

/* What is wrong, the worst first; caller frees. */
static char *
describe(const GPtrArray *links, int worst)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint count = 0;

	for (int level = worst; level > OK; level--)
		for (guint i = 0; i < links->len; i++)
			if (level_of(links->pdata[i]) == level)
				add_problems(text, links->pdata[i], &count);
	if (count > NAMED)
		g_string_append_printf(text, ", %u more", count - NAMED);
	if (text->len == 0)
		g_string_append_printf(text, "%u link%s", links->len, links->len == 1 ? "" : "s");
	/* What stands behind a bar is performance data. */
	g_strdelimit(text->str, "|", '/');
	return g_strdup(text->str);
}

static int
print_verdict(int level, const char *text, const char *data, json_t *values, gboolean json)
{
	g_autoptr(json_ref) one = json_object();

	if (!json) {
		print_line("HANDSEL %s - %s%s%s", words[level], text, *data != '\0' ? " | " : "",
			   data);
		return level;
	}
	show_put(one, "status", words[level]);
	json_object_set_new(one, "code", json_integer(level));
	show_put(one, "text", text);
	json_object_set(one, "values", values);
	print_json(one);
	return level;
}

int
monitor_check(const GPtrArray *links, gboolean json)
{
	g_autoptr(GString) data = g_string_new(NULL);
	g_autoptr(json_ref) values = json_object();
	int worst = OK;

	for (guint i = 0; i < links->len; i++)
		worst = MAX(worst, level_of(links->pdata[i]));
	g_string_printf(data, "links=%u;;;0", links->len);
	json_object_set_new(values, "links", json_integer(links->len));
	for (gsize i = 0; i < G_N_ELEMENTS(measures); i++) {
		gint64 n = measure(links, measures[i].key, measures[i].highest);

		g_string_append_printf(data, " %s=%" G_GINT64_FORMAT "%s;;;0", measures[i].label, n,
				       measures[i].unit);
		json_object_set_new(values, measures[i].label, json_integer(n));
	}
	g_autofree char *text = describe(links, worst);
	return print_verdict(worst, text, data->str, values, json);
}

int
monitor_unknown(const GError *why, gboolean json)
{
	g_autoptr(json_ref) none = json_object();
	g_autofree char *text = g_strdelimit(g_strdup(why->message), "|", '/');

	return print_verdict(UNKNOWN, text, "", none, json);
}
