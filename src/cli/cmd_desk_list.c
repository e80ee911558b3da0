#include <string.h>

#include "base/fail.h"
#include "cli/cmd_desk.h"
#include "cli/print.h"
#include "contract/type.h"

#define TITLE_WIDTH 60
#define FIELD_WIDTH 12

/* VALUE under NAME; what has several lines goes below, indented. */
static void
show_value(guint indent, const char *name, const json_t *value)
{
	const char *text = json_string_value(value);
	g_autofree char *shown = type_show(value, 0);

	if (text != NULL && strchr(text, '\n') != NULL) {
		print_line("%*s%s", (int)indent, "", name);
		print_block(indent + 2, text);
	} else {
		print_line("%*s%-*s  %s", (int)indent, "", FIELD_WIDTH, name, shown);
	}
}

static void
show_values(guint indent, const json_t *values, const char *const *but)
{
	g_autoptr(json_ref) sorted = json_object();
	const char *name;
	json_t *value;

	json_object_update(sorted, (json_t *)values);
	json_object_foreach (sorted, name, value)
		if (but == NULL || !g_strv_contains(but, name))
			show_value(indent, name, value);
}

static void
show_comment(const json_t *t)
{
	print_line("%s  %s  %s", json_str(t, "id"), json_str(t, "created"), json_str(t, "by"));
	print_block(2, json_str(t, "text") != NULL ? json_str(t, "text") : "");
}

static void
show_file(const json_t *t)
{
	print_line("%s  %s  %" G_GINT64_FORMAT " bytes  sha256 %s", json_str(t, "id"),
		   json_str(t, "name"), json_num(t, "size", 0), json_str(t, "sha256"));
}

static void
show_row(const json_t *t)
{
	print_line("%s  %s", json_str(t, "id"), json_str(t, "type"));
	show_values(2, json_object_get(t, "fields"), NULL);
}

static void
show_relation(const json_t *t)
{
	print_line("%s %s %s", json_str(t, "from"), json_str(t, "type"), json_str(t, "to"));
}

static void
show_event(const json_t *t)
{
	g_autofree char *was = type_show(json_object_get(t, "old"), TITLE_WIDTH);
	g_autofree char *is = type_show(json_object_get(t, "new"), TITLE_WIDTH);

	print_line("%s  %s  %s: %s -> %s", json_str(t, "at"), json_str(t, "by"),
		   json_str(t, "what"), was, is);
}

static void
show_list(const json_t *item, const char *name, void (*show)(const json_t *))
{
	json_t *all = json_object_get(item, name), *one;
	gsize i;

	if (json_array_size(all) > 0)
		print_line("-- %s", name);
	json_array_foreach (all, i, one) {
		show(one);
	}
}

static void
show_item(const json_t *item)
{
	print_line("%s  %s  uid %s", json_str(item, "id"), json_str(item, "kind"),
		   json_str(item, "uid"));
	if (json_str(item, "parent") != NULL)
		show_value(2, "parent", json_object_get(item, "parent"));
	show_values(2, json_object_get(item, "fields"), NULL);
	show_list(item, "relations", show_relation);
	show_list(item, "comments", show_comment);
	show_list(item, "files", show_file);
	show_list(item, "rows", show_row);
	show_list(item, "history", show_event);
}

static gboolean
run_show(call *c, GError **error)
{
	g_autoptr(json_ref) item = NULL;
	g_autoptr(desk) d = call_desk(c, error);

	if (d == NULL || !desk_show(d, call_arg(c, 0), c->json || c->verbose, &item, error))
		return FALSE;
	if (c->json)
		print_json(item);
	else
		show_item(item);
	return TRUE;
}

static gboolean
list_row(const json_t *row, gpointer data)
{
	g_autofree char *title = type_show(json_object_get(row, "title"), 0);
	g_autofree char *state = type_show(json_object_get(row, "state"), 0);
	g_autofree char *assignee = type_show(json_object_get(row, "assignee"), 0);

	print_table_row(data, json_str(row, "id"), json_str(row, "kind"), state, assignee, title);
	return print_alive();
}

static gboolean
print_row(const json_t *row, G_GNUC_UNUSED gpointer data)
{
	print_json(row);
	return print_alive();
}

static gboolean
run_list(call *c, GError **error)
{
	static const print_column columns[] = {
		{"ID", TRUE, 0},         {"KIND", FALSE, 16},           {"STATE", FALSE, 20},
		{"ASSIGNEE", FALSE, 20}, {"TITLE", FALSE, TITLE_WIDTH}, {0}};
	const char *arg = call_arg(c, 0);
	const char *equals = arg != NULL ? strchr(arg, '=') : NULL;

	if (arg != NULL && (equals == NULL || equals == arg)) {
		fail_set(error, FAIL_USAGE, "desk list: \"%s\" is not FIELD=VALUE", arg);
		return FALSE;
	}
	if (arg != NULL && !call_check_text("FIELD=VALUE", arg, error))
		return FALSE;
	g_autoptr(desk) d = call_desk(c, error);
	if (d == NULL)
		return FALSE;
	g_autofree char *field = arg != NULL ? g_strndup(arg, (gsize)(equals - arg)) : NULL;
	g_autoptr(print_table) table = c->json ? NULL : print_table_new(columns);
	return desk_list(d, field, arg != NULL ? equals + 1 : NULL, c->json ? print_row : list_row,
			 table, error);
}

static gboolean
run_export(call *c, GError **error)
{
	g_autoptr(desk) d = call_desk(c, error);

	return d != NULL && desk_export(d, print_row, NULL, error);
}

const command commands_desk_list[] = {
	{"desk show", "ID", "show an item",
	 "Shows an item with its comments, files, rows and relations; with -v or --json its "
	 "history,\n"
	 "too.",
	 1, 1, NULL, run_show},
	{"desk list", "[FIELD=VALUE]", "list items",
	 "Lists all items, or those whose field has the value. FIELD= finds empty fields.", 0, 1,
	 NULL, run_list},
	{"desk export", "", "print all items as JSON lines",
	 "Prints every item with all it has, one line of JSON with sorted keys each, in order of "
	 "id.",
	 0, 0, NULL, run_export},
	{0},
};
