#!/bin/sh
# paths - the tree names no place on somebody's machine
. "$(dirname "$0")/lib.sh"

no_private_paths() {
	for place in src spool handshake tests doc contrib .ci ./*.md ./*.am ./*.ac; do
		[ ! -e "$place" ] || grep -rnIE '(^|[^[:alnum:]_.$}])/(wor[k]|roo[t])/' "$place"
	done | nothing
}

check "no file names a path of the machine it was written on" no_private_paths
tap_end
