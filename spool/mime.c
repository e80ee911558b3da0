/*
 * The structure of a mail, found in one pass over its lines with the open multiparts on a stack.
 * libetpan's parser, which speaks IMAP for us well, is not for mails that anybody can send: it
 * recurses on what they say, so that a header with a million "(" ends the process, takes time by
 * the square of the depth, and copies all headers and parts without a bound.  Here nothing
 * recurses, everything has a maximum, and what is passed is not held.
 */
#include "spool/mime.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "spool/mime_private.h"

#define BOUNDARY_MAX 256 /* RFC 2046 has 70 */
#define FORGET       (4 * 1024 * 1024)

typedef struct {
	char *boundary;
	gsize len;
	guint mails; /* around it */
	gboolean digest;
} level;

typedef struct {
	mime *m;
	const char *at, *end;
	const char *head;   /* where the header that is passed began; NULL: it is not a header */
	const char *kept;   /* before here, memory was given back */
	mime_part *open;    /* whose body is passed */
	gboolean started;   /* the first header is over */
	gboolean is_mail;   /* the header is one of a mail, not of a part */
	gboolean in_digest; /* parts that don't say what they are, are mails */
	guint mails, depth; /* open now */
	level levels[MIME_DEPTH_MAX];
} walk;

static void
part_free(gpointer data)
{
	mime_part *p = data;

	g_free(p->name);
	g_free(p->type);
	g_free(p);
}

/* ---- parts ---- */

static mime_encoding
encoding_of(mime_span head)
{
	g_autofree char *field = mime_field(head, "Content-Transfer-Encoding");

	if (field == NULL)
		return MIME_AS_IT_IS;
	if (g_ascii_strncasecmp(field, "base64", strlen("base64")) == 0)
		return MIME_BASE64;
	return g_ascii_strncasecmp(field, "quoted-printable", strlen("quoted-printable")) == 0
		       ? MIME_QUOTED
		       : MIME_AS_IT_IS;
}

static char *
name_of(mime_span head, const char *content_type)
{
	g_autofree char *disposition = mime_field(head, "Content-Disposition");
	char *name = mime_param(disposition, "filename");

	return name != NULL ? name : mime_param(content_type, "name");
}

/* What comes behind the last part that is seen isn't walked through. */
static void
open_part(walk *w, mime_span head, const char *field, char *type, const char *body)
{
	if (w->m->parts->len == MIME_PARTS_MAX) {
		w->at = w->end;
		g_free(type);
		return;
	}
	mime_part *p = g_new0(mime_part, 1);
	p->name = name_of(head, field);
	p->type = type;
	p->encoding = encoding_of(head);
	p->mails = w->mails;
	p->body.at = body;
	g_ptr_array_add(w->m->parts, p);
	w->open = p;
}

/* The line break before a delimiter belongs to it. */
static void
close_part(walk *w, const char *end, gboolean delimited)
{
	if (w->open == NULL)
		return;
	const char *start = w->open->body.at;
	if (delimited && end > start && end[-1] == '\n')
		end--;
	if (delimited && end > start && end[-1] == '\r')
		end--;
	w->open->body.len = end > start ? (gsize)(end - start) : 0;
	w->open = NULL;
}

/* ---- multiparts and mails ---- */

static void
open_level(walk *w, const char *field, const char *type)
{
	g_autofree char *boundary = mime_param_raw(field, "boundary");
	gsize len = boundary != NULL ? strlen(boundary) : 0;

	if (len == 0 || len > BOUNDARY_MAX || w->depth == MIME_DEPTH_MAX)
		return;
	w->levels[w->depth++] = (level){g_steal_pointer(&boundary), len, w->mails,
					strcmp(type, "multipart/digest") == 0};
}

static void
close_levels(walk *w, guint depth)
{
	while (w->depth > depth)
		g_free(w->levels[--w->depth].boundary);
}

static void
open_mail(walk *w, const char *body)
{
	if (w->mails == MIME_DEPTH_MAX)
		return;
	w->mails++;
	w->in_digest = FALSE;
	w->is_mail = TRUE;
	w->head = body;
}

static gboolean
is_mail_type(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0;
}

static void
note_head(walk *w, mime_span head)
{
	if (!w->started)
		w->m->head = head;
	else if (w->is_mail && w->mails == 1 && w->m->original.at == NULL)
		w->m->original = head;
	w->started = TRUE;
	w->is_mail = FALSE;
}

/* The header ends at STOP, and what it is about starts at BODY. */
static void
end_head(walk *w, const char *stop, const char *body)
{
	mime_span head = {w->head, MIN((gsize)(stop - w->head), MIME_HEAD_MAX)};
	g_autofree char *field = mime_field(head, "Content-Type");
	g_autofree char *type = mime_media(field, w->in_digest ? "message/rfc822" : "text/plain");

	w->head = NULL;
	note_head(w, head);
	if (g_str_has_prefix(type, "multipart/"))
		open_level(w, field, type);
	else if (is_mail_type(type) && encoding_of(head) == MIME_AS_IT_IS)
		open_mail(w, body);
	else
		open_part(w, head, field, g_steal_pointer(&type), body);
}

/* ---- lines ---- */

