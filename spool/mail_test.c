/*
 * The test of `link test`: every step on its own, so that the one that fails is known, and a mail
 * to oneself through both servers.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/rand.h"
#include "net/resolve.h"
#include "spool/mail_private.h"
#include "spool/mime.h"

#define ARRIVES_SECONDS 60          /* a mail to oneself may take so long */
#define LOOK_US         500000      /* between two looks for it */
#define PROBE_MAX       (64 * 1024) /* bytes of the mail, with what servers put in front */

typedef struct {
	channel *c;
	channel_verdict *verdict;
	gpointer data;
	char *token, *id; /* in the subject of the mail, and its Message-ID */
	gint64 sent;
} test;

static const char *const ways[MAIL_WAYS] = {"send", "receive"};

static void
tell(const test *t, mail_way way, const char *step, const GError *why, const char *text)
{
	g_autofree char *what = g_strdup_printf("%s: %s", ways[way], step);

	t->verdict(what, why == NULL, why == NULL ? text : why->message, t->data);
}

/* The steps up to the login, of which WHY, which may be NULL, tells the last one. */
static void
tell_login(const test *t, mail_way way, const GError *why)
{
	const mail_url *url = t->c->url[way];
	g_autofree char *place = g_strdup_printf("%s:%u", url->host, url->port);
	gboolean certificate = fail_is(why, REASON_MAIL_CERTIFICATE);
	gboolean login = fail_is(why, REASON_MAIL_LOGIN) || fail_is(why, FAIL_CONFIG);

	tell(t, way, "connect", certificate || login ? NULL : why, place);
	if (why != NULL && !certificate && !login)
		return;
	if (url->tls == MAIL_PLAIN)
		tell(t, way, "certificate", NULL, "none: this machine itself, without TLS");
	else
		tell(t, way, "certificate", certificate ? why : NULL, "it is the server");
	if (!certificate)
		tell(t, way, "login", login ? why : NULL,
		     url->login != NULL || way == MAIL_RECEIVING ? "accepted" : "none is set");
}

static gboolean
resolve(const test *t, mail_way way)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *addresses = net_resolve(t->c->url[way]->host, &why);

	tell(t, way, "resolve", why, addresses);
	return addresses != NULL;
}

/* Can the password be had?  Sending may need none. */
static gboolean
find_password(const test *t, mail_way way)
{
	g_autoptr(GError) why = NULL;
	net_account account;

	if (!mail_account(t->c, way, &account, &why) || account.login == NULL)
		return TRUE;
	char *secret = account_secret(&account.secret, &why);
	tell(t, way, "password", why, "there");
	account_secret_free(secret);
	return why == NULL;
}

/* ---- receiving ---- */

static gboolean
open_session(test *t, GError **error)
{
	channel *c = t->c;
	net_account account;

	if (!mail_account(c, MAIL_RECEIVING, &account, error))
		return FALSE;
	if (mail_is_pop(c))
		return (c->pop3 = pop3_open(&account, error)) != NULL;
	return (c->imap = imap_open(&account, error)) != NULL;
}

static gboolean
try_folder(test *t)
{
	const char *folder = t->c->url[MAIL_RECEIVING]->folder;
	g_autoptr(GError) why = NULL;
	g_autofree char *text = NULL;
	imap_folder f;

	if (t->c->pop3 != NULL)
		return TRUE;
	if (imap_select(t->c->imap, folder, TRUE, &f, &why))
		text = g_strdup_printf("%s, %u mail%s", folder, f.exists, f.exists == 1 ? "" : "s");
	tell(t, MAIL_RECEIVING, "folder", why, text);
	return text != NULL;
}

static gboolean
try_receiving(test *t)
{
	g_autoptr(GError) why = NULL;

	if (!find_password(t, MAIL_RECEIVING) || !resolve(t, MAIL_RECEIVING))
		return FALSE;
	open_session(t, &why);
	tell_login(t, MAIL_RECEIVING, why);
	return why == NULL && try_folder(t);
}

/* ---- sending ---- */

static gboolean
write_probe(test *t, int fd, GError **error)
{
	const char *address = conf_text(t->c->conf, "mail.address");
	g_autofree char *subject = g_strdup_printf("handsel link test %s", t->token);
	const mime_letter letter = {
		.from = address,
		.to = address,
		.sender = conf_text(t->c->conf, "mail.name"),
		.id = t->id,
		.subject = subject,
		.text = "A program, handsel, tries whether mails to itself arrive.\n"
			"It removes this one again.\n",
		.date = clock_now(),
	};

	return mime_write(fd, &letter, -1, NULL, error);
}

