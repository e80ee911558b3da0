#!/bin/sh
# check-seam - tests can break handsel-test, and nobody can break handsel
. "$(dirname "$0")/tap.sh"

installed=$top_builddir/handsel

with() {
	env "$@" "$HANDSEL" --version
}

refused() {
	said=$(with "$1" 2>&1)
	[ $? -eq 2 ] && [ "$said" = "handsel-test: cannot read $1" ] || { echo "$said"; return 1; }
}

check "the installed program does not know the seam" sh -c '! grep -q HANDSEL_TEST_ "$1"' - "$installed"
check "the test program knows it" grep -q HANDSEL_TEST_ "$HANDSEL"
check "a shift and a fault that can be read are taken" with HANDSEL_TEST_SHIFT=-86400 HANDSEL_TEST_FAULT=any:4000000:die
check "a shift that is no number is refused" refused HANDSEL_TEST_SHIFT=tomorrow
check "a fault without a number is refused" refused HANDSEL_TEST_FAULT=db-commit:die
check "a fault that never comes is refused" refused HANDSEL_TEST_FAULT=db-commit:0:die
check "a fault of another kind is refused" refused HANDSEL_TEST_FAULT=db-commit:1:sleep
tap_end
