/* u64 - whole numbers in text, read strictly */
#pragma once
#include <glib.h>

/* Decimal digits only, no sign, no leading zero but "0" itself; FALSE if not or out of range. */
gboolean u64_parse(const char *text, guint64 max, guint64 *ret);
/* "1 MiB", "512 KiB", "20", "3 GiB", "1048576"; FALSE if not of that form or above MAX. */
gboolean u64_parse_size(const char *text, guint64 max, guint64 *ret);
/* "1 h", "30 s", "5 min", "30 d", "90": seconds. */
gboolean u64_parse_time(const char *text, guint64 max, guint64 *ret);
/* "12 KiB", "812 B", "1.5 GiB"; caller frees. */
char *u64_size_text(guint64 bytes);
/* "9 min", "2 h", "3 d", "now"; caller frees. */
char *u64_age_text(gint64 seconds);
