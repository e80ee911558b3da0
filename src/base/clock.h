/*
 * clock - the time, behind a seam so that tests can stop it
 *
 * Wall-clock time is whole seconds UTC and written as RFC 3339 with a Z;
 * such stamps compare as strings.  Nothing decides by it but the policies
 * latest and first, expiry and backoff.
 */
#pragma once
#include <glib.h>

#define CLOCK_STAMP_LEN 20 /* "2026-11-22T19:52:50Z" */

gint64 clock_now(void);     /* seconds since 1970 UTC */
gint64 clock_mono_us(void); /* microseconds, never goes back */
/* The stamp of WHEN; caller frees.  Years 0001 to 9999. */
char *clock_stamp(gint64 when);
char *clock_stamp_now(void);
/* Reads a stamp of exactly our form; FALSE for anything else. */
gboolean clock_parse(const char *stamp, gint64 *ret);
/* Tests: every later clock_now() is SECONDS away from the real clock. */
void clock_shift(gint64 seconds);
/* Tests: both clocks stand at WHEN (seconds since 1970) until they are put elsewhere; 0: they go.
 */
void clock_stop(gint64 when);
