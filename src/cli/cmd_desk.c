#include "cli/cmd_desk.h"

#include <string.h>

#include "base/fail.h"
#include "cli/print.h"

desk *
call_desk(call *c, GError **error)
{
	const site *s = call_site(c, error);

	return s != NULL ? desk_open(site_dir(s), call_user(), FALSE, error) : NULL;
}

gboolean
call_check_text(const char *what, const char *text, GError **error)
{
	if (g_utf8_validate(text, -1, NULL))
		return TRUE;
	fail_set(error, FAIL_USAGE, "%s: is not valid UTF-8; write it in UTF-8", what);
	return FALSE;
}

json_t *
call_fields(const call *c, guint from, GError **error)
{
	g_autoptr(json_ref) fields = json_object();

	for (guint i = from; i < call_len(c); i++) {
		const char *arg = call_arg(c, i);
		const char *equals = strchr(arg, '=');

		if (equals == NULL || equals == arg) {
			fail_set(error, FAIL_USAGE, "%s: \"%s\" is not FIELD=VALUE",
				 c->command->name, arg);
			return NULL;
		}
		g_autofree char *name = g_strndup(arg, (gsize)(equals - arg));
		if (!call_check_text("the name of a field", name, error) ||
		    !call_check_text(name, equals + 1, error))
			return NULL;
		if (json_object_get(fields, name) != NULL) {
			fail_set(error, FAIL_USAGE, "%s: %s is given twice", c->command->name,
				 name);
			return NULL;
		}
		json_object_set_new(fields, name, json_string(equals + 1));
	}
	return g_steal_pointer(&fields);
}

void
call_print_id(const call *c, const char *id)
{
	g_autoptr(json_ref) one = json_object();

	if (!c->json) {
		print_line("%s", id);
		return;
	}
	json_put(one, "id", id);
	print_json(one);
}
