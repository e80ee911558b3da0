/* The gpg that is started before it is needed. */
#include "tests/unit/pgp_life_kit.h"

/* A file of SIZE bytes that say WHICH. */
static int
file_number(guint8 which, gsize size)
{
	g_autofree char *text = g_malloc(size + 1);

	memset(text, which, size + 1);
	return file_of(text, size);
}

/* After a few seals alike, a gpg waits for the next. */
static void
seals_in_a_row_each_hold_their_own_text(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	static const gsize sizes[] = {1, 2, 3, 4, 0, 5, 65535, 65536, 65537, 300000, 6, 7};
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);
	const char *fprs[] = {fpr, NULL};
	int sealed[G_N_ELEMENTS(sizes)];

	for (guint8 i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GError) error = NULL;
		int in = file_number(i, sizes[i]);

		sealed[i] = file_of("kept", 4);
		lseek(sealed[i], 4, SEEK_SET);
		g_assert_true(pgp_seal(p, in, sealed[i], fpr, i == 10 ? NULL : fprs, &error));
		g_assert_no_error(error);
		close(in);
	}
	for (guint8 i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GError) error = NULL;
		int in = file_number(i, sizes[i]), out = file_of("", 0);

		lseek(sealed[i], 4, SEEK_SET);
		g_assert_true(pgp_unseal(p, sealed[i], out, i == 10 ? PGP_SIGN : PGP_ENCRYPT, fprs,
					 sizes[i], NULL, &error));
		g_assert_no_error(error);
		g_autoptr(GBytes) expected = all_of(in);
		g_autoptr(GBytes) got = all_of(out);
		g_assert_true(g_bytes_equal(expected, got));
		close(in);
		close(out);
		close(sealed[i]);
	}
}

static void
seal_some(pgp *p, const char *fpr, guint n)
{
	const char *fprs[] = {fpr, NULL};

	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		int in = file_of(TEXT, strlen(TEXT)), out = file_of("", 0);

		g_assert_true(pgp_seal(p, in, out, fpr, fprs, &error));
		g_assert_no_error(error);
		close(in);
		close(out);
	}
}

/* Waits until N processes bear TEXT; *RET_LAST is one of them. */
static void
assert_comes(const char *text, guint n, pid_t *ret_last)
{
	guint found = 0;

	for (int ms = 0; ms < PATIENCE_MS && found != n; ms += STEP_MS) {
		found = processes_with(text, ret_last);
		g_usleep(STEP_MS * 1000);
	}
	g_assert_cmpuint(found, ==, n);
}

static void
a_gpg_that_waits_is_replaced_and_ends_with_the_helper(place *w, gconstpointer unused G_GNUC_UNUSED)
{
	g_autoptr(pgp) p = started(w->home);
	g_autofree char *fpr = new_key(p);
	pid_t waiting = 0, helper = 0;

	seal_some(p, fpr, 5);
	assert_comes(fpr, 1, &waiting);
	g_assert_cmpint(kill(waiting, SIGKILL), ==, 0);
	seal_some(p, fpr, 1);
	assert_comes(fpr, 1, &waiting);
	/* Whatever else is asked ends it. */
	g_assert_true(works(p, fpr, NULL));
	g_assert_cmpuint(processes_with(fpr, NULL), ==, 0);
	seal_some(p, fpr, 5);
	assert_comes(fpr, 1, &waiting);
	g_assert_cmpuint(processes_with(w->home, &helper), ==, 1);
	g_assert_cmpint(kill(helper, SIGKILL), ==, 0);
	assert_ends(fpr);
	g_assert_false(works(p, fpr, NULL));
	seal_some(p, fpr, 5);
	pgp_stop(g_steal_pointer(&p));
	g_assert_cmpuint(processes_with(fpr, NULL), ==, 0);
}

static void
add(const char *name, void (*test)(place *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/pgp_ahead/", name, NULL);

	g_test_add(path, place, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("seals_in_a_row_each_hold_their_own_text", seals_in_a_row_each_hold_their_own_text);
	add("a_gpg_that_waits_is_replaced_and_ends_with_the_helper",
	    a_gpg_that_waits_is_replaced_and_ends_with_the_helper);
	return g_test_run();
}
