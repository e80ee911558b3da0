#!/bin/sh
# void - an envelope that is dropped before it is taken over: whichever of the two comes first counts
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99
every=${HANDSEL_SWEEP:-30}
[ "$every" != full ] || every=1
# More steps can fail than leave something when they die.
looks=$((every == 1 ? 1 : every * 3))

# Anna's next envelope, with EDIT; its id is $id.
sealed() {
	"$@" >/dev/null && sync_at anna bert && id=$(at anna --json spool list bert --direction out | jq -r .id | tail -n 1)
}

drop() {
	at anna spool drop bert "$@" --yes
}

# How far an envelope is, as Anna knows.
kind_of() {
	at anna --json spool list bert --all | jq -r "select(.id == \"$1\") | .kind"
}

equal() {
	settle anna bert && same_desks anna bert && silent anna bert && calm anna bert && calm bert anna
}

met || exit 99
at anna desk new title=Pump >/dev/null
at anna desk new title=Valve >/dev/null
settle anna bert || exit 99
keep met

# ---- before anybody had it

sealed at anna desk set 1 title=Secret || exit 99
slip=$(cd "$(send_of anna bert)" && ls -- *.gpg)
check "dropping is asked for" says 2 'say --yes' at anna spool drop bert "$id"
check "and nothing was done" prints changes kind_of "$id"
at anna desk set 1 title=Fine >/dev/null
check "it is dropped, with a note" says 0 "^$id +goes without its changes +1 change is not sent" drop "$id" --note 'a slip'
check "the note stands in the log" says 0 'a slip' at anna log bert --what voided
check "its file is taken back" test ! -e "$(send_of anna bert)/$slip"
check "and is not kept" prints 1 lies_in anna/links/bert/outbox
check "it cannot be dropped twice" says 1 "$id has been dropped already" drop "$id"
check "both sides come to be equal" equal
check "what was dropped never left" never_travelled anna bert Secret
check "what replaced it did" travelled anna bert '"kind":"void"'
check "the item went as it was by then" prints '"Fine"' value bert 1 title
check "what the partner has cannot be dropped" says 1 "the partner has $id" drop "$id"
check "nor what is no change" says 1 'the partner has m1' drop m1
check "what was never sealed is told" says 1 'the last envelope sealed here' drop m4711
check "both kinds at once are a slip" says 2 'one after the other' drop m1 s1
check "an envelope of the partner is looked for in quarantine" says 1 'no s1 in quarantine' drop s1
at anna desk set 1 title=Two >/dev/null && sync_at anna bert && at anna desk set 2 title=Three >/dev/null && sync_at anna bert
check "a range is dropped at once" says 0 '' drop "$(at anna --json spool list bert --direction out | jq -rs 'map(.id) | "\(.[0])-\(.[-1])"')"
check "both sides come to be equal again" equal

# ---- after the partner had it

had_it() {
	sealed at anna desk set 1 title=Known && carry anna bert && sync_at bert anna && rm -f "$(send_of bert anna)"/* &&
		drop "$id"
}

check "one that the partner has is dropped, as nobody knows" had_it
check "it was a copy; both are equal" equal
check "nobody stopped" prints running sh -c '"$HANDSEL" --home bert status anna --json | jq -r .state'

# ---- ahead of a gap, in either order

ahead() {
	again met && at anna desk set 1 title=First >/dev/null && sync_at anna bert && mkdir -p "$1" &&
		mv "$(send_of anna bert)"/*.gpg "$1/" && sealed at anna desk set 2 title=Second
}

original_first() {
	ahead gap1 && carry anna bert && sync_at bert anna && drop "$id" && sync_at anna bert && carry anna bert &&
		sync_at bert anna && mv gap1/*.gpg "$(receive_of bert anna)/" && sync_at bert anna && equal
}

void_first() {
	ahead gap2 && mkdir old && cp "$(send_of anna bert)"/*.gpg old/ && drop "$id" && sync_at anna bert && carry anna bert &&
		sync_at bert anna && cp old/*.gpg "$(receive_of bert anna)/" && sync_at bert anna &&
		mv gap2/*.gpg "$(receive_of bert anna)/" && sync_at bert anna && equal
}

check "the original came first, ahead of a gap" original_first
check "the other one came first" void_first

# The same number with other content, genuinely signed: an old copy of a state, or a forger who has the key.
fork() {
	ahead gap3 && file=$(cd "$(send_of anna bert)" && ls -- *.gpg) && unwrap "$(send_of anna bert)/$file" "$tmp/plain" &&
		carry anna bert && sync_at bert anna && sed -i 's/Second/Forged/' plain/changes.jsonl &&
		wrap "$tmp/plain" "$tmp/forged" && cp forged "$(receive_of bert anna)/$(named forged "$file")"
	ends 3 at bert -q sync anna || ends 1 at bert -q sync anna
	says 3 'came twice, with different content' at bert status anna
}

check "anything else under the same number stops the link" fork

# ---- what else is in it

# Bert's value is refused by Anna; the answer goes with her next change.
answers() {
	again met && at bert desk attach 1 "$srcdir/README.md" >/dev/null && sync_at bert anna && carry bert anna &&
		at anna desk comment 1 'goes with the acknowledgement' >/dev/null && sealed true && drop "$id" && equal &&
		counts bert '.comments[]' 1
}

# A file in an envelope of its own: nobody waits for it any more, and a new start brings it.
big() {
	again met && at anna link set bert 'sync.big_file=64 KiB' >/dev/null && head -c 90000 /dev/urandom >photo &&
		sealed at anna desk attach 1 photo && drop "$id" && settle anna bert &&
		counts bert '.files[]' 0 && at anna resync bert --item 1 >/dev/null && equal && counts bert '.files[]' 1
}

check "acknowledgements in it count all the same" answers
check "a big file is dropped, and comes by a resync" big

# ---- each step dies and fails

again met
sealed at anna desk set 1 title=Secret || exit 99
at anna desk set 1 title=Fine >/dev/null
keep slip

# A drop whose STEPth step does KIND, and what an operator does then.
broken() {
	again slip || return 1
	HANDSEL_TEST_FAULT=any:$1:$2 drop "$id" >broken.txt 2>&1
	case $? in
	0) reached=no ;;
	esac
	[ "$(kind_of "$id")" = void ] || drop "$id" || { cat broken.txt; return 1; }
	rm -rf seen && equal && never_travelled anna bert Secret && [ "$(lies_in anna/links/bert/outbox)" -eq 0 ]
}

# KIND EVERY
sweep() {
	step=1
	reached=yes
	while [ $reached = yes ] && [ $step -lt 5000 ]; do
		broken $step "$1" >why.txt 2>&1 || { echo "step $step"; cat why.txt; return 1; }
		step=$((step + $2))
	done
	echo "only $step steps"
	[ $step -gt 8 ]
}

check "a drop that dies at any step is finished by the next" sweep die "$every"
check "one that fails, too" sweep fail "$looks"
check "no process is left" idle
tap_end
