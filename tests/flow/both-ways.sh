#!/bin/sh
# both-ways - edits of both sides cross, and both end equal, by every policy
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
FLOW_LEAKS=yes
. "$here/lib.sh"
. "$here/says.sh"

# shows SITE ID FILTER: jq's FILTER is true of the item.
shows() {
	shows_is=$(at "$1" desk show "$2" --json | jq -c "del(.history)") && printf '%s\n' "$shows_is" &&
		printf '%s\n' "$shows_is" | jq -es "length == 1 and (.[0] | $3)" >/dev/null
}

both_show() {
	shows a "$1" "$2" && shows b "$1" "$2"
}

gone() {
	for gone_site in a b; do
		gone_text=$(at $gone_site desk show "$1" 2>&1)
		printf '%s\n' "$gone_text" | grep -q '^handsel: no item ' || { printf '%s\n' "$gone_text"; return 1; }
	done
}

# logged SITE LINK FILTER: a line of the conflict list fits.
logged() {
	logged_is=$(at "$1" conflict list "$2" --json)
	printf '%s\n' "$logged_is"
	printf '%s\n' "$logged_is" | jq -es "any(.[]; $3)" >/dev/null
}

has_bytes() {
	cmp "$tmp/$1/desk-files/$(sha256sum <"$2" | sed 's/ .*//')" "$2"
}

# round NAME A B: all that follows every change here.
round() {
	check "$1: a round" settle "$2" "$3"
	check "$1: both desks are equal" same_desks "$2" "$3"
	check "$1: then silence" silent "$2" "$3"
}

# ---- edits, things and references ----

# Files above 64 KiB travel in envelopes of their own.
check "two sites are paired" eval 'site a b && pair a b --scope all --set "sync.big_file=64 KiB"'
first=$(at a desk new title='First' description='as made' state=open)
second=$(at a desk new title='Second')
third=$(at b desk new title='Third')
first=$(uid_of a "$first") second=$(uid_of a "$second") third=$(uid_of b "$third")
round "items of both sides" a b

printf 'bytes of a\0\n' >"$tmp/from-a.bin"
printf 'of the item to be deleted\n' >"$tmp/small.txt"
head -c 150000 /dev/urandom >"$tmp/big.bin"
head -c 100000 /dev/urandom >"$tmp/from-b.bin"
cross() {
	at a desk set "$first" title='First, renamed' &&
		at b desk set "$first" description='as changed' priority=high &&
		at a desk comment "$first" 'a says' && at b desk comment "$first" 'b says' &&
		at a desk attach "$first" "$tmp/from-a.bin" && at b desk attach "$first" "$tmp/from-b.bin" &&
		at a desk attach "$second" "$tmp/small.txt" "$tmp/big.bin" &&
		at a desk relate "$first" blocks "$second" && at b desk relate "$third" relates "$first" &&
		at a desk row "$first" work hours=3 by=erika && at b desk row "$first" work hours=5 by=max &&
		child=$(at a desk new title='Child') && parent=$(at a desk new title='Parent') &&
		child=$(uid_of a "$child") && parent=$(uid_of a "$parent") && at a desk set "$child" parent="$parent" &&
		at b desk set "$third" parent="$second"
}
check "both sides change much of one item" cross
child=$(at a desk list title=Child --json | jq -r .uid) parent=$(at a desk list title=Parent --json | jq -r .uid)
round "crossing changes" a b
check "every field edit has won" both_show "$first" \
	'.fields | .title == "First, renamed" and .description == "as changed" and .priority == "high" and .state == "open"'
check "both comments are there" both_show "$first" '[.comments[].text] | sort == ["a says", "b says"]'
check "both files are there" both_show "$first" '[.files[].name] | sort == ["from-a.bin", "from-b.bin"]'
check "with the very bytes of one" has_bytes b "$tmp/from-a.bin"
check "and of the other" has_bytes a "$tmp/from-b.bin"
check "both rows are there" both_show "$first" '[.rows[].fields.hours] | sort == ["3", "5"]'
check "both relations are there" both_show "$first" '[.relations[].type] | sort == ["blocks", "relates"]'
check "a child made before its parent has it" test \
	"$(at b desk show "$child" --json | jq -r .parent)" = "$(at b desk show "$parent" --json | jq -r .id)"
check "nothing of it was a conflict here" no_conflicts a b
check "nor there" no_conflicts b a
check "nothing waits" calm a b

