#include "gateway/report.h"

#include <errno.h>
#include <unistd.h>

#include "base/u64.h"
#include "gateway/brake.h"
#include "gateway/look.h"
#include "gateway/make.h"
#include "gateway/private.h"
#include "gateway/rebase.h"
#include "gateway/rekey.h"
#include "spool/quarantine.h"

#define DISK_LOW (100 * 1024 * 1024) /* bytes free below which the operator is told */
#define NAMED    3                   /* problems of one sort that are told one by one */

typedef struct {
	gateway *g;
	json_t *problems, *hints;
	const char *state;
} status;

/* "handsel WORDS NAME" */
static char *
command(const status *s, const char *words)
{
	return look_command(s->g, "%s %s", words, s->g->name);
}

/* ---- what keeps the link from running ---- */

static void
judge_stop(status *s)
{
	g_autofree char *bye = store_get(s->g->store, "bye");

	if (s->g->stopped != NULL) {
		s->state = "stopped";
		look_tell(s->problems, "stopped", g_strdup_printf("stopped: %s", s->g->stopped),
			  command(s, "check"));
	} else if (link_closed(s->g)) {
		s->state = "closed";
		look_tell(s->hints, "closed", g_strdup("closed, and the partner knows"),
			  command(s, "link remove"));
	} else if (bye != NULL) {
		s->state = "closed";
		look_tell(s->problems, "bye", g_strdup("the partner has closed the link"),
			  command(s, "link close"));
	} else if (conf_bool(s->g->conf, "paused")) {
		s->state = "paused";
		look_tell(s->problems, "paused", g_strdup("paused: nothing is sent or taken in"),
			  command(s, "link resume"));
	}
}

/* A directory that is not there is mostly a mount that will come back. */
static void
judge_dir(status *s, const char *dir, int how)
{
	if (access(dir, how) == 0)
		return;
	s->state = s->state == NULL ? "away" : s->state;
	if (errno == ENOENT)
		look_tell(
			s->problems, "folder",
			g_strdup_printf("%s is not there; resumes by itself when it is back", dir),
			look_command(s->g, "link connect %s --help", s->g->name));
	else
		look_tell(s->problems, "folder", g_strdup_printf("%s: %s", dir, g_strerror(errno)),
			  command(s, "check"));
}

static void
judge_folders(status *s)
{
	g_autofree char *send = link_send_dir(s->g), *receive = link_receive_dir(s->g);

	if (g_strcmp0(conf_text(s->g->conf, "channel"), "folder") != 0)
		return;
	judge_dir(s, send, R_OK | W_OK | X_OK);
	judge_dir(s, receive, R_OK | W_OK | X_OK);
}

/* What the channel found out the last time: by itself it says nothing. */
static void
judge_channel(status *s)
{
	const channel_ops *ops = s->g->channel_ops;
	g_autoptr(GPtrArray) all = ops->troubles == NULL ? NULL : ops->troubles(s->g->channel);

	for (guint i = 0; all != NULL && i < all->len; i++) {
		const channel_trouble *t = all->pdata[i];

		look_tell(t->serious ? s->problems : s->hints, t->kind,
			  t->advice == NULL ? g_strdup(t->text)
					    : g_strdup_printf("%s; %s", t->text, t->advice),
			  command(s, "link test"));
	}
}

/* Both sides have to use one channel. */
static void
judge_partner_channel(status *s)
{
	const char *own = conf_text(s->g->conf, "channel");
	g_autofree char *theirs = store_get(s->g->store, "partner_channel");
	g_autofree char *address = store_get(s->g->store, "partner_address");
	gboolean mail = g_strcmp0(theirs, "mail") == 0;

	if (theirs == NULL || g_str_equal(theirs, own))
		return;
	look_tell(s->problems, "channel",
		  g_strdup_printf("the partner has gone over to channel %s%s%s; go there, too",
				  theirs, mail && address != NULL ? ", address " : "",
				  mail && address != NULL ? address : ""),
		  look_command(s->g, "link set %s channel=%s", s->g->name, theirs));
}

