#include "cli/wrap.h"

#include <string.h>

guint
wrap_width(const char *text)
{
	guint width = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

typedef struct {
	GString *out;
	guint indent; /* of lines behind the first */
	guint column;
	gboolean empty; /* nothing stands in this line but its indent */
} writer;

static void
new_line(writer *w)
{
	g_string_append_c(w->out, '\n');
	for (guint i = 0; i < w->indent; i++)
		g_string_append_c(w->out, ' ');
	w->column = w->indent;
	w->empty = TRUE;
}

/* WORD with BLANKS before it, unless it begins a line. */
static void
put_word(writer *w, gsize blanks, const char *word)
{
	guint width = wrap_width(word);

	if (!w->empty && w->column + blanks + width > WRAP_WIDTH) {
		new_line(w);
		blanks = 0;
	}
	for (gsize i = 0; i < blanks; i++)
		g_string_append_c(w->out, ' ');
	g_string_append(w->out, word);
	w->column += (guint)blanks + width;
	w->empty = FALSE;
}

char *
wrap_text(const char *first, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	guint indent = wrap_width(first);
	writer w = {g_string_new(first), indent, indent, TRUE};

	for (const char *p = valid; *p != '\0';) {
		gsize blanks = strspn(p, " ");
		gsize len = strcspn(p + blanks, " \n");
		g_autofree char *word = g_strndup(p + blanks, len);

		if (len > 0)
			put_word(&w, blanks, word);
		p += blanks + len;
		if (*p != '\n')
			continue;
		new_line(&w);
		p++;
	}
	return g_string_free(w.out, FALSE);
}
