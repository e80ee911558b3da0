/*
 * Mails that say that another one did not arrive: RFC 3464, and what Exim, qmail and their like
 * sent before it.  What is said is for people and for a mark in a queue, so a guess will do; which
 * mail is meant is read from its own header, which reports carry.
 */
#include <string.h>

#include "spool/mime_private.h"

#define REPORT_MAX (64 * 1024)
#define TEXT_MAX   500

/* ---- words ---- */

/* The last "<a@b>" without its brackets; NULL if there is none. */
static char *
bare_id(const char *field)
{
	const char *start = field != NULL ? strrchr(field, '<') : NULL;
	gsize len = start != NULL ? strcspn(start + 1, "<> ") : 0;

	return len > 0 && start[1 + len] == '>' ? g_strndup(start + 1, len) : NULL;
}

static char *
id_in(mime_span head)
{
	g_autofree char *field = mime_field(head, "Message-ID");

	return bare_id(field);
}

static mime_span
span_of(const char *text)
{
	return (mime_span){text, strlen(text)};
}

/* One line for people of bounded length. */
static char *
one_line(const char *raw)
{
	g_autofree char *text = mime_words(raw);
	gsize len = MIN(strlen(text), TEXT_MAX);

	while (len > 0 && ((guchar)text[len] & 0xc0) == 0x80)
		len--;
	text[len] = '\0';
	return g_strdup(g_strstrip(text));
}

/* The first "5.1.1" in TEXT, "" if there is none; caller frees. */
static char *
status_in(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if ((*c != '4' && *c != '5') || c[1] != '.' ||
		    (c > text && (g_ascii_isalnum(c[-1]) || c[-1] == '.')))
			continue;
		gsize subject = strspn(c + 2, "0123456789");
		const char *detail = c + 2 + subject + 1;
		gsize len = subject > 0 && detail[-1] == '.' ? strspn(detail, "0123456789") : 0;
		if (subject > 0 && subject <= 3 && len > 0 && len <= 3 && detail[len] != '.')
			return g_strndup(c, (gsize)(detail + len - c));
	}
	return g_strdup("");
}

/* Behind "rfc822;" or "smtp;". */
static const char *
behind_type(const char *field)
{
	const char *semicolon = strchr(field, ';');

	return semicolon != NULL ? semicolon + 1 + strspn(semicolon + 1, " ") : field;
}

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

/* ---- which mail ---- */

/* A header that stands in a part of its own, of the report itself. */
static char *
id_in_parts(const mime *m)
{
	for (guint i = 0; i < m->parts->len; i++) {
		const mime_part *p = m->parts->pdata[i];

		if (p->mails > 0 || (strcmp(p->type, "text/rfc822-headers") != 0 &&
				     strcmp(p->type, "message/global-headers") != 0 &&
				     strcmp(p->type, "message/rfc822") != 0))
			continue;
		g_autofree char *text = mime_part_text(p, REPORT_MAX);
		char *id = id_in(span_of(text));
		if (id != NULL)
			return id;
	}
	return NULL;
}

static char *
id_of_original(const mime *m)
{
	static const char *const answers[] = {"In-Reply-To", "References"};
	char *id = m->original.at != NULL ? id_in(m->original) : NULL;

	if (id == NULL)
		id = id_in_parts(m);
	for (guint i = 0; id == NULL && i < G_N_ELEMENTS(answers); i++) {
		g_autofree char *field = mime_field(m->head, answers[i]);

		id = bare_id(field);
	}
	return id;
}

/* ---- what people are told ---- */

static char *
first_text(const mime *m)
{
	for (guint i = 0; i < m->parts->len; i++) {
		const mime_part *p = m->parts->pdata[i];

		if (p->mails == 0 && strcmp(p->type, "text/plain") == 0)
			return mime_part_text(p, REPORT_MAX);
	}
	return g_strdup("");
}

/* The line of TEXT behind the one that names WHO; with NULL, behind qmail's "<who>:".  Caller
 * frees; NULL: no such line. */
static char *
reason_in(const char *text, const char *who)
{
	const char *at = text, *end = text + strlen(text);
	gboolean named = FALSE;
	mime_span line;

	while (mime_line(&at, end, &line)) {
		g_autofree char *s = g_strstrip(g_strndup(line.at, line.len));

		if (named && *s != '\0')
			return g_steal_pointer(&s);
		named = named || (who != NULL ? strstr(s, who) != NULL
					      : *s == '<' && g_str_has_suffix(s, ">:"));
	}
	return NULL;
}

/* ---- RFC 3464 ---- */

