#!/bin/sh
# reasons PAGE - prints PAGE, the list below .Sh REASONS made anew from what `handsel help reasons` knows
page=${1:?usage: reasons PAGE}
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT

"${HANDSEL:-handsel}" help reasons --json | jq -r '
	def sentence: (.[:1] | ascii_upcase) + .[1:] + ".";
	".It \(.number)", (.text | sentence), ".Em \(.class)" + (if .retry then ", retry" else "" end),
	(if .advice then ".br", (.advice | sentence) else empty end)' |
	fold -s -w 79 | sed 's/ *$//' >"$list"
[ -s "$list" ] || exit 1
awk -v list="$list" '
	/^[.]Sh / { inside = $2 == "REASONS" }
	inside && /^[.]El/ { skip = 0 }
	!skip { print }
	inside && /^[.]Bl/ { skip = 1; while ((getline line <list) > 0) print line }' "$page"
