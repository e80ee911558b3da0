#include "spool/mime.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"

#define LINE_BYTES 57 /* make a line of 76 characters */
#define BUFFER     (LINE_BYTES * 1024)
#define ROOM_HEAD  (4 * 1024)

/* "Mon, 23 Nov 2026 09:15:00 +0000", whatever the locale. */
static char *
date_text(gint64 when)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(when);

	if (t == NULL)
		return g_strdup("Thu, 01 Jan 1970 00:00:00 +0000");
	return g_strdup_printf(
		"%s, %02d %s %d %02d:%02d:%02d +0000", days[g_date_time_get_day_of_week(t) - 1],
		g_date_time_get_day_of_month(t), months[g_date_time_get_month(t) - 1],
		g_date_time_get_year(t), g_date_time_get_hour(t), g_date_time_get_minute(t),
		g_date_time_get_second(t));
}
static char *
word(const char *text)
{
	g_autofree char *b = g_base64_encode((const guchar *)text, strlen(text));
	for (const char *p = text; *p; p++)
		if ((guchar)*p >= 127 || (guchar)*p < 32)
			return g_strdup_printf("=?UTF-8?B?%s?=", b);
	return g_strdup(text);
}
guint64
mime_room(guint64 limit)
{
	if (limit <= ROOM_HEAD)
		return 0;
	return (limit - ROOM_HEAD) / 78 * 57;
}
gboolean
mime_write(int out, const mime_letter *l, int fd, const char *name, GError **error)
{
	g_autofree char *b = rand_hex(12), *date = date_text(l->date), *subject = word(l->subject);
	g_autofree char *sender = l->sender ? word(l->sender) : NULL;
	g_autofree char *from =
		sender ? g_strdup_printf("%s <%s>", sender, l->from) : g_strdup(l->from);
	g_autofree char *ref = l->references
				       ? g_strdup_printf("References: <%s>\r\n", l->references)
				       : g_strdup("");
	g_auto(GStrv) lines = g_strsplit(l->text, "\n", -1);
	g_autofree char *text = g_strjoinv("\r\n", lines);
	g_autofree char *head = g_strdup_printf(
		"Date: %s\r\nFrom: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: "
		"<%s>\r\n%sAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: "
		"multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\nContent-Type: text/plain; "
		"charset=utf-8\r\n\r\n%s\r\n",
		date, from, l->to, subject, l->id, ref, b, b, text);
	if (!fsio_write_all(out, head, strlen(head), error))
		return FALSE;
	if (fd >= 0) {
		g_autofree char *h = g_strdup_printf(
			"--%s\r\nContent-Type: application/octet-stream; "
			"name=\"%s\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: "
			"attachment; filename=\"%s\"\r\n\r\n",
			b, name, name);
		if (!fsio_write_all(out, h, strlen(h), error))
			return FALSE;
		guchar buf[57 * 256];
		gssize n;
		goffset at = 0;
		while ((n = pread(fd, buf, sizeof buf, at)) > 0) {
			GString *s = g_string_new(NULL);
			for (gssize i = 0; i < n; i += 57) {
				g_autofree char *e = g_base64_encode(buf + i, MIN(57, n - i));
				g_string_append(s, e);
				g_string_append(s, "\r\n");
			}
			gboolean ok = fsio_write_all(out, s->str, s->len, error);
			g_string_free(s, TRUE);
			if (!ok)
				return FALSE;
			at += n;
		}
	}
	g_autofree char *end = g_strdup_printf("--%s--\r\n", b);
	return fsio_write_all(out, end, strlen(end), error);
}
