#!/bin/sh
# log - what happened on links is read, merged, filtered and followed
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

two_links() {
	site a b c && pair a b --scope all && pair a c --scope all &&
		at a desk new title='Pump leaks' && sync_at a b && at_time 7200 a -q sync c &&
		at a desk set 1 title='Pump leaks again' && sync_at a b
}

merged() {
	shows 'length > 10 and ([.[].at] | . == sort) and ([.[].link] | unique == ["b", "c"]) and
		all(has("at") and has("link") and has("number") and has("what") and has("id") and
			has("uid") and has("envelope") and has("text"))' at a --json log
}

in_order() {
	shows '([.[].number] | . == sort and . == unique) and all(.link == "b")' at a --json log b
}

for_eyes() {
	at a log b >eyes && head -n 1 eyes | grep -q '^AT (UTC)  *LINK  *EVENT  *ITEM  *ENVELOPE  *TEXT$' &&
		grep -Eq '^20[0-9-]{8} [0-9:]{8}  b +sealed +- +m[0-9]+ +changes, ' eyes
}

by_item() {
	shows 'length >= 2 and all(.id == "1") and ([.[].link] | unique == ["b", "c"])' at a --json log --item 1 &&
		shows 'length >= 1 and all(.id == "1")' at a --json log --item "$(uid_of a 1)"
}

by_time() {
	shows 'length == 3 and all(.link == "c")' at a --json log --since "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M)" &&
		shows 'length > 10 and all(.link == "b" or .number < 100)' \
			at a --json log --until "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)" --since 1h &&
		shows 'length == 0' at a --json log --until 2020-01-01 &&
		shows 'length > 10' at a --json log --since "$(date -u -d yesterday +%Y-%m-%d)"
}

check 'two links work' two_links
check 'the events of all links come by time, with all their keys' merged
check 'those of one link come in their order' in_order
check 'people get a table' for_eyes
check 'an item is followed over all links, by id and uid' by_item
check 'a time can be a day, a minute, a second, or so long ago' by_time
check 'events of two sorts can be had' \
	shows '[.[].what] | unique == ["carried", "sealed"]' at a --json log b --what sealed --what carried

following() {
	"$HANDSEL" --home a log b --since 1d --json --follow >followed 2>&1 &
	following_pid=$!
	for following_i in $(seq 50); do
		[ "$(wc -l <followed)" -gt 5 ] && break
		sleep 0.1
	done
	before=$(wc -l <followed)
	at a desk comment 1 'seen again' >/dev/null && sync_at a b
	for following_i in $(seq 50); do
		[ "$(wc -l <followed)" -gt "$before" ] && break
		sleep 0.1
	done
	kill $following_pid
	wait $following_pid
	[ "$(wc -l <followed)" -gt "$before" ] && jq -es '[.[].number] | . == unique' followed
}

reader_goes() {
	timeout 20 "$HANDSEL" --home a log --since 1d --follow | head -n 1 >one
	[ -s one ]
}

check 'what happens while one looks is shown' following
check 'a reader that goes away ends it' reader_goes

bounded() {
	{ echo key,title && seq -f %g,pump 150; } >many.csv &&
		at a desk import --csv many.csv --key key --map title=title >/dev/null && sync_at a b &&
		shows 'length > 150' at a --json log b && at a link set b log.keep=100 && sync_at a b &&
		shows 'length == 100' at a --json log b
}

check 'a time that is none is refused' says 2 'not a time' at a log --since yesterday
check 'a number alone is no time' says 2 'not a time' at a log --since 90
check 'an empty span is refused' says 2 'not after' at a log --since 2h --until 3h
check 'no link of that name is told' says 1 'there is no link x' at a log x
check 'an item nobody knows is told' says 1 'not known on any link' at a log --item 4711
check 'a word that is never used is told, with those that are' says 0 'there are: .*sealed' at a log --what seeled
check 'following has no end' says 2 'no end' at a log --follow --until 2026-11-24
check 'the log is bounded' bounded

damaged() {
	echo garbage >a/links/c/state.db
	rm -f a/links/c/state.db-wal a/links/c/state.db-shm
	at a --json log >shown 2>said
	[ $? -eq 1 ] && [ -s said ] && jq -es 'length > 10 and all(.link == "b")' shown
}

check 'a damaged link does not hide the others' damaged
tap_end
