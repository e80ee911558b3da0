#!/bin/sh
# schedule - a link that sends at certain times of day only
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/daemons.sh"
trap 'all_stopped 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

titles() {
	at "$1" desk list --json | jq -r .title | sort | xargs
}

met || exit 99
wired anna bert || exit 99
check "a time that is none is refused" says 2 'sync.at: cannot be "25:00"' at anna link set bert sync.at=25:00
at anna link set bert 'sync.at=00:00 12:00' >/dev/null

# From here on it is ten seconds before noon.
HANDSEL_TEST_SHIFT=$((43200 - 10 - $(date +%s) % 86400))
export HANDSEL_TEST_SHIFT
begun=$(date +%s)
at anna desk new title=Early >/dev/null
start anna
start bert
at bert desk new title=Bert >/dev/null
check "what comes in is taken at any time" eventually sh -c '"$HANDSEL" --home anna desk list --json | grep -q Bert'
check "but nothing leaves before the time" prints 'Bert' titles bert
check "at noon it does" eventually sh -c '"$HANDSEL" --home bert desk list --json | grep -q Early'
check "not earlier" sh -c '[ $(($(date +%s) - $1)) -ge 9 ]' - "$begun"
check "nobody waits for anything" eventually calm anna bert
at anna desk new title=Late >/dev/null
sleep 2
check "what is made after noon waits for midnight" prints 'Bert Early' titles bert
check "but sync sends at any time" at anna -q sync bert
check "which arrives" eventually sh -c '"$HANDSEL" --home bert desk list --json | grep -q Late'
all_stopped
check "no process is left" idle
tap_end
