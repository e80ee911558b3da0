#include "base/db.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

static const char *const one[] = {
	"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB);"
	"CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER NOT NULL REFERENCES t (id))",
	NULL,
};

typedef struct {
	char *dir;
	char *path;
} room;

static void
room_open(room *r, gconstpointer unused)
{
	(void)unused;
	r->dir = g_dir_make_tmp("handsel-db-XXXXXX", NULL);
	g_assert_nonnull(r->dir);
	r->path = g_build_filename(r->dir, "state.db", NULL);
}

static void
room_close(room *r, gconstpointer unused)
{
	(void)unused;
	fault_disarm();
	g_assert_true(fsio_remove_tree(r->dir, NULL));
	g_free(r->path);
	g_free(r->dir);
}

static db *
open_ok(const room *r, const char *const *versions)
{
	g_autoptr(GError) e = NULL;
	db *d = db_open(r->path, versions, &e);

	g_assert_no_error(e);
	g_assert_nonnull(d);
	return d;
}

static void
add(db *d, const char *name)
{
	g_autoptr(GError) e = NULL;

	db_run(d, &e, "INSERT INTO t (name) VALUES (?)", "s", name);
	g_assert_no_error(e);
}

static gint64
count(db *d)
{
	g_autoptr(GError) e = NULL;
	gint64 n = -1;

	db_get_i64(d, &n, &e, "SELECT count(*) FROM t", "");
	g_assert_no_error(e);
	return n;
}

static gint64
pragma(db *d, const char *sql)
{
	gint64 n = -1;

	g_assert_true(db_get_i64(d, &n, NULL, sql, ""));
	return n;
}

static void
assert_mode(const char *path, mode_t want)
{
	struct stat st;

	g_assert_cmpint(lstat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, want);
}

static void
a_new_database_is_set_up_as_promised(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_cmpint(pragma(d, "PRAGMA user_version"), ==, 1);
	g_assert_cmpint(pragma(d, "PRAGMA synchronous"), ==, 2);
	g_assert_cmpint(pragma(d, "PRAGMA foreign_keys"), ==, 1);
	g_assert_cmpint(pragma(d, "PRAGMA trusted_schema"), ==, 0);
	g_assert_cmpint(pragma(d, "PRAGMA busy_timeout"), ==, 5000);
	db_stmt *s = db_query(d, &e, "PRAGMA journal_mode", "");
	g_assert_cmpint(db_next(d, s, &e), ==, 1);
	g_assert_cmpstr(db_text(s, 0), ==, "wal");
	g_assert_cmpint(db_next(d, s, &e), ==, 0);
}

static void
its_files_are_private(room *r, gconstpointer unused)
{
	g_autofree char *wal = g_strconcat(r->path, "-wal", NULL);
	mode_t mask = umask(0);
	g_autoptr(db) d = open_ok(r, one);

	(void)unused;
	add(d, "x");
	umask(mask);
	assert_mode(r->path, 0600);
	assert_mode(wal, 0600);
}

