#include "store/store.h"

#include "base/fsio.h"

typedef struct {
	char *dir;
	store *store;
} room;

static void
room_open(room *r, gconstpointer unused)
{
	(void)unused;
	r->dir = g_dir_make_tmp("handsel-store-XXXXXX", NULL);
	g_assert_nonnull(r->dir);
	r->store = store_open(r->dir, TRUE, NULL);
	g_assert_nonnull(r->store);
}

static void
room_close(room *r, gconstpointer unused)
{
	(void)unused;
	store_close(r->store);
	g_assert_true(fsio_remove_tree(r->dir, NULL));
	g_free(r->dir);
}

static gboolean
has(room *r, const char *key)
{
	g_autofree char *value = store_get(r->store, key);

	return value != NULL;
}

static void
test_expire(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_true(store_put_u64(r->store, "want.a", 100, NULL));
	g_assert_true(store_put_u64(r->store, "want.b", 200, NULL));
	g_assert_true(store_put(r->store, "want.c", "1", NULL));
	g_assert_true(store_put_u64(r->store, "wanted", 1, NULL));
	g_assert_true(store_put_u64(r->store, "missing.a", 100, NULL));
	g_assert_true(store_expire(r->store, "want.", 200, NULL));
	g_assert_false(has(r, "want.a"));
	g_assert_true(has(r, "want.b"));
	g_assert_false(has(r, "want.c"));
	g_assert_true(has(r, "wanted"));
	g_assert_true(has(r, "missing.a"));
}

static guint64
waiting(room *r)
{
	guint64 count = 99;

	g_assert_true(store_count_braked(r->store, &count, NULL));
	return count;
}

static void
test_brake(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_false(store_any_braked(r->store));
	g_assert_true(store_brake(r->store, "a", "deleted", NULL));
	g_assert_true(store_brake(r->store, "b", "deleted", NULL));
	g_assert_cmpuint(waiting(r), ==, 2);
	g_assert_true(store_is_braked(r->store, "a"));
	g_assert_false(store_is_released(r->store, "a", "deleted"));
	g_assert_true(store_release_braked(r->store, NULL));
	g_assert_cmpuint(waiting(r), ==, 0);
	g_assert_true(store_any_braked(r->store));
	g_assert_true(store_is_released(r->store, "a", "deleted"));
	g_assert_false(store_is_released(r->store, "a", "emptied: due"));
}

static void
test_brake_again(room *r, gconstpointer unused)
{
	(void)unused;
	g_assert_true(store_brake(r->store, "a", "emptied: due, state", NULL));
	g_assert_true(store_release_braked(r->store, NULL));
	g_assert_true(store_brake(r->store, "a", "emptied: due, state", NULL));
	g_assert_cmpuint(waiting(r), ==, 0);
	g_assert_true(store_brake(r->store, "a", "deleted", NULL));
	g_assert_cmpuint(waiting(r), ==, 1);
	g_assert_true(store_unbrake(r->store, "a", NULL));
	g_assert_false(store_any_braked(r->store));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/store/only_what_is_old_and_so_called_expires", room, NULL, room_open,
		   test_expire, room_close);
	g_test_add("/store/a_yes_is_for_what_waited", room, NULL, room_open, test_brake,
		   room_close);
	g_test_add("/store/another_loss_of_an_item_waits_anew", room, NULL, room_open,
		   test_brake_again, room_close);
	return g_test_run();
}
