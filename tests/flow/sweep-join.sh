#!/bin/sh
# sweep-join - each step of making, joining and pairing a link dies once and fails once
#
# HANDSEL_SWEEP=full tries every step, HANDSEL_SWEEP=N every Nth; HANDSEL_SEED says which of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/join_kit.sh"
cd "$tmp" || exit 99
pump=$tmp/pump.handshake
seed=${HANDSEL_SEED:-5}
every=${HANDSEL_SWEEP:-60}
[ "$every" != full ] || every=1
first=$((seed % every + 1))
echo "# HANDSEL_SEED=$seed: every ${every}th step, from $first on"

site anna bert || exit 99
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
keep made

broken() {
	broken_step=$2
	broken_kind=$3
	shift 3
	HANDSEL_TEST_FAULT=any:$broken_step:$broken_kind
	export HANDSEL_TEST_FAULT
	"$@" >/dev/null 2>fault.txt
	broken_status=$?
	unset HANDSEL_TEST_FAULT
	case $broken_kind$broken_status in
	die137) reached=yes ;;
	die0 | die3 | fail0 | fail1 | fail3) ;;
	*)
		echo "step $broken_step made it end with $broken_status: $*"
		cat fault.txt
		return 1
		;;
	esac
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

# WHAT: from the sites that are kept as "made".
sweep() {
	step=$first
	reached=yes
	while [ $reached = yes ] && [ $step -lt 1000 ]; do
		reached=no
		round "$1" $step die >round.txt 2>&1
		round_status=$?
		check "$1 dies at step $step and is finished by what follows" sh -c 'cat round.txt; exit "$1"' - $round_status
		[ $round_status -eq 0 ] || break
		if [ $reached = yes ]; then
			round "$1" $step fail >round.txt 2>&1
			round_status=$?
			check "$1 fails at step $step and is finished by what follows" sh -c 'cat round.txt; exit "$1"' - $round_status
			[ $round_status -eq 0 ] || break
		fi
		step=$((step + every))
	done
}

: >made-pump.handshake
sweep make
again made
rm made-pump.handshake
at anna link new bert --channel folder --scope all --out "$tmp/made-pump.handshake" >/dev/null
keep made
sweep join
again made
at bert link join made-pump.handshake --as anna --scope all --yes >/dev/null
keep made
sweep meet
check "no process is left" idle
tap_end
