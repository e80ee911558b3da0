/*
 * call - one command line, taken apart
 *
 * Options may stand before, between and behind the arguments; "--" ends them.
 */
#pragma once
#include "cli/command.h"
#include "conf/site.h"

enum {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_WAITS = 3 /* done, but something waits for the operator */
};

struct call {
	const command *command; /* NULL: none was named */
	const char *group;      /* the group named without a command of it, or NULL */
	gboolean json, quiet, verbose;
	gboolean help, version;
	GPtrArray *args;   /* NULL-ended, borrowed from argv */
	GHashTable *given; /* option -> GPtrArray of its values, NULL-ended */
	site *site;        /* opened by call_site */
	int status;        /* set by the command */
};

/* Takes ARGV apart; errors are of class USAGE and then CALL tells which command they belong to. */
gboolean call_parse(call *, int argc, char **argv, GError **error);
void call_clear(call *);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(call, call_clear)

guint call_len(const call *);
/* Argument I, NULL behind the last. */
const char *call_arg(const call *, guint i);
/* The arguments from I on, NULL-ended. */
const char *const *call_args(const call *, guint i);
gboolean call_has(const call *, const char *option);
/* The value of an option, NULL if it was not given. */
const char *call_value(const call *, const char *option);
/* The same, but its absence is an error. */
const char *call_need(const call *, const char *option, GError **error);
/* All values of an option, NULL-ended; NULL if it was not given. */
const char *const *call_values(const call *, const char *option);

/* The home that is meant; caller frees. */
char *call_home(const call *);
/* The site, opened once; borrowed. */
site *call_site(call *, GError **error);
/* The login that local edits bear. */
const char *call_user(void);
/* Prints a line for people: not with --json or --quiet. */
void call_say(const call *, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same, broken into lines of a terminal's width, FIRST before the first of them. */
void call_tell(const call *, const char *first, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Worse outcomes replace better ones: failed, then waits, then done. */
void call_worsen(call *, int status);
