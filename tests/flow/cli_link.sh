#!/bin/sh
# cli_link - the commands of links: wrong uses, exit codes, JSON, words, settings, the end
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
cd "$tmp" || exit 99

a() {
	at berlin "$@"
}

b() {
	at hamburg "$@"
}

same_keys() {
	# Rows of one list have the same keys, whatever they tell.
	"$@" --json | jq -es 'length > 0 and (map(keys) | unique | length) == 1' >/dev/null
}

words() {
	at "$1" link show "$2" --json | jq -r .compare
}

site berlin hamburg || exit 99
a desk new title='Pump leaks' state=open >/dev/null
a desk new title='Valve' state=open >/dev/null
printf 'open sesame\nnot this line\n' >pass
printf '\n' >empty
chmod 600 pass empty

check "without links status has nothing to tell" ends 0 a status
check "without links sync has nothing to do" ends 0 a sync
check "a link that is not there is named" says 1 '^handsel: there is no link nord' a status nord
check "sync of a link that is not there fails" says 1 '^hint: handsel link list shows them' a sync nord
check "a channel must be chosen" says 2 '\-\-channel is missing' a link new hamburg
check "a link needs a name" says 2 'link new: NAME is missing' a link new --channel folder
check "an unknown channel is refused" ends 2 a link new hamburg --channel pigeon
check "an unknown setting is refused" says 2 'unknown setting' a link new hamburg --channel folder --set no.such=1
check "a wrong name of a link is refused" ends 2 a link new 'Ham Burg' --channel folder
check "a passphrase is asked on a terminal only" says 2 'passphrase-file' a link new hamburg --channel folder --passphrase
check "two passphrases exclude each other" says 2 'exclude each other' a link new hamburg --channel folder --passphrase --passphrase-file pass
check "an empty passphrase is refused" says 2 'first line is empty' a link new hamburg --channel folder --passphrase-file empty
check "a missing contract is refused" ends 1 a link new hamburg --channel folder --contract none.json
check "none of them left a link or a file" sh -c '[ -z "$("$HANDSEL" --home "$1" link list)" ] && [ ! -e hamburg.handshake ]' - "$tmp/berlin"

check "a link is made" says 0 '^Made +/.*/hamburg.handshake' a link new hamburg --channel folder --description 'Widgets' --passphrase-file pass
check "what comes next can be pasted" sh -c '"$HANDSEL" --home "$1" link new next --channel folder --passphrase-file pass --out next | grep -qxF "     4. handsel --home $1 status next"' - "$tmp/berlin"
at berlin link remove next --force >/dev/null
check "its handshake file is for the user alone" prints 600 stat -c %a hamburg.handshake
check "a link is not made twice" says 1 'there is a link hamburg already' a link new hamburg --channel folder --out other
check "--json tells file and directories" says 0 '"file":"/.*/nord.handshake"' a --json link new nord --channel folder
check "an existing file is not overwritten" says 1 'exists already' a link new sued --channel folder --out nord.handshake
check "a new link waits, which is no problem" says 0 'waiting for the partner to join' a status hamburg
check "the file is shown without joining" says 0 'needs a passphrase' b link inspect hamburg.handshake
check "with what it is for" says 0 '^  For +Widgets$' b link inspect hamburg.handshake
check "as JSON, and without its secret" sh -c '"$HANDSEL" --home "$1" link inspect hamburg.handshake --json |
	jq -e ".site == \"berlin\" and .passphrase and (.expired | not) and (.words | split(\" \") | length) == 20 and (has(\"secret\") | not)"' - "$tmp/hamburg"