static void
judge_offer(status *s)
{
	g_autofree char *text = store_get(s->g->store, "offer");
	g_autoptr(json_ref) doc = text == NULL ? NULL : json_read(text, strlen(text), NULL);
	g_autoptr(offer) o = doc == NULL ? NULL : offer_from_json(doc, NULL);

	if (o == NULL || clock_now() <= o->expires) {
		look_tell(s->hints, "handshake",
			  g_strdup("handshake, waiting for the partner to join"),
			  command(s, "link show"));
		return;
	}
	g_autofree char *when = clock_stamp(o->expires);
	look_tell(s->problems, "expired",
		  g_strdup_printf("the handshake file expired %s, unused", when),
		  command(s, "link invite"));
}

/* A new handshake file of a link that has a partner. */
static void
judge_invitation(status *s)
{
	g_autofree char *site = NULL, *fpr = NULL;

	if (s->g->partner == NULL || !gate_invites(s->g))
		return;
	if (link_asked(s->g, &site, &fpr))
		look_tell(
			s->problems, "joiner",
			g_strdup("somebody has joined by the new handshake file and waits for your "
				 "yes"),
			command(s, "link accept"));
	else
		look_tell(
			s->hints, "invited",
			g_strdup("a new handshake file is out; the link goes on until somebody has "
				 "joined by it"),
			NULL);
}

static void
judge_pairing(status *s)
{
	g_autofree char *refused = store_get(s->g->store, "refused");

	switch (s->g->state) {
	case PAIR_OFFERED:
		judge_offer(s);
		break;
	case PAIR_CONFIRM:
		look_tell(s->problems, "joiner",
			  g_strdup("a partner has joined and waits for your yes"),
			  command(s, "link accept"));
		break;
	case PAIR_PINNED:
		look_tell(s->hints, "handshake",
			  g_strdup("handshake, waiting for the answer to our ping"), NULL);
		break;
	case PAIR_JOINING:
		look_tell(s->hints, "handshake", g_strdup("handshake, waiting for their ping"),
			  NULL);
		break;
	case PAIR_REFUSED:
		s->state = s->state == NULL ? "refused" : s->state;
		look_tell(
			s->problems, "refused",
			g_strdup_printf("the partner refused us: %s; ask for a new handshake file",
					refused != NULL ? refused : "no reason given"),
			look_command(s->g, "link join FILE"));
		break;
	case PAIR_CLOSED:
		look_tell(s->problems, "offer",
			  g_strdup("the handshake file was closed after too many wrong proofs"),
			  command(s, "link invite"));
		break;
	case PAIR_RUNNING:
		rekey_judge(s->g, s->problems, s->hints);
		if (rebase_judge(s->g, s->problems, s->hints) && s->state == NULL)
			s->state = "rebase";
		break;
	case PAIR_STATES:
		break;
	}
	judge_invitation(s);
	if (s->state == NULL)
		s->state = s->g->state == PAIR_RUNNING ? "running" : "handshake";
	if (s->g->n.with != NULL && !link_verified(s->g))
		look_tell(s->hints, "words",
			  g_strdup("the words have not been compared with the partner yet"),
			  look_command(s->g, "link verify %s WORDS", s->g->name));
}

static void
put_space(json_t *ret, const char *key, guint64 bytes)
{
	if (bytes == G_MAXUINT64)
		look_put(ret, key, NULL);
	else
		look_put_u64(ret, key, bytes);
}

static void
judge_disk(status *s, json_t *ret)
{
	guint64 here = fsio_free_space(spool_fd(s->g->spool, SPOOL_OUTBOX));
	guint64 there = s->g->channel_ops->space(s->g->channel);
	g_autofree char *send = link_send_dir(s->g);
	const struct {
		const char *dir;
		guint64 free;
	} disks[] = {{s->g->dir, here}, {send, there}};

	put_space(ret, "free", here);
	put_space(ret, "send_free", there);

	for (guint i = 0; i < G_N_ELEMENTS(disks); i++) {
		g_autofree char *size = u64_size_text(disks[i].free);

		if (disks[i].free < DISK_LOW && (i == 0 || there != here))
			look_tell(
				s->problems, "disk",
				g_strdup_printf("nearly full: %s has %s free", disks[i].dir, size),
				g_strdup_printf("df -h %s", disks[i].dir));
	}
}

