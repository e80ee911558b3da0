/* Many small files at a time: what is opened so is what would be opened one by one. */
#include "base/fence.h"
#include "tests/unit/pgp_kit.h"

#define FILES_MAX 8
#define LIMIT     (64 * 1024)

/* A site, and a partner whom it knows. */
typedef struct {
	char *dir;
	int files; /* the directory of the files */
	pgp *us, *them;
	char *our_fpr, *their_fpr;
} sites;

static pgp *
start(const sites *s, const char *name, char **ret_fpr)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *home = g_build_filename(s->dir, name, NULL);
	g_autofree char *work = g_build_filename(s->dir, "files", NULL);
	pgp *p = pgp_start_for(home, work, NULL, &error);

	g_assert_no_error(error);
	*ret_fpr = pgp_make_key(p, name, &error);
	g_assert_no_error(error);
	return p;
}

static void
meet(pgp *from, const char *fpr, pgp *to)
{
	g_autofree char *key = pgp_export(from, fpr, NULL);
	g_autofree char *got = pgp_import(to, key, strlen(key), NULL);

	g_assert_cmpstr(got, ==, fpr);
}

static void
set_up(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	s->dir = g_dir_make_tmp("pgp-t-XXXXXX", NULL);
	g_assert_nonnull(s->dir);
	g_autofree char *files = g_build_filename(s->dir, "files", NULL);
	g_assert_cmpint(mkdir(files, 0700), ==, 0);
	s->us = start(s, "us", &s->our_fpr);
	s->them = start(s, "them", &s->their_fpr);
	meet(s->us, s->our_fpr, s->them);
	meet(s->them, s->their_fpr, s->us);
	s->files = fsio_open_dir(files, NULL);
}

static void
tear_down(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	pgp_stop(s->us);
	pgp_stop(s->them);
	close(s->files);
	g_assert_true(fsio_remove_tree(s->dir, NULL));
	g_free(s->our_fpr);
	g_free(s->their_fpr);
	g_free(s->dir);
}

static void
put(const sites *s, const char *name, const void *data, gsize len)
{
	g_autofree char *file = g_strconcat(name, ".gpg", NULL);

	g_assert_true(fsio_store(s->files, file, data, len, 0600, NULL));
}

/* Puts LEN bytes of DATA, sealed by P as SIGNER, and MORE behind them, into the file NAME. */
static void
put_sealed(const sites *s, const char *name, pgp *p, const char *signer, pgp_protect protect,
	   const char *data, gsize len, const char *more)
{
	g_autoptr(GError) error = NULL;
	const char *to[] = {s->our_fpr, NULL};
	int in = file_of(data, len), out = file_of("", 0);

	g_assert_true(pgp_seal(p, in, out, signer, protect == PGP_ENCRYPT ? to : NULL, &error));
	g_assert_no_error(error);
	g_autoptr(GBytes) sealed = all_of(out);
	g_autoptr(GByteArray) all = g_byte_array_new();
	g_byte_array_append(all, g_bytes_get_data(sealed, NULL), (guint)g_bytes_get_size(sealed));
	g_byte_array_append(all, (const guint8 *)more, (guint)strlen(more));
	put(s, name, all->data, all->len);
	close(in);
	close(out);
}

static void
put_good(const sites *s, const char *name)
{
	put_sealed(s, name, s->them, s->their_fpr, PGP_ENCRYPT, TEXT, strlen(TEXT), "");
}

/* Opens NAMES, blanks between, and says which were opened by a line of '1' and '0'; what was not
 * opened left no file. */
static char *
open_all(const sites *s, const char *names, pgp_protect protect)
{
	g_autoptr(GError) error = NULL;
	const char *const signers[] = {s->their_fpr, NULL};
	g_auto(GStrv) list = g_strsplit(names, " ", FILES_MAX);
	guint n = g_strv_length(list);
	gboolean opened[FILES_MAX];
	char *line = g_malloc0(n + 1);

	g_assert_true(pgp_unseal_many(s->us, s->files, (const char *const *)list, n, protect,
				      signers, LIMIT, opened, &error));
	g_assert_no_error(error);
	for (guint i = 0; i < n; i++) {
		g_autofree char *text = fsio_read(s->files, list[i], LIMIT, NULL, NULL);

		line[i] = opened[i] ? '1' : '0';
		g_assert_true(opened[i] == (text != NULL));
		if (opened[i])
			g_assert_cmpstr(text, ==, TEXT);
	}
	return line;
}

