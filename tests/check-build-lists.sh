#!/bin/sh
# check-build-lists - what lies in the tree is built, run and distributed, and what is listed exists
. "$(dirname "$0")/tap.sh"
cd "${srcdir:-$(dirname "$0")/..}" || exit 99

files() {
	find src spool handshake tests -name '*.[ch]' -o -name '*.sh' -o -name '*.awk'
	find contrib doc -type f ! -name '.*' ! -name '*~' ! -name '*.log' ! -name '*.trs' ! -name local.mk
}

# The words of a fragment; a unit test stands there as its program.
listed() {
	sed 's/#.*//' "$1" | tr -s ' \t\\' '\n\n\n' | sed 's,^tests/unit/.*-t$,&.c,'
}

# Each file, and the fragment it belongs into.
homes() {
	files | sed -E -e 'h; s,^(tests/fuzz|src/[^/]*|[^/]*)/.*,\1/local.mk,; x; G; s,\n, is missing in ,'
}

everything_is_listed() {
	for fragment in $(fragments); do
		listed "$fragment" | sed "s,\$, is missing in $fragment,"
	done | sort >"$lists"
	homes | sort | comm -23 - "$lists" | not_a_line
}

everything_listed_exists() {
	for fragment in $(fragments); do
		for file in $(listed "$fragment" | grep -E '^[^$]*/.*\.[a-z0-9]+$'); do
			# What is made of a .in file lies in the build.
			[ -f "$file" ] || [ -f "$file.in" ] || echo "$file is listed in $fragment and does not exist"
		done
	done | not_a_line
}

fragments() {
	find src spool handshake tests doc contrib -name local.mk
}

every_fragment_is_included() {
	for fragment in $(fragments); do
		grep -qx "include $fragment" Makefile.am || echo "$fragment is not included by Makefile.am"
	done | not_a_line
}

scripts_are_executable() {
	for file in $(files | grep '\.sh$'); do
		[ "$(head -c 2 "$file")" != '#!' ] || [ -x "$file" ] || echo "$file is not executable"
	done | not_a_line
}

not_a_line() {
	! grep .
}

lists=$(mktemp) || exit 99
trap 'rm -f "$lists"' EXIT

check "every file in the tree is in its folder's fragment" everything_is_listed
check "every file in a fragment is in the tree" everything_listed_exists
check "every fragment is included" every_fragment_is_included
check "every script is executable" scripts_are_executable
tap_end