check "a file that is no handshake file is refused" ends 1 b link inspect pass
check "without a terminal joining needs --yes" says 2 'hint: --yes joins without asking' b link join hamburg.handshake
check "a passphrase that is not given is missed" ends 2 b link join hamburg.handshake --yes
check "the own file is refused" says 1 'same-site' a link join hamburg.handshake --yes --as self --passphrase-file pass
check "before anything of it is shown" sh -c '! "$HANDSEL" --home "$1" link join hamburg.handshake --yes --as self --passphrase-file pass | grep .' - "$tmp/berlin"
check "so is an expired one" says 1 'expired .*' at_time 8000000 hamburg link join hamburg.handshake --yes --passphrase-file pass
check "before anything of it is shown, too" sh -c '! HANDSEL_TEST_SHIFT=8000000 "$HANDSEL" --home "$1" link join hamburg.handshake --yes --passphrase-file pass | grep .' - "$tmp/hamburg"
check "a handshake file is needed" says 2 'link join: FILE is missing' b link join --yes
check "nothing was joined yet" prints "" b link list
check "a fresh file voids the old one" says 0 'Earlier handshake files of this link are void' a link invite hamburg --out second.handshake --passphrase-file pass
check "its days are counted" says 1 'exists already' a link invite hamburg --expires 3 --out second.handshake
check "and kept for later files" says 0 '^  pairing.expires +3 d' a link show hamburg
check "days that are none are refused" says 2 '"soon" is not a number of days' a link invite hamburg --expires soon --out third.handshake
check "the link is joined under the partner's name" says 0 '^Joined' b link join second.handshake --yes --passphrase-file pass
check "its list has the same keys in every row" same_keys a link list
check "words before pairing are refused" says 1 'not paired yet' b link verify berlin one two

meet() {
	trip hamburg berlin && trip hamburg berlin
}

check "both sides pair" meet
check "both know the same words" sh -c '[ -n "$1" ] && [ "$1" = "$2" ]' - "$(words berlin hamburg)" "$(words hamburg berlin)"
check "the link is unverified until they are compared" says 0 'UNVERIFIED' a link show hamburg
check "wrong words are refused" says 1 'the words differ' a link verify hamburg six words that are not right
# shellcheck disable=SC2046
check "the right words are taken, in capitals too" ends 0 a link verify hamburg $(words hamburg berlin | tr a-z A-Z)
check "the link is verified now" says 0 '^ +verified: ' a link show hamburg
check "all words of the own key are shown" sh -c '"$HANDSEL" --home "$1" link show hamburg --json |
	jq -e "(.words | split(\" \") | length) == 20 and .partner_fingerprint != null and .settings.scope == \"assigned\""' - "$tmp/berlin"
check "a paired link invites its partner once more" says 0 'goes on as it is until somebody joins' a link invite hamburg --out third.handshake
check "who is at the slave's does not" says 1 'its master invites' b link invite berlin --out fourth.handshake

check "nothing is assigned yet" prints "" b desk list
check "an unknown item is not assigned" ends 1 a link assign hamburg 1 99
check "an item is assigned" says 0 '1 item newly assigned' a link assign hamburg 1
check "a dry run shows what would be sent" says 0 'would send .*title' a sync hamburg --dry-run
check "and sends nothing" says 0 '"queued":0' a status hamburg --json
check "a setting of one run is checked" says 2 'unknown setting' a sync --set no.such=1
check "sync tells what it did" says 0 '^hamburg: 1 changes captured, 1 sealed' a sync hamburg
check "it travels" trip berlin hamburg
check "it has arrived" prints 'Pump leaks' sh -c '"$HANDSEL" --home "$1" desk list --json | jq -r .title' - "$tmp/hamburg"
check "its trace is told" says 0 'sealed' a trace hamburg 1
check "its trace has an event with all steps" sh -c '"$HANDSEL" --home "$1" trace hamburg 1 --json |
	jq -e ".state == \"live\" and (.events | any(.envelope != null and has(\"carried\") and has(\"done\")))"' - "$tmp/berlin"
