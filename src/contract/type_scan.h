/*
 * type_scan - numbers, dates and times in text, brought into their canonical form
 *
 * Inside contract only.  Each returns the canonical text (caller frees), or NULL if TEXT is
 * nothing of the kind.
 */
#pragma once
#include <glib.h>

#define SCAN_NUMBER_MAX 100 /* characters of a number */

/* "-012.50" is "-12.5"; no exponent. */
char *scan_number(const char *text);
/* "YYYY-MM-DD", a day that exists. */
char *scan_date(const char *text);
/* RFC 3339 in the years 0001 to 9999; also with a blank for the T and without an offset (UTC).
 * Fractions of a second are cut. */
char *scan_time(const char *text);
