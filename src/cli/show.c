#include "cli/show.h"

#include "base/clock.h"
#include "base/u64.h"
#include "contract/type.h"

static char *
nothing(void)
{
	return g_strdup("-");
}

static char *
format_time(gint64 when, const char *format)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(when);

	return time != NULL ? g_date_time_format(time, format) : nothing();
}

char *
show_date(gint64 when)
{
	return format_time(when, "%-d %b %Y");
}

char *
show_moment(gint64 when)
{
	return format_time(when, "%-d %b %Y %H:%M UTC");
}

char *
show_count(guint64 n)
{
	GString *out = g_string_new(NULL);

	g_string_printf(out, "%" G_GUINT64_FORMAT, n);
	for (gsize at = out->len; at > 3;) {
		at -= 3;
		g_string_insert_c(out, (gssize)at, ',');
	}
	return g_string_free(out, FALSE);
}

static gboolean
stamp_of(const json_t *report, const char *key, gint64 *ret)
{
	const char *stamp = json_str(report, key);

	return stamp != NULL && clock_parse(stamp, ret);
}

char *
show_time(const json_t *report, const char *key)
{
	gint64 when;

	if (!stamp_of(report, key, &when))
		return nothing();
	g_autofree char *then = format_time(when, "%Y");
	g_autofree char *now = format_time(clock_now(), "%Y");
	return format_time(when, g_str_equal(then, now) ? "%-d %b %H:%M" : "%-d %b %Y %H:%M");
}

char *
show_since(const json_t *report, const char *key)
{
	gint64 when;

	return stamp_of(report, key, &when) ? u64_age_text(clock_now() - when) : nothing();
}

char *
show_age(const json_t *report, const char *key)
{
	gint64 seconds = json_num(report, key, -1);

	return seconds >= 0 ? u64_age_text(seconds) : nothing();
}

char *
show_size(const json_t *report, const char *key)
{
	guint64 bytes;

	return json_u64(report, key, &bytes) ? u64_size_text(bytes) : nothing();
}

char *
show_any(const json_t *report, const char *key, guint width)
{
	const json_t *value = json_object_get(report, key);

	if (json_is_integer(value))
		return g_strdup_printf("%" G_GINT64_FORMAT, (gint64)json_integer_value(value));
	return type_show(value, width);
}

void
show_put(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		json_put(object, key, text);
	else
		json_object_set_new(object, key, json_null());
}
