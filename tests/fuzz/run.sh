#!/bin/bash
# run.sh ENGINE TARGET SECONDS - fuzzes TARGET ("all": each in turn) by libfuzzer or afl
#
# To be run in a build directory, by make fuzz and make fuzz-afl.  Builds with clang in fuzz-ENGINE,
# keeps there what it learns (seen/TARGET, with which the next run begins) and what it finds
# (found/TARGET), and prints a row of numbers a target.  Fails if anything was found.
set -euo pipefail

engine=$1 wanted=$2 seconds=$3
top=$(cd "$(dirname "$0")/../.." && pwd)
place=$PWD/fuzz-$engine

# Runs a tool that only says something when it fails.
quietly() {
	"$@" >"$place/output" 2>&1 || { cat "$place/output"; exit 1; }
}

build() {
	local cc=clang flags='-g -O1 -fsanitize=fuzzer-no-link -Wno-unused-variable'
	[ "$engine" = libfuzzer ] || cc=afl-clang-fast flags='-g -O1 -Wno-unused-variable'
	command -v "$cc" >/dev/null || { echo "$cc is missing; see doc/testing.md"; exit 1; }
	mkdir -p "$place"
	cd "$place"
	[ -f Makefile ] || quietly "$top/configure" --enable-sanitizers CC="$cc" CFLAGS="$flags"
	quietly make LDFLAGS=-fsanitize=fuzzer fuzz-programs
}

files_in() {
	find "$1" -type f ! -name README.txt 2>/dev/null | wc -l
}

row() {
	printf '%-10s %-9s %6s s %10s executions  %-22s %3s findings\n' "$@"
}

by_libfuzzer() {
	local log=$place/$1.log
	"tests/fuzz/$1-fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="found/$1/" "seen/$1" "$top/tests/fuzz/corpus/$1" >"$log" 2>&1 || true
	row "$1" libFuzzer "$seconds" "$(awk '/number_of_executed_units/ { print $2 }' "$log")" \
		"$(awk '/ cov: / { text = $3 " " $4 " " $5 " " $6 } END { print text }' "$log")" "$(files_in "found/$1")"
}

by_afl() {
	local log=$place/$1.log stats=$place/seen/$1/default/fuzzer_stats from="$top/tests/fuzz/corpus/$1"
	[ ! -f "$stats" ] || from=-
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0 UBSAN_OPTIONS=abort_on_error=1:symbolize=0 \
		afl-fuzz -V "$seconds" -m none -t 5000 -i "$from" -o "seen/$1" -- "tests/fuzz/$1-fuzz" >"$log" 2>&1 || true
	cp "seen/$1"/default/crashes/id* "seen/$1"/default/hangs/id* "found/$1" 2>/dev/null || true
	row "$1" AFL++ "$seconds" "$(awk '/^execs_done/ { print $3 }' "$stats")" \
		"$(awk '/^edges_found/ { print "edges: " $3 }' "$stats")" "$(files_in "found/$1")"
}

build
# Of its own, and in memory where that can be: some parsers read files.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
targets=$wanted
[ "$wanted" != all ] || targets=$(cd "$top/tests/fuzz/corpus" && ls)
for target in $targets; do
	mkdir -p "seen/$target" "found/$target"
	"by_$engine" "$target"
done
[ "$(files_in found)" -eq 0 ] || { echo "what was found lies in $place/found"; exit 1; }
