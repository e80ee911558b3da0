/*
 * Reading a mail: a walk over the mapped file that notes where its parts are.
 *
 * libetpan has a parser of mails, too; it calls itself for each level and takes what it finds, and
 * mails are the one thing that everybody in the world may send us.  So this walk is our own: depth
 * and parts are bounded, each byte is looked at once a level, and nothing is copied but headers.
 */
#include "spool/mime.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mime_private.h"

#define DEPTH_MAX 20
#define PARTS_MAX 200

typedef enum { PLAIN, BASE64, QUOTED } encoding;

typedef struct {
	mime_bytes body;
	encoding encoding;
	char *type, *name;
} part;

struct mime {
	char *map;
	gsize len;
	GPtrArray *parts;
	char *subject;
	char *original; /* Message-ID of the first mail in the mail */
	gboolean automatic;
	mime_bounce *bounce;
};

static void
part_free(gpointer data)
{
	part *p = data;

	g_free(p->type);
	g_free(p->name);
	g_free(p);
}

void
mime_free(mime *m)
{
	if (m == NULL)
		return;
	if (m->len > 0)
		munmap(m->map, m->len);
	g_ptr_array_unref(m->parts);
	g_free(m->subject);
	g_free(m->original);
	mime_bounce_free(m->bounce);
	g_free(m);
}

/* ---- the walk ---- */

static void walk(mime *, mime_bytes, guint depth);

/* Is LINE a delimiter of BOUNDARY?  *RET_LAST: the last one (RFC 2046 5.1.1). */
static gboolean
is_delimiter(mime_bytes line, const char *boundary, gboolean *ret_last)
{
	gsize len = strlen(boundary);

	if (line.len < len + 2 || memcmp(line.at, "--", 2) != 0 ||
	    memcmp(line.at + 2, boundary, len) != 0)
		return FALSE;
	const char *rest = line.at + 2 + len, *end = line.at + line.len;
	*ret_last = end - rest >= 2 && memcmp(rest, "--", 2) == 0;
	rest += *ret_last ? 2 : 0;
	while (rest < end && (*rest == ' ' || *rest == '\t' || *rest == '\r' || *rest == '\n'))
		rest++;
	return rest == end;
}

/* A mail that was cut short has no last delimiter: its last part reaches to the end. */
static void
walk_parts(mime *m, mime_bytes body, const char *boundary, guint depth)
{
	mime_bytes rest = body, line;
	const char *from = NULL;
	gboolean last = FALSE;

	while (!last && m->parts->len < PARTS_MAX && mime_line(&rest, &line)) {
		if (!is_delimiter(line, boundary, &last))
			continue;
		if (from != NULL)
			walk(m, (mime_bytes){from, (gsize)(line.at - from)}, depth);
		from = rest.at;
	}
	if (!last && from != NULL && from < body.at + body.len)
		walk(m, (mime_bytes){from, (gsize)(body.at + body.len - from)}, depth);
}

static encoding
encoding_of(mime_bytes head)
{
	g_autofree char *text = mime_header(head, "Content-Transfer-Encoding");
	g_autofree char *value = text == NULL ? NULL : mime_value(text);

	return g_strcmp0(value, "base64") == 0             ? BASE64
	       : g_strcmp0(value, "quoted-printable") == 0 ? QUOTED
							   : PLAIN;
}

static char *
name_of(mime_bytes head, const char *type)
{
	g_autofree char *disposition = mime_header(head, "Content-Disposition");
	char *name = disposition == NULL ? NULL : mime_parameter(disposition, "filename");

	return name != NULL || type == NULL ? name : mime_parameter(type, "name");
}

static void
note_part(mime *m, mime_bytes head, mime_bytes body, const char *header, const char *type)
{
	part *p = g_new(part, 1);

	*p = (part){body, encoding_of(head), g_strdup(type), name_of(head, header)};
	g_ptr_array_add(m->parts, p);
	if (strcmp(type, "message/delivery-status") == 0 && m->bounce == NULL)
		m->bounce = mime_read_status(body, NULL);
	if (strcmp(type, "text/rfc822-headers") == 0 && m->original == NULL) {
		g_autofree char *id = mime_header(body, "Message-ID");

		m->original = mime_bare_id(id);
	}
}

/* A mail in the mail: whose it was counts for reports of failure. */
static void
walk_mail(mime *m, mime_bytes mail, guint depth)
{
	mime_bytes head, body;

	mime_split(mail, &head, &body);
	g_autofree char *id = mime_header(head, "Message-ID");
	if (m->original == NULL)
		m->original = mime_bare_id(id);
	walk(m, mail, depth);
}

static void
walk(mime *m, mime_bytes bytes, guint depth)
{
	mime_bytes head, body;

	if (depth > DEPTH_MAX || m->parts->len >= PARTS_MAX)
		return;
	mime_split(bytes, &head, &body);
	g_autofree char *header = mime_header(head, "Content-Type");
	g_autofree char *type = header == NULL ? g_strdup("text/plain") : mime_value(header);
	g_autofree char *boundary =
		g_str_has_prefix(type, "multipart/") ? mime_parameter(header, "boundary") : NULL;
	if (boundary != NULL && *boundary != '\0')
		walk_parts(m, body, boundary, depth + 1);
	else if ((strcmp(type, "message/rfc822") == 0 || strcmp(type, "message/global") == 0) &&
		 encoding_of(head) == PLAIN)
		walk_mail(m, body, depth + 1);
	else
		note_part(m, head, body, header, type);
}

/* ---- the mail ---- */