# thing SITE LIST FILTER: the local id of a thing of the first item.
thing() {
	at "$1" desk show "$first" --json | jq -r ".$2[] | select($3) | .id"
}

# ---- edits and removals of things ----

check "each side edits the other's comment" eval '
	at a desk comment --edit "$(thing a comments ".text == \"b says\"")" "b says, a corrected" &&
	at b desk comment --edit "$(thing b comments ".text == \"a says\"")" "a says, b corrected"'
check "a row is edited there" at b desk row "$first" work hours=4 --edit "$(thing b rows '.fields.hours == "3"')"
round "edited things" a b
check "both edits of comments are there" both_show "$first" \
	'[.comments[].text] | sort == ["a says, b corrected", "b says, a corrected"]'
check "the row's edit left its other field" both_show "$first" \
	'[.rows[].fields | [.hours, .by]] | sort == [["4", "erika"], ["5", "max"]]'

check "things are removed on either side, and an item" eval '
	at a desk remove "$(thing a comments ".text | startswith(\"b says\")")" &&
	at b desk remove "$(thing b files ".name == \"from-a.bin\"")" &&
	at a desk remove "$(thing a rows ".fields.hours == \"5\"")" &&
	at b desk relate "$first" blocks "$second" --remove &&
	at b desk set "$third" parent= && at b desk delete "$child" && at a desk set "$first" state='
round "removals" a b
check "the comment, file, row and relation are gone, the others are not" both_show "$first" '
	[.comments[].text] == ["a says, b corrected"] and [.files[].name] == ["from-b.bin"] and
	[.rows[].fields.hours] == ["4"] and [.relations[].type] == ["relates"]'
check "the parent is taken away" both_show "$third" '.parent == null'
check "an emptied field is empty" both_show "$first" '.fields | has("state") | not'
check "the deleted item is gone on both sides" gone "$child"

# ---- things of one kind edited on both sides; deletions that cross ----

check "both sides edit, remove and delete the same" eval '
	at a desk remove "$(thing a comments true)" && at b desk comment --edit "$(thing b comments true)" "kept" &&
	at_time 60 b desk row "$first" work hours=8 --edit "$(thing b rows true)" &&
	at_time 120 a desk row "$first" work by=anna --edit "$(thing a rows true)" &&
	at a desk delete "$second" && at b desk set "$second" title="Second, still wanted" &&
	at b desk attach "$second" "$tmp/from-b.bin" && at b desk comment "$second" "do not delete" &&
	at b desk delete "$third" && at a desk comment "$third" "just a word" &&
	at a desk delete "$parent" && at b desk delete "$parent" &&
	fresh=$(at a desk new title="Fresh parent") && at a desk set "$first" parent="$fresh"'
round "crossing removals" a b
check "an edited comment wins over its removal" both_show "$first" '[.comments[].text] == ["kept"]'
check "a row takes the edits of both" both_show "$first" '[.rows[].fields | [.hours, .by]] == [["8", "anna"]]'
check "an edited item wins over its deletion and is made again" both_show "$second" '
	.fields.title == "Second, still wanted" and ([.files[].name] | sort) == ["big.bin", "from-b.bin", "small.txt"] and
	[.comments[].text] == ["do not delete"]'
check "with the bytes of its files" has_bytes a "$tmp/small.txt"
check "large ones, too" has_bytes a "$tmp/big.bin"
check "so does one with a new comment" both_show "$third" '.fields.title == "Third" and [.comments[].text] == ["just a word"]'
check "what both deleted is gone" gone "$parent"
check "an older item has gone below a new one" both_show "$first" '.parent != null'

# ---- one item alone ----

check "two items are edited, one of them is sent" eval '
	at a desk set "$second" title="Second, alone" && at a desk set "$third" title="Third, later" &&
	{ at a -q sync b --item "$second" || [ $? -eq 3 ]; } && carry a b && sync_at b a'
check "the one is there" prints "\"Second, alone\"" value b "$second" title
check "the other is not" prints "\"Third\"" value b "$third" title
check "an item that is not here is named" says 1 "no-such" at a sync b --item no-such
check "which link it is must be said" says 2 "for one link" at a sync b b --item "$second"
round "what waited" a b
check "then the other one travels, too" both_show "$third" '.fields.title == "Third, later"'
check "nothing waits after that" calm a b
check "nor at the partner's" calm b a
tap_end
