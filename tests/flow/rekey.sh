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

# A change of Anna's key in which the STEPth step of each command does KIND; ordinary commands finish.
# Who got there is noted in reached.
edits=0
broken_round() {
	edits=$((edits + 1))
	broken_key=$(fpr anna bert)
	at anna desk set 1 "title=Round $edits" >/dev/null
	broken "$1" "$2" anna link rekey bert --yes
	# If it came to nothing it is ordered again.
	[ "$(at anna --json link show bert | jq -r .next_fingerprint)" != null ] || at anna -q link rekey bert --yes || return 1
	broken "$1" "$2" anna sync bert
	sync_at anna bert && carry anna bert
	broken "$1" "$2" bert sync anna
	sync_at bert anna && carry bert anna
	broken "$1" "$2" anna sync bert
	equal && [ -z "$(reasons anna bert)$(reasons bert anna)" ] && [ "$(fpr anna bert)" != "$broken_key" ] &&
		[ "$(at bert --json link show anna | jq -r .partner_fingerprint)" = "$(fpr anna bert)" ]
}

broken() {
	broken_at=$1:$2
	shift 2
	HANDSEL_TEST_FAULT=any:$broken_at at "$@" -q >/dev/null 2>&1
	[ $? -ne 137 ] || echo "$broken_at $*" >>reached
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
	slip=$(cd "$(send_of anna bert)" && ls -- *.gpg | grep -v -e '-a[0-9]' | tail -n 1)
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

# ---- steps that die or fail

for step in 3 11 19 27; do
	check "a change of keys that dies at step $step is finished" broken_round "$step" die
	check "and one that fails there" broken_round "$step" fail
done
for order in 'anna link rekey' 'anna sync' 'bert sync'; do
	check "it did die in handsel $order" grep -q "$order" reached
done

tap_end
