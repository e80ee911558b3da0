#include "cli/cmd_desk.h"

#include "cli/print.h"

static gboolean
run_new(call *c, GError **error)
{
	const char *kind = call_value(c, "kind");
	g_autoptr(json_ref) fields = call_fields(c, 0, error);
	g_autoptr(desk) d = fields != NULL ? call_desk(c, error) : NULL;
	g_autofree char *id =
		d != NULL ? desk_new(d, kind != NULL ? kind : "issue", fields, error) : NULL;

	if (id == NULL)
		return FALSE;
	call_print_id(c, id);
	return TRUE;
}

static gboolean
run_set(call *c, GError **error)
{
	g_autoptr(json_ref) fields = call_fields(c, 1, error);
	g_autoptr(desk) d = fields != NULL ? call_desk(c, error) : NULL;

	return d != NULL && desk_set(d, call_arg(c, 0), fields, error);
}

static gboolean
run_delete(call *c, GError **error)
{
	g_autoptr(desk) d = call_desk(c, error);

	return d != NULL && desk_delete(d, call_arg(c, 0), error);
}

static gboolean
run_relate(call *c, GError **error)
{
	g_autoptr(desk) d = call_desk(c, error);

	return d != NULL && desk_relate(d, call_arg(c, 0), call_arg(c, 1), call_arg(c, 2),
					call_has(c, "remove"), error);
}

static const command_option new_options[] = {
	{"kind", "K", "its kind; issue if not given", FALSE},
	{0},
};

static const command_option relate_options[] = {
	{"remove", NULL, "takes the relation away", FALSE},
	{0},
};

const command commands_desk_edit[] = {
	{"desk new", "FIELD=VALUE... [--kind K]", "make an item and print its id",
	 "Makes an item of the desk and prints its id. handsel desk field lists the fields;\n"
	 "parent=ID puts it below another item; multi fields take a, b, c.",
	 1, ANY_NUMBER, new_options, run_new},
	{"desk set", "ID FIELD=VALUE...", "change fields of an item",
	 "Changes fields of an item, all or none. FIELD= empties a field.", 2, ANY_NUMBER, NULL,
	 run_set},
	{"desk delete", "ID", "delete an item",
	 "Deletes an item with its comments, files and rows. On links it is deleted there, too.", 1,
	 1, NULL, run_delete},
	{"desk relate", "ID TYPE ID [--remove]", "relate two items",
	 "Relates the first item to the second as TYPE says: relates, blocks, duplicates_of,\n"
	 "or another word of a-z, 0-9 and _.",
	 3, 3, relate_options, run_relate},
	{0},
};
