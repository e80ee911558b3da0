#include "spool/envelope.h"

#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fault.h"
#include "base/fsio.h"

#define LINK  "01j9x4ab0123456789abcdefgh"
#define EPOCH "zzzzzzzzzz0123456789abcdef"
#define FROM  "0123456789ABCDEF0123456789ABCDEF01234567"
#define LIMIT (64 * 1024 * 1024)

typedef struct {
	char *path;
	int dir;
} place;

static place
place_new(void)
{
	char *path = g_dir_make_tmp("handsel-XXXXXX", NULL);

	return (place){path, fsio_open_dir(path, NULL)};
}

static void
place_free(place *p)
{
	close(p->dir);
	fsio_remove_tree(p->path, NULL);
	g_free(p->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(place, place_free)

static guint
files_in(const place *p)
{
	g_autoptr(GPtrArray) names = fsio_list(p->dir, 1000, NULL);

	return names->len;
}

static manifest *
sample(void)
{
	manifest *m = manifest_new();

	m->link = g_strdup(LINK);
	m->from = g_strdup(FROM);
	m->role = 'm';
	m->epoch = g_strdup(EPOCH);
	m->kind = KIND_CHANGES;
	m->number = 1;
	return m;
}

/* Makes a file of BYTES in P; its descriptor goes into *RET. */
static char *
make_file(const place *p, const void *bytes, gsize len, envelope_file *ret)
{
	char *sha = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, len);
	g_autofree char *name = g_strconcat("content-", sha, NULL);

	g_assert_true(fsio_store(p->dir, name, bytes, len, 0600, NULL));
	*ret = (envelope_file){sha, fsio_open_own(p->dir, name, NULL), len};
	g_assert_true(fsio_remove(p->dir, name, NULL));
	return sha;
}

static void
what_is_built_is_read_back(void)
{
	g_auto(place) p = place_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(manifest) m = sample();
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autofree char *name = NULL, *sha = NULL, *noise = g_malloc(300000);
	envelope_file text, random;

	for (guint i = 0; i < 20000; i++)
		g_ptr_array_add(lines, g_strdup_printf("{\"n\":%u}", i));
	for (gsize i = 0; i < 300000; i++)
		noise[i] = (char)g_test_rand_int();
	g_autofree char *sha_text = make_file(&p, "hello", 5, &text);
	g_autofree char *sha_random = make_file(&p, noise, 300000, &random);
	g_ptr_array_add(files, &text);
	g_ptr_array_add(files, &random);

	int fd = envelope_build(p.dir, m, lines, files, &name, &sha, &error);
	g_assert_no_error(error);
	g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 0);
	g_autofree char *again = fsio_sha(fd, NULL, NULL);
	g_assert_cmpstr(sha, ==, again);
	g_assert_cmpuint(files_in(&p), ==, 1);
	g_assert_true(fsio_exists(p.dir, name));

	g_autoptr(envelope) e = envelope_open(fd, LIMIT, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(envelope_manifest(e)->number, ==, 1);
	for (guint round = 0; round < 2; round++) {
		json_t *j = NULL;

		for (guint i = 0; i < 20000; i++) {
			g_assert_true(envelope_next(e, &j, &error));
			g_assert_cmpint(json_num(j, "n", -1), ==, i);
			json_decref(j);
		}
		g_assert_true(envelope_next(e, &j, &error));
		g_assert_null(j);
		g_assert_true(envelope_next(e, &j, &error));
		g_assert_null(j);
		g_assert_true(envelope_rewind(e, &error));
	}
	g_assert_cmpuint(envelope_files(e)->len, ==, 2);
	g_assert_true(envelope_extract(e, sha_text, p.dir, &error));
	g_assert_true(envelope_extract(e, sha_random, p.dir, &error));
	g_assert_true(envelope_extract(e, sha_random, p.dir, &error));
	g_assert_no_error(error);
	gsize len = 0;
	g_autofree char *back = fsio_read(p.dir, sha_random, 300000, &len, &error);
	g_assert_cmpmem(back, len, noise, 300000);
	close(fd);
	close(text.fd);
	close(random.fd);
}

static void
the_same_content_makes_the_same_bytes(void)
{
	g_auto(place) p = place_new();
	g_autoptr(manifest) m = sample();
	g_autoptr(GPtrArray) lines = g_ptr_array_new();
	char *shas[2];

	g_ptr_array_add(lines, (char *)"{}");
	for (guint i = 0; i < 2; i++) {
		g_autofree char *name = NULL;
		int fd = envelope_build(p.dir, m, lines, NULL, &name, &shas[i], NULL);

		g_assert_cmpint(fd, >=, 0);
		close(fd);
		g_usleep(1000);
	}
	g_assert_cmpstr(shas[0], ==, shas[1]);
	g_free(shas[0]);
	g_free(shas[1]);
}

static void
what_deflate_can_not_shrink_is_stored(void)
{
	g_auto(place) p = place_new();
	g_autoptr(manifest) m = sample();
	g_autofree guint8 *bytes = g_malloc0(200000);

	for (guint noise = 0; noise < 2; noise++) {
		g_autoptr(GPtrArray) files = g_ptr_array_new();
		g_autofree char *name = NULL, *sha = NULL;
		envelope_file file;
		struct stat st;

		for (gsize i = 0; noise && i < 200000; i++)
			bytes[i] = (guint8)g_test_rand_int();
		g_autofree char *hash = make_file(&p, bytes, 200000, &file);
		g_ptr_array_add(files, &file);
		int fd = envelope_build(p.dir, m, NULL, files, &name, &sha, NULL);
		g_assert_cmpint(fstat(fd, &st), ==, 0);
		if (noise)
			g_assert_cmpint(st.st_size, >, 200000);
		else
			g_assert_cmpint(st.st_size, <, 4000);
		close(fd);
		close(file.fd);
	}
}

static void
stock_tools_open_it(void)
{
	g_auto(place) p = place_new();
	g_autoptr(manifest) m = sample();
	g_autoptr(GPtrArray) lines = g_ptr_array_new();
	g_autofree char *name = NULL, *sha = NULL, *out = NULL;
	g_autofree char *unzip = g_find_program_in_path("unzip");
	int status = -1;

	if (unzip == NULL) {
		g_test_skip("unzip is not installed");
		return;
	}
	g_ptr_array_add(lines, (char *)"{\"t\":\"change\"}");
	close(envelope_build(p.dir, m, lines, NULL, &name, &sha, NULL));
	g_autofree char *path = g_build_filename(p.path, name, NULL);
	char *argv[] = {unzip, (char *)"-p", path, (char *)"changes.jsonl", NULL};
	g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL,
				   &status, NULL));
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpstr(out, ==, "{\"t\":\"change\"}\n");
}

