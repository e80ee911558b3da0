#!/bin/sh
# behind - a state that is put back by a raw copy is told by what it has sent, before it sends anything
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

state_of() {
	at "$1" status "$2" --json | jq -r .state
}

last_of() {
	at "$1" status "$2" --json | jq -r .last_out_id
}

# Anna's folder lies elsewhere than her site, as it mostly does.
put_back() {
	rm -rf anna && cp -a copy anna
}

equal() {
	settle anna bert && same_desks anna bert && silent anna bert
}

met || exit 99
mkdir share && at anna -q link connect bert --send "$tmp/share" --receive "$tmp/anna/links/bert/exchange/RECEIVE" || exit 99
send_of() {
	if [ "$1" = anna ]; then printf '%s' "$tmp/share"; else printf '%s' "$tmp/$1/links/$2/exchange/SEND"; fi
}

at anna desk new title=Pump >/dev/null
check "two sites have something" equal
last=$(last_of anna bert)
cp -a anna copy
at anna desk set 1 title='Pump, sent since' >/dev/null
sync_at anna bert
check "Anna has sent more" test "$(last_of anna bert)" != "$last"
sent=$(cd share && ls -- *-m[0-9]*)
cp "share/$sent" "$sent"

# ---- what was sent has not been carried yet

put_back
for i in $(seq 30); do
	echo $i >x
	cp x "share/$(named x "$sent")"
done
mv "share/$sent" away
at anna -q sync bert
check "names that anybody can make are no sign of anything" test "$(state_of anna bert)" = running
mv away "share/$sent"
at anna desk set 1 title='Pump, by the old copy' >/dev/null
at anna -q sync bert
mv "share/$sent" away && rm -f share/* && mv away "share/$sent"
check "an old copy is noticed among many of them" says 3 'newer than this state' at anna status bert
check "it is told what to do" says 3 'begin anew from what both sides have' at anna status bert
check "nothing was sealed" test "$(last_of anna bert)" = "$last"
check "and nothing was sent" test "$(cd share && ls)" = "$sent"

# ---- it sealed while the folder was away

put_back
mv share away
at anna desk set 1 title='Pump, by the old copy' >/dev/null
at anna -q sync bert >/dev/null 2>&1
check "while the folder is away an old copy seals" test "$(last_of anna bert)" != "$last"
mv away share
at anna -q sync bert
check "but once it is there, sends nothing" test "$(cd share && ls)" = "$sent"
check "as it is noticed" says 3 'newer than this state' at anna status bert
at anna -q rebase bert --yes
for i in 1 2 3; do
	at anna -q sync bert
	carry anna bert
	at bert -q sync anna
	[ "$(state_of bert anna)" != stopped ] || at bert -q rebase anna --yes
	carry bert anna
done
check "both begin anew, and are equal" equal

# ---- what is no sign of it

check "what the pair of before has sent stays there" eval 'cp "$sent" share/ && sync_at anna bert && [ "$(state_of anna bert)" = running ]'
rm -f share/*
link8=$(printf '%s' "$sent" | sed 's/.*\(........\)-m[0-9].*/\1/')
check "a name that anybody can make is none" eval 'cp x "share/$(named x "$link8-m00000099-00000000.zip.gpg")" && sync_at anna bert &&
	[ "$(state_of anna bert)" = running ]'
rm -f share/*
at anna desk set 1 title=Slip >/dev/null && sync_at anna bert
cp share/*-m[0-9]* slip
slip=$(cd share && ls -- *-m[0-9]*)
at anna -q spool drop bert "$(last_of anna bert)" --yes || exit 99
cp slip "share/$slip"
check "what was dropped and came back is none" eval 'sync_at anna bert && [ "$(state_of anna bert)" = running ]'
check "and all goes on" equal

# ---- an outbox that is newer than the state

for i in 1 2; do
	at anna desk set 1 title="Pump $i" >/dev/null && sync_at anna bert
done
rm -f anna/links/bert/outbox/* share/*
HANDSEL_TEST_SHIFT=3700 at anna -q sync bert
check "what is not in the outbox is waited for" test "$(state_of anna bert)" = running
HANDSEL_TEST_SHIFT=7400 at anna -q sync bert
check "but not for ever, however much it is" says 3 'the outbox lacks what this state has not seen done' at anna status bert
tap_end
