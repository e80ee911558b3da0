/*
 * Composing.  What comes from outside can't make a header line of its own: addresses and ids with
 * anything else than their letters are refused, all other text is encoded where it has to be.
 * Every line ends with CR LF; dots at its start are SMTP's business.
 */
#include "spool/mime.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"

#define COLUMNS   76
#define LINE_IN   57  /* bytes that make a line of base64 */
#define LINE_OUT  78  /* such a line with CR LF */
#define LINES     512 /* of base64 that are made at once */
#define WORD_IN   39  /* bytes in an encoded word that fits a line behind "Subject: " */
#define SHORT     60  /* characters that fit a line behind any of our field names */
#define PLAIN_MAX 500 /* characters of a subject without encoding; a line may have 998 */
#define SEGMENT   40  /* characters in a piece of a name (RFC 2231) */
#define ADDR_MAX  320
#define OTHERS    4096 /* mime_room(): all that is not the file */
#define NO_LETTER " ()<>,;:\"\\[]"

guint64
mime_room(guint64 limit)
{
	if (limit <= OTHERS)
		return 0;
	guint64 lines = (limit - OTHERS) / LINE_OUT, rest = (limit - OTHERS) % LINE_OUT;
	return lines * LINE_IN + (rest > 2 ? (rest - 2) / 4 * 3 : 0);
}

/* ---- what goes into a header ---- */

static gboolean
is_printable(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!g_ascii_isprint(*c))
			return FALSE;
	return TRUE;
}

/* Addresses and ids: LEFT@RIGHT of plain letters, as settings demand it too. */
static gboolean
check_address(const char *text, GError **error)
{
	const char *at = strchr(text, '@');

	if (at != NULL && at != text && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
	    strlen(text) <= ADDR_MAX && is_printable(text) && strpbrk(text, NO_LETTER) == NULL)
		return TRUE;
	g_autofree char *shown = g_strescape(text, NULL);
	fail_set(error, FAIL_CONFIG, "\"%s\" can't be an address in a mail", shown);
	return FALSE;
}

static gboolean
check_addresses(const mime_letter *l, GError **error)
{
	return check_address(l->from, error) && check_address(l->to, error) &&
	       check_address(l->id, error) &&
	       (l->references == NULL || check_address(l->references, error));
}

/* Can TEXT stand for itself within quotes? */
static gboolean
is_plain(const char *text)
{
	return strlen(text) <= SHORT && is_printable(text) && strpbrk(text, "\"\\") == NULL &&
	       strstr(text, "=?") == NULL && *text != ' ' && !g_str_has_suffix(text, " ");
}

/* How many bytes of TEXT, whole characters, WORD_IN at most. */
static gsize
word_length(const char *text)
{
	gsize len = 0;

	while (text[len] != '\0') {
		gsize next = len + (gsize)(g_utf8_next_char(text + len) - (text + len));

		if (next > WORD_IN)
			break;
		len = next;
	}
	return len;
}

/* RFC 2047: as many encoded words as it takes, a line each. */
static void
add_words(GString *mail, const char *raw)
{
	g_autofree char *text = g_utf8_make_valid(raw, -1);

	for (const char *at = text; *at != '\0';) {
		gsize len = word_length(at);
		g_autofree char *word = g_base64_encode((const guchar *)at, len);

		g_string_append_printf(mail, "%s=?UTF-8?B?%s?=", at != text ? "\r\n " : "", word);
		at += len;
	}
}

static void
add_from(GString *mail, const mime_letter *l)
{
	g_string_append(mail, "From: ");
	if (l->sender == NULL || *l->sender == '\0') {
		g_string_append_printf(mail, "%s\r\n", l->from);
		return;
	}
	if (is_plain(l->sender))
		g_string_append_printf(mail, "\"%s\"", l->sender);
	else
		add_words(mail, l->sender);
	gboolean fits = is_plain(l->sender) &&
			strlen("From: \"\" <>") + strlen(l->sender) + strlen(l->from) <= COLUMNS;
	g_string_append_printf(mail, "%s <%s>\r\n", fits ? "" : "\r\n", l->from);
}

/* Folded in front of blanks, as far as there are any: what is plain stays so for who searches. */
static void
add_folded(GString *mail, const char *text, gsize column)
{
	for (gsize len; *text != '\0'; text += len, column += len) {
		len = strcspn(text + 1, " ") + 1;
		if (*text == ' ' && text[1] != ' ' && text[1] != '\0' && column + len > COLUMNS) {
			g_string_append(mail, "\r\n");
			column = 0;
		}
		g_string_append_len(mail, text, (gssize)len);
	}
}

static void
add_subject(GString *mail, const char *subject)
{
	static const char name[] = "Subject: ";

	g_string_append(mail, name);
	if (strlen(subject) <= PLAIN_MAX && is_printable(subject) && strstr(subject, "=?") == NULL)
		add_folded(mail, subject, strlen(name));
	else
		add_words(mail, subject);
	g_string_append(mail, "\r\n");
}

/* In English whatever the locale. */
static gboolean
add_date(GString *mail, gint64 date, GError **error)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(date);

	if (t == NULL) {
		fail_set(error, FAIL_BUG, "%" G_GINT64_FORMAT " is no time for a mail", date);
		return FALSE;
	}
	g_string_append_printf(
		mail, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n",
		days[g_date_time_get_day_of_week(t) - 1], g_date_time_get_day_of_month(t),
		months[g_date_time_get_month(t) - 1], g_date_time_get_year(t),
		g_date_time_get_hour(t), g_date_time_get_minute(t), g_date_time_get_second(t));
	return TRUE;
}

