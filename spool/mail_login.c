#include "spool/mail_login.h"

/* The passwords of sending are those of receiving where it has none of its own. */
static secret_source
secret_of(const conf *conf, gboolean sending)
{
	const secret_source own = {conf_text(conf, "mail.send_password_file"),
				   conf_text(conf, "mail.send_password_credential"),
				   conf_text(conf, "mail.send_password_command")};

	if (sending && (own.file != NULL || own.credential != NULL || own.command != NULL))
		return own;
	return (secret_source){conf_text(conf, "mail.password_file"),
			       conf_text(conf, "mail.password_credential"),
			       conf_text(conf, "mail.password_command")};
}

void
mail_login(const conf *conf, const mail_url *url, gboolean sending, net_account *ret)
{
	const char *auth = sending ? conf_text(conf, "mail.send_auth") : NULL;
	/* A mailbox has an owner; a server that takes mails may ask nobody. */
	gboolean by_address = url->login == NULL && !sending;

	*ret = (net_account){
		.url = url,
		.login = by_address ? conf_text(conf, "mail.address") : url->login,
		.auth = auth != NULL ? auth : conf_text(conf, "mail.auth"),
		.secret = secret_of(conf, sending),
		.ca_file = conf_text(conf, "mail.ca_file"),
		.timeout = (guint)conf_int(conf, "mail.timeout"),
	};
}
