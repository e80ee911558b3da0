/*
 * when - points in time as people type them
 */
#pragma once
#include <glib.h>

/*
 * "2026-11-24", "2026-11-24T09:14", "2026-11-24T09:14:30" (UTC, a Z behind may be left out), or so
 * long before NOW: "30 min", "2h", "3d".  OPTION is named in the error, which is of class USAGE.
 */
gboolean when_parse(const char *option, const char *text, gint64 now, gint64 *ret, GError **error);
