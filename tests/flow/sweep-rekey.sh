#!/bin/sh
# sweep-rekey - each step of a change of keys, of either side's, dies once and fails once
#
# HANDSEL_SWEEP=full tries every step, HANDSEL_SWEEP=N every Nth; HANDSEL_SEED says which of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/break_kit.sh"
cd "$tmp" || exit 99
seed=${HANDSEL_SEED:-5}
every=${HANDSEL_SWEEP:-120}
[ "$every" != full ] || every=1
# More steps can fail than leave something when they die.
looks=$((every == 1 ? 1 : every * 3))
edits=0
: >reached
echo "# HANDSEL_SEED=$seed: death at every ${every}th step, failure of every ${looks}th"

met || exit 99
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
settle anna bert || exit 99

# STEP KIND SITE COMMAND...: the command, with that step broken.
broken() {
	broken_step=$1
	broken_kind=$2
	shift 2
	broken_before=$reached
	reached=no
	break_step "$broken_step" "$broken_kind" at "$@" || {
		echo "step $broken_step made it end with $broken_status: $*"
		cat fault.txt
		return 1
	}
	if [ $reached = yes ]; then
		echo "$broken_kind $*" >>reached
	else
		reached=$broken_before
	fi
}

# The same with a pass of SITE's, and then an ordinary one, and what it made is carried.
pass() {
	broken "$1" "$2" "$3" -q sync "$4" && sync_at "$3" "$4" && carry "$3" "$4"
}

key_at() {
	at "$1" --json link show "$2" | jq -r ".$3"
}

# WHO OTHER STEP KIND: WHO's key changes while both edit.
round() {
	reached=no
	edits=$((edits + 1))
	old=$(fpr "$1" "$2")
	at anna desk set 1 "title=Round $edits" >/dev/null && at bert desk set 1 "title=Round $edits" >/dev/null || return 1
	broken "$3" "$4" "$1" -q link rekey "$2" --yes || return 1
	# If it came to nothing it is ordered again.
	[ "$(key_at "$1" "$2" next_fingerprint)" != null ] || at "$1" -q link rekey "$2" --yes || return 1
	pass "$3" "$4" "$1" "$2" && pass "$3" "$4" "$2" "$1" && pass "$3" "$4" "$1" "$2" && pass "$3" "$4" "$2" "$1" || return 1
	settle anna bert && same_desks anna bert && silent anna bert || return 1
	[ -z "$(reasons anna bert)$(reasons bert anna)" ] && [ "$(fpr "$1" "$2")" != "$old" ] &&
		[ "$(key_at "$2" "$1" partner_fingerprint)" = "$(fpr "$1" "$2")" ] &&
		[ "$(key_at anna bert compare)" = "$(key_at bert anna compare)" ] && return
	echo "the keys are not what they should be, or something was refused"
	return 1
}

# WHO OTHER KIND EVERY
sweep() {
	step=$((seed % $4 + 1))
	reached=yes
	while [ $reached = yes ] && [ $step -lt 5000 ]; do
		round "$1" "$2" $step "$3" >round.txt 2>&1
		round_status=$?
		check "a change of $1's key that ${3}s at step $step is finished" sh -c 'cat round.txt; exit "$1"' - $round_status
		[ $round_status -eq 0 ] || break
		step=$((step + $4))
	done
	check "there were steps at which it ${3}s" test $step -gt 20
	echo "# $1 ${3}s: the last step is before $step"
}

sweep anna bert die "$every"
sweep bert anna die "$every"
sweep anna bert fail "$looks"
sweep bert anna fail "$looks"
for order in 'anna -q link rekey' 'bert -q link rekey' 'anna -q sync' 'bert -q sync'; do
	check "it died in handsel $order" grep -q "^die $order" reached
	check "and failed there" grep -q "^fail $order" reached
done
check "Anna waits for nothing but the words" prints '[]' sh -c \
	'"$HANDSEL" --home anna status bert --json | jq -c "[.problems[] | select(.kind != \"rekey\")]"'
check "Bert neither" prints '[]' sh -c \
	'"$HANDSEL" --home bert status anna --json | jq -c "[.problems[] | select(.kind != \"rekey\")]"'
check "nothing is left of what was unfinished" prints "" find anna/links/bert/tmp bert/links/anna/tmp \
	anna/links/bert/outbox bert/links/anna/outbox anna/links/bert/inbox bert/links/anna/inbox \
	anna/links/bert/exchange bert/links/anna/exchange -type f ! -name '.handsel-*'
check "no process is left" idle
tap_end
