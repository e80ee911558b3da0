/*
 * Small forms that are read from text: numbers, sizes, times, ids, names.
 */
#include "base/clock.h"
#include "base/fsio.h"
#include "base/name.h"
#include "base/rand.h"
#include "base/u64.h"
#include "conf/setting.h"
#include "conf/times.h"
#include "fuzz.h"
#include "handshake/shape.h"
#include "item/item.h"

static void
numbers(const char *text)
{
	guint64 n = 0;

	if (u64_parse(text, G_MAXUINT64, &n)) {
		g_autofree char *same = g_strdup_printf("%" G_GUINT64_FORMAT, n);
		g_assert_cmpstr(text, ==, same);
	}
	if (u64_parse_size(text, G_MAXINT64, &n))
		g_assert_cmpuint(n, <=, G_MAXINT64);
	if (u64_parse_time(text, G_MAXINT32, &n))
		g_assert_cmpuint(n, <=, G_MAXINT32);
	g_autofree char *size = u64_size_text(n);
	g_assert_true(n == 0 || size[0] != '0');
	g_free(u64_age_text((gint64)MIN(n, G_MAXINT64)));
}

static void
points_in_time(const char *text)
{
	gint64 when;

	if (clock_parse(text, &when)) {
		g_autofree char *same = clock_stamp(when);
		g_assert_cmpstr(text, ==, same);
	}
	if (!times_valid(text))
		return;
	gint64 next = times_next(text, 1795377170);
	g_assert_cmpint(next, >, 1795377170);
	g_assert_cmpint(next, <=, 1795377170 + 24 * 60 * 60);
}

static void
names(const char *text)
{
	g_autofree char *type = NULL, *first = NULL, *second = NULL;
	guint8 bytes[16];

	if (rand_id_valid(text)) {
		rand_id_bytes(text, bytes);
		g_assert_cmpuint(strlen(text), ==, RAND_ID_LEN);
	}
	if (name_relation_parts(text, &type, &first, &second)) {
		g_autofree char *same = item_relation_reg(type, first, second);
		g_assert_cmpstr(text, ==, same);
	}
	item_reg_type(text);
	if (fsio_name_safe(text))
		g_assert_null(strchr(text, '/'));
	if (name_site_valid(text))
		g_assert_true(fsio_name_safe(text));
	shape_line(text);
	shape_salt(text);
	shape_fpr(text);
}

/* A value for every setting. */
static void
settings(const char *text)
{
	for (const setting *s = setting_all(); s->key != NULL; s++) {
		g_autoptr(GError) why = NULL;
		gint64 number;
		gboolean ok = setting_check(s, text, &why);

		fuzz_outcome(ok, &why);
		/* Words that stand for no number are choices. */
		if (ok && s->choices == NULL &&
		    (s->type == SET_INT || s->type == SET_SIZE || s->type == SET_TIME))
			g_assert_true(setting_number(s, text, &number));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = fuzz_text(data, size);

	numbers(text);
	points_in_time(text);
	names(text);
	if (g_utf8_validate(text, -1, NULL))
		settings(text);
	return 0;
}
