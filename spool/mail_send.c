#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/fsio.h"
#include "base/rand.h"
#include "spool/mail_private.h"
#include "spool/mime.h"

#define HOUR 3600

/* ---- the rate ---- */

/*
 * A bucket holds a fifth of the mails of an hour, and the others flow into it evenly: whenever an
 * hour begins, no more than RATE leave in it.  In units of mails times seconds, so that nothing is
 * lost by rounding.
 */
static gint64
burst_of(gint64 rate)
{
	return MAX(rate / 5, 1);
}

static gint64
flow_of(gint64 rate)
{
	return MAX(rate - burst_of(rate), 1);
}

static gint64
in_bucket(const channel *c, gint64 rate)
{
	const json_t *bucket = json_object_get(c->state, "rate");
	gint64 full = burst_of(rate) * HOUR, now = clock_now();
	gint64 at = json_num(bucket, "at", 0), left = json_num(bucket, "left", full);

	return MIN(left + (now > at ? MIN(now - at, HOUR) : 0) * flow_of(rate), full);
}

gint64
mail_rate_wait(channel *c)
{
	gint64 rate = conf_int(c->conf, "mail.rate"), flow = flow_of(rate);

	return rate == 0 ? 0 : MAX((HOUR - in_bucket(c, rate) + flow - 1) / flow, 0);
}

static void
take_one(channel *c)
{
	gint64 rate = conf_int(c->conf, "mail.rate");

	if (rate == 0)
		return;
	gint64 left = in_bucket(c, rate) - HOUR;
	json_t *bucket = mail_state_part(c->state, "rate");
	json_object_set_new(bucket, "left", json_integer(left));
	json_object_set_new(bucket, "at", json_integer(clock_now()));
	c->changed = TRUE;
}

static gboolean
may_send(channel *c, GError **error)
{
	gint64 wait = mail_rate_wait(c);

	if (!mail_may(c, MAIL_SENDING, error))
		return FALSE;
	if (wait <= 0)
		return TRUE;
	fail_set(error, FAIL_RETRY,
		 "mail.rate of %" G_GINT64_FORMAT
		 " mails an hour is reached; the next leaves in %" G_GINT64_FORMAT " s",
		 conf_int(c->conf, "mail.rate"), wait);
	return FALSE;
}

/* ---- the server ---- */

static gboolean
connect(channel *c, GError **error)
{
	net_account account;

	if (c->smtp != NULL)
		return TRUE;
	if (!mail_account(c, MAIL_SENDING, &account, error))
		return FALSE;
	c->smtp = smtp_new(&account, error);
	return c->smtp != NULL && smtp_hello(c->smtp, &c->size, error);
}

gboolean
mail_room(channel *c, guint64 *ret, GError **error)
{
	guint64 most = (guint64)conf_int(c->conf, "mail.size");
	GError *why = NULL;

	if (!mail_may(c, MAIL_SENDING, error))
		return FALSE;
	if (!connect(c, &why))
		return mail_failed(c, MAIL_SENDING, why, error);
	*ret = mime_room(c->size > 0 ? MIN(c->size, most) : most);
	if (*ret > 0)
		return TRUE;
	fail_set(&why, REASON_MAIL_TOO_LARGE,
		 "%s takes mails of %" G_GUINT64_FORMAT " bytes only: no envelope fits",
		 c->url[MAIL_SENDING]->host, c->size);
	return mail_failed(c, MAIL_SENDING, why, error);
}

/* ---- the mail ---- */

/* The envelope's name, so that a report of failure tells which; and something that no two mails
 * share. */
static char *
message_id(const channel *c, const char *name)
{
	g_autofree char *random = rand_hex(6);
	const char *domain = strrchr(conf_text(c->conf, "mail.address"), '@') + 1;
	gsize len = strlen(name) - (g_str_has_suffix(name, ".zip.gpg") ? strlen(".zip.gpg") : 0);

	return g_strdup_printf("%.*s.%s@%s", (int)len, name, random, domain);
}

