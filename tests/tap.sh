# tap - the Test Anything Protocol for shell tests; source it
#
# check NAME COMMAND...  is ok when COMMAND succeeds; what it says becomes diagnostics
# refute NAME COMMAND... is ok when COMMAND fails
# skip NAME WHY          counts it as skipped
# tap_end                writes the plan; call it last

tap_count=0
tap_failed=0

tap_result() {
	tap_count=$((tap_count + 1))
	printf '%s %d - %s\n' "$1" "$tap_count" "$2"
}

tap_run() {
	tap_output=$("$@" 2>&1)
}

tap_fail() {
	tap_failed=1
	tap_result 'not ok' "$1"
	printf '%s\n' "$tap_output" | sed 's/^/# /'
}

check() {
	tap_name=$1
	shift
	if tap_run "$@"; then tap_result ok "$tap_name"; else tap_fail "$tap_name"; fi
}

refute() {
	tap_name=$1
	shift
	if tap_run "$@"; then tap_fail "$tap_name"; else tap_result ok "$tap_name"; fi
}

skip() {
	tap_result ok "$1 # SKIP $2"
}

tap_end() {
	printf '1..%d\n' "$tap_count"
	exit "$tap_failed"
}