static gboolean
add_head(GString *mail, const mime_letter *l, GError **error)
{
	if (!check_addresses(l, error) || !add_date(mail, l->date, error))
		return FALSE;
	add_from(mail, l);
	g_string_append_printf(mail, "To: %s\r\n", l->to);
	add_subject(mail, l->subject);
	g_string_append_printf(mail, "Message-ID: <%s>\r\n", l->id);
	if (l->references != NULL)
		g_string_append_printf(mail, "References: <%s>\r\n", l->references);
	g_string_append(mail, "Auto-Submitted: auto-generated\r\n"
			      "X-Auto-Response-Suppress: All\r\n"
			      "MIME-Version: 1.0\r\n");
	return TRUE;
}

/* ---- the text ---- */

/* Does the character at C have to be written as =XX? */
static gboolean
is_special(const char *c)
{
	if (*c == ' ')
		return c[1] == '\0' || c[1] == '\n';
	return !g_ascii_isgraph(*c) || *c == '=';
}

/* Quoted-printable. */
static void
add_text(GString *mail, const char *text)
{
	gsize column = 0;

	g_string_append(mail, "Content-Type: text/plain; charset=utf-8\r\n"
			      "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\n') {
			g_string_append(mail, "\r\n");
			column = 0;
			continue;
		}
		gboolean special = is_special(c);
		gsize len = special ? 3 : 1;
		if (column + len >= COLUMNS) {
			g_string_append(mail, "=\r\n");
			column = 0;
		}
		if (special)
			g_string_append_printf(mail, "=%02X", (guchar)*c);
		else
			g_string_append_c(mail, *c);
		column += len;
	}
	if (column > 0)
		g_string_append(mail, "\r\n");
}

/* ---- the file ---- */

/* RFC 2231: a parameter in pieces of a line each. */
static void
add_pieces(GString *mail, const char *key, const char *raw)
{
	g_autofree char *name = g_utf8_make_valid(raw, -1);
	g_autofree char *text = g_uri_escape_string(name, NULL, FALSE);
	guint piece = 0;

	for (const char *at = text; *at != '\0'; piece++) {
		gsize len = MIN(strlen(at), SEGMENT);

		/* No piece ends within a %XX. */
		while (len > 1 && strlen(at) > len && (at[len - 1] == '%' || at[len - 2] == '%'))
			len--;
		g_string_append_printf(mail, ";\r\n %s*%u*=%s%.*s", key, piece,
				       piece == 0 ? "UTF-8''" : "", (int)len, at);
		at += len;
	}
}

static void
add_name(GString *mail, const char *key, const char *name)
{
	if (is_plain(name))
		g_string_append_printf(mail, ";\r\n %s=\"%s\"", key, name);
	else
		add_pieces(mail, key, name);
}

static void
add_file_head(GString *mail, const char *name)
{
	g_string_append(mail, "Content-Type: application/octet-stream");
	add_name(mail, "name", name);
	g_string_append(mail, "\r\nContent-Transfer-Encoding: base64\r\n"
			      "Content-Disposition: attachment");
	add_name(mail, "filename", name);
	g_string_append(mail, "\r\n\r\n");
}

/* Fills BUF from AT on; less than LEN only at the end of the file; -1 on error. */
static gssize
read_at(int fd, char *buf, gsize len, off_t at, GError **error)
{
	gsize have = 0;

	while (have < len) {
		ssize_t n = pread(fd, buf + have, len - have, at + (off_t)have);

		if (n == 0)
			break;
		if (n > 0)
			have += (gsize)n;
		else if (errno != EINTR) {
			fail_errno(error, errno, "can't read what is to be mailed");
			return -1;
		}
	}
	return (gssize)have;
}

/* Lines of base64 for LEN bytes at IN; each starts anew, so nothing is carried over. */
static gsize
encode(const char *in, gsize len, char *out)
{
	gsize made = 0;

	for (gsize at = 0; at < len; at += LINE_IN) {
		int state = 0, save = 0;

		made += g_base64_encode_step((const guchar *)in + at, MIN(len - at, LINE_IN), FALSE,
					     out + made, &state, &save);
		made += g_base64_encode_close(FALSE, out + made, &state, &save);
		out[made++] = '\r';
		out[made++] = '\n';
	}
	return made;
}

static gboolean
write_file(int out, int fd, GError **error)
{
	const gsize chunk = LINE_IN * LINES;
	g_autofree char *in = g_malloc(chunk);
	/* A line more than needed: GLib asks for some room while it encodes. */
	g_autofree char *text = g_malloc(LINE_OUT * (LINES + 1));
	gssize len;

	for (off_t at = 0; (len = read_at(fd, in, chunk, at, error)) > 0; at += len)
		if (!fsio_write_all(out, text, encode(in, (gsize)len, text), error))
			return FALSE;
	return len == 0;
}

static gboolean
write_string(int out, const GString *text, GError **error)
{
	return fsio_write_all(out, text->str, text->len, error);
}

gboolean
mime_write(int out, const mime_letter *l, int fd, const char *name, GError **error)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	g_autofree char *random = rand_hex(12);

	if (!add_head(mail, l, error))
		return FALSE;
	if (fd < 0) {
		add_text(mail, l->text);
		return write_string(out, mail, error);
	}
	/* "=_" is in no line of base64 or quoted-printable. */
	g_string_append_printf(mail,
			       "Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n\r\n"
			       "--=_%s\r\n",
			       random, random);
	add_text(mail, l->text);
	g_string_append_printf(mail, "\r\n--=_%s\r\n", random);
	add_file_head(mail, name);
	if (!write_string(out, mail, error) || !write_file(out, fd, error))
		return FALSE;
	g_string_printf(mail, "--=_%s--\r\n", random);
	return write_string(out, mail, error);
}
