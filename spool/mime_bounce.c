/*
 * Reports of failure (RFC 3464): groups of fields, one for the mail and one for each receiver.
 */
#include <string.h>

#include "spool/mime_private.h"

#define TEXT_MAX 500

void
mime_bounce_free(mime_bounce *b)
{
	if (b == NULL)
		return;
	g_free(b->id);
	g_free(b->status);
	g_free(b->text);
	g_free(b);
}

char *
mime_bare_id(const char *value)
{
	const char *open = value == NULL ? NULL : strchr(value, '<');
	const char *close = open == NULL ? NULL : strchr(open, '>');

	return close == NULL || close - open < 2 || close - open > 1000
		       ? NULL
		       : g_strndup(open + 1, (gsize)(close - open - 1));
}

/* "smtp; 550 5.1.1 no such user": what stands behind the type. */
static char *
behind_type(char *text)
{
	const char *semicolon = text == NULL ? NULL : strchr(text, ';');
	g_autofree char *whole = text;
	g_autofree char *part =
		text == NULL ? NULL : g_strdup(semicolon != NULL ? semicolon + 1 : text);
	g_autofree char *plain = part == NULL ? NULL : mime_decode(g_strstrip(part));

	return plain == NULL ? NULL
			     : g_utf8_substring(plain, 0, MIN(g_utf8_strlen(plain, -1), TEXT_MAX));
}

mime_bounce *
mime_read_status(mime_bytes status, const char *id)
{
	mime_bytes rest = status;
	mime_bounce *b = NULL;

	/* The first receiver who is spoken of is the one: ours go to one only. */
	while (b == NULL && rest.len > 0) {
		mime_bytes group;

		mime_split(rest, &group, &rest);
		g_autofree char *action = mime_header(group, "Action");
		if (action == NULL)
			continue;
		g_autofree char *number = mime_header(group, "Status");
		b = g_new0(mime_bounce, 1);
		b->permanent = g_ascii_strncasecmp(action, "failed", 6) == 0;
		b->status = number != NULL ? mime_value(number) : g_strdup("");
		b->text = behind_type(mime_header(group, "Diagnostic-Code"));
	}
	if (b == NULL)
		return NULL;
	if (b->text == NULL)
		b->text = g_strdup(b->permanent ? "not delivered" : "delayed");
	b->id = g_strdup(id);
	return b;
}
