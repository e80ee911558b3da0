#include "cli/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "cli/wrap.h"

#define ROWS_AT_ONCE 200

/* Turns the direction of writing or breaks the line: what is read is not what was written. */
static gboolean
is_trick(gunichar c)
{
	return (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x061c || c == 0xfeff;
}

static void
append_safe(GString *out, gunichar c)
{
	static const struct {
		gunichar c;
		const char *shown;
	} known[] = {{'\n', "\\n"}, {'\t', "\\t"}, {'\r', "\\r"}};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (known[i].c == c) {
			g_string_append(out, known[i].shown);
			return;
		}
	if (g_unichar_iscntrl(c) && c < 0x100)
		g_string_append_printf(out, "\\x%02x", c);
	else if (g_unichar_iscntrl(c) || is_trick(c))
		g_string_append_printf(out, "\\u{%x}", c);
	else
		g_string_append_unichar(out, c);
}

char *
print_safe(const char *text)
{
	if (text == NULL)
		return g_strdup("-");
	GString *out = g_string_sized_new(strlen(text));

	for (const char *p = text; *p != '\0';) {
		gunichar c = g_utf8_get_char_validated(p, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(out, "\\x%02x", (guchar)*p++);
			continue;
		}
		append_safe(out, c);
		p = g_utf8_next_char(p);
	}
	return g_string_free(out, FALSE);
}

char *
print_count(guint64 n, const char *one)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT " %s%s", n, one, n == 1 ? "" : "s");
}

static void
put_line(FILE *to, const char *before, const char *text)
{
	g_autofree char *safe = print_safe(text);

	fprintf(to, "%s%s\n", before, safe);
}

void
print_vline(const char *format, va_list ap)
{
	g_autofree char *text = g_strdup_vprintf(format, ap);

	put_line(stdout, "", text);
}

void
print_line(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_vline(format, ap);
	va_end(ap);
}

void
print_vwrapped(const char *first, const char *format, va_list ap)
{
	g_autofree char *text = g_strdup_vprintf(format, ap);
	g_autofree char *safe = print_safe(text);
	g_autofree char *lines = wrap_text(first, safe);

	print_block(0, lines);
}

void
print_wrapped(const char *first, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_vwrapped(first, format, ap);
	va_end(ap);
}

void
print_block(guint indent, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *blanks = g_strnfill(indent, ' ');
	guint n = g_strv_length(lines);

	/* A line break at the end ends the last line and makes no empty one. */
	if (n > 1 && *lines[n - 1] == '\0')
		n--;
	for (guint i = 0; i < n; i++)
		put_line(stdout, *lines[i] == '\0' ? "" : blanks, lines[i]);
}

/*
 * JSON may hold DEL and the controls behind it as they are, and terminals obey some of them; in a
 * JSON text they stand within strings only, where an escape means the same.
 */
void
print_json(const json_t *value)
{
	g_autofree char *text = json_text(value);
	const char *done = text;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c < 0x7f || c > 0x9f)
			continue;
		fwrite(done, 1, (size_t)(p - done), stdout);
		printf("\\u%04x", c);
		done = g_utf8_next_char(p);
	}
	puts(done);
}

void
print_prompt(const char *question)
{
	g_autofree char *safe = print_safe(question);

	fflush(stdout);
	fputs(safe, stderr);
}

void
print_prompt_end(void)
{
	fputc('\n', stderr);
}

void
print_error(const GError *error, const char *hint)
{
	const char *what = error != NULL ? error->message : "it failed without saying why";
	const char *split = g_strrstr(what, "; ");
	g_autofree char *fact =
		split != NULL ? g_strndup(what, (gsize)(split - what)) : g_strdup(what);

	fflush(stdout);
	put_line(stderr, "handsel: ", fact);
	if (split != NULL)
		hint = split + strlen("; ");
	if (hint != NULL)
		put_line(stderr, "hint: ", hint);
}

void
print_note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	fflush(stdout);
	put_line(stderr, "handsel: ", text);
}

gboolean
print_alive(void)
{
	return ferror(stdout) == 0;
}

gboolean
print_flush(GError **error)
{
	errno = 0;
	if (fflush(stdout) == 0 && print_alive())
		return TRUE;
	if (errno != 0)
		fail_errno(error, errno, "the output could not be written");
	else
		fail_set(error, FAIL_RETRY, "the output could not be written");
	return FALSE;
}

struct print_table {
	const print_column *columns;
	guint len;
	guint *widths;
	GPtrArray *rows; /* char **, as many as columns */
	gboolean headed;
};

/* TEXT, cut to MOST columns if it is longer; takes TEXT over. */
static char *
cut(char *text, guint most)
{
	guint width = 0;

	if (most == 0 || wrap_width(text) <= most)
		return text;
	char *p = text;
	while (*p != '\0') {
		gunichar c = g_utf8_get_char(p);

		width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
		if (width > most - 1)
			break;
		p = g_utf8_next_char(p);
	}
	*p = '\0';
	char *ret = g_strconcat(text, "…", NULL);
	g_free(text);
	return ret;
}

print_table *
print_table_new(const print_column *columns)
{
	print_table *t = g_new0(print_table, 1);

	t->columns = columns;
	while (columns[t->len].title != NULL)
		t->len++;
	t->widths = g_new0(guint, t->len);
	t->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	for (guint i = 0; i < t->len; i++)
		t->widths[i] = wrap_width(columns[i].title);
	return t;
}

static void
append_cell(GString *line, const print_column *column, guint width, const char *text)
{
	guint blanks = width - wrap_width(text);

	if (line->len > 0)
		g_string_append(line, "  ");
	for (guint i = 0; column->right && i < blanks; i++)
		g_string_append_c(line, ' ');
	g_string_append(line, text);
	for (guint i = 0; !column->right && i < blanks; i++)
		g_string_append_c(line, ' ');
}

static void
print_row(const print_table *t, char **cells)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; i < t->len; i++)
		append_cell(line, &t->columns[i], t->widths[i],
			    cells != NULL ? cells[i] : t->columns[i].title);
	g_autofree char *text = g_string_free(line, FALSE);
	puts(g_strchomp(text));
}

static gboolean
has_title(const print_table *t)
{
	for (guint i = 0; i < t->len; i++)
		if (*t->columns[i].title != '\0')
			return TRUE;
	return FALSE;
}

void
print_table_flush(print_table *t)
{
	if (t->rows->len > 0 && !t->headed) {
		if (has_title(t))
			print_row(t, NULL);
		t->headed = TRUE;
	}
	for (guint i = 0; i < t->rows->len; i++)
		print_row(t, t->rows->pdata[i]);
	g_ptr_array_set_size(t->rows, 0);
}

void
print_table_row(print_table *t, ...)
{
	char **cells = g_new0(char *, t->len + 1);
	va_list ap;

	va_start(ap, t);
	for (guint i = 0; i < t->len; i++) {
		cells[i] = cut(print_safe(va_arg(ap, const char *)), t->columns[i].most);
		t->widths[i] = MAX(t->widths[i], wrap_width(cells[i]));
	}
	va_end(ap);
	g_ptr_array_add(t->rows, cells);
	if (t->rows->len >= ROWS_AT_ONCE)
		print_table_flush(t);
}

void
print_table_end(print_table *t)
{
	if (t == NULL)
		return;
	print_table_flush(t);
	g_ptr_array_unref(t->rows);
	g_free(t->widths);
	g_free(t);
}
