/*
 * wrap - text in lines that fit on a terminal
 */
#pragma once
#include <glib.h>

#define WRAP_WIDTH 80

/* Columns that TEXT (valid UTF-8) takes. */
guint wrap_width(const char *text);
/*
 * FIRST and TEXT in lines of at most WRAP_WIDTH columns, broken at blanks, without a line break at
 * the end.  Lines behind the first are indented by the width of FIRST.  A word that is longer than
 * a line, as a path may be, stays whole.  Line breaks in TEXT are kept, and bytes that are not
 * UTF-8 replaced.  Caller frees.
 */
char *wrap_text(const char *first, const char *text);
