#include "spool/imap.h"

#include "imap_kit.h"

/* ---- folders ---- */

static void
a_folder_is_opened_to_look_or_to_write(void)
{
	static const fake_step steps[] = {HELLO(""), LOOK, WRITE, END};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 0);
	imap_folder folder;

	g_assert_true(imap_select(m, "in", FALSE, &folder, NULL));
	g_assert_cmpuint(folder.validity, ==, 77);
	g_assert_cmpuint(folder.next, ==, 9);
	g_assert_cmpuint(folder.exists, ==, 3);
	g_assert_true(imap_select(m, "in", TRUE, &folder, NULL));
	g_free(kit_end(m, f));
	imap_close(NULL);
}

static void
names_of_folders_are_written_as_imap_wants_them(void)
{
	static const struct {
		const char *name, *line;
	} rows[] = {
		{"inBox", "EXAMINE \"INBOX\"\r\n"},
		{"In/Box", "EXAMINE \"In/Box\"\r\n"},
		{"Entw\303\274rfe \"alt\" & neu\\",
		 "EXAMINE \"Entw&APw-rfe \\\"alt\\\" &- neu\\\\\""},
		{"\360\237\230\200\346\227\245", "EXAMINE \"&2D3eAGXl-\"\r\n"},
		{"a\r\nb", "EXAMINE \"a&AA0ACg-b\"\r\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {
			HELLO(""), {rows[i].line, STATE "%T OK [READ-ONLY] done"}, END};
		fake *f = fake_start(steps);
		imap *m = kit_open(f, 0);
		imap_folder folder;

		g_assert_true(imap_select(m, rows[i].name, FALSE, &folder, NULL));
		g_free(kit_end(m, f));
	}
}

static void
a_folder_that_cannot_be_opened_says_why(void)
{
	static const struct {
		const char *answer;
		int reason;
		const char *part;
	} rows[] = {
		{"%T NO [NONEXISTENT] no such box", REASON_MAIL_FOLDER, "folder in: [NONEXISTENT]"},
		{"%T NO [UNAVAILABLE] try later", REASON_MAIL_LATER, "try later"},
		{"%T NO", REASON_MAIL_FOLDER, "refused"},
		{"%T BAD what?", REASON_MAIL_ANSWER, "does not understand it: what?"},
		{"* BYE [ALERT] tired", REASON_MAIL_AWAY, "ended the session: [ALERT] tired"},
		{STATE "%T OK [READ-ONLY] done", REASON_MAIL_FOLDER, "may only be read"},
		{"* 3 EXISTS\r\n%T OK done", REASON_MAIL_ANSWER, "UIDVALIDITY"},
		{"* 3 EXISTS\r\n0 OK done", REASON_MAIL_ANSWER, "can't be understood"},
		{"* 3 EXISTS", REASON_MAIL_AWAY, "no answer for 2 seconds"},
		{FAKE_HANG_UP, REASON_MAIL_AWAY, "the connection broke"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {HELLO(""), {"SELECT \"in\"", rows[i].answer}, END};
		fake *f = fake_start(steps);
		imap *m = kit_open(f, 0);
		g_autoptr(GError) why = NULL;
		imap_folder folder = {.next = 5};

		g_assert_false(imap_select(m, "in", TRUE, &folder, &why));
		kit_failed(why, rows[i].reason, rows[i].part);
		g_assert_cmpuint(folder.next, ==, 5);
		g_free(kit_end(m, f));
	}
}

static void
a_folder_is_made_where_there_is_none(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		{"STATUS \"a\\\"b\" (UIDVALIDITY)", "* STATUS a (UIDVALIDITY 1)\r\n%T OK done"},
		{"STATUS \"new\"", "%T NO not there"},
		{"CREATE \"new\"", "%T OK done"},
		{"STATUS \"bad\"", "%T NO not there"},
		{"CREATE \"bad\"", "%T NO [CANNOT] not here"},
		END};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 0);
	g_autoptr(GError) why = NULL;

	g_assert_true(imap_make(m, "a\"b", NULL));
	g_assert_true(imap_make(m, "new", NULL));
	g_assert_false(imap_make(m, "bad", &why));
	kit_failed(why, REASON_MAIL_FOLDER, "folder bad: [CANNOT] not here");
	g_free(kit_end(m, f));
}

/* ---- the list ---- */

#define ALL        "(UID FLAGS RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (Subject From)])"
#define TEXT(name) "(\"TEXT\" \"PLAIN\" (" name ") NIL NIL \"7BIT\" 5 1)"
#define ZIP(name)                                                                                  \
	"(\"APPLICATION\" \"OCTET-STREAM\" NIL NIL NIL \"BASE64\" 9 NIL (\"ATTACHMENT\" (" name    \
	")) NIL)"
