#!/bin/sh
# mutants - for each rule that tests/mutants.list names, a test fails when it is left out
. "$(dirname "$0")/tap.sh"
cd "${srcdir:-$(dirname "$0")/..}" || exit 99

list=tests/mutants.list
programs=$top_builddir/tests/mutant
tmp=$(mktemp -d "${TMPDIR:-/tmp}/handsel-mutants-XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
# Tests that fail leave behind what they made, and would leave their memory.
TMPDIR=$tmp
HANDSEL_PGP=$tmp/helper
export TMPDIR HANDSEL_PGP
ulimit -c 0

# The lines of the list as NAME, PROGRAM with its arguments and what is left out.
rows() {
	sed '/^#/d; /^$/d; s/ *| */|/g' "$list"
}

# A helper gets nothing of its caller's environment.
helper() {
	printf '#!/bin/sh\nHANDSEL_TEST_MUTANT=%s exec "%s" "$@"\n' "$HANDSEL_TEST_MUTANT" "$programs/handsel-pgp" >"$HANDSEL_PGP"
	chmod +x "$HANDSEL_PGP"
}

run() {
	helper
	run_program=$1
	shift
	"$programs/$run_program" "$@" </dev/null >"$tmp/said" 2>&1
}

passes() {
	# A test of which nothing is run passes, too.
	run "$@" && grep -q '^ok 1 ' "$tmp/said" || { tail -n 20 "$tmp/said"; return 1; }
}

# What the failed test said, in short.
complaint() {
	sed -n -e 's/^# \(seed [0-9]*: .*\)/\1/p' -e 's/^# [a-z ]*: \(seed [0-9]*: .*\)/\1/p' \
		-e 's/^Bail out! ERROR:[^:]*:[0-9]*:\(.*\)/\1/p' "$tmp/said" | head -n 1 | cut -c 1-200
}

# It must be a test that fails, not a program that ends.
fails_without() {
	HANDSEL_TEST_MUTANT=$1
	export HANDSEL_TEST_MUTANT
	shift
	if run "$@"; then
		echo "nothing is noticed"
		return 1
	fi
	grep -q '^not ok\|^Bail out! ERROR' "$tmp/said" || { tail -n 20 "$tmp/said"; return 1; }
}

in_the_sources() {
	grep -rhoE 'mutant\("[a-z-]+"\)' src spool handshake | sed 's/mutant("\(.*\)")/\1/' | sort -u
}

same_names() {
	"$@" >"$tmp/there" && rows | cut -d '|' -f 1 | sort -u | diff - "$tmp/there"
}

in_the_manual() {
	sed -n 's/^| `\([a-z-]*\)` | [^|]* | `tests\/.*/\1/p' doc/testing.md | sort -u
}

knows() {
	grep -q HANDSEL_TEST_MUTANT "$1" && nm "$1" | grep -qw mutant
}

not_a_trace() {
	! grep -q HANDSEL_TEST_MUTANT "$1" && nm "$1" >"$tmp/symbols" && [ -s "$tmp/symbols" ] && ! grep -w mutant "$tmp/symbols"
}

check "the list names what stands in the sources" same_names in_the_sources
check "and the manual tells of all of them" same_names in_the_manual
check "the programs of this test know them" knows "$programs/sim"
check "handsel does not" not_a_trace "$top_builddir/handsel"
check "nor does handsel-pgp" not_a_trace "$top_builddir/handsel-pgp"

rows | cut -d '|' -f 2 | sort -u >"$tmp/programs"
while read -r program; do
	# shellcheck disable=SC2086
	check "with all rules passes: $program" passes $program
done <"$tmp/programs"

rows >"$tmp/rows"
: >"$tmp/table"
while IFS='|' read -r name program what; do
	# shellcheck disable=SC2086
	check "without $name fails: $program" fails_without "$name" $program
	printf '# %-17s %s\n# %18s%s\n# %18s%s\n' "$name" "$what" '' "$program" '' "$(complaint)" >>"$tmp/table"
done <"$tmp/rows"
cat "$tmp/table"
tap_end
