/*
 * command - the table of commands
 *
 * A command is one row: what it is called, what it takes, what it says about itself, and the
 * function.  Parsing, the help, and the check of the man page are made from the rows.
 */
#pragma once
#include <glib.h>

typedef struct call call;

typedef struct {
	const char *name;  /* without its dashes */
	const char *value; /* what stands for its value in the help; NULL: it takes none */
	const char *help;
	gboolean many; /* may be given again and again */
} command_option;

typedef struct {
	const char *name;              /* "link new" */
	const char *usage;             /* arguments first, then options; "" for none */
	const char *summary;           /* a few words for the list */
	const char *help;              /* some sentences; lines are broken by hand */
	guint least, most;             /* number of arguments */
	const command_option *options; /* ended by a NULL name; NULL: none */
	/* Does it.  call->status tells what became of it where that is not simply "done". */
	gboolean (*run)(call *, GError **error);
} command;

#define ANY_NUMBER G_MAXUINT

/* Options that every command takes. */
extern const command_option command_common[];
/* All commands in the order of the help, ended by NULL. */
const command *command_at(guint i);
/* The command of one or two words (SECOND may be NULL), or NULL. */
const command *command_find(const char *first, const char *second);
/* Do commands of two words begin with WORD? */
gboolean command_is_group(const char *word);
/* The option of COMMAND (NULL: of none) or a common one, or NULL. */
const command_option *command_option_find(const command *, const char *name);
/* The name that was probably meant by WORDS, or NULL; borrowed. */
const char *command_guess(const char *words);
const char *command_guess_option(const command *, const char *name);

/* The tables of rows, one a file of commands; each ends with a NULL name. */
extern const command commands_help[], commands_completion[], commands_init[];
extern const command commands_link_new[], commands_link_join[], commands_link_list[];
extern const command commands_link_set[], commands_link_end[], commands_link_rekey[];
extern const command commands_run[];
/* What `run` starts; no list shows it. */
extern const command command_worker;
extern const command commands_sync[], commands_status[], commands_trace[], commands_check[];
extern const command commands_log[], commands_spool_do[], commands_media[];
extern const command commands_backup[], commands_link_test[], commands_resync[], commands_rebase[];
extern const command commands_spool[], commands_hold[], commands_brake[], commands_conflict[];
extern const command commands_desk_edit[], commands_desk_thing[], commands_desk_list[];
extern const command commands_desk_field[];