/* A mail of the list, of UID, with FLAGS; its headers have LEN bytes. */
#define MAIL(uid, flags, structure, len, headers)                                                  \
	"* 1 FETCH (UID " uid " FLAGS (" flags ") RFC822.SIZE 1000 BODYSTRUCTURE " structure       \
	" BODY[HEADER.FIELDS (SUBJECT FROM)] {" len "}\r\n" headers ")\r\n"
#define SIMPLE(uid) MAIL(uid, "", TEXT("\"NAME\" \"n\""), "2", "\r\n")
/* A server whose folder has UIDS. */
#define FOUND(uids)                                                                                \
	{                                                                                          \
		"UID SEARCH UID 1:*", "* SEARCH " uids "\r\n%T OK done"                            \
	}

/* The list of mails as text: "uid:subject:name,name:flags "; NULL: REASON. */
static char *
list(const fake_step *steps, guint32 from, guint max, int reason, const char *part)
{
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) mails = imap_list(m, from, max, &why);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; mails != NULL && i < mails->len; i++) {
		const imap_mail *one = mails->pdata[i];

		g_ptr_array_add(one->names, NULL);
		g_autofree char *names = g_strjoinv(",", (char **)one->names->pdata);
		g_string_append_printf(out, "%u:%s:%s:%s%s ", one->uid, one->subject, names,
				       one->report ? "r" : "", one->odd ? "o" : "");
	}
	if (reason != 0) {
		g_assert_null(mails);
		kit_failed(why, reason, part);
	} else {
		g_assert_no_error(why);
	}
	g_free(kit_end(m, f));
	return mails == NULL ? NULL : g_strdup(out->str);
}

static void
mails_are_listed_with_subject_and_names(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		LOOK,
		FOUND("5 4 5"),
		{"UID FETCH 4:5 " ALL "\r\n",
		 MAIL("5", "\\Seen",
		      "(" TEXT("\"charset\" \"utf-8\"") ZIP("\"FILENAME\" \"a.zip\"") " \"MIXED\")",
		      "46", "subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n you\r\n\r\n")
			 MAIL("4", "",
			      "(" TEXT("\"name*0*\" \"utf-8''a%20\" \"name*1\" "
				       "\"b\"") "(\"MESSAGE\" \"RFC822\" NIL NIL "
						"NIL \"7BIT\" 9 "
						"(NIL NIL NIL NIL NIL NIL NIL NIL "
						"NIL NIL) (" ZIP("\"FILENAME\" "
								 "{5}\r\n=\"x\\{")
							TEXT("\"NAME\" "
							     "\"=?iso-8859-1?q?=FC?="
							     "\"") " \"REPORT\") 1)"
								   " \"REPORT\")",
			      "38", "From: MAILER-DAEMON@x\r\nSubject: no\r\n\r\n") "%T "
										    "OK "
										    "don"
										    "e"},
		END};
	g_autofree char *got = list(steps, 1, 500, 0, NULL);

	g_assert_cmpstr(got, ==, "4:no:a b,=\"x\\{,\303\274:r 5:gr\303\274\303\237e you:a.zip: ");
}

static void
what_a_server_says_in_between_does_no_harm(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		LOOK,
		{"UID SEARCH UID 4:*", "* 9 EXPUNGE\r\n* SEARCH 3 5 7\r\n* 8 EXISTS\r\n%T OK done"},
		{"UID FETCH 5:7",
		 "* 2 EXPUNGE\r\n* 7 EXISTS\r\n* 3 FETCH (FLAGS (\\Seen))\r\n" SIMPLE(
			 "7") "* 1 FETCH (UID 9 FLAGS (\\Deleted))\r\n* OK still "
			      "(\"{5}\r\n" SIMPLE("5") SIMPLE("3") "* 1 RECENT\r\n%T OK done"},
		END};
	g_autofree char *got = list(steps, 4, 500, 0, NULL);

	g_assert_cmpstr(got, ==, "5::n: 7::n: ");
}

static void
deleted_mails_are_passed_over(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		LOOK,
		FOUND("1 2 3 4 5"),
		{"UID FETCH 1:2", MAIL("1", "\\Deleted", TEXT("\"A\" \"n\""), "2", "\r\n") SIMPLE(
					  "2") "* 2 FETCH (UID 2 FLAGS (\\Deleted))\r\n%T OK done"},
		{"UID FETCH 3:4", SIMPLE("3") SIMPLE("4") "%T OK done"},
		END};
	g_autofree char *got = list(steps, 1, 2, 0, NULL);

	g_assert_cmpstr(got, ==, "3::n: 4::n: ");
}