static void
a_symbolic_link_is_refused(room *r, gconstpointer unused)
{
	g_autofree char *link = g_build_filename(r->dir, "link.db", NULL);
	g_autoptr(GError) e = NULL;

	(void)unused;
	db_close(open_ok(r, one));
	g_assert_cmpint(symlink(r->path, link), ==, 0);
	g_assert_null(db_open(link, one, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
}

static void
a_linked_directory_is_followed(room *r, gconstpointer unused)
{
	g_autofree char *link = g_build_filename(r->dir, "link", NULL);
	g_autofree char *path = g_build_filename(link, "state.db", NULL);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_cmpint(symlink(r->dir, link), ==, 0);
	g_autoptr(db) d = db_open(path, one, &e);
	g_assert_no_error(e);
	g_assert_true(g_file_test(r->path, G_FILE_TEST_EXISTS));
}

static void
every_kind_of_value_is_bound(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GBytes) blob = g_bytes_new("a\0b", 3), empty = g_bytes_new(NULL, 0);
	g_autoptr(GError) e = NULL;

	(void)unused;
	db_stmt *s =
		db_query(d, &e, "SELECT ?, ?, ?, ?, ?, hex(?), typeof(?), typeof(?)", "siunsbbb",
			 "text", G_MININT64, (guint64)G_MAXINT64, NULL, blob, empty, NULL);
	g_assert_no_error(e);
	g_assert_cmpint(db_next(d, s, &e), ==, 1);
	g_assert_cmpstr(db_text(s, 0), ==, "text");
	g_assert_cmpint(db_i64(s, 1), ==, G_MININT64);
	g_assert_cmpint(db_i64(s, 2), ==, G_MAXINT64);
	g_assert_null(db_text(s, 3));
	g_assert_null(db_text(s, 4));
	g_assert_cmpstr(db_text(s, 5), ==, "610062");
	g_assert_cmpstr(db_text(s, 6), ==, "blob");
	g_assert_cmpstr(db_text(s, 7), ==, "null");
	g_assert_cmpint(db_next(d, s, &e), ==, 0);
}

static void
arguments_that_do_not_fit_are_a_bug(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) few = NULL, many = NULL, big = NULL, odd = NULL;

	(void)unused;
	g_assert_null(db_query(d, &few, "SELECT ?, ?", "i", (gint64)1));
	g_assert_true(fail_is(few, FAIL_BUG));
	g_assert_null(db_query(d, &many, "SELECT 1", "i", (gint64)1));
	g_assert_true(fail_is(many, FAIL_BUG));
	g_assert_null(db_query(d, &big, "SELECT ?+1", "u", (guint64)G_MAXINT64 + 1));
	g_assert_true(fail_is(big, FAIL_BUG));
	g_assert_null(db_query(d, &odd, "SELECT ?+2", "x", 1));
	g_assert_true(fail_is(odd, FAIL_BUG));
}

static void
wrong_sql_is_a_bug_and_quoted(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL, e2 = NULL, e3 = NULL, e4 = NULL;

	(void)unused;
	g_assert_null(db_query(d, &e, "SELECT nonsense FROM t", ""));
	g_assert_true(fail_is(e, FAIL_BUG));
	g_assert_nonnull(strstr(e->message, "no such column: nonsense"));
	g_assert_nonnull(strstr(e->message, "SELECT nonsense FROM t"));
	g_assert_nonnull(strstr(e->message, r->path));
	g_assert_null(db_query(d, &e2, "SELECT 1; SELECT 2", ""));
	g_assert_true(fail_is(e2, FAIL_BUG));
	g_assert_null(db_query(d, &e3, "", ""));
	g_assert_true(fail_is(e3, FAIL_BUG));
	g_assert_false(db_run(d, &e4, "SELECT 3", ""));
	g_assert_true(fail_is(e4, FAIL_BUG));
}

static void
a_broken_constraint_is_a_bug(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) twice = NULL, orphan = NULL;

	(void)unused;
	add(d, "x");
	g_assert_cmpint(db_changes(d), ==, 1);
	g_assert_cmpint(db_last_id(d), ==, 1);
	g_assert_false(db_run(d, &twice, "INSERT INTO t (name) VALUES (?)", "s", "x"));
	g_assert_true(fail_is(twice, FAIL_BUG));
	g_assert_false(db_run(d, &orphan, "INSERT INTO child (t) VALUES (99)", ""));
	g_assert_true(fail_is(orphan, FAIL_BUG));
	g_assert_cmpint(count(d), ==, 1);
}

static void
a_statement_is_used_again_with_fresh_bindings(room *r, gconstpointer unused)
{
	static const char sql[] = "SELECT name FROM t WHERE name > ? ORDER BY name";
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	add(d, "a");
	add(d, "b");
	db_stmt *s = db_query(d, &e, sql, "s", "");
	g_assert_cmpint(db_next(d, s, &e), ==, 1);
	g_assert_cmpstr(db_text(s, 0), ==, "a");
	g_assert_true(db_query(d, &e, sql, "s", "a") == s);
	g_assert_cmpint(db_next(d, s, &e), ==, 1);
	g_assert_cmpstr(db_text(s, 0), ==, "b");
	g_assert_true(db_query(d, &e, sql, "s", NULL) == s);
	g_assert_cmpint(db_next(d, s, &e), ==, 0);
	g_assert_no_error(e);
}

