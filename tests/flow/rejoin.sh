#!/bin/sh
# rejoin - a partner lost key or site: a new handshake file for the link that there is
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

equal() {
	settle anna bert && same_desks anna bert && silent anna bert
}

anew() {
	equal && calm anna bert && calm bert anna && [ -z "$(reasons anna bert)$(reasons bert anna)" ]
}

state_of() {
	at "$1" status "$2" --json | jq -r .state
}

invite() {
	rm -f fresh && at anna -q link invite bert --out fresh "$@"
}

fresh_start() {
	again base && rm -rf seen
}

new_keys() {
	[ "$(fpr anna bert)" != "$anna_key" ] && [ "$(fpr bert anna)" != "$bert_key" ] &&
		[ "$(at anna --json link show bert | jq -r .compare)" = "$(at bert --json link show anna | jq -r .compare)" ]
}

met || exit 99
echo hello >note.txt
at anna desk new title=Pump state=open >/dev/null
at anna desk new title=Valve >/dev/null
at bert desk new title=Tank >/dev/null
settle anna bert || exit 99
pump=$(uid_of anna 1)
at bert desk attach "$pump" note.txt >/dev/null
check "two sites have something" equal
anna_key=$(fpr anna bert)
bert_key=$(fpr bert anna)
at anna link verify bert "$(at bert --json link show anna | jq -r .compare)" >/dev/null
keep base

# ---- Bert has his site, and wants a new key

