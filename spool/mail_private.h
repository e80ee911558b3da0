/*
 * mail_private - what the files of the channel "mail" share
 *
 * Included by mail*.c only.
 */
#pragma once
#include "base/json.h"
#include "net/pop3.h"
#include "net/smtp.h"
#include "spool/channel.h"
#include "spool/imap.h"

#define MAIL_STATE "mail.json" /* beside link.conf */

/* The two directions: they fail, and are left alone, apart. */
typedef enum { MAIL_SENDING, MAIL_RECEIVING, MAIL_WAYS } mail_way;

/* An envelope, or a part of one, that was offered. */
typedef struct {
	take_verdict verdict;
	envelope_name name;
} mail_offer;

/* A mail that was looked at in this round. */
typedef struct {
	guint32 uid;       /* IMAP */
	guint number;      /* POP3 */
	char *name;        /* POP3's uid */
	GPtrArray *offers; /* mail_offer *: the envelopes in it */
	gboolean used;     /* a report of failure of ours: done with */
} mail_seen;

struct channel {
	char *dir, *link_name;
	const conf *conf; /* the gateway's, which outlives it */
	char link[NAME_LINK_LEN + 1];
	char own, partner; /* role letters */

	json_t *state; /* as stored, see mail_state.c */
	gboolean changed;
	gint64 saved; /* clock_mono_us() */

	mail_url *url[MAIL_WAYS];
	smtp *smtp;
	guint64 size; /* the server's limit; 0: none, or not asked yet */
	imap *imap;
	pop3 *pop3;

	GPtrArray *seen; /* mail_seen, of the last round */
	guint32 scan;    /* UID that comes next in this round */
	GPtrArray *strays;
};

/* ---- mail.c ---- */
gboolean mail_complete(const conf *, const char *link_name, GError **error);
/* Why this way can't be used as it is set up (class CONFIG, one line); else its account, whose
 * strings belong to C. */
gboolean mail_account(channel *, mail_way, net_account *ret, GError **error);
gboolean mail_is_pop(const channel *);
void mail_hang_up(channel *);
/* A tmp file of the link that has no name any more; -1 on error. */
int mail_scratch(const channel *, GError **error);

/* ---- mail_state.c ---- */
/*
 * mail.json, written by the holder of the link's lock only.  All of it may be lost: mails are then
 * looked at once more, and numbers drop the doubles.
 *
 *   "wait": {"send"|"receive": {"fails", "next", "reason", "serious", "text"}}
 *   "box": {"folder", "validity", "next", "left": [UID]}   "pop": [UID that was looked at]
 *   "parts": {NAME: seconds}          parts that a server has taken
 *   "bounced": {NAME: {"text", "at", "permanent"}}      "strays": {NAME: {"why", "at", "over"}}
 *   "rate": {"left", "at"}            mails that may be sent now
 *   "settings": HASH                  of what the waits were about
 */
void mail_state_load(channel *);
/* Saves what has changed; without NOW at most every few seconds. */
gboolean mail_state_save(channel *, gboolean now, GError **error);
/* Object KEY of OBJECT, made if need be; borrowed. */
json_t *mail_state_part(json_t *object, const char *key);
/* May WAY be tried now?  Else RETRY with what was wrong. */
gboolean mail_may(channel *, mail_way, GError **error);
/* WAY failed with WHY (taken over), or, with NULL, did not: when it is tried again.  Sets ERROR to
 * class RETRY; returns FALSE. */
gboolean mail_failed(channel *, mail_way, GError *why, GError **error);
void mail_worked(channel *, mail_way);
void mail_hurry(channel *);
gint64 mail_pause(channel *);
GPtrArray *mail_troubles(channel *);
void mail_note_bounce(channel *, const envelope_name *, gboolean permanent, const char *text);
/* The partner's NAME is in a mail that is of no use. */
void mail_note_stray(channel *, const envelope_name *, const char *why);
/* NAME has arrived after all, here or there. */
void mail_forget(channel *, const envelope_name *);

/* ---- mail_send.c ---- */
/* Seconds until mail.rate lets the next one leave; 0: now. */
gint64 mail_rate_wait(channel *);
gboolean mail_send(channel *, const char *name, int fd, GError **error);
gboolean mail_room(channel *, guint64 *ret, GError **error);
gboolean mail_retract(channel *, const char *name, GError **error);
GPtrArray *mail_sent(channel *, GError **error);

/* ---- mail_take.c ---- */
gboolean mail_receive(channel *, guint max, channel_take *, gpointer data, guint *ret_seen,
		      GError **error);
gboolean mail_taken(channel *, GError **error);
GPtrArray *mail_foreign(channel *, GError **error);

/* ---- mail_look.c ---- */
/* Looks at the mail in FD: offers what is ours.  *RET_LATER: some of it stays. */
gboolean mail_look_at(channel *, int fd, mail_seen *, channel_take *, gpointer data,
		      guint *ret_seen, GError **error);
/* Can a mail with this subject, these part names (char *) and kind hold something for us? */
gboolean mail_concerns(const channel *, const char *subject, const GPtrArray *names,
		       gboolean report);

/* ---- mail_listen.c, mail_test.c ---- */
void mail_listen(const char *link_dir, const conf *, void (*heard)(gpointer),
		 void (*away)(const char *, gpointer), gboolean (*stop)(gpointer), gpointer data);
void mail_test(channel *, channel_verdict *, gpointer data);