/* Is LINE (without the blanks at its end) that level's delimiter? */
static gboolean
delimits(const level *l, const mime_span *line, gboolean *ret_last)
{
	const char *text = line->at + 2;
	gsize len = line->len - 2;

	if ((len != l->len && len != l->len + 2) || memcmp(text, l->boundary, l->len) != 0)
		return FALSE;
	*ret_last = len != l->len;
	return len == l->len || (text[len - 2] == '-' && text[len - 1] == '-');
}

/* Which open multipart LINE delimits, the innermost first; -1: none. */
static int
find_level(const walk *w, mime_span line, gboolean *ret_last)
{
	if (line.len < 3 || line.at[0] != '-' || line.at[1] != '-')
		return -1;
	while (line.len > 2 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t'))
		line.len--;
	for (guint i = w->depth; i-- > 0;)
		if (delimits(&w->levels[i], &line, ret_last))
			return (int)i;
	return -1;
}

/* All that is within that level ends at LINE, be it finished or not. */
static void
meet_delimiter(walk *w, const mime_span *line, guint at, gboolean last)
{
	if (w->head != NULL)
		end_head(w, line->at, line->at);
	close_part(w, line->at, TRUE);
	close_levels(w, at + 1);
	w->mails = w->levels[at].mails;
	w->in_digest = w->levels[at].digest;
	w->is_mail = FALSE;
	w->head = last ? NULL : w->at;
	if (last)
		close_levels(w, at);
}

static void
meet_line(walk *w, const mime_span *line)
{
	gboolean last = FALSE;
	int at = find_level(w, *line, &last);

	if (at >= 0)
		meet_delimiter(w, line, (guint)at, last);
	else if (w->head != NULL && line->len == 0)
		end_head(w, line->at, w->at);
	if (w->at - w->kept >= FORGET) {
		mime_forget(w->kept, w->at);
		w->kept = w->at;
	}
}

static void
walk_through(mime *m)
{
	walk w = {.m = m, .at = m->map, .end = m->map + m->size, .kept = m->map};
	mime_span line;

	w.head = w.at;
	while (mime_line(&w.at, w.end, &line))
		meet_line(&w, &line);
	/* A mail that was cut has all that came before. */
	if (w.head != NULL)
		end_head(&w, w.end, w.end);
	close_part(&w, w.end, FALSE);
	close_levels(&w, 0);
}

/* ---- the mail ---- */

static gboolean
map_file(mime *m, int fd, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		fail_errno(error, errno, "can't look at the mail");
		return FALSE;
	}
	if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
		fail_set(error, FAIL_REJECT, "the mail is empty");
		return FALSE;
	}
	void *map = mmap(NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		fail_errno(error, errno, "can't map the mail");
		return FALSE;
	}
	m->map = map;
	m->size = (gsize)st.st_size;
	return TRUE;
}

mime *
mime_open(int fd, GError **error)
{
	g_autoptr(mime) m = g_new0(mime, 1);

	m->parts = g_ptr_array_new_with_free_func(part_free);
	if (!map_file(m, fd, error))
		return NULL;
	walk_through(m);
	if (!mime_has_fields(m->head)) {
		fail_set(error, FAIL_REJECT, "this is no mail: it has no header");
		return NULL;
	}
	g_autofree char *subject = mime_field(m->head, "Subject");
	m->subject = mime_words(subject != NULL ? subject : "");
	m->bounce = mime_find_bounce(m);
	return g_steal_pointer(&m);
}

void
mime_free(mime *m)
{
	if (m == NULL)
		return;
	if (m->map != NULL)
		munmap(m->map, m->size);
	g_ptr_array_unref(m->parts);
	mime_bounce_free(m->bounce);
	g_free(m->subject);
	g_free(m);
}

guint
mime_parts(const mime *m)
{
	return m->parts->len;
}

const char *
mime_part_name(const mime *m, guint i)
{
	return ((const mime_part *)m->parts->pdata[i])->name;
}

const char *
mime_part_type(const mime *m, guint i)
{
	return ((const mime_part *)m->parts->pdata[i])->type;
}

const char *
mime_subject(const mime *m)
{
	return m->subject;
}

const mime_bounce *
mime_get_bounce(const mime *m)
{
	return m->bounce;
}

/* ---- automatic mails ---- */

/* The first word of a field in lower case; NULL: there is no such field. */
static char *
word_of(mime_span head, const char *name)
{
	g_autofree char *field = mime_field(head, name);

	if (field == NULL)
		return NULL;
	field[strcspn(field, " \t;(")] = '\0';
	return g_ascii_strdown(field, -1);
}

gboolean
mime_is_automatic(const mime *m)
{
	static const char *const bulk[] = {"bulk", "junk", "auto_reply", NULL};
	g_autofree char *submitted = word_of(m->head, "Auto-Submitted");
	g_autofree char *precedence = word_of(m->head, "Precedence");
	g_autofree char *reply = word_of(m->head, "X-Autoreply");
	g_autofree char *path = word_of(m->head, "Return-Path");

	return (submitted != NULL && strcmp(submitted, "no") != 0) ||
	       (precedence != NULL && g_strv_contains(bulk, precedence)) ||
	       (reply != NULL && strcmp(reply, "no") != 0) || g_strcmp0(path, "<>") == 0;
}
