#!/bin/sh
# spool - envelopes are retried, refused, dropped, offered again, and taken from anywhere
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

# shows FILTER COMMAND...: jq says true of the JSON lines that COMMAND prints.
shows() {
	shows_filter=$1
	shift
	"$@" >shown
	jq -e -s "$shows_filter" shown >/dev/null || { cat shown; return 1; }
}

in_quarantine() {
	shows "[.[] | select(.where == \"quarantine\")] | length == $1" at b --json spool list a
}

# What a sends next, moved into DIR.
sends_into() {
	sync_at a b && mkdir -p "$1" && mv "$(send_of a b)"/*.gpg "$1"/
}

two_sites() {
	site a b && pair a b --scope all --set folder.settle=0
}

garbage() {
	cp garbage "$(receive_of b a)/$good"
	cp garbage "$(receive_of b a)/$link8-m00000099-00000000.zip.gpg"
	ends 3 at b -q sync a
}

check 'two sites are paired' two_sites
link8=$(at a --json link show b | jq -r '.settings["link.id"] // .id' | cut -c 1-8)
echo garbage >garbage
good=$link8-m00000098-$(sha256sum <garbage | cut -c 1-8).zip.gpg
check 'garbage comes' garbage
check 'judged again it is as bad' says 3 '^m98 +refused again +' at b spool retry a m98
check 'all of it' shows 'length == 2 and all(.outcome == "quarantined" and .text != null)' at b --json spool retry a ALL
check 'it is still there, seen more often' shows '.[0].seen == 3' at b --json spool show a m98
check 'dropping is asked for' says 2 'say --yes' at b spool drop a m98
check 'and nothing was done' in_quarantine 2
check 'what is not there cannot be dropped' says 1 'no m97 in quarantine' at b spool drop a m97 --yes
check 'ALL stands alone' says 2 'alone' at b spool drop a m98 ALL --yes
check 'it is dropped by its file name, with a note' ends 0 at b spool drop a "$good" --yes --note 'a test'
check 'the note stands in the log' shows 'any(.envelope == "m98" and (.text | contains("a test")))' \
	at b --json log a --what dropped
check 'the others are dropped' says 0 '^m99 +dropped' at b spool drop a ALL --yes
check 'none is left' in_quarantine 0
check 'to drop none is fine' says 0 'there is none' at b spool drop a ALL --yes

# ---- its room is limited

flood() {
	at b link set a quarantine.max=2 &&
		for flood_i in 1 2 3 4; do
			echo "garbage $flood_i" >garbage
			cp garbage "$(receive_of b a)/$link8-m0000009$flood_i-$(sha256sum <garbage | cut -c 1-8).zip.gpg"
		done && ends 3 at b -q sync a && in_quarantine 2 && [ "$(lies_in "$(receive_of b a)")" -eq 2 ]
}

one_more() {
	at b -q spool drop a m91 --yes && ends 3 at b -q sync a && in_quarantine 2 && [ "$(lies_in "$(receive_of b a)")" -eq 1 ]
}

enough() {
	at b -q spool drop a ALL --yes && ends 3 at b -q sync a && in_quarantine 1 && at b link set a quarantine.max= &&
		at b -q spool drop a ALL --yes && ends 0 at b -q sync a
}

by_bytes() {
	at b link set a 'quarantine.bytes=1 MiB' && head -c 1100000 /dev/zero >"$(receive_of b a)/$link8-m00000095-00000000.zip.gpg" &&
		ends 3 at b -q sync a && in_quarantine 1 && says 3 'quarantine is full \(1 of 1000 files, 1 MiB of 1 MiB\)' at b status a &&
		at b -q spool drop a ALL --yes && at b link set a quarantine.bytes=
}

check 'quarantine takes no more than it may' flood
check 'status tells that it is full, and what becomes of the rest' \
	says 3 'quarantine is full \(2 of 2 files, 20 B of 1 GiB\): nothing more is taken in, all stays where it is' at b status a
check 'so does check' says 3 'quarantine +.*2 of 2 files' at b check a
check 'for programs it is a problem of its own' shows '.[0].problems | any(.kind == "full" and (.command | contains("spool list")))' at b --json status a
check 'room for one lets one more in' one_more
check 'when it is empty all goes on' enough
check 'its bytes are limited, too' by_bytes

# A zip that unpacks to more than the limit; the limit is raised, and it passes.
too_much() {
	head -c 3000000 /dev/zero | tr '\0' a >big.txt && at b link set a 'limit.envelope=1 MiB' &&
		at a desk new title='Pump leaks' >/dev/null && at a desk attach 1 big.txt >/dev/null &&
		sync_at a b && carry a b && ends 3 at b -q sync a && in_quarantine 1
}

raised() {
	bad=$(at b --json spool list a | jq -r 'select(.where == "quarantine").id')
	says 3 'refused again' at b spool retry a "$bad" && at b link set a limit.envelope= &&
		says 0 "^$bad +taken in" at b spool retry a "$bad" && in_quarantine 0 && settle a b && same_desks a b
}

check 'an envelope is more than the limit lets in' too_much
check 'with a higher one it passes, and nothing is lost' raised

killed_between() {
	at b link set a 'limit.envelope=1 MiB' && head -c 3000000 /dev/zero | tr '\0' b >big.txt &&
		at a desk attach 1 big.txt >/dev/null && sync_at a b && carry a b && ends 3 at b -q sync a &&
		at b link set a limit.envelope= || return 1
	bad=$(at b --json spool list a | jq -r 'select(.where == "quarantine").id')
	for nth in 1 2 3; do
		HANDSEL_TEST_FAULT=unlink:$nth:die "$HANDSEL" --home b spool retry a "$bad" 2>/dev/null
	done
	HANDSEL_TEST_FAULT=db-commit:1:die "$HANDSEL" --home b spool retry a "$bad" 2>/dev/null
	at b spool retry a ALL && in_quarantine 0 && settle a b && same_desks a b
}

check 'killed in the middle it loses nothing' killed_between

# ---- from anywhere

from_anywhere() {
	at a desk new title='By courier' >/dev/null && sends_into courier &&
		shows 'length > 0 and all(.outcome == "taken")' at b --json spool take a courier/*.gpg &&
		[ "$(lies_in courier)" -gt 0 ] && sync_at b a && counts b 'select(.fields.title == "By courier")' 1
}

renamed() {
	at a desk new title='Renamed' >/dev/null && sends_into renamed &&
		for f in renamed/*.gpg; do mv "$f" "renamed/Copy of ${f##*/} (1)"; done &&
		ends 0 at b spool take a renamed/* && sync_at b a && counts b 'select(.fields.title == "Renamed")' 1
}

torn() {
	at a desk new title='Torn' >/dev/null && sends_into torn && mkdir cut &&
		for f in torn/*.gpg; do head -c 300 "$f" >"cut/${f##*/}"; done &&
		says 3 'refused again' at b spool take a cut/*.gpg && ends 0 at b spool take a torn/*.gpg &&
		in_quarantine 0 && settle a b && same_desks a b
}

check 'an envelope is taken from anywhere and stays there' from_anywhere
check 'again it is a copy' shows 'length > 0 and all(.outcome == "copy")' at b --json spool take a courier/*.gpg
check 'whatever a person called it' renamed
check 'a torn one is not taken, a whole one is' torn
check 'what this side sent is not' says 2 'sent by this side' at a spool take b courier/*.gpg
check 'nor what is no envelope' says 2 'is no envelope of link a' at b spool take a garbage
check 'nor a link to one' says 1 . sh -c 'set -- courier/*.gpg; ln -s "$1" "link-${1##*/}"; "$HANDSEL" --home b spool take a "link-${1##*/}"'
check 'what is not there is told' says 1 "No such file" at b spool take a "$link8-m00000098-01234567.zip.gpg"

# ---- again

lost() {
	at a desk new title='Lost' >/dev/null && sync_at a b && mkdir lost && mv "$(send_of a b)"/* lost/ && sync_at a b && [ "$(lies_in "$(send_of a b)")" -eq 0 ]
}

same_bytes() {
	for f in "$(send_of a b)"/*.gpg; do
		cmp "$f" "lost/${f##*/}" || return 1
	done
}

