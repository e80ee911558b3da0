#include "spool/imap.h"

#include <unistd.h>

#include "base/fsio.h"
#include "imap_kit.h"

#define CHUNK 262144

/* Fetches mail 7, of SIZE bytes by the list, from a server that says STEPS. */
static gboolean
fetch(const fake_step *steps, guint64 size, char **ret_bytes, gboolean *ret_gone, GError **error)
{
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("imap-t-XXXXXX", &name, NULL);
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');
	gsize len = 0;

	g_assert_cmpint(fd, >=, 0);
	gboolean ok = imap_fetch(m, 7, size, fd, ret_gone, error);
	g_assert_cmpint(close(fd), ==, 0);
	*ret_bytes = fsio_read(AT_FDCWD, name, 10000000, &len, NULL);
	g_assert_cmpuint(strlen(*ret_bytes), ==, len);
	unlink(name);
	g_free(kit_end(m, f));
	return ok;
}

/* "* 1 FETCH ..." with LEN bytes of mail 7 from OFFSET on. */
static char *
chunk(guint offset, guint len)
{
	g_autofree char *bytes = g_strnfill(len, (char)('a' + offset / CHUNK));

	return g_strdup_printf("* 1 FETCH (UID 7 BODY[]<%u> {%u}\r\n%s)\r\n%%T OK done", offset,
			       len, bytes);
}

static void
a_mail_is_fetched_in_chunks(void)
{
	static const guint sizes[] = {10, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 10};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		guint size = sizes[i];
		g_autofree char *first = chunk(0, MIN(size, CHUNK));
		g_autofree char *second = chunk(CHUNK, size < CHUNK ? 0 : MIN(size - CHUNK, CHUNK));
		g_autofree char *third = chunk(2 * CHUNK, 10);
		fake_step steps[] = {HELLO(""),
				     LOOK,
				     {"UID FETCH 7 (UID BODY.PEEK[]<0.262144>)", first},
				     {"UID FETCH 7 (UID BODY.PEEK[]<262144.262144>)", second},
				     {"UID FETCH 7 (UID BODY.PEEK[]<524288.262144>)", third},
				     END};
		g_autofree char *bytes = NULL;
		g_autoptr(GError) why = NULL;
		gboolean gone = TRUE;

		if (size < CHUNK)
			steps[6] = (fake_step)END;
		else if (size < 2 * CHUNK)
			steps[7] = (fake_step)END;
		g_assert_true(fetch(steps, size, &bytes, &gone, &why));
		g_assert_no_error(why);
		g_assert_false(gone);
		g_assert_cmpuint(strlen(bytes), ==, size);
		g_assert_cmpint(bytes[size - 1], ==, 'a' + (char)((size - 1) / CHUNK));
	}
}

static void
what_a_server_says_in_between_does_no_harm(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		LOOK,
		{"UID FETCH 7",
		 "* 1 EXPUNGE\r\n* 4 FETCH (UID 6 FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS (\\Seen) UID "
		 "7)"
		 "\r\n* 4 FETCH (UID 8 BODY[]<0> {3}\r\nbad)\r\n"
		 "* 2 FETCH (BODY[]<0> {12}\r\n9 NO\r\n* BYE UID 7)\r\n* 5 EXISTS\r\n%T OK done"},
		END};
	g_autofree char *bytes = NULL;
	gboolean gone = TRUE;

	g_assert_true(fetch(steps, 12, &bytes, &gone, NULL));
	g_assert_false(gone);
	g_assert_cmpstr(bytes, ==, "9 NO\r\n* BYE ");
}

/* The list may have counted lines that end with LF. */
static void
a_mail_may_be_larger_than_it_was_said_to_be(void)
{
	g_autofree char *first = chunk(0, CHUNK);
	g_autofree char *second = chunk(CHUNK, 100);
	const fake_step steps[] = {
		HELLO(""), LOOK, {"UID FETCH 7", first}, {"UID FETCH 7", second}, END};
	g_autofree char *bytes = NULL;
	gboolean gone = TRUE;

	g_assert_true(fetch(steps, CHUNK - 100, &bytes, &gone, NULL));
	g_assert_cmpuint(strlen(bytes), ==, CHUNK + 100);
}