check "only the master invites" says 1 'its master invites' at bert link invite anna --out fresh
check "Anna invites her partner again" says 0 'goes on as it is until somebody joins' at anna link invite bert --out fresh
check "it is told" says 0 'a new handshake file is out' at anna status bert
at bert desk set "$pump" title='Pump, by the old pair' >/dev/null
check "meanwhile the old pair goes on" eval 'settle anna bert && same_desks anna bert'
at bert desk comment "$pump" 'not sent before he joins again' >/dev/null
at anna desk set 2 priority=high >/dev/null
check "it takes a yes" says 2 'say --yes' at bert link join fresh
check "and no other name" says 2 'leave out --as' at bert link join fresh --as other --yes
check "Bert joins again" says 0 'Joined' at bert link join fresh --yes
check "with the items he had" counts bert . 3
check "both go on from what they have" anew
check "by new keys, with words of their own" new_keys
check "which have to be compared" says 0 'words have not been compared' at anna status bert
check "nothing is there twice, or lost" eval "counts anna . 3 && counts bert 'select(.fields.priority == \"high\")' 1"
check "what was not sent before is" counts anna '.comments[]' 1
check "the file is used up" says 1 'already used' at bert link join fresh --yes
cp seen/anna-bert/* "$(receive_of bert anna)/" && cp seen/bert-anna/* "$(receive_of anna bert)/"
check "what was carried before harms nobody" eval 'equal && [ "$(state_of anna bert)$(state_of bert anna)" = runningrunning ]'
rm -rf seen
at bert spool drop anna ALL --yes >/dev/null 2>&1
at anna spool drop bert ALL --yes >/dev/null 2>&1

# Somebody has Bert's old key: an envelope of the new pair, signed by it.
forged() {
	at bert desk set "$pump" title=Genuine >/dev/null && sync_at bert anna || return 1
	slip=$(cd "$(send_of bert anna)" && ls -- *.gpg | grep -v -e '-sa[0-9]' | tail -n 1)
	hand bert anna --output forged.zip --decrypt "$(send_of bert anna)/$slip" 2>/dev/null
	rm -rf f && mkdir f && unzip -q forged.zip -d f && sed -i "s/\"from\":\"[0-9A-F]*\"/\"from\":\"$bert_key\"/" f/manifest.json || return 1
	(cd f && rm -f ../again.zip && zip -q -X -D -r ../again.zip manifest.json changes.jsonl)
	hand bert anna --local-user "$bert_key" --recipient "$(fpr anna bert)" --output forged.gpg --sign --encrypt again.zip &&
		cp forged.gpg "$(receive_of anna bert)/$(named forged.gpg "$slip")" && sync_at anna bert &&
		[ "$(state_of anna bert)" = running ] && at anna log bert | grep 'signed by a key of an earlier pairing' &&
		[ "$(value anna 1 title)" != '"Genuine"' ]
}
check "what the old key signs is not taken, and stops nothing" forged
check "the genuine one is" eval "equal && [ \"\$(value anna 1 title)\" = '\"Genuine\"' ]"

# ---- Bert has lost everything; or all but his desk

fresh_start
at bert desk set "$pump" title='sent, and lost at home' >/dev/null
equal || exit 99
rm -rf bert && site bert
invite || exit 99
check "a new site joins" at bert -q link join fresh --as anna --scope all --yes
check "and gets everything" anew
check "with its bytes" counts bert '.files[]' 1
check "once" counts bert . 3
at bert desk set "$pump" state=closed >/dev/null
check "and goes on" anew

fresh_start
rm -rf bert/links/anna
invite || exit 99
at bert desk set "$pump" title='edited while there was no link' >/dev/null
check "a site that kept its desk joins" at bert -q link join fresh --as anna --scope all --yes
check "all is one again" anew
check "and nothing is there twice" eval 'counts anna . 3 && counts bert . 3'
check "the edit is there" counts anna 'select(.fields.title == "edited while there was no link")' 1

# ---- who may not

fresh_start
echo secret words >pass
echo wrong >wrong
chmod 600 pass wrong
invite --passphrase-file pass || exit 99
cp -a bert thief
check "a wrong passphrase" at bert -q link join fresh --passphrase-file wrong --yes
round() {
	at bert -q sync anna
	carry bert anna
	at anna -q sync bert
	carry anna bert
	at bert -q sync anna
}
round
check "is refused" says 3 'refused us' at bert status anna
check "and Anna's pair is as it was" eval '[ "$(state_of anna bert)" = running ] && [ "$(fpr anna bert)" = "$anna_key" ]'
at anna spool drop bert ALL --yes >/dev/null
check "the right one" at bert -q link join fresh --passphrase-file pass --yes
check "is taken" anew
check "a second one by the same file" at thief -q link join fresh --passphrase-file pass --yes
cp "$tmp/thief/links/anna/exchange/SEND"/* "$(receive_of anna bert)/"
at anna -q sync bert
check "is refused and told" says 3 'used by another key' at anna status bert
check "and nothing has changed" eval 'at anna spool drop bert ALL --yes >/dev/null; equal'

fresh_start
invite && mv fresh older && invite || exit 99
at bert -q link join older --yes
round
check "a file that a newer one has replaced is refused, and who joined hears it" says 3 'refused us' at bert status anna
check "and joins by the newer one" at bert -q link join fresh --yes
check "as always" eval 'at anna -q spool drop bert ALL --yes; anew'

fresh_start
invite && rm -rf thief && cp -a bert thief
at anna -q link set bert pairing.confirm=yes
at bert -q link join fresh --yes
round
check "with pairing.confirm a new key waits" says 3 'waits for your' at anna status bert
check "and the old pair is there" eval '[ "$(fpr anna bert)" = "$anna_key" ]'
check "until a yes" at anna -q link accept bert
check "then it is taken" anew

# ---- steps that die or fail

broken() {
	broken_at=$1:$2
	shift 2
	HANDSEL_TEST_FAULT=any:$broken_at at "$@" -q >/dev/null 2>&1
	[ $? -ne 137 ] || echo "$broken_at $*" >>reached
}

broken_round() {
	fresh_start
	at anna desk set 1 "title=Round $1 $2" >/dev/null
	rm -f fresh
	broken "$1" "$2" anna link invite bert --out fresh
	rm -f fresh && at anna -q link invite bert --out fresh || return 1
	broken "$1" "$2" bert link join fresh --yes
	[ "$(at bert --json link show anna | jq -r .fingerprint)" != "$bert_key" ] || at bert -q link join fresh --yes || return 1
	for broken_turn in 1 2 3; do
		broken "$1" "$2" bert sync anna
		at bert -q sync anna
		carry bert anna
		broken "$1" "$2" anna sync bert
		at anna -q sync bert
		carry anna bert
	done
	anew && new_keys
}

for step in ${HANDSEL_SWEEP:+$(seq 1 60)} 3 17; do
	check "pairing anew in steps of which $step dies" broken_round "$step" die
	check "or fails" broken_round "$step" fail
done
for order in 'anna link invite' 'bert link join' 'bert sync' 'anna sync'; do
	check "it did die in handsel $order" grep -q "$order" reached
done

tap_end