static gboolean
says_automatic(mime_bytes head)
{
	static const struct {
		const char *name, *words; /* NULL: whatever it says */
	} rows[] = {{"Precedence", "bulk junk auto_reply list"},
		    {"X-Autoreply", NULL},
		    {"X-Autorespond", NULL},
		    {"X-Auto-Response-Suppress", NULL}};
	g_autofree char *by = mime_header(head, "Auto-Submitted");
	g_autofree char *path = mime_header(head, "Return-Path");

	if ((by != NULL && g_ascii_strncasecmp(by, "no", 2) != 0) || g_strcmp0(path, "<>") == 0)
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = mime_header(head, rows[i].name);
		g_autofree char *value = text == NULL ? NULL : mime_value(text);

		if (value != NULL && *value != '\0' &&
		    (rows[i].words == NULL || strstr(rows[i].words, value) != NULL))
			return TRUE;
	}
	return FALSE;
}

/* Some mail systems write no RFC 3464, but name in a header whom they could not reach. */
static void
find_old_bounce(mime *m, mime_bytes head)
{
	g_autofree char *failed = mime_header(head, "X-Failed-Recipients");

	if (m->bounce != NULL || failed == NULL)
		return;
	m->bounce = g_new0(mime_bounce, 1);
	m->bounce->permanent = TRUE;
	m->bounce->status = g_strdup("");
	m->bounce->text = mime_decode("not delivered");
}

static gboolean
map(mime *m, int fd, GError **error)
{
	struct stat st;

	if (fstat(fd, &st) != 0) {
		fail_errno(error, errno, "cannot look at a mail");
		return FALSE;
	}
	if (st.st_size == 0) {
		fail_set(error, FAIL_REJECT, "an empty mail");
		return FALSE;
	}
	m->map = mmap(NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m->map == MAP_FAILED) {
		fail_errno(error, errno, "cannot map a mail");
		return FALSE;
	}
	m->len = (gsize)st.st_size;
	return TRUE;
}

mime *
mime_open(int fd, GError **error)
{
	g_autoptr(mime) m = g_new0(mime, 1);
	mime_bytes head, body;

	m->parts = g_ptr_array_new_with_free_func(part_free);
	if (!map(m, fd, error))
		return NULL;
	const mime_bytes all = {m->map, m->len};
	mime_split(all, &head, &body);
	g_autofree char *subject = mime_header(head, "Subject");
	m->subject = subject == NULL ? g_strdup("") : mime_decode(subject);
	m->automatic = says_automatic(head);
	walk(m, all, 0);
	find_old_bounce(m, head);
	if (m->bounce != NULL)
		m->bounce->id = g_strdup(m->original);
	return g_steal_pointer(&m);
}

guint
mime_parts(const mime *m)
{
	return m->parts->len;
}

const char *
mime_part_name(const mime *m, guint i)
{
	return ((const part *)m->parts->pdata[i])->name;
}

const char *
mime_part_type(const mime *m, guint i)
{
	return ((const part *)m->parts->pdata[i])->type;
}

const char *
mime_subject(const mime *m)
{
	return m->subject;
}

gboolean
mime_is_automatic(const mime *m)
{
	return m->automatic;
}

const mime_bounce *
mime_get_bounce(const mime *m)
{
	return m->bounce;
}

/* ---- the bytes of a part ---- */

/* Decodes LINE of a part in quoted-printable (RFC 2045 6.7) in place of OUT; returns its length. */
static gsize
unquote(mime_bytes line, char *out)
{
	gsize len = 0, end = line.len;
	gboolean soft;

	while (end > 0 && strchr("\r\n \t", line.at[end - 1]) != NULL && line.at[end - 1] != '\0')
		end--;
	soft = end > 0 && line.at[end - 1] == '=';
	end -= soft;
	for (gsize i = 0; i < end; i++) {
		if (line.at[i] == '=' && i + 2 < end + 0 + 1 && i + 2 < line.len &&
		    g_ascii_isxdigit(line.at[i + 1]) && g_ascii_isxdigit(line.at[i + 2])) {
			out[len++] = (char)(g_ascii_xdigit_value(line.at[i + 1]) * 16 +
					    g_ascii_xdigit_value(line.at[i + 2]));
			i += 2;
		} else {
			out[len++] = line.at[i];
		}
	}
	if (!soft && line.at[line.len - 1] == '\n') {
		if (line.len > 1 && line.at[line.len - 2] == '\r')
			out[len++] = '\r';
		out[len++] = '\n';
	}
	return len;
}

gboolean
mime_part_save(const mime *m, guint i, int out, guint64 limit, GError **error)
{
	const part *p = m->parts->pdata[i];
	enum { STEP = 48 * 1024 };
	g_autofree char *buffer = g_malloc(STEP + 8);
	mime_bytes rest = p->body;
	guint save = 0;
	guint64 total = 0;
	int state = 0;

	while (rest.len > 0) {
		mime_bytes piece = {rest.at, MIN(rest.len, STEP)};
		gsize len = piece.len;

		if (p->encoding == QUOTED && mime_line(&rest, &piece)) {
			piece.len = MIN(piece.len, STEP);
			len = unquote(piece, buffer);
		} else if (p->encoding == BASE64) {
			len = g_base64_decode_step(piece.at, piece.len, (guchar *)buffer, &state,
						   &save);
		} else {
			memcpy(buffer, piece.at, len);
		}
		if (p->encoding != QUOTED) {
			rest.at += piece.len;
			rest.len -= piece.len;
		}
		total += len;
		if (total > limit) {
			fail_set(error, REASON_TOO_LARGE,
				 "an attachment of more than %" G_GUINT64_FORMAT " bytes", limit);
			return FALSE;
		}
		if (!fsio_write_all(out, buffer, len, error))
			return FALSE;
	}
	return TRUE;
}
