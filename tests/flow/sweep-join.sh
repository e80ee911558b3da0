#!/bin/sh
# sweep-join - each step of making, joining and pairing a link dies once and fails once
#
# HANDSEL_SWEEP=full tries every step, HANDSEL_SWEEP=N every Nth; HANDSEL_SEED says which of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/break_kit.sh"
. "$here/join_kit.sh"
cd "$tmp" || exit 99
pump=$tmp/pump.handshake
seed=${HANDSEL_SEED:-5}
every=${HANDSEL_SWEEP:-120}
[ "$every" != full ] || every=1
# More steps can fail than leave something when they die.
looks=$((every == 1 ? 1 : every * 3))
echo "# HANDSEL_SEED=$seed: death at every ${every}th step, failure of every ${looks}th"

site anna bert || exit 99
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
keep made

broken() {
	broken_step=$2
	broken_kind=$3
	shift 3
	break_step "$broken_step" "$broken_kind" "$@" && return
	echo "step $broken_step made it end with $broken_status: $*"
	cat fault.txt
	return 1
}

# WHAT STEP KIND: $reached tells whether there was such a step.
round() {
	again made && cp made-pump.handshake "$pump" || return 1
	case $1 in
	make) make "$2" "$3" && join 1000000 "$3" && meet 1000000 "$3" ;;
	join) join "$2" "$3" && meet 1000000 "$3" ;;
	meet) meet "$2" "$3" ;;
	esac
	round_status=$?
	[ $round_status -eq 0 ] && whole
}

# WHAT KIND EVERY: from the sites that are kept as "made".
sweep() {
	step=$((seed % $3 + 1))
	reached=yes
	while [ $reached = yes ] && [ $step -lt 5000 ]; do
		reached=no
		round "$1" $step "$2" >round.txt 2>&1
		round_status=$?
		check "$1 ${2}s at step $step and is finished by what follows" sh -c 'cat round.txt; exit "$1"' - $round_status
		[ $round_status -eq 0 ] || break
		step=$((step + $3))
	done
	echo "# $1 ${2}s: the last step is before $step"
}

both() {
	sweep "$1" die "$every"
	sweep "$1" fail "$looks"
}

: >made-pump.handshake
both make
again made
rm made-pump.handshake
at anna link new bert --channel folder --scope all --out "$tmp/made-pump.handshake" >/dev/null
keep made
both join
again made
at bert link join made-pump.handshake --as anna --scope all --yes >/dev/null
keep made
both meet
check "no process is left" idle
tap_end
