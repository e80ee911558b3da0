/*
 * Replays files through a target: those that are given, or with --tap, as a test, its corpus in
 * $srcdir/tests/fuzz/corpus.  One that fails ends the program; the last name told is its.
 */
#include <stdio.h>

#include "fuzz.h"

#define SUFFIX "-fuzz"

static gboolean
replay(const char *path)
{
	g_autofree char *text = NULL;
	gsize len;

	if (!g_file_get_contents(path, &text, &len, NULL))
		return FALSE;
	printf("# %s\n", path);
	fflush(stdout);
	/* Exactly as long as it is, so that a byte too far is seen. */
	g_autofree guint8 *bytes = g_memdup2(text, len);
	LLVMFuzzerTestOneInput(bytes, len);
	return TRUE;
}

/* How many files of DIR were replayed. */
static guint
replay_all(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;
	guint count = 0;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		count += replay(file);
	}
	return count;
}

static int
replay_corpus(const char *program)
{
	const char *srcdir = g_getenv("srcdir");
	g_autofree char *name = g_path_get_basename(program);

	if (g_str_has_suffix(name, SUFFIX))
		name[strlen(name) - strlen(SUFFIX)] = '\0';
	g_autofree char *path =
		g_build_filename(srcdir != NULL ? srcdir : ".", "tests/fuzz/corpus", name, NULL);
	guint count = replay_all(path);
	printf("%sok 1 - %s: %u files of its corpus pass\n1..1\n", count > 0 ? "" : "not ", name,
	       count);
	return count > 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	gboolean ok = TRUE;

	if (argc == 2 && strcmp(argv[1], "--tap") == 0)
		return replay_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		ok = (g_file_test(argv[i], G_FILE_TEST_IS_DIR) ? replay_all(argv[i]) > 0
							       : replay(argv[i])) &&
		     ok;
	if (argc == 1)
		ok = replay("/dev/stdin");
	return ok ? 0 : 1;
}
