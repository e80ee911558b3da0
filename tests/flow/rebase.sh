#!/bin/sh
# rebase - a link whose sides no longer agree on what travelled begins anew, and nobody loses anything
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99

equal() {
	settle anna bert && same_desks anna bert && silent anna bert
}

# Both go on, in a pair of their own; what comes again from before is no news.
anew() {
	equal && calm anna bert && calm bert anna && [ -z "$(reasons anna bert)$(reasons bert anna)" ]
}

state_of() {
	at "$1" status "$2" --json | jq -r .state
}

# Until one has noticed; its clock goes on so that all is offered again.
noticed() {
	for noticed_i in 1 2 3; do
		[ "$(state_of anna bert)$(state_of bert anna)" = runningrunning ] || return 0
		at_time $((noticed_i * 100000)) anna -q sync bert
		carry anna bert
		at_time $((noticed_i * 100000)) bert -q sync anna
		carry bert anna
	done
	[ "$(state_of anna bert)$(state_of bert anna)" != runningrunning ]
}

# Anna begins, and Bert says yes if he is asked.
begin() {
	at anna -q rebase bert --yes && round && { [ "$(state_of bert anna)" != stopped ] || at bert -q rebase anna --yes; }
}

# Whatever lies there is carried, though a side may have stopped.
round() {
	for round_i in 1 2 3; do
		at anna -q sync bert
		carry anna bert
		at bert -q sync anna
		carry bert anna
	done
}

