#include "tests/unit/mime_kit.h"

#define NAME "01j9x4ab-m00000017-2cf24dba.zip.gpg"
#define B64  "Content-Transfer-Encoding: base64\r\n"
#define FILE_HEAD                                                                                  \
	"Content-Type: application/octet-stream; name=\"" NAME "\"\r\n" B64                        \
	"Content-Disposition: attachment; filename=\"" NAME "\"\r\n\r\n"
#define MIXED(B) "Content-Type: multipart/mixed; boundary=\"" B "\"\r\n\r\n"
#define FROM     "From: a@example.com\r\n"

/* ---- encodings ---- */

static char bytes[70000];

static void
make_bytes(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);

	for (gsize i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)g_rand_int(rand);
	/* What encoders stumble over. */
	memcpy(bytes, "\r\n--b\r\n.\r\n \t\r\n=\n\r\0From x\n", 26);
}

/* A mail with one file of ours, encoded that way. */
static GString *
mail_of(const char *encoding, const char *body, gsize len, const char *eol)
{
	GString *mail = g_string_new(NULL);

	g_string_printf(mail,
			FROM "Content-Type: multipart/mixed; boundary=x%%y\r\n\r\n"
			     "preamble\r\n--x%%y\r\n\r\ntext\r\n--x%%y\r\n"
			     "Content-Type: application/octet-stream\r\n"
			     "Content-Disposition: attachment; filename=" NAME "\r\n"
			     "content-transfer-encoding: %s\r\n\r\n",
			encoding);
	if (strcmp(eol, "\n") == 0)
		g_string_replace(mail, "\r\n", "\n", 0);
	g_string_append_len(mail, body, (gssize)len);
	g_string_append_printf(mail, "%s--x%%y--%sepilogue%s", eol, eol, eol);
	return mail;
}

static void
assert_file(const GString *mail)
{
	g_autoptr(mime) m = kit_open(mail->str, mail->len);

	g_assert_cmpuint(mime_parts(m), ==, 2);
	kit_assert_part(m, 0, "text");
	g_assert_cmpstr(mime_part_name(m, 1), ==, NAME);
	g_autoptr(GString) file = kit_part(m, 1);
	g_assert_cmpmem(file->str, file->len, bytes, sizeof bytes);
}

static void
test_base64(void)
{
	static const int widths[] = {1, 4, 60, 64, 72, 76, 998, 1000000};
	g_autofree char *flat = g_base64_encode((const guchar *)bytes, sizeof bytes);

	for (gsize w = 0; w < G_N_ELEMENTS(widths); w++)
		for (int lf = 0; lf < 2; lf++) {
			g_autoptr(GString) body = g_string_new(NULL);
			const char *eol = lf ? "\n" : "\r\n";

			for (const char *c = flat; *c != '\0'; c += strnlen(c, widths[w]))
				g_string_append_printf(body, "%.*s%s", widths[w], c, eol);
			g_autoptr(GString) mail = mail_of("BASE64 ", body->str, body->len, eol);
			assert_file(mail);
		}
}

static void
test_base64_damage(void)
{
	static const struct {
		const char *body, *expected;
	} rows[] = {{"ZW52ZWxvcGU=", "envelope"},
		    {"ZW52ZWxvcGU", "envelope"},
		    {" ZW52\r\n\r\n\tZWx-v*cGU=", "envelope"},
		    {"ZW52ZWxvcGU=\r\n-- \r\nA footer of a list", "envelope"},
		    {"ZW52ZWxvcA==", "envelop"},
		    {"ZW52ZWxvcA=", "envelop"},
		    {"ZW52ZWxv", "envelo"},
		    {"ZW52ZWxvc", "envelo"},
		    {"====", ""},
		    {"", ""}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strconcat(FROM B64 "\r\n", rows[i].body, NULL);
		g_autoptr(mime) m = kit_open_text(text);

		kit_assert_part(m, 0, rows[i].expected);
	}
}

