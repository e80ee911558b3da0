#!/bin/sh
# headers - a header that needs another one includes it
. "$(dirname "$0")/lib.sh"

compiles_alone() {
	printf '#include "%s"\n' "${1#src/}" |
		${STYLE_CC:-cc -std=c11 -D_GNU_SOURCE} -fsyntax-only -Isrc -I. -x c -
}

# A .c file of the program that includes its own header first has proved it by being compiled.
proved() {
	[ "$(grep -s -m 1 '^#include' "${1%.h}.c")" = "#include \"${1#src/}\"" ]
}

all_compile_alone() {
	for header in $(c_files | grep '\.h$'); do
		case $header in
		tests/*) compiles_alone "$header" 2>&1 ;;
		*) proved "$header" || compiles_alone "$header" 2>&1 ;;
		esac
	done | nothing
}

# Nothing else would notice that the line has moved.
own_header_first() {
	for header in $(c_files src spool handshake | grep '\.h$'); do
		[ ! -f "${header%.h}.c" ] || proved "$header" || echo "${header%.h}.c: first includes something else"
	done | nothing
}

check "every header compiles alone" all_compile_alone
check "every file includes its own header first" own_header_first
tap_end
