/*
 * show - times, sizes and words of reports, as people read them
 *
 * Callers free what is returned.  What a report leaves null is "-".
 */
#pragma once
#include "base/json.h"

/* Member KEY of REPORT, a stamp, as "22 Nov 20:01"; with the year when it is not this one. */
char *show_time(const json_t *report, const char *key);
/* The same as the time since then: "9 min". */
char *show_since(const json_t *report, const char *key);
/* Member KEY, seconds, as "9 min". */
char *show_age(const json_t *report, const char *key);
/* Member KEY, bytes, as "12 KiB". */
char *show_size(const json_t *report, const char *key);
/* Member KEY, whatever it is, in one line of at most WIDTH columns (0: all). */
char *show_any(const json_t *report, const char *key, guint width);
/* Sets member KEY to TEXT, or to null: the keys of --json are always there. */
void show_put(json_t *object, const char *key, const char *text);
/* WHEN as "22 Dec 2026". */
char *show_date(gint64 when);
/* WHEN as "22 Nov 2026 19:52 UTC". */
char *show_moment(gint64 when);
/* "1,076" */
char *show_count(guint64 n);