/* ---- what waits on it ---- */

static void
judge_quarantine(status *s, GPtrArray *notes)
{
	gboolean full;
	g_autofree char *room = gate_quarantine_room(s->g, notes, &full);

	if (full)
		look_tell(s->problems, "full",
			  g_strdup_printf("quarantine is full (%s): nothing more is taken in, all "
					  "stays where it is; retry or drop what is in it",
					  room),
			  command(s, "spool list"));
	for (guint i = 0; i < notes->len && i < NAMED; i++) {
		const json_t *note = notes->pdata[i];
		const char *id = json_str(note, "id"), *text = json_str(note, "text");
		const char *which = id != NULL ? id : json_str(note, "name");

		look_tell(s->problems, "quarantine",
			  g_strdup_printf("%s refused: %s", which,
					  text != NULL ? text : "reason lost"),
			  look_command(s->g, "spool show %s %s", s->g->name, which));
	}
	if (notes->len > NAMED)
		look_tell(s->problems, "quarantine",
			  g_strdup_printf("%u more in quarantine", notes->len - NAMED),
			  command(s, "spool list"));
}

/* Why an item waits, in one line; caller frees. */
static char *
why_of(gateway *g, const look_item *i)
{
	g_autoptr(json_ref) listed = look_listed(g, i->it);
	size_t at;
	json_t *one;

	if (json_array_size(i->it->inq) > 0)
		return g_strdup(i->it->why_text != NULL ? i->it->why_text
							: reason_of(i->it->why)->text);
	json_array_foreach (listed, at, one)
		if (g_strcmp0(json_str(one, "how"), "held") == 0)
			return g_strdup_printf("%s: %s", json_str(one, "reg"),
					       json_str(one, "text") != NULL ? json_str(one, "text")
									     : "refused here");
	return g_strdup("");
}

/* Returns how many items wait. */
static guint
judge_items(status *s, GPtrArray *waiting)
{
	guint count = 0, unsent = 0;
	const look_item *first = NULL;

	for (guint i = 0; i < waiting->len; i++) {
		const look_item *one = waiting->pdata[i];
		const char *reg;
		json_t *e;

		if (look_waits(one->it)) {
			first = first == NULL ? one : first;
			count++;
		}
		json_object_foreach (one->it->listed, reg, e)
			if (g_strcmp0(json_str(e, "how"), "unsent") == 0) {
				unsent++;
				break;
			}
	}
	if (count > 0) {
		g_autofree char *why = why_of(s->g, first);

		look_tell(s->problems, "hold",
			  g_strdup_printf("%u item%s: %s", count, count == 1 ? " waits" : "s wait",
					  why),
			  count == 1 ? look_command(s->g, "hold show %s %s", s->g->name,
						    look_name(first))
				     : command(s, "hold list"));
	}
	if (unsent > 0)
		look_tell(s->hints, "unsent",
			  g_strdup_printf("%u item%s values that do not fit the contract: not sent",
					  unsent, unsent == 1 ? " shows" : "s show"),
			  command(s, "hold list"));
	return count;
}

/* Adds how many wait for a yes to RET. */
static gboolean
judge_brake(status *s, json_t *ret, GError **error)
{
	guint64 count;

	if (!store_count_braked(s->g->store, &count, error))
		return FALSE;
	look_put_u64(ret, "braked", count);
	if (count == 0)
		return TRUE;
	g_autoptr(json_ref) brake = brake_report(s->g, error);
	if (brake == NULL)
		return FALSE;
	look_tell(s->problems, "brake", brake_text(brake), command(s, "brake show"));
	look_tell(s->problems, "brake",
		  g_strdup("if they are meant, say yes; if not, restore the tracker"),
		  look_command(s->g, "brake release %s %s", s->g->name, json_str(brake, "code")));
	return TRUE;
}

