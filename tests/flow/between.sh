#!/bin/sh
# between - what is written between a link's reading and its writing of an item is not lost
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"

# between SITE LINK COMMAND...: a pass of LINK that has read the tracker and made up its mind; COMMAND
# runs before it writes.
between() {
	between_site=$1 between_link=$2
	shift 2
	HANDSEL_TEST_FAULT=tracker-before:1:stop "$HANDSEL" --home "$tmp/$between_site" sync "$between_link" \
		>"$tmp/between" 2>&1 &
	between_pid=$!
	between_try=0
	until between_stopped || [ $((between_try += 1)) -gt 600 ]; do
		sleep 0.1
	done
	between_stopped && "$@"
	between_status=$?
	kill -CONT "$between_pid"
	wait "$between_pid" || { cat "$tmp/between"; return 1; }
	return $between_status
}

between_stopped() {
	[ "$(sed 's/.*) //; s/ .*//' "/proc/$between_pid/stat" 2>/dev/null)" = T ]
}

# The other end's edits come to the middle, and its pass of that link is at hand.
comes() {
	sync_at "$1" "$2" && carry "$1" "$2"
}

hub() {
	settle a b && settle a c && settle a b && settle a c
}

conflict_values() {
	for conflict_pair in "a b" "a c" "b a" "c a"; do
		at "${conflict_pair% *}" conflict list "${conflict_pair#* }" --json
	done
}

check "a is linked to b and c" eval '
	site a b c && pair a b --scope all --set sync.relay=yes && pair a c --scope all --set sync.relay=yes'
check "an item is at all three" eval 'at a desk new title=Pump state=open priority=low && hub'
pump=$(uid_of a 1)

check "b edits" at b desk set "$pump" title="Pump of b"
check "it lies before a" comes b a
check "somebody at a edits the same field while a is about to write" between a b \
	at a desk set "$pump" title="Pump of a" assignee=erika
check "that comes to rest" hub
check "a and b are equal" same_desks a b
check "so is c" same_desks a c
check "the edit of another field is there" prints "\"erika\"" value b "$pump" assignee
check "of the title one stands" eval 'value c "$pump" title | grep "Pump of [ab]"'
conflict_values >"$tmp/lost"
check "and the other is told" eval 'grep -q "Pump of a" "$tmp/lost" && grep -q "Pump of b" "$tmp/lost"'

check "b and c edit the same field" eval '
	at b desk set "$pump" description="as b sees it" && at c desk set "$pump" description="as c sees it"'
check "both edits lie before a" eval 'comes b a && comes c a'
check "the one link writes between the other's reading and writing" between a b sync_at a c
check "that comes to rest, too" hub
check "a and b are equal again" same_desks a b
check "and c" same_desks a c
conflict_values >"$tmp/lost"
check "what lost is told" eval 'grep -q "as b sees it" "$tmp/lost" && grep -q "as c sees it" "$tmp/lost"'

check "b edits once more" at b desk set "$pump" state=done
check "that lies before a" comes b a
check "a's item goes while a is about to write" between a b at a desk delete "$pump"
check "all comes to rest" hub
check "the edit has won over the deletion" prints "\"done\"" value a "$pump" state
check "at all three: b" same_desks a b
check "at all three: c" same_desks a c
check "each has it once" counts a . 1

check "b deletes it" at b desk delete "$pump"
check "which lies before a" comes b a
check "somebody at a writes a comment while a is about to delete" between a b \
	at a desk comment "$pump" "still needed"
check "all comes to rest again" hub
check "the comment is not lost" counts a '.comments[] | select(.text == "still needed")' 1
check "the item is everywhere: b" same_desks a b
check "the item is everywhere: c" same_desks a c

tap_end
