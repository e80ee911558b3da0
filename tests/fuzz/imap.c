/*
 * A session with an IMAP server that says these bytes, whatever it is asked: a folder is opened,
 * mails are listed, fetched, looked for, marked, moved and removed, and news are waited for.
 */
#include "spool/imap.h"

#include <unistd.h>

#include "../unit/memory_file.h"
#include "fake_stream.h"

/*
 * Of an answer that is not well-formed libetpan leaves what it had read of it.  It has no frame
 * pointers either, so that its own leaks can't be told from what we do not give back.
 */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libetpan\n";
}

static gboolean
never(gpointer data)
{
	(void)data;
	return FALSE;
}

static guint32
list(imap *m)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) mails = imap_list(m, 1, 5, &why);
	guint32 last = 0;

	fuzz_outcome(mails != NULL, &why);
	for (guint i = 0; mails != NULL && i < mails->len; i++) {
		const imap_mail *one = mails->pdata[i];

		g_assert_cmpuint(one->uid, >, last);
		last = one->uid;
		g_assert_true(g_utf8_validate(one->subject, -1, NULL));
		for (guint n = 0; n < one->names->len; n++)
			g_assert_true(g_utf8_validate(one->names->pdata[n], -1, NULL));
	}
	return last;
}

static void
fetch(imap *m, guint32 uid)
{
	g_autoptr(GError) why = NULL;
	int fd = memory_file("", 0);
	gboolean gone = FALSE;
	gboolean ok = imap_fetch(m, uid, 10, fd, &gone, &why);

	fuzz_outcome(ok, &why);
	if (ok && !gone)
		g_assert_cmpint(lseek(fd, 0, SEEK_END), >=, 10);
	close(fd);
}

static void
change(imap *m, guint32 uid)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof uid);
	g_autoptr(GError) not_flagged = NULL, not_moved = NULL, not_removed = NULL;

	g_array_append_val(uids, uid);
	fuzz_outcome(imap_flag(m, uids, "$Handsel", &not_flagged), &not_flagged);
	fuzz_outcome(imap_move(m, uids, "away", &not_moved), &not_moved);
	fuzz_outcome(imap_delete(m, uids, &not_removed), &not_removed);
}

static void
use(imap *m)
{
	g_autoptr(GError) not_open = NULL, not_found = NULL, not_heard = NULL;
	gboolean idle, news;
	imap_folder folder;

	fuzz_outcome(imap_select(m, "in", TRUE, &folder, &not_open), &not_open);
	guint32 uid = list(m);
	fetch(m, MAX(uid, 1));
	g_autoptr(GArray) found = imap_find(m, "1@example.com", &not_found);
	fuzz_outcome(found != NULL, &not_found);
	change(m, MAX(uid, 1));
	fuzz_outcome(imap_wait(m, 1, never, NULL, &idle, &news, &not_heard), &not_heard);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mail_url url = {.host = (char *)"127.0.0.1", .port = 143};
	const net_account account = {.url = &url, .timeout = 1};
	g_autoptr(GError) why = NULL;

	fake_stream_say(data, size);
	g_autoptr(imap) m = imap_open(&account, &why);
	fuzz_outcome(m != NULL, &why);
	if (m != NULL)
		use(m);
	return 0;
}
