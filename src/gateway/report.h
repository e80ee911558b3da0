/*
 * report - how a link is, for status, trace, spool, hold and conflict
 *
 * Everything comes as JSON with stable keys; tables are made from it.  Times are stamps
 * ("2026-11-22T19:52:50Z"), ages seconds, sizes bytes; what is not known is null.  Texts are for
 * people, values are those of the contract.  No secret is ever among them.
 */
#pragma once
#include "gateway/gateway.h"

/*
 * {"link","state","role","channel","protect","partner_site","last_in","last_in_id","last_out","last_out_id","queued",
 *  "unacked","oldest_unacked","held","braked","listed","quarantine","conflicts","open_conflicts","verified","items","problems":[{"kind","text","command"}],
 *  "hints":[{"kind","text","command"}],"free","send_free"}
 * state: handshake, running, paused, stopped, closed, refused, away.  "queued": lines not yet
 * sealed.  "oldest_unacked": seconds since the oldest was made; "free": bytes.
 * "held": items that wait; "listed": items with a listed register.  "braked": items that wait for a
 * yes (brake.h).  Problems want the operator; hints (waiting for the partner, words not compared
 * yet) don't.  "command" may be null.
 */
json_t *report_status(gateway *, GError **error);
/*
 * What happened to one item, by ID here (or uid), oldest first:
 * {"id","uid","title","partner_id","state":"live|gone|unshared|unknown","agreed":bool,"held":n,"listed":[{"reg","how","reason","text"}],
 *  "unsealed":n, "events":[{"at","what","envelope","text","carried","stored","done"}]}
 */
json_t *report_trace(gateway *, const char *id, GError **error);
/* Which envelopes. */
typedef struct {
	gboolean all;          /* archive too */
	const char *direction; /* "in", "out"; NULL: both */
	const char *item;      /* those that tell of this item, by its id here or uid; NULL: all */
} report_filter;
/*
 * Envelopes: array of
 * {"id","direction":"in|out","kind","where":"outbox|inbox|quarantine|archive","size","age","state","changes","reason"}.
 * *RET_FOREIGN gets [{"file","reason"}]; may be NULL.  *RET_UNREAD: of an item's, how many came in
 * that nobody has looked into yet, so that they are not among them.
 */
json_t *report_spool(gateway *, const report_filter *, json_t **ret_foreign, guint *ret_unread,
		     GError **error);
/*
 * One envelope by id ("m17", "s42") or quarantine file name: the above and "file" (path), "sha256",
 * "first_seen", "seen", "reason", "text", "advice", "checks":[{"check","result"}], and, opened with
 * the link's keys (GATE_WORK), "manifest" and "lines".
 */
json_t *report_envelope(gateway *, const char *id, GError **error);
/* Checks every envelope in outbox, inbox and quarantine: array of {"id","ok","text"}. Needs
 * GATE_WORK. */
json_t *report_verify(gateway *, GError **error);
/* Items that wait: array of
 * {"id","uid","title","held":n,"reason","text","since","tries":n,"retry":bool,"advice","records":[text],"listed":[{"reg","how","reason","text","value"}]}.
 */
json_t *report_holds(gateway *, GError **error);
/* {"number","id","uid","title","reg","at","open","mine","theirs","winner","policy","value"}, newest
 * first. */
json_t *report_conflicts(gateway *, GError **error);
json_t *report_conflict(gateway *, guint64 number, GError **error);
/* What the link needs, step by step, by doing it: array like that of report_check(). Needs
 * GATE_WORK. */
json_t *report_test(gateway *);
/* Everything that would fail later: array of {"what","ok","text","command"}. Needs GATE_WORK. */
json_t *report_check(gateway *, GError **error);
