#!/bin/sh
# rekey - either side gives itself a new key while changes travel
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

equal() {
	settle anna bert && same_desks anna bert && silent anna bert
}

# The words of both ends are the same, and not those of before.
new_words() {
	words=$(at anna --json link show bert | jq -r .compare)
	[ "$words" = "$(at bert --json link show anna | jq -r .compare)" ] && [ "$words" != "$old_words" ]
}

verify() {
	at anna link verify bert "$(at bert --json link show anna | jq -r .compare)" >/dev/null &&
		at bert link verify anna "$(at anna --json link show bert | jq -r .compare)" >/dev/null
}

check "a link that is not there has no key" says 1 'no link|no site|is no handsel' at anna link rekey bert --yes
met || exit 99
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
settle anna bert && verify || exit 99
keep met

# ---- one side

old=$(fpr anna bert)
old_words=$(at anna --json link show bert | jq -r .compare)
check "a new key is ordered" says 0 'announces a new key' at anna link rekey bert --yes
check "one after the other" says 1 'not taken over yet' at anna link rekey bert --yes
check "it is shown as pending" says 0 'next key .*not taken over yet' at anna link show bert
at anna desk set 1 title=Pump2 >/dev/null
at bert desk set 1 title=Valve2 >/dev/null
check "both sides come to be equal" equal
new=$(at anna --json link show bert | jq -r .fingerprint)
check "the key is another one" test "$new" != "$old"
check "the partner knows it" prints "$new" sh -c "'$HANDSEL' --home '$tmp/bert' --json link show anna | jq -r .partner_fingerprint"
check "the words are others, the same on both sides" new_words
check "and have to be compared: here" says 3 'our side has a new key' at anna status bert
check "and there" says 3 'the partner has a new key' at bert status anna
check "what is sent says where the key begins" travelled anna bert '"key_from":[2-9]'
check "and is signed with it" travelled anna bert "\"from\":\"$new\""
check "the words are compared" verify
check "and all is calm" calm anna bert
check "nothing was refused" test -z "$(reasons anna bert)$(reasons bert anna)"
cp "$tmp/seen/anna-bert"/*.gpg "$(receive_of bert anna)/"
check "what comes again from before is a copy" sync_at bert anna
check "and nothing is refused for it" test -z "$(reasons bert anna)"
check "stock tools open what was before and after" opened bert anna bert/links/anna/archive

# ---- somebody has the old key

# Anna's next envelope, signed by the old key, in the place of the genuine one.
forge() {
	at anna desk set 1 title=Genuine >/dev/null && sync_at anna bert || return 1
	slip=$(cd "$(send_of anna bert)" && ls -- *-m[0-9]*.gpg | tail -n 1)
	id=$(at anna --json spool list bert --direction out | jq -r .id | tail -n 1)
	unwrap "$(send_of anna bert)/$slip" "$tmp/forged" &&
		sed -i "s/\"from\":\"$new\"/\"from\":\"$old\"/" "$tmp/forged/manifest.json" || return 1
	(cd "$tmp/forged" && zip -q -X -D -r "$tmp/forged-again.zip" manifest.json changes.jsonl)
	hand anna bert --local-user "$old" --recipient "$old" --recipient "$(fpr bert anna)" \
		--output "$tmp/forged.gpg" --sign --encrypt "$tmp/forged-again.zip" &&
		cp "$tmp/forged.gpg" "$(receive_of bert anna)/$(named "$tmp/forged.gpg" "$slip")" &&
		sync_at bert anna && refused bert anna "$id" 301
}
check "what the old key signs behind the new one is refused" forge
check "and the genuine one is taken" equal
at bert spool drop anna ALL --yes >/dev/null
check "a second new key" at anna -q link rekey bert --yes
check "is taken over, too" equal
verify

# ---- both at once, with what waits both ways, and one of them away for a while

again met
at anna desk set 1 title=Pump3 >/dev/null && sync_at anna bert
at bert desk set 1 title=Valve3 >/dev/null && sync_at bert anna
at anna -q link rekey bert --yes && at bert -q link rekey anna --yes
at anna desk set 1 description=later >/dev/null && sync_at anna bert
at bert desk set 1 description=later >/dev/null && sync_at bert anna
check "both sides change their keys at once" equal
check "the words are the same" new_words
check "nothing was refused there" test -z "$(reasons anna bert)$(reasons bert anna)"
verify
check "and both are calm" calm bert anna

# ---- what the old key signed comes late, for the first time

signer_of() {
	unwrap "$1" "$tmp/f" && jq -r .from f/manifest.json
}

newest() {
	find "$(send_of anna bert)" -name '*-m[0-9]*.gpg' | sort | tail -n 1
}

again met
old=$(fpr anna bert)
pump=$(uid_of anna 1)
at anna -q link rekey bert --yes && sync_at anna bert
at anna desk set 1 title='by the old key' >/dev/null && sync_at anna bert || exit 99
late=$(newest)
check "what is sealed before the new key is taken over is signed by the old one" prints "$old" signer_of "$late"
mv "$late" late
carry anna bert && sync_at bert anna && carry bert anna && sync_at anna bert
at anna desk set 1 description='by the new key' >/dev/null && sync_at anna bert && carry anna bert && sync_at bert anna
check "the new one is in use" test "$(fpr anna bert)" != "$old"
check "and what it signs waits for what is missing" prints null value bert "$pump" description
check "and for nothing else" prints '"Pump"' value bert "$pump" title
cp late "$(receive_of bert anna)/$(basename "$late")" && sync_at bert anna
check "what the old one signed comes late, and is taken" prints '"by the old key"' value bert "$pump" title
check "and what waited for it" prints '"by the new key"' value bert "$pump" description
check "nothing was refused for it" test -z "$(reasons bert anna)"
check "and all is equal" equal

tap_end
