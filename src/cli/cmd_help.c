#include "cli/cmd_help.h"

#include <string.h>

#include "base/fail.h"
#include "cli/call.h"
#include "cli/print.h"
#include "cli/show.h"
#include "conf/setting.h"

static const print_column list_columns[] = {{"COMMAND", FALSE, 0}, {"DOES", FALSE, 0}, {0}};

void
help_list(const char *group)
{
	g_autofree char *prefix = group != NULL ? g_strconcat(group, " ", NULL) : g_strdup("");

	print_line("usage: handsel [--home DIR] [--json] [-q|-v] %s",
		   group != NULL ? group : "COMMAND ...");
	print_line("%s", "");
	print_table *t = print_table_new(list_columns);
	for (guint i = 0; command_at(i) != NULL; i++)
		if (g_str_has_prefix(command_at(i)->name, prefix))
			print_table_row(t, command_at(i)->name, command_at(i)->summary);
	print_table_end(t);
	print_line("%s", "");
	print_line("handsel help COMMAND explains one; help settings and help reasons are lists.");
}

static void
print_options(const command_option *options)
{
	gsize width = 0;

	for (const command_option *o = options; o->name != NULL; o++)
		width = MAX(width, strlen(o->name) + (o->value != NULL ? strlen(o->value) + 1 : 0));
	for (const command_option *o = options; o->name != NULL; o++) {
		g_autofree char *left =
			g_strconcat(o->name, o->value != NULL ? " " : "", o->value, NULL);
		print_line("  --%-*s  %s%s", (int)width, left, o->help,
			   o->many ? "; may be repeated" : "");
	}
}

void
help_command(const command *c)
{
	print_line("usage: handsel %s%s%s", c->name, *c->usage != '\0' ? " " : "", c->usage);
	print_line("%s", "");
	print_block(0, c->help);
	if (c->options != NULL) {
		print_line("%s", "");
		print_options(c->options);
	}
}

static json_t *
command_to_json(const command *c)
{
	json_t *all = json_array();
	json_t *ret = json_object();

	for (const command_option *o = c->options; o != NULL && o->name != NULL; o++) {
		json_t *one = json_object();
		show_put(one, "name", o->name);
		show_put(one, "value", o->value);
		show_put(one, "help", o->help);
		json_array_append_new(all, one);
	}
	show_put(ret, "command", c->name);
	show_put(ret, "usage", c->usage);
	show_put(ret, "summary", c->summary);
	show_put(ret, "help", c->help);
	json_object_set_new(ret, "options", all);
	return ret;
}

static void
print_setting(print_table *t, const setting *s)
{
	g_autofree char *range = setting_range(s);
	const char *file = !(s->where & SET_SITE) ? "link.conf"
			   : s->where & SET_LINK  ? "either"
						  : "handsel.conf";

	if (t != NULL) {
		print_table_row(t, s->key, file, s->fallback, range, s->help);
		return;
	}
	g_autoptr(json_ref) one = json_object();
	show_put(one, "key", s->key);
	show_put(one, "file", file);
	show_put(one, "default", s->fallback);
	show_put(one, "values", range);
	show_put(one, "help", s->help);
	json_object_set_new(one, "fixed", json_boolean(s->where & SET_FIXED));
	print_json(one);
}

static void
help_settings(gboolean json)
{
	static const print_column columns[] = {{"KEY", FALSE, 0},     {"FILE", FALSE, 0},
					       {"DEFAULT", FALSE, 0}, {"VALUES", FALSE, 0},
					       {"MEANS", FALSE, 0},   {0}};
	g_autoptr(print_table) t = json ? NULL : print_table_new(columns);

	for (const setting *s = setting_all(); s->key != NULL; s++)
		print_setting(t, s);
}

static void
print_reason(print_table *t, const reason *r)
{
	if (t != NULL) {
		g_autofree char *number = g_strdup_printf("%d", r->number);
		print_table_row(t, number, r->retry ? "yes" : "no", r->text, r->advice);
		return;
	}
	g_autoptr(json_ref) one = json_object();
	json_object_set_new(one, "number", json_integer(r->number));
	show_put(one, "class", fail_name(r->class));
	json_object_set_new(one, "retry", json_boolean(r->retry));
	show_put(one, "text", r->text);
	show_put(one, "advice", r->advice);
	print_json(one);
}

static void
help_reasons(gboolean json)
{
	static const print_column columns[] = {{"REASON", TRUE, 0},
					       {"RETRY HELPS", FALSE, 0},
					       {"MEANS", FALSE, 0},
					       {"WHAT TO DO", FALSE, 0},
					       {0}};
	g_autoptr(print_table) t = json ? NULL : print_table_new(columns);

	for (const reason *r = reason_all(); r->number != 0; r++)
		print_reason(t, r);
}

static void
help_json(void)
{
	for (guint i = 0; command_at(i) != NULL; i++) {
		g_autoptr(json_ref) one = command_to_json(command_at(i));
		print_json(one);
	}
}

static void
help_one(const call *c, const command *of)
{
	if (!c->json) {
		help_command(of);
		return;
	}
	g_autoptr(json_ref) one = command_to_json(of);
	print_json(one);
}

static gboolean
unknown(const char *first, const char *second, GError **error)
{
	g_autofree char *words = g_strjoin(" ", first, second, NULL);
	const char *guess = command_guess(words);

	if (guess != NULL)
		fail_set(error, FAIL_USAGE, "%s: unknown command; did you mean handsel help %s?",
			 words, guess);
	else
		fail_set(error, FAIL_USAGE, "%s: unknown command; handsel help lists them", words);
	return FALSE;
}

static gboolean
run_help(call *c, GError **error)
{
	const char *first = call_arg(c, 0), *second = call_arg(c, 1);

	if (first == NULL && c->json)
		help_json();
	else if (first == NULL)
		help_list(NULL);
	else if (second == NULL && strcmp(first, "settings") == 0)
		help_settings(c->json);
	else if (second == NULL && strcmp(first, "reasons") == 0)
		help_reasons(c->json);
	else if (second == NULL && command_is_group(first))
		help_list(first);
	else if (command_find(first, second) != NULL)
		help_one(c, command_find(first, second));
	else
		return unknown(first, second, error);
	return TRUE;
}

const command commands_help[] = {
	{"help", "[COMMAND]", "explain a command",
	 "Lists the commands, or explains one: handsel help link new.\n"
	 "handsel help settings lists every key of handsel.conf and link.conf, handsel help "
	 "reasons\n"
	 "the numbers under which envelopes and changes are refused.",
	 0, 2, NULL, run_help},
	{0},
};
