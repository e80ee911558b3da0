/*
 * setting - every setting as one row: key, type, default, bounds, help
 *
 * Reading, checking, `--set`, the help and handsel.conf(5) are made from the rows.
 */
#pragma once
#include <glib.h>

typedef enum {
	SET_TEXT,
	SET_ENUM, /* one of CHOICES, separated by | */
	SET_BOOL, /* yes or no */
	SET_INT,
	SET_SIZE, /* bytes: "512 KiB" */
	SET_TIME, /* seconds: "5 min" */
	SET_PATH
} setting_type;

typedef enum {
	SET_SITE = 1,
	SET_LINK = 2,
	SET_FIXED = 4 /* given once, when the link is made */
} setting_where;

typedef struct {
	const char *key; /* "sync.ack_delay": group and name in the file; without a dot the group is
			    "link" or "site" */
	setting_type type;
	const char *fallback; /* default, as one would write it; NULL: none */
	gint64 min, max;      /* for INT, SIZE, TIME; length for TEXT */
	/*
	 * Words separated by |.  ENUM: the only values.  TEXT: the same, where NAME, ID,
	 * FIELD=VALUE, HH:MM... (see times.h), ADDRESS, RECEIVE-URL and SEND-URL (see mail_url.h)
	 * stand for whatever has that form; NULL: any line.
	 * Numbers: also taken, though out of bounds.
	 */
	const char *choices;
	setting_where where;
	const char *help; /* one or two sentences */
} setting;

/* All rows, ended by a NULL key. */
const setting *setting_all(void);
/* The row of KEY in a file of kind WHERE, or NULL. */
const setting *setting_find(const char *key, setting_where where);
/* Is VALUE right for the row?  The error names key, value and what would be right (class USAGE). */
gboolean setting_check(const setting *, const char *value, GError **error);
/* What would be right, for help and man page: "yes or no", "1 to 100000"; caller frees. */
char *setting_range(const setting *);
/* The number that VALUE means: INT, SIZE in bytes, TIME in seconds.  FALSE if it is none. */
gboolean setting_number(const setting *, const char *value, gint64 *ret);
