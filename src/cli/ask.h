/*
 * ask - questions to whoever sits at the terminal
 */
#pragma once
#include "cli/wizard.h"

/* Is there somebody to show something to and to ask? */
gboolean ask_possible(void);
/* "QUESTION [y/N] "; Enter and the end of input mean FALLBACK. */
gboolean ask_yes(const char *question, gboolean fallback);
/*
 * Reads a line from the terminal without showing it, TWICE to be sure; caller wipes and frees.  The
 * standard output may go elsewhere.
 */
char *ask_secret(const char *prompt, gboolean twice, GError **error);
/* Wipes and frees; NULL is a no-op. */
void ask_forget(char *secret);
/* A wizard's way to the person: what is typed wrong is no error, Ctrl-C ends the questions. */
extern const wizard_io ask_wizard;
