#!/bin/sh
# layers - upper folders use lower ones, and some things are done in one folder only
. "$(dirname "$0")/lib.sh"

includes_go_down() {
	c_files src spool handshake | xargs grep -Hn '^#include' | awk -f "$here/layers.awk" | nothing
}

only_base_makes_durable() {
	c_files src spool handshake | grep -v '^src/base/' | code |
		grep -E '\<(fsync|fdatasync|rename|renameat|renameat2|syncfs|g_rename)[[:space:]]*\(' | nothing
}

check "includes go down the layers, and each library has its folders" includes_go_down
check "only base syncs and renames files" only_base_makes_durable
tap_end
