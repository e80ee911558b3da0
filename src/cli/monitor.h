/*
 * monitor - the state of links for programs that watch it: Nagios plugins and OpenMetrics
 *
 * LINKS are what status_of() returns.  Names and labels are stable.
 */
#pragma once
#include "base/json.h"

/*
 * Prints one line with performance data (JSON: an object) and returns the plugin's status: 0 OK,
 * 1 WARNING: something waits for the operator, 2 CRITICAL: a link does not work.
 */
int monitor_check(const GPtrArray *links, gboolean json);
/* The line of what could not even be asked; returns 3, UNKNOWN. */
int monitor_unknown(const GError *why, gboolean json);
/* Replaces the file at PATH, readable by all, by the metrics of SITE. */
gboolean monitor_store(const char *path, const char *site, const GPtrArray *links, GError **error);
