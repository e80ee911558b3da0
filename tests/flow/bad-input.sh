#!/bin/sh
# bad-input - what is wrong is refused with one clear line, and nothing is changed by it
here=$(cd "$(dirname "$0")" && pwd)

# A disk that is full needs a mount, which needs a name space of our own.
for flags in -m -rm; do
	[ -z "$FLOW_MOUNTS" ] && unshare $flags sh -c 'mount -t tmpfs none /tmp' 2>/dev/null &&
		FLOW_MOUNTS=yes exec unshare $flags sh "$0" "$@"
done

. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

# What both sites show: items, links, settings, envelopes.
state() {
	for state_site in anna bert; do
		at $state_site desk export
		at $state_site link list --json | jq -c 'del(.free, .send_free, .oldest_unacked)'
		for state_link in "$state_site"/links/*; do
			[ -d "$state_link" ] || continue
			cat "$state_link/link.conf"
			find "$state_link/exchange/" -type f
			at $state_site spool list "${state_link##*/}" --all --json | jq -c 'del(.age)'
		done
	done 2>&1
}

seen() {
	state >before
}

# refuses STATUS PATTERN COMMAND...: one line that matches, perhaps a hint, and all is as it was
# when it was seen last.
refuses() {
	refuses_status=$1
	refuses_pattern=$2
	shift 2
	ends "$refuses_status" "$@" >out 2>err || { cat out err; return 1; }
	if [ -s out ] || [ "$(grep -c '^handsel: ' err)" -ne 1 ] || grep -qvE '^(handsel|hint): ' err ||
		! grep -qE -e "$refuses_pattern" err; then
		cat out err
		return 1
	fi
	state | diff before - || { cat err; return 1; }
}

# LENGTH: so many letters.
letters() {
	head -c "$1" /dev/zero | tr '\0' x
}

# DEPTH: so many brackets in brackets.
deep() {
	letters "$1" | tr x '['
	letters "$1" | tr x ']'
}

site anna bert || exit 99
at anna desk new title='Pump leaks' >/dev/null
at anna link new bert --channel folder --scope all --out good >/dev/null
seen

# ---- handshake files ----

join() {
	at bert -q link join "$1" --as anna --scope all --yes
}

check "a missing handshake file" refuses 1 'none: .*No such file' join none
: >empty
check "an empty one" refuses 1 'not a handshake file' join empty
check "a directory" refuses 1 'anna: ' join anna
{
	printf '\000'
	head -c 5000 /dev/urandom
} >noise
check "noise" refuses 1 'not a handshake file' join noise
letters 20000000 >huge
check "a huge one" refuses 1 'larger than' join huge
deep 10000 >nested
check "one of ten thousand brackets" refuses 1 'not a handshake file' join nested
head -c 700 good >short
check "one that was cut short" refuses 1 'short: ' join short
sed 's/anna/emma/' good >tampered
check "one that was changed" refuses 1 'tampered: ' join tampered
check "to look at it tells as much" refuses 1 'tampered: ' at bert link inspect tampered
check "an expired one" refuses 1 'good: expired' at_time 2700000 bert -q link join good --as anna --yes
check "one's own" refuses 1 'made by this very site' at anna -q link join good --as self --yes
check "one of another site, as if it were one's own" refuses 2 'made by another site' at bert -q link join good --as anna --same-site --yes

# ---- names, settings ----

check "a name that there is" refuses 1 'there is a link bert already' at anna link new bert --channel folder --out other
for name in 'Two Words' '../x' 'a/b' . .. '' "$(letters 300)" 'käse' '-x'; do
	check "the name \"$(printf '%.20s' "$name")\"" refuses 2 'name|unknown option' at anna link new --channel folder --out other -- "$name"
	check "joined as \"$(printf '%.20s' "$name")\"" refuses 2 'name' at bert -q link join good --yes --as "$name"
