#!/bin/sh
# lengths - what does not fit on a screen is not read
. "$(dirname "$0")/lib.sh"

nothing_is_too_long() {
	c_files | xargs awk -f "$here/lengths.awk" | nothing
}

check "no function is over 60 lines and no file over 500" nothing_is_too_long
tap_end
