#include "spool/parts.h"

#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"

#define SIZE  1000
#define LIMIT 300

typedef struct {
	char *path;
	spool *s;
	int fd; /* the whole */
	char bytes[SIZE];
	envelope_name whole;
} place;

static place
place_new(void)
{
	place p = {.path = g_dir_make_tmp("handsel-XXXXXX", NULL),
		   .whole = {.link = "01j9x4ab", .role = 'm', .number = 17}};
	g_autofree char *file = g_build_filename(p.path, "whole", NULL);

	for (gsize i = 0; i < SIZE; i++)
		p.bytes[i] = (char)g_test_rand_int();
	p.s = spool_open(p.path, TRUE, NULL);
	g_assert_true(fsio_store(AT_FDCWD, file, p.bytes, SIZE, 0600, NULL));
	p.fd = fsio_open_own(AT_FDCWD, file, NULL);
	g_autofree char *sha = fsio_sha(p.fd, NULL, NULL);
	g_strlcpy(p.whole.hash, sha, sizeof p.whole.hash);
	return p;
}

static void
place_free(place *p)
{
	close(p->fd);
	spool_close(p->s);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_free)

/* Cuts part I of LIMIT bytes and adds it; the tmp file of the whole or NULL, caller frees. */
static char *
carry(const place *p, guint64 limit, guint i, GError **error)
{
	g_autofree char *tmp = NULL, *name = NULL;
	char *whole = NULL;
	envelope_name part;

	g_assert_true(parts_cut(p->s, p->fd, SIZE, limit, &p->whole, i, &tmp, &name, NULL));
	g_assert_true(name_find(name, p->whole.link, p->whole.role, &part));
	gboolean ok = parts_add(p->s, &part, tmp, &whole, error);
	g_assert_true(ok || whole == NULL);
	return whole;
}

static void
counts_are_rounded_up(void)
{
	g_assert_cmpuint(parts_count(0, 10), ==, 1);
	g_assert_cmpuint(parts_count(10, 10), ==, 1);
	g_assert_cmpuint(parts_count(11, 10), ==, 2);
	g_assert_cmpuint(parts_count(G_MAXUINT64, 1), ==, G_MAXUINT);
}

static void
parts_in_any_order_make_the_whole(void)
{
	static const guint orders[][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}};

	for (gsize o = 0; o < G_N_ELEMENTS(orders); o++) {
		g_auto(place) p = place_new();
		guint of;

		for (guint i = 0; i < 3; i++) {
			g_assert_null(carry(&p, LIMIT, orders[o][i], NULL));
			/* A part that comes twice counts once. */
			g_assert_null(carry(&p, LIMIT, orders[o][i], NULL));
			g_assert_cmpuint(parts_have(p.s, &p.whole, &of), ==, i + 1);
			g_assert_cmpuint(of, ==, 4);
		}
		g_autofree char *tmp = carry(&p, LIMIT, orders[o][3], NULL);
		g_assert_nonnull(tmp);
		gsize len = 0;
		g_autofree char *bytes = fsio_read(spool_fd(p.s, SPOOL_TMP), tmp, SIZE, &len, NULL);
		g_assert_cmpmem(bytes, len, p.bytes, SIZE);
		g_assert_true(parts_drop(p.s, &p.whole, NULL));
		g_assert_cmpuint(parts_have(p.s, &p.whole, &of), ==, 0);
		g_assert_cmpuint(of, ==, 0);
	}
}

static void
sets_of_another_part_size_do_not_mix(void)
{
	g_auto(place) p = place_new();
	guint of;

	g_assert_null(carry(&p, LIMIT, 1, NULL));
	g_assert_null(carry(&p, LIMIT, 2, NULL));
	g_assert_null(carry(&p, LIMIT, 3, NULL));
	g_assert_null(carry(&p, 500, 2, NULL));
	g_assert_cmpuint(parts_have(p.s, &p.whole, &of), ==, 3);
	g_assert_cmpuint(of, ==, 4);
	g_autofree char *tmp = carry(&p, 500, 1, NULL);
	g_assert_nonnull(tmp);
	g_assert_true(parts_drop(p.s, &p.whole, NULL));
	g_autoptr(GPtrArray) left = spool_names(p.s, SPOOL_PARTS, NULL);
	g_assert_cmpuint(left->len, ==, 0);
}

static void
another_whole_is_left_alone(void)
{
	g_auto(place) p = place_new();
	envelope_name other = p.whole;
	guint of;

	g_assert_null(carry(&p, LIMIT, 1, NULL));
	other.number++;
	g_assert_true(parts_drop(p.s, &other, NULL));
	g_assert_cmpuint(parts_have(p.s, &other, &of), ==, 0);
	g_assert_cmpuint(parts_have(p.s, &p.whole, &of), ==, 1);
}

/* Stores part I as one of envelope NUMBER. */
static void
lay(const place *p, guint64 number, guint i)
{
	g_autofree char *tmp = NULL, *name = NULL;
	envelope_name whole = p->whole;

	whole.number = number;
	g_assert_true(parts_cut(p->s, p->fd, SIZE, LIMIT, &whole, i, &tmp, &name, NULL));
	g_assert_true(spool_place(p->s, tmp, SPOOL_PARTS, name, NULL));
}

