#include "adapter/desk_import.h"
#include "base/fail.h"
#include "cli/cmd_desk.h"
#include "cli/print.h"
#include "contract/type.h"

/* "text, longtext, number, ..."; caller frees. */
static char *
all_types(void)
{
	GString *all = g_string_new(NULL);

	for (int i = 0; i < TYPE_COUNT; i++)
		g_string_append_printf(all, "%s%s", i > 0 ? ", " : "", type_name((value_type)i));
	return g_string_free(all, FALSE);
}

static void
print_field(print_table *t, const char *name, const json_t *field)
{
	const json_t *values = json_object_get(field, "values");
	g_autofree char *shown = json_is_array(values) ? type_show(values, 0) : g_strdup("any");

	if (t != NULL) {
		print_table_row(t, name, json_str(field, "type"), shown);
		return;
	}
	g_autoptr(json_ref) one = json_copy((json_t *)field);
	json_put(one, "name", name);
	print_json(one);
}

static gboolean
list_fields(const call *c, desk *d, GError **error)
{
	static const print_column columns[] = {
		{"FIELD", FALSE, 0}, {"TYPE", FALSE, 0}, {"VALUES", FALSE, 0}, {0}};
	g_autoptr(json_ref) fields = NULL;
	const char *name;
	json_t *field;

	if (!desk_fields(d, &fields, error))
		return FALSE;
	g_autoptr(print_table) t = c->json ? NULL : print_table_new(columns);
	json_object_foreach (fields, name, field) {
		print_field(t, name, field);
	}
	return TRUE;
}

static gboolean
run_field(call *c, GError **error)
{
	const char *name = call_arg(c, 0), *type = call_arg(c, 1);
	g_autofree char *types = all_types();
	value_type t;

	if (name != NULL && type == NULL) {
		fail_set(error, FAIL_USAGE, "desk field: TYPE is missing for %s; it is one of %s",
			 name, types);
		return FALSE;
	}
	if (name != NULL && !type_from_name(type, &t)) {
		fail_set(error, FAIL_USAGE, "desk field: there is no type \"%s\"; it is one of %s",
			 type, types);
		return FALSE;
	}
	g_autoptr(desk) d = call_desk(c, error);
	if (d == NULL)
		return FALSE;
	return name != NULL ? desk_field_add(d, name, t, error) : list_fields(c, d, error);
}

static gboolean
run_value(call *c, GError **error)
{
	for (guint i = 0; i < call_len(c); i++)
		if (!call_check_text("a value", call_arg(c, i), error))
			return FALSE;
	g_autoptr(desk) d = call_desk(c, error);
	return d != NULL && desk_value_add(d, call_arg(c, 0), call_args(c, 1), error);
}

static void
tell_import(const call *c, guint64 made, guint64 changed, guint64 same)
{
	call_say(c,
		 "%" G_GUINT64_FORMAT " new, %" G_GUINT64_FORMAT " changed, %" G_GUINT64_FORMAT
		 " as before",
		 made, changed, same);
	if (!c->json)
		return;
	g_autoptr(json_ref) one = json_object();
	json_object_set_new(one, "new", json_integer((json_int_t)made));
	json_object_set_new(one, "changed", json_integer((json_int_t)changed));
	json_object_set_new(one, "same", json_integer((json_int_t)same));
	print_json(one);
}

static gboolean
run_import(call *c, GError **error)
{
	const char *csv = call_need(c, "csv", error);
	const char *key = csv != NULL ? call_need(c, "key", error) : NULL;
	guint64 made, changed, same;

	if (key == NULL || call_need(c, "map", error) == NULL)
		return FALSE;
	g_autoptr(desk) d = call_desk(c, error);
	if (d == NULL ||
	    !desk_import_csv(d, csv, key, call_values(c, "map"), &made, &changed, &same, error))
		return FALSE;
	tell_import(c, made, changed, same);
	return TRUE;
}

static const command_option import_options[] = {
	{"csv", "FILE", "the table; its first line names the columns", FALSE},
	{"key", "COL", "the column that tells one row from another", FALSE},
	{"map", "COL=FIELD", "the column's cells go to the field", TRUE},
	{0},
};

const command commands_desk_field[] = {
	{"desk field", "[NAME TYPE]", "list the fields, or make one",
	 "Lists the fields with their types and values, or makes field NAME of TYPE: text, "
	 "longtext,\n"
	 "number, date, time, yesno, user, list, multi or link.",
	 0, 2, NULL, run_field},
	{"desk value", "FIELD VALUE...", "make values of a list known",
	 "Makes values known to a list or multi field. From the first time on, unknown values are\n"
	 "refused.",
	 2, ANY_NUMBER, NULL, run_value},
	{"desk import", "--csv FILE --key COL --map COL=FIELD...", "import issues from a CSV file",
	 "Imports a table, all or nothing. The same file may be imported again: only what changed "
	 "is\n"
	 "written. Columns that are not mapped are ignored, empty cells empty their field.",
	 0, 0, import_options, run_import},
	{0},
};
