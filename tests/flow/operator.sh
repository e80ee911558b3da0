#!/bin/sh
# operator - what waits for a person is shown, retried, given up or decided
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
cd "$tmp" || exit 99

# a: master, keeps every value; b: slave, with closed lists.  Priority waits for a person.
cat >contract.json <<'EOF'
{"version":1,"merge":1,"tolerance":2,
 "limits":{"field":1048576,"file":4294967296,"things":10000},
 "kinds":{"issue":{"fields":{
    "title":{"type":"text","policy":"latest"},
    "created":{"type":"time","policy":"first"},
    "state":{"type":"list","policy":"latest"},
    "priority":{"type":"list","policy":"hold"}},
  "parent":true,"relations":true,"comments":true,"files":true,"rows":true}}}
EOF

# ends STATUS COMMAND...: COMMAND ends with STATUS.
ends() {
	ends_want=$1
	shift
	"$@"
	ends_status=$?
	[ $ends_status -eq "$ends_want" ] || { echo "ended with $ends_status"; return 1; }
}

# shows FILTER COMMAND...: jq says true of the JSON lines that COMMAND prints.
shows() {
	shows_filter=$1
	shift
	"$@" >shown
	jq -e -s "$shows_filter" shown >/dev/null || { cat shown; return 1; }
}

state_at_b_is() {
	at b --json desk show "$b_item" | jq -e ".fields.state == \"$1\""
}

make_link() {
	site a b &&
		at a link new b --channel folder --scope all --contract contract.json \
			--set folder.settle=0 --set 'sync.big_file=64 KiB' --out ab.handshake &&
		at b link join ab.handshake --as a --scope all --set folder.settle=0 --yes
}

first_item() {
	at a desk new title='Crash on save' state=open priority=low && settle b a && settle a b &&
		at b desk value state open && at b desk value priority low high
}

waiting_link() {
	shows '.[0].state == "handshake" and (.[0].hints | length) > 0' at a --json status b &&
		shows '.[0].problems == [] and .[0].state == "handshake"' at b --json status a
}

check 'a link is made on both sides' make_link
check 'a link that waits for the partner says so and is no problem' waiting_link
check 'an item travels' first_item
a_item=$(at a --json desk list | jq -r .id)
b_item=$(at b --json desk list | jq -r .id)
check 'a link that runs has no problems' ends 0 at a status b
check 'nothing that would fail later is found' ends 0 at b check a

refuse_state() {
	at a desk set "$a_item" state="$1" title="$2" && trip a b && carry a b && sync_at b a
}

a_hold_is_a_problem() {
	ends 3 at b status a >status.txt && grep -q "! a  1 item waits.*handsel --home [^ ]*/b hold show a $b_item" status.txt
}

check 'a value that the list does not know waits' refuse_state strange 'Crash on saving'
check 'its item is listed, with the value and that a retry can help' \
	shows ".[0].id == \"$b_item\" and .[0].retry and .[0].listed[0].reg == \"state\" and
	       .[0].listed[0].value == \"strange\" and .[0].listed[0].reason == 502" at b --json hold list a
check 'what else was in the change is applied' \
	shows '.[0].fields.title == "Crash on saving"' at b --json desk show "$b_item"
check 'status names it with the command that helps' a_hold_is_a_problem
check 'a retry that helps nothing says what still waits' ends 3 at b hold retry a
check 'the value still waits' shows 'length == 1' at b --json hold list a
check 'the list learns the value' at b desk value state strange
check 'then a retry helps' ends 0 at b hold retry a "$b_item"
check 'the value is shown' state_at_b_is strange
check 'nothing waits any more' ends 0 at b status a

trace_at_a() {
	shows '.[0].events | any(.what == "sealed" and .carried != null and .stored != null and
	       .done != null) and any(.what == "answered" and .envelope != null)' \
		at a --json trace b "$a_item"
}

trace_at_b() {
	shows '.[0].events | any(.what == "applied" and (.text | contains("state=strange"))) and
	       any(.what == "retried")' at b --json trace a "$b_item"
}

check 'the trace where it was made tells when it left, was stored and was done' trace_at_a
check 'the trace where it came in tells what was applied' trace_at_b
check 'an item that does not travel has no trace' ends 1 at a trace b 999

drop_it() {
	at b hold drop a "$b_item" --yes --note 'not our word' && settle b a
}

check 'another value waits' refuse_state weird 'Crash on saving'
check 'a retry does not help it' ends 3 at b hold retry a "$b_item"
check 'it is told since when, how often it was tried, and what would help' \
	shows '.[0].since != null and .[0].tries == 1 and (.[0].advice | length > 0)' at b --json hold show a "$b_item"
check 'to give it up is asked for' ends 2 at b hold drop a "$b_item"
check 'and nothing was done' shows 'length == 1' at b --json hold list a
check 'it is given up' drop_it
check 'the note stands in the log' \
	shows 'any(.text | contains("not our word"))' at b --json log a --what dropped
check 'the partner gets back what is shown here' \
	shows '.[0].fields.state == "strange"' at a --json desk show "$a_item"
check 'and finds the value that lost in its conflicts' \
	shows 'any(.reg == "state" and .value == "weird" and (.open | not))' at a --json conflict list b
check 'what does not wait cannot be given up' ends 1 at b hold drop a "$b_item" --yes

