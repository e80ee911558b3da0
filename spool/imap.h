/*
 * imap - a folder of a mailbox (RFC 3501, UIDPLUS 4315, MOVE 6851, IDLE 2177)
 *
 * Errors have a REASON_MAIL_ number, name the server and say what was wrong; after one the session
 * can only be closed.  Mails are named by UID.  Nothing marks a mail as read.
 */
#pragma once
#include "net/account.h"

typedef struct imap imap;
/* Connects, verifies, logs in. */
imap *imap_open(const net_account *, GError **error);
void imap_close(imap *); /* says goodbye if it can; NULL is a no-op */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(imap, imap_close)

typedef struct {
	guint32 validity; /* UIDVALIDITY */
	guint32 next;     /* UIDNEXT; 0: the server does not say */
	guint32 exists;
} imap_folder;
/* Opens FOLDER (UTF-8): to look only, or, with WRITE, to change flags and remove. Its state is as
 * of now. */
gboolean imap_select(imap *, const char *folder, gboolean write, imap_folder *ret, GError **error);
/* Makes FOLDER; one that is there is success. */
gboolean imap_make(imap *, const char *folder, GError **error);

typedef struct {
	guint32 uid;
	guint64 size;     /* bytes of the whole mail */
	char *subject;    /* decoded, "" if none */
	GPtrArray *names; /* of its parts, nested ones too, decoded */
	gboolean report;  /* multipart/report, or its sender is a mail system's */
	gboolean odd;     /* the server could not tell its parts */
} imap_mail;
/* The mails from UID FROM on, ascending, MAX at most, without those flagged \Deleted; caller frees.
 */
GPtrArray *imap_list(imap *, guint32 from, guint max, GError **error);
/*
 * Appends the whole mail to FD, in chunks, each a request of its own; memory: one chunk. *RET_GONE:
 * there is no such mail any more (success).  Bytes missing of SIZE: an error.
 */
gboolean imap_fetch(imap *, guint32 uid, guint64 size, int fd, gboolean *ret_gone, GError **error);
/* UIDS: guint32.  Removed by UID EXPUNGE, and nothing else with them; a server without UIDPLUS only
 * flags them \Deleted. */
gboolean imap_delete(imap *, const GArray *uids, GError **error);
/* MOVE, or COPY and imap_delete(). */
gboolean imap_move(imap *, const GArray *uids, const char *folder, GError **error);
/* Adds a keyword, where the folder takes it, and \Seen. */
gboolean imap_flag(imap *, const GArray *uids, const char *keyword, GError **error);
/* The UIDs of mails whose headers name Message-ID ID (without brackets); caller frees. */
GArray *imap_find(imap *, const char *id, GError **error);
/*
 * Waits SECONDS at most until the selected folder may have got a mail: by IDLE, or at once TRUE in
 * *RET_IDLE = FALSE where the server has none.  *RET_NEWS: something came.  STOP is asked once a
 * second; TRUE ends the waiting.
 */
gboolean imap_wait(imap *, guint seconds, gboolean (*stop)(gpointer), gpointer data,
		   gboolean *ret_idle, gboolean *ret_news, GError **error);