static void
a_failed_build_leaves_nothing(void)
{
	g_auto(place) p = place_new();
	g_autoptr(manifest) m = sample();
	g_autoptr(GPtrArray) lines = g_ptr_array_new();
	guint failures = 0;

	g_ptr_array_add(lines, (char *)"{}");
	for (guint nth = 1;; nth++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *name = NULL, *sha = NULL;

		fault_arm(NULL, nth, FAULT_FAIL);
		int fd = envelope_build(p.dir, m, lines, NULL, &name, &sha, &error);
		fault_disarm();
		if (fd >= 0) {
			close(fd);
			break;
		}
		g_assert_cmpint(fail_class(error), ==, FAIL_RETRY);
		g_assert_null(name);
		failures++;
		g_assert_cmpuint(files_in(&p), <=, 1);
		g_autoptr(GPtrArray) left = fsio_list(p.dir, 10, NULL);
		/* A refused unlink leaves its file for the sweep. */
		for (guint i = 0; i < left->len; i++)
			g_assert_true(fsio_remove(p.dir, left->pdata[i], NULL));
	}
	g_assert_cmpuint(failures, >=, 5);
}

static void
a_file_that_shrank_is_noticed(void)
{
	g_auto(place) p = place_new();
	g_autoptr(manifest) m = sample();
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *name = NULL, *sha = NULL;
	envelope_file file;

	g_autofree char *hash = make_file(&p, "hello", 5, &file);
	file.size = 6;
	g_ptr_array_add(files, &file);
	g_assert_cmpint(envelope_build(p.dir, m, NULL, files, &name, &sha, &error), ==, -1);
	g_assert_true(fail_is(error, FAIL_RETRY));
	g_assert_cmpuint(files_in(&p), ==, 0);
	close(file.fd);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/envelope_build/what_is_built_is_read_back", what_is_built_is_read_back);
	g_test_add_func("/envelope_build/the_same_content_makes_the_same_bytes",
			the_same_content_makes_the_same_bytes);
	g_test_add_func("/envelope_build/what_deflate_can_not_shrink_is_stored",
			what_deflate_can_not_shrink_is_stored);
	g_test_add_func("/envelope_build/stock_tools_open_it", stock_tools_open_it);
	g_test_add_func("/envelope_build/a_failed_build_leaves_nothing",
			a_failed_build_leaves_nothing);
	g_test_add_func("/envelope_build/a_file_that_shrank_is_noticed",
			a_file_that_shrank_is_noticed);
	return g_test_run();
}
