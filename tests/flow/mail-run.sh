#!/bin/sh
# mail-run - gateways that run by themselves wait at their mailboxes, by IMAP with and without IDLE, and POP3
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
. "$here/daemons.sh"
cd "$tmp" || exit 99
servers

has() {
	at "$1" desk list --json | jq -es "any(.[]; .title == \"$2\")" >/dev/null
}

both_start() {
	start anna && start bert
}

both_stop() {
	stop anna && stop bert
}

# there_and_back WORD: an item of each comes to the other, by itself.
there_and_back() {
	at anna desk new title="$1 by Anna" >/dev/null && at bert desk new title="$1 by Bert" >/dev/null &&
		eventually has bert "$1 by Anna" && eventually has anna "$1 by Bert"
}

acknowledged() {
	calm anna bert && calm bert anna
}

one_ear_each() {
	for one_pid in $(pid_of anna) $(pid_of bert); do
		[ "$(pgrep -c -P "$one_pid" handsel-ear)" -eq 1 ] || return 1
	done
}

site anna bert || exit 99
check "two sites are paired by mail" mail_pair anna bert --scope all
for who in anna:bert bert:anna; do
	at "${who%:*}" link set "${who#*:}" mail.poll='5 s' mail.retry='1 s' >/dev/null
done
check "both run" both_start
check "an item of each is there soon" there_and_back first
check "and acknowledged" eventually acknowledged
check "one process each waits at the mailbox" one_ear_each
mail_do kill >/dev/null
sleep 1
mail_do restart >/dev/null
check "after the servers were away it goes on" there_and_back second
at anna link pause bert >/dev/null
check "a paused link does not listen" eventually sh -c "! pgrep -P $(pid_of anna) handsel-ear"
at anna link resume bert >/dev/null
check "one that resumes does" there_and_back third
check "both stop" both_stop
check "no process is left" idle

mail_do stop >/dev/null
MAIL_HIDE="IDLE MOVE UIDPLUS"
export MAIL_HIDE SMTP_PORT SMTPS_PORT IMAP_PORT IMAPS_PORT POP3_PORT POP3S_PORT
servers
check "both run where the server tells nothing" both_start
check "items arrive all the same" there_and_back fourth
check "both stop again" both_stop

for who in anna:bert bert:anna; do
	at "${who%:*}" link set "${who#*:}" "mail.receive=pop3s://${who%:*}@localhost:$POP3S_PORT" >/dev/null
done
check "by POP3 they run, too" both_start
check "and items arrive" there_and_back fifth
check "both stop for good" both_stop
check "all is settled" mail_settle anna bert
check "both desks are equal" same_desks anna bert
check "no process is left in the end" idle
tap_end
