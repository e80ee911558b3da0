#include "tests/unit/mime_kit.h"

#define NAME "01j9x4ab-m00000017-2cf24dba.zip.gpg"

static const mime_letter plain = {.from = "one@example.com",
				  .to = "two@example.com",
				  .sender = "Example",
				  .id = "m17.abc@example.com",
				  .subject = "handsel " NAME,
				  .text = "First line.\nSecond line.\n",
				  .date = 1795425300,
				  .references = "thread@example.com"};

static GString *
written(const mime_letter *l, const void *file, gsize len, const char *name)
{
	g_autoptr(GError) error = NULL;
	int in = file != NULL ? memory_file(file, len) : -1, out = memory_file("", 0);

	g_assert_true(mime_write(out, l, in, name, &error));
	g_assert_no_error(error);
	GString *mail = memory_file_bytes(out);
	close(out);
	if (in >= 0)
		close(in);
	return mail;
}

static char *
random_bytes(gsize len)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);
	char *bytes = g_malloc(len + 1);

	for (gsize i = 0; i < len; i++)
		bytes[i] = (char)g_rand_int(rand);
	return bytes;
}

static void
test_sizes(void)
{
	static const gsize sizes[] = {0,     1,     2,     3,     56,         57,
				      58,    113,   114,   115,   29183,      29184,
				      29185, 65535, 65536, 65537, 1024 * 1024};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *bytes = random_bytes(sizes[i]);
		g_autoptr(GString) mail = written(&plain, bytes, sizes[i], NAME);
		g_autoptr(mime) m = kit_open(mail->str, mail->len);

		g_assert_cmpuint(mime_parts(m), ==, 2);
		g_assert_cmpstr(mime_part_name(m, 0), ==, NULL);
		g_assert_cmpstr(mime_part_type(m, 0), ==, "text/plain");
		g_assert_cmpstr(mime_part_name(m, 1), ==, NAME);
		g_assert_cmpstr(mime_part_type(m, 1), ==, "application/octet-stream");
		g_autoptr(GString) file = kit_part(m, 1);
		g_assert_cmpmem(file->str, file->len, bytes, sizes[i]);
	}
}

static void
test_file_from_start(void)
{
	int in = memory_file("envelope", 8), out = memory_file("before\r\n", 8);

	g_assert_cmpint(lseek(in, 0, SEEK_END), ==, 8);
	g_assert_cmpint(lseek(out, 0, SEEK_END), ==, 8);
	g_assert_true(mime_write(out, &plain, in, NAME, NULL));
	g_autoptr(GString) mail = memory_file_bytes(out);
	g_assert_true(g_str_has_prefix(mail->str, "before\r\nDate: "));
	g_assert_nonnull(strstr(mail->str, "\r\nZW52ZWxvcGU=\r\n"));
	close(in);
	close(out);
}

static void
test_no_file(void)
{
	g_autoptr(GString) mail = written(&plain, NULL, 0, NULL);
	g_autoptr(mime) m = kit_open(mail->str, mail->len);

	g_assert_cmpuint(mime_parts(m), ==, 1);
	kit_assert_part(m, 0, "First line.\r\nSecond line.\r\n");
}

static void
test_header(void)
{
	g_autoptr(GString) mail = written(&plain, "x", 1, NAME);
	static const char *const lines[] = {"Date: Mon, 23 Nov 2026 09:15:00 +0000",
					    "To: two@example.com",
					    ("Subject: handsel " NAME),
					    "Message-ID: <m17.abc@example.com>",
					    "References: <thread@example.com>",
					    "Auto-Submitted: auto-generated",
					    "X-Auto-Response-Suppress: All",
					    "MIME-Version: 1.0",
					    "From: \"Example\" <one@example.com>"};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *line = g_strdup_printf("\r\n%s\r\n", lines[i]);

		if (strstr(mail->str, line) == NULL && !g_str_has_prefix(mail->str, line + 2))
			g_error("%s is not in %s", lines[i], mail->str);
	}
	g_autoptr(mime) m = kit_open(mail->str, mail->len);
	g_assert_true(mime_is_automatic(m));
	g_assert_cmpstr(mime_subject(m), ==, "handsel " NAME);
	g_assert_null(mime_get_bounce(m));
}

