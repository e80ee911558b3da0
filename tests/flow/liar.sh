#!/bin/sh
# liar - a partner with a good key who lies gets nothing he is not to see, and harms one item
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# forge FILTER ARGUMENT...: of the one envelope Anna has just made the changes as jq sees them fit,
# laid into Bert's RECEIVE.
forge() {
	forge_file=$(cd "$(send_of anna bert)" && ls -- *-m0*) && unwrap "$(send_of anna bert)/$forge_file" "$tmp/plain" &&
		jq -c "$@" plain/changes.jsonl >lines && mv lines plain/changes.jsonl && rm -f "$(send_of anna bert)"/* &&
		rm -f forged && wrap "$tmp/plain" "$tmp/forged" && cp forged "$(receive_of bert anna)/$(named forged "$forge_file")"
}

# Everything Bert has sent so far, opened.
bert_sends() {
	carry bert anna
	for opened in "$tmp"/seen/bert-anna/*; do
		unwrap "$opened" "$tmp/opened" && grep -rh . "$tmp/opened"
	done
}

met || exit 99
at bert link set anna scope=assigned >/dev/null
printf 'nobody but Bert is to read this' >secret
printf 'bait' >bait
at bert desk new title='Bert alone' >/dev/null
at bert desk attach 1 secret >/dev/null
hash=$(sha256sum secret | cut -d ' ' -f 1)
at anna desk new title='For both' >/dev/null
check "an item for both, beside one of Bert's own" settle anna bert
check "Bert's own is not at Anna's" prints 'For both' sh -c '"$HANDSEL" --home anna desk list --json | jq -r .title'

# ---- a file by its hash ----

at anna desk attach 1 bait >/dev/null
sync_at anna bert
check "Anna attaches a file that she has only the hash of" forge --arg sha "$hash" 'if .things then .things |= map(.v.sha256 = $sha | .v.size = 31) else . end'
check "Bert's pass takes it" sync_at bert anna
check "the item waits for the bytes, which he has" says 3 'bytes' at bert status anna
check "and shows no file" prints 0 sh -c '"$HANDSEL" --home bert desk show 2 --json | jq ".files | length"'

# ---- and with the word that it is gone, and the wish to have it ----

rm -rf anna bert seen ./*.handshake
met || exit 99
at bert link set anna scope=assigned >/dev/null
at bert desk new title='Bert alone' >/dev/null
at bert desk attach 1 secret >/dev/null
at anna desk new title='For both' >/dev/null
settle anna bert
uid=$(uid_of anna 1)
at anna desk attach 1 bait >/dev/null
sync_at anna bert
check "Anna says the bytes are gone, then wants them" forge --arg sha "$hash" --arg uid "$uid" '
	if .things then {t: "missing", sha256: $sha}, (.things |= map(.v.sha256 = $sha | .v.size = 31)),
		{t: "want", uid: $uid, sha256: $sha} else . end'
check "Bert's pass takes that" sync_at bert anna
check "his item shows no such file" prints 0 sh -c '"$HANDSEL" --home bert desk show 2 --json | jq ".files | length"'
check "a further pass sends what it sends" sync_at bert anna
bert_sends >sent
check "he answers that he has none" grep -q '"missing"' sent
check "and the bytes are in nothing he sends" sh -c '! grep -q "nobody but Bert" sent'
check "his own file is what it was" sh -c '"$HANDSEL" --home bert desk export | grep -q "$1"' - "$hash"

# ---- too much ----

rm -rf anna bert seen ./*.handshake
met || exit 99
at anna desk new title='Long' description='short' >/dev/null
settle anna bert
head -c 2000000 /dev/zero | tr '\0' x >long
at anna desk set 1 description='changed' >/dev/null
at anna desk new title='Behind' >/dev/null
sync_at anna bert
check "Anna sends a field of 2 MB" forge --rawfile long long 'if .set.description then .set.description.v = $long else . end'
check "Bert's pass takes the envelope" sync_at bert anna
check "the item keeps what it had" prints '"short"' value bert 1 description
check "and says why it waits" says 0 '504.*2000000 bytes' at bert hold list anna
check "the one behind it is there" prints '"Behind"' value bert 2 title
check "no process is left" idle

# ---- and where the partner is ----

rm -rf anna bert seen ./*.handshake
met || exit 99
at anna desk new title='For both' >/dev/null
sync_at anna bert
check "Anna says that she is at a channel that is a command" forge '{t: "channel", channel: "mail; touch owned"}, .'
check "Bert's pass takes the envelope" sync_at bert anna
refute "and shows no such command" sh -c '"$HANDSEL" --home bert status anna --json | grep touch'
tap_end
