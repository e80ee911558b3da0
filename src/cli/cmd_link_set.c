#include <unistd.h>

#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "gateway/make.h"

static gboolean
change(const char *dir, const char *name, const char *const *pairs, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) settings = conf_load(path, SET_LINK, error);

	if (settings == NULL)
		return FALSE;
	for (guint i = 0; pairs[i] != NULL; i++)
		if (!conf_set_pair(settings, pairs[i], error))
			return FALSE;
	return link_complete(settings, name, error) && conf_save(settings, error);
}

/*
 * Changes settings of the link that argument 0 names, all or none.  The link is not opened: a
 * setting that keeps it from opening must be possible to mend.
 */
static gboolean
change_settings(call *c, const char *const *pairs, GError **error)
{
	const char *name = call_arg(c, 0);
	const site *s = call_site(c, error);

	if (s == NULL || !call_check_link(s, name, error))
		return FALSE;
	g_autofree char *path = site_link_dir(s, name);
	int lock = gateway_lock(path, name, error);
	if (lock < 0)
		return FALSE;
	gboolean ok = change(path, name, pairs, error);
	close(lock);
	return ok;
}

/* The channel of the link, or NULL: its settings can't be read; caller frees. */
static char *
channel_of(call *c, GError **error)
{
	const site *s = call_site(c, error);

	if (s == NULL || !call_check_link(s, call_arg(c, 0), error))
		return NULL;
	g_autofree char *dir = site_link_dir(s, call_arg(c, 0));
	g_autofree char *path = g_build_filename(dir, "link.conf", NULL);
	g_autoptr(conf) settings = conf_load(path, SET_LINK, error);
	return settings != NULL ? g_strdup(conf_text(settings, "channel")) : NULL;
}

/* What follows from another channel, for the other side above all: until both have changed, nothing
 * arrives. */
static gboolean
change_channel(call *c, const char *channel, GError **error)
{
	const char *name = call_arg(c, 0);
	gboolean mail = g_str_equal(channel, "mail");
	g_autofree char *handsel = site_handsel(c->site);
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);

	if (g == NULL || !link_offer_again(g, error))
		return FALSE;
	gboolean ask = mail && conf_text(gateway_conf(g), "mail.partner") == NULL;
	call_say(c, "%s: goes by %s from now on; all is kept, nothing is lost", name, channel);
	call_tell(c, "Next 1. ",
		  "Your partner must do the same: handsel link set NAME channel=%s%s. What is not "
		  "acknowledged is sent again the new way.",
		  channel, mail ? ", with mail.address and the other settings of theirs" : "");
	if (ask)
		call_tell(c, "     2. ",
			  "Tell each other your addresses: %s link set %s mail.partner=THEIRS",
			  handsel, name);
	call_say(c, "     %d. %s link test %s", ask ? 3 : 2, handsel, name);
	return TRUE;
}

static gboolean
run_set(call *c, GError **error)
{
	g_autofree char *before = channel_of(c, NULL);

	if (!change_settings(c, call_args(c, 1), error))
		return FALSE;
	g_autofree char *now = channel_of(c, error);
	return now != NULL &&
	       (before == NULL || g_str_equal(before, now) || change_channel(c, now, error));
}

static gboolean
run_pause(call *c, GError **error)
{
	static const char *const pairs[] = {"paused=yes", NULL};

	if (!change_settings(c, pairs, error))
		return FALSE;
	call_say(c, "%s: paused; handsel link resume %s lets it go on", call_arg(c, 0),
		 call_arg(c, 0));
	return TRUE;
}

/* Lets a link go on that stopped by itself; the operator has seen why. */
static gboolean
clear_stop(call *c, GError **error)
{
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);

	if (g == NULL)
		return FALSE;
	if (gateway_stopped(g) == NULL)
		return TRUE;
	if (!store_put(gateway_store(g), "stopped", NULL, error) ||
	    !store_note(gateway_store(g), "resumed", NULL, NULL, gateway_stopped(g), error))
		return FALSE;
	call_say(c, "%s: had stopped: %s", gateway_name(g), gateway_stopped(g));
	return TRUE;
}

static gboolean
run_resume(call *c, GError **error)
{
	static const char *const pairs[] = {"paused=", NULL};

	if (!clear_stop(c, error) || !change_settings(c, pairs, error))
		return FALSE;
	call_say(c, "%s: goes on with the next handsel sync", call_arg(c, 0));
	return TRUE;
}

static gboolean
run_connect(call *c, GError **error)
{
	const char *send = call_value(c, "send"), *receive = call_value(c, "receive");

	if (send == NULL && receive == NULL) {
		fail_set(error, FAIL_USAGE, "link connect: give --send, --receive or both");
		return FALSE;
	}
	g_autofree char *send_path = send != NULL ? call_path(send) : NULL;
	g_autofree char *receive_path = receive != NULL ? call_path(receive) : NULL;
	g_autoptr(gateway) g = call_gateway(c, GATE_TRACKER, error);
	if (g == NULL || !link_connect(g, send_path, receive_path, call_has(c, "symlink"), error))
		return FALSE;
	g_autofree char *now_send = link_send_dir(g), *now_receive = link_receive_dir(g);
	call_say(c, "SEND     %s", now_send);
	call_say(c, "RECEIVE  %s", now_receive);
	return TRUE;
}

static const command_option connect_options[] = {
	{"send", "DIR", "where envelopes for the partner are put", FALSE},
	{"receive", "DIR", "where the partner's envelopes arrive", FALSE},
	{"symlink", NULL, "makes exchange/SEND and exchange/RECEIVE symbolic links to them", FALSE},
	{0},
};

const command commands_link_set[] = {
	{"link set", "NAME KEY=VALUE...", "change settings of a link",
	 "Checks the settings and stores them at once, all or none. KEY= takes a setting away, so\n"
	 "that its default counts. handsel help settings lists the keys.",
	 2, ANY_NUMBER, NULL, run_set},
	{"link connect", "NAME [--send DIR] [--receive DIR] [--symlink]",
	 "point SEND and RECEIVE elsewhere",
	 "Envelopes for the partner are put into SEND, theirs are taken from RECEIVE: let a "
	 "shared\n"
	 "folder, a synchronizing tool or a stick bring the one to the other. Moves what lies "
	 "there,\n"
	 "and tries both directories before they count.",
	 1, 1, connect_options, run_connect},
	{"link pause", "NAME", "let nothing in or out for now",
	 "Pauses a link: nothing is sent, taken in or applied until handsel link resume.", 1, 1,
	 NULL, run_pause},
	{"link resume", "NAME", "let a paused or stopped link go on",
	 "Ends a pause. A link that stopped by itself goes on, too; handsel status told why it "
	 "did.",
	 1, 1, NULL, run_resume},
	{0},
};