static void
a_step_behind_the_end_is_a_bug(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	db_stmt *s = db_query(d, &e, "SELECT 1", "");
	g_assert_cmpint(db_next(d, s, &e), ==, 1);
	g_assert_cmpint(db_next(d, s, &e), ==, 0);
	g_assert_cmpint(db_next(d, s, &e), ==, -1);
	g_assert_true(fail_is(e, FAIL_BUG));
}

static void
a_number_that_is_not_there_is_left_alone(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	gint64 n = 7;

	(void)unused;
	g_assert_true(db_get_i64(d, &n, NULL, "SELECT id FROM t WHERE name = ?", "s", "none"));
	g_assert_cmpint(n, ==, 7);
	add(d, "x");
	g_assert_true(db_get_i64(d, &n, NULL, "SELECT id FROM t WHERE name = ?", "s", "x"));
	g_assert_cmpint(n, ==, 1);
}

static void
a_transaction_holds_or_vanishes(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);

	(void)unused;
	g_assert_true(db_begin(d, NULL));
	g_assert_true(db_in_transaction(d));
	add(d, "a");
	g_assert_true(db_commit(d, NULL));
	g_assert_false(db_in_transaction(d));
	g_assert_true(db_begin(d, NULL));
	add(d, "b");
	db_rollback(d);
	db_rollback(d);
	g_assert_cmpint(count(d), ==, 1);
	g_assert_true(db_begin(d, NULL));
	add(d, "c");
	g_clear_pointer(&d, db_close);
	d = open_ok(r, one);
	g_assert_cmpint(count(d), ==, 1);
	db_close(NULL);
}

static void
transactions_do_not_nest(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(db_begin(d, NULL));
	g_assert_false(db_begin(d, &e));
	g_assert_true(fail_is(e, FAIL_BUG));
	g_assert_true(db_in_transaction(d));
	db_rollback(d);
}

/* The row is read and the statement left open, as a caller does who wants one row only. */
static void
an_open_statement_does_not_keep_us_from_writing(room *r, gconstpointer unused)
{
	g_autoptr(db) reader = open_ok(r, one), writer = open_ok(r, one);
	g_autoptr(GError) e = NULL, ended = NULL;

	(void)unused;
	add(writer, "a");
	add(writer, "b");
	db_stmt *s = db_query(reader, &e, "SELECT name FROM t", "");
	g_assert_cmpint(db_next(reader, s, &e), ==, 1);
	add(writer, "c");
	g_assert_true(db_begin(reader, &e));
	g_assert_no_error(e);
	add(reader, "d");
	g_assert_true(db_commit(reader, &e));
	g_assert_cmpint(count(writer), ==, 4);
	g_assert_cmpint(db_next(reader, s, &ended), ==, -1);
	g_assert_true(fail_is(ended, FAIL_BUG));
}

static void
a_busy_database_is_tried_again(room *r, gconstpointer unused)
{
	g_autoptr(db) a = open_ok(r, one), b = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(db_exec(b, "PRAGMA busy_timeout = 10", NULL));
	g_assert_true(db_begin(a, NULL));
	g_assert_false(db_begin(b, &e));
	g_assert_true(fail_is(e, FAIL_RETRY));
	db_rollback(a);
	g_assert_true(db_begin(b, NULL));
	db_rollback(b);
}

static void
a_commit_that_fails_is_rolled_back(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL, e2 = NULL;

	(void)unused;
	fault_arm("db-commit", 1, FAULT_FAIL);
	g_assert_true(db_begin(d, NULL));
	add(d, "x");
	g_assert_false(db_commit(d, &e));
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_false(db_in_transaction(d));
	g_assert_cmpint(count(d), ==, 0);
	fault_arm("db-begin", 1, FAULT_FAIL);
	g_assert_false(db_begin(d, &e2));
	g_assert_false(db_in_transaction(d));
}

