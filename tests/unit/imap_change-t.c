#include "spool/imap.h"

#include "base/clock.h"
#include "imap_kit.h"

static GArray *
uids_of(guint first, guint count, guint step)
{
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(guint32));

	/* In no order. */
	for (guint i = count; i > 0; i--) {
		guint32 uid = first + (i - 1) * step;

		g_array_append_val(uids, uid);
	}
	return uids;
}

/* ---- flags, removal, moving ---- */

typedef enum { DELETE, MOVE, FLAG } verb;

/* Does it with mails 3, 4 and 9; what the client said. */
static char *
change(const fake_step *steps, verb what, int reason, const char *part)
{
	static const guint32 some[] = {9, 3, 4};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'w');
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_autoptr(GError) why = NULL;

	g_array_append_vals(uids, some, G_N_ELEMENTS(some));
	gboolean ok = what == DELETE ? imap_delete(m, uids, &why)
		      : what == MOVE ? imap_move(m, uids, "m\303\274ll", &why)
				     : imap_flag(m, uids, "$handsel", &why);
	if (reason != 0)
		kit_failed(why, reason, part);
	else
		g_assert_no_error(why);
	g_assert_cmpint(ok, ==, reason == 0);
	return kit_end(m, f);
}

static void
only_the_mails_that_are_named_are_removed(void)
{
	static const fake_step steps[] = {
		HELLO(" UIDPLUS"),
		WRITE,
		{"UID STORE 3:4,9 +FLAGS.SILENT (\\Deleted)\r\n", "* 1 EXPUNGE\r\n%T OK done"},
		{"UID EXPUNGE 3:4,9\r\n",
		 "* 3 EXPUNGE\r\n* WHATEVER {3}\r\n1 OK)\r\n* 2 EXPUNGE\r\n%T OK"},
		END};

	g_free(change(steps, DELETE, 0, NULL));
}

static void
a_server_without_uidplus_expunges_nothing(void)
{
	static const fake_step steps[] = {
		HELLO(""), WRITE, {"UID STORE 3:4,9 +FLAGS.SILENT (\\Deleted)", "%T OK"}, END};
	g_autofree char *said = change(steps, DELETE, 0, NULL);

	g_assert_null(strstr(said, "EXPUNGE"));
}

static void
mails_are_moved_as_the_server_can(void)
{
	static const fake_step move[] = {
		HELLO(" MOVE UIDPLUS"),
		WRITE,
		{"UID MOVE 3:4,9 \"m&APw-ll\"\r\n",
		 "* OK [COPYUID 1 3:4,9 1:3] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n%T OK done"},
		END};
	static const fake_step copy[] = {
		HELLO(" UIDPLUS"),
		WRITE,
		{"UID COPY 3:4,9 \"m&APw-ll\"\r\n", "%T OK [COPYUID 1 3:4,9 1:3] done"},
		{"UID STORE 3:4,9 +FLAGS.SILENT (\\Deleted)", "%T OK done"},
		{"UID EXPUNGE 3:4,9\r\n", "%T OK done"},
		END};
	static const fake_step neither[] = {
		HELLO(""),
		WRITE,
		{"UID COPY 3:4,9 \"m&APw-ll\"\r\n", "%T OK done"},
		{"UID STORE 3:4,9 +FLAGS.SILENT (\\Deleted)", "%T OK done"},
		END};

	g_free(change(move, MOVE, 0, NULL));
	g_free(change(copy, MOVE, 0, NULL));
	g_free(change(neither, MOVE, 0, NULL));
}

static void
a_mail_that_was_not_copied_is_not_removed(void)
{
	static const fake_step no[] = {
		HELLO(" UIDPLUS"), WRITE, {"UID COPY", "%T NO [TRYCREATE] no such folder"}, END};
	static const fake_step full[] = {
		HELLO(" MOVE"), WRITE, {"UID MOVE", "%T NO [OVERQUOTA] no room"}, END};
	g_autofree char *said =
		change(no, MOVE, REASON_MAIL_FOLDER, "folder m\303\274ll: [TRYCREATE] no such");

	g_assert_null(strstr(said, "STORE"));
	g_free(change(full, MOVE, REASON_MAIL_FULL, "[OVERQUOTA] no room"));
}

