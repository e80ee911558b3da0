#!/bin/sh
# pairing - how two sites meet, step by step, and how they part
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# SITE LINK STATE PATTERN: it is in this state, and a hint or problem says so.
is() {
	at "$1" status "$2" --json >status.json
	jq -e --arg s "$3" --arg p "$4" '.state == $s and ([(.hints + .problems)[].text] | any(test($p)))' \
		status.json >/dev/null && return 0
	cat status.json
	return 1
}

words() {
	at "$1" link show "$2" --json | jq -r .compare
}

# Numbers that lie in DIR: "m1 m2", or nothing.
numbered() {
	find "$1" -type f | sed -n 's/.*-\([ms]\)0*\([0-9]*\)-[0-9a-f]*\.zip\.gpg$/\1\2/p' | sort | xargs
}

# SECONDS SITE LINK: a pass with a clock that is so far off.
sync_later() {
	at_time "$1" "$2" -q sync "$3"
	later_status=$?
	[ $later_status -eq 0 ] || [ $later_status -eq 3 ]
}

mailbag() {
	prints "$3" numbered "$(send_of "$1" "$2")"
}

site anna bert || exit 99
at anna desk new title='Pump leaks' >/dev/null
at bert desk new title='Valve' >/dev/null
printf 'open sesame\n' >pass
printf 'open says me\n' >wrong
chmod 600 pass wrong

# ---- the handshake file ----

check "Anna makes a link and its handshake file" at anna link new bert --channel folder --scope all \
	--description 'Pumps and valves' --passphrase-file pass --out first
check "the file is for Anna alone" prints 600 stat -c %a first
check "Anna waits for somebody to join" is anna bert handshake 'waiting for the partner to join'
check "the file tells who made it" says 0 '^Handshake file from site anna$' at bert link inspect first
check "what for" says 0 '^  For +Pumps and valves$' at bert link inspect first
check "when, and how long it is valid" says 0 '^  Valid +30 d, until .*, needs a passphrase$' at bert link inspect first
check "how far the clocks are apart" says 0 '^  Made .* UTC, 5 d ago by this clock$' at_time 432000 bert link inspect first
check "in both directions" says 0 '^  Made .* UTC, 12 min ahead of this clock: harmless$' at_time -750 bert link inspect first
check "how its envelopes travel" says 0 '^  Envelopes +by folder, encrypted$' at bert link inspect first
check "what is proposed" says 0 'They propose .*title' at bert link inspect first
anna_words=$(at anna link show bert --json | jq -r .words)
check "and the words of Anna's key" prints "$anna_words" sh -c '"$HANDSEL" --home bert link inspect first --json | jq -r .words'
check "to look at it makes nothing" prints "" at bert link list
check "the list of links shows the state" says 0 '^bert +handshake +master +folder +encrypt +- +no' at anna link list
check "Anna has nobody's key yet" says 0 '^their key  not known yet' at anna link show bert

# ---- before pairing nothing travels ----

check "Anna's pass finds nobody" at anna sync bert
check "and sends nothing" mailbag anna bert ""
check "a wrong passphrase lets Bert try" at bert link join first --as anna --yes --passphrase-file wrong --scope all
check "his link waits for Anna's ping" is bert anna handshake 'waiting for their ping'
carry bert anna
check "Anna refuses him" sync_at anna bert
check "the attempt is in quarantine" refused anna bert s1 405
check "that needs the operator" says 3 's1 refused' at anna status bert
carry anna bert
check "Bert takes the answer" sync_at bert anna
check "and knows why" is bert anna refused 'wrong proof|its proof is wrong'
check "still nothing numbered has travelled" mailbag anna bert ""
check "Bert joins again by the same file, with the right one" at bert link join first --as anna --yes --passphrase-file pass --scope all
check "he waits again" is bert anna handshake 'waiting for their ping'
check "he has sent his answer to the file, and nothing else" mailbag bert anna s1
check "which is sent once" sh -c '"$HANDSEL" --home bert -q sync anna && [ "$(ls "$1" | wc -l)" -eq 1 ]' - "$(send_of bert anna)"
carry bert anna
check "Anna takes it" sync_at anna bert
check "she waits for the answer to her ping" is anna bert handshake 'waiting for the answer to our ping'
check "and knows the key" prints "$(fpr bert anna)" sh -c '"$HANDSEL" --home anna link show bert --json | jq -r .partner_fingerprint'
check "right behind the ping go her first changes" mailbag anna bert "m1 m2"
keep pinged

# ---- the ping is lost ----