static void
the_last_mail_is_not_listed_for_ever(void)
{
	static const fake_step steps[] = {
		HELLO(""), LOOK, {"UID SEARCH UID 9:*", "* SEARCH 8\r\n%T OK done"}, END};
	g_autofree char *got = list(steps, 9, 500, 0, NULL);

	g_assert_cmpstr(got, ==, "");
}

static void
a_mail_that_went_meanwhile_is_not_listed(void)
{
	static const fake_step steps[] = {HELLO(""),
					  LOOK,
					  FOUND("1 2 3"),
					  {"UID FETCH 1:3", SIMPLE("1") "%T OK done"},
					  {"UID SEARCH UID 2:3", "* SEARCH\r\n%T OK done"},
					  END};
	g_autofree char *got = list(steps, 1, 500, 0, NULL);

	g_assert_cmpstr(got, ==, "1::n: ");
}

#define DEEP10 "(((((((((("
static void
mails_whose_parts_cannot_be_told_are_odd(void)
{
	static const char *const spoilt[] = {
		MAIL("2", "", "NONSENSE", "2", "\r\n") "%T OK done",
		MAIL("2", "", DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10 DEEP10,
		     "2", "\r\n") "%T OK done",
		MAIL("2", "", TEXT("\"NAME\" \"never\r\nended"), "2", "\r\n") "%T OK done",
		MAIL("2", "", TEXT("\"NAME\" {3} x"), "2", "\r\n") "%T OK done",
		"%T NO [SERVERBUG] can't",
		"%T BAD can't",
		"* 2 FETCH (UID 2 FLAGS ())\r\n%T NO some are broken",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(spoilt); i++) {
		g_autofree char *all = g_strconcat(SIMPLE("1"), spoilt[i], NULL);
		const fake_step steps[] = {
			HELLO(""),
			LOOK,
			FOUND("1 2 3"),
			{"UID FETCH 1:3 " ALL, all},
			{"UID FETCH 1 " ALL, SIMPLE("1") "%T OK done"},
			{"UID FETCH 2:3 " ALL, all},
			{"UID FETCH 2 " ALL, all},
			{"UID SEARCH UID 2\r\n", "* SEARCH 2\r\n%T OK done"},
			{"UID FETCH 2 (UID FLAGS RFC822.SIZE)\r\n",
			 "* 2 FETCH (FLAGS () UID 2 RFC822.SIZE 9)\r\n%T OK done"},
			{"UID FETCH 3 " ALL, SIMPLE("3") "%T OK done"},
			END};
		g_autofree char *got = list(steps, 1, 500, 0, NULL);

		g_assert_cmpstr(got, ==, "1::n: 2:::o 3::n: ");
	}
}

static void
a_header_beyond_measure_makes_a_mail_odd(void)
{
	g_autofree char *much = g_strnfill(300000, 'x');
	g_autofree char *large =
		g_strconcat("* 1 FETCH (UID 7 RFC822.SIZE 5 BODY[HEADER.FIELDS (SUBJECT FROM)] "
			    "{300006}\r\n1 OK\r\n",
			    much, ")\r\n%T OK done", NULL);
	const fake_step steps[] = {HELLO(""),
				   LOOK,
				   FOUND("7"),
				   {"UID FETCH 7 " ALL, large},
				   {"UID SEARCH UID 7\r\n", "* SEARCH 7\r\n%T OK done"},
				   {"UID FETCH 7 (UID FLAGS RFC822.SIZE)\r\n",
				    "* 2 FETCH (FLAGS () UID 7 RFC822.SIZE 9)\r\n%T OK done"},
				   END};
	g_autofree char *got = list(steps, 1, 500, 0, NULL);

	g_assert_cmpstr(got, ==, "7:::o ");
}

