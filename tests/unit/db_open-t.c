#include "base/db.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

static const char *const one[] = {
	"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
	NULL,
};

static const char *const three[] = {
	"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
	"ALTER TABLE t ADD COLUMN extra TEXT NOT NULL DEFAULT 'new'",
	"CREATE TABLE more (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id))",
	NULL,
};

typedef struct {
	char *dir;
	char *path;
	char *copy; /* what an update from one to three leaves */
} room;

static void
room_open(room *r, gconstpointer unused)
{
	(void)unused;
	r->dir = g_dir_make_tmp("handsel-db-XXXXXX", NULL);
	g_assert_nonnull(r->dir);
	r->path = g_build_filename(r->dir, "state.db", NULL);
	r->copy = g_build_filename(r->dir, "state.db.before-v3", NULL);
}

static void
room_close(room *r, gconstpointer unused)
{
	(void)unused;
	fault_disarm();
	g_assert_true(fsio_remove_tree(r->dir, NULL));
	g_free(r->copy);
	g_free(r->path);
	g_free(r->dir);
}

static void
make_old(const room *r)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(db) d = db_open(r->path, one, &e);

	g_assert_no_error(e);
	g_assert_true(db_run(d, NULL, "INSERT INTO t (id, name) VALUES (5, 'kept')", ""));
}

static gint64
number(db *d, const char *sql)
{
	g_autoptr(GError) e = NULL;
	gint64 n = -1;

	db_get_i64(d, &n, &e, sql, "");
	g_assert_no_error(e);
	return n;
}

static guint
names(const room *r)
{
	int dir = fsio_open_dir(r->dir, NULL);
	g_autoptr(GPtrArray) list = fsio_list(dir, 100, NULL);

	close(dir);
	return list->len;
}

