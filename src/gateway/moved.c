#include "base/mail_url.h"
#include "base/name.h"
#include "gateway/private.h"

/*
 * A link that goes over to another channel goes on with its numbers and items, but both sides have
 * to go.  So each tells the other where it is, in a line of an envelope, which arrives by whatever
 * way still works.
 */

#define TOLD "told_channel" /* "folder", or "mail ADDRESS" */

static char *
place_of(gateway *g)
{
	const char *channel = conf_text(g->conf, "channel");

	return g_str_equal(channel, "mail")
		       ? g_strdup_printf("mail %s", conf_text(g->conf, "mail.address"))
		       : g_strdup(channel);
}

static gboolean
add_line(gateway *g, GError **error)
{
	const char *channel = conf_text(g->conf, "channel");
	gboolean mail = g_str_equal(channel, "mail");
	g_autoptr(json_ref) line = json_object();
	g_autoptr(GPtrArray) none = g_ptr_array_new();

	json_put(line, "t", "channel");
	json_put(line, "channel", channel);
	json_put(line, "address", mail ? conf_text(g->conf, "mail.address") : NULL);
	g_autofree char *text = json_text(line);
	return store_add_line(g->store, LINE_ANSWER, "", 0, 0, text, NULL, none, error);
}

gboolean
gate_tell_channel(gateway *g, GError **error)
{
	g_autofree char *told = store_get(g->store, TOLD), *now = place_of(g);

	if (g_strcmp0(told, now) == 0)
		return TRUE;
	/* Pairing told the first. */
	return (told == NULL || add_line(g, error)) && store_put(g->store, TOLD, now, error);
}

/* An address that came from the partner is replaced; one that was set here stays. */
static gboolean
take_address(gateway *g, const char *address, GError **error)
{
	g_autofree char *known = store_get(g->store, "partner_address");
	const char *used = conf_text(g->conf, "mail.partner");

	if (!store_put(g->store, "partner_address", address, error))
		return FALSE;
	return (used != NULL && g_strcmp0(used, known) != 0) ||
	       conf_set(g->conf, "mail.partner", address, error);
}

gboolean
gate_take_channel(gateway *g, const json_t *line, GError **error)
{
	const char *channel = json_str(line, "channel"), *address = json_str(line, "address");

	/* It is shown as part of a command. */
	if (!name_word_valid(channel) || (address != NULL && !mail_address_valid(address))) {
		fail_set(error, REASON_LINES, "a line names no channel");
		return FALSE;
	}
	gate_note(g, "moved", NULL, NULL, "the partner is at %s%s%s", channel,
		  address != NULL ? " " : "", address != NULL ? address : "");
	return store_put(g->store, "partner_channel", channel, error) &&
	       (address == NULL || take_address(g, address, error));
}
