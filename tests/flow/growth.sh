#!/bin/sh
# growth - what was needed to exchange changes goes when they are done, and the state stops growing
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# edit TEXT: all 30 items, each of which travels alone.
edit() {
	{
		echo id,title
		for edit_i in $(seq 30); do
			echo "$edit_i,$1 $edit_i"
		done
	} >edit.csv
	at anna desk import --csv edit.csv --key id --map title=title >/dev/null && settle anna bert
}

# In KiB: the databases of both links.
state_size() {
	for size_of in anna/links/bert bert/links/anna; do
		cat $size_of/state.db $size_of/state.db-wal 2>/dev/null
	done | wc -c | awk '{ print int($1 / 1024) }'
}

left_over() {
	find anna/links/bert bert/links/anna -type f -path "*/$1/*"
}

met || exit 99
for setting in sync.batch=1 sync.max_unacked=1000 log.keep=100 archive.keep=0; do
	at anna link set bert $setting >/dev/null
	at bert link set anna $setting >/dev/null
done
edit one
edit two
edit three
edit four
before=$(state_size)
number=$(at anna status bert --json | jq -r .last_out_id)
check "edits travel, one by one" edit five
check "each in an envelope of its own" test "${number#m}" -lt "$(($(at anna status bert --json | jq -r .last_out_id | tr -d m) - 29))"
edit six
check "after more edits the state is not larger" sh -c 'echo "$1 KiB before, $2 KiB after"; [ "$2" -le $(($1 + 12)) ]' - "$before" "$(state_size)"
sleep 1
sync_at bert anna
for place in outbox inbox archive content tmp SEND RECEIVE; do
	check "nothing is left in $place" prints '' left_over $place
done
check "both sides are equal" same_desks anna bert
check "an old envelope that comes back is known" sh -c 'ls -- "$1"/* | sort -t- -k2 | sed -n 5p | xargs -I@ cp @ "$2"/' - seen/anna-bert "$(receive_of bert anna)"
check "and changes nothing" settle anna bert
check "both sides are equal still" same_desks anna bert
check "and calm" calm bert anna
check "no process is left" idle
tap_end