static void
an_old_database_is_copied_and_brought_up_to_date(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;
	struct stat st;

	(void)unused;
	make_old(r);
	g_autoptr(db) d = db_open(r->path, three, &e);
	g_assert_no_error(e);
	g_assert_cmpint(number(d, "PRAGMA user_version"), ==, 3);
	g_assert_cmpint(number(d, "SELECT count(*) FROM t WHERE extra = 'new' AND id = 5"), ==, 1);
	g_assert_cmpint(number(d, "SELECT count(*) FROM more"), ==, 0);
	g_assert_cmpint(lstat(r->copy, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	g_clear_pointer(&d, db_close);
	g_assert_cmpuint(names(r), ==, 2);
	g_autoptr(db) old = db_open(r->copy, one, &e);
	g_assert_no_error(e);
	g_assert_cmpint(number(old, "SELECT count(*) FROM t WHERE id = 5"), ==, 1);
}

static void
a_copy_has_what_only_the_log_holds_yet(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;
	/* The other connection keeps the log from being folded into the file. */
	g_autoptr(db) other = db_open(r->path, one, &e);

	(void)unused;
	g_assert_true(db_run(other, &e, "INSERT INTO t (id) VALUES (9)", ""));
	g_autoptr(db) d = db_open(r->path, three, &e);
	g_assert_no_error(e);
	g_autoptr(db) old = db_open_readonly(r->copy, one, &e);
	g_assert_no_error(e);
	g_assert_cmpint(number(old, "SELECT count(*) FROM t WHERE id = 9"), ==, 1);
}

static void
nothing_is_copied_where_nothing_changes(room *r, gconstpointer unused)
{
	(void)unused;
	db_close(db_open(r->path, three, NULL));
	db_close(db_open(r->path, three, NULL));
	g_assert_cmpuint(names(r), ==, 1);
}

static void
a_newer_database_is_refused_untouched(room *r, gconstpointer unused)
{
	g_autoptr(GError) e = NULL, e2 = NULL;

	(void)unused;
	db_close(db_open(r->path, three, NULL));
	g_assert_null(db_open(r->path, one, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
	g_assert_nonnull(strstr(e->message, "version 3"));
	g_assert_null(db_open_readonly(r->path, one, &e2));
	g_assert_true(fail_is(e2, FAIL_CONFIG));
	g_autoptr(db) d = db_open(r->path, three, NULL);
	g_assert_cmpint(number(d, "PRAGMA user_version"), ==, 3);
}

static void
an_update_that_fails_changes_nothing(room *r, gconstpointer unused)
{
	static const char *const broken[] = {
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
		"ALTER TABLE t ADD COLUMN extra TEXT",
		"CREATE TABLE nonsense (",
		NULL,
	};
	static const char *const orphaned[] = {
		"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TABLE c (t INTEGER REFERENCES t (id)); INSERT INTO c VALUES (77)",
		NULL,
	};
	g_autoptr(GError) e = NULL, e2 = NULL;

	(void)unused;
	make_old(r);
	g_assert_null(db_open(r->path, broken, &e));
	g_assert_true(fail_is(e, FAIL_BUG));
	g_assert_null(db_open(r->path, orphaned, &e2));
	g_assert_true(fail_is(e2, FAIL_BUG));
	g_assert_nonnull(strstr(e2->message, "breaks 1 references"));
	g_autoptr(db) d = db_open(r->path, one, NULL);
	g_assert_nonnull(d);
	g_assert_cmpint(number(d, "SELECT count(*) FROM pragma_table_info('t')"), ==, 2);
}

static void
an_update_stopped_anywhere_starts_again(room *r, gconstpointer unused)
{
	g_autoptr(GError) done = NULL;
	guint n = 0, updated = 0;

	(void)unused;
	make_old(r);
	for (;;) {
		g_autoptr(GError) e = NULL;

		fault_arm(NULL, ++n, FAULT_FAIL);
		g_autoptr(db) d = db_open(r->path, three, &e);
		fault_disarm();
		if (d != NULL)
			break;
		g_assert_true(fail_is(e, FAIL_RETRY));
		g_clear_pointer(&d, db_close);
		g_autoptr(db) old = db_open(r->path, one, &done);
		g_assert_cmpuint(updated, ==, 0);
		updated += old == NULL;
		/* What came behind the commit failed. */
		g_assert_true(old != NULL || fail_is(done, FAIL_CONFIG));
		g_assert_true(old == NULL || number(old, "SELECT count(*) FROM t") == 1);
	}
	g_assert_cmpuint(n, >, 5);
	g_assert_cmpuint(names(r), ==, 2);
}

static void
a_reader_makes_and_changes_nothing(room *r, gconstpointer unused)
{
	g_autoptr(GError) none = NULL, old = NULL, write = NULL, e = NULL;

	(void)unused;
	g_assert_null(db_open_readonly(r->path, one, &none));
	g_assert_true(fail_is(none, FAIL_CONFIG));
	g_assert_cmpuint(names(r), ==, 0);
	make_old(r);
	g_assert_null(db_open_readonly(r->path, three, &old));
	g_assert_true(fail_is(old, FAIL_CONFIG));
	g_autoptr(db) d = db_open_readonly(r->path, one, &e);
	g_assert_no_error(e);
	g_assert_cmpint(number(d, "SELECT count(*) FROM t"), ==, 1);
	g_assert_false(db_run(d, &write, "DELETE FROM t", ""));
	g_assert_true(fail_is(write, FAIL_CONFIG));
}

static void
a_reader_sees_what_a_writer_commits(room *r, gconstpointer unused)
{
	make_old(r);
	g_autoptr(db) writer = db_open(r->path, one, NULL);
	g_autoptr(db) reader = db_open_readonly(r->path, one, NULL);

	(void)unused;
	g_assert_true(db_begin(writer, NULL));
	g_assert_true(db_run(writer, NULL, "INSERT INTO t (name) VALUES ('x')", ""));
	g_assert_cmpint(number(reader, "SELECT count(*) FROM t"), ==, 1);
	g_assert_true(db_commit(writer, NULL));
	g_assert_cmpint(number(reader, "SELECT count(*) FROM t"), ==, 2);
}

static void
a_directory_that_is_missing_is_an_error(room *r, gconstpointer unused)
{
	g_autofree char *path = g_build_filename(r->dir, "none", "state.db", NULL);
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_null(db_open(path, one, &e));
	g_assert_nonnull(strstr(e->message, path));
}

/* Opens it by OPEN after FILE has been opened to others: refused, and FILE is as it was. */
static void
check_refused(const room *r, const char *file,
	      db *open(const char *, const char *const *, GError **))
{
	g_autoptr(GError) e = NULL;
	struct stat st;

	g_assert_cmpint(chmod(file, 0640), ==, 0);
	g_assert_null(open(r->path, one, &e));
	g_assert_true(fail_is(e, FAIL_CONFIG));
	g_assert_nonnull(strstr(e->message, "chmod 600"));
	g_assert_nonnull(strstr(e->message, file));
	g_assert_cmpint(stat(file, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 07777, ==, 0640);
	g_assert_cmpint(chmod(file, 0600), ==, 0);
}

static void
files_that_others_may_read_are_refused(room *r, gconstpointer unused)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	(void)unused;
	make_old(r);
	g_autoptr(db) d = db_open(r->path, one, NULL);
	g_assert_cmpint(number(d, "SELECT count(*) FROM t"), ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(r->path, ends[i], NULL);

		check_refused(r, file, db_open);
		check_refused(r, file, db_open_readonly);
	}
	g_autoptr(db) again = db_open(r->path, one, NULL);
	g_assert_nonnull(again);
}

#define ADD(name) g_test_add("/db_open/" #name, room, NULL, room_open, name, room_close)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(an_old_database_is_copied_and_brought_up_to_date);
	ADD(a_copy_has_what_only_the_log_holds_yet);
	ADD(nothing_is_copied_where_nothing_changes);
	ADD(a_newer_database_is_refused_untouched);
	ADD(an_update_that_fails_changes_nothing);
	ADD(an_update_stopped_anywhere_starts_again);
	ADD(a_reader_makes_and_changes_nothing);
	ADD(a_reader_sees_what_a_writer_commits);
	ADD(a_directory_that_is_missing_is_an_error);
	ADD(files_that_others_may_read_are_refused);
	return g_test_run();
}
