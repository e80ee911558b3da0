/*
 * places - where the envelopes of a link are put and where they arrive
 *
 * Of a folder link two directories, of a link by mail addresses and servers.  Passwords are in
 * neither.
 */
#pragma once
#include "cli/call.h"
#include "gateway/gateway.h"

gboolean places_by_mail(gateway *);
/* Sets "send", "receive" (directories), "address", "partner_address", "send_server" and
 * "receive_server" of OBJECT; those of the other channel are null. */
void places_put(json_t *object, gateway *);
/* Says what places_put has put, a line each, titles WIDTH columns wide behind INDENT blanks. */
void places_say(const call *, const json_t *object, int indent, int width);
