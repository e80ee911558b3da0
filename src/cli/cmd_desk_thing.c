#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "cli/cmd_desk.h"
#include "cli/print.h"

static gboolean
run_comment(call *c, GError **error)
{
	const char *edit = call_value(c, "edit");
	guint most = edit != NULL ? 1 : 2;
	const char *text = call_arg(c, most - 1);

	if (call_len(c) != most) {
		fail_set(error, FAIL_USAGE, "desk comment: give %s",
			 edit != NULL ? "the new TEXT alone with --edit" : "ID and TEXT");
		return FALSE;
	}
	g_autoptr(desk) d =
		call_check_text("the comment", text, error) ? call_desk(c, error) : NULL;
	if (d == NULL)
		return FALSE;
	if (edit != NULL)
		return desk_comment_set(d, edit, text, error);
	g_autofree char *id = desk_comment(d, call_arg(c, 0), text, error);
	if (id != NULL)
		call_print_id(c, id);
	return id != NULL;
}

/* Opening a pipe or a device would wait for whoever writes to it. */
static gboolean
check_regular(const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		fail_errno(error, errno, "%s: cannot be attached", path);
		return FALSE;
	}
	if (!S_ISREG(st.st_mode)) {
		fail_set(error, FAIL_USAGE, "%s: is not a regular file", path);
		return FALSE;
	}
	return TRUE;
}

static gboolean
attach_all(call *c, desk *d, GPtrArray *ids, GError **error)
{
	const char *given = call_value(c, "name");

	if (given != NULL && call_len(c) != 2) {
		fail_set(error, FAIL_USAGE, "--name goes with exactly one file");
		return FALSE;
	}
	for (guint i = 1; i < call_len(c); i++) {
		g_autofree char *name =
			given != NULL ? g_strdup(given) : g_path_get_basename(call_arg(c, i));
		char *id = check_regular(call_arg(c, i), error)
				   ? desk_attach(d, call_arg(c, 0), call_arg(c, i), name, error)
				   : NULL;

		if (id == NULL)
			return FALSE;
		g_ptr_array_add(ids, id);
	}
	return TRUE;
}

static gboolean
run_attach(call *c, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(desk) d = call_desk(c, error);

	if (d == NULL || !desk_begin(d, error))
		return FALSE;
	if (!attach_all(c, d, ids, error)) {
		desk_rollback(d);
		return FALSE;
	}
	if (!desk_commit(d, error))
		return FALSE;
	for (guint i = 0; i < ids->len; i++)
		call_print_id(c, ids->pdata[i]);
	return TRUE;
}

static gboolean
run_row(call *c, GError **error)
{
	const char *edit = call_value(c, "edit");
	g_autoptr(json_ref) fields = call_fields(c, 2, error);
	g_autoptr(desk) d = fields != NULL ? call_desk(c, error) : NULL;

	if (d == NULL)
		return FALSE;
	g_autofree char *id = desk_row(d, call_arg(c, 0), edit, call_arg(c, 1), fields, error);
	if (id != NULL && edit == NULL)
		call_print_id(c, id);
	return id != NULL;
}

static gboolean
run_remove(call *c, GError **error)
{
	g_autoptr(desk) d = call_desk(c, error);

	return d != NULL && desk_thing_remove(d, call_arg(c, 0), error);
}

static const command_option comment_options[] = {
	{"edit", "COMMENT", "changes this comment instead of adding one; no ID then", FALSE},
	{0},
};

static const command_option attach_options[] = {
	{"name", "NAME", "attaches the file under this name", FALSE},
	{0},
};

static const command_option row_options[] = {
	{"edit", "ROW", "changes this row of the item instead of adding one", FALSE},
	{0},
};

const command commands_desk_thing[] = {
	{"desk comment", "ID TEXT [--edit COMMENT]", "comment on an item",
	 "Adds a comment and prints its id, or changes one: handsel desk comment --edit COMMENT "
	 "TEXT.",
	 1, 2, comment_options, run_comment},
	{"desk attach", "ID FILE... [--name NAME]", "attach files to an item",
	 "Copies the files in, all or none, and prints the id of each. Directories of the path do\n"
	 "not become part of the name.",
	 2, ANY_NUMBER, attach_options, run_attach},
	{"desk row", "ID TYPE FIELD=VALUE... [--edit ROW]", "add or change a row of an item",
	 "Rows are tables within an item: work logs, test steps. Adds a row of type TYPE and "
	 "prints\n"
	 "its id, or changes fields of one. FIELD= removes a field.",
	 3, ANY_NUMBER, row_options, run_row},
	{"desk remove", "THING", "remove a comment, file or row",
	 "Removes the comment, file or row of this id; handsel desk show lists them.", 1, 1, NULL,
	 run_remove},
	{0},
};