done
for pair in no.such=1 sync.poll=never sync.poll=0 sync.batch=0 sync.batch=many limit.envelope=-1 folder.send=here \
	paused=perhaps folder.settle=1e9 sync.window=99999999999999999999 novalue =x \
	link.id=aaaaaaaaaaaaaaaaaaaaaaaaaa link.role=slave user=root; do
	check "the setting $pair" refuses 2 '.' at anna link set bert "$pair"
done
check "a setting of a new link" refuses 2 'unknown setting' at anna link new carl --channel folder --out other --set no.such=1
check "a setting of a link that is joined" refuses 2 'sync.batch: cannot be' at bert -q link join good --as anna --yes --set sync.batch=0
check "a setting of one run" refuses 2 'sync.batch: cannot be' at anna sync bert --set sync.batch=0
check "none of them left a file" test ! -e other

# ---- contracts ----

printf '{"kinds":' >contract
deep 10000 >>contract
printf '}' >>contract
contract() {
	at anna link new carl --channel folder --out other --contract "$1"
}
check "a contract of ten thousand brackets" refuses 1 'contract: .*nested|deep' contract contract
check "a contract of noise" refuses 1 'noise: ' contract noise
check "a huge contract" refuses 1 'larger than' contract huge
check "a contract that is missing" refuses 1 'none' contract none

# ---- text ----

latin=$(printf 'caf\351')
check "a value that is not UTF-8" refuses 2 'title: is not valid UTF-8' at anna desk set 1 "title=$latin"
check "a name that is not UTF-8" refuses 2 'caf.xe9' at anna link new "$latin" --channel folder --out other
check "a setting that is not UTF-8" refuses 2 'link.description: ' at anna link set bert "link.description=$latin"
printf 'key,title\nk1,good\nk2,%s\n' "$latin" >latin.csv
table() {
	at anna desk import --csv "$1" --key key --map title=title
}
check "a table that is not UTF-8, with the line" refuses 1 'latin.csv.*3.*UTF-8|UTF-8.*line 3' table latin.csv
{
	printf 'key,title\nk1,good\nk2,'
	letters 2000000
	printf '\n'
} >large.csv
check "a value of two million letters, with the line" refuses 1 'large.csv line 3.* 2000000 ' table large.csv
printf 'key,title\nk1,"good\n' >open.csv
check "a table whose quote never ends" refuses 1 'open.csv' table open.csv
printf 'key,name\nk1,good\n' >other.csv
check "a table without the column" refuses 2 'title' table other.csv
check "a table of noise" refuses 1 'noise line 1' table noise
mkdir -p a/etc
echo secret >a/etc/x
check "a file by way of its parents comes under its own name" says 0 . sh -c 'mkdir -p a/b/c && cd a/b/c && "$HANDSEL" --home "$1" desk attach 1 ../../etc/x' - "$tmp/anna"
check "which is its last" prints x sh -c '"$HANDSEL" --home anna desk show 1 --json | jq -r ".files[].name"'

# ---- guesses, a second joiner ----

printf 'open sesame\n' >pass
printf 'open says me\n' >wrong
chmod 600 pass wrong
at anna link invite bert --passphrase-file pass --out locked >/dev/null
guess() {
	at bert -q link join locked --as anna --yes --scope all --passphrase-file "$1" >/dev/null && carry bert anna && sync_at anna bert
}
for i in 1 2 3 4; do
	check "guess $i is refused" guess wrong
done
check "four guesses leave the offer open" sh -c '"$HANDSEL" --home anna status bert --json | jq -e ".problems | all(.text | test(\"closed\") | not)"'
cp "$(find anna/links/bert/quarantine -name '*.zip.gpg' | head -n 1)" "$(receive_of anna bert)/"
check "a copy of a guess is no guess" sync_at anna bert
check "the offer is open still" sh -c '"$HANDSEL" --home anna status bert --json | jq -e ".problems | all(.text | test(\"closed\") | not)"'
check "the fifth guess is refused" guess wrong
check "and closes the offer, which the master is told" says 3 'closed after too many wrong proofs' at anna status bert
check "then the right word is of no use" guess pass
carry anna bert
sync_at bert anna
check "and Bert is told why" says 3 'closed' at bert status anna
check "each attempt is in quarantine" sh -c '[ "$("$HANDSEL" --home anna spool list bert --json | jq -r "select(.where == \"quarantine\") | .reason" | sort | uniq -c | xargs)" = "1 404 5 405" ]'