static void
a_mail_that_is_gone_is_told_from_one_that_does_not_come(void)
{
	static const fake_step gone_steps[] = {HELLO(""),
					       LOOK,
					       {"UID FETCH 7", "* 1 EXPUNGE\r\n%T OK done"},
					       {"UID SEARCH UID 7", "* SEARCH\r\n%T OK done"},
					       END};
	static const fake_step there[] = {HELLO(""),
					  LOOK,
					  {"UID FETCH 7", "%T OK done"},
					  {"UID SEARCH UID 7", "* SEARCH 7\r\n%T OK done"},
					  END};
	static const fake_step other[] = {
		HELLO(""),
		LOOK,
		{"UID FETCH 7", "* 1 FETCH (UID 8 BODY[]<0> {3}\r\nbad)\r\n%T OK done"},
		{"UID SEARCH UID 7", "* SEARCH 7\r\n%T OK done"},
		END};
	g_autofree char *nothing = NULL, *no_more = NULL, *bad = NULL;
	g_autoptr(GError) why = NULL;
	gboolean gone = FALSE;

	g_assert_true(fetch(gone_steps, 10, &nothing, &gone, NULL));
	g_assert_true(gone);
	g_assert_false(fetch(there, 10, &no_more, &gone, &why));
	kit_failed(why, REASON_MAIL_ANSWER, "mail 7: nothing came, and yet it is there");
	g_clear_error(&why);
	g_assert_false(fetch(other, 10, &bad, &gone, &why));
	kit_failed(why, REASON_MAIL_ANSWER, "nothing came");
	g_assert_cmpstr(bad, ==, "");
}

static void
a_short_answer_is_no_mail(void)
{
	static const struct {
		const char *answer;
		int reason;
		const char *part;
	} rows[] = {
		{"* 1 FETCH (UID 7 BODY[]<0> {10}\r\nabc", REASON_MAIL_AWAY, "broke"},
		{"* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)", REASON_MAIL_AWAY, "broke"},
		{"* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n%T NO lost", REASON_MAIL_ANSWER,
		 "lost"},
		{"* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n%T BAD x", REASON_MAIL_ANSWER, "x"},
		{"* 1 FETCH (UID 7 BODY[]<0> {3}\r\nabc)\r\n* BYE x", REASON_MAIL_AWAY, "ended"},
		{"%T NO no", REASON_MAIL_ANSWER, "UID FETCH: no"},
		{"* 1 FETCH (UID 7 BODY[]<0> NIL)\r\n%T OK done", REASON_MAIL_ANSWER, "0 bytes"},
		{"* 1 FETCH (UID 7 BODY[]<0> \"\")\r\n%T OK done", REASON_MAIL_ANSWER, "0 bytes"},
		{"* 1 FETCH (UID 7 BODY[]<5> {3}\r\nabc)\r\n%T OK x", REASON_MAIL_ANSWER,
		 "other bytes"},
		{"* 1 FETCH (UID 7 BODY[]<0> {262145}\r\nabc", REASON_MAIL_ANSWER, "too large"},
		{"* 1 FETCH (UID 7 BODY[]<0> {99999999999}\r\nabc", REASON_MAIL_ANSWER,
		 "too large"},
		{"* 1 FETCH (UID 7 BODY[]<0> {9} \r\nabc", REASON_MAIL_ANSWER, "understood"},
		{"* 1 FETCH (UID 7 BODY[]<0> {-9}\r\nabc", REASON_MAIL_ANSWER, "understood"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {HELLO(""),
					   LOOK,
					   {"UID FETCH 7", rows[i].answer},
					   {NULL, FAKE_HANG_UP},
					   END};
		g_autofree char *bytes = NULL;
		g_autoptr(GError) why = NULL;
		gboolean gone = TRUE;

		g_assert_false(fetch(steps, 10, &bytes, &gone, &why));
		kit_failed(why, rows[i].reason, rows[i].part);
		g_assert_true(gone);
	}
}

static void
a_mail_that_ends_too_soon_is_no_mail(void)
{
	g_autofree char *first = chunk(0, CHUNK);
	g_autofree char *nothing = chunk(CHUNK, 0);
	const fake_step steps[] = {
		HELLO(""), LOOK, {"UID FETCH 7", first}, {"UID FETCH 7", nothing}, END};
	g_autofree char *bytes = NULL;
	g_autoptr(GError) why = NULL;
	gboolean gone = TRUE;

	g_assert_false(fetch(steps, CHUNK + 1, &bytes, &gone, &why));
	kit_failed(why, REASON_MAIL_ANSWER, "262144 bytes came where the server announced 262145");
}

static void
a_mail_without_end_is_given_up(void)
{
	g_autofree char *first = chunk(0, CHUNK);
	g_autofree char *second = chunk(CHUNK, CHUNK);
	const fake_step steps[] = {
		HELLO(""), LOOK, {"UID FETCH 7", first}, {"UID FETCH 7", second}, END};
	g_autofree char *bytes = NULL;
	g_autoptr(GError) why = NULL;
	gboolean gone = TRUE;

	g_assert_false(fetch(steps, 10, &bytes, &gone, &why));
	kit_failed(why, REASON_MAIL_ANSWER, "524288 bytes came");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define T(name) g_test_add_func("/imap_fetch/" #name, name)
	T(a_mail_is_fetched_in_chunks);
	T(what_a_server_says_in_between_does_no_harm);
	T(a_mail_may_be_larger_than_it_was_said_to_be);
	T(a_mail_that_is_gone_is_told_from_one_that_does_not_come);
	T(a_short_answer_is_no_mail);
	T(a_mail_that_ends_too_soon_is_no_mail);
	T(a_mail_without_end_is_given_up);
	return g_test_run();
}
