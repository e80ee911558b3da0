#include "adapter/csv.h"

#include "base/fail.h"
#include "base/fsio.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BUFFER 65536

struct csv {
	int fd;
	char *path;
	guint8 buf[BUFFER];
	gsize pos;
	gsize len;
	guint line;        /* the reader is on */
	guint record_line; /* the last record began on */
	GString *text;     /* the cells of the record, each with a NUL behind */
	GArray *starts;    /* gsize: where each begins in text */
	GPtrArray *cells;
};

csv *
csv_open(const char *path, GError **error)
{
	int fd = fsio_open_own(AT_FDCWD, path, error);

	if (fd < 0)
		return NULL;
	csv *c = g_new0(csv, 1);
	c->fd = fd;
	c->path = g_strdup(path);
	c->line = 1;
	c->text = g_string_new(NULL);
	c->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	c->cells = g_ptr_array_new();
	return c;
}

void
csv_close(csv *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	g_free(c->path);
	g_string_free(c->text, TRUE);
	g_array_unref(c->starts);
	g_ptr_array_unref(c->cells);
	g_free(c);
}

guint
csv_line(const csv *c)
{
	return c->record_line;
}

static gboolean
reject(const csv *c, guint line, const char *what, GError **error)
{
	fail_set(error, FAIL_REJECT, "%s line %u: %s", c->path, line, what);
	return FALSE;
}

enum { END = -1, ERROR = -2 };

/* Reads on; FALSE at the end (*RET END) and on error (*RET ERROR). */
static gboolean
fill(csv *c, int *ret, GError **error)
{
	ssize_t n;

	do {
		n = read(c->fd, c->buf, BUFFER);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		fail_errno(error, errno, "cannot read %s", c->path);
	c->pos = 0;
	c->len = n > 0 ? (gsize)n : 0;
	*ret = n < 0 ? ERROR : END;
	return n > 0;
}

/* The next byte, which is not taken yet; END or ERROR. */
static int
peek(csv *c, GError **error)
{
	int end;

	if (c->pos == c->len && !fill(c, &end, error))
		return end;
	return c->buf[c->pos];
}

static void
take(csv *c)
{
	if (c->buf[c->pos++] == '\n')
		c->line++;
}

static gboolean
skip_mark(csv *c, GError **error)
{
	static const guint8 mark[] = {0xef, 0xbb, 0xbf};
	int end;

	if (c->len > 0 || c->line > 1)
		return TRUE;
	if (!fill(c, &end, error))
		return end == END;
	if (c->len >= sizeof mark && memcmp(c->buf, mark, sizeof mark) == 0)
		c->pos = sizeof mark;
	return TRUE;
}

static gboolean
add_byte(csv *c, int b, GError **error)
{
	if (b == '\0')
		return reject(c, c->line, "a NUL byte; is this a text file in UTF-8?", error);
	if (c->text->len >= CSV_RECORD_MAX)
		return reject(c, c->record_line, "the record is too long; is a quote missing?",
			      error);
	g_string_append_c(c->text, (char)b);
	return TRUE;
}

/* The inside of a quoted cell; its first quote was taken, its last is. */
static gboolean
read_quoted(csv *c, GError **error)
{
	guint began = c->line;

	for (;;) {
		int b = peek(c, error);
		if (b == ERROR)
			return FALSE;
		if (b == END)
			return reject(c, began, "a quoted cell never ends", error);
		take(c);
		if (b == '"') {
			b = peek(c, error);
			if (b != '"')
				return b != ERROR;
			take(c);
		}
		if (!add_byte(c, b, error))
			return FALSE;
	}
}

/* RFC 4180 section 2: CRLF; LF alone is as common.  CR elsewhere is text. */
static gboolean
at_line_end(csv *c, int b, gboolean *ret, GError **error)
{
	*ret = b == '\n' || b == END;
	if (b != '\r')
		return b != ERROR;
	take(c);
	int next = peek(c, error);
	*ret = next == '\n' || next == END;
	return next != ERROR && (*ret || add_byte(c, '\r', error));
}

/* What stands outside of quotes, up to the comma or the end of the line, which stays. */
static gboolean
read_plain(csv *c, gboolean after_quotes, gboolean *ret_last, GError **error)
{
	for (;;) {
		int b = peek(c, error);
		gboolean end = FALSE;
		if (!at_line_end(c, b, &end, error))
			return FALSE;
		if (end || b == ',') {
			*ret_last = end;
			return TRUE;
		}
		if (after_quotes)
			return reject(c, c->line, "text behind the closing quote of a cell", error);
		if (b == '\r')
			continue;
		take(c);
		if (!add_byte(c, b, error))
			return FALSE;
	}
}

static gboolean
read_cell(csv *c, gboolean *ret_last, GError **error)
{
	gsize start = c->text->len;
	int b = peek(c, error);

	if (c->starts->len == CSV_COLUMNS_MAX)
		return reject(c, c->record_line, "too many columns", error);
	g_array_append_val(c->starts, start);
	if (b == '"') {
		take(c);
		if (!read_quoted(c, error))
			return FALSE;
	}
	if (b == ERROR || !read_plain(c, b == '"', ret_last, error))
		return FALSE;
	g_string_append_c(c->text, '\0');
	/* The comma or the line end; at the end of the file there is neither. */
	if (c->pos < c->len)
		take(c);
	return TRUE;
}

gboolean
csv_next(csv *c, GPtrArray **ret, GError **error)
{
	if (!skip_mark(c, error))
		return FALSE;
	c->record_line = c->line;
	g_string_truncate(c->text, 0);
	g_array_set_size(c->starts, 0);
	g_ptr_array_set_size(c->cells, 0);

	int b = peek(c, error);
	if (b == ERROR)
		return FALSE;
	if (b == END) {
		*ret = NULL;
		return TRUE;
	}
	for (gboolean last = FALSE; !last;)
		if (!read_cell(c, &last, error))
			return FALSE;
	for (guint i = 0; i < c->starts->len; i++)
		g_ptr_array_add(c->cells, c->text->str + g_array_index(c->starts, gsize, i));
	*ret = c->cells;
	return TRUE;
}
