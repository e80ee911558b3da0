#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/report.h"

#define STATE_WIDTH 60

static void
spool_row(print_table *t, const json_t *one)
{
	const char *id = json_str(one, "id");
	g_autofree char *size = show_size(one, "size");
	g_autofree char *age = show_age(one, "age");
	g_autofree char *changes = show_any(one, "changes", 0);

	print_table_row(t, id != NULL ? id : json_str(one, "file"), json_str(one, "kind"),
			json_str(one, "where"), size, age, json_str(one, "state"), changes);
}

static void
print_spool(const json_t *all)
{
	static const print_column columns[] = {{"ID", FALSE, 0},     {"KIND", FALSE, 0},
					       {"WHERE", FALSE, 0},  {"SIZE", TRUE, 0},
					       {"AGE", TRUE, 0},     {"STATE", FALSE, STATE_WIDTH},
					       {"CHANGES", TRUE, 0}, {0}};
	g_autoptr(print_table) t = print_table_new(columns);
	const json_t *one;
	gsize i;

	json_array_foreach (all, i, one) {
		spool_row(t, one);
	}
}

static void
print_foreign(const json_t *foreign, gboolean each)
{
	static const print_column columns[] = {
		{"FILE", FALSE, 0}, {"LEFT ALONE BECAUSE", FALSE, 0}, {0}};
	g_autofree char *files = print_count(json_array_size(foreign), "foreign file");
	const json_t *one;
	gsize i;

	if (json_array_size(foreign) > 0 && !each)
		print_line("%s in RECEIVE left alone (--foreign lists them)", files);
	if (!each)
		return;
	g_autoptr(print_table) t = print_table_new(columns);
	json_array_foreach (foreign, i, one) {
		print_table_row(t, json_str(one, "file"), json_str(one, "reason"));
	}
}

/* One line of JSON an element. */
static void
print_lines(const json_t *all)
{
	const json_t *one;
	gsize i;

	json_array_foreach (all, i, one) {
		print_json(one);
	}
}

/* What the options say; "in" and "out" are the only directions. */
static gboolean
read_filter(const call *c, report_filter *ret, GError **error)
{
	const char *direction = call_value(c, "direction");

	if (direction != NULL && !g_str_equal(direction, "in") && !g_str_equal(direction, "out")) {
		fail_set(error, FAIL_USAGE, "spool list: \"%s\" is no direction; say in or out",
			 direction);
		return FALSE;
	}
	*ret = (report_filter){
		.all = call_has(c, "all"), .direction = direction, .item = call_value(c, "item")};
	return TRUE;
}

static void
print_found(call *c, const json_t *all, const report_filter *filter, guint unread)
{
	g_autofree char *envelopes = print_count(unread, "envelope");

	if (json_array_size(all) > 0)
		print_spool(all);
	else if (filter->item != NULL)
		call_say(c, "nothing that is on its way tells of item %s", filter->item);
	else
		call_say(c, "nothing is on its way");
	if (unread > 0)
		print_line("%s that came in: not looked into yet, so not listed by item",
			   envelopes);
}

static gboolean
run_list(call *c, GError **error)
{
	gboolean each = call_has(c, "foreign");
	report_filter filter = {0};
	json_t *foreign_files = NULL;
	guint unread = 0;

	if (!read_filter(c, &filter, error))
		return FALSE;
	g_autoptr(gateway) g = call_gateway(c, GATE_LOOK, error);
	g_autoptr(json_ref) all =
		g != NULL ? report_spool(g, &filter, &foreign_files, &unread, error) : NULL;
	g_autoptr(json_ref) foreign = foreign_files;

	if (all == NULL)
		return FALSE;
	if (c->json) {
		print_lines(each ? foreign : all);
		return TRUE;
	}
	if (!each)
		print_found(c, all, &filter, unread);
	/* They are of neither direction and of no item, unless they are asked for. */
	if (each || (filter.direction == NULL && filter.item == NULL))
		print_foreign(foreign, each);
	return TRUE;
}

static void
print_member(const json_t *envelope, const char *title, const char *key)
{
	g_autofree char *text = show_any(envelope, key, 0);

	if (!json_is_null(json_object_get(envelope, key)) && *text != '\0')
		print_line("%-8s %s", title, text);
}

static void
print_checks(const json_t *envelope)
{
	const json_t *all = json_object_get(envelope, "checks"), *one;
	g_autoptr(GString) line = g_string_new(NULL);
	gsize i;

	json_array_foreach (all, i, one) {
		g_string_append_printf(line, "%s%s %s", i > 0 ? ", " : "", json_str(one, "check"),
				       json_str(one, "result"));
	}
	if (line->len > 0)
		print_line("%-8s %s", "checks", line->str);
}

static void
print_content(const call *c, const json_t *envelope)
{
	const json_t *lines = json_object_get(envelope, "lines"), *one;
	g_autofree char *manifest = json_text(json_object_get(envelope, "manifest"));
	gsize i;

	if (json_is_object(json_object_get(envelope, "manifest")))
		print_line("%-8s %s", "manifest", manifest);
	json_array_foreach (lines, i, one) {
		g_autofree char *text =
			json_is_string(one) ? g_strdup(json_string_value(one)) : json_text(one);

		if (i < 10 || c->verbose)
			print_line("line %-3zu %s", i + 1, text);
	}
	if (!c->verbose && json_array_size(lines) > 10)
		print_line("         ... -v shows more");
}

