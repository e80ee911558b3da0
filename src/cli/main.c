/*
 * main - runs the command that was called, and tells how it ended
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "cli/call.h"
#include "cli/cmd_help.h"
#include "cli/print.h"

/* Says what went wrong; a wrong use without a better hint is pointed to the help. */
static int
failed(const call *c, const GError *error)
{
	g_autofree char *hint = NULL;

	if (fail_is(error, FAIL_USAGE) && c->command != NULL)
		hint = g_strconcat("handsel help ", c->command->name, NULL);
	else if (fail_is(error, FAIL_USAGE))
		hint = g_strdup("handsel help");
	print_error(error, hint);
	return fail_exit(error);
}

static gboolean
run(call *c, GError **error)
{
	if (c->version) {
		print_line("handsel %s", HANDSEL_VERSION);
		return TRUE;
	}
	if (c->help && c->command != NULL) {
		help_command(c->command);
		return TRUE;
	}
	if (c->help) {
		help_list(c->group);
		return TRUE;
	}
	if (c->command != NULL)
		return c->command->run(c, error);
	help_list(c->group);
	c->status = STATUS_USAGE;
	return TRUE;
}

int
main(int argc, char **argv)
{
	g_auto(call) c = {0};
	g_autoptr(GError) error = NULL;

	/* What is made here is for this user alone, and a reader that goes away is no reason to
	 * die in the middle of a pass. */
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	if (!call_parse(&c, argc, argv, &error) || !run(&c, &error) || !print_flush(&error))
		return failed(&c, error);
	return c.status;
}
