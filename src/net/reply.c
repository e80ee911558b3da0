#include "net/reply.h"

#include <string.h>

#include "base/fail.h"
#include "base/u64.h"

#define TEXT_MAX 300

struct reply {
	mail_protocol protocol;
	GString *text;    /* of the answer that comes in */
	GString *refusal; /* its text is shown */
	int code;
	gboolean more; /* its last line is yet to come */
	gboolean challenged;
	guint count;
	guint64 size;
};

reply *
reply_new(mail_protocol protocol)
{
	reply *r = g_new0(reply, 1);

	r->protocol = protocol;
	r->text = g_string_new(NULL);
	r->refusal = g_string_new(NULL);
	return r;
}

void
reply_free(reply *r)
{
	if (r == NULL)
		return;
	g_string_free(r->text, TRUE);
	g_string_free(r->refusal, TRUE);
	g_free(r);
}

void
reply_reset(reply *r)
{
	g_string_truncate(r->text, 0);
	g_string_truncate(r->refusal, 0);
	r->code = 0;
	r->more = r->challenged = FALSE;
	r->count = 0;
}

/* ---- shown in one line ---- */

static void
append_printable(GString *to, const char *text, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)MIN(len, TEXT_MAX));

	if (to->len > 0)
		g_string_append_c(to, ' ');
	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		gboolean shown = g_unichar_isprint(c) && c != 0xFFFD;

		if (to->len + 6 + 3 > TEXT_MAX) {
			g_string_append(to, "...");
			return;
		}
		g_string_append_unichar(to, c == '\t' ? ' ' : shown ? c : '?');
	}
}

/* ---- lines ---- */

static gboolean
has_code(const char *line, gsize len)
{
	return len >= 3 && line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
	       g_ascii_isdigit(line[2]) && (len == 3 || line[3] == ' ' || line[3] == '-');
}

/* Keywords of EHLO stand behind its first line, which bears the server's name. */
static void
note_size(reply *r, const char *line, gsize len)
{
	g_autofree char *word = g_strndup(line + 4, MIN(len - 4, 40));

	g_strstrip(word);
	if (g_ascii_strncasecmp(word, "SIZE ", 5) != 0 ||
	    !u64_parse(word + 5, G_MAXINT64, &r->size))
		return;
}

static void
smtp_line(reply *r, const char *line, gsize len)
{
	if (!has_code(line, len))
		return;
	gboolean first = !r->more;
	int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
	r->more = len > 3 && line[3] == '-';
	if (first)
		g_string_truncate(r->text, 0);
	if (first && r->more && code == 250)
		r->size = 0;
	if (!first && code == 250 && len > 4)
		note_size(r, line, len);
	gsize skip = first ? 0 : MIN(len, 4);
	if (r->text->len < TEXT_MAX - 9)
		append_printable(r->text, line + skip, len - skip);
	if (r->more)
		return;
	r->count++;
	r->challenged = r->challenged || code == 334;
	if (code >= 400) {
		g_string_assign(r->refusal, r->text->str);
		r->code = code;
	}
}

/* "* BYE text", "* NO text" or the answer to a command: "A001 NO text". */
static void
imap_line(reply *r, const char *line, gsize len)
{
	const char *space = memchr(line, ' ', len);
	gsize rest = space == NULL ? 0 : len - (gsize)(space + 1 - line);
	gboolean bye = rest >= 4 && g_ascii_strncasecmp(space + 1, "BYE ", 4) == 0;
	gboolean no = rest >= 3 && (g_ascii_strncasecmp(space + 1, "NO ", 3) == 0 ||
				    (rest >= 4 && g_ascii_strncasecmp(space + 1, "BAD ", 4) == 0));

	r->count++;
	/* A server says goodbye after a refusal, too. */
	if (!no && (!bye || r->refusal->len > 0))
		return;
	g_string_truncate(r->refusal, 0);
	append_printable(r->refusal, space + 1, rest);
}

