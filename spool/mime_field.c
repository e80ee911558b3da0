/*
 * Headers: fields (RFC 5322) and their parameters (RFC 2045, 2231), as lenient as mailers are
 * careless.  All of it is linear in a length that is bounded.
 */
#include <string.h>

#include "spool/mime_private.h"

#define MEDIA_MAX    100
#define SEGMENTS_MAX 100 /* of a parameter in pieces */

/* ---- fields ---- */

gboolean
mime_line(const char **at, const char *end, mime_span *ret)
{
	if (*at >= end)
		return FALSE;
	const char *lf = memchr(*at, '\n', (gsize)(end - *at));
	const char *stop = lf != NULL ? lf : end;
	*ret = (mime_span){*at, (gsize)(stop - *at)};
	if (lf != NULL && ret->len > 0 && stop[-1] == '\r')
		ret->len--;
	*at = lf != NULL ? lf + 1 : end;
	return TRUE;
}

/* What is behind the colon, if LINE begins field NAME; blanks before the colon are an old habit. */
static gboolean
is_field(mime_span line, const char *name, mime_span *ret_value)
{
	gsize len = strlen(name);

	if (line.len <= len || g_ascii_strncasecmp(line.at, name, len) != 0)
		return FALSE;
	while (len < line.len && (line.at[len] == ' ' || line.at[len] == '\t'))
		len++;
	if (len == line.len || line.at[len] != ':')
		return FALSE;
	*ret_value = (mime_span){line.at + len + 1, line.len - len - 1};
	return TRUE;
}

static void
add_value(GString *value, mime_span text)
{
	for (gsize i = 0; i < text.len && value->len < MIME_FIELD_MAX; i++)
		if (text.at[i] == '\t')
			g_string_append_c(value, ' ');
		else if (!g_ascii_iscntrl(text.at[i]))
			g_string_append_c(value, text.at[i]);
	/* Where the bound cuts a character in two, what is left of it would make all others
	 * Latin-1. */
	while (value->len == MIME_FIELD_MAX && (guchar)value->str[value->len - 1] >= 0x80)
		g_string_truncate(value, value->len - 1);
}

char *
mime_field(mime_span head, const char *name)
{
	const char *at = head.at, *end = head.at + head.len;
	mime_span line, value;

	while (mime_line(&at, end, &line)) {
		if (!is_field(line, name, &value))
			continue;
		GString *text = g_string_new(NULL);
		add_value(text, value);
		while (at < end && (*at == ' ' || *at == '\t') && mime_line(&at, end, &line))
			add_value(text, line);
		return g_strstrip(g_string_free(text, FALSE));
	}
	return NULL;
}

/* A mailbox file's "From " is no field. */
gboolean
mime_has_fields(mime_span head)
{
	const char *at = head.at, *end = head.at + head.len;
	mime_span line;

	while (mime_line(&at, end, &line)) {
		gsize len = 0;

		while (len < line.len && g_ascii_isgraph(line.at[len]) && line.at[len] != ':')
			len++;
		if (len > 0 && len < line.len && line.at[len] == ':')
			return TRUE;
	}
	return FALSE;
}

char *
mime_media(const char *field, const char *fallback)
{
	if (field == NULL || *field == '\0')
		return g_strdup(fallback);
	gsize len = strcspn(field, "; \t(");
	const char *slash = memchr(field, '/', len);
	if (slash == NULL || slash == field || slash == field + len - 1 || len > MEDIA_MAX)
		return g_strdup("application/octet-stream");
	char *media = g_ascii_strdown(field, (gssize)len);
	for (char *c = media; *c != '\0'; c++)
		if (!g_ascii_isgraph(*c))
			*c = '?';
	return media;
}

/* ---- parameters ---- */

/* Behind the quoted text that begins at C; what is in it goes to TEXT, which may be NULL. */
static const char *
read_quoted(const char *c, GString *text)
{
	for (c++; *c != '\0' && *c != '"'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		if (text != NULL)
			g_string_append_c(text, *c);
	}
	return *c == '"' ? c + 1 : c;
}

/* Behind the comment that begins at C, and those in it. */
static const char *
skip_comment(const char *c)
{
	guint depth = 0;

	for (; *c != '\0'; c++) {
		if (*c == '\\' && c[1] != '\0')
			c++;
		else if (*c == '(')
			depth++;
		else if (*c == ')' && --depth == 0)
			return c + 1;
	}
	return c;
}

/* The next ";" or the end. */
static const char *
skip_value(const char *c)
{
	while (*c != '\0' && *c != ';') {
		if (*c == '"')
			c = read_quoted(c, NULL);
		else if (*c == '(')
			c = skip_comment(c);
		else
			c++;
	}
	return c;
}