check "an item that does not travel has none, and the way is told" says 1 'link assign' a trace hamburg 2
check "-q sync prints nothing" prints "" a -q sync hamburg
check "sync of all has the same keys for every link" same_keys a sync
check "status has the same keys for every link" same_keys a status
check "check finds nothing wrong" ends 0 a check hamburg
check "check has JSON" sh -c '"$HANDSEL" --home "$1" check hamburg --json | jq -es "length > 5 and all(.ok)"' - "$tmp/berlin"
check "the spool lists envelopes by their id" says 0 '^m[0-9]+ ' b spool list berlin --all
check "as JSON" same_keys b spool list berlin --all
check "an envelope is shown with what is in it" says 0 '"title"' b spool show berlin m2
check "an unknown envelope is told" ends 1 b spool show berlin m99
check "what lies in the spool is as it should be" ends 0 b spool verify berlin
check "nothing is held" says 0 'nothing waits' b hold list berlin
check "an item that does not wait is told" ends 1 b hold show berlin 1
check "nothing left to retry" ends 0 b hold retry berlin
check "no conflicts" says 0 'no conflicts' a conflict list hamburg
check "a conflict is asked for by its number" says 2 'is no number of a conflict' a conflict show hamburg one
check "an unknown conflict is told" ends 1 a conflict show hamburg 7

foreign=$(receive_of berlin hamburg)/readme.txt
echo hello >"$foreign"
check "a foreign file is counted" says 0 '^1 foreign file in RECEIVE' a spool list hamburg
check "and listed" says 0 '^readme.txt ' a spool list hamburg --foreign
check "and left alone" test -e "$foreign"

check "a setting is changed" ends 0 a link set hamburg sync.window=4 sync.resend='1 min'
check "it is shown" says 0 '^  sync.window +4' a link show hamburg
check "all settings or none" says 2 'sync.window: cannot be' a link set hamburg sync.resend='2 min' sync.window=many
check "none was" says 0 '^  sync.resend +1 min' a link show hamburg
check "a fixed setting stays" says 2 'user: is hamburg-sync' a link set hamburg user=other
check "a setting is taken away" ends 0 a link set hamburg sync.window=
refute "it is gone" says 0 'sync.window' a link show hamburg
check "with -v defaults are shown" says 0 '^  sync.window +8' a -v link show hamburg
check "a link is paused" ends 0 a link pause hamburg
check "that needs the operator" says 3 '^! hamburg +paused' a status hamburg
check "and sync says so" says 0 'paused' a sync hamburg
check "the command line wins over the file" says 0 '^hamburg: (nothing|[0-9])' a sync hamburg --set paused=no
check "for that run" says 0 'paused' a sync hamburg
check "a link is resumed" ends 0 a link resume hamburg
check "all is well again" ends 0 a status hamburg

mkdir out in
check "connecting nothing is a wrong use" says 2 'give --send' a link connect hamburg
check "a missing directory is refused" ends 1 a link connect hamburg --send nowhere
check "SEND and RECEIVE are not the same" ends 2 a link connect hamburg --send out --receive out
check "SEND and RECEIVE are pointed elsewhere" says 0 '^SEND +/.*/out$' a link connect hamburg --send out --receive in
check "the path is stored in full" says 0 '^  folder.send +/' a link show hamburg
a desk set 1 title='Pump leaks badly' >/dev/null
check "envelopes leave there" sh -c '"$1" --home "$2" -q sync hamburg && [ -n "$(ls out)" ]' - "$HANDSEL" "$tmp/berlin"
rm -r in
check "a folder that is away needs the operator" says 3 'is not there' a status hamburg
check "sync waits for it" says 3 'away: ' a sync hamburg
mkdir in

check "an open link is not removed" says 1 'is not removed' a link remove hamburg
check "what would be lost is told" says 1 'would lose' a link remove hamburg
check "a link is closed" says 0 '^hamburg: closes once' a link close hamburg
check "a damaged link is still listed" sh -c 'echo "no settings" >"$1/links/nord/link.conf" && "$HANDSEL" --home "$1" link list | grep -q "^nord  *damaged"' - "$tmp/berlin"
check "it is removed by force only" ends 1 a link remove nord
check "by force it is" ends 0 a link remove nord --force
check "a link is removed by force" says 0 'removed; the items stay' a link remove hamburg --force --yes
check "the items stay" says 0 'Valve' a desk list
check "no link is left" prints "" a link list
tap_end