static gboolean
send_probe(test *t, GError **error)
{
	const char *to[] = {conf_text(t->c->conf, "mail.address"), NULL};
	int fd = mail_scratch(t->c, error);

	if (fd < 0)
		return FALSE;
	gboolean ok = write_probe(t, fd, error) && smtp_send(t->c->smtp, to[0], to, fd, error);
	close(fd);
	t->sent = clock_mono_us();
	return ok;
}

/* PROBE: a mail to oneself, too; where nothing can be received it would stay in the mailbox. */
static gboolean
try_sending(test *t, gboolean probe)
{
	g_autoptr(GError) why = NULL;
	net_account account;
	guint64 size = 0;

	if (!find_password(t, MAIL_SENDING) || !resolve(t, MAIL_SENDING))
		return FALSE;
	if (mail_account(t->c, MAIL_SENDING, &account, &why) &&
	    (t->c->smtp = smtp_new(&account, &why)) != NULL)
		smtp_hello(t->c->smtp, &size, &why);
	tell_login(t, MAIL_SENDING, why);
	if (why != NULL || !probe)
		return why == NULL;
	send_probe(t, &why);
	tell(t, MAIL_SENDING, "a mail to oneself", why, "the server has taken it");
	return why == NULL;
}

/* ---- does it arrive? ---- */

/* Looks for the mail and removes it. */
static gboolean
find_imap(test *t, gboolean *ret_found, GError **error)
{
	imap_folder f;

	if (!imap_select(t->c->imap, t->c->url[MAIL_RECEIVING]->folder, TRUE, &f, error))
		return FALSE;
	g_autoptr(GArray) uids = imap_find(t->c->imap, t->id, error);
	if (uids == NULL)
		return FALSE;
	*ret_found = uids->len > 0;
	return uids->len == 0 || imap_delete(t->c->imap, uids, error);
}

static gboolean
is_probe(const test *t, guint number)
{
	int fd = mail_scratch(t->c, NULL);

	if (fd < 0)
		return FALSE;
	g_autoptr(mime) m =
		pop3_fetch(t->c->pop3, number, fd, PROBE_MAX, NULL) ? mime_open(fd, NULL) : NULL;
	gboolean ret = m != NULL && strstr(mime_subject(m), t->token) != NULL;
	close(fd);
	return ret;
}

/* The newest come last; each session sees what was there when it began. */
static gboolean
find_pop(test *t, gboolean *ret_found, GError **error)
{
	g_clear_pointer(&t->c->pop3, pop3_abandon);
	if (!open_session(t, error))
		return FALSE;
	g_autoptr(GPtrArray) mails = pop3_list(t->c->pop3, error);
	for (guint i = mails != NULL ? mails->len : 0; i > 0 && !*ret_found; i--) {
		const pop3_mail *m = mails->pdata[i - 1];

		if (m->size > PROBE_MAX || !is_probe(t, m->number))
			continue;
		*ret_found = TRUE;
		return pop3_mark(t->c->pop3, m->number, error) &&
		       pop3_quit(g_steal_pointer(&t->c->pop3), error);
	}
	return mails != NULL;
}

static void
try_arrival(test *t)
{
	gboolean found = FALSE, pop = mail_is_pop(t->c);
	g_autoptr(GError) why = NULL;
	gint64 until = t->sent + ARRIVES_SECONDS * G_USEC_PER_SEC;

	while (!found && why == NULL && clock_mono_us() < until) {
		g_usleep(LOOK_US);
		if (!(pop ? find_pop : find_imap)(t, &found, &why))
			break;
	}
	if (why == NULL && !found)
		fail_set(&why, REASON_MAIL_AWAY,
			 "it has not arrived within %d s; does the address belong to this mailbox, "
			 "and is it sorted elsewhere?",
			 ARRIVES_SECONDS);
	g_autofree char *text = g_strdup_printf("after %" G_GINT64_FORMAT " ms, and is removed",
						(clock_mono_us() - t->sent) / 1000);
	tell(t, MAIL_RECEIVING, "it arrives", why, text);
}

void
mail_test(channel *c, channel_verdict *verdict, gpointer data)
{
	const char *address = conf_text(c->conf, "mail.address");
	g_autoptr(GError) why = NULL;
	test t = {.c = c, .verdict = verdict, .data = data};

	mail_hang_up(c);
	if (!mail_complete(c->conf, c->link_name, &why)) {
		verdict("settings", FALSE, why->message, data);
		return;
	}
	t.token = rand_hex(8);
	t.id = g_strdup_printf("test.%s@%s", t.token, strrchr(address, '@') + 1);
	gboolean receiving = try_receiving(&t), sending = try_sending(&t, receiving);
	if (receiving && sending)
		try_arrival(&t);
	/* There is nothing to wait for any more. */
	if (receiving)
		mail_worked(c, MAIL_RECEIVING);
	if (sending)
		mail_worked(c, MAIL_SENDING);
	g_free(t.token);
	g_free(t.id);
	mail_hang_up(c);
}
