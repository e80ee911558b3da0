/*
 * cut - cuts the power of a tree whose programs ran with forget
 *
 *   cut keep TREE PLATTER        all of TREE is on the (empty) platter from now on
 *   cut lost TREE PLATTER TO     TO is what is left of TREE: nothing that was not synced
 *   cut names TREE PLATTER TO    the same, but all names are there: files may lack their bytes
 */
#include <stdio.h>
#include <string.h>

#include "tests/power/platter.h"

static int
run(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "keep") == 0)
		return platter_keep_all(argv[3], argv[2], PLATTER_BYTES | PLATTER_NAMES);
	if (argc == 5 && strcmp(argv[1], "lost") == 0)
		return platter_restore(argv[3], argv[2], argv[4]);
	if (argc != 5 || strcmp(argv[1], "names") != 0) {
		fputs("usage: cut keep|lost|names TREE PLATTER [TO]\n", stderr);
		return 2;
	}
	int rc = platter_keep_all(argv[3], argv[2], PLATTER_NAMES);
	return rc == 0 ? platter_restore(argv[3], argv[2], argv[4]) : rc;
}

int
main(int argc, char **argv)
{
	int rc = run(argc, argv);

	if (rc < 0)
		perror("cut");
	return rc < 0 ? 1 : rc;
}