static void
test_optional(void)
{
	mime_letter l = plain;

	l.sender = NULL;
	l.references = NULL;
	g_autoptr(GString) mail = written(&l, "x", 1, NAME);
	g_assert_nonnull(strstr(mail->str, "\r\nFrom: one@example.com\r\n"));
	g_assert_null(strstr(mail->str, "References"));
}

/* Every line: 76 columns at most, ended by CR LF, and nothing but ASCII. */
static void
assert_tidy(const GString *mail)
{
	gsize column = 0;

	for (gsize i = 0; i < mail->len; i++) {
		if (mail->str[i] == '\n') {
			g_assert_cmpint(i > 0 ? mail->str[i - 1] : 0, ==, '\r');
			g_assert_cmpuint(column, <=, 77);
			column = 0;
			continue;
		}
		if (mail->str[i] == '\r')
			g_assert_cmpint(mail->str[i + 1], ==, '\n');
		else
			g_assert_true(g_ascii_isprint(mail->str[i]));
		column++;
	}
	g_assert_cmpuint(column, ==, 0);
}

static void
test_columns(void)
{
	g_autoptr(GString) text = g_string_new("Grüße,\n\n.\n.dot\nFrom here\ttab \nend ");
	g_autoptr(GString) subject = g_string_new("Lieferung ");
	g_autoptr(GString) name = g_string_new("Übergabe ");
	mime_letter l = plain;

	for (int i = 0; i < 60; i++) {
		g_string_append(text, "= äöü 漢字 🎁 ");
		g_string_append(subject, "漢字🎁ü");
		g_string_append(name, "ß'%;\"");
	}
	l.text = text->str;
	l.subject = subject->str;
	l.sender = "Ministère des Affaires étrangères, direction de l’ingénierie 漢字漢字漢字漢字";
	g_autoptr(GString) mail = written(&l, "x", 1, name->str);
	assert_tidy(mail);
	g_autoptr(mime) m = kit_open(mail->str, mail->len);
	g_assert_cmpstr(mime_subject(m), ==, subject->str);
	g_assert_cmpstr(mime_part_name(m, 1), ==, name->str);
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
	g_autofree char *crlf = g_strjoinv("\r\n", lines);
	g_autofree char *ended = g_strconcat(crlf, "\r\n", NULL);
	kit_assert_part(m, 0, ended);
}

/* Plain words stay plain, in lines as short as the words allow. */
static void
test_long_ascii(void)
{
	mime_letter l = plain;
	g_autoptr(GString) subject = g_string_new("handsel");
	g_autofree char *name = g_strnfill(200, 'n');
	g_autofree char *word = g_strnfill(600, 'w');

	for (int i = 0; i < 60; i++)
		g_string_append(subject, i % 7 == 0 ? "  word" : " words");
	l.subject = subject->str;
	g_autoptr(GString) mail = written(&l, "x", 1, name);
	assert_tidy(mail);
	g_assert_null(strstr(mail->str, "=?"));
	g_autoptr(mime) m = kit_open(mail->str, mail->len);
	g_assert_cmpstr(mime_subject(m), ==, subject->str);
	g_assert_cmpstr(mime_part_name(m, 1), ==, name);
	l.subject = word;
	g_autoptr(GString) other = written(&l, "x", 1, name);
	assert_tidy(other);
	g_autoptr(mime) o = kit_open(other->str, other->len);
	g_assert_cmpstr(mime_subject(o), ==, word);
}

/* A name and an address that fit no line together. */
static void
test_long_sender(void)
{
	mime_letter l = plain;

	l.sender = "Department of Mechanical Engineering and Purchasing";
	l.from = "department.of.mechanical.engineering@example.com";
	g_autoptr(GString) mail = written(&l, "x", 1, NAME);
	assert_tidy(mail);
	g_assert_nonnull(strstr(mail->str, "\"\r\n <department.of"));
}

/* What is text can't become a header, a part or the end. */
static void
test_injection(void)
{
	static const char *const evil[] = {"x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com",
					   "x\rBcc: evil@example.com", "\"; x=\"\r\n\r\nBcc: evil",
					   "=?UTF-8?Q?=0D=0ABcc:_evil?="};

	for (gsize i = 0; i < G_N_ELEMENTS(evil); i++) {
		mime_letter l = plain;

		l.subject = l.sender = evil[i];
		g_autoptr(GString) mail = written(&l, "x", 1, evil[i]);
		assert_tidy(mail);
		g_assert_null(strstr(mail->str, "\nBcc"));
		g_autoptr(mime) m = kit_open(mail->str, mail->len);
		g_assert_cmpuint(mime_parts(m), ==, 2);
		kit_assert_part(m, 1, "x");
	}
}

