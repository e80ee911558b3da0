#!/bin/sh
# mail-large - a file that no mail can hold, and a mailbox in which many mails wait
#
# MAIL_WAITING (200) is how many.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/mail_kit.sh"
waiting=${MAIL_WAITING:-200}
cd "$tmp" || exit 99
MAIL_SIZE_LIMIT=10M MAIL_MOST=50
export MAIL_SIZE_LIMIT MAIL_MOST
servers

attach() {
	head -c 62914560 /dev/urandom >big.bin && at bert desk new title='With a large file' >/dev/null &&
		at bert desk attach "$(at bert desk list --json | jq -r 'select(.title == "With a large file").id')" big.bin
}

# The largest of Anna's mails, in bytes, is below the limit; there are several.
in_parts() {
	sync_at bert anna && delivered || return 1
	in_parts_n=$(grep -lrE '^Subject: handsel .*\.p[0-9]+of[0-9]+' "$(maildir anna)" | wc -l)
	in_parts_max=$(find "$(maildir anna)" -type f -printf '%s\n' | sort -n | tail -n 1)
	echo "$in_parts_n parts, $in_parts_max bytes"
	[ "$in_parts_n" -ge 7 ] && [ "$in_parts_max" -le 10485760 ]
}

same_bytes() {
	at anna desk show "$(at anna desk list --json | jq -r 'select(.title == "With a large file").id')" --json |
		jq -r '.files[0].sha256' | grep -qx "$(sha256sum <big.bin | cut -d ' ' -f 1)"
}

# Many envelopes of one change each, more than the server takes by one connection.
many() {
	awk -v n="$waiting" 'BEGIN { print "k,t"; for (i = 1; i <= n; i++) printf "q%d,waiting %d\n", i, i }' >many.csv
	at bert link set anna sync.batch=1 sync.max_unacked=100000 >/dev/null &&
		at bert desk import --csv many.csv --key k --map t=title >/dev/null && sync_at bert anna && delivered &&
		[ "$(ours anna)" -ge "$waiting" ]
}

all_there() {
	[ "$(at anna desk list --json | jq -rs '[.[] | select(.title | startswith("waiting "))] | length')" -eq "$waiting" ]
}

site anna bert || exit 99
check "two sites are paired by mail" mail_pair anna bert --scope all
check "a file of 60 MiB is attached" attach
check "it goes in parts, each below the limit of 10 MiB" in_parts
check "all is settled" mail_settle anna bert
check "the file arrives with its bytes" same_bytes
check "many mails wait" many
check "they are taken" mail_settle anna bert
check "every item is there" all_there
check "both desks are equal" same_desks anna bert
check "no process is left" idle
tap_end
