/*
 * A mail: its parts, their names and bytes, its subject, and what it says of one that did not
 * arrive.
 */
#include "spool/mime.h"

#include <unistd.h>

#include "../unit/memory_file.h"
#include "fuzz.h"
#include "spool/mime_private.h"

#define LIMIT 65536

/* Fit to be shown, and to be looked for. */
static void
check_text(const char *text)
{
	if (text == NULL)
		return;
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p != '\0'; p++)
		g_assert_false(g_ascii_iscntrl(*p));
}

static void
check_part(const mime *m, guint i)
{
	g_autoptr(GError) why = NULL;
	int fd = memory_file("", 0);
	gboolean ok = mime_part_save(m, i, fd, LIMIT, &why);

	fuzz_outcome(ok, &why);
	g_assert_cmpint(lseek(fd, 0, SEEK_END), <=, LIMIT);
	close(fd);
	check_text(mime_part_name(m, i));
	check_text(mime_part_type(m, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	int fd = memory_file(data, size);
	g_autoptr(mime) m = mime_open(fd, &why);

	fuzz_outcome(m != NULL, &why);
	if (m != NULL) {
		g_assert_cmpuint(mime_parts(m), <=, MIME_PARTS_MAX);
		for (guint i = 0; i < mime_parts(m); i++)
			check_part(m, i);
		g_assert_nonnull(mime_subject(m));
		check_text(mime_subject(m));
		mime_is_automatic(m);
	}
	const mime_bounce *b = m == NULL ? NULL : mime_get_bounce(m);
	if (b != NULL) {
		g_assert_nonnull(b->status);
		g_assert_nonnull(b->text);
		/* Looked at for a name of ours, and never shown. */
		if (b->id != NULL)
			g_assert_null(strpbrk(b->id, "<> \r\n"));
		check_text(b->status);
		check_text(b->text);
	}
	close(fd);
	return 0;
}