static guint
have(const place *p, guint64 number)
{
	envelope_name whole = p->whole;
	guint of;

	whole.number = number;
	return parts_have(p->s, &whole, &of);
}

static void
later_parts_make_room_for_earlier_ones(void)
{
	g_auto(place) p = place_new();
	envelope_name part = p.whole;
	guint64 bytes;
	gboolean fits;

	for (guint i = 1; i <= 2; i++) {
		lay(&p, 18, i);
		lay(&p, 19, i);
	}
	/* All that is needed and no more. */
	g_assert_true(parts_make_room(p.s, &part, LIMIT, 5 * LIMIT, &bytes, &fits, NULL));
	g_assert_true(fits);
	g_assert_cmpuint(bytes, ==, 4 * LIMIT);
	g_assert_true(parts_make_room(p.s, &part, LIMIT, 4 * LIMIT, &bytes, &fits, NULL));
	g_assert_true(fits);
	g_assert_cmpuint(bytes, ==, 3 * LIMIT);
	g_assert_cmpuint(have(&p, 18), ==, 2);
	g_assert_cmpuint(have(&p, 19), ==, 1);
	/* The latest of them waits itself. */
	part.number = 19;
	g_assert_true(parts_make_room(p.s, &part, LIMIT, 3 * LIMIT, &bytes, &fits, NULL));
	g_assert_false(fits);
	g_assert_cmpuint(have(&p, 19), ==, 1);
	/* What has no number is not made to wait by what has one. */
	part.series = 'r';
	part.number = 20;
	g_assert_true(parts_make_room(p.s, &part, LIMIT, LIMIT, &bytes, &fits, NULL));
	g_assert_true(fits);
	g_assert_cmpuint(bytes, ==, 0);
}

/* The last good part comes, but another of its place lies there with bytes of a stranger. */
static void
parts_that_do_not_fit_are_all_dropped(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *tmp = NULL, *none = NULL, *wrong = NULL;
	envelope_name bad = p.whole;
	int fd = fsio_tmp(spool_fd(p.s, SPOOL_TMP), &tmp, NULL);

	close(fd);
	bad.part = 2;
	bad.parts = 4;
	g_strlcpy(bad.part_hash, "e3b0c442", sizeof bad.part_hash);
	g_assert_true(parts_add(p.s, &bad, tmp, &none, &error));
	g_assert_null(carry(&p, LIMIT, 1, NULL));
	g_assert_null(carry(&p, LIMIT, 3, NULL));
	wrong = carry(&p, LIMIT, 4, &error);
	g_assert_null(wrong);
	g_assert_true(fail_is(error, REASON_PARTS));
	g_autoptr(GPtrArray) left = spool_names(p.s, SPOOL_PARTS, NULL);
	g_assert_cmpuint(left->len, ==, 0);
	g_autoptr(GPtrArray) tmps = fsio_list(spool_fd(p.s, SPOOL_TMP), 10, NULL);
	g_assert_cmpuint(tmps->len, ==, 0);
}

static void
the_right_part_takes_the_place_of_a_wrong_one(void)
{
	g_auto(place) p = place_new();
	g_autofree char *tmp = NULL, *none = NULL;
	envelope_name bad = p.whole;

	close(fsio_tmp(spool_fd(p.s, SPOOL_TMP), &tmp, NULL));
	bad.part = 2;
	bad.parts = 4;
	g_strlcpy(bad.part_hash, "e3b0c442", sizeof bad.part_hash);
	g_assert_true(parts_add(p.s, &bad, tmp, &none, NULL));
	g_assert_null(carry(&p, LIMIT, 1, NULL));
	g_assert_null(carry(&p, LIMIT, 2, NULL));
	g_assert_null(carry(&p, LIMIT, 3, NULL));
	g_autofree char *whole = carry(&p, LIMIT, 4, NULL);
	g_assert_nonnull(whole);
}

static void
too_many_parts_are_the_operators_business(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *tmp = NULL, *name = NULL;

	g_assert_false(parts_cut(p.s, p.fd, 20000, 1, &p.whole, 1, &tmp, &name, &error));
	g_assert_true(fail_is(error, FAIL_CONFIG));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/parts/counts_are_rounded_up", counts_are_rounded_up);
	g_test_add_func("/parts/parts_in_any_order_make_the_whole",
			parts_in_any_order_make_the_whole);
	g_test_add_func("/parts/sets_of_another_part_size_do_not_mix",
			sets_of_another_part_size_do_not_mix);
	g_test_add_func("/parts/another_whole_is_left_alone", another_whole_is_left_alone);
	g_test_add_func("/parts/later_parts_make_room_for_earlier_ones",
			later_parts_make_room_for_earlier_ones);
	g_test_add_func("/parts/parts_that_do_not_fit_are_all_dropped",
			parts_that_do_not_fit_are_all_dropped);
	g_test_add_func("/parts/the_right_part_takes_the_place_of_a_wrong_one",
			the_right_part_takes_the_place_of_a_wrong_one);
	g_test_add_func("/parts/too_many_parts_are_the_operators_business",
			too_many_parts_are_the_operators_business);
	return g_test_run();
}
