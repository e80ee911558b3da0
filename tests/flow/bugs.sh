#!/bin/sh
# bugs - whole tables of issues go over a link, every cell of them, and then there is silence
#
# The large table is optional: HANDSEL_BUGS_CSV names it, or it lies in ../shared/data.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
small=$here/../data/small.csv
large=${HANDSEL_BUGS_CSV:-${srcdir:-$here/../..}/../shared/data/seamonkey_bugs.csv}

# load SITE FILE: imports all columns and says what came of it.
load() {
	at "$1" desk import --csv "$2" --key 'Issue id' --map Summary=title --map Description=description \
		--map Status=state --map Priority=priority --map Resolution=resolution \
		--map Created=created --map Resolved=resolved --json
}

# loads SITE FILE FILTER: what the import counted fits jq's FILTER.
loads() {
	loads_is=$(load "$1" "$2") && printf '%s\n' "$loads_is" && printf '%s\n' "$loads_is" | jq -es "length == 1 and (.[0] | $3)"
}

holds() {
	[ "$(at "$1" desk list --json | jq -s length)" -eq "$2" ]
}

# table NAME FILE ROWS: FILE from site NAME-a to NAME-b, and edits of many rows back.
table() {
	a=$1-a b=$1-b csv=$2 rows=$3 edited=$tmp/$1.csv
	sed 's/OPEN/BUSY/; s/FIXED/DONE/; s/P[1-3]/P9/' "$csv" >"$edited"
	check "$1: two sites are paired" eval "site $a $b && pair $a $b --scope all"
	check "$1: the table comes into one desk" loads $a "$csv" ".new == $rows and .changed == 0"
	check "$1: it is carried over" settle $a $b
	check "$1: every row is there" holds $b "$rows"
	check "$1: both desks are equal" same_desks $a $b
	check "$1: the sender waits for nothing" calm $a $b
	check "$1: nor does the receiver" calm $b $a
	check "$1: a further round sends nothing" silent $a $b
	check "$1: the receiver's desk holds every cell of the table" loads $b "$csv" ".same == $rows"
	check "$1: so the same table there is no edit" silent $b $a
	check "$1: many rows are edited there" loads $b "$edited" '.new == 0 and .changed > 20'
	check "$1: the edits come back" settle $b $a
	check "$1: the first desk holds every one of them" loads $a "$edited" ".same == $rows"
	check "$1: and the desks are equal again" same_desks $a $b
	check "$1: none of them was a conflict" no_conflicts $a $b
	check "$1: nothing waits" calm $a $b
	check "$1: and all is silent" silent $a $b
}

# Cells that are easily damaged, as the receiver has them.
odd_cells() {
	jq -n --slurpfile all "$tmp/desk-small-b" '
		def of(k): $all | map(select(.fields.key == k)) | .[0].fields;
		[ of("4002").description == "The label says \"hot\".\nThe pipe says \"\"cold\"\".\nNobody says \"why\".",
		  of("4003").title == "Ventil schließt nicht; Öl tropft",
		  (of("4004").title | endswith("🔥")),
		  of("4005").description == "first line\nsecond line\n\nfourth line",
		  (of("4007") | has("description") | not),
		  of("4008").description == "  two before, two behind  \n\n\n",
		  of("4028").description == "ab" * 4000,
		  of("4035").created == "2020-12-31T23:59:59Z",
		  of("4038").created == "2021-03-27T21:00:00Z" ]' >"$tmp/odd" && cat "$tmp/odd" &&
		jq -e all "$tmp/odd"
}

table small "$small" 40
check "small: odd cells came over as they are" odd_cells

if [ -r "$large" ]; then
	site count
	rows=$(load count "$large" | jq .new)
	check "large: it is large" test "${rows:-0}" -gt 500
	table large "$large" "$rows"
else
	skip "large: a real table goes over a link" "$large is not there"
fi
tap_end