static void
assert_refused(const mime_letter *l)
{
	g_autoptr(GError) error = NULL;
	int out = memory_file("", 0);

	g_assert_false(mime_write(out, l, -1, NULL, &error));
	g_assert_true(fail_is(error, FAIL_CONFIG));
	g_assert_null(strpbrk(error->message, "\r\n"));
	g_autoptr(GString) nothing = memory_file_bytes(out);
	g_assert_cmpuint(nothing->len, ==, 0);
	close(out);
}

static void
test_addresses(void)
{
	static const char *const evil[] = {
		"",        "a",       "@b",    "a@",          "a@b@c",
		"a b@c",   "a@b>",    "<a@b>", "a@b\r\nX: y", "a@b\nX: y",
		"\"a\"@b", "a@b\t",   "a,@b",  "ä@example",   "a@b, c@d\r\n\r\nx",
		"a@b\x7f", "a@b;c@d", "a@b(c)"};

	for (gsize i = 0; i < G_N_ELEMENTS(evil); i++) {
		mime_letter from = plain, to = plain, id = plain, references = plain;

		from.from = to.to = id.id = references.references = evil[i];
		assert_refused(&from);
		assert_refused(&to);
		assert_refused(&id);
		assert_refused(&references);
	}
}

/* A file of that size fits, and not many more bytes would have. */
static void
test_room(void)
{
	mime_letter l = plain;
	g_autofree char *text = g_strnfill(2500, 't');
	g_autofree char *file = random_bytes(300 * 1024);

	l.text = text;
	g_assert_cmpuint(mime_room(0), ==, 0);
	g_assert_cmpuint(mime_room(4096), ==, 0);
	for (guint64 limit = 4097; limit < 400 * 1024; limit = limit * 5 / 4 + 1) {
		guint64 room = mime_room(limit);
		g_autoptr(GString) full = written(&l, file, room, NAME);
		g_autoptr(GString) empty = written(&l, file, 0, NAME);

		g_assert_cmpuint(full->len, <=, limit);
		g_assert_cmpuint(full->len - empty->len + 4096, <=, limit);
		g_autoptr(GString) more = written(&l, file, room + 3, NAME);
		g_assert_cmpuint(more->len - empty->len + 4096, >, limit);
	}
	g_assert_cmpuint(mime_room(G_MAXUINT64), >, G_MAXUINT64 / 78 * 56);
}

static void
test_full_disk(void)
{
	g_autoptr(GError) error = NULL;
	int in = memory_file("x", 1);

	int out = open("/dev/full", O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(out, >=, 0);
	g_assert_false(mime_write(out, &plain, in, NAME, &error));
	g_assert_true(fail_is(error, FAIL_RETRY));
	close(in);
	close(out);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mime_write/what_is_written_is_read_again", test_sizes);
	g_test_add_func("/mime_write/a_file_is_read_from_its_start_and_the_mail_is_appended",
			test_file_from_start);
	g_test_add_func("/mime_write/a_mail_without_a_file_is_its_text", test_no_file);
	g_test_add_func("/mime_write/the_header_says_what_it_should", test_header);
	g_test_add_func("/mime_write/no_sender_name_and_no_references_are_left_out", test_optional);
	g_test_add_func("/mime_write/lines_are_short_and_ascii_whatever_the_words", test_columns);
	g_test_add_func("/mime_write/long_words_are_folded", test_long_ascii);
	g_test_add_func("/mime_write/a_long_sender_has_lines_of_its_own", test_long_sender);
	g_test_add_func("/mime_write/text_can_not_become_a_header", test_injection);
	g_test_add_func("/mime_write/what_is_no_address_is_refused", test_addresses);
	g_test_add_func("/mime_write/room_is_kept_and_not_wasted", test_room);
	g_test_add_func("/mime_write/a_full_disk_is_an_error", test_full_disk);
	return g_test_run();
}
