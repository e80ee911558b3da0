#!/bin/sh
# three - a site in the middle passes on only what it was told to, and nothing comes back
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"

# link A B OPTION...: both sides share all; the options are A's.
link() {
	link_a=$1 link_b=$2
	shift 2
	offer "$link_a" "$link_b" --scope all "$@" && accept "$link_a" "$link_b" --scope all
}

# hub MIDDLE LEFT RIGHT: rounds on both links until both are quiet.
hub() {
	for hub_i in 1 2 3 4 5 6; do
		settle_round "$1" "$2" && hub_moved=$settle_moved && settle_round "$1" "$3" || return 1
		[ $((hub_moved + settle_moved)) -eq 0 ] && return 0
	done
	echo "still busy after $hub_i rounds"
	return 1
}

all_count() {
	for all_site in $1; do
		counts "$all_site" "$2" "$3" || return 1
	done
}

# ---- relaying ----

check "a is linked to b and c, and relays" eval '
	site a b c && link a b --set sync.relay=yes && link a c --set sync.relay=yes'
check "an item of b" at b desk new title='Far away' state=open
far=$(uid_of b 1)
check "comes through" hub a b c
check "it is there once each" all_count 'a b c' 'select(.uid == "'"$far"'" and .fields.title == "Far away")' 1
check "and nothing else is" all_count 'a b c' . 1
check "both ends edit, comment and attach" eval '
	at b desk set "$far" priority=high && at c desk set "$far" state=done && at b desk comment "$far" "b was here" &&
	at c desk comment "$far" "c was here" && at c desk attach "$far" "$here/lib.sh" && at c desk new title="Back to b"'
check "it all comes through" hub a b c
check "b and a are equal" same_desks b a
check "c and a are equal" same_desks c a
check "each comment is there once" all_count 'a b c' '.comments[]' 2
check "so is the file" all_count 'a b c' '.files[]' 1
check "both edits are there" all_count 'a b c' 'select(.fields.priority == "high" and .fields.state == "done")' 1
check "nothing comes back to b" silent a b
check "nor to c" silent a c
check "the same field is edited at both ends" eval '
	at b desk set "$far" title="b calls it so" && at c desk set "$far" title="c calls it so"'
check "that ends" hub a b c
check "with b and a equal" same_desks b a
check "and c, too" same_desks c a
check "an item is deleted at one end" at c desk delete "$far"
check "the deletion comes through" hub a b c
check "to all" all_count 'a b c' 'select(.uid == "'"$far"'")' 0
check "nothing waits towards b" calm a b
check "nothing waits towards c" calm a c

# ---- not relaying ----

check "d is linked to e and f, and does not relay" eval 'site d e f && link d e && link d f'
check "items of d and of e" eval '
	own=$(uid_of d "$(at d desk new title="Made at d" state=open)") &&
	alien=$(uid_of e "$(at e desk new title="Quagga of e" description="zebrula")")'
own=$(uid_of d 1) alien=$(uid_of e 1)
check "travel" hub d e f
check "e and d have both" all_count 'd e' . 2
check "f has only what d made" all_count f 'select(.uid == "'"$own"'")' 1
check "and nothing else" all_count f . 1
check "e edits what d made" eval '
	at e desk set "$own" state=okapi priority=gnu && at e desk comment "$own" "a word by tapir" &&
	at e desk attach "$own" "$here/lib.sh"'
check "it reaches d" hub d e f
check "d shows it" all_count d 'select(.fields.state == "okapi" and (.comments | length) == 1 and (.files | length) == 1)' 1
check "f still shows what d made" all_count f 'select(.fields.state == "open" and .comments == [] and .files == [])' 1
check "d edits its item and that of e" eval '
	at d desk set "$own" title="Made at d, edited" priority=low && at d desk comment "$own" "a word by d" &&
	at d desk set "$alien" priority=low'
check "its own edits travel" hub d e f
check "f has them and nothing of e" all_count f 'select(.fields.title == "Made at d, edited" and
	.fields.priority == "low" and .fields.state == "open" and ([.comments[].text] == ["a word by d"]))' 1
check "d and e are equal" same_desks d e
check "nothing of e is in any envelope to f" never_travelled d f "Quagga\|zebrula\|okapi\|gnu\|tapir\|lib\.sh\|$alien"
check "though the search finds what was meant for f" travelled d f 'Made at d, edited'
check "nor did anything of it come back to e" never_travelled d e 'tapir\|zebrula'
check "all is silent towards e" silent d e
check "and towards f" silent d f


# ---- two partners of one item, of whom neither sees the other's values ----

# lost LINK VALUE...: is this, and nothing else, in the conflict log of d's link?
lost() {
	lost_link=$1
	shift
	lost_got=$(at d conflict list "$lost_link" --json |
		jq -r '.value | if type == "object" then .text else . end' | sort)
	lost_want=$(printf '%s\n' "$@" | sort)
	[ "$lost_got" = "$lost_want" ] || { echo "it is: $lost_got"; return 1; }
}

word_of() {
	at "$1" desk show "$both" --json | jq -r '.comments[0].id'
}

check "d makes an item for both, with a comment" eval '
	at d desk new title="Shared by all" due=2030-01-01 &&
	both=$(uid_of d 3) && at d desk comment "$both" "said by d"'
both=$(uid_of d 3)
check "it travels" hub d e f
check "nothing is lost yet" eval 'lost e && lost f'
check "e says otherwise, in the title and in the comment" eval '
	at e desk set "$both" title="e calls it so" && at e desk comment --edit "$(word_of e)" "said by e"'
check "d hears it" hub d e f
check "d shows it" all_count 'd e' 'select(.fields.title == "e calls it so" and .comments[0].text == "said by e")' 1
check "f does not" all_count f 'select(.fields.title == "Shared by all" and .comments[0].text == "said by d")' 1
check "f gives another title, empties a field and removes the comment" eval '
	at f desk set "$both" title="f calls it so" due= && at f desk remove "$(word_of f)"'
check "d hears that" hub d e f
check "d shows what f says" all_count 'd f' \
	'select(.fields.title == "f calls it so" and .fields.due == null and .uid == "'"$both"'" and .comments == [])' 1
check "what e said is in the log of the link to f, once" lost f "e calls it so" "said by e"
check "e goes on with its title and its date" all_count e \
	'select(.fields.title == "e calls it so" and .fields.due == "2030-01-01")' 1
check "but not with the comment: what is gone at d is gone for all" all_count e \
	'select(.uid == "'"$both"'" and .comments == [])' 1
check "e sets the date" at e desk set "$both" due=2031-01-01
check "d hears it" hub d e f
check "f deletes the item" at f desk delete "$both"
check "d hears that, too" hub d e f
check "it is gone for all" all_count 'd e f' 'select(.uid == "'"$both"'")' 0
check "the log has the date of e" lost f "e calls it so" "said by e" 2031-01-01
check "and that to e has nothing" lost e
check "all is silent towards e again" silent d e
check "and towards f" silent d f

tap_end
