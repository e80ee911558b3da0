/*
 * What becomes of mails, and waiting for new ones.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "spool/imap_private.h"

#define IDLE_MOST 1500 /* seconds; servers end it after 30 minutes (RFC 2177) */
#define TICK_MS   1000

/* ---- sets ---- */

struct mailimap_set *
imap_set(const GArray *uids, guint *at)
{
	struct mailimap_set *set = mailimap_set_new_empty();

	for (guint i = 0; i < IMAP_RANGES_MAX && *at < uids->len; i++) {
		guint32 first = g_array_index(uids, guint32, *at), last = first;

		while (++*at < uids->len && g_array_index(uids, guint32, *at) <= last + 1)
			last = g_array_index(uids, guint32, *at);
		mailimap_set_add_interval(set, first, last);
	}
	return set;
}

gint
imap_by_number(gconstpointer a, gconstpointer b)
{
	guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;

	return x < y ? -1 : x > y;
}

/* Does one thing with a set of mails; a code of libetpan. */
typedef int set_command(imap *, struct mailimap_set *, gpointer data);

static gboolean
for_all(imap *m, const GArray *uids, set_command *command, gpointer data, int no, const char *what,
	GError **error)
{
	g_autoptr(GArray) sorted = g_array_sized_new(FALSE, FALSE, sizeof(guint32), uids->len);

	if (uids->len > 0)
		g_array_append_vals(sorted, uids->data, uids->len);
	g_array_sort(sorted, imap_by_number);
	for (guint at = 0; at < sorted->len;) {
		struct mailimap_set *set = imap_set(sorted, &at);

		imap_wire_begin(&m->wire);
		int code = command(m, set, data);
		mailimap_set_free(set);
		/* What libetpan does not understand of the answer is not needed: OK is. */
		if (code == MAILIMAP_ERROR_PARSE && imap_skip(m))
			code = MAILIMAP_NO_ERROR;
		if (!imap_check(m, code, no, what, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- flags, removal, moving ---- */

static int
store(imap *m, struct mailimap_set *set, gpointer flags)
{
	return mailimap_uid_store(m->session, set, flags);
}

/* Adds FLAGS, which are taken over. */
static gboolean
add_flags(imap *m, const GArray *uids, struct mailimap_flag_list *flags, GError **error)
{
	struct mailimap_store_att_flags *how = mailimap_store_att_flags_new_add_flags_silent(flags);
	gboolean ok = for_all(m, uids, store, how, REASON_MAIL_ANSWER, "UID STORE", error);

	mailimap_store_att_flags_free(how);
	return ok;
}

static int
expunge(imap *m, struct mailimap_set *set, gpointer unused)
{
	(void)unused;
	return mailimap_uid_expunge(m->session, set);
}

gboolean
imap_delete(imap *m, const GArray *uids, GError **error)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();

	mailimap_flag_list_add(flags, mailimap_flag_new_deleted());
	if (!add_flags(m, uids, flags, error))
		return FALSE;
	/* Without it, they stay as the mailbox's owner leaves them: a plain EXPUNGE would take
	 * what he has marked along. */
	return !m->uidplus ||
	       for_all(m, uids, expunge, NULL, REASON_MAIL_ANSWER, "UID EXPUNGE", error);
}

static int
move(imap *m, struct mailimap_set *set, gpointer name)
{
	return m->move ? mailimap_uid_move(m->session, set, name)
		       : mailimap_uid_copy(m->session, set, name);
}

gboolean
imap_move(imap *m, const GArray *uids, const char *folder, GError **error)
{
	g_autofree char *name = imap_folder_name(m, folder, error);
	g_autofree char *what = imap_folder_words(folder);

	return name != NULL && for_all(m, uids, move, name, REASON_MAIL_FOLDER, what, error) &&
	       (m->move || imap_delete(m, uids, error));
}

/* May mails of the folder have it?  A server that does not say lets them. */
static gboolean
takes_keyword(const imap *m, const char *keyword)
{
	g_auto(GStrv) flags = g_strsplit(m->keywords != NULL ? m->keywords : "\\*", " ", -1);

	for (guint i = 0; flags[i] != NULL; i++)
		if (strcmp(flags[i], "\\*") == 0 || g_ascii_strcasecmp(flags[i], keyword) == 0)
			return TRUE;
	return FALSE;
}

gboolean
imap_flag(imap *m, const GArray *uids, const char *keyword, GError **error)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();

	mailimap_flag_list_add(flags, mailimap_flag_new_seen());
	if (takes_keyword(m, keyword))
		mailimap_flag_list_add(flags, mailimap_flag_new_flag_keyword(strdup(keyword)));
	return add_flags(m, uids, flags, error);
}

/* ---- waiting ---- */

/* "* 5 EXISTS" and "* 1 RECENT"; what goes, or is flagged, is none. */
static gboolean
is_news(const char *line)
{
	char *end;

	if (!g_str_has_prefix(line, "* "))
		return FALSE;
	guint64 number = g_ascii_strtoull(line + 2, &end, 10);
	return number > 0 &&
	       (g_ascii_strcasecmp(end, " EXISTS") == 0 || g_ascii_strcasecmp(end, " RECENT") == 0);
}

/* Reads a line of the answer; FALSE: there is none. */
static gboolean
hear(imap *m, gboolean *news, gboolean *ret_going)
{
	const char *line = imap_wire_line(&m->wire);

	if (line == NULL)
		return FALSE;
	*news = *news || is_news(line);
	*ret_going = *line == '+';
	return TRUE;
}

/* While the server idles. */
static void
listen(imap *m, gint64 until, gboolean (*stop)(gpointer), gpointer data, gboolean *news)
{
	gboolean unused;
	gint64 left;

	while (!*news && m->wire.state == WIRE_FINE && m->wire.verdict == WIRE_NONE &&
	       (left = until - clock_mono_us()) > 0 && !stop(data)) {
		int ms = (int)MIN(left / 1000 + 1, TICK_MS);
		int heard = m->wire.len > 0 ? 1 : net_stream_wait(m->stream, ms);

		if (heard > 0)
			hear(m, news, &unused);
		else if (heard < 0)
			m->wire.state = WIRE_BROKE;
	}
}

gboolean
imap_wait(imap *m, guint seconds, gboolean (*stop)(gpointer), gpointer data, gboolean *ret_idle,
	  gboolean *ret_news, GError **error)
{
	gint64 until = clock_mono_us() + (gint64)MIN(seconds, IDLE_MOST) * G_USEC_PER_SEC;
	gboolean going = FALSE, news = FALSE, idle = m->idle;

	if (idle && imap_say(m, "IDLE"))
		while (!going && m->wire.verdict == WIRE_NONE && hear(m, &news, &going))
			;
	/* Some offer it and refuse. */
	if (m->wire.state == WIRE_FINE && m->wire.verdict != WIRE_NONE && !going)
		idle = FALSE;
	if (going) {
		listen(m, until, stop, data, &news);
		if (m->wire.verdict == WIRE_NONE)
			imap_wire_write(&m->wire, "DONE\r\n", 6);
		while (m->wire.verdict == WIRE_NONE && hear(m, &news, &going))
			;
	}
	if (idle && !imap_check(m, MAILIMAP_NO_ERROR, REASON_MAIL_ANSWER, "IDLE", error))
		return FALSE;
	*ret_idle = idle;
	*ret_news = news;
	return TRUE;
}
