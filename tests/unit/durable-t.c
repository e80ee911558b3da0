/*
 * What reaches the disk, and in which order.  The functions of the C library that are defined here
 * take the place of its own and write down who calls them.
 */
#include "gateway_kit.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fsio.h"

#define PATH_LEN 4096

int fsync(int fd);
int fdatasync(int fd);
int unlinkat(int dir, const char *name, int flags);
int renameat(int from_dir, const char *from, int to_dir, const char *to);
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);

static GString *done; /* "sync NAME, name NEW, gone NAME"; NULL: nobody looks */

/* What files are called here: not by names that are drawn. */
static const char *
shown(const char *name)
{
	static const struct {
		const char *prefix, *suffix, *shown;
	} names[] = {{".tmp-", "", ".tmp"},
		     {".handsel-", "", ".handsel"},
		     {"plain-", "", "plain"},
		     {"", ".zip.gpg", "envelope"},
		     {"", "state.db-wal", "commit"}};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(name, names[i].prefix) &&
		    g_str_has_suffix(name, names[i].suffix))
			return names[i].shown;
	return name;
}

static void
note(const char *what, const char *name)
{
	g_string_append_printf(done, "%s%s %s", done->len > 0 ? ", " : "", what, shown(name));
}

int
fsync(int fd)
{
	g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
	char path[PATH_LEN] = "";

	if (done != NULL && readlink(link, path, sizeof path - 1) > 0) {
		g_autofree char *name = g_path_get_basename(path);
		note("sync", name);
	}
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (done != NULL)
		note("name", to);
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

/* Only of envelopes: temporaries come and go. */
int
unlinkat(int dir, const char *name, int flags)
{
	if (done != NULL && g_str_has_suffix(name, ".zip.gpg"))
		note("gone", name);
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

static void
begin(void)
{
	done = g_string_new(NULL);
}

static void
assert_done(const char *expected)
{
	g_autofree char *text = g_string_free(g_steal_pointer(&done), FALSE);

	g_assert_cmpstr(text, ==, expected);
}

typedef struct {
	char *path;
	int dir;
} room;

static void
room_open(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *outer = g_dir_make_tmp("handsel-durable-XXXXXX", NULL);

	g_assert_nonnull(outer);
	r->path = g_build_filename(outer, "room", NULL);
	g_assert_true(fsio_mkdirs(r->path, 0700, NULL));
	r->dir = fsio_open_dir(r->path, NULL);
	g_assert_cmpint(r->dir, >=, 0);
}

static void
room_close(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *outer = g_path_get_dirname(r->path);

	close(r->dir);
	g_assert_true(fsio_remove_tree(outer, NULL));
	g_free(r->path);
}

static void
bytes_are_there_before_their_name(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	begin();
	g_assert_true(fsio_store(r->dir, "file", "text", 4, 0600, NULL));
	assert_done("sync .tmp, name file, sync room");
}

static void
a_new_name_is_there_before_the_old_one_goes(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *path = g_build_filename(r->path, "sub", NULL);

	g_assert_true(fsio_store(r->dir, "file", "text", 4, 0600, NULL));
	g_assert_true(fsio_mkdirs(path, 0700, NULL));
	int sub = fsio_open_dir(path, NULL);
	begin();
	g_assert_true(fsio_rename(r->dir, "file", sub, "moved", FSIO_SYNC, NULL));
	assert_done("name moved, sync sub, sync room");
	close(sub);
}

static void
a_directory_is_there_before_what_is_put_into_it(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *path = g_build_filename(r->path, "one", "two", NULL);

	begin();
	g_assert_true(fsio_mkdirs(path, 0700, NULL));
	assert_done("sync room, sync one");
}

static void
place(spool *s, spool_dir dir, const char *name)
{
	g_autofree char *tmp = NULL;
	int fd = fsio_tmp(spool_fd(s, SPOOL_TMP), &tmp, NULL);

	g_assert_true(fsio_write_all(fd, "text", 4, NULL));
	close(fd);
	g_assert_true(spool_place(s, tmp, dir, name, NULL));
}

static void
an_envelope_is_there_before_its_name(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(spool) s = spool_open(r->path, TRUE, NULL);

	begin();
	place(s, SPOOL_OUTBOX, "envelope");
	assert_done("sync .tmp, name envelope");
}

static void
names_of_envelopes_are_there_after_a_flush(room *r, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(spool) s = spool_open(r->path, TRUE, NULL);

	place(s, SPOOL_INBOX, "one");
	place(s, SPOOL_INBOX, "two");
	place(s, SPOOL_OUTBOX, "ours");
	begin();
	g_assert_true(spool_flush(s, NULL));
	assert_done("sync outbox, sync inbox");
	begin();
	g_assert_true(spool_flush(s, NULL));
	assert_done("");
}

/* All of FIRST, one after the other, and only then THEN. */
static void
assert_order(const char *first, const char *then)
{
	g_autofree char *text = g_string_free(g_steal_pointer(&done), FALSE);
	const char *at = strstr(text, first);

	g_test_message("%s", text);
	g_assert_nonnull(at);
	g_assert_true(strstr(text, then) == strstr(at + strlen(first), then));
	g_assert_nonnull(strstr(at, then));
}

static void
our_number_is_there_before_it_is_offered(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *id = kit_new(k, ANNA, "Pump");

	begin();
	kit_pass(k, ANNA);
	assert_order("sync .tmp, name envelope, sync outbox, sync commit",
		     "sync .handsel, name envelope, sync SEND");
}

static void
their_number_is_there_before_it_is_counted_and_removed(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *id = kit_new(k, ANNA, "Pump");

	kit_pass(k, ANNA);
	kit_carry(k, ANNA);
	begin();
	kit_pass(k, BERT);
	assert_order("sync .tmp, name envelope, name plain, sync inbox, sync commit",
		     "gone envelope");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add("/durable/" #name, room, NULL, room_open, name, room_close)
	ADD(bytes_are_there_before_their_name);
	ADD(a_new_name_is_there_before_the_old_one_goes);
	ADD(a_directory_is_there_before_what_is_put_into_it);
	ADD(an_envelope_is_there_before_its_name);
	ADD(names_of_envelopes_are_there_after_a_flush);
#undef ADD
#define ADD(name) g_test_add("/durable/" #name, kit, NULL, kit_set_up, name, kit_tear_down)
	ADD(our_number_is_there_before_it_is_offered);
	ADD(their_number_is_there_before_it_is_counted_and_removed);
#undef ADD
	return g_test_run();
}
