/*
 * alert - the operator is told when a link gets into trouble, and when that is over
 *
 * Trouble is what `status` lists as a problem, but for a pause, which the operator made himself.
 * Each kind of it is told once when it begins and once when it has been gone for alert.over; what
 * is told is kept in the state, so that no restart tells it again.
 */
#pragma once
#include "gateway/gateway.h"

/*
 * Runs alert.command and sends to alert.mail what has begun or ended since the last call, each up
 * to a minute; without either nothing happens.  What fails is noted, and tried again after some
 * minutes.  With alert.success, what was done is told, too, no more often than that.  *RET_WAIT: in
 * so many seconds there may be more to tell, G_MAXINT64 for never.  Needs the lock.
 *
 * The command gets HANDSEL_SITE, HANDSEL_LINK, HANDSEL_KIND (a stable word: stopped, bye, folder,
 * expired, joiner, refused, offer, disk, quarantine, full, hold, brake, conflict, backlog, silence,
 * gap, keys, rekey, settings, mail-send, mail-receive, bounce, unreadable, success), HANDSEL_STATE
 * (trouble, over, or done), HANDSEL_SINCE (a stamp), HANDSEL_TEXT and HANDSEL_COMMAND (what helps),
 * and on its standard input all of that as a text for people.
 */
gboolean gateway_alert(gateway *, gint64 *ret_wait, GError **error);