/* Up to the next empty line of a report, which moves on behind it. */
static gboolean
next_group(const char **at, const char *end, mime_span *ret)
{
	const char *start = *at;
	mime_span line;

	while (mime_line(at, end, &line)) {
		if (line.len == 0 && line.at == start)
			start = *at;
		else if (line.len == 0)
			break;
	}
	*ret = (mime_span){start, (gsize)(*at - start)};
	return ret->len > 0;
}

/* Exim says why only to people: in TOLD. */
static char *
text_of_group(mime_span group, const char *told)
{
	g_autofree char *to = mime_field(group, "Final-Recipient");
	g_autofree char *code = mime_field(group, "Diagnostic-Code");
	const char *who = to != NULL ? behind_type(to) : "";
	g_autofree char *why = code != NULL   ? g_strdup(behind_type(code))
			       : *who != '\0' ? reason_in(told, who)
					      : NULL;
	g_autofree char *text = g_strdup_printf(
		"%s%s%s", who, *who != '\0' && why != NULL ? ": " : "", why != NULL ? why : "");

	return one_line(*text != '\0' ? text : "it does not say why");
}

/* What a recipient's group says; failures count more than delays, other things not at all. */
static void
read_group(mime_span group, const char *told, mime_bounce **bounce)
{
	g_autofree char *action = mime_field(group, "Action");
	gboolean failed = action != NULL && g_ascii_strncasecmp(action, "failed", 6) == 0;

	if (!failed && (action == NULL || g_ascii_strncasecmp(action, "delayed", 7) != 0))
		return;
	if (*bounce != NULL && (!failed || (*bounce)->permanent))
		return;
	g_autofree char *status = mime_field(group, "Status");
	mime_bounce_free(*bounce);
	*bounce = g_new0(mime_bounce, 1);
	(*bounce)->permanent = failed;
	(*bounce)->status = status_in(status != NULL ? status : "");
	(*bounce)->text = text_of_group(group, told);
}

static gboolean
is_status(const mime_part *p)
{
	return p->mails == 0 && (strcmp(p->type, "message/delivery-status") == 0 ||
				 strcmp(p->type, "message/global-delivery-status") == 0);
}

/* The first report in the mail; NULL: it has none. */
static const mime_part *
find_status(const mime *m)
{
	for (guint i = 0; i < m->parts->len; i++)
		if (is_status(m->parts->pdata[i]))
			return m->parts->pdata[i];
	return NULL;
}

static mime_bounce *
read_status(const mime *m, const mime_part *p)
{
	g_autofree char *told = first_text(m);
	g_autofree char *text = mime_part_text(p, REPORT_MAX);
	const char *at = text, *end = text + strlen(text);
	mime_bounce *bounce = NULL;
	mime_span group;

	while (next_group(&at, end, &group))
		read_group(group, told, &bounce);
	return bounce;
}

/* ---- before it ---- */

static gboolean
is_from_daemon(const mime *m)
{
	g_autofree char *from = mime_field(m->head, "From");
	g_autofree char *lower = from != NULL ? g_ascii_strdown(from, -1) : NULL;

	return lower != NULL &&
	       (strstr(lower, "mailer-daemon@") != NULL || strstr(lower, "postmaster@") != NULL);
}

static gboolean
is_about_delay(const mime *m, const char *status)
{
	g_autofree char *subject = g_utf8_strdown(m->subject, -1);

	return *status == '4' || strstr(subject, "delay") != NULL ||
	       strstr(subject, "warning") != NULL;
}

static mime_bounce *
read_old(const mime *m)
{
	g_autofree char *who = mime_field(m->head, "X-Failed-Recipients");

	if (who == NULL && !is_from_daemon(m))
		return NULL;
	g_autofree char *text = first_text(m);
	g_autofree char *id = m->original.at == NULL ? id_in(span_of(text)) : NULL;
	if (who == NULL && id == NULL && m->original.at == NULL)
		return NULL;
	g_autofree char *why = reason_in(text, who);
	g_autofree char *line =
		g_strdup_printf("%s%s%s", who != NULL ? who : "",
				who != NULL && why != NULL ? ": " : "", why != NULL ? why : "");
	mime_bounce *bounce = g_new0(mime_bounce, 1);
	bounce->id = g_steal_pointer(&id);
	bounce->status = status_in(line);
	bounce->text = one_line(*line != '\0' ? line : m->subject);
	bounce->permanent = !is_about_delay(m, bounce->status);
	return bounce;
}

mime_bounce *
mime_find_bounce(const mime *m)
{
	const mime_part *status = find_status(m);
	mime_bounce *bounce = status != NULL ? read_status(m, status) : read_old(m);

	if (bounce != NULL && bounce->id == NULL)
		bounce->id = id_of_original(m);
	return bounce;
}
