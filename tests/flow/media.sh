#!/bin/sh
# media - sticks are loaded and unloaded, filled up, torn out, doctored and lost
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99
mounted=
trap 'for m in $mounted; do umount "$m"; done; rm -rf "$tmp"' EXIT

# shows FILTER COMMAND...: jq says true of the JSON lines that COMMAND prints.
shows() {
	shows_filter=$1
	shift
	"$@" >shown
	jq -e -s "$shows_filter" shown >/dev/null || { cat shown; return 1; }
}

three_sites() {
	site a b c && pair a b --scope all && pair a c --scope all && mkdir stick
}

# A round trip of one stick: everything that lies anywhere is brought to everybody.
round() {
	for round_site in a b c; do
		for round_link in "$tmp/$round_site/links"/*; do
			sync_at $round_site "${round_link##*/}" || return 1
		done
		at $round_site -q media in ALL stick && for round_link in "$tmp/$round_site/links"/*; do
			sync_at $round_site "${round_link##*/}" || return 1
		done && at $round_site -q media out ALL stick || return 1
	done
}

loads() {
	at a desk new title='Pump leaks' >/dev/null && sync_at a b && sync_at a c &&
		says 0 '^b +1 +[0-9.]+ (B|KiB) +0 +0 +0 +0$' at a media out b c stick
}