static void
a_list_that_breaks_off_is_no_list(void)
{
	static const struct {
		const char *answer;
		int reason;
		const char *part;
	} rows[] = {
		{SIMPLE("1"), REASON_MAIL_AWAY, "no answer"},
		{SIMPLE("1") "* BYE gone", REASON_MAIL_AWAY, "ended the session: gone"},
		{"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE {5}\r\nabc", REASON_MAIL_AWAY, "no answer"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const fake_step steps[] = {
			HELLO(""), LOOK, FOUND("1 2"), {"UID FETCH 1:2", rows[i].answer}, END};

		g_free(list(steps, 1, 500, rows[i].reason, rows[i].part));
	}
	static const fake_step broken[] = {
		HELLO(""), LOOK, FOUND("1 2"), {"UID FETCH 1:2", SIMPLE("1")}, {NULL, FAKE_HANG_UP},
		END};
	g_free(list(broken, 1, 500, REASON_MAIL_AWAY, "broke"));
}

static void
a_mail_that_is_never_told_is_an_error(void)
{
	static const fake_step steps[] = {HELLO(""),
					  LOOK,
					  FOUND("1 2"),
					  {"UID FETCH 1:2", SIMPLE("1") "%T OK done"},
					  {"UID SEARCH UID 2\r\n", "* SEARCH 2\r\n%T OK done"},
					  {"UID FETCH 2 (", SIMPLE("1") "%T OK done"},
					  {"UID SEARCH UID 2\r\n", "* SEARCH 2\r\n%T OK done"},
					  END};

	g_free(list(steps, 1, 500, REASON_MAIL_ANSWER, "tells nothing of mail 2"));
}

static void
a_refused_search_is_no_empty_folder(void)
{
	static const fake_step no[] = {
		HELLO(""), LOOK, {"UID SEARCH", "* SEARCH\r\n%T NO busy"}, END};
	static const fake_step in_code[] = {
		HELLO(""), LOOK, {"UID SEARCH", "* OK [BADCHARSET ({99999999}\r\nx"}, END};

	g_free(list(no, 1, 500, REASON_MAIL_ANSWER, "UID SEARCH: busy"));
	g_free(list(in_code, 1, 500, REASON_MAIL_ANSWER, "can't be understood"));
}

static void
an_answer_without_end_is_given_up(void)
{
	g_autoptr(GString) much = g_string_new("* SEARCH");
	for (guint i = 0; i < 2000000; i++)
		g_string_append(much, " 1111");
	const fake_step steps[] = {HELLO(""), LOOK, {"UID SEARCH", much->str}, END};

	g_free(list(steps, 1, 500, REASON_MAIL_ANSWER, "too large"));
}

static void
a_large_folder_is_searched_once(void)
{
	g_autoptr(GString) all = g_string_new("* SEARCH");
	for (guint i = 1; i <= 100000; i++)
		g_string_append_printf(all, " %u", 2 * i);
	g_string_append(all, "\r\n%T OK done");
	const fake_step steps[] = {HELLO(""),
				   LOOK,
				   {"UID SEARCH UID 1:*", all->str},
				   {"UID FETCH 2:4", SIMPLE("2") SIMPLE("4") "%T OK done"},
				   {"UID FETCH 6:8", SIMPLE("6") SIMPLE("8") "%T OK done"},
				   {"UID FETCH 200000 ", SIMPLE("200000") "%T OK done"},
				   {"UID SEARCH UID 200001:*", "* SEARCH 200000 200001\r\n%T OK x"},
				   {"UID FETCH 200001 ", SIMPLE("200001") "%T OK done"},
				   END};
	static const guint32 from[] = {1, 5, 200000, 200001};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');

	for (gsize i = 0; i < G_N_ELEMENTS(from); i++) {
		g_autoptr(GError) why = NULL;
		g_autoptr(GPtrArray) some = imap_list(m, from[i], 2, &why);

		g_assert_no_error(why);
		g_assert_cmpuint(some->len, ==, i < 2 ? 2 : 1);
	}
	g_free(kit_end(m, f));
}

static void
a_mail_is_found_by_its_id(void)
{
	static const fake_step steps[] = {
		HELLO(""),
		LOOK,
		{"UID SEARCH HEADER Message-ID \"a@b\"", "* SEARCH 9 4\r\n%T OK done"},
		END};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');
	g_autoptr(GArray) uids = imap_find(m, "a@b", NULL);

	g_assert_cmpuint(uids->len, ==, 2);
	g_assert_cmpuint(g_array_index(uids, guint32, 0), ==, 4);
	g_free(kit_end(m, f));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define T(name) g_test_add_func("/imap/" #name, name)
	T(a_folder_is_opened_to_look_or_to_write);
	T(names_of_folders_are_written_as_imap_wants_them);
	T(a_folder_that_cannot_be_opened_says_why);
	T(a_folder_is_made_where_there_is_none);
	T(mails_are_listed_with_subject_and_names);
	T(what_a_server_says_in_between_does_no_harm);
	T(deleted_mails_are_passed_over);
	T(the_last_mail_is_not_listed_for_ever);
	T(a_mail_that_went_meanwhile_is_not_listed);
	T(mails_whose_parts_cannot_be_told_are_odd);
	T(a_header_beyond_measure_makes_a_mail_odd);
	T(a_list_that_breaks_off_is_no_list);
	T(a_mail_that_is_never_told_is_an_error);
	T(a_refused_search_is_no_empty_folder);
	T(an_answer_without_end_is_given_up);
	T(a_large_folder_is_searched_once);
	T(a_mail_is_found_by_its_id);
	return g_test_run();
}
