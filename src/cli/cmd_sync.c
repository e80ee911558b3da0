#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "contract/type.h"
#include "daemon/cage.h"
#include "gateway/alert.h"
#include "gateway/pass.h"

static void
put_number(json_t *o, const char *key, guint64 n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

static json_t *
report_to_json(gateway *g, const pass_report *r)
{
	json_t *ret = json_object();

	show_put(ret, "link", gateway_name(g));
	put_number(ret, "taken", r->taken);
	put_number(ret, "applied", r->applied);
	put_number(ret, "captured", r->captured);
	put_number(ret, "sealed", r->sealed);
	put_number(ret, "held", r->held);
	put_number(ret, "quarantined", r->quarantined);
	put_number(ret, "braked", r->braked);
	put_number(ret, "unacked", r->unacked);
	json_object_set_new(ret, "paused", json_boolean(conf_bool(gateway_conf(g), "paused")));
	show_put(ret, "away", r->away);
	show_put(ret, "stopped", gateway_stopped(g));
	return ret;
}

/* Appends "N TEXT" if there are any. */
static void
add_number(GString *line, guint64 n, const char *text)
{
	if (n > 0)
		g_string_append_printf(line, "%s%" G_GUINT64_FORMAT " %s",
				       line->len > 0 ? ", " : "", n, text);
}

static void
add_text(GString *line, const char *what, const char *text)
{
	if (text != NULL)
		g_string_append_printf(line, "%s%s%s", line->len > 0 ? ", " : "", what, text);
}

static void
say_report(const call *c, gateway *g, const pass_report *r)
{
	g_autoptr(GString) done = g_string_new(NULL), waits = g_string_new(NULL);

	add_number(done, r->taken, "taken in");
	add_number(done, r->applied, "changes applied");
	add_number(done, r->captured, "changes captured");
	add_number(done, r->sealed, "sealed");
	add_number(waits, r->held, "held");
	add_number(waits, r->quarantined, "in quarantine");
	add_number(waits, r->braked, "deleted or emptied, for your yes (brake show)");
	add_number(waits, r->unacked, "not yet acknowledged");
	add_text(waits, "away: ", r->away);
	add_text(waits, "stopped: ", gateway_stopped(g));
	add_text(waits, "", conf_bool(gateway_conf(g), "paused") ? "paused" : NULL);
	call_say(c, "%s: %s%s%s", gateway_name(g), done->len > 0 ? done->str : "nothing new",
		 waits->len > 0 ? "; waits: " : "", waits->str);
}

/* Does it need the operator? */
static gboolean
needs_operator(gateway *g, const pass_report *r)
{
	return r->held > 0 || r->braked > 0 || r->quarantined > 0 || r->away != NULL ||
	       gateway_stopped(g) != NULL;
}

static gboolean
sync_link(call *c, gateway *g, GError **error)
{
	pass_report report = {0};
	gboolean ok = gateway_pass(g, &report, error);

	if (ok && c->json) {
		g_autoptr(json_ref) one = report_to_json(g, &report);
		print_json(one);
	}
	if (ok)
		say_report(c, g, &report);
	if (ok && needs_operator(g, &report))
		call_worsen(c, STATUS_WAITS);
	g_free(report.away);
	gint64 unused;
	return ok && gateway_alert(g, &unused, error);
}

/* "title, state, 1 thing" of change RECORD; caller frees. */
static char *
change_text(const json_t *record)
{
	GString *text = g_string_new(NULL);
	gsize things = json_array_size(json_object_get(record, "things"));
	const char *reg;
	json_t *unused;

	json_object_foreach (json_object_get(record, "set"), reg, unused) {
		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", reg);
	}
	add_number(text, things, things == 1 ? "thing" : "things");
	return g_string_free(text, FALSE);
}

static gboolean
dry_link(call *c, gateway *g, GError **error)
{
	g_autoptr(GPtrArray) lines = gateway_dry_run(g, error);

	if (lines == NULL)
		return FALSE;
	for (guint i = 0; i < lines->len; i++) {
		const json_t *record = lines->pdata[i];
		g_autofree char *text = change_text(record);
		const char *id = json_str(record, "id");

		if (c->json)
			print_json(record);
		call_say(c, "%s: would send %s: %s", gateway_name(g),
			 id != NULL ? id : json_str(record, "uid"), text);
	}
	if (lines->len == 0)
		call_say(c, "%s: nothing to send", gateway_name(g));
	return TRUE;
}

static gboolean
sync_name(call *c, const char *name, GError **error)
{
	gboolean dry = call_has(c, "dry-run");
	g_autoptr(gateway) g = gateway_open(c->site, name, dry ? GATE_TRACKER : GATE_WORK,
					    call_values(c, "set"), error);

	if (g == NULL || (call_has(c, "item") && !gateway_only(g, call_values(c, "item"), error)))
		return FALSE;
	return dry ? dry_link(c, g, error) : sync_link(c, g, error);
}

static void
say_trouble(call *c, const char *name, GError *why)
{
	g_prefix_error(&why, "link %s: ", name);
	print_error(why, NULL);
	g_error_free(why);
	call_worsen(c, STATUS_FAILED);
}

/* A wrong --set is a wrong use; all else that fails is the link's own trouble. */
static gboolean
sync_here(call *c, const char *name, GError **error)
{
	GError *why = NULL;

	cage_enter(c->site, name, call_values(c, "set"), NULL);
	if (sync_name(c, name, &why))
		return TRUE;
	if (fail_is(why, FAIL_USAGE)) {
		g_propagate_error(error, why);
		return FALSE;
	}
	say_trouble(c, name, why);
	return TRUE;
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

/* The child is done; it has said what there was to say, unless it was killed. */
static void
heed_status(call *c, const char *name, int status)
{
	GError *why = NULL;

	if (WIFEXITED(status)) {
		call_worsen(c, WEXITSTATUS(status));
		return;
	}
	fail_set(&why, FAIL_RETRY,
		 "the pass was ended by signal %d (%s); the next pass goes on from there",
		 WTERMSIG(status), g_strsignal(WTERMSIG(status)));
	say_trouble(c, name, why);
}

/*
 * Each link has a process: it is confined to that link alone, whose channel is not looked at before
 * its turn has come, and what ends it does not end the others.  In the child this is the rest of
 * the command, with *RET_CHILD.
 */
static gboolean
sync_apart(call *c, const char *name, gboolean *ret_child, GError **error)
{
	pid_t parent = getpid();

	if (!print_flush(error))
		return FALSE;
	pid_t pid = fork();
	if (pid < 0) {
		fail_errno(error, errno, "cannot start a process for link %s", name);
		return FALSE;
	}
	*ret_child = pid == 0;
	if (pid > 0) {
		heed_status(c, name, wait_for(pid));
		return TRUE;
	}
	c->status = STATUS_DONE;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* It was ended before that; so it would have been after it. */
	if (getppid() != parent)
		return TRUE;
	return sync_here(c, name, error);
}

static gboolean
sync_all(call *c, const GPtrArray *names, GError **error)
{
	gboolean child = FALSE;

	if (names->len == 1)
		return sync_here(c, names->pdata[0], error);
	for (guint i = 0; !child && c->status != STATUS_USAGE && i < names->len; i++)
		if (!sync_apart(c, names->pdata[i], &child, error))
			return FALSE;
	return TRUE;
}

static gboolean
run_sync(call *c, GError **error)
{
	g_autoptr(GPtrArray) names = call_links(c, error);

	if (names == NULL)
		return FALSE;
	if (call_has(c, "item") && names->len != 1) {
		fail_set(error, FAIL_USAGE, "sync: --item is for one link; name one");
		return FALSE;
	}
	g_autofree char *handsel = site_handsel(c->site);
	if (names->len == 0)
		call_say(c,
			 "no links yet: %s link new NAME --channel folder|mail, or %s link join "
			 "FILE",
			 handsel, handsel);
	return sync_all(c, names, error);
}

static const command_option options[] = {
	{"dry-run", NULL, "shows what would be sent, and changes nothing", FALSE},
	{"item", "ID", "sends this item's changes; others wait for a later pass", TRUE},
	OPTION_SET("a setting of link.conf, for this run only"),
	{0},
};

const command commands_sync[] = {
	{"sync", "[NAME...] [--dry-run] [--item ID]... [--set KEY=VALUE]...",
	 "take in, apply and send once",
	 "One pass over the links named, or over all: takes in what has arrived, applies it, "
	 "sends\n"
	 "what has changed here, acknowledges, and ends. A link that fails does not stop the "
	 "others.\n"
	 "With --item only what has changed of that item is sent; what others have changed waits "
	 "for a\n"
	 "later pass. Run it by cron or a timer. Ends with 3 if something waits for the operator.",
	 0, ANY_NUMBER, options, run_sync},
	{0},
};
