#!/bin/sh
# headers - a header that needs another one includes it
. "$(dirname "$0")/lib.sh"

compiles_alone() {
	printf '#include "%s"\n' "${1#src/}" |
		${STYLE_CC:-cc -std=c11 -D_GNU_SOURCE} -fsyntax-only -Isrc -I. -x c -
}

all_compile_alone() {
	for header in $(c_files | grep '\.h$'); do
		compiles_alone "$header" 2>&1
	done | nothing
}

# A .c file that includes its own header first proves that it stands alone, but nothing else would
# notice that the line has moved.
own_header_first() {
	for file in $(c_files src spool handshake | grep '\.c$'); do
		own=${file%.c}.h
		[ -f "$own" ] || continue
		first=$(grep -m 1 '^#include' "$file")
		[ "$first" = "#include \"${own#src/}\"" ] || echo "$file: first includes $first"
	done | nothing
}

check "every header compiles alone" all_compile_alone
check "every file includes its own header first" own_header_first
tap_end
