# typed - commands whose questions are answered on a terminal; source it after lib.sh
#
# typed STATUS COMMAND... does what its standard input says (tests/typist.c has the language) at a
#                         terminal on which handsel runs COMMAND, and expects it to end with STATUS
# slowly STATUS COMMAND.. the same, as one types who looks for each key
# shows PATTERN           a line of what the terminal showed last matches the extended PATTERN
# narrow                  none of those lines is longer than the terminal is wide

TYPIST=${TYPIST:-${HANDSEL%/*}/typist}
export TYPIST
typed_pause=0

typed() {
	typed_want=$1
	shift
	"$TYPIST" -s "$typed_pause" "$HANDSEL" "$@" >"$tmp/screen" 2>&1
	typed_status=$?
	[ "$typed_status" -eq "$typed_want" ] && return 0
	cat "$tmp/screen"
	echo "ended with $typed_status"
	return 1
}

slowly() {
	typed_pause=15
	typed "$@"
	slowly_status=$?
	typed_pause=0
	return $slowly_status
}

shows() {
	grep -qE -e "$1" "$tmp/screen" && return 0
	cat "$tmp/screen"
	return 1
}

narrow() {
	typed_long=$(wc -L <"$tmp/screen")
	[ "$typed_long" -le 80 ] && return 0
	awk 'length > 80' "$tmp/screen"
	echo "$typed_long columns"
	return 1
}
