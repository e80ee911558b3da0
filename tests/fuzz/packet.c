/*
 * The first packets of a message, and whether it is one message from its beginning to its end.
 */
#include <unistd.h>

#include "../unit/memory_file.h"
#include "fuzz.h"
#include "pgp/helper.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) why = NULL;
	helper_shape shape = SHAPE_OTHER;
	int fd = memory_file(data, size);

	fuzz_outcome(helper_shape_of(fd, &shape, &why), &why);
	if (helper_is_one_message(fd, size, TRUE))
		g_assert_true(shape == SHAPE_ENCRYPTED);
	if (helper_is_one_message(fd, size, FALSE))
		g_assert_true(shape == SHAPE_SIGNED);
	/* One byte more or less is never one message. */
	if (helper_is_one_message(fd, size, TRUE) || helper_is_one_message(fd, size, FALSE))
		g_assert_true(size > 0 && !helper_is_one_message(fd, size - 1, TRUE) &&
			      !helper_is_one_message(fd, size - 1, FALSE));
	g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 0);
	close(fd);
	return 0;
}
