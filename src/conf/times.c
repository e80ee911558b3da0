#include "conf/times.h"

#include <string.h>

#define MOST 48
#define DAY  (24 * 60 * 60)

/* Seconds since midnight of WORD, or -1. */
static gint64
seconds_of(const char *word)
{
	if (strlen(word) != 5 || word[2] != ':' || !g_ascii_isdigit(word[0]) ||
	    !g_ascii_isdigit(word[1]) || !g_ascii_isdigit(word[3]) || !g_ascii_isdigit(word[4]))
		return -1;
	gint64 hour = (word[0] - '0') * 10 + (word[1] - '0');
	gint64 minute = (word[3] - '0') * 10 + (word[4] - '0');
	return hour < 24 && minute < 60 ? (hour * 60 + minute) * 60 : -1;
}

gboolean
times_valid(const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", MOST + 1);

	for (guint i = 0; words[i] != NULL; i++)
		if (i == MOST || seconds_of(words[i]) < 0)
			return FALSE;
	return words[0] != NULL;
}

gint64
times_next(const char *list, gint64 after)
{
	g_auto(GStrv) words = g_strsplit(list, " ", MOST + 1);
	gint64 midnight = after - after % DAY, next = G_MAXINT64;

	for (guint i = 0; words[i] != NULL; i++) {
		gint64 when = midnight + seconds_of(words[i]);

		next = MIN(next, when > after ? when : when + DAY);
	}
	return next;
}