static void
test_quoted(void)
{
	for (int lf = 0; lf < 2; lf++)
		for (int width = 10; width < 2000; width += 663) {
			g_autoptr(GString) body = g_string_new(NULL);
			int column = 0;

			for (gsize i = 0; i < sizeof bytes; i++) {
				gboolean raw = g_ascii_isalnum(bytes[i]) || bytes[i] == '-';

				g_string_append_printf(body,
						       raw     ? "%c"
						       : i & 1 ? "=%02X"
							       : "=%02x",
						       (guchar)bytes[i]);
				if (++column == width) {
					g_string_append(body, lf ? "=\n" : "= \t\r\n");
					column = 0;
				}
			}
			g_autoptr(GString) mail = mail_of("quoted-printable", body->str, body->len,
							  lf ? "\n" : "\r\n");
			assert_file(mail);
		}
}

static void
test_quoted_damage(void)
{
	static const struct {
		const char *body, *expected;
	} rows[] = {{"a=3Db", "a=b"}, {"a=3", "a=3"},      {"a=", "a"},
		    {"a==3D", "a=="}, {"a=zz", "a=zz"},    {"a \t\r\nb \t", "a\r\nb"},
		    {"a  b", "a  b"}, {"a=  \r\nb", "ab"}, {"a=20\r\nb", "a \r\nb"},
		    {"a= x", "a= x"}, {"a\rb", "a\rb"}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text =
			g_strconcat(FROM "Content-Transfer-Encoding: Quoted-Printable\r\n\r\n",
				    rows[i].body, NULL);
		g_autoptr(mime) m = kit_open_text(text);

		kit_assert_part(m, 0, rows[i].expected);
	}
}