static void
assert_opened(const sites *s, const char *names, pgp_protect protect, const char *expected)
{
	g_autofree char *line = open_all(s, names, protect);

	g_assert_cmpstr(line, ==, expected);
}

/* What the way for one file says of NAME. */
static int
alone(const sites *s, const char *name, pgp_protect protect)
{
	g_autofree char *file = g_strconcat(name, ".gpg", NULL);
	gsize len;
	g_autofree char *data = fsio_read(s->files, file, 2 * PGP_MANY_SIZE, &len, NULL);
	g_autoptr(GBytes) message = g_bytes_new(data, len);

	return unseal(s->us, message, protect, s->their_fpr, LIMIT, NULL);
}

static void
sealed_files_are_opened_together(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	put_good(s, "a");
	put_good(s, ".tmp-b");
	put_good(s, "-c");
	assert_opened(s, "a .tmp-b -c", PGP_ENCRYPT, "111");
}

static void
signed_files_are_opened_together(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	for (int i = 0; i < 2; i++)
		put_sealed(s, i == 0 ? "a" : "b", s->them, s->their_fpr, PGP_SIGN, TEXT,
			   strlen(TEXT), "");
	assert_opened(s, "a b", PGP_SIGN, "11");
}

static void
nothing_is_opened_into_another_directory(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *other = g_build_filename(s->dir, "other", NULL);

	if (!fence_known()) {
		g_test_skip("the kernel has no Landlock");
		return;
	}
	g_assert_cmpint(mkdir(other, 0700), ==, 0);
	close(s->files);
	s->files = fsio_open_dir(other, NULL);
	put_good(s, "a");
	assert_opened(s, "a", PGP_ENCRYPT, "0");
	g_assert_cmpint(alone(s, "a", PGP_ENCRYPT), ==, 0);
}

static void
nothing_is_opened_with_one_that_fails(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	put_good(s, "a");
	put_sealed(s, "own", s->us, s->our_fpr, PGP_ENCRYPT, TEXT, strlen(TEXT), "");
	put_good(s, "b");
	/* A good signature, but not the partner's: gpg has nothing against it. */
	assert_opened(s, "a own b", PGP_ENCRYPT, "101");
	fsio_remove(s->files, "a", NULL);
	fsio_remove(s->files, "b", NULL);
	g_assert_true(pgp_forget(s->us, s->their_fpr, NULL));
	assert_opened(s, "a own b", PGP_ENCRYPT, "000");
	g_assert_cmpint(alone(s, "own", PGP_ENCRYPT), ==, REASON_UNKNOWN_SIGNER);
	g_assert_cmpint(alone(s, "a", PGP_ENCRYPT), ==, REASON_UNKNOWN_SIGNER);
}

static void
another_protection_is_not_opened(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	put_good(s, "sealed");
	put_sealed(s, "signed", s->them, s->their_fpr, PGP_SIGN, TEXT, strlen(TEXT), "");
	assert_opened(s, "sealed signed", PGP_ENCRYPT, "10");
	fsio_remove(s->files, "sealed", NULL);
	assert_opened(s, "sealed signed", PGP_SIGN, "01");
}

/* The files beside it are: gpg never sees what is more than a message. */
static void
what_has_more_behind_it_is_not_opened(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const char *const more[] = {"\xcd\x01x", "\xca\x03PGP", "x", "\xd2\x01\x01"};

	put_good(s, "good");
	for (gsize i = 0; i < G_N_ELEMENTS(more); i++) {
		put_sealed(s, "bad", s->them, s->their_fpr, PGP_ENCRYPT, TEXT, strlen(TEXT),
			   more[i]);
		assert_opened(s, "bad good", PGP_ENCRYPT, "01");
		fsio_remove(s->files, "good", NULL);
		put_sealed(s, "bad", s->them, s->their_fpr, PGP_SIGN, TEXT, strlen(TEXT), more[i]);
		assert_opened(s, "bad", PGP_SIGN, "0");
	}
	put_sealed(s, "bad", s->them, s->their_fpr, PGP_ENCRYPT, TEXT, strlen(TEXT), more[0]);
	g_assert_cmpint(reason_of(alone(s, "bad", PGP_ENCRYPT))->class, ==, FAIL_TRUST);
}

