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
#include "spool/mail_private.h"

static const char *const url_keys[MAIL_WAYS] = {"mail.send", "mail.receive"};

gboolean
mail_complete(const conf *conf, const char *link_name, GError **error)
{
	static const char *const needed[] = {"mail.address", "mail.receive", "mail.send"};
	const char *receive = conf_text(conf, "mail.receive");

	for (gsize i = 0; i < G_N_ELEMENTS(needed); i++)
		if (conf_text(conf, needed[i]) == NULL) {
			fail_set(error, FAIL_CONFIG,
				 "%s is not set; `handsel link set %s %s=...`, and `handsel help "
				 "settings` explains it",
				 needed[i], link_name, needed[i]);
			return FALSE;
		}
	if (g_str_has_prefix(receive, "pop3") &&
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
	if (strlen(link) != NAME_LINK_LEN || (partner != 'm' && partner != 's')) {
		fail_set(error, FAIL_BUG, "a channel of link \"%s\" with role %c", link, partner);
		return NULL;
	}
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

/* The passwords of sending are those of receiving where it has none of its own. */
static void
fill_secret(const conf *conf, mail_way way, secret_source *ret)
{
	*ret = (secret_source){conf_text(conf, "mail.send_password_file"),
			       conf_text(conf, "mail.send_password_credential"),
			       conf_text(conf, "mail.send_password_command")};
	if (way == MAIL_SENDING &&
	    (ret->file != NULL || ret->credential != NULL || ret->command != NULL))
		return;
	*ret = (secret_source){conf_text(conf, "mail.password_file"),
			       conf_text(conf, "mail.password_credential"),
			       conf_text(conf, "mail.password_command")};
}

gboolean
mail_account(channel *c, mail_way way, net_account *ret, GError **error)
{
	const char *auth = way == MAIL_SENDING ? conf_text(c->conf, "mail.send_auth") : NULL;
	const mail_url *url = c->url[way];

	if (!mail_complete(c->conf, c->link_name, error))
		return FALSE;
	*ret = (net_account){
		.url = url,
		.login = url->login == NULL && way == MAIL_RECEIVING
				 ? conf_text(c->conf, "mail.address")
				 : url->login,
		.auth = auth != NULL ? auth : conf_text(c->conf, "mail.auth"),
		.ca_file = conf_text(c->conf, "mail.ca_file"),
		.timeout = (guint)conf_int(c->conf, "mail.timeout"),
	};
	fill_secret(c->conf, way, &ret->secret);
	return TRUE;
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