replay() {
	cp "$tmp/seen/anna-bert"/* "$(receive_of bert anna)/" && cp "$tmp/seen/bert-anna"/* "$(receive_of anna bert)/"
	equal && [ "$(state_of anna bert)$(state_of bert anna)" = runningrunning ] && [ -z "$(reasons anna bert)$(reasons bert anna)" ]
}

# Both sides are put back, and nobody knows what was carried meanwhile.
fresh() {
	again "$1" && rm -rf seen
}

put_back() {
	rm -rf "$1" && cp -a "before/$1" "$1"
}

# ---- what is refused

check "a link that is not there" says 1 'no link|no site|is no handsel' at anna rebase bert --yes
site anna bert && offer anna bert --scope all || exit 99
check "one that is not paired" says 1 'not paired yet' at anna rebase bert --yes
at bert -q link join anna-bert.handshake --as anna --scope all --yes && carry bert anna && sync_at anna bert || exit 99
check "nor one whose partner may not know it yet" says 1 'not paired yet' at anna rebase bert --yes
settle anna bert || exit 99
echo hello >note.txt
at anna desk new title=Pump state=open priority=high >/dev/null
at anna desk new title=Valve >/dev/null
at bert desk new title=Tank >/dev/null
settle anna bert || exit 99
pump=$(uid_of anna 1)
valve=$(uid_of anna 2)
tank=$(uid_of bert 1)
at anna desk comment 1 'from Anna' >/dev/null
at bert desk attach "$pump" note.txt >/dev/null
at anna desk relate 1 blocks 2 >/dev/null
check "two sites have something" equal
keep base
check "without a yes nothing is done" says 2 'say --yes' at anna rebase bert
check "and nothing was" anew

# ---- nothing differs

check "what would be is shown" says 0 'known when the partner has begun anew' at anna rebase bert --dry-run
check "Anna begins anew" says 0 'it goes on when the partner has' at anna rebase bert --yes
check "it is told" says 0 'waits for the partner to begin' at anna status bert
check "not twice" says 1 "the partner's turn" at anna rebase bert --yes
check "nothing is done to items meanwhile" says 1 'begins anew and waits' at anna resync bert --item 1
at anna desk set "$valve" title='Valve, edited while open' >/dev/null
sync_at anna bert && carry anna bert && sync_at bert anna
at bert desk set "$tank" title='Tank, edited while open' >/dev/null
check "Bert's says yes by itself, and edits of meanwhile are sent" anew
check "and no item was sent whole" never_travelled anna bert '"gen":2.*"full":true\|"full":true.*"gen":2'
check "what was carried before comes again, and harms nobody" replay
check "and once more" anew

fresh base
check "both begin at once" eval 'at anna -q rebase bert --yes && at bert -q rebase anna --yes && anew'

# ---- what is wrong in what is told

# Anna's word with lines made over by SED, genuinely signed.
wrong() {
	r=$(cd "$(send_of anna bert)" && ls | grep -- '-mr') && unwrap "$(send_of anna bert)/$r" "$tmp/f" &&
		sed "$1" f/changes.jsonl >f/c && mv f/c f/changes.jsonl && wrap "$tmp/f" "$tmp/forged" &&
		cp forged "$(receive_of bert anna)/$(named forged "$r")" && sync_at bert anna &&
		reasons bert anna | grep -qx "mr1 $2" && [ "$(state_of bert anna)" = running ] && at bert -q spool drop anna ALL --yes
}

fresh base
at anna -q rebase bert --yes
check "an item without a name is refused" wrong 's/"uid":"[^"]*"/"uid":"x"/' 108
check "so is a sum that is none" wrong 's/"sum":"[^"]*"/"sum":"live"/' 108
check "a generation that is none" wrong 's/"gen":[0-9]*/"gen":-1/' 108
check "and what is no item" wrong 's/"t":"item"/"t":"change"/' 108
check "the genuine one is taken" anew

# ---- while it is open

fresh base
at anna -q rebase bert --yes
at anna desk comment 1 'while it is open' >/dev/null
at anna desk set "$valve" state=closed >/dev/null
sync_at anna bert && carry anna bert && sync_at bert anna
at bert desk comment "$pump" 'there, too' >/dev/null
check "comments and changes of meanwhile come over" anew
check "both comments are there" counts bert 'select(.fields.title == "Pump") | .comments[]' 3

# ---- an old copy of all that Anna has

fresh base
mkdir -p before && rm -rf before/* && cp -a anna bert before/
at anna desk set 1 title='Pump, sent since' >/dev/null
at anna desk new title='made since by Anna' >/dev/null
at bert desk new title='made since by Bert' >/dev/null
at bert desk comment "$valve" 'said since' >/dev/null
equal || exit 99
put_back anna
at anna desk set 2 priority=low >/dev/null
at anna desk new title='made by the old copy' >/dev/null
check "an old copy is noticed" noticed
desk_of bert >bert.before
check "it is said what to do" says 3 'begin anew from what both sides have' at anna status bert
at anna -q rebase bert --yes
round
check "Bert's stops, as much differs" says 3 'begins anew: 2 items differ, 1 are here only, 1 there only|begins anew: . items differ' at bert status anna
check "nothing has come over yet" eval 'desk_of bert | diff bert.before -'
check "he sees which" says 0 'there only' at bert rebase anna --dry-run
check "and as JSON" eval "at bert rebase anna --dry-run --json | jq -e '.state == \"asked\" and .differing == 2 and .here == 2 and .there == 1 and (.items | length == 5)'"
check "to look changes nothing" says 3 'begins anew' at bert status anna
check "he says yes" says 0 'begun anew' at bert rebase anna --yes
check "both are equal" anew
check "what Anna had sent is here again" counts anna 'select(.fields.title == "made since by Anna" or .fields.title == "Pump, sent since")' 2
check "what Bert has made, too" counts anna 'select(.fields.title == "made since by Bert")' 1
check "what the old copy has made is there" counts bert 'select(.fields.title == "made by the old copy" or .fields.priority == "low")' 2
check "nothing is there twice" counts bert . 6
check "old envelopes harm nobody" replay

# ---- of the state alone, of the tracker alone, of both sides

fresh base
rm -rf before && mkdir before && cp -a anna bert before/
at anna desk new title='made since by Anna' >/dev/null
at bert desk new title='made since by Bert' >/dev/null
at bert desk set "$pump" title='Pump, edited since' >/dev/null
equal || exit 99
keep since
rm -rf anna/links && cp -a before/anna/links anna/
check "an old state is noticed" eval 'at anna desk set 2 state=closed && noticed'
check "they begin anew" begin
check "both are equal again" anew
check "and nothing is there twice" counts bert . 5
check "nor lost" counts anna 'select(.fields.title == "Pump, edited since" or .fields.state == "closed")' 2

fresh since
rm -rf anna/desk* && cp -a before/anna/desk* anna/
at anna -q sync bert
check "an old tracker: they begin anew" begin
check "and both are equal" anew
check "the tracker has again what it had lost" counts anna 'select(.fields.title | test("made since|edited since"))' 3

fresh since
put_back anna && put_back bert
at anna desk set 1 title='by the old Anna' >/dev/null
check "both are old copies" begin
check "and agree" anew
check "on what they have" counts bert 'select(.fields.title == "by the old Anna")' 1

# ---- in steps that die or fail

broken() {
	broken_at=$1:$2
	shift 2
	HANDSEL_TEST_FAULT=any:$broken_at at "$@" -q >/dev/null 2>&1
	[ $? -ne 137 ] || echo "$broken_at $*" >>reached
}

edits=0
broken_round() {
	edits=$((edits + 1))
	at anna desk set 1 "title=Round $edits" >/dev/null
	at bert desk set "$tank" "title=Round $edits" >/dev/null
	broken "$1" "$2" anna rebase bert --yes
	[ "$(state_of anna bert)" = rebase ] || at anna -q rebase bert --yes || return 1
	for broken_turn in 1 2 3; do
		broken "$1" "$2" anna sync bert
		at anna -q sync bert
		carry anna bert
		broken "$1" "$2" bert sync anna
		at bert -q sync anna
		carry bert anna
		[ "$(state_of bert anna)" != stopped ] || broken "$1" "$2" bert rebase anna --yes
		[ "$(state_of bert anna)" != stopped ] || at bert -q rebase anna --yes || return 1
	done
	anew
}

fresh base
for step in ${HANDSEL_SWEEP:+$(seq 1 60)} 2 13; do
	check "beginning anew in steps of which $step dies" broken_round "$step" die
	check "or fails" broken_round "$step" fail
done
for order in 'anna rebase' 'anna sync' 'bert sync' 'bert rebase'; do
	check "it did die in handsel $order" grep -q "$order" reached
done

tap_end
