#!/bin/sh
# want - an item that comes back after its deletion gets the bytes of its files, whatever becomes of the asking
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

printf 'the bytes' >file
bytes=desk-files/$(sha256sum <file | cut -d ' ' -f 1)

# A deletes what B edits: it is to be made again at A, without the bytes.
crossed() {
	at a desk delete "$filed" && at b desk set "$filed" title="$1" && sync_at a b && carry a b && sync_at b a
}

has_bytes() {
	cmp "$1/$bytes" file
}

lacks() {
	[ ! -e "a/$bytes" ] && counts a 'select(.uid == "'"$filed"'" and .files == [])' 1
}

check "an item with a file is at both, and another item" eval '
	site a b && pair a b --scope all && at a desk new title=Filed && at a desk attach 1 file && at a desk new title=Other && settle a b'
filed=$(uid_of a 1)

check "it is deleted here and edited there" crossed "Still wanted"
check "an envelope of a's is late" eval 'at a desk set "$(uid_of a 2)" priority=high && mkdir late && sync_at a b && mv "$(send_of a b)"/* late/'
check "the item is made again" eval 'carry b a && sync_at a b'
check "but its file waits for the bytes" lacks
check "the asking waits at b behind the late one" eval 'carry a b && sync_at b a'
asking=$(at b --json spool list a | jq -r 'select(.where == "inbox").id' | tail -n 1)
check "and its envelope is refused there" says 0 'will be refused' at b spool refuse a "$asking" --yes
check "the late one comes" eval 'mv late/* "$(receive_of b a)/" && sync_at b a'
check "both come to rest" settle a b
check "the bytes are there all the same" has_bytes a
check "both sides are equal" same_desks a b

check "once more it is deleted here and edited there" crossed "Wanted again"
check "b has lost the bytes meanwhile" mv "b/$bytes" kept
check "the item is made again without them" eval 'settle a b && lacks'
check "and a's operator is told" says 0 'bytes' at a hold show b
check "when b has them again, a tries again" eval 'mv kept "b/$bytes" && { at a hold retry b; settle a b; }'
check "and has them" has_bytes a
check "both sides are equal at last" same_desks a b

tap_end
