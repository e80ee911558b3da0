#include "base/clock.h"
#include "tests/unit/mime_kit.h"

#define SECONDS 20 /* far more than any of it takes, far less than what is not linear would */

typedef struct {
	gint64 start;
} stopwatch;

static void
assert_quick(const stopwatch *s)
{
	g_assert_cmpint((clock_mono_us() - s->start) / 1000000, <, SECONDS);
}

static GString *
repeat(const char *before, const char *what, guint times, const char *behind)
{
	GString *text = g_string_new(before);

	for (guint i = 0; i < times; i++)
		g_string_append(text, what);
	return g_string_append(text, behind);
}

/* Reads all there is of it; how many parts it has. */
static guint
read_all(const GString *mail)
{
	stopwatch s = {clock_mono_us()};
	g_autoptr(mime) m = kit_open(mail->str, mail->len);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (guint i = 0; i < mime_parts(m); i++)
		g_assert_true(mime_part_save(m, i, null, G_MAXUINT64, NULL));
	close(null);
	assert_quick(&s);
	return mime_parts(m);
}

static void
test_depth(void)
{
	g_autoptr(GString) mail = g_string_new(NULL);

	for (int i = 0; i < 10000; i++)
		g_string_append_printf(
			mail, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	g_assert_cmpuint(read_all(mail), ==, 0);
	/* What is beside the depth is seen. */
	g_string_append(mail, "\r\n--b0\r\n\r\nbeside\r\n--b0--\r\n");
	g_assert_cmpuint(read_all(mail), ==, 1);
}

/* All levels with the same delimiter. */
static void
test_same_boundary(void)
{
	g_autoptr(GString) mail =
		repeat("", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 20000,
		       "\r\nx\r\n--b--\r\n");

	g_assert_cmpuint(read_all(mail), <=, 1);
}

static void
test_forwards(void)
{
	g_autoptr(GString) deep =
		repeat("", "Content-Type: message/rfc822\r\n\r\n", 100000, "\r\nx");
	g_autoptr(GString) shallow =
		repeat("", "Content-Type: message/rfc822\r\n\r\n", 20, "\r\nx");

	g_assert_cmpuint(read_all(deep), ==, 0);
	g_assert_cmpuint(read_all(shallow), ==, 1);
}

static void
test_parts(void)
{
	g_autoptr(GString) mail =
		repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n",
		       "--b\r\nContent-Type: a/b; name=c\r\n\r\nx\r\n", 300000, "--b--\r\n");

	g_assert_cmpuint(read_all(mail), ==, 1000);
}

static void
test_headers(void)
{
	g_autoptr(GString) many = repeat("From: a\r\n", "X-H: value\r\n", 1000000, "\r\nx");
	g_autoptr(GString) folded = repeat("Subject: a\r\n", " b\r\n", 2000000, "\r\nx");
	g_autofree char *long_text = g_strnfill(20 * 1024 * 1024, 'a');
	g_autoptr(GString) line = repeat("Subject: ", long_text, 1, "\r\n\r\nx");

	g_assert_cmpuint(read_all(many), ==, 1);
	g_assert_cmpuint(read_all(folded), ==, 1);
	g_assert_cmpuint(read_all(line), ==, 1);
	g_autoptr(mime) m = kit_open(line->str, line->len);
	g_assert_cmpuint(strlen(mime_subject(m)), <=, 16 * 1024);
	g_assert_cmpuint(strlen(mime_subject(m)), >, 1000);
}

/* In each part as much as a field can hold. */
static void
test_fields(void)
{
	static const char *const evil[] = {"(",
					   "\"",
					   "\\",
					   ";",
					   "; name*0=a",
					   "; name*99=a",
					   "=?a?q?x",
					   "=?",
					   "=?a?b?",
					   "=?utf-8?q?=?=",
					   "=?iso-2022-jp?b?GyRC?= ",
					   "; name=\"=?utf-8?b?",
					   "%",
					   "'",
					   "()",
					   "<"};

	for (gsize i = 0; i < G_N_ELEMENTS(evil); i++) {
		g_autoptr(GString) field =
			repeat("--b\r\nContent-Type: a/b; name=", evil[i], 2000, "\r\n\r\nx\r\n");
		g_autoptr(GString) mail =
			repeat("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
			       field->str, 100, "");

		g_assert_cmpuint(read_all(mail), >, 0);
		g_autoptr(GString) subject = repeat("Subject: ", evil[i], 100000, "\r\nFrom: ");
		g_autoptr(GString) from = repeat(subject->str, evil[i], 100000, "\r\n\r\nx");
		g_assert_cmpuint(read_all(from), ==, 1);
	}
}

static void
test_lines(void)
{
	g_autoptr(GString) dashes = repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n",
					   "--", 5000000, "\r\n--b\r\n\r\nx");
	g_autoptr(GString) blanks =
		repeat("Content-Transfer-Encoding: quoted-printable\r\nA: b\r\n\r\n",
		       " \t=", 5000000, "x");
	g_autoptr(GString) run = repeat(
		"Content-Transfer-Encoding: quoted-printable\r\nA: b\r\n\r\n", " ", 5000000, "x");
	g_autoptr(GString) empty = repeat("A: b\r\n\r\n", "\r\n", 5000000, "");

	g_assert_cmpuint(read_all(dashes), ==, 1);
	g_assert_cmpuint(read_all(blanks), ==, 1);
	g_assert_cmpuint(read_all(run), ==, 1);
	g_assert_cmpuint(read_all(empty), ==, 1);
}

