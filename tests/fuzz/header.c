/*
 * What stands in the headers of mails: fields, encoded words, parameters, charsets.  The text is a
 * header; each of its fields is taken for each that we look for.
 */
#include "fuzz.h"
#include "spool/mime_private.h"

static void
check(char *text)
{
	if (text == NULL)
		return;
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p != '\0'; p++)
		g_assert_false(g_ascii_iscntrl(*p));
	g_free(text);
}

static void
read_field(mime_span head, const char *name)
{
	g_autofree char *field = mime_field(head, name);

	g_free(mime_media(field, "text/plain"));
	g_free(mime_param_raw(field, "boundary"));
	check(mime_param(field, "filename"));
	check(mime_param(field, "name"));
	if (field == NULL)
		return;
	g_assert_cmpuint(strlen(field), <=, MIME_FIELD_MAX);
	check(mime_words(field));
	check(mime_utf8(field, strlen(field), "iso-2022-jp"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"Subject", "Content-Type", "Content-Disposition", "X"};
	mime_span head = {(const char *)data, size}, line;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		read_field(head, names[i]);
	mime_has_fields(head);
	const char *at = head.at;
	while (mime_line(&at, head.at + head.len, &line)) {
		const char *bar = line.len == 0 ? NULL : memchr(line.at, '|', line.len);
		g_autofree char *charset =
			bar == NULL ? NULL : g_strndup(line.at, (gsize)(bar - line.at));

		check(mime_utf8(line.at, line.len, charset));
	}
	return 0;
}
