/*
 * print - what the operator sees: tables for eyes, JSON lines for programs, errors with hints
 *
 * The one place that writes to the standard streams.  Texts come from partners and trackers, so
 * every line passes print_safe on its way out: no escape sequence reaches a terminal.
 */
#pragma once
#include "base/json.h"

/*
 * TEXT as one harmless line: control characters, bytes that are not UTF-8 and what turns the
 * direction of writing are shown as \n, \x1b, \u{202e}.  NULL is "-".  Caller frees.
 */
char *print_safe(const char *text);
/* "12 things" and "1 thing"; caller frees. */
char *print_count(guint64 n, const char *one);

/* A line on the standard output. */
void print_line(const char *format, ...) G_GNUC_PRINTF(1, 2);
void print_vline(const char *format, va_list) G_GNUC_PRINTF(1, 0);
/* One line of text, broken into lines of a terminal's width: FIRST stands before it, and as many
 * blanks before the lines that follow. */
void print_wrapped(const char *first, const char *format, ...) G_GNUC_PRINTF(2, 3);
void print_vwrapped(const char *first, const char *format, va_list) G_GNUC_PRINTF(2, 0);
/* TEXT with all its lines, each behind INDENT blanks. */
void print_block(guint indent, const char *text);
/* VALUE as one line of JSON, keys sorted. */
void print_json(const json_t *value);
/* A question on the standard error; the cursor stays behind it. */
void print_prompt(const char *question);
/* Ends the line of a question whose answer was not shown. */
void print_prompt_end(void);

/* "handsel: what" and "hint: what helps" on the standard error.  HINT is used where the message
 * brings none; may be NULL. */
void print_error(const GError *, const char *hint);
/* "handsel: text" on the standard error. */
void print_note(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Did all that was printed so far arrive? */
gboolean print_alive(void);
/* The same, after flushing; the error names the cause. */
gboolean print_flush(GError **error);

typedef struct {
	const char *title;
	gboolean right; /* numbers */
	guint most;     /* longer texts are cut to so many columns; 0: never */
} print_column;

/*
 * A table under construction.  COLUMNS end with a NULL title and outlive it.  It prints while it
 * grows, so that a million rows need the memory of some hundred.
 */
typedef struct print_table print_table;
print_table *print_table_new(const print_column *columns);
/* One text a column; NULL is "-". */
void print_table_row(print_table *, ...);
/* Prints the rows that it has by now. */
void print_table_flush(print_table *);
/* Prints what is left, and the head only if there was a row and a column has a title; NULL is a
 * no-op. */
void print_table_end(print_table *);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(print_table, print_table_end)
