/*
 * What becomes of mails, and waiting for new ones.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "spool/imap_private.h"

#define IDLE_MOST 1500 /* seconds; servers end it after 30 minutes (RFC 2177) */
#define TICK_MS   1000

struct mailimap_set *
imap_set(const GArray *uids)
{
	struct mailimap_set *set = mailimap_set_new_empty();

	/* In ranges, or 10,000 mails would make a line that no server takes. */
	for (guint i = 0; i < uids->len;) {
		guint32 first = g_array_index(uids, guint32, i), last = first;

		for (i++; i < uids->len && g_array_index(uids, guint32, i) == last + 1; i++)
			last++;
		mailimap_set_add_interval(set, first, last);
	}
	return set;
}

static gboolean
store(imap *m, const GArray *uids, struct mailimap_flag *flags[], guint len, GError **error)
{
	struct mailimap_flag_list *list = mailimap_flag_list_new_empty();
	struct mailimap_set *set = imap_set(uids);

	for (guint i = 0; i < len; i++)
		mailimap_flag_list_add(list, flags[i]);
	struct mailimap_store_att_flags *att = mailimap_store_att_flags_new_add_flags_silent(list);
	imap_begin(m);
	int code = mailimap_uid_store(m->session, set, att);
	mailimap_store_att_flags_free(att);
	mailimap_set_free(set);
	return imap_check(m, code, REASON_MAIL_ANSWER, "UID STORE", error);
}

gboolean
imap_delete(imap *m, const GArray *uids, GError **error)
{
	struct mailimap_flag *flags[] = {mailimap_flag_new_deleted()};

	if (!store(m, uids, flags, 1, error))
		return FALSE;
	/* Without it, they stay as the mailbox's owner leaves them: a plain EXPUNGE would take
	 * what he has marked along. */
	if (!mailimap_has_uidplus(m->session))
		return TRUE;
	struct mailimap_set *set = imap_set(uids);
	imap_begin(m);
	int code = mailimap_uid_expunge(m->session, set);
	mailimap_set_free(set);
	return imap_check(m, code, REASON_MAIL_ANSWER, "UID EXPUNGE", error);
}

gboolean
imap_move(imap *m, const GArray *uids, const char *folder, GError **error)
{
	g_autofree char *name = g_convert(folder, -1, "UTF-7-IMAP", "UTF-8", NULL, NULL, NULL);
	g_autofree char *what = g_strdup_printf("folder %s", folder);
	gboolean move = mailimap_has_extension(m->session, "MOVE");
	struct mailimap_set *set = imap_set(uids);

	imap_begin(m);
	int code = name == NULL ? MAILIMAP_ERROR_COPY
		   : move       ? mailimap_uid_move(m->session, set, name)
				: mailimap_uid_copy(m->session, set, name);
	mailimap_set_free(set);
	return imap_check(m, code, REASON_MAIL_FOLDER, what, error) &&
	       (move || imap_delete(m, uids, error));
}

gboolean
imap_flag(imap *m, const GArray *uids, const char *keyword, GError **error)
{
	struct mailimap_flag *flags[] = {mailimap_flag_new_seen(),
					 mailimap_flag_new_flag_keyword(strdup(keyword))};

	return store(m, uids, flags, 2, error);
}

/* 1: the server says something; 0: the time is over; -1: the connection is. */
static int
wait_for_word(imap *m, gint64 until, gboolean (*stop)(gpointer), gpointer data)
{
	int heard = m->session->imap_stream->read_buffer_len > 0 ? 1 : 0;

	while (heard == 0 && clock_mono_us() < until && !stop(data))
		heard = net_stream_wait(m->stream, TICK_MS);
	return heard;
}

gboolean
imap_wait(imap *m, guint seconds, gboolean (*stop)(gpointer), gpointer data, gboolean *ret_idle,
	  gboolean *ret_news, GError **error)
{
	gint64 until = clock_mono_us() + (gint64)MIN(seconds, IDLE_MOST) * G_USEC_PER_SEC;

	*ret_news = FALSE;
	*ret_idle = mailimap_has_idle(m->session) != 0;
	if (!*ret_idle)
		return TRUE;
	imap_begin(m);
	if (!imap_check(m, mailimap_idle(m->session), REASON_MAIL_ANSWER, "IDLE", error))
		return FALSE;
	int heard = wait_for_word(m, until, stop, data);
	if (heard < 0)
		return imap_check(m, MAILIMAP_ERROR_STREAM, REASON_MAIL_AWAY, "IDLE", error);
	*ret_news = heard > 0;
	imap_begin(m);
	return imap_check(m, mailimap_idle_done(m->session), REASON_MAIL_ANSWER, "DONE", error);
}
