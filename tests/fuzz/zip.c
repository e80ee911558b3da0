/*
 * The zip inside an envelope, by any bytes: what it unpacks to keeps its limit, and files are what
 * their names say.
 */
#include <unistd.h>

#include "base/fsio.h"
#include "fuzz.h"
#include "spool/envelope.h"

#define LIMIT     (1024 * 1024)
#define FILES_MAX 3 /* that are extracted: each is made durable */

/* How many good lines it has. */
static guint
read_lines(envelope *e)
{
	guint count = 0;

	for (;;) {
		g_autoptr(GError) why = NULL;
		g_autoptr(json_ref) line = NULL;
		gboolean ok = envelope_next(e, &line, &why);

		fuzz_outcome(ok, &why);
		if (!ok || line == NULL)
			return count;
		g_assert_true(json_is_object(line));
		count++;
	}
}

static void
extract(envelope *e)
{
	g_autofree char *path = fuzz_place("files");
	GPtrArray *files = envelope_files(e);

	g_assert_true(fsio_mkdirs(path, 0700, NULL));
	int dir = fsio_open_dir(path, NULL);
	for (guint i = 0; i < MIN(files->len, FILES_MAX); i++) {
		g_autoptr(GError) why = NULL;
		gboolean ok = envelope_extract(e, files->pdata[i], dir, &why);

		fuzz_outcome(ok, &why);
		g_assert_cmpint(ok, ==, fsio_exists(dir, files->pdata[i]));
		if (!ok)
			continue;
		int fd = fsio_open_own(dir, files->pdata[i], NULL);
		guint64 size = 0;
		g_autofree char *sha = fsio_sha(fd, &size, NULL);
		g_assert_cmpstr(sha, ==, files->pdata[i]);
		g_assert_cmpuint(size, <=, LIMIT);
		close(fd);
	}
	close(dir);
	g_assert_true(fsio_remove_tree(path, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	int fd = fuzz_fd(data, size);
	g_autoptr(envelope) e = envelope_open(fd, LIMIT, &why);

	fuzz_outcome(e != NULL, &why);
	if (e != NULL) {
		g_assert_nonnull(envelope_manifest(e));
		guint count = read_lines(e);
		if (envelope_rewind(e, NULL))
			g_assert_cmpuint(read_lines(e), ==, count);
		extract(e);
	}
	g_clear_pointer(&e, envelope_close);
	close(fd);
	return 0;
}