static void
test_boundaries(void)
{
	g_autofree char *long_text = g_strnfill(1000, 'b');
	g_autofree char *most = g_strnfill(256, 'b');
	const struct {
		const char *boundary;
		guint parts;
	} rows[] = {{"", 0}, {"\"\"", 0}, {"\" \"", 0}, {long_text, 0}, {most, 1}, {"b", 1}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text =
			g_strdup_printf("Content-Type: multipart/mixed; boundary=%s\r\n\r\n"
					"--\r\n\r\nx\r\n--%s\r\n\r\nx\r\n----\r\n--%s--\r\n",
					rows[i].boundary, rows[i].boundary, rows[i].boundary);
		g_autoptr(mime) m = kit_open_text(text);

		g_assert_cmpuint(mime_parts(m), ==, rows[i].parts);
	}
	g_autoptr(mime) none = kit_open_text("Content-Type: multipart/mixed\r\n\r\n--\r\n\r\nx");
	g_assert_cmpuint(mime_parts(none), ==, 0);
}

static void
test_nul(void)
{
	static const char mail[] = "Sub\0ject: a\r\nSubject: b\0c\r\nContent-Type: a/b; "
				   "name=\"d\0e\"\r\n\0\r\n\r\nx\0y";
	g_autoptr(mime) m = kit_open(mail, sizeof mail - 1);

	g_assert_cmpstr(mime_subject(m), ==, "bc");
	g_assert_cmpstr(mime_part_name(m, 0), ==, "de");
	g_autoptr(GString) part = kit_part(m, 0);
	g_assert_cmpmem(part->str, part->len, "x\0y", 3);
}

static void
assert_no_mail(const void *bytes, gsize len)
{
	g_autoptr(GError) error = NULL;
	int fd = memory_file(bytes, len);

	g_assert_null(mime_open(fd, &error));
	g_assert_true(fail_is(error, FAIL_REJECT));
	close(fd);
}

static void
test_no_mail(void)
{
	static const char *const texts[] = {"",
					    "\r\n",
					    "\r\nFrom: a\r\n\r\n",
					    "hello\r\nworld\r\n",
					    "two words: x\r\n",
					    ": x\r\n",
					    "From a@example.com Mon Nov 23\r\n\r\nx"};
	char zeros[5000] = {0};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		assert_no_mail(texts[i], strlen(texts[i]));
	assert_no_mail(zeros, sizeof zeros);
	g_autoptr(GError) error = NULL;
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_null(mime_open(dir, &error));
	g_assert_true(fail_is(error, FAIL_REJECT));
	close(dir);
	g_autoptr(mime) box = kit_open_text("From a@example.com Mon Nov 23\r\nSubject: x\r\n\r\n");
	g_assert_cmpstr(mime_subject(box), ==, "x");
}

/* Every way to cut it short, and any byte of it replaced. */
static void
test_cuts(void)
{
	static const char text[] =
		"From: MAILER-DAEMON@example.com\r\nSubject: =?utf-8?Q?=C3=BC?= x\r\n"
		"Content-Type: multipart/report; boundary=\"b\"\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		"Content-Type: message/delivery-status\r\n\r\nA: b\r\n\r\nAction: failed\r\n"
		"Status: 5.1.1\r\nDiagnostic-Code: smtp; (\"x\r\n\r\n--b\r\n"
		"Content-Disposition: a; filename*0*=utf-8''%C3; filename*1*=%BC\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b\r\n"
		"Content-Type: message/rfc822\r\n\r\nMessage-ID: <a@b>\r\n\r\ny\r\n--b--\r\n";

	for (gsize len = 5; len < sizeof text - 1; len++) {
		g_autoptr(GString) cut = g_string_new_len(text, (gssize)len);

		g_assert_cmpuint(read_all(cut), <=, 5);
		for (const char *c = "\r\n\"=?;-: (\\%"; *c != '\0' && len > 10; c++) {
			g_autoptr(GString) odd = g_string_new(text);

			odd->str[len] = *c;
			g_assert_cmpuint(read_all(odd), <=, 6);
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mime_hostile/multiparts_without_end", test_depth);
	g_test_add_func("/mime_hostile/multiparts_of_one_boundary", test_same_boundary);
	g_test_add_func("/mime_hostile/mails_in_mails_without_end", test_forwards);
	g_test_add_func("/mime_hostile/parts_without_end", test_parts);
	g_test_add_func("/mime_hostile/headers_without_end", test_headers);
	g_test_add_func("/mime_hostile/fields_full_of_odd_things", test_fields);
	g_test_add_func("/mime_hostile/lines_without_end", test_lines);
	g_test_add_func("/mime_hostile/boundaries_that_are_none", test_boundaries);
	g_test_add_func("/mime_hostile/nul_is_a_byte_like_others", test_nul);
	g_test_add_func("/mime_hostile/what_is_no_mail_is_refused", test_no_mail);
	g_test_add_func("/mime_hostile/mails_that_were_cut_or_changed", test_cuts);
	return g_test_run();
}
