#!/bin/sh
# tutorial - two people type what doc/tutorial.md shows, and see what it shows
#
# TUTORIAL=write puts what they see into the document instead: make tutorial.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tap.sh"
. "$here/lib.sh"
. "$here/says.sh"
. "$here/typed.sh"
cd "$tmp" || exit 99
document=${srcdir:-$here/../..}/doc/tutorial.md

# What they type begins a block of the document at each line "---- NAME"; NAME is whose terminal it
# is, and its prompt may stand before that line.
split_blocks() {
	awk -v dir="$1" '
		/---- [a-z]+$/ { name = $NF; begin = 1; n++; next }
		name == "end" { next }
		begin { begin = 0; if (index($0, name "$ ") != 1) $0 = name "$ " $0 }
		{ print >(dir "/block-" n) }'
}

# Places and machines that are not those of the reader.
at_home() {
	sed -e "s,$tmp,/home/ada,g" -e 's/^\(What shall partners call this site?\) \[[^]]*\]/\1 [laptop]/'
}

# What differs each time: dates, times, ages, keys, words, names of envelopes, what runs; and blanks
# with them.
masked() {
	sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/STAMP/g' -e 's/[0-9]{2}:[0-9]{2} UTC/TIME/g' \
		-e 's/[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}/DATE/g' -e 's/([0-9A-F]{4} ){9}[0-9A-F]{4}/KEY/' \
		-e 's/(^ {10}|Their key +)[a-z]+( [a-z]+){3}$/\1WORDS/' -e 's/(now|[0-9]+ s) \(/AGE (/g' \
		-e 's/^(site [a-z]+ +[^ ]+) .*/\1 NOW/' -e 's/[a-z0-9]{8}-([ms][0-9]{8})-[0-9a-f]{8}/ENVELOPE-\1/' -e 's/  +/ /g' "$@"
}

# The N-th block of console text in the document.
documented() {
	awk -v n="$1" '/^```$/ { on = 0 } on { print } /^```console$/ { on = ++i == n }' "$document"
}

written() {
	awk -v dir="$1" '
		/^```$/ { skip = 0 }
		!skip { print }
		/^```console$/ { skip = 1; file = dir "/block-" ++n; while ((getline line < file) > 0) print line }' "$document" \
		>"$tmp/written" && cat "$tmp/written" >"$document"
}

mkdir bin blocks
ln -s "$HANDSEL" bin/handsel
HOME=$tmp
PATH=$tmp/bin:$PATH
unset HANDSEL_HOME ENV
export HOME PATH

two_people() {
	"$TYPIST" sh <"$here/tutorial.typed" >screen 2>&1 || { cat screen; return 1; }
	at_home <screen | split_blocks blocks
}

same_as_documented() {
	documented "$1" | masked >is.documented
	masked "blocks/block-$1" | diff is.documented - || { echo "make tutorial writes what is shown now"; return 1; }
}

check "two people pair their sites at two terminals" two_people
if [ "${TUTORIAL-}" = write ]; then
	check "the document has what they saw" written blocks
	tap_end
fi
check "the first item has arrived" says 0 'Pump leaks' at hamburg desk list
check "and what became of it there is known here" prints '"done"' value berlin 1 state
check "both links run" sh -c '"$HANDSEL" --home berlin link list | grep -q "^hamburg *running" && "$HANDSEL" --home hamburg link list | grep -q "^berlin *running"'
blocks=$(find blocks -type f | wc -l)
check "the document has as many blocks as they made" prints "$blocks" grep -c '^```console$' "$document"
for block in $(seq "$blocks"); do
	check "block $block of the document is what they saw" same_as_documented "$block"
done
tap_end
