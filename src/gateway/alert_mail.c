#include "gateway/alert_private.h"

#include <string.h>
#include <unistd.h>

#include "net/smtp.h"
#include "spool/mail_login.h"
#include "spool/mime.h"

#define SUBJECT_MAX 120 /* bytes of what is wrong */
#define TIMEOUT     60  /* seconds */

static gboolean
is_wanted(gateway *g)
{
	return alert_setting(g, "alert.mail") != NULL;
}

static const char *
sender_of(gateway *g)
{
	const char *own = alert_setting(g, "alert.mail_from");

	return own != NULL ? own : conf_text(g->conf, "mail.address");
}

/* Another server than the link's, if there is one: it may be the trouble. */
static gboolean
find_account(gateway *g, net_account *ret, mail_url **ret_url, GError **error)
{
	const char *own = alert_setting(g, "alert.mail_send");
	const char *text = own != NULL ? own : conf_text(g->conf, "mail.send");

	if (text == NULL || sender_of(g) == NULL) {
		fail_set(error, FAIL_CONFIG,
			 "alert.mail: there is no server to send by; set alert.mail_send and "
			 "alert.mail_from");
		return FALSE;
	}
	*ret_url = mail_url_parse(text, error);
	if (*ret_url == NULL)
		return FALSE;
	*ret = (net_account){.url = *ret_url,
			     .login = (*ret_url)->login,
			     .auth = "auto",
			     .ca_file = alert_setting(g, "alert.mail_ca_file"),
			     .timeout = TIMEOUT};
	ret->secret = (secret_source){alert_setting(g, "alert.mail_password_file"),
				      alert_setting(g, "alert.mail_password_credential"),
				      alert_setting(g, "alert.mail_password_command")};
	if (own == NULL)
		mail_login(g->conf, *ret_url, TRUE, ret);
	return TRUE;
}

/* "handsel anna, link bert: trouble: s3 refused ..." */
static char *
subject_of(const alert_news *n)
{
	const char *text = json_str(n->about, "text");
	g_autofree char *part = g_utf8_make_valid(text, MIN((gssize)strlen(text), SUBJECT_MAX));

	return g_strdup_printf("handsel %s, link %s: %s: %s", site_name(n->g->site), n->g->name,
			       n->what, part);
}

static gboolean
write_mail(const alert_news *n, int fd, const char *id, const char *to, GError **error)
{
	const char *from = sender_of(n->g);
	g_autofree char *text = alert_letter(n);
	g_autofree char *subject = subject_of(n);
	g_autofree char *thread =
		g_strdup_printf("alert.%.8s.%s%s", n->g->id, n->kind, strrchr(from, '@'));
	const mime_letter letter = {.from = from,
				    .to = to,
				    .sender = "handsel",
				    .id = id,
				    .subject = subject,
				    .text = text,
				    .date = clock_now(),
				    .references = thread};

	return mime_write(fd, &letter, -1, NULL, error);
}

/* To each a mail of his own: who else gets it is nobody's business. */
static gboolean
send_one(const alert_news *n, smtp *server, const char *id, const char *to, GError **error)
{
	const char *const receivers[] = {to, NULL};
	g_autofree char *tmp = NULL;
	int dir = spool_fd(n->g->spool, SPOOL_TMP);
	int fd = fsio_tmp(dir, &tmp, error);

	if (fd < 0)
		return FALSE;
	gboolean ok = write_mail(n, fd, id, to, error) &&
		      smtp_send(server, sender_of(n->g), receivers, fd, error);
	close(fd);
	fsio_remove(dir, tmp, NULL);
	return ok;
}

/* Told is who has got it: one address that is refused must not repeat it to all others. */
static gboolean
send_all(const alert_news *n, smtp *server, const char *id, GError **error)
{
	g_auto(GStrv) all = g_strsplit(alert_setting(n->g, "alert.mail"), " ", 0);
	g_autoptr(GError) first = NULL;
	guint told = 0;

	for (guint i = 0; all[i] != NULL; i++) {
		g_autoptr(GError) why = NULL;

		if (*all[i] == '\0')
			continue;
		if (send_one(n, server, id, all[i], &why)) {
			told++;
			continue;
		}
		gate_note(n->g, "trouble", NULL, NULL, "alert.mail: %s: %s", all[i], why->message);
		if (first == NULL)
			first = g_steal_pointer(&why);
	}
	if (told > 0)
		return TRUE;
	g_propagate_prefixed_error(error, g_steal_pointer(&first), "alert.mail: ");
	return FALSE;
}

static gboolean
mail_it(const alert_news *n, char **ret_how, GError **error)
{
	g_autoptr(mail_url) url = NULL;
	net_account account;

	if (!find_account(n->g, &account, &url, error))
		return FALSE;
	g_autoptr(smtp) server = smtp_new(&account, error);
	if (server == NULL)
		return FALSE;
	g_autofree char *hex = rand_hex(8);
	g_autofree char *id = g_strdup_printf("alert.%s%s", hex, strrchr(sender_of(n->g), '@'));
	if (!send_all(n, server, id, error))
		return FALSE;
	*ret_how = g_strdup_printf("mailed to %s as %s", alert_setting(n->g, "alert.mail"), id);
	return TRUE;
}

const alert_way alert_by_mail = {
	.told = "alerts_mailed",
	.next = "alert_mail_next",
	.wanted = is_wanted,
	.tell = mail_it,
};