/* A failed read was taken for "there is none"; what was done by that must not be kept. */
static void
a_failure_that_nobody_heard_is_told_before_the_commit(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;
	gint64 n = 0;

	(void)unused;
	g_assert_true(db_begin(d, NULL));
	add(d, "x");
	fault_arm("db-query", 1, FAULT_FAIL);
	g_assert_false(db_get_i64(d, &n, NULL, "SELECT count(*) FROM t", ""));
	g_assert_false(db_commit(d, &e));
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_cmpint(count(d), ==, 0);
	/* Told once. */
	g_assert_true(db_begin(d, NULL));
	add(d, "y");
	g_assert_true(db_commit(d, NULL));
	g_assert_cmpint(count(d), ==, 1);
}

static void
what_was_done_by_a_failed_read_elsewhere_is_not_kept(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(db_begin(d, NULL));
	add(d, "x");
	db_doubt(d, g_error_new(FAIL, FAIL_RETRY, "the tracker is away"));
	db_doubt(d, g_error_new(FAIL, FAIL_RETRY, "and still is"));
	g_assert_false(db_commit(d, &e));
	g_assert_cmpstr(e->message, ==, "the tracker is away");
	g_assert_cmpint(count(d), ==, 0);
}

static void
what_was_committed_survives_a_kill(room *r, gconstpointer unused)
{
	int status;

	(void)unused;
	db_close(open_ok(r, one));
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		db *d = db_open(r->path, one, NULL);

		fault_arm("db-commit", 2, FAULT_DIE);
		for (int i = 0; i < 2; i++) {
			if (!db_begin(d, NULL) ||
			    !db_run(d, NULL, "INSERT INTO t (name) VALUES (NULL)", "") ||
			    !db_commit(d, NULL))
				_exit(1);
		}
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
	g_autoptr(db) d = open_ok(r, one);
	g_assert_cmpint(count(d), ==, 1);
}

static void
a_full_database_is_tried_again(room *r, gconstpointer unused)
{
	g_autoptr(db) d = open_ok(r, one);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_cmpint(pragma(d, "PRAGMA max_page_count = 1"), >, 0);
	g_assert_false(db_run(d, &e, "INSERT INTO t (data) VALUES (zeroblob(100000))", ""));
	g_assert_true(fail_is(e, FAIL_RETRY));
	g_assert_nonnull(strstr(e->message, "full"));
	g_assert_nonnull(strstr(e->message, r->path));
}

static void
what_is_no_database_is_the_operators(room *r, gconstpointer unused)
{
	g_autofree char *junk = g_strnfill(8192, 'x');
	g_autoptr(GError) e = NULL, e2 = NULL;

	(void)unused;
	g_assert_true(g_file_set_contents(r->path, junk, -1, NULL));
	g_assert_null(db_open(r->path, one, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
	g_assert_null(db_open_readonly(r->path, one, &e2));
	g_assert_true(fail_is(e2, FAIL_CONFIG));
}

#define ADD(name) g_test_add("/db/" #name, room, NULL, room_open, name, room_close)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(a_new_database_is_set_up_as_promised);
	ADD(its_files_are_private);
	ADD(a_symbolic_link_is_refused);
	ADD(a_linked_directory_is_followed);
	ADD(every_kind_of_value_is_bound);
	ADD(arguments_that_do_not_fit_are_a_bug);
	ADD(wrong_sql_is_a_bug_and_quoted);
	ADD(a_broken_constraint_is_a_bug);
	ADD(a_statement_is_used_again_with_fresh_bindings);
	ADD(a_step_behind_the_end_is_a_bug);
	ADD(a_number_that_is_not_there_is_left_alone);
	ADD(a_transaction_holds_or_vanishes);
	ADD(transactions_do_not_nest);
	ADD(an_open_statement_does_not_keep_us_from_writing);
	ADD(a_busy_database_is_tried_again);
	ADD(a_commit_that_fails_is_rolled_back);
	ADD(a_failure_that_nobody_heard_is_told_before_the_commit);
	ADD(what_was_done_by_a_failed_read_elsewhere_is_not_kept);
	ADD(what_was_committed_survives_a_kill);
	ADD(a_full_database_is_tried_again);
	ADD(what_is_no_database_is_the_operators);
	return g_test_run();
}