arrives() {
	settle a b && counts b 'select(.fields.title == "Lost")' 1
}

check 'files are lost' lost
id=$(at a --json spool list b | jq -r 'select(.kind == "changes").id' | tail -n 1)
check 'they are offered again at once' says 0 "^$id +offered again" at a spool resend b "$id"
check 'with the very same bytes' same_bytes
check 'a range does it, too' says 0 "^$id +offered again" at a spool resend b "m2-$id"
check 'and ALL' shows "any(.id == \"$id\" and .outcome == \"offered\")" at a --json spool resend b ALL
check 'they arrive' arrives
check 'what was taken over is not kept' says 1 'taken that over' at a spool resend b "$id"
check 'what was never sealed is told' says 1 'the last envelope sealed here is' at a spool resend b m4711
check 'an envelope of the partner is not ours to send' says 2 'not an envelope of this side' at a spool resend b s1
check 'nor is a range backwards' says 2 'not an envelope' at a spool resend b m3-m2

# ---- refusing: the first of two is missing, the second waits for it

waiting() {
	at a desk set 1 title='First' && sends_into first && at a desk set 2 title='Second' && sync_at a b && carry a b &&
		sync_at b a
}

refused() {
	mv first/*.gpg "$(receive_of b a)/" && sync_at b a && counts b 'select(.fields.title == "First")' 1 && counts b 'select(.fields.title == "Second")' 0 &&
		carry b a && sync_at a b && settle a b && same_desks a b && counts b 'select(.fields.title == "Second")' 1
}

check 'one of two envelopes comes' waiting
late=$(at b --json spool list a | jq -r 'select(.where == "inbox").id' | head -n 1)
check 'it waits for the other one' shows ".[0].state == \"waits for m$((${late#m} - 1))\"" at b --json spool list a

# ---- by direction and item

b_item=$(at b --json desk list | jq -r 'select(.fields.title != "First") | .id' | tail -n 1)
check 'what goes out is listed alone' shows 'length == 2 and all(.direction == "out")' at a --json spool list b --direction out
check 'nothing came in there' says 0 '^nothing is on its way' at a spool list b --direction in
check 'what came in is listed alone' shows "length == 1 and .[0].id == \"$late\"" at b --json spool list a --direction in
check 'another direction is a wrong use' says 2 'say in or out' at b spool list a --direction up
check 'what tells of one item is listed alone' shows "length == 1 and .[0].id == \"$late\"" at a --json spool list b --item 2
check 'also by its uid' shows "length == 1 and .[0].id == \"$late\"" at a --json spool list b --item "$(uid_of a 2)"
check 'of another item another one' shows "length == 1 and .[0].id == \"m$((${late#m} - 1))\"" at a --json spool list b --item 1
check 'what nobody looked into is counted' says 0 '^1 envelope that came in: not looked into' at b spool list a --item "$b_item"
check 'an item that does not travel is told' says 1 'does not travel' at a spool list b --item 4711

check 'refusing is asked for' says 2 'say --yes' at b spool refuse a "$late"
check 'it can be refused' says 0 "^$late +will be refused" at b spool refuse a "$late" --yes --note 'not now'
check 'its changes are not made; the partner sends the items anew' refused
check 'both logs tell' shows 'any(.text | contains("not now"))' at b --json log a --what refused
check 'what is worked off cannot be refused' says 1 'taken over already' at b spool refuse a "$late" --yes
check 'nor what is not in the inbox' says 1 'not in the inbox' at b spool refuse a m4711 --yes
check 'the archive tells by item, too' shows "any(.where == \"archive\" and .direction == \"in\")" at b --json spool list a --all --item "$b_item"
tap_end