/* In 8 bit nothing may look like a delimiter; all else may be. */
static void
test_raw(void)
{
	static const char *const names[] = {"8bit", "binary", "7bit", "x-unknown"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		for (int lf = 0; lf < 2; lf++) {
			g_autoptr(GString) mail =
				mail_of(names[i], bytes, sizeof bytes, lf ? "\n" : "\r\n");
			assert_file(mail);
		}
}

static void
test_limit(void)
{
	static const char *const mails[] = {FROM "\r\n0123456789", FROM B64 "\r\nMDEyMzQ1Njc4OQ==",
					    FROM "Content-Transfer-Encoding: quoted-printable\r\n"
						 "\r\n01234=35=36789"};

	for (gsize i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autoptr(mime) m = kit_open_text(mails[i]);
		g_autoptr(GError) error = NULL;
		int fd = memory_file("", 0);

		g_assert_true(mime_part_save(m, 0, fd, 10, NULL));
		g_assert_false(mime_part_save(m, 0, fd, 9, &error));
		g_assert_true(fail_is(error, REASON_TOO_LARGE));
		close(fd);
	}
}

/* ---- structure ---- */

static void
test_list(void)
{
	g_autoptr(mime) m = kit_open_text(FROM MIXED(
		"outer") "--outer\r\n\r\nWelcome to the list\r\n"
			 "--outer\r\n" MIXED(
				 "inner") "--inner\r\n\r\nthe text\r\n"
					  "--inner\r\n" FILE_HEAD
					  "ZW52ZWxvcGU=\r\n--inner--\r\n\r\n"
					  "--outer\r\nContent-Type: TEXT/Plain\r\n\r\n-- footer\r\n"
					  "--outer--\r\n");

	g_assert_cmpuint(mime_parts(m), ==, 4);
	g_assert_cmpstr(mime_part_name(m, 2), ==, NAME);
	kit_assert_part(m, 1, "the text");
	kit_assert_part(m, 2, "envelope");
	kit_assert_part(m, 3, "-- footer");
	g_assert_cmpstr(mime_part_type(m, 3), ==, "text/plain");
}

static void
test_forward(void)
{
	g_autoptr(mime) m = kit_open_text(FROM "Subject: Fwd: Fwd\r\n" MIXED(
		"b") "--b\r\n\r\nsee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
		     "Subject: Fwd\r\n" MIXED(
			     "c") "--c\r\nContent-Type: message/rfc822; name=\"x.eml\"\r\n\r\n"
				  "Subject: handsel\r\n" MIXED(
					  "b") "--b\r\n" FILE_HEAD
					       "ZW52ZWxvcGU=\r\n--b--\r\n\r\n--c--\r\n\r\n"
					       "--b\r\n\r\nend\r\n--b--\r\n");

	g_assert_cmpstr(mime_subject(m), ==, "Fwd: Fwd");
	g_assert_cmpuint(mime_parts(m), ==, 3);
	g_assert_cmpstr(mime_part_name(m, 1), ==, NAME);
	kit_assert_part(m, 1, "envelope");
	kit_assert_part(m, 2, "end");
	g_assert_null(mime_get_bounce(m));
}

static void
test_digest(void)
{
	g_autoptr(mime) m = kit_open_text(FROM "Content-Type: multipart/digest; boundary=d\r\n\r\n"
					       "--d\r\n\r\nSubject: one\r\n" FILE_HEAD "b25l\r\n"
					       "--d\r\n\r\nSubject: two\r\n\r\ntwo\r\n--d--\r\n");

	g_assert_cmpuint(mime_parts(m), ==, 2);
	g_assert_cmpstr(mime_part_name(m, 0), ==, NAME);
	kit_assert_part(m, 0, "one");
	kit_assert_part(m, 1, "two");
}

/* The mail is the attachment, without any multipart. */
static void
test_single(void)
{
	g_autoptr(mime) m = kit_open_text(FROM FILE_HEAD "ZW52ZWxvcGU=\r\n");

	g_assert_cmpuint(mime_parts(m), ==, 1);
	g_assert_cmpstr(mime_part_name(m, 0), ==, NAME);
	kit_assert_part(m, 0, "envelope");
}

static void
test_cut(void)
{
	static const struct {
		const char *mail;
		guint parts;
		const char *last;
	} rows[] = {{FROM MIXED("b") "--b\r\n\r\none\r\n--b\r\n" FILE_HEAD "ZW52ZWxv", 2, "envelo"},
		    {FROM MIXED("b") "--b\r\n\r\none\r\n--b\r\n" FILE_HEAD, 2, ""},
		    {FROM MIXED("b") "--b\r\n\r\none\r\n--b\r\nContent-Ty", 2, ""},
		    {FROM MIXED("b") "--b\r\n\r\none\r\n--b\r\n", 2, ""},
		    {FROM MIXED("b") "--b\r\n\r\none\r\n--", 1, "one\r\n--"},
		    {FROM MIXED("b") "--b\r\n\r\none\r\n--b", 2, ""},
		    {FROM MIXED("b") "preamble", 0, NULL},
		    {"From: a", 1, ""}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(mime) m = kit_open_text(rows[i].mail);

		g_assert_cmpuint(mime_parts(m), ==, rows[i].parts);
		if (rows[i].parts > 0)
			kit_assert_part(m, rows[i].parts - 1, rows[i].last);
	}
}

static void
test_delimiters(void)
{
	static const struct {
		const char *mail;
		guint parts;
		const char *first;
	} rows[] = {
		{MIXED("b") "--b  \t \r\n\r\none\r\n--b-- \r\nrest", 1, "one"},
		{MIXED("b") "--b\r\n\r\none\r\n--bb\r\ntwo\r\n--b--", 1, "one\r\n--bb\r\ntwo"},
		{MIXED("b") "--b\r\n\r\n\r\n--b--", 1, ""},
		{MIXED("b") "--b\r\n\r\n--b--", 1, ""},
		{MIXED("b") "--b\r\nX: y\r\n--b\r\n\r\ntwo\r\n--b--", 2, ""},
		{MIXED("b") "--b\n\none\n--b--\n", 1, "one"},
		{MIXED("b") "--b\r\n\r\none\r\n\r\n--b--", 1, "one\r\n"},
		{MIXED("b") " --b\r\n\r\none\r\n--b--", 0, NULL},
		{"Content-Type: multipart/mixed; boundary=b c\r\n\r\n--b c\r\n\r\none\r\n--b c--",
		 1, "one"},
		{"Content-Type: multipart/mixed; boundary=\"b\\c "
		 "\"\r\n\r\n--bc\r\n\r\none\r\n--bc--",
		 1, "one"},
		{"Content-Type: multipart/mixed (x; boundary=z) ;\r\n\tBOUNDARY = \"b\"\r\n\r\n"
		 "--b\r\n\r\none\r\n--b--",
		 1, "one"},
		/* The outer one ends all that is in it. */
		{MIXED("o") "--o\r\n" MIXED("i") "--i\r\n\r\none\r\n--o\r\n\r\ntwo\r\n--i\r\n--o--",
		 2, "one"}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strconcat(FROM, rows[i].mail, NULL);
		g_autoptr(mime) m = kit_open_text(text);

		g_assert_cmpuint(mime_parts(m), ==, rows[i].parts);
		if (rows[i].parts > 0)
			kit_assert_part(m, 0, rows[i].first);
	}
}

static void
test_types(void)
{
	static const struct {
		const char *field, *type;
	} rows[] = {{"X: y", "text/plain"},
		    {"Content-Type:", "text/plain"},
		    {"Content-Type: Application/MS-TNEF; name=winmail.dat", "application/ms-tnef"},
		    {"Content-Type: zip", "application/octet-stream"},
		    {"Content-Type: /x", "application/octet-stream"},
		    {"Content-Type: x/", "application/octet-stream"},
		    {"Content-Type : text/html(comment)", "text/html"},
		    {"Content-Type:\r\n text/html\r\n ; charset=x", "text/html"}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strconcat(FROM, rows[i].field, "\r\n\r\nx", NULL);
		g_autoptr(mime) m = kit_open_text(text);

		g_assert_cmpstr(mime_part_type(m, 0), ==, rows[i].type);
	}
}

static void
test_automatic(void)
{
	static const struct {
		const char *field;
		gboolean automatic;
	} rows[] = {{"Auto-Submitted: auto-replied", TRUE},
		    {"auto-submitted: Auto-Generated; x=y", TRUE},
		    {"Auto-Submitted: no", FALSE},
		    {"Auto-Submitted: No (by hand)", FALSE},
		    {"Precedence: bulk", TRUE},
		    {"Precedence: JUNK", TRUE},
		    {"Precedence: auto_reply", TRUE},
		    {"Precedence: first-class", FALSE},
		    {"X-Autoreply: yes", TRUE},
		    {"X-Autoreply: no", FALSE},
		    {"Return-Path: <>", TRUE},
		    {"Return-Path: <a@example.com>", FALSE},
		    {"X-Y: Auto-Submitted: auto-replied", FALSE},
		    {"Auto-Submitted-X: auto-replied", FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text =
			g_strconcat(rows[i].field, "\r\n\r\nPrecedence: bulk", NULL);
		g_autoptr(mime) m = kit_open_text(text);

		g_assert_cmpint(mime_is_automatic(m), ==, rows[i].automatic);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	make_bytes();
	g_test_add_func("/mime/base64_is_read_whatever_its_lines", test_base64);
	g_test_add_func("/mime/what_is_wrong_in_base64_is_passed_over", test_base64_damage);
	g_test_add_func("/mime/quoted_printable_is_read_whatever_its_lines", test_quoted);
	g_test_add_func("/mime/what_is_wrong_in_quoted_printable_stays", test_quoted_damage);
	g_test_add_func("/mime/bytes_that_are_not_encoded_are_taken_as_they_are", test_raw);
	g_test_add_func("/mime/a_part_of_more_bytes_than_allowed_is_refused", test_limit);
	g_test_add_func("/mime/the_footers_of_a_list_are_parts_of_their_own", test_list);
	g_test_add_func("/mime/a_forward_of_a_forward_is_looked_into", test_forward);
	g_test_add_func("/mime/a_digest_is_looked_into", test_digest);
	g_test_add_func("/mime/a_mail_can_be_its_only_part", test_single);
	g_test_add_func("/mime/a_mail_that_was_cut_has_what_came_before", test_cut);
	g_test_add_func("/mime/delimiters_are_whole_lines", test_delimiters);
	g_test_add_func("/mime/types_are_plain_words", test_types);
	g_test_add_func("/mime/machines_are_known_by_their_headers", test_automatic);
	return g_test_run();
}