static char *
text_for_people(const channel *c, const char *name)
{
	const char *partner = conf_text(c->conf, "link.partner");
	gboolean sealed = strcmp(conf_text(c->conf, "protect"), "encrypt") == 0;

	return g_strdup_printf(
		"This mail was sent by a program, handsel, to its partner%s%s.\n"
		"It carries a %s envelope with changes of items that both sides share.\n\n"
		"Nothing is to be done with it: handsel takes it from this mailbox by itself.\n"
		"Whoever holds a key of the link can look into it:\n\n"
		"    gpg -d %s > envelope.zip\n"
		"    unzip envelope.zip\n",
		partner != NULL ? " " : "", partner != NULL ? partner : "",
		sealed ? "signed and encrypted" : "signed", name);
}

static gboolean
write_mail(channel *c, int out, int fd, const char *name, GError **error)
{
	const char *from = conf_text(c->conf, "mail.address");
	g_autofree char *id = message_id(c, name);
	g_autofree char *thread = g_strdup_printf("handsel.%s@%s", c->link, strrchr(from, '@') + 1);
	g_autofree char *subject = g_strdup_printf("handsel %s", name);
	g_autofree char *text = text_for_people(c, name);
	const mime_letter letter = {
		.from = from,
		.to = conf_text(c->conf, "mail.partner"),
		.sender = conf_text(c->conf, "mail.name"),
		.id = id,
		.subject = subject,
		.text = text,
		.date = clock_now(),
		.references = thread,
	};

	return mime_write(out, &letter, fd, name, error);
}

static gboolean
deliver(channel *c, const char *name, int fd, GError **error)
{
	const char *const to[] = {conf_text(c->conf, "mail.partner"), NULL};

	if (to[0] == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "the partner's address is not known; `handsel link set %s "
			 "mail.partner=ADDRESS`",
			 c->link_name);
		return FALSE;
	}
	int out = connect(c, error) ? mail_scratch(c, error) : -1;
	if (out < 0)
		return FALSE;
	gboolean ok = write_mail(c, out, fd, name, error) &&
		      smtp_send(c->smtp, conf_text(c->conf, "mail.address"), to, out, error);
	close(out);
	return ok;
}

/* What went on when the connection broke in the middle of many parts is not sent again so soon. */
static gboolean
is_sent(const channel *c, const char *name)
{
	const json_t *parts = json_object_get(c->state, "parts");

	return clock_now() - json_num(parts, name, 0) < conf_int(c->conf, "sync.resend");
}

gboolean
mail_send(channel *c, const char *name, int fd, GError **error)
{
	envelope_name n;
	GError *why = NULL;

	if (!name_find(name, c->link, c->own, &n)) {
		fail_set(error, FAIL_BUG, "%s is not ours to send", name);
		return FALSE;
	}
	if (n.parts > 0 && is_sent(c, name))
		return TRUE;
	if (!may_send(c, error))
		return FALSE;
	if (!deliver(c, name, fd, &why))
		return mail_failed(c, MAIL_SENDING, why, error);
	mail_worked(c, MAIL_SENDING);
	take_one(c);
	if (n.parts > 0) {
		json_object_set_new(mail_state_part(c->state, "parts"), name,
				    json_integer(clock_now()));
		c->changed = TRUE;
	}
	/* It has been sent, whether or not this can be noted. */
	mail_state_save(c, FALSE, NULL);
	return TRUE;
}

gboolean
mail_retract(channel *c, const char *name, GError **error)
{
	envelope_name n;

	if (!name_find(name, c->link, c->own, &n)) {
		fail_set(error, FAIL_BUG, "%s is not ours to take back", name);
		return FALSE;
	}
	/* What has been sent can't be taken back. */
	mail_forget(c, &n);
	return TRUE;
}

GPtrArray *
mail_sent(channel *c, GError **error)
{
	GPtrArray *ret = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	json_t *unused;

	(void)error;
	json_object_foreach (json_object_get(c->state, "parts"), name, unused)
		g_ptr_array_add(ret, g_strdup(name));
	return ret;
}
