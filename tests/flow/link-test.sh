#!/bin/sh
# link-test - each step that a link needs is tried and told
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

two_sites() {
	site a b && pair a b --scope all
}

# step SIDE NAME OK PATTERN: that step went so.
step() {
	step_status=$3
	at "$1" --json link test "${5:-b}" >tested
	jq -es --arg what "$2" --argjson ok "$step_status" --arg text "$4" \
		'any(.what == $what and .ok == $ok and (.text | test($text)) and has("command") and .link != null)' tested >/dev/null ||
		{ cat tested; return 1; }
}

fine() {
	ends 0 at a link test b >eyes && for what in 'SEND: list' 'SEND: make a file' 'SEND: write and sync' 'SEND: rename' 'SEND: read' \
		'SEND: clock' 'SEND: remove' 'SEND: space' 'RECEIVE: list' 'RECEIVE: remove' 'own key' "partner's key" tracker clock; do
		grep -q "^ok  $what  " eyes || { cat eyes; return 1; }
	done
}

leaves_nothing() {
	[ -z "$(ls -A a/links/b/exchange/SEND a/links/b/exchange/RECEIVE | grep -v ':$' | grep .)" ]
}

check 'two sites are paired' two_sites
check 'all that a link needs is tried' fine
check 'nothing is left behind' leaves_nothing
check 'what is found is told' step a 'SEND: list' true "/SEND, 0 files"

broken_at() {
	HANDSEL_TEST_FAULT=$1:$2:fail "$HANDSEL" --home a --json link test b >tested
	[ $? -eq 3 ] && jq -es --arg what "$3" 'any(.what == $what and .ok == false)' tested >/dev/null && leaves_nothing ||
		{ cat tested; return 1; }
}

# The first durable steps of a run are those of the probe in SEND.
check 'a write that fails is told' broken_at write 1 'SEND: write and sync'
gone() {
	mv a/links/b/exchange/SEND a/links/b/exchange/away
	step a SEND false 'SEND' && step a 'RECEIVE: remove' true removed && ends 3 at a link test b
	gone_status=$?
	mv a/links/b/exchange/away a/links/b/exchange/SEND
	return $gone_status
}

off() {
	HANDSEL_TEST_SHIFT=4000 "$HANDSEL" --home a --json link test b >tested
	[ $? -eq 3 ] && jq -es 'any(.what == "SEND: clock" and .ok == false and (.text | test("behind")))' tested >/dev/null ||
		{ cat tested; return 1; }
}

check 'a directory that is gone is told, and the other one tried' gone
check 'a server whose clock is off is told' off
check 'a link that is not there is told' says 1 'there is no link x' at a link test x
tap_end
