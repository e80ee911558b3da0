/*
 * mutant - rules that tests can leave out, one at a time
 *
 * A promise is worth as much as the test that fails without it.  At the one line that keeps it
 * stands mutant("NAME"), a constant in what is installed, of which nothing is left there.
 *
 * Built with HANDSEL_MUTANTS it is a function that only programs below tests/mutant have: others
 * would not link.  tests/mutants.list says what each NAME leaves out and which test has to fail
 * then.
 */
#pragma once
#include <glib.h>

#ifdef HANDSEL_MUTANTS
/* Is the rule NAME left out, by HANDSEL_TEST_MUTANT=NAME? */
gboolean mutant(const char *name);
#else
#define mutant(name) FALSE
#endif