static void
a_keyword_is_added_where_the_folder_takes_it(void)
{
	static const char *const permanent[] = {
		"", "* OK [PERMANENTFLAGS (\\Seen \\*)] any\r\n",
		"* OK [PERMANENTFLAGS ($Handsel \\Seen)] this one\r\n",
		"* OK [PERMANENTFLAGS (\\Seen $Junk)] others\r\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(permanent); i++) {
		g_autofree char *state =
			g_strconcat(STATE, permanent[i], "%T OK [READ-WRITE] done", NULL);
		const fake_step steps[] = {
			HELLO(""),
			{"SELECT \"in\"", state},
			{i < 3 ? "UID STORE 3:4,9 +FLAGS.SILENT (\\Seen $handsel)\r\n"
			       : "UID STORE 3:4,9 +FLAGS.SILENT (\\Seen)\r\n",
			 "%T OK done"},
			END};

		g_free(change(steps, FLAG, 0, NULL));
	}
}

static void
a_refused_change_says_why(void)
{
	static const fake_step no[] = {
		HELLO(" UIDPLUS"), WRITE, {"UID STORE", "%T NO read only\tbox"}, END};
	static const fake_step bye[] = {
		HELLO(" UIDPLUS"), WRITE, {"UID STORE", "%T OK"}, {"UID EXPUNGE", "* BYE"}, END};

	g_free(change(no, DELETE, REASON_MAIL_ANSWER, "UID STORE: read only box"));
	g_free(change(bye, DELETE, REASON_MAIL_AWAY, "UID EXPUNGE: the server ended the session"));
}

static void
many_mails_are_named_in_several_lines(void)
{
	static const fake_step steps[] = {HELLO(" MOVE"),
					  WRITE,
					  {"UID MOVE 1,3,5,", "%T OK done"},
					  {"UID MOVE 601,603,", "%T OK done"},
					  {"UID MOVE 1201,", "%T OK done"},
					  END};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'w');
	g_autoptr(GArray) many = uids_of(1, 700, 2);
	g_autoptr(GArray) none = uids_of(1, 0, 1);

	g_assert_true(imap_move(m, none, "x", NULL));
	g_assert_true(imap_move(m, many, "x", NULL));
	g_autofree char *said = kit_end(m, f);
	g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++)
		g_assert_cmpuint(strlen(lines[i]), <, 4000);
}

/* ---- waiting ---- */

static gboolean
never(gpointer unused)
{
	(void)unused;
	return FALSE;
}

static gboolean
third_time(gpointer data)
{
	return ++*(guint *)data >= 3;
}

#define IDLE(said)                                                                                 \
	{                                                                                          \
		"IDLE\r\n", said                                                                   \
	}
#define DONE(said)                                                                                 \
	{                                                                                          \
		"DONE\r\n", said                                                                   \
	}

/* Waits a second at most: was there IDLE, and news?  Or it fails for REASON. */
static void
check_wait(const fake_step *steps, gboolean idle, gboolean news, int reason, const char *part)
{
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');
	gboolean got_idle = !idle, got_news = !news;
	g_autoptr(GError) why = NULL;
	gint64 start = clock_mono_us();
	gboolean ok = imap_wait(m, 1, never, NULL, &got_idle, &got_news, &why);

	if (reason != 0) {
		g_assert_false(ok);
		kit_failed(why, reason, part);
	} else {
		g_assert_no_error(why);
		g_assert_cmpint(got_idle, ==, idle);
		g_assert_cmpint(got_news, ==, news);
		g_assert_true(news || !idle || clock_mono_us() - start >= 1000000);
	}
	g_free(kit_end(m, f));
}

static void
news_end_the_waiting(void)
{
	static const fake_step exists[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling\r\n* 4 EXISTS"),
					   DONE("h3 OK done"), END};
	static const fake_step early[] = {HELLO(" IDLE"), LOOK, IDLE("* 4 EXISTS\r\n+"),
					  DONE("h3 OK done"), END};
	static const fake_step recent[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling\r\n* 1 RECENT"),
					   DONE("h3 OK done"), END};
	static const fake_step late[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling"),
					 DONE("* 1 RECENT\r\nh3 OK done"), END};

	check_wait(exists, TRUE, TRUE, 0, NULL);
	check_wait(early, TRUE, TRUE, 0, NULL);
	check_wait(recent, TRUE, TRUE, 0, NULL);
	check_wait(late, TRUE, TRUE, 0, NULL);
}

