#include "pgp/ring.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

typedef struct {
	char *path;
	int dir;
} home;

static void
put(const home *h, const char *name, const char *text)
{
	g_autoptr(GError) e = NULL;

	fsio_store(h->dir, name, text, strlen(text), 0600, &e);
	g_assert_no_error(e);
}

static void
assert_holds(const home *h, const char *name, const char *want)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *got = fsio_read(h->dir, name, 1 << 20, NULL, &e);

	g_assert_no_error(e);
	g_assert_cmpstr(got, ==, want);
}

static guint
count(const home *h)
{
	g_autoptr(GPtrArray) names = fsio_list(h->dir, 100, NULL);

	return names->len;
}

static void
home_open(home *h, gconstpointer unused)
{
	(void)unused;
	h->path = g_dir_make_tmp("handsel-ring-XXXXXX", NULL);
	g_assert_nonnull(h->path);
	h->dir = fsio_open_dir(h->path, NULL);
	g_assert_cmpint(h->dir, >=, 0);
	put(h, "pubring.kbx", "one key");
}

static void
home_close(home *h, gconstpointer unused)
{
	(void)unused;
	fault_disarm();
	close(h->dir);
	fsio_remove_tree(h->path, NULL);
	g_free(h->path);
}

static void
a_change_that_is_settled_stays(home *h, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(ring_guard(h->path, &e));
	put(h, "pubring.kbx", "two keys");
	g_assert_true(ring_settle(h->path, &e));
	g_assert_true(ring_recover(h->path, &e));
	g_assert_no_error(e);
	assert_holds(h, "pubring.kbx", "two keys");
	g_assert_cmpuint(count(h), ==, 1);
}

static void
a_change_that_is_cut_off_is_undone(home *h, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(ring_guard(h->path, &e));
	/* As a power cut leaves what was renamed before its bytes were synced. */
	put(h, "pubring.kbx", "");
	g_assert_true(ring_recover(h->path, &e));
	g_assert_no_error(e);
	assert_holds(h, "pubring.kbx", "one key");
	g_assert_cmpuint(count(h), ==, 1);
}

static void
the_first_key_needs_no_guard(home *h, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;

	(void)unused;
	g_assert_true(fsio_remove(h->dir, "pubring.kbx", &e));
	g_assert_true(ring_guard(h->path, &e));
	put(h, "pubring.kbx", "the first key");
	g_assert_true(ring_settle(h->path, &e));
	g_assert_true(ring_recover(h->path, &e));
	g_assert_no_error(e);
	assert_holds(h, "pubring.kbx", "the first key");
}

/* Whatever fails, the ring is as it was before or after, and a second try succeeds. */
static void
each_failure_leaves_a_whole_ring(home *h, gconstpointer unused)
{
	guint nth = 0;
	gboolean ok = FALSE;

	(void)unused;
	while (!ok) {
		fault_arm(NULL, ++nth, FAULT_FAIL);
		ok = ring_guard(h->path, NULL);
		if (ok) {
			fault_disarm();
			put(h, "pubring.kbx", "two keys");
			fault_arm(NULL, nth, FAULT_FAIL);
			ok = ring_settle(h->path, NULL);
		}
		fault_disarm();
		g_autofree char *now = fsio_read(h->dir, "pubring.kbx", 100, NULL, NULL);
		g_assert_true(g_str_equal(now, "one key") || g_str_equal(now, "two keys"));
	}
	g_assert_cmpuint(nth, >=, 8);
	g_assert_true(ring_recover(h->path, NULL));
	assert_holds(h, "pubring.kbx", "two keys");
}

static guint synced;

static void
count_syncs(const char *point, gboolean leaves)
{
	synced += leaves && g_str_equal(point, "fsync");
}

/* A socket as an agent has it, links, secret keys in a directory of their own. */
static void
all_that_gpg_wrote_is_synced(home *h, gconstpointer unused)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *secret = g_build_filename(h->path, "private", NULL);
	g_autofree char *key = g_build_filename(secret, "key", NULL);

	(void)unused;
	g_assert_true(fsio_mkdirs(secret, 0700, &e));
	g_assert_true(fsio_store(AT_FDCWD, key, "k", 1, 0600, &e));
	g_assert_cmpint(mknodat(h->dir, "agent", S_IFSOCK | 0600, 0), ==, 0);
	g_assert_cmpint(symlinkat("nowhere", h->dir, "link"), ==, 0);
	synced = 0;
	fault_watch(count_syncs);
	g_assert_true(fsio_sync_tree(h->path, &e));
	fault_watch(NULL);
	g_assert_no_error(e);
	/* Two files, the directory, and the home itself. */
	g_assert_cmpuint(synced, ==, 4);
	fault_arm("fsync", 3, FAULT_FAIL);
	g_assert_false(fsio_sync_tree(h->path, &e));
	g_assert_true(fail_is(e, FAIL_RETRY));
}

#define ADD(name) g_test_add("/ring/" #name, home, NULL, home_open, name, home_close)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD(a_change_that_is_settled_stays);
	ADD(a_change_that_is_cut_off_is_undone);
	ADD(the_first_key_needs_no_guard);
	ADD(each_failure_leaves_a_whole_ring);
	ADD(all_that_gpg_wrote_is_synced);
	return g_test_run();
}