apart() {
	[ "$(find stick -name '*.gpg' | wc -l)" -eq 2 ] && [ "$(ls stick/handsel | grep -c -- '-m$')" -eq 2 ] &&
		[ "$(lies_in "$(send_of a b)")" -eq 1 ] &&
		for f in stick/handsel/*-m/*.gpg; do
			[ "$(sha256sum <"$f" | cut -c 1-8)" = "$(basename "$f" .zip.gpg | sed 's/.*-//')" ] || return 1
		done
}

unloads() {
	says 0 '^a +1 ' at b media in ALL stick && sync_at b a && counts b 'select(.fields.title == "Pump leaks")' 1 &&
		[ "$(find stick -name '*.gpg' | wc -l)" -eq 1 ]
}

check 'three sites are paired' three_sites
check 'a stick is loaded for two partners' loads
check 'each direction has its own directory, and SEND keeps the files' apart
check 'loaded again, all is there already' shows 'length == 2 and all(.outcome == "there")' at a --json media out ALL stick
check 'one of them unloads what is for it' unloads
check 'what the stick has delivered is not loaded again' shows '[.[].outcome] | sort == ["delivered", "there"]' \
	at a --json media out ALL stick
check 'unless one asks for it' shows 'any(.link == "b" and .outcome == "carried")' at a --json media out b stick --again
check 'and then it is a copy' unloads
check 'a stick goes round' round
check 'and round' round
check 'everybody has everything' same_desks a b
check 'all of them' same_desks a c
check 'nothing is left to load' prints 'nothing to carry' at a media out b c stick

# ---- a courier

courier() {
	at a desk new title='By courier' >/dev/null && sync_at a b && sync_at a c && mkdir away &&
		for f in a/desk.db a/links/b/state.db a/links/b/keys a/links/b/outbox; do
			mkdir -p "away/${f%/*}" && mv $f away/$f || return 1
		done
	at a media out b stick
	courier_status=$?
	for f in a/desk.db a/links/b/state.db a/links/b/keys a/links/b/outbox; do
		rm -rf $f && mv away/$f $f || return 1
	done
	return $courier_status
}

check 'a courier needs neither keys nor state nor tracker' courier
check 'what was brought so arrives' round

# ---- full

some_big() {
	for i in 1 2 3; do
		head -c 300000 /dev/urandom >big.bin && at a desk attach 1 big.bin >/dev/null && sync_at a b || return 1
	done
	[ "$(lies_in "$(send_of a b)")" -ge 3 ]
}

oldest_first() {
	ends 3 at a --json media out b stick --space 700KiB >shown &&
		jq -es 'any(.outcome == "left" and .text == "no room for it") and
			([.[] | select(.outcome == "carried").id[1:] | tonumber] | max) <
			([.[] | select(.outcome == "left" and .size > 100000).id[1:] | tonumber] | min)' shown
}

check 'much is to be carried' some_big
check 'so much as may be, the oldest first' oldest_first
check 'the next time the rest' says 0 '^b +[1-9]' at a media out b stick

on_a_small_one() {
	mount -t tmpfs -o size=512k tmpfs small && mounted=$tmp/small || return 1
	ends 3 at a --json media out b small >shown && jq -es 'any(.outcome == "carried") and any(.outcome == "left")' shown &&
		at b -q media in a small && ends 3 at a -q media out b small && at b -q media in a small
	small_status=$?
	umount small && mounted=
	return $small_status
}

mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=512k tmpfs small 2>/dev/null; then
	umount small
	check 'a stick that is too small goes several times' on_a_small_one
else
	skip 'a stick that is too small goes several times' 'nothing can be mounted here'
fi
check 'all arrives' round
check 'once more' round
check 'everything is equal' same_desks a b

# ---- torn out

# Whatever bears a name of an envelope is whole.
all_whole() {
	find stick "$(receive_of b a)" -name '*.gpg' | while read -r f; do
		[ "$(sha256sum <"$f" | cut -c 1-8)" = "$(basename "$f" .zip.gpg | sed 's/.*-//')" ] || echo "$f is torn"
	done | { ! grep .; }
}

more() {
	head -c 150000 /dev/urandom >big.bin && at a desk attach 1 big.bin >/dev/null &&
		at a desk set 1 title="torn $1" && sync_at a b
}

# Dies at every step that matters, on the way out and in.
torn_out() {
	for kind in die fail; do
		more $kind || return 1
		for nth in 2 5 8 10 11 12; do
			HANDSEL_TEST_FAULT=any:$nth:$kind "$HANDSEL" --home a media out b stick >/dev/null 2>&1
			all_whole || return 1
		done
		at a -q media out b stick && all_whole || return 1
		for nth in 2 5 8 10 11 13 15; do
			HANDSEL_TEST_FAULT=any:$nth:$kind "$HANDSEL" --home b media in a stick >/dev/null 2>&1
			all_whole || return 1
		done
		at b -q media in a stick && all_whole || return 1
	done
	[ -z "$(find stick -name '.tmp-*')" ] && round && round && same_desks a b
}

# Really in the middle of a copy.
killed() {
	head -c 12000000 /dev/urandom >big.bin && at a desk attach 1 big.bin >/dev/null && sync_at a b &&
		{ "$HANDSEL" --home a media out b stick >/dev/null 2>&1 & } && killed_pid=$!
	for i in $(seq 100); do
		[ -n "$(find stick -name '.tmp-*' -size +1k)" ] && break
		sleep 0.02
	done
	kill -9 $killed_pid 2>/dev/null
	wait $killed_pid
	all_whole && at a -q media out b stick && all_whole && at b -q media in a stick && [ -z "$(find stick -name '.tmp-*')" ]
}

check 'torn out anywhere it loses nothing' torn_out
check 'nor when it is killed in the middle of a copy' killed

# ---- doctored

doctored() {
	more doctored && at a -q media out b stick && for f in stick/handsel/*-m/*.gpg; do printf x >>"$f"; done &&
		says 3 'not those its name promises' at b media in a stick && [ -n "$(find stick -name '*.gpg')" ] &&
		says 0 '^b +[1-9]' at a media out b stick && ends 0 at b -q media in a stick
}

a_trap() {
	more trap && rm -rf stick/handsel/*-m && mkdir elsewhere &&
		ln -s "$tmp/elsewhere" "stick/handsel/$(at a --json link show b | jq -r '.settings["link.id"] // .id' | cut -c 1-8)-m" &&
		ends 1 at a -q media out b stick && [ -z "$(ls elsewhere)" ]
}

check 'what was damaged on the way stays on the stick, and is loaded anew' doctored
check 'a link on the stick leads nowhere' a_trap
check 'a stick that is none of ours is told' says 1 'has no directory handsel' at b media in ALL elsewhere
check 'a stick that is not there is told' says 1 nowhere at a media out ALL nowhere
check 'a link that is not there is told' says 1 'there is no link x' at a media out x stick
check 'a size that is none is refused' says 2 'not a size' at a media out b stick --space much
check 'a folder that is away does not keep the others' sh -c 'rm -rf stick/handsel/*-m; mv a/links/b/exchange a/links/b/away
	"$HANDSEL" --home a --json media out ALL stick >shown; s=$?; mv a/links/b/away a/links/b/exchange
	[ $s -eq 1 ] && jq -es "any(.link == \"b\" and .outcome == \"away\" and .text != null)" shown'
tap_end
