/*
 * A process of its own waits at the mailbox, so that nothing else has to: by IDLE where the server
 * has it, and with a look now and then in any case.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/rand.h"
#include "spool/mail_private.h"

#define NO_IDLE 60 /* seconds between two looks where the server has no IDLE, at most */
#define AGAIN   10 /* seconds until a broken connection is made anew; then doubling */
#define LONGEST 900

typedef struct {
	channel *c;
	void (*heard)(gpointer);
	void (*away)(const char *, gpointer);
	gboolean (*stop)(gpointer);
	gpointer data;
	gboolean known; /* NEXT and VALIDITY are those of the last look */
	guint32 next, validity;
} ear;

/* FALSE: it shall stop. */
static gboolean
rest(const ear *e, gint64 seconds)
{
	gint64 until = clock_mono_us() + seconds * G_USEC_PER_SEC;

	while (clock_mono_us() < until) {
		if (e->stop(e->data))
			return FALSE;
		g_usleep(G_USEC_PER_SEC);
	}
	return !e->stop(e->data);
}

/* Selecting again tells what IDLE did not: some servers fall silent. */
static gboolean
look(ear *e, imap *session, GError **error)
{
	imap_folder f;

	if (!imap_select(session, e->c->url[MAIL_RECEIVING]->folder, FALSE, &f, error))
		return FALSE;
	if (!e->known || f.next == 0 || f.next != e->next || f.validity != e->validity)
		e->heard(e->data);
	e->known = TRUE;
	e->next = f.next;
	e->validity = f.validity;
	return TRUE;
}

/* One session; ends by a failure, or when it shall stop. */
static gboolean
listen_imap(ear *e, GError **error)
{
	guint poll = (guint)conf_int(e->c->conf, "mail.poll");
	net_account account;

	if (!mail_account(e->c, MAIL_RECEIVING, &account, error))
		return FALSE;
	g_autoptr(imap) session = imap_open(&account, error);
	gboolean ok = session != NULL && look(e, session, error);
	if (ok)
		e->away(NULL, e->data);
	while (ok && !e->stop(e->data)) {
		gboolean idle = TRUE, news = FALSE;

		ok = imap_wait(session, poll, e->stop, e->data, &idle, &news, error);
		if (ok && !idle && !rest(e, MIN(poll, NO_IDLE)))
			break;
		ok = ok && look(e, session, error);
	}
	return ok;
}

/* POP3 tells nothing: each look is a pass. */
static gboolean
listen_pop(ear *e)
{
	do
		e->heard(e->data);
	while (rest(e, conf_int(e->c->conf, "mail.poll")));
	return TRUE;
}

void
mail_listen(const char *link_dir, const conf *conf, void (*heard)(gpointer),
	    void (*away)(const char *, gpointer), gboolean (*stop)(gpointer), gpointer data)
{
	const char *id = conf_text(conf, "link.id");
	g_autofree char *link8 = g_strndup(id != NULL ? id : "", NAME_LINK_LEN);
	gboolean master = g_strcmp0(conf_text(conf, "link.role"), "master") == 0;
	channel *c = channel_mail.open(link_dir, conf, link8, master ? 's' : 'm', NULL);
	ear e = {.c = c, .heard = heard, .away = away, .stop = stop, .data = data};
	gint64 pause = AGAIN;

	if (c == NULL)
		return;
	gboolean pop = mail_is_pop(c);
	while (!stop(data)) {
		g_autoptr(GError) why = NULL;
		gint64 start = clock_mono_us();

		if (pop ? listen_pop(&e) : listen_imap(&e, &why))
			continue;
		away(why->message, data);
		if (clock_mono_us() - start > LONGEST * G_USEC_PER_SEC)
			pause = AGAIN;
		if (!rest(&e, pause + rand_below((guint32)pause / 4 + 1)))
			break;
		pause = MIN(2 * pause, LONGEST);
	}
	channel_mail.close(c);
}