/* What can be done with one in quarantine. */
static void
print_commands(const call *c, const json_t *e, const char *which)
{
	if (g_strcmp0(json_str(e, "where"), "quarantine") != 0)
		return;
	g_autofree char *handsel = site_handsel(c->site);
	print_line("%-8s %s spool retry %s %s    judges it again, with today's settings", "",
		   handsel, call_arg(c, 0), which);
	print_line("%-8s %s spool drop %s %s --note TEXT    removes it for good", "", handsel,
		   call_arg(c, 0), which);
}

static void
print_envelope(const call *c, const json_t *e)
{
	const char *id = json_str(e, "id");
	g_autofree char *age = show_age(e, "age");
	g_autofree char *size = show_size(e, "size");
	g_autofree char *waits = show_any(e, "waits", 0);

	print_line("%s   %s, %s, %s, %s old", id != NULL ? id : json_str(e, "name"),
		   json_str(e, "where"), json_str(e, "state"), size, age);
	print_member(e, "reason", "reason");
	print_member(e, "", "text");
	print_member(e, "found", "found");
	print_member(e, "expected", "expected_signer");
	print_member(e, "seen", "seen");
	print_member(e, "first", "first_seen");
	print_member(e, "file", "file");
	print_member(e, "sha256", "sha256");
	print_checks(e);
	print_member(e, "then", "advice");
	print_commands(c, e, id != NULL ? id : json_str(e, "name"));
	if (json_array_size(json_object_get(e, "waits")) > 0)
		print_line("others wait for this number: %s", waits);
	print_content(c, e);
}

static gboolean
run_show(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);

	for (guint i = 1; g != NULL && i < call_len(c); i++) {
		g_autoptr(json_ref) one = report_envelope(g, call_arg(c, i), error);

		if (one == NULL)
			return FALSE;
		if (c->json)
			print_json(one);
		else
			print_envelope(c, one);
	}
	return g != NULL;
}

/* Are there no ids in the call, or is ID among them? */
static gboolean
is_wanted(const call *c, const json_t *one)
{
	const char *const *ids = call_args(c, 1);
	const char *id = json_str(one, "id"), *file = json_str(one, "file");

	return ids[0] == NULL || (id != NULL && g_strv_contains(ids, id)) ||
	       (file != NULL && g_strv_contains(ids, file));
}

static gboolean
run_verify(call *c, GError **error)
{
	static const print_column columns[] = {
		{"ID", FALSE, 0}, {"WHERE", FALSE, 0}, {"FOUND", FALSE, 0}, {0}};
	g_autoptr(gateway) g = call_gateway(c, GATE_WORK, error);
	g_autoptr(json_ref) all = g != NULL ? report_verify(g, error) : NULL;
	const json_t *one;
	guint found = 0;
	gsize i;

	if (all == NULL)
		return FALSE;
	g_autoptr(print_table) t = c->json || c->quiet ? NULL : print_table_new(columns);
	json_array_foreach (all, i, one) {
		const char *id = json_str(one, "id");

		if (!is_wanted(c, one))
			continue;
		found++;
		if (!json_flag(one, "ok"))
			call_worsen(c, STATUS_WAITS);
		if (c->json)
			print_json(one);
		else if (t != NULL)
			print_table_row(t, id != NULL ? id : json_str(one, "file"),
					json_str(one, "where"), json_str(one, "text"));
	}
	if (found > 0 || call_len(c) == 1)
		return TRUE;
	fail_set(error, FAIL_USAGE,
		 "link %s has no such envelope; handsel spool list %s shows them", call_arg(c, 0),
		 call_arg(c, 0));
	return FALSE;
}

static const command_option list_options[] = {
	{"all", NULL, "the archive, too", FALSE},
	{"direction", "in|out", "only those of the partner, or only those for the partner", FALSE},
	{"item", "ID", "only those that tell of this item", FALSE},
	{"foreign", NULL, "files in RECEIVE that are none of ours", FALSE},
	{0},
};

const command commands_spool[] = {
	{"spool list", "NAME [--all] [--direction in|out] [--item ID] [--foreign]",
	 "list envelopes that are on their way",
	 "Lists the envelopes of the link that are not done: those for the partner, those taken "
	 "in,\n"
	 "and those refused, which lie in quarantine. With --item those that its trace names; what "
	 "came\n"
	 "in and was not worked off yet is only counted.",
	 1, 1, list_options, run_list},
	{"spool show", "NAME ID...", "show envelopes",
	 "Opens envelopes with the link's keys and shows what is in them; of one in quarantine "
	 "the\n"
	 "reason, what was checked, and what to do. ID is like m17, or a file name in quarantine.",
	 2, ANY_NUMBER, NULL, run_show},
	{"spool verify", "NAME [ID...]", "check envelopes that lie here",
	 "Checks names, hashes, signatures and content of all envelopes, or of those named. Ends "
	 "with\n"
	 "3 if one is not as it should be.",
	 1, ANY_NUMBER, NULL, run_verify},
	{0},
};
