#include "base/u64.h"

#include <string.h>

typedef struct {
	const char *name;
	guint64 factor;
} unit;

static const unit sizes[] = {
	{"B", 1},
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", G_GUINT64_CONSTANT(1) << 40},
	{0},
};

static const unit times[] = {
	{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {0},
};

/* Reads the digits TEXT begins with and returns what follows them, or NULL. */
static const char *
digits(const char *text, guint64 *ret)
{
	guint64 value = 0;
	const char *p = text;

	if (p == NULL || !g_ascii_isdigit(*p) || (p[0] == '0' && g_ascii_isdigit(p[1])))
		return NULL;
	for (; g_ascii_isdigit(*p); p++)
		if (!g_uint64_checked_mul(&value, value, 10) ||
		    !g_uint64_checked_add(&value, value, (guint64)(*p - '0')))
			return NULL;
	*ret = value;
	return p;
}

gboolean
u64_parse(const char *text, guint64 max, guint64 *ret)
{
	guint64 value;
	const char *end = digits(text, &value);

	if (end == NULL || *end != '\0' || value > max)
		return FALSE;
	*ret = value;
	return TRUE;
}

/* A number, one space or none, and a unit; the number alone counts as it is. */
static gboolean
parse_unit(const char *text, const unit *units, guint64 max, guint64 *ret)
{
	guint64 value;
	const char *end = digits(text, &value);

	if (end == NULL)
		return FALSE;
	if (*end != '\0') {
		const unit *u = units;

		end += *end == ' ';
		while (u->name != NULL && !g_str_equal(u->name, end))
			u++;
		if (u->name == NULL || !g_uint64_checked_mul(&value, value, u->factor))
			return FALSE;
	}
	if (value > max)
		return FALSE;
	*ret = value;
	return TRUE;
}

gboolean
u64_parse_size(const char *text, guint64 max, guint64 *ret)
{
	return parse_unit(text, sizes, max, ret);
}

gboolean
u64_parse_time(const char *text, guint64 max, guint64 *ret)
{
	return parse_unit(text, times, max, ret);
}

char *
u64_size_text(guint64 bytes)
{
	for (const unit *u = sizes;; u++) {
		guint64 whole = bytes / u->factor, rest = bytes % u->factor;
		guint64 tenths =
			whole < 10 ? whole * 10 + (rest * 10 + u->factor / 2) / u->factor : 100;
		guint64 rounded = whole + (u->factor > 1 && rest >= u->factor / 2);

		if (tenths < 100 && tenths % 10 != 0)
			return g_strdup_printf("%" G_GUINT64_FORMAT ".%u %s", tenths / 10,
					       (guint)(tenths % 10), u->name);
		/* What rounds up to a whole of the next unit is written in that one. */
		if (rounded < 1024 || u[1].name == NULL)
			return g_strdup_printf("%" G_GUINT64_FORMAT " %s", rounded, u->name);
	}
}

char *
u64_age_text(gint64 seconds)
{
	const unit *u = times + 3;

	if (seconds <= 0)
		return g_strdup("now");
	while ((guint64)seconds < u->factor)
		u--;
	return g_strdup_printf("%" G_GINT64_FORMAT " %s", seconds / (gint64)u->factor, u->name);
}