rm -f anna/links/bert/quarantine/*
at anna link invite bert --out fresh >/dev/null
site carl
at carl link join fresh --as anna --yes --scope all >/dev/null
at bert -q link join fresh --as anna --yes --scope all >/dev/null
carry bert anna
check "the first who joins is taken" sync_at anna bert
mv carl/links/anna/exchange/SEND/* "$(receive_of anna bert)/"
check "the second is refused" sync_at anna bert
check "with an alert to the master" says 3 's1 refused: the handshake file has been used by another key' at anna status bert
check "and told" sh -c 'cp "$1"/*-mx* carl/links/anna/exchange/RECEIVE/ && "$HANDSEL" --home carl -q sync anna; "$HANDSEL" --home carl status anna --json | jq -e ".state == \"refused\" and (.problems | any(.text | test(\"used by another key\")))"' - "$(send_of anna bert)"
find "$(send_of anna bert)" -name '*-mx*' -delete
check "the first is paired all the same" settle anna bert
check "and both are equal" same_desks anna bert
seen
check "a used handshake file" refuses 1 'already used by site "bert"' at bert -q link join fresh --as again --yes
rm -f anna/links/bert/quarantine/*

# ---- folders ----

seen
check "a SEND that is a file" refuses 1 'good' at anna link connect bert --send good
check "a RECEIVE that is missing" refuses 1 'none' at anna link connect bert --receive "$tmp/none"
check "one directory for both" refuses 2 'same directory' at anna link connect bert --send "$tmp" --receive "$tmp"
check "a RECEIVE that is a file is told by a pass" refuses 1 'good: Not a directory' at anna sync bert --set folder.receive="$tmp/good"
at anna desk comment 1 'while away' >/dev/null
mv anna/links/bert/exchange away
check "without its folders a pass waits for the operator" says 3 'away: .*gone' at anna sync bert
check "and status says where they should be" says 3 'exchange/SEND is not there' at anna status bert
mv away anna/links/bert/exchange
check "when they are back all goes on" settle anna bert
check "nothing was lost meanwhile" same_desks anna bert
chmod 755 anna/links/bert/keys
seen
check "keys that others can read" refuses 1 'open to other users' at anna sync bert
chmod 700 anna/links/bert/keys

# ---- from the partner ----

# What a name should not be: bad ones, and a good one.
letters 5 >letter
for i in 1 2 3 4 5; do
	echo $i >file$i
done
at anna desk new title='Hose' description='a hose' >/dev/null
at anna desk attach 2 file1 file2 file3 file4 file5 >/dev/null
sync_at anna bert
f=$(cd "$(send_of anna bert)" && ls -- *-m0*)
unwrap "$(send_of anna bert)/$f" "$tmp/plain"
jq -c --arg long "$(letters 300)" '
	{file1: "../../etc/x", file2: "/etc/x", file3: "..", file4: $long} as $names |
	if .things then .things |= map(if .v.name then .v.name |= ($names[.] // .) else . end) else . end' plain/changes.jsonl >plain/lines
check "a partner can write whatever name he likes" grep -q '[.][.]/[.][.]/etc/x' plain/lines
mv plain/lines plain/changes.jsonl
wrap "$tmp/plain" "$tmp/forged"
rm -f "$(send_of anna bert)"/*
find "$tmp" -name x -o -name 'xxxx*' >names-before
cp forged "$(receive_of bert anna)/$(named forged "$f")"
check "his envelope is taken" sync_at bert anna
check "with the item" prints '"Hose" "a hose"' sh -c '"$HANDSEL" --home bert desk export | jq -r "select(.fields.title == \"Hose\") | \"\\\"\(.fields.title)\\\" \\\"\(.fields.description)\\\"\""'
check "and the one file whose name is good" prints file5 sh -c '"$HANDSEL" --home bert desk export | jq -r "select(.fields.title == \"Hose\") | .files[].name"'
check "the others are refused for their names" sh -c '"$HANDSEL" --home bert hold list anna --json | jq -e "[.listed[].reason | select(. == 509)] | length == 4"'
check "nothing was written under such a name" sh -c 'find . -name x -o -name "xxxx*" | sed "s|^[.]|$1|" | diff names-before -' - "$tmp"

# ---- disks that are full ----

if [ "$FLOW_MOUNTS" = yes ]; then
	rm -rf anna bert
	met || exit 99
	mkdir small
	mount -t tmpfs -o size=256k none small
	at anna link connect bert --send "$tmp/small" >/dev/null
	at anna link set bert folder.reserve=0 || exit 99
	head -c 200000 /dev/urandom >photo
	at anna desk new title='Photo' >/dev/null
	at anna desk attach 1 photo >/dev/null
	head -c 150000 /dev/zero >small/filler
	check "a medium that is full waits for the operator" says 3 'away: .*disk is full' at anna sync bert
	check "nothing half done lies on it" prints filler ls -A small
	check "status says so" says 3 'nearly full: .*small' at anna status bert
	rm small/filler
	check "when there is room it goes" at anna -q sync bert
	check "as a whole" test "$(lies_in small)" -eq 1
	mv small/* "$(receive_of bert anna)/"
	at anna link connect bert --send "$tmp/anna/links/bert/exchange/SEND" >/dev/null
	umount small
	check "it arrives" settle anna bert
	check "both sides are equal after that" same_desks anna bert

	mv anna anna-before
	mkdir anna
	mount -t tmpfs -o size=$(($(du -sk anna-before | cut -f 1) + 3000))k none anna
	cp -a anna-before/. anna/
	at bert desk attach 1 photo >/dev/null
	at bert desk comment 1 'from Bert' >/dev/null
	at bert desk new title='From Bert' >/dev/null
	sync_at bert anna
	cp "$(send_of bert anna)"/* "$(receive_of anna bert)/"
	rm -f "$(send_of bert anna)"/*
	came=$(lies_in "$(receive_of anna bert)")
	for room in 0 5 20 60; do
		rm -f anna/room
		dd if=/dev/zero of=anna/room bs=4k count=$room 2>/dev/null
		dd if=/dev/zero of=anna/filler bs=4k 2>/dev/null
		rm -f anna/room
		at anna desk new title="With room for $room" >out 2>err
		desk_status=$?
		check "with $((room * 4)) KiB left the desk takes an item or says why not" sh -c 'cat out err; [ "$1" -eq 0 ] || { [ "$1" -eq 1 ] && grep -qi "full" err; }' - $desk_status
		at anna -q sync bert >out 2>err
		pass_status=$?
		check "and a pass says so, or does its work" sh -c 'cat out err; [ "$1" -eq 0 ] || [ "$1" -eq 3 ] || { [ "$1" -eq 1 ] && grep -qi "full" err && [ "$(grep -c ^handsel: err)" -eq 1 ]; }' - $pass_status
		[ $pass_status -eq 0 ] || check "and loses nothing" test "$(lies_in "$(receive_of anna bert)")" -eq "$came"
		rm -f anna/filler
	done
	check "when there is room again all goes on" settle anna bert
	check "both sides are equal in the end" same_desks anna bert
	mkdir anna-after
	cp -a anna/. anna-after/
	umount anna
	rmdir anna
	mv anna-after anna
	check "Anna waits for nothing" calm anna bert
	check "her state is whole" at anna check bert
else
	skip "disks that are full" "no mount is allowed here"
fi
check "no process is left" idle
tap_end