static void
what_is_no_message_is_not_opened(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	static const struct {
		const char *data;
		gsize len;
	} rows[] = {{"", 0},
		    {"PK\3\4 a zip", 10},
		    {"\x84", 1},
		    {"\xc1\x01\x00\xd2\xe0", 5},
		    {"\xc1\x01\x00\xd2\xff\xff\xff\xff\xff", 9},
		    {"\x85\x00\x01\x00\xcb\x01\x01", 7},
		    {"\xd2\x01\x01", 3}};

	put_good(s, "good");
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		put(s, "bad", rows[i].data, rows[i].len);
		assert_opened(s, "bad good", PGP_ENCRYPT, "01");
		fsio_remove(s->files, "good", NULL);
	}
}

static void
what_lies_there_is_not_replaced(sites *s, gconstpointer unused G_GNUC_UNUSED)
{
	const char *const names[] = {"a", "b", "gone", "../files/b", "link"};
	const char *const signers[] = {s->their_fpr, NULL};
	gboolean opened[G_N_ELEMENTS(names)];

	put_good(s, "a");
	put_good(s, "b");
	g_assert_true(fsio_store(s->files, "a", "mine", 4, 0600, NULL));
	g_assert_cmpint(symlinkat("b.gpg", s->files, "link.gpg"), ==, 0);
	g_assert_true(pgp_unseal_many(s->us, s->files, names, G_N_ELEMENTS(names), PGP_ENCRYPT,
				      signers, LIMIT, opened, NULL));
	g_assert_true(!opened[0] && opened[1] && !opened[2] && !opened[3] && !opened[4]);
	g_autofree char *text = fsio_read(s->files, "a", LIMIT, NULL, NULL);
	g_assert_cmpstr(text, ==, "mine");
}

static void
large_files_and_large_contents_are_left_to_the_other_way(sites *s,
							 gconstpointer unused G_GNUC_UNUSED)
{
	g_autofree char *zeros = g_malloc0(2 * PGP_MANY_SIZE);

	put_good(s, "good");
	put_sealed(s, "large", s->them, s->their_fpr, PGP_ENCRYPT, zeros, PGP_MANY_SIZE + 1, "");
	assert_opened(s, "large good", PGP_ENCRYPT, "01");
	fsio_remove(s->files, "good", NULL);
	put_sealed(s, "longer", s->them, s->their_fpr, PGP_ENCRYPT, zeros, LIMIT + 1, "");
	assert_opened(s, "good longer", PGP_ENCRYPT, "10");
	g_assert_cmpint(alone(s, "longer", PGP_ENCRYPT), ==, REASON_BOMB);
}

static void
add(const char *name, void (*test)(sites *, gconstpointer))
{
	g_autofree char *path = g_strconcat("/pgp_many/", name, NULL);

	g_test_add(path, sites, NULL, set_up, test, tear_down);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("sealed_files_are_opened_together", sealed_files_are_opened_together);
	add("signed_files_are_opened_together", signed_files_are_opened_together);
	add("nothing_is_opened_with_one_that_fails", nothing_is_opened_with_one_that_fails);
	add("another_protection_is_not_opened", another_protection_is_not_opened);
	add("what_has_more_behind_it_is_not_opened", what_has_more_behind_it_is_not_opened);
	add("what_is_no_message_is_not_opened", what_is_no_message_is_not_opened);
	add("what_lies_there_is_not_replaced", what_lies_there_is_not_replaced);
	add("nothing_is_opened_into_another_directory", nothing_is_opened_into_another_directory);
	add("large_files_and_large_contents_are_left_to_the_other_way",
	    large_files_and_large_contents_are_left_to_the_other_way);
	return g_test_run();
}
