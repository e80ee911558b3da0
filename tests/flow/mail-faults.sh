#!/bin/sh
# mail-faults - servers that die, refuse, delay and fill up during a run: nothing lost, nothing twice
#
# HANDSEL_KILLS (6) is how often the servers are killed.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
. "$here/daemons.sh"
kills=${HANDSEL_KILLS:-6}
cd "$tmp" || exit 99
servers

# work N: edits at both desks, with a comment and a new item each.
work() {
	at anna desk new title="anna $1" >/dev/null && at bert desk new title="bert $1" >/dev/null &&
		at anna desk set 1 description="at $1" >/dev/null && at bert desk comment 1 "comment $1" >/dev/null
}

# What no edit may lose, and no mail double.
complete() {
	complete_n=$(at bert desk list --json | jq -s length)
	[ "$complete_n" -eq $((2 * made + 1)) ] &&
		[ "$(at anna desk show 1 --json | jq '.comments | length')" -eq "$made" ] &&
		[ "$(at anna desk show 1 --json | jq -r '[.comments[].text] | unique | length')" -eq "$made" ]
}

equal() {
	calm anna bert >/dev/null && calm bert anna >/dev/null && same_desks anna bert >/dev/null
}

# Whoever was told to wait is reminded.
hurried() {
	for hurried_i in $(seq 30); do
		sync_at anna bert && delivered && sync_at bert anna && delivered
		equal && return 0
	done
	at anna status bert
	at bert status anna
	return 1
}

site anna bert || exit 99
check "two sites are paired by mail" mail_pair anna bert --scope all
for who in anna:bert bert:anna; do
	at "${who%:*}" link set "${who#*:}" sync.resend='3 s' mail.poll='5 s' mail.retry='1 s' >/dev/null
done
at anna desk new title='the one' >/dev/null
check "an item is on both sides" mail_settle anna bert
check "both run" start anna
check "both do" start bert
made=0
while [ $made -lt "$kills" ]; do
	made=$((made + 1))
	work $made
	sleep "0.$((made * 37 % 10))"
	mail_do kill >/dev/null
	sleep "0.$((made * 53 % 10))"
	mail_do restart >/dev/null
done
check "the servers were killed and came back $kills times" sh -c "[ $made -eq $kills ]"
for name in rcpt-defer data-defer quota auth-fail rcpt-reject data-reject quota-reject; do
	made=$((made + 1))
	fault $name on
	work $made
	sleep 1
	fault $name off
done
fault hold on
made=$((made + 1))
work $made
sleep 1
fault hold off
mail_do flush
check "one stops" stop anna
check "the other, too" stop bert
check "when all is over both sides are equal" hurried
check "with every edit, once each" complete
check "nothing is in quarantine" sh -c "[ -z \"$(at anna spool list bert --json | grep quarantine)\" ]"
check "no process is left" idle
tap_end
