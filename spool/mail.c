/*
 * The channel "mail": envelopes are attachments of mails.
 *
 * A mailbox may belong to several links, and to a person: only mails that carry an envelope of this
 * link, or report one of ours as undelivered, are ever touched.
 */
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fsio.h"
#include "spool/mail_login.h"
#include "spool/mail_private.h"

static const char *const url_keys[MAIL_WAYS] = {"mail.send", "mail.receive"};

/* Settings without which nothing goes, as a list; caller frees. */
static char *
missing_of(const conf *conf)
{
	static const char *const needed[] = {"mail.address", "mail.receive", "mail.send"};
	static const char *const passwords[] = {"mail.password_file", "mail.password_credential",
						"mail.password_command"};
	GString *out = g_string_new(NULL);
	gboolean password = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(needed); i++)
		if (conf_text(conf, needed[i]) == NULL)
			g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", needed[i]);
	/* A mailbox has a password; a server that takes mails may want none. */
	for (gsize i = 0; i < G_N_ELEMENTS(passwords); i++)
		password = password || conf_text(conf, passwords[i]) != NULL;
	if (!password)
		g_string_append_printf(out, "%smail.password_file (or _credential, _command)",
				       out->len > 0 ? ", " : "");
	return g_string_free(out, FALSE);
}

gboolean
mail_complete(const conf *conf, const char *link_name, GError **error)
{
	const char *receive = conf_text(conf, "mail.receive");
	g_autofree char *missing = missing_of(conf);

	if (*missing != '\0') {
		fail_set(error, FAIL_CONFIG,
			 "link %s by mail needs %s; set them by `handsel link set`, or --set where "
			 "it is made (handsel help settings)",
			 link_name, missing);
		return FALSE;
	}
	if (g_ascii_strncasecmp(receive, "pop3", 4) == 0 &&
	    strcmp(conf_text(conf, "mail.taken"), "delete") != 0) {
		fail_set(error, FAIL_CONFIG,
			 "mail.taken cannot be %s where mail.receive is POP3, which can only "
			 "delete; `handsel link set %s mail.taken=delete`, or use IMAP",
			 conf_text(conf, "mail.taken"), link_name);
		return FALSE;
	}
	return TRUE;
}

static void
mail_close(channel *c)
{
	if (c == NULL)
		return;
	if (c->changed)
		mail_state_save(c, TRUE, NULL);
	mail_hang_up(c);
	for (guint i = 0; i < MAIL_WAYS; i++)
		mail_url_free(c->url[i]);
	g_free(c->dir);
	g_free(c->link_name);
	json_decref(c->state);
	g_ptr_array_unref(c->seen);
	g_ptr_array_unref(c->strays);
	g_free(c);
}

static void
mail_seen_free(gpointer data)
{
	mail_seen *s = data;

	g_ptr_array_unref(s->offers);
	g_free(s->name);
	g_free(s);
}

static channel *
mail_open(const char *link_dir, const conf *conf, const char *link, char partner, GError **error)
{
	if (!channel_link_valid(link, partner, error))
		return NULL;
	channel *c = g_new0(channel, 1);
	c->dir = g_strdup(link_dir);
	c->link_name = g_path_get_basename(link_dir);
	c->conf = conf;
	g_strlcpy(c->link, link, sizeof c->link);
	c->partner = partner;
	c->own = partner == 'm' ? 's' : 'm';
	for (guint i = 0; i < MAIL_WAYS; i++)
		if (conf_text(conf, url_keys[i]) != NULL)
			c->url[i] = mail_url_parse(conf_text(conf, url_keys[i]), NULL);
	c->seen = g_ptr_array_new_with_free_func(mail_seen_free);
	c->strays = g_ptr_array_new_with_free_func(g_free);
	mail_state_load(c);
	return c;
}

void
mail_hang_up(channel *c)
{
	g_clear_pointer(&c->smtp, smtp_free);
	g_clear_pointer(&c->imap, imap_close);
	g_clear_pointer(&c->pop3, pop3_abandon);
}

gboolean
mail_account(channel *c, mail_way way, net_account *ret, GError **error)
{
	if (!mail_complete(c->conf, c->link_name, error))
		return FALSE;
	mail_login(c->conf, c->url[way], way == MAIL_SENDING, ret);
	return TRUE;
}

gboolean
mail_is_pop(const channel *c)
{
	return c->url[MAIL_RECEIVING] != NULL && c->url[MAIL_RECEIVING]->protocol == MAIL_POP3;
}

int
mail_scratch(const channel *c, GError **error)
{
	g_autofree char *path = g_build_filename(c->dir, "tmp", NULL);
	g_autofree char *name = NULL;
	int dir = fsio_open_dir(path, error);

	if (dir < 0)
		return -1;
	int fd = fsio_tmp(dir, &name, error);
	if (fd >= 0)
		fsio_remove(dir, name, NULL);
	close(dir);
	return fd;
}

static guint64
mail_space(channel *c)
{
	(void)c;
	return G_MAXUINT64;
}

const channel_ops channel_mail = {
	.name = "mail",
	.open = mail_open,
	.close = mail_close,
	.complete = mail_complete,
	.send = mail_send,
	.room = mail_room,
	.retract = mail_retract,
	.sent = mail_sent,
	.receive = mail_receive,
	.taken = mail_taken,
	.foreign = mail_foreign,
	.space = mail_space,
	.troubles = mail_troubles,
	.hurry = mail_hurry,
	.pause = mail_pause,
	.test = mail_test,
	.listen = mail_listen,
};
