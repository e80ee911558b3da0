#!/bin/sh
# resync - items are looked at again, and sent again
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

two_sites() {
	site a b && pair a b --scope all && at a desk new title='Pump leaks' >/dev/null && at a desk comment 1 'seen' >/dev/null &&
		at a desk new title='Valve' >/dev/null && settle a b
}

# Nothing differs, so nothing is made.
nothing_new() {
	nothing_before=$(numbers a b)
	"$@" && settle_round a b && [ "$(numbers a b)" = "$nothing_before" ]
}

sent_again() {
	sent_before=$(at a status b --json | jq -r .last_out_id)
	says 0 'sent anew' at a resync b --item 1 && settle a b &&
		[ "$(at a status b --json | jq -r .last_out_id)" != "$sent_before" ] && same_desks a b && calm a b && calm b a &&
		counts b 'select(.fields.title == "Pump leaks") | .comments[]' 1
}

field_again() {
	at a desk set 1 priority=high >/dev/null && settle a b && says 0 '1 item with priority' at a resync b --field priority &&
		[ "$(at a status b --json | jq .queued)" = 1 ] && settle a b && same_desks a b && calm a b && calm b a &&
		says 0 '2 items with title' at a resync b --field title && settle a b && same_desks a b && silent a b
}

from_the_other_side() {
	item=$(at b desk export | jq -r 'select(.fields.title == "Valve").id')
	at b desk set "$item" title='Valve, rusty' && at b resync a --item "$item" && settle a b && same_desks a b &&
		counts a 'select(.fields.title == "Valve, rusty")' 1
}

check 'two sites are in step' two_sites
check 'looked at again, nothing is sent' nothing_new at a resync b
check 'nor the second time' nothing_new at a resync b
check 'nor for what happened lately' nothing_new at a resync b --since 1h
check 'an item is sent again, and nothing is doubled' sent_again
check 'and again' sent_again
check 'the slave can do so, too, with an edit under way' from_the_other_side
check 'all is silent' silent a b
check 'the log tells' says 0 'resynced' at a log b --what resynced
check 'an item that does not travel is told' says 1 'does not travel' at a resync b --item 4711
check 'a time that is none is refused' says 2 'not a time' at a resync b --since now
check 'a field is sent again where it is set' field_again
check 'another one is set nowhere' says 0 'b: 0 items with due' at a resync b --field due
check 'a field that does not travel is told' says 2 'exchanges no field colour' at a resync b --field colour
check 'a field and an item are refused' says 2 'exclude each other' at a resync b --field due --item 1
check 'both at once are refused' says 2 'exclude each other' at a resync b --since 1h --item 1
check 'a link that is not paired is told' sh -c '"$HANDSEL" --home a link new c --channel folder --out c.handshake >/dev/null
	"$HANDSEL" --home a resync c 2>&1 | grep -q "is not paired"'
tap_end