# The bytes of a big file come in an envelope of their own; the record waits for them.
bytes_missing() {
	head -c 200000 /dev/urandom >big.bin && at a desk attach "$a_item" big.bin && sync_at a b &&
		first=$(find "$(send_of a b)" -name '*.gpg' | sort | head -n 1) &&
		mv "$first" "$(receive_of b a)/" && sync_at b a
}

bytes_arrive() {
	carry a b && sync_at b a && shows 'length == 0' at b --json hold list a && settle b a
}

check 'a record comes without the bytes of its file' bytes_missing
check 'it is held' shows '.[0].held == 1 and .[0].reason == 508' at b --json hold list a
check 'what it would change is shown' shows '.[0].records == ["1 file"]' at b --json hold show a
check 'a retry does not help' ends 3 at b hold retry a "$b_item"
check 'the bytes do, by themselves' bytes_arrive
check 'both desks are equal' same_desks a b

open_conflict() {
	at a desk set "$a_item" priority=high && at b desk set "$b_item" priority=low &&
		at a desk set "$a_item" priority=urgent && at b desk set "$b_item" priority=high && settle a b
}

open_at() {
	shows '.[0].open_conflicts == 1 and (.[0].problems | any(.command | contains("conflict list")))' \
		at "$1" --json status "$2"
}

resolve_it() {
	shows '.[0].mine == "high" and .[0].theirs == "urgent" and .[0].winner == null' \
		at b --json conflict show a "$number" &&
		at b conflict resolve a "$number" mine && settle b a
}

priorities_are() {
	shows ".[0].fields.priority == \"$1\"" at a --json desk show "$a_item" &&
		shows ".[0].fields.priority == \"$1\"" at b --json desk show "$b_item"
}

check 'both sides change what a person decides' open_conflict
check 'the conflict is open at a' open_at a b
check 'the conflict is open at b' open_at b a
number=$(at b --json conflict list a | jq -r 'select(.open).number')
check 'it is resolved' resolve_it
check 'both sides show what was chosen' priorities_are high
check 'it is closed at b' shows '.[0].open_conflicts == 0' at b --json status a
check 'it is closed at a' shows '.[0].open_conflicts == 0' at a --json status b
check 'it cannot be resolved twice' ends 1 at b conflict resolve a "$number" theirs
check 'a conflict that is not there is none' ends 1 at b conflict show a 4711

# ---- quarantine

# Two files named like envelopes of a: one as its name promises, one torn; and a stranger.
garbage() {
	link8=$(at a --json link show b | jq -r '.settings["link.id"] // .id' | cut -c 1-8)
	echo garbage >garbage
	sha=$(sha256sum <garbage | cut -c 1-8)
	cp garbage "$(receive_of b a)/$link8-m00000098-$sha.zip.gpg"
	cp garbage "$(receive_of b a)/$link8-m00000099-00000000.zip.gpg"
	cp garbage "$(receive_of b a)/notes.txt"
	ends 3 at b sync a
}

result_of() {
	shows ".[0].checks | any(.check == \"$2\" and .result == \"$3\")" at b --json spool show a "$1"
}

check 'garbage named like an envelope is taken' garbage
check 'it lies in quarantine, with the reasons' \
	shows '[.[] | select(.where == "quarantine") | .reason] | sort == [101, 305]' at b --json spool list a
check 'what is named otherwise is left alone' test -f "$(receive_of b a)/notes.txt"
check 'and reported' shows 'any(.file == "notes.txt")' at b --json spool list a --foreign
check 'a torn file is shown as torn' result_of m99 complete FAILED
check 'what is no message is shown as such' result_of m98 decrypt FAILED
check 'what was not looked at says so' result_of m98 signature 'not looked at'
check 'its exact bytes are kept' shows ".[0].sha256 == \"$(sha256sum <garbage | cut -d ' ' -f 1)\"" \
	at b --json spool show a m98
check 'verifying finds it' ends 3 at b spool verify a

own_envelope() {
	at a desk set "$a_item" title='Once more' && sync_at a b &&
		id=$(at a --json spool list b | jq -r 'select(.where == "outbox").id' | head -n 1) &&
		shows '(.[0].checks | all(.result == "ok")) and .[0].manifest.kind == "changes" and
		       .[0].lines[0].set.title.v == "Once more"' at a --json spool show b "$id"
}

no_secret() {
	for no_secret_id in m1 s1; do
		at b --json spool show a $no_secret_id
	done 2>&1 | { ! grep -E '"(proof|secret|key)"|PRIVATE KEY'; }
}

check 'an envelope in the outbox can be read by who made it' own_envelope
check 'the outbox is found whole' ends 0 at a spool verify b
check 'an envelope of the archive can be read' \
	shows '.[0].where == "archive" and (.[0].checks | all(.result == "ok"))' at b --json spool show a m1
check 'no proof or key is printed' no_secret
check 'an envelope that is not there is none' ends 1 at b spool show a m4711

# ---- what keeps a link from running

folder_away() {
	mv "$(receive_of b a)" "$tmp/mounted-elsewhere"
	shows '.[0].state == "away" and (.[0].problems | any(.text | contains("RECEIVE")))' at b --json status a &&
		ends 3 at b check a
	folder_away_status=$?
	mv "$tmp/mounted-elsewhere" "$(receive_of b a)"
	return $folder_away_status
}

paused() {
	at b link pause a && shows '.[0].state == "paused"' at b --json status a && at b link resume a
}

check 'a folder that is gone is told' folder_away
check 'a paused link says so' paused
tap_end
