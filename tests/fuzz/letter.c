/*
 * What is written as a mail is read as it was meant.  The first line is the subject, the second
 * who writes, the third the name of the file; the rest is its text, and the file.
 */
#include <unistd.h>

#include "../unit/memory_file.h"
#include "base/fsio.h"
#include "fuzz.h"
#include "spool/mime.h"

static const char from[] = "anna@example.com", to[] = "berta@example.com";

/* One line for people, as a setting may hold it. */
static char *
line_of(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *line = g_string_new(NULL);

	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p))
		if (!g_unichar_iscntrl(g_utf8_get_char(p)))
			g_string_append_unichar(line, g_utf8_get_char(p));
	return g_strstrip(g_string_free(line, FALSE));
}

static void
check(int fd, const char *subject, const char *name, const char *bytes, gsize len)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(mime) m = mime_open(fd, &why);

	g_assert_no_error(why);
	g_assert_cmpuint(mime_parts(m), ==, 2);
	g_assert_cmpstr(mime_part_name(m, 1), ==, name);
	g_assert_true(mime_is_automatic(m));
	g_assert_null(mime_get_bounce(m));
	int out = memory_file("", 0);
	g_assert_true(mime_part_save(m, 1, out, G_MAXUINT64, &why));
	g_autoptr(GString) saved = memory_file_bytes(out);
	g_assert_cmpmem(saved->str, saved->len, bytes, len);
	close(out);
	/* Blanks may be folded into one line or another. */
	g_auto(GStrv) wanted = g_strsplit(subject, " ", -1),
		      is = g_strsplit(mime_subject(m), " ", -1);
	g_autofree char *a = g_strjoinv("", wanted), *b = g_strjoinv("", is);
	g_assert_cmpstr(a, ==, b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *all = fuzz_text(data, size);
	g_auto(GStrv) lines = g_strsplit(all, "\n", 4);

	if (g_strv_length(lines) < 4 || !fsio_name_safe(lines[2]))
		return 0;
	g_autofree char *subject = line_of(lines[0]), *sender = line_of(lines[1]);
	g_autofree char *text = g_utf8_make_valid(lines[3], -1);
	const mime_letter letter = {
		from,       to,  *sender != '\0' ? sender : NULL, "1@example.com", subject, text,
		1795377170, NULL};
	g_autoptr(GError) why = NULL;
	int in = memory_file(lines[3], strlen(lines[3])), out = memory_file("", 0);
	gboolean ok = mime_write(out, &letter, in, lines[2], &why);
	fuzz_outcome(ok, &why);
	if (ok)
		check(out, subject, lines[2], lines[3], strlen(lines[3]));
	close(in);
	close(out);
	return 0;
}
