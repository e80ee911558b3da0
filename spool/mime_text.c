#include <libetpan/libetpan.h>
#include <string.h>

#include "spool/mime_private.h"

#define PIECES_MAX 100 /* of a parameter that was cut (RFC 2231) */

gboolean
mime_line(mime_bytes *bytes, mime_bytes *ret_line)
{
	const char *end = bytes->len == 0 ? NULL : memchr(bytes->at, '\n', bytes->len);
	gsize len = end == NULL ? bytes->len : (gsize)(end + 1 - bytes->at);

	if (len == 0)
		return FALSE;
	*ret_line = (mime_bytes){bytes->at, len};
	bytes->at += len;
	bytes->len -= len;
	return TRUE;
}

static gboolean
is_blank(mime_bytes line)
{
	return line.at[0] == '\n' || (line.len > 1 && line.at[0] == '\r' && line.at[1] == '\n');
}

void
mime_split(mime_bytes bytes, mime_bytes *ret_head, mime_bytes *ret_body)
{
	mime_bytes rest = bytes, line;

	while (mime_line(&rest, &line) && !is_blank(line))
		;
	*ret_head = (mime_bytes){bytes.at, MIN((gsize)(rest.at - bytes.at), MIME_HEADER_MAX)};
	*ret_body = rest;
}

static gboolean
begins(mime_bytes line, const char *name)
{
	gsize len = strlen(name);

	return line.len > len && g_ascii_strncasecmp(line.at, name, len) == 0 &&
	       line.at[len] == ':';
}

char *
mime_header(mime_bytes head, const char *name)
{
	GString *value = NULL;
	mime_bytes line;

	while (mime_line(&head, &line)) {
		gboolean more = line.at[0] == ' ' || line.at[0] == '\t';
		gsize skip = more ? 0 : strlen(name) + 1;

		if (value != NULL && !more)
			break;
		if (value == NULL && !begins(line, name))
			continue;
		if (value == NULL)
			value = g_string_new(NULL);
		for (gsize i = skip; i < line.len && value->len < MIME_VALUE_MAX; i++)
			if (line.at[i] != '\r' && line.at[i] != '\n' && line.at[i] != '\0')
				g_string_append_c(value, line.at[i]);
	}
	return value == NULL ? NULL : g_strstrip(g_string_free(value, FALSE));
}

/* UTF-8 without control characters; TEXT is taken over. */
static char *
clean(char *text)
{
	char *valid = g_utf8_make_valid(text, -1);

	for (char *p = valid; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	g_free(text);
	return valid;
}

char *
mime_decode(const char *text)
{
	size_t at = 0;
	char *out = NULL;

	if (strstr(text, "=?") == NULL ||
	    mailmime_encoded_phrase_parse("utf-8", text, strlen(text), &at, "utf-8", &out) !=
		    MAILIMF_NO_ERROR ||
	    out == NULL)
		return clean(g_strdup(text));
	char *ret = clean(g_strdup(out));
	free(out);
	return ret;
}

char *
mime_value(const char *value)
{
	g_autofree char *part = g_strndup(value, strcspn(value, "; \t("));

	return g_ascii_strdown(part, -1);
}

/* ---- parameters ---- */

/* Behind comments and blanks. */
static const char *
skip_blanks(const char *p)
{
	guint depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *p != ' ' && *p != '\t' && *p != ';')
			break;
	}
	return p;
}

/* Reads a value, quoted or not, at *P. */
static char *
take_value(const char **p)
{
	GString *out = g_string_new(NULL);

	if (**p != '"') {
		gsize len = strcspn(*p, ";( \t");

		g_string_append_len(out, *p, (gssize)len);
		*p += len;
		return g_string_free(out, FALSE);
	}
	for ((*p)++; **p != '\0' && **p != '"'; (*p)++) {
		if (**p == '\\' && (*p)[1] != '\0')
			(*p)++;
		g_string_append_c(out, **p);
	}
	*p += **p == '"';
	return g_string_free(out, FALSE);
}

/* TEXT of CHARSET as UTF-8; Latin-1 can be anything. */
static char *
to_utf8(const char *text, const char *charset)
{
	char *out = g_utf8_validate(text, -1, NULL)
			    ? g_strdup(text)
			    : g_convert(text, -1, "UTF-8", charset, NULL, NULL, NULL);

	return out != NULL ? out : g_convert(text, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

/* "charset'language'text%20", or text%20 of a further piece. */
static char *
unescape(const char *text)
{
	const char *first = strchr(text, '\'');
	const char *second = first == NULL ? NULL : strchr(first + 1, '\'');
	g_autofree char *charset =
		second == NULL ? g_strdup("UTF-8") : g_strndup(text, (gsize)(first - text));
	const char *from = second == NULL ? text : second + 1;
	GString *out = g_string_new(NULL);

	for (; *from != '\0'; from++) {
		if (*from == '%' && g_ascii_isxdigit(from[1]) && g_ascii_isxdigit(from[2])) {
			char c = (char)(g_ascii_xdigit_value(from[1]) * 16 +
					g_ascii_xdigit_value(from[2]));

			if (c != '\0')
				g_string_append_c(out, c);
			from += 2;
		} else {
			g_string_append_c(out, *from);
		}
	}
	g_autofree char *raw = g_string_free(out, FALSE);
	return to_utf8(raw, charset);
}

/* Is KEY that of NAME, whole or as piece *RET_PIECE, escaped or not? */
static gboolean
is_piece(const char *key, const char *name, guint *ret_piece, gboolean *ret_escaped)
{
	gsize len = strlen(name);
	char *end;

	if (g_ascii_strncasecmp(key, name, len) != 0)
		return FALSE;
	key += len;
	*ret_piece = 0;
	*ret_escaped = strcmp(key, "*") == 0;
	if (*key == '\0' || *ret_escaped)
		return TRUE;
	if (*key != '*' || !g_ascii_isdigit(key[1]))
		return FALSE;
	guint64 piece = g_ascii_strtoull(key + 1, &end, 10);
	*ret_escaped = strcmp(end, "*") == 0;
	*ret_piece = (guint)MIN(piece, PIECES_MAX);
	return (*end == '\0' || *ret_escaped) && piece < PIECES_MAX;
}

char *
mime_parameter(const char *value, const char *name)
{
	g_autoptr(GPtrArray) pieces = g_ptr_array_new_with_free_func(g_free);
	const char *p = strchrnul(value, ';');

	g_ptr_array_set_size(pieces, PIECES_MAX);
	while (*(p = skip_blanks(p)) != '\0') {
		gsize len = strcspn(p, "=; \t(");
		g_autofree char *key = g_strndup(p, len);
		gboolean escaped;
		guint piece;

		p = skip_blanks(p + len);
		if (*p != '=') {
			p += *p != '\0' && len == 0;
			continue;
		}
		p = skip_blanks(p + 1);
		g_autofree char *text = take_value(&p);
		if (!is_piece(key, name, &piece, &escaped))
			continue;
		g_free(pieces->pdata[piece]);
		pieces->pdata[piece] = escaped ? unescape(text) : g_strdup(text);
	}
	g_autoptr(GString) all = g_string_new(NULL);
	for (guint i = 0; i < PIECES_MAX && pieces->pdata[i] != NULL; i++)
		g_string_append(all, pieces->pdata[i]);
	if (pieces->pdata[0] == NULL)
		return NULL;
	g_autofree char *text = to_utf8(all->str, "ISO-8859-1");
	return mime_decode(text);
}
