#!/bin/sh
# carrier - whatever happens to files on their way: nothing is lost, nothing counts twice
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99
mkdir way old
sent=0

met || exit 99
send=$(send_of anna bert)
receive=$(receive_of bert anna)

# Anna says TEXT; $f is the envelope, on its $way.
next() {
	sent=$((sent + 1))
	# So that her window stays open.
	carry bert anna && sync_at anna bert && rm -f "$send"/* || return 1
	at anna desk comment 1 "$1" >/dev/null && sync_at anna bert || return 1
	f=$(cd "$send" && ls -- *-m0*)
	[ "$(printf '%s\n' "$f" | wc -l)" -eq 1 ] || { echo "on the way: $f"; return 1; }
	cp "$send/$f" old/ && mv "$send/$f" way/ && rm -f "$send"/*
	id=m$((1$(printf '%s' "$f" | sed 's/.*-m\([0-9]*\)-.*/\1/') - 100000000))
}

arrives() {
	cp "way/$f" "$receive/$f"
}

# One pass of Bert's, SECONDS later, with OPTIONS; what waits in quarantine is no failure.
bert() {
	at_time "${1:-0}" bert -q sync anna ${2:+--set "$2"}
	bert_status=$?
	[ $bert_status -eq 0 ] || [ $bert_status -eq 3 ]
}

# How often Bert has TEXT.
said() {
	at bert desk show 1 --json | jq --arg t "$1" '[.comments[] | select(.text == $t)] | length'
}

has() {
	[ "$(said "$1")" -eq 1 ]
}

lacks() {
	[ "$(said "$1")" -eq 0 ]
}

