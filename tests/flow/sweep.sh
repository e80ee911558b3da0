#!/bin/sh
# sweep - each step of a round dies once and fails once; ordinary passes finish what it left
#
# HANDSEL_SWEEP=full tries every step, HANDSEL_SWEEP=N every Nth; HANDSEL_SEED says which of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/break_kit.sh"
cd "$tmp" || exit 99
seed=${HANDSEL_SEED:-5}
every=${HANDSEL_SWEEP:-40}
[ "$every" != full ] || every=1
# More steps can fail than leave something when they die.
looks=$((every == 1 ? 1 : every * 3))
edits=0
echo "# HANDSEL_SEED=$seed: death at every ${every}th step, failure of every ${looks}th"

met || exit 99
at anna desk new title=Pump >/dev/null
at bert desk new title=Valve >/dev/null
settle anna bert || exit 99

# Both sides change both items; each says something once, and Anna makes a new one.
edit() {
	edits=$((edits + 1))
	head -c 2000 /dev/urandom >"photo-$edits"
	at anna desk set "$(id_of anna Pump)" "description=$edits" >/dev/null &&
		at bert desk set "$(id_of bert Pump)" "assignee=bert-$edits" >/dev/null &&
		at anna desk comment "$(id_of anna Valve)" "anna $edits" >/dev/null &&
		at bert desk comment "$(id_of bert Valve)" "bert $edits" >/dev/null &&
		at anna desk attach "$(id_of anna Pump)" "photo-$edits" >/dev/null &&
		at anna desk new title="Hose $edits" >/dev/null
}

id_of() {
	at "$1" desk list --json | jq -r --arg t "$2" 'select(.title == $t) | .id'
}

# A pass whose STEPth step does KIND, then an ordinary one.  $reached: there was such a step.
broken() {
	break_step "$3" "$4" at "$1" -q sync "$2" || {
		echo "$1: step $3 made it end with $broken_status"
		cat fault.txt
		return 1
	}
	# One line for people, none about memory.
	[ "$4" = die ] || [ "$(wc -l <fault.txt)" -le 2 ] || { cat fault.txt; return 1; }
	sync_at "$1" "$2"
}

round() {
	reached=no
	edit && broken anna bert "$1" "$2" && carry anna bert && broken bert anna "$1" "$2" &&
		carry bert anna && broken anna bert "$1" "$2" && carry anna bert && sync_at bert anna &&
		carry bert anna && same_desks anna bert
}

# round, run here, for $reached has to come out of it.
try() {
	round "$1" "$2" >round.txt 2>&1
	try_status=$?
	check "a pass that $3 at step $1 is finished by what follows" sh -c 'cat round.txt; exit "$1"' - $try_status
	return $try_status
}

# What each side said, each once.
said() {
	at "$1" desk show "$(id_of "$1" Valve)" --json | jq -r '.comments[].text' | sort
}

expected() {
	for i in $(seq "$edits"); do
		printf 'anna %s\nbert %s\n' "$i" "$i"
	done | sort
}

# KIND EVERY
sweep() {
	step=$((seed % $2 + 1))
	reached=yes
	while [ $reached = yes ] && [ $step -lt 5000 ]; do
		try $step "$1" "${1}s" || break
		step=$((step + $2))
	done
	check "there were steps at which it ${1}s" test $step -gt 50
	echo "# ${1}s: the last step is before $step"
}

sweep die "$every"
sweep fail "$looks"

check "at last both sides are silent" settle anna bert
check "and equal" same_desks anna bert
expected >expected
said anna >said-anna
said bert >said-bert
check "Anna has every comment once" diff expected said-anna
check "Bert has every comment once" diff expected said-bert
check "there are as many items as were made" prints $((edits + 2)) sh -c '"$HANDSEL" --home bert desk list --json | wc -l'
check "Anna waits for nothing" calm anna bert
check "Bert waits for nothing" calm bert anna
check "nothing is left of what was unfinished" prints "" find anna/links/bert/tmp bert/links/anna/tmp \
	anna/links/bert/outbox bert/links/anna/outbox anna/links/bert/inbox bert/links/anna/inbox \
	anna/links/bert/exchange bert/links/anna/exchange -type f ! -name '.handsel-*'
at anna desk new title=Late >/dev/null
at bert desk new title=Later >/dev/null
at_time 4000 anna -q sync bert
at_time 4000 bert -q sync anna
check "after an hour not even in SEND" prints "" find anna/links/bert/exchange bert/links/anna/exchange -name '.handsel-*'
check "no process is left" idle
tap_end