static void
judge_conflicts(status *s, guint64 open)
{
	if (open > 0)
		look_tell(s->problems, "conflict",
			  g_strdup_printf("%" G_GUINT64_FORMAT
					  " open conflict%s: each side shows its own",
					  open, open == 1 ? "" : "s"),
			  command(s, "conflict list"));
}

/* Seconds since the first of OUT was made; 0 if there is none. */
static guint64
oldest_age(const GPtrArray *out)
{
	const store_outgoing *first = out->len == 0 ? NULL : out->pdata[0];

	return first == NULL ? 0 : (guint64)MAX(clock_now() - first->made, 0);
}

static gboolean
count_all(status *s, json_t *ret, GError **error)
{
	gateway *g = s->g;
	guint64 lines, live, held, listed, all, open;
	gint64 next;
	g_autoptr(GPtrArray) out = store_outgoings(g->store, 1, OUT_STORED, error);
	g_autoptr(GPtrArray) bad = out == NULL ? NULL : quarantine_list(g->spool, error);
	g_autoptr(GPtrArray) waiting = bad == NULL ? NULL : look_waiting(g, error);

	if (waiting == NULL || !store_count_lines(g->store, &lines, error) ||
	    !store_count_items(g->store, &live, &held, &listed, error) ||
	    !store_count_conflicts(g->store, &all, &open, error))
		return FALSE;
	look_put_u64(ret, "queued", lines);
	look_put_u64(ret, "unacked", out->len);
	look_put_u64(ret, "oldest_unacked", oldest_age(out));
	look_put_u64(ret, "listed", listed);
	look_put_u64(ret, "quarantine", bad->len);
	look_put_u64(ret, "conflicts", all);
	look_put_u64(ret, "open_conflicts", open);
	look_put_u64(ret, "items", live);
	judge_quarantine(s, bad);
	look_put_u64(ret, "held", judge_items(s, waiting));
	judge_conflicts(s, open);
	if (!judge_brake(s, ret, error))
		return FALSE;
	return report_overdue(g, out, s->problems, &next, error);
}

static void
describe(const status *s, json_t *ret)
{
	gateway *g = s->g;
	g_autofree char *site = store_get(g->store, "partner_site");
	g_autofree char *in = g->n.stored == 0 ? NULL : gateway_their_id(g, g->n.stored);
	g_autofree char *out = g->n.last == 0 ? NULL : gateway_my_id(g, g->n.last);

	look_put(ret, "link", g->name);
	look_put(ret, "state", s->state);
	look_put(ret, "role", g->master ? "master" : "slave");
	look_put(ret, "channel", conf_text(g->conf, "channel"));
	look_put(ret, "protect", conf_text(g->conf, "protect"));
	look_put(ret, "partner_site", site);
	look_put_time(ret, "last_in", g->n.last_in);
	look_put(ret, "last_in_id", in);
	look_put_time(ret, "last_out", g->n.last_out);
	look_put(ret, "last_out_id", out);
	json_object_set_new(ret, "verified", json_boolean(link_verified(g)));
	json_object_set(ret, "problems", s->problems);
	json_object_set(ret, "hints", s->hints);
}

json_t *
report_status(gateway *g, GError **error)
{
	g_autoptr(json_ref) problems = json_array(), hints = json_array(), ret = json_object();
	status s = {.g = g, .problems = problems, .hints = hints};

	judge_stop(&s);
	judge_folders(&s);
	judge_channel(&s);
	judge_partner_channel(&s);
	judge_pairing(&s);
	judge_disk(&s, ret);
	if (!count_all(&s, ret, error))
		return NULL;
	describe(&s, ret);
	return g_steal_pointer(&ret);
}
