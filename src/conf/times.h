/*
 * times - times of day, as a setting lists them: "06:00 18:30"
 *
 * Of the clock that is UTC, like every time that handsel shows.
 */
#pragma once
#include <glib.h>

/* One to 48 times HH:MM, with blanks between them? */
gboolean times_valid(const char *list);
/* The first of them after AFTER, in seconds since 1970; LIST is valid. */
gint64 times_next(const char *list, gint64 after);
