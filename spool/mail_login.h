/*
 * mail_login - the account of a link by mail, out of its settings
 */
#pragma once
#include "conf/conf.h"
#include "net/account.h"

/* How to log in at URL to send by it, or to receive; what RET points to belongs to CONF and URL. */
void mail_login(const conf *, const mail_url *, gboolean sending, net_account *ret);
