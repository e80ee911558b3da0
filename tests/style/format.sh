#!/bin/sh
# format - the layout is clang-format's
. "$(dirname "$0")/lib.sh"

formatted() {
	said=$(c_files | xargs clang-format-14 --style=file --dry-run -Werror 2>&1) && return
	printf '%s\n' "$said" | sed -n 's/^\([^:]*\):[0-9]*:.*/clang-format-14 -i \1/p' | uniq
	return 1
}

if command -v clang-format-14 >/dev/null; then
	check "every C file is as clang-format writes it" formatted
else
	skip "every C file is as clang-format writes it" "no clang-format-14 here"
fi
tap_end