rm -f "$(send_of anna bert)"/*
check "a lost ping is not sent again at once" sync_at anna bert
check "nothing lies there" mailbag anna bert ""
check "after the backoff it is" sync_later 3700 anna bert
check "with what followed it" mailbag anna bert "m1 m2"
mv "$(send_of anna bert)"/*-m00000002-* late
carry anna bert
check "Bert takes the ping alone" sync_at bert anna
check "he is paired" is bert anna running 'words have not been compared'
check "and both know the same six words" prints "$(words anna bert)" words bert anna
check "six of them" test "$(words bert anna | wc -w)" -eq 6
carry bert anna
check "Anna takes his answer" sync_at anna bert
check "and is paired" is anna bert running 'words have not been compared'
cp late "$(receive_of bert anna)/$(basename "$(find "$tmp/kept/pinged/anna/links/bert/exchange/SEND" -name '*-m00000002-*')")"
check "what came late is taken" settle anna bert
check "both sides are equal" same_desks anna bert
check "the refused attempt does no harm" is anna bert running 's1 refused'

# ---- who knows a key of this link, and no more ----

# stranger KEY FPR: an answer to the handshake file that names this key as its own, by nobody known.
stranger() {
	stranger_s1=$(basename "$tmp"/anna/links/bert/archive/*-s00000001-*)
	rm -rf guess forged eve && unwrap "$tmp/anna/links/bert/archive/$stranger_s1" "$tmp/guess" && mkdir -m 700 eve &&
		GNUPGHOME=$tmp/eve gpg --batch --quiet --passphrase '' --quick-gen-key eve ed25519 sign never 2>/dev/null &&
		hand anna bert --armor --export "$(fpr anna bert)" >anna.key &&
		GNUPGHOME=$tmp/eve gpg --batch --quiet --import anna.key 2>/dev/null &&
		jq -c --rawfile key "$1" --arg fpr "$2" '.from = $fpr | .body.fpr = $fpr | .body.key = $key' guess/manifest.json >manifest &&
		mv manifest guess/manifest.json && rm -f guess.zip && (cd guess && zip -q -X -D -r ../guess.zip manifest.json changes.jsonl) &&
		GNUPGHOME=$tmp/eve gpg --batch --quiet --trust-model always --recipient "$(fpr anna bert)" --output forged --sign --encrypt guess.zip &&
		GNUPGHOME=$tmp/eve gpgconf --kill gpg-agent &&
		cp forged "$(receive_of anna bert)/$(named forged "$stranger_s1")" || return 1
	stranger_before=$(find anna/links/bert/quarantine -name '*.json' | wc -l)
	at anna -q sync bert
	[ "$(find anna/links/bert/quarantine -name '*.json' | wc -l)" -eq $((stranger_before + 1)) ]
}

harmless() {
	at anna desk set 1 title="Pump leaks, $1" >/dev/null && at bert desk set 1 state="$1" >/dev/null &&
		settle anna bert && same_desks anna bert && counts bert "select(.fields.title == \"Pump leaks, $1\")" 1
}

hand anna bert --armor --export "$(fpr anna bert)" >own.key
hand anna bert --armor --export "$(fpr bert anna)" >his.key
check "a stranger who names Anna's key as his own is refused" stranger own.key "$(fpr anna bert)"
check "and does no harm" harmless one
check "nor does one who names Bert's" eval 'stranger his.key "$(fpr bert anna)" && harmless two'
check "or a key that is not the one he shows" eval 'stranger own.key 0123456789ABCDEF0123456789ABCDEF01234567 && harmless three'

# ---- words ----

check "words that differ are refused" says 1 'the words differ' at anna link verify bert one two three four five six
check "they leave the link unverified" says 0 'UNVERIFIED' at anna link show bert
# shellcheck disable=SC2046
check "the right ones are taken" at anna link verify bert $(words bert anna)
check "the list tells" says 0 '^bert +running .* bert +yes' at anna link list
check "the partner's side is not verified by that" says 0 '^anna +running .* anna +no' at bert link list
check "a file that was used is refused, with who did it and when" says 1 "^handsel: first: already used by site \"bert\" on $(date -u '+%-d %b %Y'), for link anna" at bert link join first --as other --yes --passphrase-file pass
check "and whom to ask for another one" says 1 '^hint: one file pairs one site. For another link ask anna .*handsel link new' at bert link join first --as other --yes --passphrase-file pass

# ---- what comes before the ping waits for it ----

again pinged
mv "$(send_of anna bert)"/*-m00000002-* "$(receive_of bert anna)/"
check "changes without a ping are not taken" sync_at bert anna
check "they are left in the channel" test "$(lies_in "$(receive_of bert anna)")" -eq 1
check "nor is anything of Bert's sent" mailbag bert anna ""
carry anna bert
check "with the ping they are taken" sync_at bert anna
check "both at once" test "$(lies_in "$(receive_of bert anna)")" -eq 0
check "the item is there" prints 1 sh -c '"$HANDSEL" --home bert desk list --json | jq -r .title | grep -c "Pump leaks"'

# ---- expiry, invite, a cautious master ----

rm -rf anna bert
site anna bert
at anna desk new title='Pump leaks' >/dev/null
at anna link new bert --channel folder --scope all --set pairing.eager=no --set pairing.expires='1 d' --out expiring >/dev/null
at bert link join expiring --as anna --scope all --yes >/dev/null
carry bert anna
check "who comes too late is refused" sync_later 90000 anna bert
carry anna bert
check "and told" sync_at bert anna
check "that the file has expired" is bert anna refused 'expired'
check "Anna's link shows it" says 3 'expired .*, unused' at_time 90000 anna status bert
check "she invites again" at_time 90000 anna link invite bert --out fresh
check "the expired file is not taken any more" says 1 'expired' at_time 90000 bert link join expiring --as anna --yes
check "the fresh one is" at_time 90000 bert link join fresh --as anna --scope all --yes
carry bert anna
check "Anna pings" sync_later 90000 anna bert
check "but sends no changes before she is answered" mailbag anna bert m1
carry anna bert
check "Bert answers" sync_later 90000 bert anna
carry bert anna
check "then her changes go" sync_later 90000 anna bert
check "as number two" sh -c 'ls "$1" | grep -q -- -m00000002-' - "$(send_of anna bert)"
check "they arrive" settle anna bert
check "both sides are equal again" same_desks anna bert

# ---- pause ----

check "Bert pauses the link" at bert link pause anna
at anna desk set 1 title='Pump leaks badly' >/dev/null
at bert desk new title='Hose' >/dev/null
sync_at anna bert
carry anna bert
check "a paused link needs the operator" says 3 'paused' at bert status anna
check "its passes do nothing" sync_at bert anna
check "what has come stays" test "$(lies_in "$(receive_of bert anna)")" -eq 1
check "nothing leaves" mailbag bert anna ""
check "Bert resumes it" at bert link resume anna
check "all goes on" settle anna bert
check "both sides are equal after the pause" same_desks anna bert

# ---- other directories ----

mkdir bert-out bert-in anna-out anna-in
at anna desk set 1 state=done >/dev/null
at bert desk comment 1 'from Bert' >/dev/null
sync_at anna bert
sync_at bert anna
echo mine >"$(receive_of bert anna)/readme.txt"
mv "$(send_of anna bert)"/*.zip.gpg "$(receive_of bert anna)/"
moved=$(find "$(send_of bert anna)" -name '*.zip.gpg' -printf '%f\n')
check "Bert moves SEND and RECEIVE" at bert link connect anna --send bert-out --receive bert-in
check "what was to be sent lies in the new SEND" test -e "bert-out/$moved"
check "what had come lies in the new RECEIVE" test "$(lies_in bert-in)" -eq 1
check "and nothing of ours in the old ones" prints 0 sh -c 'find bert/links/anna/exchange -name "*.zip.gpg" | wc -l'
check "it is taken from there" sync_at bert anna
check "and gone" test "$(lies_in bert-in)" -eq 0
check "the show tells both" says 0 "^SEND +$tmp/bert-out" at bert link show anna
check "Anna's become symbolic links" at anna link connect bert --send anna-out --receive anna-in --symlink
check "her SEND is one" prints "$tmp/anna-out" readlink anna/links/bert/exchange/SEND
check "her RECEIVE is one" prints "$tmp/anna-in" readlink anna/links/bert/exchange/RECEIVE
check "her settings don't name them" sh -c '! grep -q "folder[.]" anna/links/bert/link.conf'

over() {
	for over_i in 1 2 3; do
		sync_at anna bert && find anna-out -name '*.zip.gpg' -exec mv {} bert-in/ ';' && sync_at bert anna &&
			find bert-out -name '*.zip.gpg' -exec mv {} anna-in/ ';' && sync_at anna bert || return 1
	done
}

check "the link works over them" over
check "both sides are equal by the new way" same_desks anna bert
mv anna-in away
check "a directory that is away is reported" says 3 'is gone|not there|away' at anna sync bert
mv away anna-in
check "and comes back by itself" sh -c '"$HANDSEL" --home anna sync bert --json | jq -e ".away == null"'
check "a directory that is not there is refused" says 1 'no such|gone|cannot open|No such' at anna link connect bert --send "$tmp/none"
check "so is a file" ends 1 at anna link connect bert --send "$tmp/fresh"
check "the old ones still count" over

# ---- the end ----

at anna desk set 1 title='The last word' >/dev/null
check "a link with a partner is not removed" says 1 'is not removed' at anna link remove bert
check "Anna closes it" says 0 'closes once the partner has acknowledged' at anna link close bert
at anna desk set 1 title='After that' >/dev/null
check "it is not removed before the partner knows" says 1 'would lose' at anna link remove bert
check "the goodbye travels" over
check "the last word has arrived, and nothing after it" prints 'The last word' sh -c '"$HANDSEL" --home bert desk show 1 --json | jq -r .fields.title'
check "Bert is told" is bert anna closed 'the partner has closed the link'
check "Anna's is closed" is anna bert closed 'closed, and the partner knows'
check "now it is removed" at anna link remove bert
check "with its directory" test ! -e anna/links/bert
check "Bert's is removed by force" at bert link remove anna --force
check "no link is left" prints "" at bert link list
check "the items are" prints 2 sh -c '"$HANDSEL" --home bert desk list --json | wc -l'
check "no process is left" idle
tap_end
