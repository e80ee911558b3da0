#!/bin/sh
# serial - a side that was put back by a raw copy counts its acknowledgements a second time, and is noticed
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# Anna edits, Bert takes it and says so once, and Anna hears it.
edit() {
	at anna desk set 1 title="$1" && trip anna bert
}

stopped() {
	"$HANDSEL" --home "$tmp/anna" status bert --json |
		jq -e '.state == "stopped" and (.problems | any(.text | test("old copy")))'
}

met || exit 99
check "an item is at both" eval 'at anna desk new title=Pump && settle anna bert && trip anna bert'
check "all is quiet" silent anna bert
check "Bert's site is copied" cp -a bert copy
check "an edit of Anna's comes to Bert" edit "Pump, edited"
said=$(cd seen/bert-anna && ls | grep -- '-sa[0-9]*-' | tail -n 1)
check "Bert's site is put back" eval 'keep after && rm -rf bert && cp -a copy bert'
check "he edits and seals with the serial that he has used before" eval 'at bert desk set 1 priority=high && sync_at bert anna'
carry bert anna
at anna sync bert >/dev/null
check "Anna notices" stopped

again after
check "Bert's site is put back once more" eval 'rm -rf bert && cp -a copy bert'
copy=$(ls -d seen/anna-bert/*-m00000002-*)
check "a copy of an early envelope makes him say where he is" eval 'cp "$copy" "$(receive_of bert anna)/" && sync_at bert anna'
check "with that serial" test -e "$(echo "$(send_of bert anna)/${said%-*}"-*)"
carry bert anna
at anna sync bert >/dev/null
check "Anna notices that, too" stopped

tap_end
