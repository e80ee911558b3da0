#!/bin/sh
# former - what the key of an earlier pairing signs is not taken, whatever it is, and stops nothing
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

equal() {
	settle anna bert && same_desks anna bert && silent anna bert
}

state_of() {
	at "$1" status "$2" --json | jq -r .state
}

told() {
	at "$1" log "$2" | grep -c 'signed by a key of an earlier pairing'
}

# The plain zip of FILE, which FROM made for TO, into $tmp/plain.zip.
plain() {
	rm -f plain.zip && hand "$1" "$2" --output plain.zip --decrypt "$3" 2>/dev/null
}

# The manifest of FROM's last number to TO.
cover() {
	cover_file=$(ls "seen/$1-$2" | grep -E -- '-[ms][0-9]{8}-' | sort | tail -n 1)
	plain "$1" "$2" "seen/$1-$2/$cover_file" && unzip -p plain.zip manifest.json
}

# FROM TO KEY ID FILTER: an envelope of FROM's, its manifest what jq's FILTER makes of cover-FROM,
# signed by KEY, comes to TO under the name that belongs to ID.
comes() {
	rm -rf f forged && mkdir f && jq -c --arg key "$3" ".from = \$key | $5" "cover-$1" >f/manifest.json || return 1
	rm -f f.zip && (cd f && zip -q -X -D -r ../f.zip manifest.json) || return 1
	hand "$1" "$2" --local-user "$3" --recipient "$(fpr "$2" "$1")" --output forged --sign --encrypt f.zip || return 1
	comes_link=$(jq -r '.link[0:8]' f/manifest.json)
	cp forged "$(receive_of "$2" "$1")/$(named forged "$comes_link-$4-00000000.zip.gpg")" && sync_at "$2" "$1"
}

# The same, and it is not taken: TO is in the state he was in, and has nothing to look after.
nothing() {
	nothing_state=$(state_of "$2" "$1") nothing_told=$(told "$2" "$1")
	comes "$@" || return 1
	[ "$(state_of "$2" "$1")" = "$nothing_state" ] && [ -z "$(reasons "$2" "$1")" ] &&
		[ "$(told "$2" "$1")" -eq $((nothing_told + 1)) ] && return 0
	echo "$nothing_state -> $(state_of "$2" "$1")"
	reasons "$2" "$1"
	at "$2" log "$1" | tail -n 5
	return 1
}

loose='del(.number, .prev, .ack)'
fresh='"nnnnnnnnnn0123456789abcdeg"'
hash='"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"'

# ---- both sides have new keys

met || exit 99
at anna desk new title=Pump >/dev/null
equal || exit 99
anna_key=$(fpr anna bert)
bert_key=$(fpr bert anna)
at anna -q link invite bert --out fresh && rm -rf seen && at bert -q link join fresh --yes || exit 99
check "two sites are paired anew" equal
at anna desk set 1 title=Valve >/dev/null
at bert desk new title=Tank >/dev/null
check "and go on" equal
check "by new keys" test "$(fpr anna bert)" != "$anna_key" -a "$(fpr bert anna)" != "$bert_key"
cover anna bert >cover-anna && cover bert anna >cover-bert || exit 99
keep running

# ---- the link runs

next=".number += 1 | .prev = $hash"
n=$(printf '%08d' $(($(jq .number cover-anna) + 1)))
check "R by Anna's old key" nothing anna bert "$anna_key" mr9 "$loose | .kind = \"rebase\" | .epoch = $fresh | .body = {open: true}"
check "R of one who runs" nothing anna bert "$anna_key" mr10 "$loose | .kind = \"rebase\" | .epoch = $fresh | .body = {open: false}"
check "a refusal" nothing anna bert "$anna_key" mx9 "$loose | .kind = \"refused\" | .body = {s1: $hash, reason: 405, text: \"no\"}"
check "m1" nothing anna bert "$anna_key" "m$n" "$next | .kind = \"ping\" | .epoch = $fresh |
	.body = {ns: .with, nm: $fresh, s1: $hash, master: .from, slave: .to}"
check "an acknowledgement" nothing anna bert "$anna_key" ma999 '.ack.serial = 999 | .ack.heard = 999 | del(.number, .prev) | .kind = "ack"'
check "changes" nothing anna bert "$anna_key" "m$n" "$next"
check "a goodbye" nothing anna bert "$anna_key" "m$n" "$next | .kind = \"bye\""
check "a new key" nothing anna bert "$anna_key" "m$n" "$next | .kind = \"rekey\" | .body = {key: \"x\", fingerprint: .from}"
n=$(printf '%08d' $(($(jq .number cover-bert) + 1)))
check "R by Bert's" nothing bert anna "$bert_key" sr9 "$loose | .kind = \"rebase\" | .epoch = $fresh | .body = {open: true}"
check "s1, the first that a master takes" nothing bert anna "$bert_key" s00000001 ".number = 1 | del(.prev, .with, .ack) |
	.kind = \"handshake\" | .epoch = $fresh | .body = {}"
check "the answer to a ping" nothing bert anna "$bert_key" "s$n" "$next | .kind = \"ping\" | .body = {nm: .with, m1: $hash}"
check "all goes on" equal
check "and is calm" eval 'calm anna bert && calm bert anna'

# ---- a side begins anew: who names its epoch would be its partner

told_epoch() {
	plain "$1" "$2" "$(find "$(send_of "$1" "$2")" -name "*-?r[0-9]*")" && unzip -p plain.zip manifest.json | jq .epoch
}

at anna -q rebase bert --yes
epoch=$(told_epoch anna bert)
check "R by Bert's old key, while Anna begins anew" nothing bert anna "$bert_key" sr9 \
	"$loose | .kind = \"rebase\" | .with = $epoch | .epoch = $fresh | .body = {open: true}"
check "she still waits for him" test "$(state_of anna bert)" = rebase
check "and he comes" equal

again running
at bert -q rebase anna --yes
epoch=$(told_epoch bert anna)
check "R by Anna's, while Bert does" nothing anna bert "$anna_key" mr9 \
	"$loose | .kind = \"rebase\" | .with = $epoch | .epoch = $fresh | .body = {open: true}"
check "and she comes" equal

# ---- Bert has joined once more and waits for m1

again running
anna_key=$(fpr anna bert)
rm -f fresh && at anna -q link invite bert --out fresh && at bert -q link join fresh --yes || exit 99
plain bert anna "$(find "$(send_of bert anna)" -name '*-s00000001-*')" || exit 99
s1=$(sha256sum plain.zip | cut -c 1-64)
epoch=$(unzip -p plain.zip manifest.json | jq .epoch)
unzip -p plain.zip manifest.json | jq -r .body.key >key && hand anna bert --import key || exit 99
check "m1 that answers him, by the key that was hers up to now" nothing anna bert "$anna_key" m00000001 ".number = 1 | del(.prev, .ack) |
	.kind = \"ping\" | .with = $epoch | .epoch = $fresh |
	.body = {ns: .with, nm: $fresh, s1: \"$s1\", master: \"$(jq -r .offer.master fresh)\", slave: \"$(fpr bert anna)\"}"
check "he still waits, and is answered" equal
check "and all is calm" eval 'calm anna bert && calm bert anna'

tap_end