# It comes after all, and is taken.
comes() {
	rm -rf "$receive"/*
	arrives && bert && has "$1" && [ -z "$(ls -A "$receive")" ]
}

quarantined() {
	refused bert anna "$id" "$1" && [ -z "$(ls -A "$receive")" ]
}

# Of FILE, the byte in the middle becomes another.
flip() {
	flip_at=$(($(wc -c <"$1") / 2))
	flip_is=$(od -An -tu1 -j $flip_at -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\$(printf %o $((flip_is ^ 1)))" | dd of="$1" bs=1 seek=$flip_at conv=notrunc 2>/dev/null
}

at anna desk new title='Pump leaks' >/dev/null
settle anna bert || exit 99

# ---- cut short, growing, damaged ----

next truncated || exit 99
head -c 300 "way/$f" >"$receive/$f"
check "half a file is left alone at first" sh -c '"$HANDSEL" --home bert -q sync anna && [ -e "$1" ]' - "$receive/$f"
check "once it has rested it is looked at again" bert 100
check "and is quarantined as incomplete" quarantined 101
check "with its exact bytes" sh -c 'head -c 300 "way/$1" | cmp - "bert/links/anna/quarantine/$1"' - "$f"
check "the whole one is taken afterwards" comes truncated

next growing
grows() {
	head -c 200 "way/$f" >"$receive/$f" && sleep 7 && bert 0 folder.settle='12 s' &&
		head -c 400 "way/$f" | tail -c 200 >>"$receive/$f" && sleep 7 &&
		bert 0 folder.settle='12 s' && [ -s "$receive/$f" ] && lacks growing &&
		tail -c +401 "way/$f" >>"$receive/$f" && bert && has growing
}
check "a file that still grows is waited for, however long it takes" grows

next flipped
arrives
flip "$receive/$f"
check "a file with a wrong byte is left alone at first" sh -c '"$HANDSEL" --home bert -q sync anna; [ -e "$1" ]' - "$receive/$f"
check "then it is looked at again" bert 100
check "and is quarantined as damaged" quarantined 101
cp "way/$f" forged
flip forged
cp forged "$receive/$(named forged "$f")"
check "one whose name was made to fit is looked at at once" bert
check "and is quarantined for what PGP says" sh -c '"$HANDSEL" --home bert spool list anna --json |
	jq -es "any(.id == \"$1\" and (.reason == 302 or .reason == 305))"' - "$id"
check "the genuine one is taken afterwards" comes flipped

# ---- doubled, renamed, out of order, lost ----

next doubled
arrives
cp "way/$f" "$receive/$f (2)"
cp "way/$f" "$receive/copy of $f"
check "doubled files are taken" bert
check "and count once" has doubled
check "and are all removed" test -z "$(ls -A "$receive")"
arrives
check "a copy that comes later is removed" sh -c '"$HANDSEL" --home bert -q sync anna; [ ! -e "$1" ]' - "$receive/$f"
check "and changes nothing" has doubled

next renamed
cp "way/$f" "$receive/${f%.zip.gpg} (1).zip.gpg"
check "a file that was renamed is taken" bert
check "and is the same" has renamed
next upper-cased
cp "way/$f" "$receive/$(printf '%s' "$f" | tr a-z A-Z)"
check "a file in capitals is taken" bert
check "and is the same, too" has upper-cased

next first
one=$f
next second
two=$f
next third
cp "way/$f" "$receive/"
check "the third of three is stored" bert
check "but not applied before the others" lacks third
carry bert anna
check "its gap report comes home" sync_at anna bert
check "what is missing is offered again, and nothing else" prints "$one
$two" sh -c 'ls "$1" | grep -- -m0' - "$send"
rm -f "$send"/*
cp "way/$two" "$receive/"
check "the second is stored, too" bert
check "and waits for the first" lacks second
cp "way/$one" "$receive/"
check "with the first come all" bert
check "in their order" prints 'first second third' sh -c '"$HANDSEL" --home bert desk show 1 --json |
	jq -r "[.comments[].text | select(test(\"^(first|second|third)$\"))] | join(\" \")"'

next lost
check "what is lost is not offered again at once" sh -c '"$HANDSEL" --home anna -q sync bert; ! ls "$1" | grep -q -- -m0' - "$send"
check "but after the backoff" sh -c 'HANDSEL_TEST_SHIFT=3700 "$HANDSEL" --home anna -q sync bert; [ -e "$1" ]' - "$send/$f"
check "with the very same bytes" cmp "way/$f" "$send/$f"
rm -f "$send"/*
check "then more seldom" sh -c 'HANDSEL_TEST_SHIFT=9000 "$HANDSEL" --home anna -q sync bert; [ ! -e "$1" ]' - "$send/$f"
check "but again" sh -c 'HANDSEL_TEST_SHIFT=11000 "$HANDSEL" --home anna -q sync bert; [ -e "$1" ]' - "$send/$f"
check "it is taken in the end" comes lost

# ---- not from Anna, not for this link ----

mkdir -m 700 eve
GNUPGHOME=$tmp/eve gpg --batch --quiet --passphrase '' --quick-gen-key eve ed25519 sign never 2>/dev/null
hand bert anna --export "$(fpr bert anna)" | GNUPGHOME=$tmp/eve gpg --batch --quiet --import 2>/dev/null

eve() {
	GNUPGHOME=$tmp/eve gpg --batch --yes --quiet --trust-model always --output forged "$@"
}

forged_arrives() {
	cp forged "$receive/$(named forged "$f")" && bert
}

next foreign
unwrap "way/$f" "$tmp/plain" || exit 99
bert_key=$(fpr bert anna)
hand anna bert --local-user "$(fpr anna bert)" --output forged --sign plain.zip
check "a file that is only signed arrives" forged_arrives
check "it is refused on a link that encrypts" quarantined 304
eve --recipient "$bert_key" --sign --encrypt plain.zip
check "a file signed by a stranger arrives" forged_arrives
check "it is refused" quarantined 301
eve --recipient "$bert_key" --encrypt plain.zip
check "a file that nobody signed arrives" forged_arrives
check "it is refused, too" quarantined 303
eve --pinentry-mode loopback --passphrase open --symmetric plain.zip
check "a file encrypted by a passphrase arrives" forged_arrives
check "nor is that taken" sh -c '"$HANDSEL" --home bert spool list anna --json |
	jq -es "[.[] | select(.id == \"$1\")] | length == 4 and all(.reason > 300 and .reason < 400)"' - "$id"
GNUPGHOME=$tmp/eve gpgconf --kill gpg-agent

# edited REASON JQ-PROGRAM: Anna's keys seal a manifest that says something else.
edited() {
	unwrap "way/$f" "$tmp/plain" && jq -c "$2" plain/manifest.json >plain/m && mv plain/m plain/manifest.json &&
		wrap "$tmp/plain" "$tmp/forged" && forged_arrives && quarantined "$1"
}

# It is no news, and nobody has to look at it.
of_another_pair() {
	unwrap "way/$f" "$tmp/plain" && jq -c '.with = .epoch' plain/manifest.json >plain/m && mv plain/m plain/manifest.json &&
		wrap "$tmp/plain" "$tmp/forged" && forged_arrives && [ -z "$(ls "$receive")" ] &&
		"$HANDSEL" --home bert log anna | grep 'dropped .* belongs to another pairing' && ! refused bert anna "$id" 202
}

check "an envelope that names another link is refused" edited 201 '.link = "aaaaaaaaaaaaaaaaaaaaaaaaaa"'
check "one of another pairing is not taken" of_another_pair
check "one to another key" edited 203 '.to = .from'
check "one of another number than its name says" edited 106 '.number += 1'
check "one of another contract" edited 207 '.contract = "0000000000000000000000000000000000000000000000000000000000000000"'
check "one of an unknown kind" edited 106 '.kind = "no-such-kind"'
check "one of another role" edited 201 '.role = "s"'
check "and none of all these has changed anything" lacks foreign
check "the genuine one is taken afterwards" comes foreign

# ---- parts ----

check "Anna cuts large envelopes" at anna link set bert folder.part='64 KiB'
head -c 300000 /dev/urandom >photo
at anna desk attach 1 photo >/dev/null
sync_at anna bert
parts=$(cd "$send" && ls -r -- *.p0*)
check "there are five parts" test "$(printf '%s\n' "$parts" | wc -l)" -eq 5
lost_part=$(printf '%s\n' "$parts" | sed -n 3p)

# Parts of an envelope that nobody has ever made.
check "Bert has little room for parts" at bert link set anna limit.parts='1 MiB'
i=1
while [ $i -le 18 ]; do
	head -c 65536 /dev/urandom >junk
	mv junk "$receive/$(printf '%s\n' "$lost_part" | sed -E "s/-m[0-9]+-[0-9a-f]{8}\.p0*[0-9]+of0*[0-9]+-[0-9a-f]{8}/-m00000900-00000000.p$(printf %04d $i)of9999-$(sha256sum <junk | cut -c1-8)/")"
	i=$((i + 1))
done
bert
check "parts that never become whole fill no disk" test "$(du -sb bert/links/anna/parts | cut -f 1)" -le 1100000
check "the others stay where they lie" test "$(ls -A "$receive" | wc -l)" -eq 2
check "which is told" says 0 'see limit.parts' at bert log anna
rm -f "$receive"/*
cp "$send"/*.p0* old/
for part in $parts; do
	[ "$part" = "$lost_part" ] || cp "$send/$part" "$receive/"
	bert || exit 99
done
rm -f "$send"/*
check "parts are taken, the last one first" test -z "$(ls -A "$receive")"
check "the list tells how many are here" says 0 '4 of 5 parts' at bert spool list anna
check "what is not whole is not applied" prints 0 sh -c '"$HANDSEL" --home bert desk show 1 --json | jq ".files | length"'
cp "old/$lost_part" "$receive/"
flip "$receive/$lost_part"
check "a damaged part is looked at after a while" bert 100
check "and is quarantined" sh -c '"$HANDSEL" --home bert spool list anna --json | jq -es "any(.file == \"$1\" and .reason == 101)"' - "$lost_part"
check "Anna offers the parts again after the backoff" sh -c 'HANDSEL_TEST_SHIFT=3700 "$HANDSEL" --home anna -q sync bert; [ -e "$1" ]' - "$send/$lost_part"
mv "$send/$lost_part" "$receive/"
check "with the lost part" bert
check "the whole is there" prints "$(sha256sum <photo | cut -d ' ' -f 1)" sh -c '"$HANDSEL" --home bert desk show 1 --json | jq -r ".files[].sha256"'
cp old/*.p0* "$receive/"
check "parts of what is done are removed" sh -c '"$HANDSEL" --home bert -q sync anna; [ -z "$(ls -A "$1")" ]' - "$receive"
rm -f "$send"/*

# ---- what lies in RECEIVE and is no file of Anna's ----

next hostile
ln -s "$tmp/way/$f" "$receive/$f"
ln "way/$f" "$receive/$f (1)"
mkfifo "$receive/$f (2)"
mkdir "$receive/$f (3)"
cp "way/$f" "$receive/$f (3)/"
echo hello >"$receive/readme.txt"
cp "way/$f" "$receive/aaaaaaaa${f#????????}"
head -c 100 "way/$f" >"$receive/.$f.partial"
ls -lR "$receive" >before
# 3: something waits for the operator, which it does.
check "links, pipes and directories hold nothing up" ends 3 timeout 30 "$HANDSEL" --home bert -q sync anna
check "nothing of them is taken" lacks hostile
check "nor after a while" ends 3 timeout 30 env HANDSEL_TEST_SHIFT=100 "$HANDSEL" --home bert -q sync anna
check "they are not touched" sh -c 'ls -lR "$1" | diff before -' - "$receive"
at bert spool list anna --foreign --json >foreign
check "they are reported with their reason" sh -c 'jq -es "map(select(.reason == \"not a regular file\")) | length == 4" foreign'
check "so are files of others" sh -c 'jq -es "map(select(.reason == \"not an envelope of this link\")) | length == 2" foreign'
rm -rf "$receive/$f"* "$receive/.$f.partial" "way/copy"
check "the file itself is taken afterwards" sh -c 'cat "way/$1" >"$2/$1" && "$HANDSEL" --home bert -q sync anna; [ ! -e "$2/$1" ]' - "$f" "$receive"
check "once" has hostile
check "foreign files are there to the end" prints 'hello' cat "$receive/readme.txt"
rm -rf "$receive"/*

# ---- an old one after everything else ----

at anna link set bert folder.part=0
settle anna bert || exit 99
at bert desk show 1 --json >before
reasons bert anna >reasons-before
cp old/*-m0* "$receive/"
check "what came long ago comes again" bert
check "it is all removed" test -z "$(ls -A "$receive")"
check "it is no alarm" sh -c '"$HANDSEL" --home bert spool list anna --json | jq -r "select(.where == \"quarantine\") | \"\(.id) \(.reason)\"" | sort | diff reasons-before -'
check "and changes nothing" sh -c '"$HANDSEL" --home bert desk show 1 --json | diff before -'
settle anna bert
check "both sides are equal" same_desks anna bert
check "with every comment" prints "$sent" sh -c '"$HANDSEL" --home bert desk show 1 --json | jq "[.comments[].text] | unique | length"'
check "not one of them twice" prints "$sent" sh -c '"$HANDSEL" --home bert desk show 1 --json | jq ".comments | length"'
check "Anna waits for nothing" calm anna bert

# ---- a forged past ----

next forked
unwrap "way/$f" "$tmp/plain"
jq -c '.prev = "0000000000000000000000000000000000000000000000000000000000000000"' plain/manifest.json >plain/m
mv plain/m plain/manifest.json
wrap "$tmp/plain" "$tmp/forged"
check "an envelope that does not follow the one before comes" forged_arrives
check "it is quarantined" quarantined 205
check "and the link stops, with the reason" sh -c '"$HANDSEL" --home bert status anna --json |
	jq -e ".state == \"stopped\" and (.problems | any(.text | test(\"old copy\")))"'
arrives
check "a stopped link takes nothing" sh -c '"$HANDSEL" --home bert -q sync anna; [ -e "$1" ]' - "$receive/$f"
check "no process is left" idle
tap_end
