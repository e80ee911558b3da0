#include "fuzz.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fsio.h"

/* Known to exit(3), which takes no data. */
static char *directory;

static void
leave(void)
{
	fsio_remove_tree(directory, NULL);
	g_clear_pointer(&directory, g_free);
}

char *
fuzz_place(const char *name)
{
	if (directory == NULL) {
		directory = g_dir_make_tmp("handsel-fuzz-XXXXXX", NULL);
		g_assert_nonnull(directory);
		atexit(leave);
	}
	return g_build_filename(directory, name, NULL);
}

const char *
fuzz_path(const void *data, gsize size)
{
	static char *path;

	if (path == NULL)
		path = fuzz_place("input");
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	g_assert_cmpint(fd, >=, 0);
	g_assert_true(fsio_write_all(fd, data, size, NULL));
	close(fd);
	return path;
}

void
fuzz_refused(const GError *why)
{
	g_assert_nonnull(why);
	g_assert_true(why->domain == FAIL);
	g_assert_cmpint(fail_class(why), !=, FAIL_BUG);
	g_assert_true(g_utf8_validate(why->message, -1, NULL));
}

void
fuzz_outcome(gboolean ok, GError *const *why)
{
	if (ok)
		g_assert_no_error(*why);
	else
		fuzz_refused(*why);
}

char *
fuzz_text(const uint8_t *data, size_t size)
{
	return size == 0 ? g_strdup("") : memcpy(g_malloc0(size + 1), data, size);
}
