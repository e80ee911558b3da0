#!/bin/sh
# alone - a gateway touches its own site and the two exchange folders, and nothing of the partner's
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# Leaks can't be looked for under a tracer.
traced() {
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=file,connect,socket -o "$1" \
		"$HANDSEL" --home "$tmp/$2" -q sync "$3"
}

met || exit 99
at anna desk new title="seen by both" >/dev/null
at bert desk new title="seen by both, too" >/dev/null
check "a pass that sends runs under a tracer" traced sends anna bert
carry anna bert
check "so does one that takes, applies and sends" traced takes bert anna
check "the tracer saw the desk of its own" grep -q "$tmp/bert/desk.db" takes
refute "a sender opens nothing of the partner's site" grep -F "$tmp/bert" sends
refute "nor does a receiver" grep -F "$tmp/anna" takes
refute "nobody opens a connection to another machine" grep -E 'AF_INET6?\b' sends takes

check "the channel of a link can't become one that is not there" \
	says 2 'channel: ' at anna link set bert channel=pigeon
settle anna bert
check "and nothing is lost by trying" same_desks anna bert

tap_end