static void
what_goes_or_is_flagged_is_no_news(void)
{
	static const fake_step steps[] = {
		HELLO(" IDLE"), LOOK,
		IDLE("* OK wait\r\n+ idling\r\n* 2 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen) X {6}\r\n"
		     "* 4 EX)\r\n* OK Still here\r\n* 0 RECENT\r\n* 0 EXISTS"),
		DONE("* 1 EXPUNGE\r\nh3 OK done"), END};

	check_wait(steps, TRUE, FALSE, 0, NULL);
}

static void
a_server_that_cannot_idle_is_asked_no_more(void)
{
	static const fake_step missing[] = {HELLO(""), LOOK, END};
	static const fake_step refused[] = {HELLO(" IDLE"), LOOK, IDLE("%T NO too many"), END};
	static const fake_step unknown[] = {HELLO(" IDLE"), LOOK, IDLE("%T BAD what?"), END};

	check_wait(missing, FALSE, FALSE, 0, NULL);
	check_wait(refused, FALSE, FALSE, 0, NULL);
	check_wait(unknown, FALSE, FALSE, 0, NULL);
}

static void
a_wait_that_breaks_off_says_why(void)
{
	static const fake_step bye[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling\r\n* BYE too long"),
					END};
	static const fake_step gone[] = {
		HELLO(" IDLE"), LOOK, IDLE("+ idling"), {NULL, FAKE_HANG_UP}, END};
	static const fake_step silent[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling"), DONE(NULL), END};
	static const fake_step no[] = {HELLO(" IDLE"), LOOK, IDLE("+ idling"), DONE("h3 NO odd"),
				       END};

	check_wait(bye, TRUE, FALSE, REASON_MAIL_AWAY, "IDLE: the server ended the session: too");
	check_wait(gone, TRUE, FALSE, REASON_MAIL_AWAY, "IDLE: the connection broke");
	check_wait(silent, TRUE, FALSE, REASON_MAIL_AWAY, "IDLE: no answer for 2 seconds");
	check_wait(no, TRUE, FALSE, REASON_MAIL_ANSWER, "IDLE: odd");
}

static void
who_is_told_to_stop_waits_no_longer(void)
{
	static const fake_step steps[] = {HELLO(" IDLE"),     LOOK, IDLE("+ idling"),
					  DONE("h3 OK done"), LOOK, END};
	fake *f = fake_start(steps);
	imap *m = kit_open(f, 'r');
	gboolean idle = FALSE, news = TRUE;
	guint asked = 0;
	imap_folder folder;
	gint64 start = clock_mono_us();

	g_assert_true(imap_wait(m, 600, third_time, &asked, &idle, &news, NULL));
	g_assert_true(idle);
	g_assert_false(news);
	g_assert_cmpuint(asked, ==, 3);
	g_assert_cmpint(clock_mono_us() - start, <, 20 * G_USEC_PER_SEC);
	g_assert_true(imap_select(m, "in", FALSE, &folder, NULL));
	g_free(kit_end(m, f));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define T(name) g_test_add_func("/imap_change/" #name, name)
	T(only_the_mails_that_are_named_are_removed);
	T(a_server_without_uidplus_expunges_nothing);
	T(mails_are_moved_as_the_server_can);
	T(a_mail_that_was_not_copied_is_not_removed);
	T(a_keyword_is_added_where_the_folder_takes_it);
	T(a_refused_change_says_why);
	T(many_mails_are_named_in_several_lines);
	T(news_end_the_waiting);
	T(what_goes_or_is_flagged_is_no_news);
	T(a_server_that_cannot_idle_is_asked_no_more);
	T(a_wait_that_breaks_off_says_why);
	T(who_is_told_to_stop_waits_no_longer);
	return g_test_run();
}
