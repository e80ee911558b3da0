/*
 * seam - lets a test of the whole program shift its clock and break its steps
 *
 * Linked into tests/handsel-test beside the very objects of handsel, never into
 * what is installed.  Before main() it reads
 *   HANDSEL_TEST_SHIFT=SECONDS             the clock is that far off (negative: behind)
 *   HANDSEL_TEST_FAULT=POINT:NTH:die|fail|stop
 *                                        the NTH pass through POINT (or `any`) does so
 *   HANDSEL_TEST_FAULT=list:FILE           the points that are passed are written behind FILE, one
 * a line A value it cannot read ends the program with status 2: a test that arms nothing would pass
 * for the wrong reason.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"

/* Seconds; more would leave the years that a stamp can write. */
#define SHIFT_MAX (200LL * 366 * 86400)

static void
seam_refuse(const char *name, const char *value)
{
	fprintf(stderr, "handsel-test: cannot read %s=%s\n", name, value);
	_exit(2);
}

static void
seam_shift(const char *name)
{
	const char *value = g_getenv(name);
	gint64 seconds = 0;

	if (value == NULL)
		return;
	if (!g_ascii_string_to_signed(value, 10, -SHIFT_MAX, SHIFT_MAX, &seconds, NULL))
		seam_refuse(name, value);
	clock_shift(seconds);
}

static const struct {
	const char *name;
	fault_kind kind;
} kinds[] = {{"die", FAULT_DIE}, {"fail", FAULT_FAIL}, {"stop", FAULT_STOP}};

static int passes = -1;

static void
seam_pass(const char *point, gboolean leaves)
{
	g_autofree char *line = g_strdup_printf("%s %s\n", point, leaves ? "leaves" : "looks");

	/* One write, for several processes may share the list. */
	if (write(passes, line, strlen(line)) != (ssize_t)strlen(line))
		_exit(2);
}

static void
seam_passes(const char *name)
{
	const char *file = g_getenv(name);

	if (file == NULL)
		return;
	passes = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (passes < 0)
		seam_refuse(name, file);
	fault_watch(seam_pass);
}

static void
seam_fault(const char *name)
{
	const char *value = g_getenv(name);
	guint64 nth = 0;

	if (value == NULL)
		return;
	g_auto(GStrv) part = g_strsplit(value, ":", 0);
	if (g_strv_length(part) != 3 || *part[0] == '\0' ||
	    !g_ascii_string_to_unsigned(part[1], 10, 1, G_MAXUINT, &nth, NULL))
		seam_refuse(name, value);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_equal(part[2], kinds[i].name))
			continue;
		fault_arm(g_str_equal(part[0], "any") ? NULL : part[0], (guint)nth, kinds[i].kind);
		return;
	}
	seam_refuse(name, value);
}

__attribute__((constructor)) static void
seam_arm(void)
{
	seam_shift("HANDSEL_TEST_SHIFT");
	seam_passes("HANDSEL_TEST_PASSES");
	seam_fault("HANDSEL_TEST_FAULT");
}
