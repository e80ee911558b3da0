#include "base/clock.h"

#include <string.h>
#include <time.h>

static gint64 shift;   /* seconds; 0 outside tests */
static gint64 stopped; /* where it stands; 0 outside tests: it goes */

gint64
clock_now(void)
{
	return stopped != 0 ? stopped : (gint64)time(NULL) + shift;
}

gint64
clock_mono_us(void)
{
	return stopped != 0 ? stopped * G_USEC_PER_SEC : g_get_monotonic_time();
}

char *
clock_stamp(gint64 when)
{
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(when);

	if (t == NULL)
		return g_strdup("0001-01-01T00:00:00Z");
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", g_date_time_get_year(t),
			       g_date_time_get_month(t), g_date_time_get_day_of_month(t),
			       g_date_time_get_hour(t), g_date_time_get_minute(t),
			       g_date_time_get_second(t));
}

char *
clock_stamp_now(void)
{
	return clock_stamp(clock_now());
}

gboolean
clock_parse(const char *stamp, gint64 *ret)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";

	if (stamp == NULL || strlen(stamp) != CLOCK_STAMP_LEN)
		return FALSE;
	for (size_t i = 0; i < CLOCK_STAMP_LEN; i++)
		if (shape[i] == 'd' ? !g_ascii_isdigit(stamp[i]) : stamp[i] != shape[i])
			return FALSE;
	g_autoptr(GDateTime) t = g_date_time_new_from_iso8601(stamp, NULL);
	if (t == NULL)
		return FALSE;
	*ret = g_date_time_to_unix(t);
	return TRUE;
}

void
clock_shift(gint64 seconds)
{
	shift = seconds;
}

void
clock_stop(gint64 when)
{
	stopped = when;
}
