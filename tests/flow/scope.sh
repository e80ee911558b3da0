#!/bin/sh
# scope - only what bears the value or is assigned travels; a site may be paired with itself
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"

# ---- scope and assignment ----

check "g shares what bears a label with h" eval '
	site g h && offer g h --scope labels=share && accept g h'
in=$(uid_of g "$(at g desk new title='For both' labels='other, share')")
out=$(uid_of g "$(at g desk new title='Aardwolf' description='only here' labels=sharepoint)")
late=$(uid_of g "$(at g desk new title='Late')")
check "they have to do with each other" eval '
	at g desk relate "$in" blocks "$out" && at g desk set "$in" parent="$out" && at h desk new title="Bongo of h"'
check "what bears it travels" settle g h
check "nothing else does" eval 'counts h . 2 && counts h "select(.uid == \"$in\" and .parent == null and .relations == [])" 1'
check "h shares nothing by itself" counts g . 3
check "the outsider, its uid and its words are in no envelope" never_travelled g h "Aardwolf\|only here\|$out"
check "nor what h keeps" never_travelled h g Bongo
check "an item is assigned, another gets the label" eval '
	at g link assign h "$out" && at g desk set "$late" labels=share && at h link assign g 1'
check "they travel" settle g h
check "all three are there" counts h 'select(.uid == "'"$in"'" or .uid == "'"$out"'" or .uid == "'"$late"'")' 3
check "with what was hidden between them" counts h '
	select(.uid == "'"$in"'" and .parent != null and [.relations[].type] == ["blocks"])' 1
check "and h's, here" counts g 'select(.fields.title == "Bongo of h")' 1
check "both desks are equal" same_desks g h
check "and silent" silent g h

# ---- one site paired with itself ----

# self_round: both ends of the site's link with itself, and what they made.
self_round() {
	self_moved=0
	for self_way in left:right right:left; do
		self_from=${self_way%:*} self_to=${self_way#*:}
		sync_at s $self_from || return 1
		self_moved=$((self_moved + $(lies_in "$(send_of s $self_from)")))
		for self_file in "$(send_of s $self_from)"/*; do
			[ ! -f "$self_file" ] || mv "$self_file" "$(receive_of s $self_to)/" || return 1
		done
	done
}

self_settle() {
	for self_i in 1 2 3 4 5 6; do
		self_round || return 1
		[ $self_moved -eq 0 ] && return 0
	done
	echo "still busy after $self_i rounds"
	return 1
}

check "a site offers itself a link" eval '
	site s && at s link new left --channel folder --scope labels=x --out "$tmp/self.handshake" >/dev/null'
refute "which it does not join by mistake" at s link join "$tmp/self.handshake" --as right --yes
check "but does when told" eval 'at s link join "$tmp/self.handshake" --as right --same-site --yes >/dev/null && self_settle'
check "items, one of which is to be copied" eval '
	at s desk new title="To be copied" labels="x, y" && at s desk new title="Not to be copied" labels=y &&
	at s desk comment 1 "with a word" && at s desk attach 1 "$here/lib.sh"'
check "it is" self_settle
check "once" counts s . 3
copy=$(at s desk export | jq -r 'select(.fields.title == "To be copied" and .id != "1") | .id')
check "under an id and a uid of its own" test -n "$copy" -a "$(uid_of s 1)" != "$(uid_of s "$copy")"

# twins FILTER: of the item and its copy.
twins() {
	for twin in 1 "$copy"; do
		twin_is=$(at s desk show "$twin" --json | jq -c 'del(.history)')
		printf '%s\n' "$twin_is"
		printf '%s\n' "$twin_is" | jq -es "length == 1 and (.[0] | $1)" >/dev/null || return 1
	done
}
check "with all it has" twins '.fields.labels == ["x", "y"] and (.comments | map(.text)) == ["with a word"] and (.files | length) == 1'
check "either is edited" eval '
	at s desk set 1 state=open && at s desk set "$copy" title="Copied" priority=high && at s desk comment "$copy" "said of the copy"'
check "the edits flow" self_settle
check "both ways" twins '.fields.state == "open" and .fields.title == "Copied" and .fields.priority == "high" and (.comments | length) == 2'
check "no further copy was made" counts s . 3
check "and all is silent" eval 'self_round && test $self_moved -eq 0'
check "the copy is deleted" eval 'at s desk delete "$copy" && self_settle'
check "and with it the item, but no other" counts s 'select(.fields.title == "Not to be copied")' 1
check "which is the last" counts s . 1
tap_end