/*
 * The parameter behind the next ";".  Values that should have been quoted reach up to the next
 * one.
 */
static gboolean
next_param(const char **at, GString *name, GString *value)
{
	const char *c = skip_value(*at);

	g_string_truncate(name, 0);
	g_string_truncate(value, 0);
	if (*c == '\0')
		return FALSE;
	for (c++; *c != '\0' && *c != '=' && *c != ';'; c++)
		if (*c != ' ')
			g_string_append_c(name, *c);
	if (*c == '=') {
		for (c++; *c == ' '; c++)
			;
		if (*c == '"')
			c = read_quoted(c, value);
		else
			for (; *c != '\0' && *c != ';'; c++)
				g_string_append_c(value, *c);
	}
	*at = c;
	return TRUE;
}

char *
mime_param_raw(const char *field, const char *name)
{
	g_autoptr(GString) key = g_string_new(NULL);
	g_autoptr(GString) value = g_string_new(NULL);

	while (field != NULL && next_param(&field, key, value))
		if (g_ascii_strcasecmp(key->str, name) == 0)
			return g_strchomp(g_strdup(value->str));
	return NULL;
}

/* ---- parameters in pieces, and in other alphabets ---- */

typedef struct {
	char *plain;                  /* name=      */
	char *segments[SEGMENTS_MAX]; /* name*0=, name*1*= and so on; name*= is the first */
	gboolean escaped[SEGMENTS_MAX];
} pieces;

static void
pieces_clear(pieces *p)
{
	g_free(p->plain);
	for (guint i = 0; i < SEGMENTS_MAX; i++)
		g_free(p->segments[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(pieces, pieces_clear)

/* REST is what the parameter's name has behind NAME: "", "*", "*3", "*3*". */
static void
keep_piece(pieces *p, const char *rest, const char *value)
{
	char *end;

	if (*rest == '\0') {
		if (p->plain == NULL)
			p->plain = g_strchomp(g_strdup(value));
		return;
	}
	if (*rest != '*' || (rest[1] != '\0' && !g_ascii_isdigit(rest[1])))
		return;
	guint64 i = g_ascii_strtoull(rest + 1, &end, 10);
	gboolean escaped = rest[1] == '\0' || strcmp(end, "*") == 0;
	if (i >= SEGMENTS_MAX || p->segments[i] != NULL || (!escaped && *end != '\0'))
		return;
	p->segments[i] = g_strchomp(g_strdup(value));
	p->escaped[i] = escaped;
}

static void
add_unescaped(GString *bytes, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '%' && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2])) {
			int byte =
				g_ascii_xdigit_value(text[1]) * 16 + g_ascii_xdigit_value(text[2]);

			g_string_append_c(bytes, (char)byte);
			text += 2;
		} else
			g_string_append_c(bytes, *text);
	}
}

/* CHARSET'LANGUAGE'TEXT: what is behind, and the first in *RET_CHARSET. */
static const char *
split_charset(const char *text, char **ret_charset)
{
	const char *first = strchr(text, '\''), *second = first ? strchr(first + 1, '\'') : NULL;

	if (second == NULL)
		return text;
	*ret_charset = g_strndup(text, (gsize)(first - text));
	return second + 1;
}

static char *
join_pieces(const pieces *p)
{
	g_autofree char *charset = NULL;
	g_autoptr(GString) bytes = g_string_new(NULL);
	const char *first = p->segments[0];

	if (p->escaped[0])
		first = split_charset(first, &charset);
	for (guint i = 0; i < SEGMENTS_MAX && p->segments[i] != NULL; i++) {
		const char *text = i == 0 ? first : p->segments[i];

		if (p->escaped[i])
			add_unescaped(bytes, text);
		else
			g_string_append(bytes, text);
	}
	return charset != NULL ? mime_utf8(bytes->str, bytes->len, charset)
			       : mime_words(bytes->str);
}

char *
mime_param(const char *field, const char *name)
{
	g_autoptr(GString) key = g_string_new(NULL);
	g_autoptr(GString) value = g_string_new(NULL);
	g_auto(pieces) found = {0};
	gsize len = strlen(name);

	while (field != NULL && next_param(&field, key, value))
		if (g_ascii_strncasecmp(key->str, name, len) == 0)
			keep_piece(&found, key->str + len, value->str);
	g_autofree char *text = found.segments[0] != NULL ? join_pieces(&found)
				: found.plain != NULL     ? mime_words(found.plain)
							  : NULL;
	return text != NULL && *text != '\0' ? g_steal_pointer(&text) : NULL;
}
