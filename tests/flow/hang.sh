#!/bin/sh
# hang - a link that hangs is killed and started again, and the others do not wait for it
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/daemons.sh"
trap 'all_stopped 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99

has_title() {
	at "$1" desk list --json | jq -es --arg t "$2" 'any(.[]; .title == $t)'
}

worker_of() {
	for worker_pid in $(workers "$1"); do
		tr '\0' ' ' <"/proc/$worker_pid/cmdline" | grep -q "worker -- $2 " && echo "$worker_pid"
	done
}

met && site carl && pair anna carl --scope all && settle anna carl && wired anna bert && wired anna carl || exit 99
start anna --set run.hang=5s && start bert && start carl || exit 99
at anna desk new title=One >/dev/null
check "an item goes to both" eventually has_title bert One
check "each by a worker of its own" eventually has_title carl One
stuck=$(worker_of anna bert)
check "one of them hangs" kill -STOP "$stuck"
at anna desk new title=Two >/dev/null
check "the other link does not wait" eventually has_title carl Two
check "the one that hangs does" sh -c '! "$HANDSEL" --home bert desk list --json | grep -q Two'
check "it is killed and its link goes on" eventually has_title bert Two
check "by another process" sh -c '! kill -0 "$1" 2>/dev/null' - "$stuck"
check "which is told" grep -qE 'bert  .*(hang|kill)' anna.log anna.err
check "nobody waits for anything" eventually calm anna bert
check "all are equal" eventually same_desks anna bert
check "the third one, too" eventually same_desks anna carl

# ---- trouble is told by a gateway that runs, too ----

at anna link set carl folder.poll='1 s' alert.over='0 s' "alert.command=echo \"\$HANDSEL_STATE \$HANDSEL_KIND\" >>'$tmp/told'" >/dev/null
mv "$(send_of carl anna)" away
check "a directory that has gone is told" eventually grep -qx 'trouble folder' told
mv away "$(send_of carl anna)"
check "and that it is back" eventually grep -qx 'over folder' told
check "once each" test "$(wc -l <told)" -eq 2
all_stopped
check "no process is left" idle
tap_end