static void
pop3_line(reply *r, const char *line, gsize len)
{
	r->count++;
	if (len < 4 || strncmp(line, "-ERR", 4) != 0)
		return;
	g_string_truncate(r->refusal, 0);
	append_printable(r->refusal, line, len);
}

void
reply_line(reply *r, const char *line, gsize len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (r->protocol != MAIL_SMTP && len > 1 && line[0] == '+' && line[1] == ' ')
		r->challenged = TRUE;
	if (r->protocol == MAIL_SMTP)
		smtp_line(r, line, len);
	else if (r->protocol == MAIL_IMAP)
		imap_line(r, line, len);
	else
		pop3_line(r, line, len);
}

guint
reply_count(const reply *r)
{
	return r->count;
}

guint64
reply_size(const reply *r)
{
	return r->size;
}

const char *
reply_refusal(const reply *r)
{
	return r->refusal->len > 0 ? r->refusal->str : NULL;
}

int
reply_code(const reply *r)
{
	return r->code;
}

gboolean
reply_challenged(const reply *r)
{
	return r->challenged;
}

/* ---- what it means ---- */

static gboolean
says(const char *text, const char *const *words)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);

	for (gsize i = 0; words[i] != NULL; i++)
		if (strstr(lower, words[i]) != NULL)
			return TRUE;
	return FALSE;
}

/* Reads up to three digits. */
static const char *
digits(const char *p)
{
	const char *end = p;

	while (g_ascii_isdigit(*end) && end - p < 3)
		end++;
	return end == p || g_ascii_isdigit(*end) ? NULL : end;
}

/* Is there a status "4.REST" or "5.REST" (RFC 3463) that is no part of an address or version? */
static gboolean
has_status(const char *text, const char *rest)
{
	for (const char *p = text; *p != '\0'; p++) {
		const char *dot = (*p == '4' || *p == '5') && p[1] == '.' ? p + 2 : NULL;
		const char *subject = dot != NULL ? digits(dot) : NULL;
		const char *end = subject != NULL && *subject == '.' ? digits(subject + 1) : NULL;

		if (end == NULL || (p > text && (g_ascii_isalnum(p[-1]) || p[-1] == '.')) ||
		    g_ascii_isalnum(*end) || (*end == '.' && g_ascii_isdigit(end[1])))
			continue;
		if ((gsize)(end - dot) == strlen(rest) && strncmp(dot, rest, strlen(rest)) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Of IMAP and POP3 (RFC 5530, RFC 2449, RFC 3206). */
static int
access_reason(const char *text)
{
	static const char *const later[] = {"[unavailable]", "[limit]",       "[inuse]",
					    "[serverbug]",   "[in-use]",      "[login-delay]",
					    "[sys/temp]",    "[maxsessions]", NULL};

	if (says(text, later) || g_ascii_strncasecmp(text, "BYE ", 4) == 0)
		return REASON_MAIL_LATER;
	return REASON_MAIL_LOGIN;
}

int
reply_reason(const char *text, gboolean login, gboolean recipient)
{
	static const char *const full[] = {
		"mailbox full",   "mailbox is full", "over quota", "quota exceeded",
		"exceeded quota", "exceeds quota",   NULL};
	guint64 code;
	g_autofree char *number = g_strndup(text, 3);

	if (!u64_parse(number, 599, &code) || code < 400)
		return access_reason(text);
	if (code == 421)
		return REASON_MAIL_LATER;
	if (login || code == 530 || code == 534 || code == 535 || code == 538)
		return code < 500 ? REASON_MAIL_LATER : REASON_MAIL_LOGIN;
	if (has_status(text, "2.2") || says(text, full))
		return REASON_MAIL_FULL;
	if (has_status(text, "3.4") || has_status(text, "2.3"))
		return REASON_MAIL_TOO_LARGE;
	if (code == 552)
		return recipient ? REASON_MAIL_FULL : REASON_MAIL_TOO_LARGE;
	return code < 500 ? REASON_MAIL_LATER : REASON_MAIL_REFUSED;
}
