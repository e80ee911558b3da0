#include "cli/places.h"

#include "cli/show.h"
#include "gateway/make.h"

static const struct {
	const char *key, *title, *setting; /* SETTING: of a link by mail */
} rows[] = {
	{"send", "SEND", NULL},
	{"receive", "RECEIVE", NULL},
	{"address", "address", "mail.address"},
	{"partner_address", "theirs", "mail.partner"},
	{"receive_server", "receives", "mail.receive"},
	{"send_server", "sends", "mail.send"},
};

gboolean
places_by_mail(gateway *g)
{
	return g_strcmp0(conf_text(gateway_conf(g), "channel"), "mail") == 0;
}

void
places_put(json_t *object, gateway *g)
{
	g_autofree char *send = link_send_dir(g), *receive = link_receive_dir(g);
	gboolean mail = places_by_mail(g);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		show_put(object, rows[i].key,
			 mail && rows[i].setting != NULL
				 ? conf_text(gateway_conf(g), rows[i].setting)
				 : NULL);
	if (mail)
		return;
	show_put(object, "send", send);
	show_put(object, "receive", receive);
}

void
places_say(const call *c, const json_t *object, int indent, int width)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (json_str(object, rows[i].key) != NULL)
			call_say(c, "%*s%-*s %s", indent, "", width, rows[i].title,
				 json_str(object, rows[i].key));
}
