/*
 * Text in headers: RFC 2047, and raw bytes of whatever alphabet.
 */
#include <string.h>

#include "spool/mime_private.h"

#define CHARSET_MAX 40

/*
 * The charsets mailers use.  No others: some of iconv's converters have been made to hang or to
 * write where they should not.
 */
static gboolean
is_convertible(const char *charset)
{
	static const char *const starts[] = {"iso-8859-", "windows-125", "cp125", "koi8-", NULL};
	static const char *const whole[] = {"gb2312",      "gbk",       "gb18030", "big5",
					    "cp850",       "shift_jis", "euc-jp",  "euc-kr",
					    "iso-2022-jp", NULL};
	g_autofree char *name = g_ascii_strdown(charset, -1);

	if (strlen(name) > CHARSET_MAX || strchr(name, '/') != NULL)
		return FALSE;
	for (guint i = 0; starts[i] != NULL; i++)
		if (g_str_has_prefix(name, starts[i]))
			return TRUE;
	return g_strv_contains(whole, name);
}

/* Without control characters; what is no character is replaced. */
static char *
clean(const char *text, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)len);
	GString *ret = g_string_new(NULL);

	for (const char *c = valid; *c != '\0'; c = g_utf8_next_char(c))
		if (!g_unichar_iscntrl(g_utf8_get_char(c)))
			g_string_append_len(ret, c, g_utf8_next_char(c) - c);
	return g_string_free(ret, FALSE);
}

char *
mime_utf8(const char *bytes, gsize len, const char *charset)
{
	gsize made = 0;
	g_autofree char *text = NULL;

	if (charset != NULL && is_convertible(charset))
		text = g_convert(bytes, (gssize)len, "UTF-8", charset, NULL, &made, NULL);
	if (text == NULL && !g_utf8_validate_len(bytes, len, NULL))
		text = g_convert(bytes, (gssize)len, "UTF-8", "WINDOWS-1252", NULL, &made, NULL);
	return text != NULL ? clean(text, made) : clean(bytes, len);
}

/* ---- encoded words ---- */

typedef struct {
	GString *text;  /* done, UTF-8 */
	GString *bytes; /* of words that follow each other in one charset */
	char *charset;
} decoder;

/* Characters may be torn apart by the borders of words, so they are joined first. */
static void
end_words(decoder *d)
{
	if (d->charset == NULL)
		return;
	g_autofree char *text = mime_utf8(d->bytes->str, d->bytes->len, d->charset);
	g_string_append(d->text, text);
	g_string_truncate(d->bytes, 0);
	g_clear_pointer(&d->charset, g_free);
}

static void
add_raw(decoder *d, const char *raw, gsize len)
{
	g_autofree char *text = mime_utf8(raw, len, NULL);

	end_words(d);
	g_string_append(d->text, text);
}

static void
add_q(GString *bytes, const char *text, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (text[i] == '=' && i + 2 < len && g_ascii_isxdigit(text[i + 1]) &&
		    g_ascii_isxdigit(text[i + 2])) {
			int byte = g_ascii_xdigit_value(text[i + 1]) * 16 +
				   g_ascii_xdigit_value(text[i + 2]);

			g_string_append_c(bytes, (char)byte);
			i += 2;
		} else
			g_string_append_c(bytes, text[i] == '_' ? ' ' : text[i]);
	}
}

static void
add_b(GString *bytes, const char *text, gsize len)
{
	g_autofree char *copy = g_strndup(text, len);
	gsize made = 0;

	if (*copy == '\0')
		return;
	g_autofree guchar *raw = g_base64_decode(copy, &made);
	g_string_append_len(bytes, (const char *)raw, (gssize)made);
}

typedef struct {
	mime_span charset, text, all;
	char encoding;
} word;

/* The encoded word that begins at C ("=?"); *RET_NO_END is set where no "?=" comes any more. */
static gboolean
find_word(const char *c, word *ret, gboolean *ret_no_end)
{
	gsize charset = strcspn(c + 2, "?");
	const char *encoding = c + 2 + charset;

	if (charset == 0 || charset > CHARSET_MAX || *encoding != '?' || encoding[1] == '\0' ||
	    strchr("bBqQ", encoding[1]) == NULL || encoding[2] != '?')
		return FALSE;
	const char *text = encoding + 3, *end = strstr(text, "?=");
	*ret_no_end = end == NULL;
	if (end == NULL)
		return FALSE;
	*ret = (word){.charset = {c + 2, charset},
		      .text = {text, (gsize)(end - text)},
		      .all = {c, (gsize)(end + 2 - c)},
		      .encoding = g_ascii_tolower(encoding[1])};
	return TRUE;
}

static void
add_word(decoder *d, const word *w)
{
	/* RFC 2231 puts a language behind: us-ascii*en. */
	g_autofree char *charset = g_strndup(w->charset.at, w->charset.len);
	charset[strcspn(charset, "*")] = '\0';

	if (d->charset != NULL && g_ascii_strcasecmp(d->charset, charset) != 0)
		end_words(d);
	if (d->charset == NULL)
		d->charset = g_steal_pointer(&charset);
	(w->encoding == 'b' ? add_b : add_q)(d->bytes, w->text.at, w->text.len);
}

static gboolean
is_blank(const char *text, gsize len)
{
	return strspn(text, " ") >= len;
}

char *
mime_words(const char *raw)
{
	decoder d = {.text = g_string_new(NULL), .bytes = g_string_new(NULL)};
	const char *done = raw, *c = raw;
	gboolean no_end = FALSE;
	word w;

	while (!no_end && (c = strstr(c, "=?")) != NULL) {
		if (!find_word(c, &w, &no_end)) {
			c += 2;
			continue;
		}
		/* Blanks between two words are only there to keep them apart. */
		gsize between = (gsize)(c - done);
		if (between > 0 && (d.charset == NULL || !is_blank(done, between)))
			add_raw(&d, done, between);
		add_word(&d, &w);
		done = c = c + w.all.len;
	}
	add_raw(&d, done, strlen(done));
	g_string_free(d.bytes, TRUE);
	return g_string_free(d.text, FALSE);
}
