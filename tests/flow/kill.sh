#!/bin/sh
# kill - passes are killed at random moments, while both sides edit: in the end all is there, once
#
# HANDSEL_SEED repeats the moments and the edits of an earlier run.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/kit.sh"
cd "$tmp" || exit 99
kills=50
items=20
seed=${HANDSEL_SEED:-$(date +%s)}
echo "# HANDSEL_SEED=$seed"

# Three numbers below 1000 a line.
awk -v seed="$seed" -v n="$kills" 'BEGIN {
	srand(seed)
	for (i = 0; i < n; i++) print int(rand() * 1000), int(rand() * 1000), int(rand() * 1000)
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

met || exit 99
for side in anna bert; do
	rows $side 1 $items 0 >$side.csv
	import $side $side.csv
done
settle anna bert || exit 99
at anna desk export | jq -r .uid >uids
uids=$(wc -l <uids)

# Ten edits: three rows and a new one on each side, both set one field of one item, both comment.
edit() {
	at_row=$(($2 * items / 1000 % (items - 3) + 1))
	for side in anna bert; do
		rows $side $at_row $((at_row + 2)) "$1" >$side.csv
		printf '%s-new%d,%s new %d,\n' $side "$1" $side "$1" >>$side.csv
		import $side $side.csv || return 1
	done
	crossed=$(sed -n "$(($3 * uids / 1000 + 1))p" uids)
	at anna desk set "$crossed" assignee="anna $1" >/dev/null && at bert desk set "$crossed" assignee="bert $1" >/dev/null &&
		at anna desk comment "$crossed" "anna $1" >/dev/null && at bert desk comment "$crossed" "bert $1" >/dev/null
}

# SITE LINK SECONDS: a pass that lives no longer.
doomed() {
	"$HANDSEL" --home "$tmp/$1" -q sync "$2" 2>>doomed.txt &
	doomed_pid=$!
	sleep "$3"
	kill -KILL $doomed_pid 2>/dev/null
	wait $doomed_pid
	# Most shall be killed at work, on a fast machine and on a busy one.
	if [ $? -eq 137 ]; then
		hits=$((hits + 1))
		limit=$((limit * 11 / 10))
	else
		limit=$((limit * 7 / 10))
	fi
}

hits=0
limit=500
round=0
lost=0
while read -r when row which; do
	round=$((round + 1))
	edit $round "$row" "$which" >edit.txt 2>&1 || { lost=1; sed 's/^/# /' edit.txt; }
	seconds=$(awk -v ms=$((limit * when / 1000)) 'BEGIN { printf "%.3f", ms / 1000 }')
	if [ $((round % 2)) -eq 0 ]; then
		victim=anna other=bert
	else
		victim=bert other=anna
	fi
	doomed $victim $other "$seconds" 2>/dev/null
	carry anna bert
	carry bert anna
	# The victim gets up again in every third round only: what was left lies there for a while.
	[ $((round % 3)) -ne 0 ] || sync_at $victim $other >>passes.txt 2>&1 || lost=1
	sync_at $other $victim >>passes.txt 2>&1 || lost=1
	carry anna bert
	carry bert anna
done <random
echo "# $hits of $kills passes were killed before they ended"
[ ! -s passes.txt ] || sed 's/^/# /' passes.txt

comments() {
	at "$1" desk export | jq -r '.comments[].text' | sort
}

every_comment() {
	for i in $(seq $kills); do
		printf 'anna %d\nbert %d\n' "$i" "$i"
	done | sort
}

check "most of the passes were killed at work" test $hits -ge $((kills / 3))
check "all edits could be made, and all other passes ended well" test $lost -eq 0
check "both sides come to rest" settle anna bert
check "they are equal" same_desks anna bert
every_comment >expected
comments anna >comments-anna
comments bert >comments-bert
check "Anna has every comment once" diff expected comments-anna
check "Bert has every comment once" diff expected comments-bert
check "no item is missing, none is there twice" prints $((2 * items + 2 * kills)) sh -c '"$HANDSEL" --home bert desk list --json | jq -r .title | sort -u | wc -l'
check "nor by its number" prints $((2 * items + 2 * kills)) sh -c '"$HANDSEL" --home anna desk list --json | wc -l'
check "Anna waits for nothing" calm anna bert
check "Bert waits for nothing" calm bert anna
check "another round moves nothing" silent anna bert
check "all is well at Anna's" at anna check bert
check "and at Bert's" at bert check anna
check "no process is left" idle
tap_end
