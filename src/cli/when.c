#include "cli/when.h"

#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/u64.h"

#define AGO_MAX (G_GUINT64_CONSTANT(100) * 366 * 86400) /* seconds */

/* What is left out of a stamp, by how much of it is there. */
static const struct {
	gsize len;
	const char *rest;
} forms[] = {
	{sizeof "2026-11-24" - 1, "T00:00:00Z"}, {sizeof "2026-11-24T09:14" - 1, ":00Z"},
	{sizeof "2026-11-24T09:14Z" - 1, NULL},  {sizeof "2026-11-24T09:14:30" - 1, "Z"},
	{sizeof "2026-11-24T09:14:30Z" - 1, ""},
};

static gboolean
parse_stamp(const char *text, gint64 *ret)
{
	gsize len = strlen(text);

	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		if (forms[i].len != len)
			continue;
		if (forms[i].rest == NULL && text[len - 1] != 'Z')
			return FALSE;
		g_autofree char *stamp = forms[i].rest != NULL
						 ? g_strconcat(text, forms[i].rest, NULL)
						 : g_strdup_printf("%.*s:00Z", (int)len - 1, text);
		return clock_parse(stamp, ret);
	}
	return FALSE;
}

gboolean
when_parse(const char *option, const char *text, gint64 now, gint64 *ret, GError **error)
{
	guint64 ago;

	if (parse_stamp(text, ret))
		return TRUE;
	/* A number alone could be anything. */
	if (*text != '\0' && !g_ascii_isdigit(text[strlen(text) - 1]) &&
	    u64_parse_time(text, AGO_MAX, &ago)) {
		*ret = now - (gint64)ago;
		return TRUE;
	}
	fail_set(error, FAIL_USAGE,
		 "--%s %s: not a time; write 2026-11-24, 2026-11-24T09:14 (UTC), 30min, 2h or 3d",
		 option, text);
	return FALSE;
}
