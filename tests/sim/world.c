#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fsio.h"

#define EPOCH G_GINT64_CONSTANT(1420070400) /* 2015-01-01 */

sim *
sim_new(guint32 seed, const char *dir, notebook *book, gboolean verbose)
{
	sim *s = g_new0(sim, 1);

	s->seed = seed;
	s->restores = seed % 5 == 0;
	s->verbose = verbose;
	s->trace = g_checksum_new(G_CHECKSUM_SHA256);
	s->rand = g_rand_new_with_seed(seed);
	s->now = EPOCH;
	s->dir = g_strdup(dir);
	s->book = book;
	memset(book->prev, 0, sizeof *book->prev * (book->values + 1));
	memset(book->fine, 0, book->values + 1);
	book->values = 0;
	book->things = book->gone = 0;
	book->bad[0] = '\0';
	if (!fsio_mkdirs(dir, 0700, NULL))
		sim_bad(s, "cannot make %s", dir);
	return s;
}

void
sim_free(sim *s)
{
	if (s == NULL)
		return;
	pool_close(s->dir);
	for (guint i = 0; i < s->ends; i++) {
		end *e = &s->end[i];
		g_free(e->dir);
		g_free(e->send);
		g_free(e->receive);
		g_free(e->way);
		g_free(e->seen);
		store_numbers_clear(&e->before);
		g_free(e->pair);
		g_hash_table_unref(e->pairs);
		g_hash_table_unref(e->offered);
	}
	for (guint i = 0; i < s->sites; i++)
		g_free(s->site[i].home);
	g_checksum_free(s->trace);
	g_rand_free(s->rand);
	g_free(s->dir);
	g_free(s);
}

void
sim_bad(sim *s, const char *format, ...)
{
	va_list ap;

	if (sim_is_bad(s))
		return;
	va_start(ap, format);
	g_vsnprintf(s->book->bad, sizeof s->book->bad, format, ap);
	va_end(ap);
	if (s->book->bad[0] == '\0')
		g_strlcpy(s->book->bad, "?", sizeof s->book->bad);
	sim_say(s, "BAD: %s", s->book->bad);
}

gboolean
sim_is_bad(const sim *s)
{
	return s->book->bad[0] != '\0';
}

void
sim_say(sim *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_checksum_update(s->trace, (const guint8 *)text, -1);
	if (s->verbose) {
		printf("# %" G_GINT64_FORMAT " %s\n", s->now - EPOCH, text);
		fflush(stdout);
	}
}

double
sim_chance(sim *s)
{
	return g_rand_double(s->rand);
}

guint
sim_below(sim *s, guint n)
{
	return (guint)g_rand_int_range(s->rand, 0, (gint32)n);
}

guint32
sim_draw(sim *s)
{
	return g_rand_int(s->rand) | 1;
}

guint
sim_number(const json_t *v)
{
	const char *text = json_string_value(v);

	return text != NULL && (text[0] == 'v' || text[0] == 'V') && g_ascii_isdigit(text[1])
		       ? (guint)g_ascii_strtoull(text + 1, NULL, 10)
		       : 0;
}

gboolean
sim_alike(const json_t *a, const json_t *b)
{
	gboolean no_a = a == NULL || json_is_null(a), no_b = b == NULL || json_is_null(b);

	if (no_a || no_b)
		return no_a && no_b;
	return sim_number(a) > 0 ? sim_number(a) == sim_number(b) : json_equal(a, b);
}

void
sim_cover(const sim *s, guint8 *flags, const json_t *j)
{
	const char *key;
	gsize i;
	json_t *v;

	json_object_foreach ((json_t *)j, key, v)
		sim_cover(s, flags, v);
	json_array_foreach (j, i, v)
		sim_cover(s, flags, v);
	for (guint n = sim_number(j); n > 0 && n <= s->book->values && !flags[n];
	     n = s->book->prev[n])
		flags[n] = 1;
}
