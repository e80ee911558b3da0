#include "contract/type_scan.h"

#include "base/clock.h"

#include <string.h>

#define FIRST_SECOND (-G_GINT64_CONSTANT(62135596800)) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND  G_GINT64_CONSTANT(253402300799)   /* 9999-12-31T23:59:59Z */

char *
scan_number(const char *text)
{
	if (strlen(text) > SCAN_NUMBER_MAX)
		return NULL;

	gboolean negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	gsize whole = strspn(text, "0123456789");
	const char *fraction = text + whole + (text[whole] == '.');
	gsize decimals = strspn(fraction, "0123456789");
	if (whole + decimals == 0 || fraction[decimals] != '\0')
		return NULL;

	while (whole > 0 && *text == '0') {
		text++;
		whole--;
	}
	while (decimals > 0 && fraction[decimals - 1] == '0')
		decimals--;
	if (whole + decimals == 0)
		return g_strdup("0");
	return g_strdup_printf("%s%.*s%s%.*s", negative ? "-" : "", whole > 0 ? (int)whole : 1,
			       whole > 0 ? text : "0", decimals > 0 ? "." : "", (int)decimals,
			       fraction);
}

/* Does TEXT start with SHAPE, where d is a digit and all else itself? */
static gboolean
shaped(const char *text, const char *shape)
{
	for (; *shape != '\0'; text++, shape++)
		if (*shape == 'd' ? !g_ascii_isdigit(*text) : *text != *shape)
			return FALSE;
	return TRUE;
}

/* The number that COUNT digits at TEXT make. */
static int
digits(const char *text, int count)
{
	int n = 0;

	while (count-- > 0)
		n = n * 10 + (*text++ - '0');
	return n;
}

/* Does TEXT start with a day that exists? */
static gboolean
day(const char *text)
{
	return shaped(text, "dddd-dd-dd") &&
	       g_date_valid_dmy((GDateDay)digits(text + 8, 2), (GDateMonth)digits(text + 5, 2),
				(GDateYear)digits(text, 4));
}

char *
scan_date(const char *text)
{
	return day(text) && text[10] == '\0' ? g_strdup(text) : NULL;
}

/* Reads what may stand behind the seconds: "", "Z", "+01:00", "-0330", " +00:00". */
static gboolean
offset(const char *text, int *ret_seconds)
{
	if (*text == ' ' && (text[1] == '+' || text[1] == '-'))
		text++;
	if (*text == '\0' || g_ascii_strcasecmp(text, "Z") == 0) {
		*ret_seconds = 0;
		return TRUE;
	}
	if (*text != '+' && *text != '-')
		return FALSE;

	int minute_at = shaped(text + 1, "dd:dd") ? 4 : shaped(text + 1, "dddd") ? 3 : 0;
	if (minute_at == 0 || text[minute_at + 2] != '\0')
		return FALSE;
	int hours = digits(text + 1, 2), minutes = digits(text + minute_at, 2);
	if (hours > 23 || minutes > 59)
		return FALSE;
	*ret_seconds = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return TRUE;
}

/* RFC 3339 section 5.6, with the liberties the header names. */
char *
scan_time(const char *text)
{
	if (!day(text) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
	    !shaped(text + 11, "dd:dd:dd"))
		return NULL;

	const char *rest = text + 19;
	if (*rest == '.') {
		gsize decimals = strspn(rest + 1, "0123456789");
		if (decimals == 0)
			return NULL;
		rest += 1 + decimals;
	}
	int away;
	if (!offset(rest, &away))
		return NULL;

	g_autoptr(GDateTime) t = g_date_time_new_utc(digits(text, 4), digits(text + 5, 2),
						     digits(text + 8, 2), digits(text + 11, 2),
						     digits(text + 14, 2), digits(text + 17, 2));
	if (t == NULL)
		return NULL;
	gint64 when = g_date_time_to_unix(t) - away;
	return when < FIRST_SECOND || when > LAST_SECOND ? NULL : clock_stamp(when);
}
