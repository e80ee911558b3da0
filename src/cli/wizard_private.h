/* wizard_private - what the files of the wizard share */
#pragma once
#include "cli/wizard.h"

typedef enum { ANSWERED, AGAIN, BACK, LEFT } outcome;

struct wizard {
	const wizard_question *questions;
	const wizard_io *io;
	wizard_words *words;
	gpointer data;
	GHashTable *given, *typed; /* key -> answer */
	GHashTable *asked;         /* a set of keys */
	GArray *way;               /* indexes of the questions that were answered, in order */
};

/* wizard.c */
/* The answer of a question, or its default; caller frees; NULL: neither. */
char *wizard_known(const wizard *, const wizard_question *);
/* TEXT with what its {NAMES} stand for; caller frees. */
char *wizard_expand(const wizard *, const char *text);
/* Says TEXT, which may have several lines. */
void wizard_say_text(wizard *, const char *first, const char *text);
void wizard_wipe(gpointer text);

/* wizard_ask.c */
/* Is what the command line gave right? */
gboolean wizard_check_given(wizard *, GError **error);
/* Not given, and with the other answers as they are to be answered, and more than one answer is
 * possible. */
gboolean wizard_is_open(const wizard *, const wizard_question *);
/* One question until it is answered, or the person goes back or leaves. */
outcome wizard_ask(wizard *, const wizard_question *);
