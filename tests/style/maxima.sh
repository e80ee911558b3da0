#!/bin/sh
# maxima - the limits that SECURITY.md names are those of the code
. "$(dirname "$0")/lib.sh"

# "| what | 64 KiB | `NAME` in `file` |" becomes "NAME file 64 * 1024"
rows() {
	sed -n 's/^| .* | \([0-9,]*\) *\([KM]*i*B*\) | `\([A-Z_]*\)` in `\([a-z0-9_./]*\)` |$/\3 \4 \1 \2/p' SECURITY.md |
		sed 's/,//g; s/ KiB$/ * 1024/; s/ MiB$/ * 1024 * 1024/'
}

# What FILE defines NAME to be, without casts and comments.
defined() {
	sed -n "s/^#define $2[[:space:]][[:space:]]*//p" "$1" | sed 's,/\*.*,,; s/([a-z][a-z0-9_]*)//g'
}

as_in_the_code() {
	rows | while read -r name file figure; do
		value=$(defined "$file" "$name")
		case $value in
		'' | *[!0-9*\(\)\ ]*) echo "$file: $name is not defined as a figure: $value" ;;
		*) [ "$(($value))" -eq "$(($figure))" ] || echo "$file: $name is $value, SECURITY.md says $figure" ;;
		esac
	done | nothing
}

every_row_is_read() {
	[ "$(rows | wc -l)" -eq "$(grep -c '^| .* | `[A-Z_]*` in `' SECURITY.md)" ] && [ "$(rows | wc -l)" -gt 20 ]
}

check "every row of fixed limits can be read" every_row_is_read
check "every fixed limit is as in the code" as_in_the_code
tap_end
