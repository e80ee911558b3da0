#!/bin/sh
# run_kill - workers, helpers and supervisors are killed while both sides edit: all is there, once
#
# HANDSEL_SEED repeats the moments and the edits of an earlier run, HANDSEL_KILLS is how many.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
. "$here/daemons.sh"
trap 'all_stopped 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 99
kills=${HANDSEL_KILLS:-12}
items=20
seed=${HANDSEL_SEED:-$(date +%s)}
echo "# HANDSEL_SEED=$seed HANDSEL_KILLS=$kills"

# Four numbers below 1000 a line.
awk -v seed="$seed" -v n="$kills" 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++) print int(rand() * 1000), int(rand() * 1000), int(rand() * 1000), int(rand() * 1000)
}' >random

import() {
	at "$1" desk import --csv "$2" --key key --map title=title --map text=description >/dev/null
}

# SIDE FROM TO ROUND: rows of a table, whose keys are the side's own.
rows() {
	echo key,title,text
	for rows_i in $(seq "$2" "$3"); do
		printf '%s%d,%s %d,round %d\n' "$1" "$rows_i" "$1" "$rows_i" "$4"
	done
}

met && wired anna bert || exit 99
for side in anna bert; do
	rows $side 1 $items 0 >$side.csv
	import $side $side.csv
done
for side in "anna bert" "bert anna"; do
	at ${side% *} link set ${side#* } folder.poll='1 s' || exit 99
done
start anna && start bert && eventually same_desks anna bert >/dev/null || exit 99
at anna desk export | jq -r .uid >uids
uids=$(wc -l <uids)

# Ten edits: three rows and a new one on each side, both set one field of one item, both comment.
edit() {
	edit_row=$(($2 * items / 1000 % (items - 3) + 1))
	for side in anna bert; do
		rows $side $edit_row $((edit_row + 2)) "$1" >$side.csv
		printf '%s-new%d,%s new %d,\n' $side "$1" $side "$1" >>$side.csv
		import $side $side.csv || return 1
	done
	crossed=$(sed -n "$(($3 * uids / 1000 + 1))p" uids)
	at anna desk set "$crossed" assignee="anna $1" >/dev/null && at bert desk set "$crossed" assignee="bert $1" >/dev/null &&
		at anna desk comment "$crossed" "anna $1" >/dev/null && at bert desk comment "$crossed" "bert $1" >/dev/null
}

children() {
	cat "/proc/$1/task/$1/children" 2>/dev/null
}

# WHO SITE: the one that is to die, if there is one just now.
victim() {
	case $1 in
	0) pid_of "$2" ;;
	1) children "$(pid_of "$2")" ;;
	*) for victim_worker in $(children "$(pid_of "$2")"); do children "$victim_worker"; done ;;
	esac
}

names='supervisor worker helper'
hits=0
lost=0
round=0
while read -r when row which who; do
	round=$((round + 1))
	site=anna
	[ $((round % 2)) -eq 0 ] || site=bert
	kind=$((who * 3 / 1000))
	edit $round "$row" "$which" >edit.txt 2>&1 || { lost=1; sed 's/^/# /' edit.txt; }
	sleep "$(awk -v ms=$((when * 3 / 10)) 'BEGIN { printf "%.3f", ms / 1000 }')"
	for pid in $(victim $kind $site); do
		kill -KILL "$pid" 2>/dev/null && hits=$((hits + 1))
		echo "$names" | cut -d ' ' -f $((kind + 1)) >>killed.txt
	done
	if [ $kind -eq 0 ]; then
		eventually is_over $site 137 && start $site || lost=1
	fi
done <random
echo "# killed:" $(sort killed.txt | uniq -c)

comments() {
	at "$1" desk export | jq -r '.comments[].text' | sort
}

every_comment() {
	for i in $(seq "$kills"); do
		printf 'anna %d\nbert %d\n' "$i" "$i"
	done | sort
}

both_calm() {
	calm anna bert && calm bert anna && same_desks anna bert
}

patient() {
	eventually "$@" || eventually "$@"
}

check "most kills hit" test $hits -ge $((kills / 2))
check "all edits could be made, and every gateway came back" test $lost -eq 0
check "both sides come to rest, and are equal" patient both_calm
every_comment >expected
comments anna >comments-anna
comments bert >comments-bert
check "Anna has every comment once" diff expected comments-anna
check "Bert has every comment once" diff expected comments-bert
check "no item is missing, none is there twice" prints $((2 * items + 2 * kills)) sh -c '"$HANDSEL" --home bert desk list --json | jq -r .title | sort -u | wc -l'
check "nor by its number" prints $((2 * items + 2 * kills)) sh -c '"$HANDSEL" --home anna desk list --json | wc -l'
check "Anna's gateway ends well" stop anna
check "and Bert's" stop bert
check "another round moves nothing" silent anna bert
check "all is well at Anna's" at anna check bert
check "and at Bert's" at bert check anna
check "no process is left" idle
tap_end
