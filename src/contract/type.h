/*
 * type - the types of contract values and their canonical form
 *
 * Canonical means: two sides that mean the same write the same bytes.
 *
 *   text, longtext  string, valid UTF-8, CRLF and CR as LF, no NUL; text has no LF
 *   number          decimal string, "-12.5": no exponent, no leading or trailing zero, no "-0"
 *   date            "YYYY-MM-DD"
 *   time            stamp, "YYYY-MM-DDTHH:MM:SSZ"
 *   yesno           true or false
 *   user, list      string without LF, outer blanks removed
 *   multi           array of such strings, sorted by bytes, each once
 *   link            a URL or path: string without blanks or controls
 *   map             object of strings (things)
 * Empty text, an empty array and null are all "nothing": canonical null.
 */
#pragma once
#include "base/json.h"

typedef enum {
	TYPE_TEXT,
	TYPE_LONGTEXT,
	TYPE_NUMBER,
	TYPE_DATE,
	TYPE_TIME,
	TYPE_YESNO,
	TYPE_USER,
	TYPE_LIST,
	TYPE_MULTI,
	TYPE_LINK,
	TYPE_COUNT
} value_type;

const char *type_name(value_type);
gboolean type_from_name(const char *name, value_type *ret);
/*
 * The canonical form of IN; LIMIT bounds its text in bytes.  A new reference (json_null() for
 * nothing). NULL with REASON_BAD_VALUE or REASON_VALUE_TOO_LARGE; the message starts with NAME.
 */
json_t *type_canon(value_type, const char *name, const json_t *in, gsize limit, GError **error);
/* The same from what a person typed or a CSV cell holds: "yes", "a, b; c", "2020-01-04
 * 02:32:49+00:00". */
json_t *type_parse(value_type, const char *name, const char *text, gsize limit, GError **error);
/* For people: one line, cut to WIDTH characters (0: not cut); "-" for nothing.  Caller frees. */
char *type_show(const json_t *value, guint width);
